/* The generic cell rate algorithm against what it promises, whatever comes when; also by several threads at once. */
#include "../base/check.h"

#include <pthread.h>

#include "packet/kernel/budget.h"

#include "base/banned.h"

#define SECOND 1000000000ull

static void a_burst_and_then_the_rate(void **state)
{
	const struct packet_budget budget = { .interval_ns = SECOND / 100, .burst_ns = SECOND / 100 * 49 };
	__u64 arrival = 0;
	uint64_t now = 5000 * SECOND, taken = 0;

	(void)state;
	for (int i = 0; i < 200; i++)
		taken += budget_take(&arrival, &budget, now);
	assert_int_equal(taken, 50);
	assert_false(budget_take(&arrival, &budget, now + SECOND / 100 - 1));
	assert_true(budget_take(&arrival, &budget, now + SECOND / 100));
	assert_false(budget_take(&arrival, &budget, now + SECOND / 100));
	taken = 0;
	for (uint64_t at = now + SECOND; at < now + 11 * SECOND; at += SECOND / 1000)
		taken += budget_take(&arrival, &budget, at);
	assert_in_range(taken, 1000 + 49, 1000 + 51);
}

/* In any window of time no more passes than burst and rate allow; who keeps to the rate is never refused. */
static void no_window_has_more_than_it_may(void **state)
{
	struct draws draws = { 11 };

	(void)state;
	for (int round = 0; round < 200; round++) {
		const struct packet_budget budget = { 1 + draw_below(&draws, SECOND / 10), PACKET_TICK_NS + draw_below(&draws, SECOND) };
		__u64 arrival = draw_below(&draws, 2) ? 0 : SECOND;
		uint64_t times[512], now = SECOND, count = 0;

		for (int i = 0; i < 2000 && count < 512; i++) {
			now += draw_below(&draws, 3) ? draw_below(&draws, budget.interval_ns) : 0;
			if (budget_take(&arrival, &budget, now))
				times[count++] = now;
			assert_true(arrival <= now + budget.burst_ns + budget.interval_ns);
		}
		for (uint64_t from = 0; from < count; from += 7)
			for (uint64_t to = from; to < count; to++)
				assert_true(to - from + 1 <= (times[to] - times[from] + budget.burst_ns) / budget.interval_ns + 1);
	}
}

static void who_keeps_to_the_rate_passes(void **state)
{
	struct draws draws = { 13 };

	(void)state;
	for (int round = 0; round < 100; round++) {
		const struct packet_budget budget = { 1 + draw_below(&draws, SECOND), PACKET_TICK_NS };
		__u64 arrival = 0;
		uint64_t now = 1 + draw_below(&draws, SECOND);

		for (int i = 0; i < 100; i++) {
			assert_true(budget_take(&arrival, &budget, now));
			now += budget.interval_ns + draw_below(&draws, budget.interval_ns);
		}
	}
}

struct race {
	__u64 *arrival;
	uint64_t taken;
	struct packet_budget budget;
};

static void *run_race(void *argument)
{
	struct race *race = argument;

	for (int i = 0; i < 200000; i++)
		race->taken += budget_take(race->arrival, &race->budget, 1000 * SECOND);
	return NULL;
}

/* All at one moment. What passes beyond the burst lost its race three times, which a busy machine makes more of; with a word of its
 * own each would have a burst, four in all. */
static void processors_share_one_word(void **state)
{
	__u64 arrival = 0;
	uint64_t taken = 0;
	struct race races[4];
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		races[i] = (struct race){ &arrival, 0, { 1000, 1000 * 99999 } };
		assert_int_equal(pthread_create(&threads[i], NULL, run_race, &races[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		taken += races[i].taken;
	}
	assert_int_equal(arrival, 1000 * SECOND + 100000 * 1000);
	assert_in_range(taken, 100000, 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_and_then_the_rate),
		cmocka_unit_test(no_window_has_more_than_it_may),
		cmocka_unit_test(who_keeps_to_the_rate_passes),
		cmocka_unit_test(processors_share_one_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
