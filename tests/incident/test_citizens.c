#include <string.h>

#include "../base/check.h"
#include "incident/citizens.h"

#define MONDAY_S 1767571200u  /* 2026-01-05T00:00:00Z */

/* -- what is expected -- */

static void an_hour_is_known_after_half_of_it(void **unused)
{
	struct citizens_usual usual = { 0 };
	struct citizens_minute minute = { .served = 40, .seen = 41 };
	uint64_t expected = 7;

	(void)unused;
	for (unsigned i = 0; i < CITIZENS_LEARNED; i++) {
		assert_false(citizens_expect(&usual, MONDAY_S, &expected));
		assert_int_equal(expected, 7);
		citizens_learn(&usual, MONDAY_S + i * 60, &minute);
	}
	assert_true(citizens_expect(&usual, MONDAY_S + 3599, &expected));
	assert_int_equal(expected, 40);
	assert_false(citizens_expect(&usual, MONDAY_S + 3600, &expected));      /* another hour */
	assert_true(citizens_expect(&usual, MONDAY_S + 7 * 86400, &expected));  /* the same of another week */
}

static void what_is_usual_follows_slowly(void **unused)
{
	struct citizens_usual usual = { 0 };
	uint64_t expected;

	(void)unused;
	for (unsigned i = 0; i < 2000; i++)
		citizens_learn(&usual, MONDAY_S, &(struct citizens_minute){ .served = 100 });
	citizens_learn(&usual, MONDAY_S, &(struct citizens_minute){ .served = 1000000 });
	assert_true(citizens_expect(&usual, MONDAY_S, &expected));
	assert_true(expected < 100 + 1000000 / CITIZENS_MEMORY + 1);
	for (unsigned i = 0; i < 5000; i++)
		citizens_learn(&usual, MONDAY_S, &(struct citizens_minute){ .served = 50 });
	assert_true(citizens_expect(&usual, MONDAY_S, &expected));
	assert_in_range(expected, 50, 51);
}

/* -- a minute -- */

static void minutes_are_judged(void **unused)
{
	static const struct {
		const char *what;
		struct citizens_minute minute;
		bool has_expected;
		uint64_t expected;
		enum citizens_state state;
	} rows[] = {
		{ "as usual", { .seen = 100, .served = 99, .asked = 99 }, true, 100, CITIZENS_WELL },
		{ "nothing known, nothing came", { 0 }, false, 0, CITIZENS_WELL },
		{ "a few are expected, nobody comes", { 0 }, true, CITIZENS_LEAST - 1, CITIZENS_WELL },
		{ "many are expected, nobody is served", { .seen = 5 }, true, CITIZENS_LEAST, CITIZENS_UNREACHABLE },
		{ "all fail", { .seen = 20, .asked = 20, .failed = 20 }, false, 0, CITIZENS_UNREACHABLE },
		{ "all of a few fail", { .seen = 19, .asked = 19, .failed = 19 }, false, 0, CITIZENS_WELL },
		{ "one is served", { .seen = 21, .served = 1, .asked = 21, .failed = 20 }, false, 0, CITIZENS_DEGRADED },
		{ "one in twenty fails", { .seen = 20, .served = 19, .asked = 20, .failed = 1 }, false, 0, CITIZENS_DEGRADED },
		{ "one in twenty-one fails", { .seen = 21, .served = 20, .asked = 21, .failed = 1 }, false, 0, CITIZENS_WELL },
		{ "fewer than half are served", { .seen = 49, .served = 49, .asked = 49 }, true, 100, CITIZENS_DEGRADED },
		{ "half are served", { .seen = 50, .served = 50, .asked = 50 }, true, 100, CITIZENS_WELL },
		{ "they wait three seconds", { .seen = 100, .served = 100, .queued = 10, .wait_us = 30000000 }, true, 100, CITIZENS_WELL },
		{ "they wait longer", { .seen = 100, .served = 100, .queued = 10, .wait_us = 30000010 }, true, 100, CITIZENS_DEGRADED },
		{ "well, but not from outside", { .seen = 100, .served = 100, .probes = 2 }, true, 100, CITIZENS_UNREACHABLE },
		{ "one of two from outside", { .seen = 100, .served = 100, .probes = 2, .reached = 1 }, true, 100, CITIZENS_DEGRADED },
		{ "slow from outside", { .seen = 100, .served = 100, .probes = 2, .reached = 2, .slow = 1 }, true, 100, CITIZENS_DEGRADED },
		{ "nobody comes, but outside it is reached", { .probes = 1, .reached = 1 }, true, 100, CITIZENS_DEGRADED },
		{ "reached from outside", { .seen = 100, .served = 100, .probes = 1, .reached = 1 }, true, 100, CITIZENS_WELL },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (citizens_judge(&rows[i].minute, rows[i].has_expected, rows[i].expected) != rows[i].state)
			fail_msg("%s", rows[i].what);
	}
}

/* -- the figure -- */

static void shares_are_never_better_than_what_was_seen(void **unused)
{
	static const struct {
		const char *what;
		struct citizens_minute minute;
		bool has_expected;
		uint64_t expected;
		enum vantage vantage;
		unsigned share;
	} rows[] = {
		{ "all", { .seen = 100, .served = 100 }, true, 100, VANTAGE_SHIELD, 1000 },
		{ "a flood that is served is not citizens", { .seen = 100000, .served = 90000 }, true, 100, VANTAGE_UNKNOWN, 0 },
		{ "a few more than usual", { .seen = 200, .served = 170 }, true, 100, VANTAGE_SHIELD, 1000 },
		{ "half as many again, and twenty", { .seen = 200, .served = 171 }, true, 100, VANTAGE_UNKNOWN, 0 },
		{ "a flood that is served, seen from outside", { .seen = 100000, .served = 90000, .probes = 40, .reached = 2 }, true, 100, VANTAGE_OUTSIDE, 50 },
		{ "half do not come", { .seen = 50, .served = 50 }, true, 100, VANTAGE_SHIELD, 500 },
		{ "come, and are not served", { .seen = 100, .served = 10 }, true, 100, VANTAGE_SHIELD, 100 },
		{ "nobody comes", { 0 }, true, 100, VANTAGE_SHIELD, 0 },
		{ "late is not served in time", { .seen = 100, .served = 100, .queued = 30, .wait_us = 300000000 }, true, 100, VANTAGE_SHIELD, 700 },
		{ "rounded down", { .seen = 2, .served = 2 }, true, 3, VANTAGE_SHIELD, 666 },
		{ "more served than seen cannot be", { .seen = 10, .served = 100 }, true, 100, VANTAGE_SHIELD, 100 },
		{ "not known what to expect", { .seen = 100, .served = 100 }, false, 0, VANTAGE_UNKNOWN, 0 },
		{ "nobody is expected", { .seen = 1, .served = 1 }, true, 0, VANTAGE_UNKNOWN, 0 },
		{ "the line dropped", { .seen = 100, .served = 100, .has_drops = true }, true, 100, VANTAGE_UNKNOWN, 0 },
		{ "the line dropped, seen from outside", { .seen = 100, .served = 100, .probes = 3, .reached = 1, .has_drops = true }, true, 100, VANTAGE_OUTSIDE, 333 },
		{ "not known what to expect, seen from outside", { .seen = 5, .served = 5, .probes = 2, .reached = 1 }, false, 0, VANTAGE_OUTSIDE, 500 },
		{ "reached, and too late for a citizen", { .seen = 100, .served = 100, .probes = 4, .reached = 4, .slow = 3 }, true, 100, VANTAGE_OUTSIDE, 250 },
		{ "from outside", { .seen = 100, .served = 90, .probes = 4, .reached = 4 }, true, 100, VANTAGE_OUTSIDE, 900 },
		{ "outside sees less", { .seen = 100, .served = 90, .probes = 4, .reached = 1 }, true, 100, VANTAGE_OUTSIDE, 250 },
		{ "outside sees nothing", { .seen = 100, .served = 100, .probes = 1 }, true, 100, VANTAGE_OUTSIDE, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct citizens citizens = { 0 };
		unsigned share = 0;

		citizens_add(&citizens, &rows[i].minute, rows[i].has_expected, rows[i].expected);
		if (citizens_share(&citizens, &share) != rows[i].vantage || share != rows[i].share)
			fail_msg("%s: %u", rows[i].what, share);
		assert_int_equal(citizens.seen + citizens.not_seen, rows[i].has_expected ? rows[i].expected : 0);
		citizens_take(&citizens, &rows[i].minute, rows[i].has_expected, rows[i].expected);
		citizens.has_drops = false;
		assert_memory_equal(&citizens, &(struct citizens){ 0 }, sizeof(citizens));
	}
}

static void one_look_from_outside_is_no_vantage(void **unused)
{
	struct citizens_minute minute = { .seen = 10, .served = 10 };
	struct citizens citizens = { 0 };
	unsigned share;

	(void)unused;
	citizens_add(&citizens, &minute, true, 10);
	minute.probes = minute.reached = 1;
	citizens_add(&citizens, &minute, true, 10);
	assert_int_equal(citizens_share(&citizens, &share), VANTAGE_OUTSIDE);  /* one of two minutes */
	minute.probes = minute.reached = 0;
	citizens_add(&citizens, &minute, true, 10);
	assert_int_equal(citizens_share(&citizens, &share), VANTAGE_SHIELD);
}

static struct citizens_minute any_minute(struct draws *draws)
{
	uint64_t scale = 1 + draw_below(draws, 3) * draw_below(draws, 1000);

	return (struct citizens_minute){
		.seen = draw_below(draws, scale), .served = draw_below(draws, scale), .refused = draw_below(draws, scale), .queued = draw_below(draws, scale),
		.wait_us = draw_below(draws, scale * 6000000), .asked = draw_below(draws, scale), .failed = draw_below(draws, scale),
		.probes = (uint32_t)draw_below(draws, 3), .reached = (uint32_t)draw_below(draws, 3), .slow = (uint32_t)draw_below(draws, 3), .has_drops = draw_below(draws, 200) == 0,
	};
}

/* Whatever comes: never more than what was seen and served over what was expected, and no figure where something was not known. */
static void no_figure_is_ever_too_good(void **unused)
{
	struct draws draws = { 7 };
	unsigned known = 0;

	(void)unused;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned minutes = 1 + (unsigned)draw_below(&draws, 40), share = 0;
		double expected_sum = 0, served_sum = 0, probes = 0, reached = 0;
		unsigned looked = 0;
		bool is_blind = false, has_drops = false;
		struct citizens citizens = { 0 };
		enum vantage vantage;

		for (unsigned i = 0; i < minutes; i++) {
			struct citizens_minute minute = any_minute(&draws);
			uint64_t expected = draw_below(&draws, 500), both = minute.seen < minute.served ? minute.seen : minute.served;
			bool has_expected = draw_below(&draws, 400) != 0;

			citizens_add(&citizens, &minute, has_expected, has_expected ? expected : 0);
			is_blind |= !has_expected || (double)minute.served > (double)expected * 1.5 + 20;
			looked += minute.probes > 0;
			has_drops |= minute.has_drops;
			expected_sum += has_expected ? (double)expected : 0;
			served_sum += has_expected ? (double)(both < expected ? both : expected) : 0;
			probes += minute.probes;
			reached += minute.reached < minute.probes ? minute.reached : minute.probes;
			reached -= minute.slow < minute.reached ? (minute.slow < minute.probes ? minute.slow : minute.probes) : minute.reached < minute.probes ? minute.reached : minute.probes;
		}
		vantage = citizens_share(&citizens, &share);
		assert_int_equal(vantage == VANTAGE_OUTSIDE, looked && looked * 2 >= minutes);
		if (vantage != VANTAGE_OUTSIDE && (is_blind || has_drops || expected_sum <= 0))
			assert_int_equal(vantage, VANTAGE_UNKNOWN);
		if (vantage == VANTAGE_UNKNOWN)
			continue;
		known++;
		assert_true(share <= 1000 && (is_blind || has_drops || (double)share * expected_sum <= served_sum * 1000));
		assert_true(vantage != VANTAGE_OUTSIDE || (double)share * probes <= reached * 1000);
		assert_true(citizens.served + citizens.late <= citizens.seen && citizens.seen + citizens.not_seen == citizens.expected);
	}
	assert_true(known > 10000);
}

/* Every member: one that is forgotten makes a figure better than it is. */
static void sums_have_every_member(void **unused)
{
	struct citizens one, sum, twice;
	const unsigned char *bytes = (const unsigned char *)&sum;
	unsigned forgotten = 0;

	(void)unused;
	memset(&one, 0, sizeof(one));
	one = (struct citizens){ .expected = 1, .seen = 2, .served = 3, .late = 4, .not_seen = 5, .refused = 6, .site_minutes = 7, .probed = 8, .blind = 9, .probes = 10,
		                 .reached = 11, .slow = 12, .minutes = 13, .unreachable = 14, .degraded = 15, .has_drops = true };
	memset(&sum, 0, sizeof(sum));
	citizens_sum(&sum, &one);
	assert_memory_equal(&sum, &one, sizeof(sum));
	citizens_sum(&sum, &one);
	twice = one;
	for (size_t at = 0; at + 4 <= offsetof(struct citizens, has_drops); at += 4) {
		uint32_t number, half;

		memcpy(&number, bytes + at, 4);
		memcpy(&half, (const unsigned char *)&twice + at, 4);
		forgotten += number != 2 * half;
	}
	assert_int_equal(forgotten, 0);
	assert_true(sum.has_drops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_have_every_member),
		cmocka_unit_test(an_hour_is_known_after_half_of_it),
		cmocka_unit_test(what_is_usual_follows_slowly),
		cmocka_unit_test(minutes_are_judged),
		cmocka_unit_test(shares_are_never_better_than_what_was_seen),
		cmocka_unit_test(one_look_from_outside_is_no_vantage),
		cmocka_unit_test(no_figure_is_ever_too_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
