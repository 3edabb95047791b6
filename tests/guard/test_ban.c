/* Bans on a clock of the test's own: how long they last, who cannot be banned, who is told. */
#include "../base/check.h"

#include <stdlib.h>

#include "guard/ban.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)
#define HOUR (3600 * S)
#define DAY (24 * HOUR)
#define BYTES ((size_t)1 << 20)

struct stage {
	void *memory;
	struct source_table table;
	struct bans bans;
	struct network networks[4];
	struct list_value management, proxies;
	uint64_t now_us;
	unsigned told, lifted, listed;
	struct ban_fact last;
	struct network last_lifted;
};

static void on_banned(void *context, const struct ban_fact *fact)
{
	struct stage *stage = context;

	stage->told++;
	stage->last = *fact;
}

static void on_lifted(void *context, const struct network *network)
{
	struct stage *stage = context;

	stage->lifted++;
	stage->last_lifted = *network;
}

static void on_listed(void *context, const struct ban_fact *fact)
{
	struct stage *stage = context;

	assert_true(fact->until_us > stage->now_us);
	stage->listed++;
}

static void stage_start(struct stage *stage)
{
	static const char *const texts[] = { "10.0.0.0/8", "2001:db8:a::/48", "198.51.100.7", "2001:db8:b:1::5" };

	*stage = (struct stage){ .memory = aligned_alloc(64, BYTES), .now_us = 5 * DAY + 123 };
	assert_non_null(stage->memory);
	memset(stage->memory, 0, BYTES);
	assert_ok(source_table_init(stage->memory, BYTES, (struct hash_seed){ 1, 2 }));
	stage->table = source_table_open(stage->memory);
	for (unsigned i = 0; i < 4; i++)
		assert_ok(network_read(span_of(texts[i]), &stage->networks[i]));
	stage->management = (struct list_value){ stage->networks, 2 };
	stage->proxies = (struct list_value){ stage->networks + 2, 2 };
	stage->bans = (struct bans){ &stage->table, { 60, 24 * 3600, 24 * 3600, { &stage->management, &stage->proxies } }, { stage, on_banned, on_lifted } };
}

static void stage_end(struct stage *stage)
{
	free(stage->memory);
}

static struct source_key key_of(const char *text)
{
	struct address address;

	assert_ok(address_read(span_of(text), &address));
	return source_key_of(&address);
}

static bool is_banned(struct stage *stage, struct source_key key)
{
	struct source_hold hold;
	bool is_on;

	if (source_table_take(&stage->table, key, stage->now_us, SOURCE_FIND, &hold) != RESULT_OK)
		return false;
	is_on = ban_is_on(hold.entry, stage->now_us);
	source_table_give(&hold);
	return is_on;
}

/* Seconds that a ban that begins now lasts. */
static uint64_t ban(struct stage *stage, struct source_key key)
{
	struct ban_fact fact;

	assert_ok(ban_source(&stage->bans, key, BAN_REQUESTS, 0, stage->now_us, &fact));
	assert_true(fact.until_us > stage->now_us);
	return (fact.until_us - stage->now_us) / S;
}

static unsigned count(struct stage *stage)
{
	stage->listed = 0;
	ban_each(&stage->bans, stage->now_us, on_listed, stage);
	return stage->listed;
}

static void each_is_twice_as_long(void **state)
{
	struct stage stage;
	struct source_key key = key_of("192.0.2.1");

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t expected = i < 11 ? (uint64_t)60 << i : 24 * 3600;

		assert_int_equal(ban(&stage, key), expected);
		assert_int_equal(stage.last.times, i < 16 ? i + 1 : 16);
		stage.now_us += expected * S - 1;
		assert_true(is_banned(&stage, key));
		stage.now_us += S + 1;
		assert_false(is_banned(&stage, key));
	}
	assert_int_equal(stage.told, 20);
	/* a day without one, and it is the first again */
	stage.now_us += DAY - 10 * S;
	assert_int_equal(ban(&stage, key), 24 * 3600);
	stage.now_us += DAY + DAY + S;
	assert_int_equal(ban(&stage, key), 60);
	assert_int_equal(stage.last.times, 1);
	stage_end(&stage);
}

/* A day, second by second: a source that is banned whenever it comes is banned nearly always, after few bans. */
static void a_day_of_a_repeater(void **state)
{
	struct stage stage;
	struct source_key key = key_of("2001:db8:1:2::3");
	unsigned refused = 0;

	(void)state;
	stage_start(&stage);
	for (unsigned second = 0; second < 86400; second++, stage.now_us += S) {
		if (is_banned(&stage, key))
			refused++;
		else
			(void)ban(&stage, key);
	}
	assert_true(stage.told < 12 && refused > 86380);
	assert_int_equal(stage.last.network.prefix, 64);
	stage_end(&stage);
}

static void what_is_on_is_not_doubled(void **state)
{
	struct stage stage;
	struct source_key key = key_of("192.0.2.1");
	struct ban_fact fact;

	(void)state;
	stage_start(&stage);
	assert_int_equal(ban(&stage, key), 60);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(ban(&stage, key), 60);
	assert_int_equal(stage.told, 1);
	/* by hand: until the later */
	assert_ok(ban_source(&stage.bans, key, BAN_BY_HAND, 30, stage.now_us, &fact));
	assert_true(fact.until_us - stage.now_us > 59 * S && stage.told == 1);
	/* a person's from now on, and the machine does not take it back */
	assert_int_equal(fact.reason, BAN_BY_HAND);
	assert_ok(ban_source(&stage.bans, key, BAN_REQUESTS, 0, stage.now_us, &fact));
	assert_int_equal(fact.reason, BAN_BY_HAND);
	assert_ok(ban_source(&stage.bans, key, BAN_BY_HAND, 7200, stage.now_us, NULL));
	assert_true(stage.told == 2 && stage.last.until_us - stage.now_us >= 2 * HOUR && stage.last.until_us - stage.now_us <= 2 * HOUR + S);
	assert_ok(ban_source(&stage.bans, key, BAN_BY_HAND, UINT32_MAX, stage.now_us, &fact));
	assert_true(fact.until_us - stage.now_us <= (BAN_S_MAX + 1) * S);
	stage_end(&stage);
}

static void some_are_never_banned(void **state)
{
	static const char *const never[] = {
		"10.0.0.1", "10.255.255.255", "2001:db8:a::1", "2001:db8:a:ffff::", "198.51.100.7", "2001:db8:b:1::5", "2001:db8:b:1::6" /* the same /64 */,
	};
	static const char *const others[] = { "11.0.0.1", "2001:db8:c::1", "198.51.100.8", "2001:db8:b:2::5", "::10.0.0.1" /* of ::/64 */ };
	struct stage stage;
	struct source_key wide = { key_of("2001:db8:b:7::").bits & ~(uint64_t)0xffff, SOURCE_V6_WIDE };

	(void)state;
	stage_start(&stage);
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		for (int reason = BAN_BY_HAND; reason < BAN_REASON_COUNT; reason++)
			assert_result(ban_source(&stage.bans, key_of(never[i]), (enum ban_reason)reason, 10, stage.now_us, NULL), RESULT_REFUSED);
		assert_false(is_banned(&stage, key_of(never[i])));
	}
	assert_result(ban_source(&stage.bans, wide, BAN_BY_HAND, 10, stage.now_us, NULL), RESULT_REFUSED);
	assert_int_equal(stage.told, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		(void)ban(&stage, key_of(others[i]));
	assert_int_equal(count(&stage), sizeof(others) / sizeof(*others));
	stage_end(&stage);
}

/* TEXT's /48 becomes one source. */
static struct source_key widen(struct stage *stage, const char *text)
{
	struct source_key key = key_of(text);

	for (unsigned i = 0; i < SOURCE_WIDE_COUNT; i++) {
		struct source_hold hold;

		assert_ok(source_table_take(&stage->table, (struct source_key){ key.bits | (0x100 + i), SOURCE_V6 }, stage->now_us, SOURCE_MAKE, &hold));
		source_table_give(&hold);
	}
	return (struct source_key){ key.bits, SOURCE_V6_WIDE };
}

/* A /48 that became one source is never banned by the machine; one /64 of it still may be, by hand, and all of it where nobody in it is exempt. */
static void nor_a_48_by_machine(void **state)
{
	struct stage stage;
	struct source_key wide, exempt;

	(void)state;
	stage_start(&stage);
	wide = widen(&stage, "2001:db8:d::");
	exempt = widen(&stage, "2001:db8:b::");
	for (int reason = BAN_BY_HAND + 1; reason < BAN_REASON_COUNT; reason++) {
		assert_result(ban_source(&stage.bans, key_of("2001:db8:d:105::1"), (enum ban_reason)reason, 0, stage.now_us, NULL), RESULT_REFUSED);
		assert_result(ban_source(&stage.bans, wide, (enum ban_reason)reason, 0, stage.now_us, NULL), RESULT_REFUSED);
	}
	assert_true(stage.told == 0 && !is_banned(&stage, wide));
	assert_ok(ban_source(&stage.bans, key_of("2001:db8:d:105::1"), BAN_BY_HAND, 0, stage.now_us, NULL));
	assert_true(stage.last.network.prefix == 64 && stage.last.may_drop);
	assert_true(is_banned(&stage, key_of("2001:db8:d:105::2")) && !is_banned(&stage, key_of("2001:db8:d:106::2")));
	assert_ok(ban_source(&stage.bans, wide, BAN_BY_HAND, 0, stage.now_us, NULL));
	assert_true(is_banned(&stage, key_of("2001:db8:d:106::2")));
	assert_result(ban_source(&stage.bans, exempt, BAN_BY_HAND, 0, stage.now_us, NULL), RESULT_REFUSED);
	stage_end(&stage);
}

static void trusted_ones_neither(void **state)
{
	struct stage stage;
	struct source_hold hold;

	(void)state;
	stage_start(&stage);
	assert_ok(source_table_take(&stage.table, key_of("192.0.2.9"), stage.now_us, SOURCE_MAKE, &hold));
	hold.entry->is_trusted = 1;
	source_table_give(&hold);
	assert_result(ban_source(&stage.bans, key_of("192.0.2.9"), BAN_BY_HAND, 10, stage.now_us, NULL), RESULT_REFUSED);
	stage_end(&stage);
}

static void who_may_be_citizens_get_an_answer(void **state)
{
	struct stage stage;
	struct source_hold hold;

	(void)state;
	stage_start(&stage);
	(void)ban(&stage, key_of("192.0.2.1"));
	assert_true(stage.last.may_drop);
	assert_int_equal(stage.last.reason, BAN_REQUESTS);
	for (unsigned i = 2; i < 4; i++) {
		struct source_key key = { key_of("192.0.2.0").bits + i, SOURCE_V4 };

		assert_ok(source_table_take(&stage.table, key, stage.now_us, SOURCE_MAKE, &hold));
		if (i == 2) {
			entry_saw_token(hold.entry, stage.now_us);
		} else {
			entry_saw_client(hold.entry, (uint64_t)1 << 60, stage.now_us);
			entry_saw_client(hold.entry, (uint64_t)2 << 60, stage.now_us);
		}
		source_table_give(&hold);
		(void)ban(&stage, key);
		assert_false(stage.last.may_drop);
		stage.now_us += 25 * HOUR;
		(void)ban(&stage, key);
		assert_true(stage.last.may_drop);
	}
	stage_end(&stage);
}

static struct source_entry entry_of(struct stage *stage, struct source_key key)
{
	struct source_entry entry;
	struct source_hold hold;

	assert_ok(source_table_take(&stage->table, key, stage->now_us, SOURCE_MAKE, &hold));
	entry = *hold.entry;
	source_table_give(&hold);
	return entry;
}

static void set_known(struct stage *stage, struct source_key key)
{
	struct source_hold hold;

	assert_ok(source_table_take(&stage->table, key, stage->now_us, SOURCE_MAKE, &hold));
	hold.entry->is_known = 1;
	source_table_give(&hold);
}

/* It is remembered as a ban would be, has a ladder of its own, and nobody is refused, told of it, or known less. One that is made takes its place. */
static void what_is_observed_is_no_ban(void **state)
{
	struct source_key key = key_of("192.0.2.1");
	struct source_entry entry;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	set_known(&stage, key);
	for (unsigned i = 0; i < 3; i++) {
		assert_ok(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, NULL));
		assert_ok(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, NULL));  /* while it is on: no step more */
		entry = entry_of(&stage, key);
		assert_true(ban_is_observed(&entry, stage.now_us) && !ban_is_on(&entry, stage.now_us) && entry.is_known);
		assert_int_equal(entry.ban_level, i);
		assert_int_equal(count(&stage), 0);
		stage.now_us += (((uint64_t)60 << i) + 1) * S;
		entry = entry_of(&stage, key);
		assert_false(ban_is_observed(&entry, stage.now_us));
	}
	assert_int_equal(stage.told, 0);
	assert_ok(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, NULL));
	assert_int_equal(ban(&stage, key), 60);  /* the first that is one */
	assert_ok(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, NULL));
	entry = entry_of(&stage, key);
	assert_true(ban_is_on(&entry, stage.now_us) && !ban_is_observed(&entry, stage.now_us) && !entry.is_known);
	assert_int_equal(stage.told, 1);
	assert_int_equal(ban_source(&stage.bans, key_of("10.1.2.3"), BAN_OBSERVED, 0, stage.now_us, NULL), RESULT_REFUSED);
	stage_end(&stage);
}

/* Nor does it make the ladder of what is done begin anew, for as long as that is remembered. It has begun once. */
static void what_is_observed_forgets_nothing(void **state)
{
	struct source_key key = key_of("192.0.2.1");
	struct ban_fact fact;
	struct stage stage;

	(void)state;
	stage_start(&stage);
	assert_int_equal(ban(&stage, key), 60);
	stage.now_us += 61 * S;
	assert_int_equal(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, &fact), RESULT_REFUSED);
	assert_int_equal(ban(&stage, key), 120);
	assert_ok(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, &fact));  /* while it is on: nothing begins */
	assert_false(fact.has_begun);
	stage.now_us += 121 * S + DAY;
	for (unsigned i = 0; i < 2; i++) {
		assert_ok(ban_source(&stage.bans, key, BAN_OBSERVED, 0, stage.now_us, &fact));
		assert_int_equal(fact.has_begun, i == 0);
	}
	stage_end(&stage);
}

static void lifted_and_listed(void **state)
{
	struct stage stage;
	struct source_key key = key_of("192.0.2.1");

	(void)state;
	stage_start(&stage);
	assert_result(ban_lift(&stage.bans, key, stage.now_us), RESULT_NOT_FOUND);
	for (unsigned i = 0; i < 3; i++) {
		(void)ban(&stage, key);
		stage.now_us += HOUR;
	}
	assert_result(ban_lift(&stage.bans, key_of("192.0.2.2"), stage.now_us), RESULT_NOT_FOUND);
	assert_int_equal(count(&stage), 0);
	assert_int_equal(ban(&stage, key), 480);
	assert_int_equal(count(&stage), 1);
	assert_ok(ban_lift(&stage.bans, key, stage.now_us));
	assert_int_equal(stage.lifted, 1);
	assert_true(network_contains(&stage.last_lifted, &(struct address){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 } }));
	assert_false(is_banned(&stage, key));
	assert_int_equal(count(&stage), 0);
	assert_result(ban_lift(&stage.bans, key, stage.now_us), RESULT_NOT_FOUND);
	assert_int_equal(ban(&stage, key), 60);  /* whoever lifts says that it was wrong */
	for (unsigned i = 0; i < 3000; i++)
		(void)ban(&stage, (struct source_key){ i, SOURCE_V4 });
	assert_int_equal(count(&stage), 3001);
	stage.now_us += 61 * S;
	assert_int_equal(count(&stage), 0);
	stage_end(&stage);
}

static void new_exemptions_lift(void **state)
{
	struct stage stage;
	struct network added[2];
	struct list_value more = { added, 2 };

	(void)state;
	stage_start(&stage);
	assert_ok(network_read(SPAN("192.0.2.0/24"), &added[0]));
	assert_ok(network_read(SPAN("2001:db8:c:1::/64"), &added[1]));
	for (unsigned i = 0; i < 256; i++)
		(void)ban(&stage, (struct source_key){ key_of("192.0.2.0").bits + i, SOURCE_V4 });
	(void)ban(&stage, key_of("2001:db8:c:1::9"));
	(void)ban(&stage, key_of("192.0.3.1"));
	assert_int_equal(ban_lift_exempt(&stage.bans, stage.now_us), 0);
	stage.bans.policy.exempt[2] = &more;
	assert_int_equal(ban_lift_exempt(&stage.bans, stage.now_us), 257);
	assert_int_equal(stage.lifted, 257);
	assert_int_equal(count(&stage), 1);
	stage_end(&stage);
}

/* The clock is set back by days: who was banned for a minute is, and no longer. */
static void a_clock_set_back(void **state)
{
	struct stage stage;
	struct source_key key = key_of("192.0.2.1");

	(void)state;
	stage_start(&stage);
	(void)ban(&stage, key);
	stage.now_us -= 4 * DAY;
	assert_true(is_banned(&stage, key));
	stage.now_us += 62 * S;
	assert_false(is_banned(&stage, key));
	assert_int_equal(ban(&stage, key), 120);
	stage_end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_twice_as_long),
		cmocka_unit_test(a_day_of_a_repeater),
		cmocka_unit_test(what_is_on_is_not_doubled),
		cmocka_unit_test(some_are_never_banned),
		cmocka_unit_test(nor_a_48_by_machine),
		cmocka_unit_test(trusted_ones_neither),
		cmocka_unit_test(who_may_be_citizens_get_an_answer),
		cmocka_unit_test(lifted_and_listed),
		cmocka_unit_test(what_is_observed_is_no_ban), cmocka_unit_test(what_is_observed_forgets_nothing),
		cmocka_unit_test(new_exemptions_lift),
		cmocka_unit_test(a_clock_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
