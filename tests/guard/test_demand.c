/* Strangers are asked as long as a flood lasts, though none of it waits; time is told. */
#include "base/check.h"
#include "guard/demand.h"

#define EACH_US 5000u

static void answer(struct demand *demand, uint64_t now_us, bool others_wait, double at_least_us)
{
	demand_answer(demand, now_us, &(struct demand_answer){ .others_wait = others_wait, .at_least_us = at_least_us });
}

/* A busy origin, at whose door somebody always waits, answers COUNT times. */
static uint64_t be_busy(struct demand *demand, uint64_t now_us, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		answer(demand, now_us += EACH_US, true, EACH_US / 8.0);
	return now_us;
}

/* So many ask each second, for SECONDS, and citizens have half of the origin: for how much of that time is it pressed? */
static double pressed_share(struct demand *demand, uint64_t *now_us, unsigned a_second, unsigned seconds)
{
	uint64_t end_us = *now_us + seconds * 1000000u, step_us = 1000000 / a_second;
	unsigned asks = 0, pressed = 0;

	for (; *now_us < end_us; *now_us += step_us) {
		demand_ask(demand, *now_us);
		asks++;
		pressed += demand_is_pressed(demand->until_us, *now_us);
		if (asks % (a_second / 100 ? a_second / 100 : 1) == 0)
			answer(demand, *now_us, false, EACH_US / 8.0);
	}
	return (double)pressed / asks;
}

static void a_calm_origin_asks_nobody(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = 1000000;

	(void)state;
	assert_false(demand_is_pressed(demand.until_us, now_us));
	assert_true(pressed_share(&demand, &now_us, 5000, 10) <= 0);
	assert_true(demand_spares(&demand, now_us, false));
}

static void it_lasts_as_long_as_the_flood(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100);

	(void)state;
	assert_true(demand.each_us > EACH_US * 0.99 && demand.each_us < EACH_US * 1.01);
	demand_press(&demand, now_us);
	assert_true(pressed_share(&demand, &now_us, 3000, 60) >= 1);
}

/* What an answer takes was seen long ago: it is believed less, the pressure ends too soon, and the next wait begins it anew. */
static void a_flood_just_beyond_is_seen_again(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100);

	(void)state;
	demand_press(&demand, now_us);
	assert_true(pressed_share(&demand, &now_us, 250, 60) < 1);
	now_us = be_busy(&demand, now_us, 100);
	demand_press(&demand, now_us);
	assert_true(pressed_share(&demand, &now_us, 250, 5) >= 1);
}

/* A flood of many times what the origin can do is refused, all of it, by an origin that nobody waits for: that is no reason to let some of it in. */
static void a_flood_far_beyond_is_never_let_in(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100);
	unsigned spared = 0;

	(void)state;
	demand_press(&demand, now_us);
	for (unsigned s = 0; s < 25; s++) {
		assert_true(pressed_share(&demand, &now_us, 2300, 1) >= 1);
		spared += demand_spares(&demand, now_us, false);
	}
	assert_int_equal(spared, 25);
}

/* In an attack of many waves, of which none is let in: what was seen in the first is believed in the last. */
static void waves_are_not_let_in(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100), end_us = now_us + 120000000;
	struct demand_answer quiet = { false, true, EACH_US / 20.0, EACH_US / 2.0 };

	(void)state;
	for (; now_us < end_us; now_us += 20000)
		demand_answer(&demand, now_us, &quiet);
	demand_press(&demand, now_us);
	end_us = now_us + 12000000;
	for (unsigned asks = 0; now_us < end_us; now_us += 500) {
		demand_ask(&demand, now_us);
		assert_true(demand_is_pressed(demand.until_us, now_us));
		if (++asks % 40 == 0)
			demand_answer(&demand, now_us, &quiet);
	}
}

/* The origin stood still for a moment, on a calm day: what it took then is not believed a moment longer. */
static void a_moment_is_no_flood(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = 1000000;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		answer(&demand, now_us += 40 * EACH_US, true, EACH_US / 8.0);
	demand_answer(&demand, now_us += EACH_US, &(struct demand_answer){ false, false, EACH_US / 8.0, EACH_US });
	assert_true(demand.each_us <= EACH_US);
}

static void it_ends_with_the_flood(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100);

	(void)state;
	demand_press(&demand, now_us);
	(void)pressed_share(&demand, &now_us, 20000, 5);
	assert_true(demand.until_us <= now_us + DEMAND_OWED_MAX_US);
	(void)pressed_share(&demand, &now_us, 100, 25);  /* citizens have half of it */
	assert_false(demand_is_pressed(demand.until_us, now_us));
}

/* The flood asked for what takes a hundred times as long as citizens' pages: that is forgotten. */
static void what_a_dear_flood_took_is_forgotten(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = 1000000;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		answer(&demand, now_us += 500000, true, 500000);
	assert_true(demand.each_us > 400000);
	demand_press(&demand, now_us);
	(void)pressed_share(&demand, &now_us, 100, 90);
	assert_false(demand_is_pressed(demand.until_us, now_us));
}

static void the_greedy_have_a_little(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100), end_us = now_us + 10000000;
	unsigned spared = 0;

	(void)state;
	demand_press(&demand, now_us);
	for (; now_us < end_us; now_us += 100) {
		demand_ask(&demand, now_us);
		spared += demand_spares(&demand, now_us, false);
	}
	assert_in_range(spared, 9, 11);  /* of two thousand answers */
}

/* What the greedy ask for takes ten times as long as what most answers are: the time is what is spared, not the answers. */
static void what_the_greedy_took_counts(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100), end_us = now_us + 100000000;
	unsigned spared = 0;

	(void)state;
	demand_press(&demand, now_us);
	for (; now_us < end_us; now_us += 100) {
		demand_ask(&demand, now_us);
		if (demand_spares(&demand, now_us, false)) {
			spared++;
			demand_took(&demand, now_us, 10 * EACH_US);
		}
	}
	assert_in_range(spared, 9, 11);  /* of twenty thousand */
}

/* Whoever is held has the same while there is room for all. */
static void who_is_held_has_no_more_in_calm(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100), end_us;
	unsigned held = 0;

	(void)state;
	now_us += 2 * (uint64_t)DEMAND_OWED_MAX_US;
	assert_false(demand_is_pressed(demand.until_us, now_us));
	end_us = now_us + 10000000;
	for (; now_us < end_us; now_us += 100) {
		held += demand_spares(&demand, now_us, true);
		assert_true(demand_spares(&demand, now_us, false));
	}
	assert_in_range(held, 9, 11);
}

/* Those who go in any case have a part of their own, in what is told of them; the others have theirs whole. */
static void who_is_only_observed_takes_nothing(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 100), end_us = now_us + 10000000, next_us = 0;
	unsigned observed = 0, spared = 0;

	(void)state;
	demand_press(&demand, now_us);
	for (; now_us < end_us; now_us += 100) {
		demand_ask(&demand, now_us);
		observed += demand_would_spare(&demand, &next_us, now_us, false);
		spared += demand_spares(&demand, now_us, false);
	}
	assert_in_range(observed, 9, 11);
	assert_in_range(spared, 9, 11);
}

/* Two workers: one of them began its round a moment earlier. */
static void a_clock_a_moment_behind(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 30);

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		answer(&demand, now_us += EACH_US, true, 600);
		answer(&demand, now_us - 900, true, 600);
		answer(&demand, now_us - 900, i % 3, 600);
	}
	assert_true(demand.each_us >= 600 && demand.each_us <= EACH_US);
}

/* The origin died while somebody waited, and is back after two minutes. */
static void an_outage_is_no_answer(void **state)
{
	struct demand demand = { 0 };
	uint64_t now_us = be_busy(&demand, 1000000, 30);

	(void)state;
	demand_rest(&demand);
	now_us = be_busy(&demand, now_us + 120000000, 30);
	assert_true(demand.each_us <= EACH_US);
	demand_press(&demand, now_us);
	demand.each_us = 1e12;
	assert_true(demand_spares(&demand, now_us, false));
	assert_true(demand.spared_us <= now_us + 10000000);
}

static void a_clock_at_its_beginning(void **state)
{
	struct demand demand = { 0 };

	(void)state;
	demand_press(&demand, 0);
	demand_ask(&demand, 0);
	answer(&demand, 0, true, 0);
	answer(&demand, 0, true, 0);
	assert_true(demand_is_pressed(demand.until_us, 0));
	assert_false(demand_is_pressed(demand.until_us, DEMAND_OWED_MIN_US));
}

/* So many have hung up, one each millisecond, and one of so many was answered. */
static bool is_pressed_after(unsigned gone, unsigned answered_of)
{
	struct demand demand = { 0 };
	uint64_t now_us = 1000000;

	for (unsigned i = 1; i <= gone; i++) {
		now_us += 1000;
		demand_hang_up(&demand, now_us);
		if (answered_of && i % answered_of == 0)
			answer(&demand, now_us, false, EACH_US);
	}
	return demand_is_pressed(demand.until_us, now_us);
}

/* Who does not wait leaves no queue behind: more of them than are answered is a flood all the same. A few, or as many as are answered, are citizens. */
static void a_flood_that_hangs_up_begins_it(void **state)
{
	struct demand demand = { 0 };

	(void)state;
	assert_false(is_pressed_after(DEMAND_GONE - 1, 0));
	assert_true(is_pressed_after(DEMAND_GONE, 0));
	assert_false(is_pressed_after(10000, 1));
	assert_true(is_pressed_after(200, 2));
	/* However long it was, it is over as soon as those who are answered are more again. */
	for (unsigned i = 0; i < 100000; i++)
		demand_hang_up(&demand, 1000000);
	for (unsigned i = 0; i < DEMAND_GONE + 1; i++)
		answer(&demand, 2000000, false, EACH_US);
	demand_hang_up(&demand, 10000000);
	assert_true(demand_is_pressed(demand.until_us, 10000000));
	answer(&demand, 10000000, false, EACH_US);
	answer(&demand, 10000000, false, EACH_US);
	demand_hang_up(&demand, 30000000);
	assert_false(demand_is_pressed(demand.until_us, 30000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_calm_origin_asks_nobody),
		cmocka_unit_test(it_lasts_as_long_as_the_flood),
		cmocka_unit_test(a_flood_just_beyond_is_seen_again),
		cmocka_unit_test(a_flood_far_beyond_is_never_let_in), cmocka_unit_test(waves_are_not_let_in),
		cmocka_unit_test(a_moment_is_no_flood), cmocka_unit_test(it_ends_with_the_flood),
		cmocka_unit_test(what_a_dear_flood_took_is_forgotten),
		cmocka_unit_test(the_greedy_have_a_little), cmocka_unit_test(what_the_greedy_took_counts), cmocka_unit_test(who_is_held_has_no_more_in_calm), cmocka_unit_test(who_is_only_observed_takes_nothing),
		cmocka_unit_test(a_clock_a_moment_behind),
		cmocka_unit_test(an_outage_is_no_answer),
		cmocka_unit_test(a_clock_at_its_beginning), cmocka_unit_test(a_flood_that_hangs_up_begins_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
