/* Meters: who has one, and that what workers count is what the detector is told. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "edge/sites/meter.h"

static struct meters *meters_new(void)
{
	struct meters *meters = NULL;

	assert_int_equal(posix_memalign((void **)&meters, 64, sizeof(*meters)), 0);
	memset(meters, 0, sizeof(*meters));
	return meters;
}

static void each_site_has_its_own(void **unused)
{
	struct meters *meters = meters_new();
	struct meter *one = meter_take(meters, 11, 1, 2), *two = meter_take(meters, 12, 1, 2);

	(void)unused;
	assert_true(one && two && one != two);
	assert_ptr_equal(meter_take(meters, 11, 1, 2), one);
	assert_null(meter_take(meters, 13, 1, 2));  /* the tenant's share */
	assert_non_null(meter_take(meters, 13, 2, 2));
	meters_keep(meters, (const uint64_t[]){ 12, 13 }, 2);
	assert_non_null(meter_take(meters, 14, 1, 2));
	free(meters);
}

static void nobody_has_more_than_there_are(void **unused)
{
	struct meters *meters = meters_new();

	(void)unused;
	for (uint64_t key = 1; key <= METERS; key++)
		assert_non_null(meter_take(meters, key, 1, METERS + 1));
	assert_null(meter_take(meters, METERS + 1, 1, METERS + 1));
	assert_int_equal(meter_level(NULL), LEVEL_NORMAL);
	free(meters);
}

struct counter {
	struct meter *meter;
	unsigned worker;
};

static void *count(void *context)
{
	const struct counter *counter = context;
	const struct meter_request request = { .status = 404, .latency_us = 1000, .is_stranger = true, .has_query = true, .is_h2 = true };

	for (unsigned i = 0; i < 20000; i++)
		meter_count(counter->meter, counter->worker, &request);
	return NULL;
}

/* Workers that share a line of the cache lose nothing. */
static void all_is_counted(void **unused)
{
	struct meters *meters = meters_new();
	struct meter *meter = meter_take(meters, 1, 1, 1);
	struct counter counters[8];
	pthread_t threads[8];
	struct level_move move;

	(void)unused;
	for (unsigned i = 0; i < 8; i++) {
		counters[i] = (struct counter){ meter, i };
		assert_int_equal(pthread_create(&threads[i], NULL, count, &counters[i]), 0);
	}
	for (unsigned i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	meter_tick(meter, 1000, &move);
	/* The mean over some seconds takes half of each. */
	assert_float_equal(meter->state.baselines[LEVEL_OF_REQUESTS].lately, 80000, 0.01);
	assert_float_equal(meter->state.baselines[LEVEL_OF_STRANGERS].lately, 80000, 0.01);
	assert_float_equal(meter->state.baselines[LEVEL_OF_MISSES].lately, 80000, 0.01);
	assert_float_equal(meter->state.baselines[LEVEL_OF_ERRORS].lately, 0, 0.01);
	assert_float_equal(meter->state.baselines[LEVEL_OF_LATENCY].lately, 500, 0.01);
	meter_tick(meter, 2000, &move);
	assert_float_equal(meter->state.baselines[LEVEL_OF_REQUESTS].lately, 40000, 0.01);
	free(meters);
}

static void pressure_moves_the_level(void **unused)
{
	const struct meter_request request = { .status = 503, .has_query = true };
	struct meters *meters = meters_new();
	struct meter *meter = meter_take(meters, 1, 1, 1);
	struct level_move move;
	bool has_moved = false;

	(void)unused;
	for (unsigned second = 0; second < 3; second++) {
		for (unsigned i = 0; i < 2000; i++)
			meter_count(meter, i, &request);
		meter_count_pressure(meter, 0, true);
		has_moved |= meter_tick(meter, 1000, &move);
	}
	assert_true(has_moved);
	assert_int_equal(meter_level(meter), LEVEL_ATTACK);
	assert_true(meter_force(meter, false, LEVEL_NORMAL, &move));
	assert_int_equal(meter_level(meter), LEVEL_NORMAL);
	assert_false(meter_force(meter, true, LEVEL_NORMAL, &move));
	assert_true(meter_set_least(meter, LEVEL_ELEVATED, &move));
	assert_int_equal(meter_level(meter), LEVEL_ELEVATED);
	free(meters);
}

/* Kinds are learned while the level is normal and nobody waits, and judged when somebody does. */
static void kinds_are_learned_in_calm_and_judged_under_pressure(void **unused)
{
	struct meters *meters = meters_new();
	struct meter *meter = meter_take(meters, 1, 1, 1);
	struct level_move move;
	double learned_s;

	(void)unused;
	for (unsigned second = 0; second < 20; second++) {
		for (unsigned i = 0; i < 40; i++)
			assert_false(kinds_note(&meter->kinds, 1 + i % 4));
		meter_tick(meter, 1000, &move);
	}
	learned_s = meter->kinds.learned_s;
	assert_float_equal(learned_s, 20, 0.01);
	for (unsigned second = 0; second < 2; second++) {
		for (unsigned i = 0; i < 900; i++)
			kinds_note(&meter->kinds, i < 40 ? 1 + i % 4 : 99);
		meter_count_pressure(meter, 0, false);
		meter_tick(meter, 1000, &move);
	}
	assert_true(kinds_note(&meter->kinds, 99));
	assert_false(kinds_note(&meter->kinds, 1));
	meter_force(meter, false, LEVEL_ELEVATED, &move);
	assert_int_equal(meter_level(meter), LEVEL_ELEVATED);
	kinds_note(&meter->kinds, 1);
	meter_tick(meter, 1000, &move);
	assert_float_equal(meter->kinds.learned_s, learned_s, 0.01);
	meters_keep(meters, NULL, 0);
	assert_float_equal(meter_take(meters, 2, 1, 1)->kinds.learned_s, 0, 0.01);
	free(meters);
}

/* What was counted meanwhile is nobody's usual, and no attack. */
static void what_is_skipped_says_nothing(void **unused)
{
	struct meters *meters = calloc(1, meters_bytes());
	struct meter *meter = meter_take(meters, 1, 1, METERS);
	struct meter_request request = { .status = 503, .is_stranger = true };
	struct level_move move;

	(void)unused;
	for (unsigned second = 0; second < 10; second++) {
		for (unsigned i = 0; i < 2000; i++)
			meter_count(meter, i, &request);
		meter_count_pressure(meter, 0, true);
		meter_skip(meter);
	}
	assert_int_equal(meter->state.samples, 0);
	assert_false(meter_tick(meter, 1000, &move));
	assert_int_equal(meter_level(meter), LEVEL_NORMAL);
	assert_true(meter->state.baselines[LEVEL_OF_REQUESTS].lately == 0);
	free(meters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_site_has_its_own), cmocka_unit_test(nobody_has_more_than_there_are),
		cmocka_unit_test(all_is_counted), cmocka_unit_test(pressure_moves_the_level), cmocka_unit_test(what_is_skipped_says_nothing),
		cmocka_unit_test(kinds_are_learned_in_calm_and_judged_under_pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
