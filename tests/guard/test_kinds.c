/* Kinds of clients by simulation: days of citizens with the browsers that they have, and floods. A simulated day takes half a second. */
#include <math.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "guard/kinds.h"

#define DAY_S 86400u
#define CAPACITY 200u            /* requests a second that the portal bears */
#define TOOL 0x70011111u
#define NONE 0u
#define RANDOM 1u

/* What citizens come with: shares of all. */
static const struct { uint32_t kind; double share; } browsers[] = {
	{ 0xa0000001, 0.30 }, { 0xa0000102, 0.22 }, { 0xa0000203, 0.16 }, { 0xa0000304, 0.11 }, { 0xa0000405, 0.08 },
	{ 0xa0000506, 0.05 }, { 0xa0000607, 0.04 }, { 0xa0000708, 0.02 }, { 0xa0000809, 0.015 }, { 0xa000090a, 0.003 }, { 0xa0000a0b, 0.002 },
};
#define BROWSERS (sizeof(browsers) / sizeof(*browsers))

struct town {
	struct kinds kinds;
	uint64_t second, draws;
	bool is_pressed;
	double peak;                         /* as many times the usual as come now */
	unsigned others;                     /* of this second, that a test has noted itself */
	unsigned flagged[BROWSERS], flagged_tools, came[BROWSERS], tools;
};

static uint64_t draw_of(struct town *town)
{
	town->draws += 0x9e3779b97f4a7c15u;
	return hash_u64(town->draws);
}

static unsigned about(struct town *town, double rate)
{
	return (unsigned)(rate + (double)(draw_of(town) >> 11) / 9007199254740992.0);
}

/* Ten at night, seventy at noon. */
static unsigned citizens(struct town *town)
{
	double rate = (40 - 30 * cos((double)(town->second % DAY_S) / DAY_S * 2 * 3.14159265)) * town->peak;
	unsigned sum = 0;

	for (unsigned i = 0; i < BROWSERS; i++) {
		unsigned count = about(town, rate * browsers[i].share);

		sum += town->came[i] = count;
		town->flagged[i] = 0;
		while (count--)
			town->flagged[i] += kinds_note(&town->kinds, browsers[i].kind);
	}
	return sum;
}

static void second(struct town *town, uint32_t tool, unsigned rate)
{
	unsigned sum = citizens(town) + rate + town->others;

	town->others = 0;
	town->tools = rate;
	town->flagged_tools = 0;
	for (unsigned i = 0; i < rate; i++)
		town->flagged_tools += kinds_note(&town->kinds, tool == RANDOM ? (uint32_t)(draw_of(town) % UINT32_MAX) + 1 : tool);
	town->second++;
	town->is_pressed = sum > CAPACITY;
	kinds_tick(&town->kinds, 1, town->is_pressed);
}

static void live(struct town *town, unsigned seconds, uint32_t tool, unsigned rate)
{
	for (unsigned i = 0; i < seconds; i++)
		second(town, tool, rate);
}

static struct town *town_after(unsigned days)
{
	static struct town town;

	memset(&town, 0, sizeof(town));
	town.peak = 1;
	live(&town, days * DAY_S + DAY_S / 3, NONE, 0);
	return &town;
}

static unsigned flagged_citizens(const struct town *town)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < BROWSERS; i++)
		sum += town->flagged[i];
	return sum;
}

static double share_flagged(const struct town *town)
{
	unsigned came = 0;

	for (unsigned i = 0; i < BROWSERS; i++)
		came += town->came[i];
	return came ? (double)flagged_citizens(town) / came : 0;
}

static void what_is_usual_is_learned(void **unused)
{
	struct town *town = town_after(3);
	struct kinds_told told;

	(void)unused;
	kinds_look(&town->kinds, &told);
	assert_int_equal(told.count, BROWSERS);
	assert_int_equal(told.flooding, 0);
	assert_int_equal(told.list[0].kind, browsers[0].kind);
	assert_true(fabs(told.list[0].usual - 0.30 * 40) < 4);
}

/* All come at once, to a portal that cannot bear it: the first of the month, an alert. */
static void a_morning_when_everybody_comes_is_no_flood(void **unused)
{
	struct town *town = town_after(2);

	(void)unused;
	town->peak = 12;
	for (unsigned i = 0; i < 600; i++) {
		second(town, NONE, 0);
		assert_true(town->is_pressed);
		assert_int_equal(flagged_citizens(town), 0);
	}
}

static void a_tool_is_seen_within_three_seconds(void **unused)
{
	(void)unused;
	for (unsigned rate = 400; rate <= 20000; rate *= 7) {
		struct town *town = town_after(1);

		live(town, 4, TOOL, rate);
		assert_int_equal(town->flagged_tools, rate);
		assert_int_equal(flagged_citizens(town), 0);
		live(town, 60, TOOL, rate);
		assert_int_equal(town->flagged_tools, rate);
		assert_int_equal(flagged_citizens(town), 0);
	}
}

/* The next wave of it is known at once, also after a pause in which the portal was well; and it is forgiven after a while. */
static void waves(void **unused)
{
	struct town *town = town_after(1);

	(void)unused;
	live(town, 10, TOOL, 5000);
	live(town, KINDS_HELD_S - 10, NONE, 0);
	live(town, 1, TOOL, 5000);
	assert_int_equal(town->flagged_tools, 5000);
	assert_int_equal(flagged_citizens(town), 0);
	live(town, KINDS_HELD_S + 10, NONE, 0);
	live(town, 1, TOOL, 5);
	assert_int_equal(town->flagged_tools, 0);
}

/* Who comes with a rare browser while rare kinds flood, or did a moment ago, does not stay what he is taken for. */
static void a_newcomer_among_rare_ones_is_forgiven(void **unused)
{
	struct town *town = town_after(1);

	(void)unused;
	live(town, 10, RANDOM, 5000);
	live(town, 2, NONE, 0);
	live(town, 1, 0xb0000001, 2);
	live(town, KINDS_PRESUMED_S + 1, NONE, 0);
	live(town, 1, 0xb0000001, 2);
	assert_int_equal(town->flagged_tools, 0);
}

/* The flood goes on with another tool: its very first request is known. That is remembered for as long as the flood is; and to be new is no offence in calm. */
static void another_guise(void **unused)
{
	struct town *town = town_after(1);

	(void)unused;
	live(town, 1, 0xb0000001, 1);
	assert_int_equal(town->flagged_tools, 0);
	live(town, 10, TOOL, 5000);
	live(town, 1, 0xb0000002, 5000);
	assert_int_equal(town->flagged_tools, 5000);
	live(town, KINDS_PRESUMED_S + 1, 0xb0000002, 5000);
	assert_int_equal(town->flagged_tools, 5000);
	assert_int_equal(flagged_citizens(town), 0);
	live(town, KINDS_HELD_S + KINDS_PRESUMED_S + 2, NONE, 0);
	live(town, 1, 0xb0000003, 5);
	assert_int_equal(town->flagged_tools, 0);
}

/* New visitors one after another, each of whom is suspected for a moment, make no flood that lasts. */
static void suspicion_is_not_passed_on(void **unused)
{
	struct town *town = town_after(1);

	(void)unused;
	live(town, 10, TOOL, 5000);
	for (uint32_t i = 0; i < KINDS_HELD_S + 2 * KINDS_PRESUMED_S; i++)
		live(town, 1, 0xb0000001 + i, 1);
	live(town, 1, 0xc0000001, 1);
	assert_int_equal(town->flagged_tools, 0);
}

/* A tool that imitates the browser of a third of the citizens: these go down with it, the others do not; and a rare browser's as well. */
static void a_lookalike_takes_its_kind_with_it(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < BROWSERS; i++) {
		struct town *town = town_after(1);

		live(town, 5, browsers[i].kind, 3000);
		assert_int_equal(town->flagged_tools, 3000);
		assert_int_equal(flagged_citizens(town), town->flagged[i]);
		assert_int_equal(town->flagged[i], town->came[i]);
	}
}

/* Three of the browsers at once: those are found by the ones that nobody imitates. */
static void several_lookalikes_do_not_excuse_each_other(void **unused)
{
	struct town *town = town_after(1);

	(void)unused;
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned k = 0; k < 3000; k++)
			kinds_note(&town->kinds, browsers[k % 3].kind);
		town->others = 3000;
		second(town, NONE, 0);
	}
	assert_int_equal(town->flagged[0], town->came[0]);
	assert_int_equal(town->flagged[2], town->came[2]);
	assert_int_equal(town->flagged[3] + town->flagged[4] + town->flagged[5], 0);
}

/* Every request of another kind: rare kinds are moved down together, and the citizens' browsers are remembered. */
static void fields_in_random_order_are_one_flood(void **unused)
{
	struct town *town = town_after(1);
	struct kinds_told told;

	(void)unused;
	live(town, 120, RANDOM, 5000);
	kinds_look(&town->kinds, &told);
	assert_true(told.count <= KINDS - KINDS / KINDS_BUCKET * KINDS_SPARE + 1);  /* a new browser finds a place */
	assert_true(town->flagged_tools > 4900);
	assert_int_equal(flagged_citizens(town), town->flagged[9] + town->flagged[10]);  /* those are rare */
	live(town, 60, NONE, 0);
	live(town, 5, TOOL, 3000);
	assert_int_equal(town->flagged_tools, 3000);
	assert_int_equal(flagged_citizens(town), town->flagged[9] + town->flagged[10]);  /* those are rare */
}

/* A hundred kinds that were shown in calm before, so that each is in the table, and each little of the flood. */
static void a_flood_of_many_small_kinds_is_one(void **unused)
{
	struct town *town = town_after(1);
	unsigned flagged = 0;

	(void)unused;
	for (unsigned i = 0; i < DAY_S; i++)
		second(town, 0x50000000u + i % 100 * 7919u, 1);
	for (unsigned s = 0; s < 6; s++) {
		flagged = 0;
		for (unsigned k = 0; k < 4000; k++)
			flagged += kinds_note(&town->kinds, 0x50000000u + k % 100 * 7919u);
		town->others = 4000;
		second(town, NONE, 0);
	}
	assert_true(flagged > 3900);
	assert_true(share_flagged(town) < 0.01);
}

/* It doubles every three hours, from one a second, and wants to be what is usual when it comes to what the portal cannot bear. */
static void a_ramp_of_hours_does_not_become_usual(void **unused)
{
	struct town *town = town_after(2);
	double rate = 1;

	(void)unused;
	for (unsigned i = 0; !town->is_pressed; i++) {
		second(town, TOOL, (unsigned)rate);
		rate *= exp2(1.0 / (3 * 3600));
		assert_true(i < DAY_S);
	}
	live(town, 4, TOOL, (unsigned)rate);
	assert_int_equal(town->flagged_tools, town->tools);
	assert_int_equal(flagged_citizens(town), 0);
}

/* The limit that the header states: what the portal bore for days is usual; four times as much is not. */
static void what_came_for_days_is_usual_and_four_times_as_much_is_not(void **unused)
{
	struct town *town = town_after(1);

	(void)unused;
	live(town, 3 * DAY_S, TOOL, 100);
	live(town, 10, TOOL, 240);
	assert_true(town->is_pressed);
	assert_int_equal(town->flagged_tools, 0);
	live(town, 10, TOOL, 900);
	assert_int_equal(town->flagged_tools, 900);
}

/* An attack in the first minute of a site's life: nobody is moved before something is known, and ten seconds are enough for a crude flood. */
static void a_young_site_says_nothing_or_the_truth(void **unused)
{
	static const struct { double peak; unsigned seconds, flagged; } table[] = { { 2, 3, 0 }, { 1, 10, 4000 } };
	static struct town town;

	(void)unused;
	memset(&town, 0, sizeof(town));
	town.peak = 1;
	live(&town, 20, TOOL, 2000);
	assert_int_equal(town.flagged_tools + flagged_citizens(&town), 0);
	for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++) {
		memset(&town, 0, sizeof(town));
		town.second = DAY_S / 2;
		town.peak = table[i].peak;
		live(&town, table[i].seconds, NONE, 0);
		town.peak = 1;
		live(&town, 4, TOOL, 4000);
		assert_int_equal(town.flagged_tools, table[i].flagged);
		assert_int_equal(flagged_citizens(&town), 0);
	}
}

/* What everybody has says nothing. */
static void a_site_of_one_kind_moves_nobody(void **unused)
{
	static struct kinds kinds;
	unsigned flagged = 0;

	(void)unused;
	memset(&kinds, 0, sizeof(kinds));
	for (unsigned s = 0; s < 3600; s++) {
		for (unsigned i = 0; i < (s < 3500 ? 20u : 3000u); i++)
			flagged += kinds_note(&kinds, 0xa0000001);
		kinds_tick(&kinds, 1, s >= 3500);
	}
	assert_int_equal(flagged, 0);
}

/* The seconds before the pressure is seen: without the bound they would make a tool usual in a site's first minutes. */
static void an_odd_second_teaches_little(void **unused)
{
	static struct town town;

	(void)unused;
	memset(&town, 0, sizeof(town));
	town.peak = 1;
	town.second = DAY_S / 2;
	live(&town, 10, NONE, 0);
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 4000; k++)
			kinds_note(&town.kinds, TOOL);
		citizens(&town);
		kinds_tick(&town.kinds, 1, false);
	}
	live(&town, 4, TOOL, 4000);
	assert_int_equal(town.flagged_tools, 4000);
}

static void nothing_is_learned_while_pressed(void **unused)
{
	struct town *town = town_after(1);
	float before = town->kinds.usual[0];
	double learned_s = town->kinds.learned_s;

	(void)unused;
	live(town, 3600, TOOL, 2000);
	assert_true(town->kinds.learned_s - learned_s <= 1);
	assert_true(fabsf(town->kinds.usual[0] - before) < 0.01f);
}

static void the_pure_answer(void **unused)
{
	static const struct { struct kind_case that; bool is_far; } table[] = {
		{ { 9, 0, 100, 1, 0.01 }, false },      /* too few to say */
		{ { 10, 0, 100, 1, 0.01 }, true },
		{ { 39, 9, 100, 1, 0.01 }, false },
		{ { 40, 9, 100, 1, 0.01 }, true },
		{ { 40, 9, 100, 2, 0.01 }, false },     /* everybody comes twice as often */
		{ { 40, 9, 100, 1, 0.1 }, false },      /* little is known yet */
		{ { 10, 0, 0, 1, 1 }, true },
	};

	(void)unused;
	for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_int_equal(kind_is_far_beyond(&table[i].that), table[i].is_far);
	assert_true(kinds_margin(0) >= 1);
	assert_true(fabs(kinds_margin(100) - 0.1) < 1e-9);
	assert_true(fabs(kinds_margin(1e12) - KINDS_RARE) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_usual_is_learned),
		cmocka_unit_test(a_morning_when_everybody_comes_is_no_flood),
		cmocka_unit_test(a_tool_is_seen_within_three_seconds),
		cmocka_unit_test(waves), cmocka_unit_test(a_newcomer_among_rare_ones_is_forgiven), cmocka_unit_test(another_guise), cmocka_unit_test(suspicion_is_not_passed_on),
		cmocka_unit_test(a_lookalike_takes_its_kind_with_it),
		cmocka_unit_test(several_lookalikes_do_not_excuse_each_other),
		cmocka_unit_test(fields_in_random_order_are_one_flood),
		cmocka_unit_test(a_flood_of_many_small_kinds_is_one),
		cmocka_unit_test(a_ramp_of_hours_does_not_become_usual),
		cmocka_unit_test(what_came_for_days_is_usual_and_four_times_as_much_is_not),
		cmocka_unit_test(a_young_site_says_nothing_or_the_truth),
		cmocka_unit_test(a_site_of_one_kind_moves_nobody),
		cmocka_unit_test(an_odd_second_teaches_little),
		cmocka_unit_test(nothing_is_learned_while_pressed),
		cmocka_unit_test(the_pure_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
