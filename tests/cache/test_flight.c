/* Equal requests in flight: who leads, who waits, who is told. */
#include "../base/check.h"

#include "cache/flight.h"

#include "base/banned.h"

static unsigned woken;

static void wake(struct cache_flight *waiter)
{
	(void)waiter;
	woken++;
}

static void begin(struct cache_flight *flight, const char *key, uint64_t hash)
{
	cache_flight_init(flight, wake, NULL);
	flight->key = span_of(key);
	flight->hash = hash;
}

static void one_leads(void **state)
{
	struct cache_flights *flights = cache_flights_new();
	struct cache_flight leader, other, waiters[3];

	(void)state;
	woken = 0;
	begin(&leader, "/a", 7);
	begin(&other, "/b", 7);  /* the same hash, another key */
	assert_int_equal(cache_flight_join(flights, &leader, 1000, true, true), FLIGHT_LEADS);
	assert_int_equal(cache_flight_join(flights, &other, 1000, true, true), FLIGHT_LEADS);
	for (unsigned i = 0; i < 3; i++) {
		begin(&waiters[i], "/a", 7);
		assert_int_equal(cache_flight_join(flights, &waiters[i], 1500, true, true), FLIGHT_WAITS);
	}
	cache_flight_end(flights, &waiters[1], FLIGHT_LOST, 1500);  /* went away */
	cache_flight_end(flights, &other, FLIGHT_PASS, 1500);
	assert_int_equal(woken, 0);
	cache_flight_end(flights, &leader, FLIGHT_KEPT, 1600);
	assert_int_equal(woken, 2);
	assert_int_equal(cache_flight_told(&waiters[0]), FLIGHT_KEPT);
	assert_int_equal(cache_flight_told(&waiters[1]), FLIGHT_UNTOLD);
	cache_flight_end(flights, &leader, FLIGHT_KEPT, 1600);
	assert_int_equal(woken, 2);
	cache_flights_free(flights);
}

/* Workers look at the clock once a turn: another's may be a little behind. */
static void a_clock_that_is_behind_replaces_nobody(void **state)
{
	struct cache_flights *flights = cache_flights_new();
	struct cache_flight leader, other;

	(void)state;
	begin(&leader, "/a", 7);
	begin(&other, "/a", 7);
	assert_int_equal(cache_flight_join(flights, &leader, 1000, true, true), FLIGHT_LEADS);
	assert_int_equal(cache_flight_join(flights, &other, 999, true, true), FLIGHT_WAITS);
	cache_flight_end(flights, &leader, FLIGHT_KEPT, 1100);
	assert_int_equal(cache_flight_told(&other), FLIGHT_KEPT);
	cache_flights_free(flights);
}

static void a_slow_one_is_replaced(void **state)
{
	struct cache_flights *flights = cache_flights_new();
	struct cache_flight slow, waiter, next;

	(void)state;
	woken = 0;
	begin(&slow, "/a", 7);
	begin(&waiter, "/a", 7);
	begin(&next, "/a", 7);
	assert_int_equal(cache_flight_join(flights, &slow, 1000, true, true), FLIGHT_LEADS);
	assert_int_equal(cache_flight_join(flights, &waiter, 1000 + FLIGHT_LEAD_MS - 1, true, true), FLIGHT_WAITS);
	assert_int_equal(cache_flight_join(flights, &next, 1000 + FLIGHT_LEAD_MS, true, true), FLIGHT_LEADS);
	cache_flight_end(flights, &slow, FLIGHT_LOST, 4000);
	assert_int_equal(woken, 0);
	cache_flight_end(flights, &next, FLIGHT_KEPT, 4000);
	assert_int_equal(woken, 1);
	assert_int_equal(cache_flight_told(&waiter), FLIGHT_KEPT);
	cache_flights_free(flights);
}

static void what_is_not_for_everybody(void **state)
{
	struct cache_flights *flights = cache_flights_new();
	struct cache_flight flight;

	(void)state;
	begin(&flight, "/a", 7);
	assert_int_equal(cache_flight_join(flights, &flight, 1000, false, false), FLIGHT_NONE);
	assert_int_equal(cache_flight_join(flights, &flight, 1000, true, true), FLIGHT_LEADS);
	cache_flight_end(flights, &flight, FLIGHT_PASS, 1000);
	assert_int_equal(cache_flight_join(flights, &flight, 1000 + FLIGHT_PASS_MS - 1, true, true), FLIGHT_PASSES);
	assert_int_equal(cache_flight_join(flights, &flight, 1000 + FLIGHT_PASS_MS, true, true), FLIGHT_LEADS);
	cache_flight_end(flights, &flight, FLIGHT_PASS, 90000);
	cache_flight_end(flights, &flight, FLIGHT_KEPT, 90001);  /* it is, after all */
	assert_int_equal(cache_flight_join(flights, &flight, 90002, true, true), FLIGHT_LEADS);
	cache_flight_end(flights, &flight, FLIGHT_LOST, 90003);
	cache_flights_free(flights);
}

/* What one asked for in his own way was not for others: they go, and whoever comes next may wait as ever. */
static void who_asked_in_his_own_way(void **state)
{
	struct cache_flights *flights = cache_flights_new();
	struct cache_flight leader, waiter;

	(void)state;
	woken = 0;
	begin(&leader, "/a", 7);
	begin(&waiter, "/a", 7);
	assert_int_equal(cache_flight_join(flights, &leader, 1000, true, true), FLIGHT_LEADS);
	assert_int_equal(cache_flight_join(flights, &waiter, 1000, true, true), FLIGHT_WAITS);
	cache_flight_end(flights, &leader, FLIGHT_ALONE, 1100);
	assert_int_equal(woken, 1);
	assert_int_equal(cache_flight_told(&waiter), FLIGHT_ALONE);
	assert_int_equal(cache_flight_join(flights, &leader, 1100, true, true), FLIGHT_LEADS);
	cache_flight_end(flights, &leader, FLIGHT_LOST, 1200);
	cache_flights_free(flights);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_leads), cmocka_unit_test(a_clock_that_is_behind_replaces_nobody),
		                            cmocka_unit_test(a_slow_one_is_replaced), cmocka_unit_test(what_is_not_for_everybody),
		                            cmocka_unit_test(who_asked_in_his_own_way) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
