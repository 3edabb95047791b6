/* One source's entry: keys, what is owed, tokens and clients of a day, and clocks that step. */
#include "../base/check.h"

#include "source/entry.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)
#define H (3600 * S)

static struct source_key key_of(const char *text)
{
	struct address address;

	assert_ok(address_read(span_of(text), &address));
	return source_key_of(&address);
}

static void keys_are_networks(void **state)
{
	static const struct { const char *address, *network; } rows[] = {
		{ "192.0.2.7", "192.0.2.7/32" }, { "0.0.0.0", "0.0.0.0/32" }, { "255.255.255.255", "255.255.255.255/32" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64" }, { "::1", "::/64" }, { "::", "::/64" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct network network = source_network(key_of(rows[i].address));
		struct address address;
		char text[NETWORK_TEXT_MAX];

		network_write(&network, text);
		assert_string_equal(text, rows[i].network);
		assert_ok(address_read(span_of(rows[i].address), &address));
		assert_true(network_contains(&network, &address));
	}
	/* ::/64 and 0.0.0.0 have the same bits */
	assert_int_equal(key_of("::1").bits, key_of("0.0.0.0").bits);
	assert_int_not_equal(key_of("::1").kind, key_of("0.0.0.0").kind);
}

static struct source_entry entry_at(uint64_t now_us)
{
	struct source_entry entry;

	entry_begin(&entry, key_of("192.0.2.7"), now_us);
	return entry;
}

static void time_pays_off(void **state)
{
	struct source_entry entry = entry_at(100 * S);

	(void)state;
	entry.owed_us[BUDGET_REQUESTS] = 3 * S;
	entry.owed_us[BUDGET_COST] = UINT32_MAX;
	entry_advance(&entry, 102 * S);
	assert_int_equal(entry.owed_us[BUDGET_REQUESTS], S);
	assert_int_equal(entry.owed_us[BUDGET_COST], UINT32_MAX - 2 * S);
	entry_advance(&entry, 103 * S + 1);
	assert_int_equal(entry.owed_us[BUDGET_REQUESTS], 0);
	entry_advance(&entry, UINT64_MAX / 2);
	assert_int_equal(entry.owed_us[BUDGET_COST], 0);
}

/* Whatever order the readings of several threads come in, nobody pays off more than the time that went by. */
static void a_clock_that_wavers_pays_nothing_twice(void **state)
{
	struct draws draws = { 7 };
	struct source_entry entry = entry_at(1000 * S);
	uint64_t latest = 1000 * S, now = latest;

	(void)state;
	entry.owed_us[BUDGET_BYTES] = 4000 * S;
	for (unsigned i = 0; i < 100000; i++) {
		now += draw_below(&draws, 20000);
		latest = now > latest ? now : latest;
		entry_advance(&entry, now - draw_below(&draws, ENTRY_SKEW_US / 2));
	}
	assert_true(entry.at_us <= latest && latest - entry.at_us < S);
	assert_int_equal(entry.owed_us[BUDGET_BYTES], 4000 * S - (entry.at_us - 1000 * S));
}

static void a_clock_that_steps_back_locks_nobody_out(void **state)
{
	struct source_entry entry = entry_at(100 * H);

	(void)state;
	entry.owed_us[BUDGET_REQUESTS] = 3 * S;
	entry.ban_until_s = (uint32_t)(100 * 3600 + 60);
	entry_saw_token(&entry, 100 * H);
	entry_advance(&entry, 2 * H);
	assert_int_equal(entry.owed_us[BUDGET_REQUESTS], 3 * S);
	assert_int_equal(entry.ban_until_s, 2 * 3600 + 60);
	assert_true(entry_has_token(&entry, 2 * H));
	assert_false(entry_has_token(&entry, 27 * H));
	entry_advance(&entry, 2 * H + 61 * S);
	assert_int_equal(entry.owed_us[BUDGET_REQUESTS], 0);
	assert_int_equal(entry_class(&entry, 2 * H + 61 * S), CLASS_TOKEN);
	assert_int_equal(entry_class(&entry, 28 * H), CLASS_STRANGER);
	/* a ban that was over stays over */
	entry = entry_at(100 * H);
	entry.ban_until_s = 99 * 3600;
	entry_advance(&entry, 2 * H);
	assert_true(entry.ban_until_s && entry.ban_until_s <= 2 * 3600);
}

static void tokens_count_for_a_day(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < 3 * H; at += 17 * 60 * S) {
		struct source_entry entry = entry_at(at);

		assert_false(entry_has_token(&entry, at));
		entry_saw_token(&entry, at);
		for (uint64_t age = 0; age <= 24 * H; age += H / 4)
			assert_true(entry_has_token(&entry, at + age));
		assert_false(entry_has_token(&entry, at + 25 * H));
	}
}

static void two_clients_share_a_source(void **state)
{
	struct source_entry entry = entry_at(H);

	(void)state;
	entry_saw_client(&entry, 0, H);
	entry_saw_client(&entry, 0, 2 * H);
	assert_false(entry_is_shared(&entry, 2 * H));
	entry_saw_client(&entry, UINT64_MAX, 3 * H);
	assert_true(entry_is_shared(&entry, 27 * H));
	assert_false(entry_is_shared(&entry, 28 * H));
	assert_int_equal(entry_class(&entry, 3 * H), CLASS_STRANGER);
	entry.kind = SOURCE_V6_WIDE;
	assert_true(entry_is_shared(&entry, 999 * H));
}

static void classes(void **state)
{
	struct source_entry entry = entry_at(10 * H);

	(void)state;
	assert_int_equal(entry_class(&entry, 10 * H), CLASS_STRANGER);
	entry.ban_until_s = 10 * 3600 + 10;
	assert_int_equal(entry_class(&entry, 10 * H + 9 * S), CLASS_BANNED);
	assert_int_equal(entry_class(&entry, 10 * H + 10 * S), CLASS_STRANGER);
	entry.is_known = 1;
	assert_int_equal(entry_class(&entry, 10 * H), CLASS_KNOWN);
	assert_int_equal(entry_class(&entry, 10 * H + ENTRY_KNOWN_S * S), CLASS_STRANGER);
	entry_advance(&entry, 10 * H + ENTRY_KNOWN_S * S + 1);
	assert_false(entry.is_known);
	entry.is_trusted = 1;
	assert_int_equal(entry_class(&entry, 10 * H), CLASS_TOKEN);
}

static void places(void **state)
{
	struct source_entry entry = entry_at(0);
	char country[3];

	(void)state;
	entry_country(&entry, country);
	assert_string_equal(country, "");
	entry_set_place(&entry, "BE", 5432);
	entry_country(&entry, country);
	assert_string_equal(country, "BE");
	assert_int_equal(entry.asn, 5432);
	entry_set_place(&entry, "", 0);
	entry_country(&entry, country);
	assert_string_equal(country, "");
	assert_true(entry.is_placed);
}

static void several_become_one(void **state)
{
	struct source_entry one = entry_at(0), two = entry_at(0);

	(void)state;
	one.owed_us[BUDGET_COST] = 5;
	two.owed_us[BUDGET_COST] = 7;
	two.owed_us[BUDGET_ERRORS] = 2;
	one.epoch[1] = 3, one.open[1] = 2;
	two.epoch[0] = 3, two.open[0] = 4, two.epoch[1] = 9, two.open[1] = UINT16_MAX;
	entry_set_place(&two, "NL", 1);
	entry_merge(&one, &two);
	entry_merge(&one, &two);
	assert_int_equal(one.owed_us[BUDGET_COST], 7);
	assert_int_equal(one.owed_us[BUDGET_ERRORS], 2);
	assert_int_equal(one.asn, 1);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(one.open[i], one.epoch[i] == 3 ? 10 : UINT16_MAX);
	assert_int_equal(one.epoch[0] + one.epoch[1], 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_networks),
		cmocka_unit_test(time_pays_off),
		cmocka_unit_test(a_clock_that_wavers_pays_nothing_twice),
		cmocka_unit_test(a_clock_that_steps_back_locks_nobody_out),
		cmocka_unit_test(tokens_count_for_a_day),
		cmocka_unit_test(two_clients_share_a_source),
		cmocka_unit_test(classes),
		cmocka_unit_test(places),
		cmocka_unit_test(several_become_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
