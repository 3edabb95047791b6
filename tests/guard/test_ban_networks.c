/* Networks that a person banned: found, ended, lifted, full, and half written. */
#include "../base/check.h"

#include <stdlib.h>

#include "guard/ban_networks.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)

static struct network network_of(const char *text)
{
	struct network network;

	assert_ok(network_read(span_of(text), &network));
	return network;
}

static bool is_banned(const struct ban_networks *bans, const char *text, uint64_t now_us)
{
	struct banned_network found;
	struct address address;

	assert_ok(address_read(span_of(text), &address));
	return ban_networks_find(bans, &address, now_us, &found);
}

static enum result add(struct ban_networks *bans, const char *text, uint64_t until_us, uint64_t now_us)
{
	struct network network = network_of(text);

	return ban_networks_add(bans, &network, until_us, SPAN("a test"), now_us);
}

static void found_and_ended(void **state)
{
	struct ban_networks *bans = calloc(1, sizeof(*bans));
	struct banned_network list[BAN_NETWORKS_MAX];
	struct network network = network_of("203.0.113.0/24");

	(void)state;
	assert_non_null(bans);
	assert_false(is_banned(bans, "203.0.113.7", 5 * S));
	assert_ok(add(bans, "203.0.113.0/24", 10 * S, 5 * S));
	assert_ok(add(bans, "2001:db8::/32", 20 * S, 5 * S));
	assert_true(is_banned(bans, "203.0.113.7", 9 * S));
	assert_true(is_banned(bans, "2001:db8:9::1", 19 * S));
	assert_false(is_banned(bans, "203.0.114.1", 9 * S));
	assert_false(is_banned(bans, "203.0.113.7", 10 * S));
	assert_int_equal(ban_networks_list(bans, 9 * S, list), 2);
	assert_string_equal(list[0].reason, "a test");
	assert_int_equal(ban_networks_list(bans, 10 * S, list), 1);
	/* said again: its end moves, and it takes one place */
	assert_ok(add(bans, "203.0.113.0/24", 30 * S, 9 * S));
	assert_int_equal(ban_networks_list(bans, 9 * S, list), 2);
	assert_true(is_banned(bans, "203.0.113.7", 29 * S));
	assert_ok(ban_networks_lift(bans, &network, 9 * S));
	assert_false(is_banned(bans, "203.0.113.7", 9 * S));
	assert_result(ban_networks_lift(bans, &network, 9 * S), RESULT_NOT_FOUND);
	free(bans);
}

static void full_until_one_ends(void **state)
{
	struct ban_networks *bans = calloc(1, sizeof(*bans));
	char text[NETWORK_TEXT_MAX];

	(void)state;
	assert_non_null(bans);
	for (unsigned i = 0; i < BAN_NETWORKS_MAX; i++) {
		snprintf(text, sizeof(text), "10.%u.0.0/16", i);
		assert_ok(add(bans, text, (i == 100 ? 7 : 50) * S, 5 * S));
	}
	assert_result(add(bans, "192.0.2.0/24", 50 * S, 5 * S), RESULT_LIMIT);
	assert_ok(add(bans, "10.3.0.0/16", 60 * S, 5 * S));
	assert_ok(add(bans, "192.0.2.0/24", 50 * S, 8 * S));
	assert_true(is_banned(bans, "192.0.2.1", 9 * S));
	assert_false(is_banned(bans, "10.100.0.1", 9 * S));
	free(bans);
}

static void too_long_a_reason(void **state)
{
	struct ban_networks *bans = calloc(1, sizeof(*bans));
	struct network network = network_of("192.0.2.0/24");
	char reason[BAN_REASON_MAX];

	(void)state;
	assert_non_null(bans);
	memset(reason, 'r', sizeof(reason));
	assert_result(ban_networks_add(bans, &network, S, span_make(reason, BAN_REASON_MAX), 0), RESULT_LIMIT);
	assert_ok(ban_networks_add(bans, &network, S, span_make(reason, BAN_REASON_MAX - 1), 0));
	free(bans);
}

/* Whoever wrote it died: nobody is refused by half an entry, and the place serves again. */
static void half_written(void **state)
{
	struct ban_networks *bans = calloc(1, sizeof(*bans));

	(void)state;
	assert_non_null(bans);
	assert_ok(add(bans, "192.0.2.0/24", 50 * S, 5 * S));
	bans->versions[0] |= 1;
	assert_false(is_banned(bans, "192.0.2.1", 6 * S));
	assert_ok(add(bans, "198.51.100.0/24", 50 * S, 6 * S));
	assert_int_equal(bans->used, 1);
	assert_true(is_banned(bans, "198.51.100.1", 7 * S));
	free(bans);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_and_ended), cmocka_unit_test(full_until_one_ends), cmocka_unit_test(too_long_a_reason), cmocka_unit_test(half_written),
	};

	return cmocka_run_group_tests_name("guard/ban_networks", tests, NULL, NULL);
}
