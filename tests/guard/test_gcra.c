/* The rate algorithm: what it promises in every window, to the tick, whatever the clock does. */
#include "../base/check.h"

#include <stdlib.h>

#include "guard/gcra.h"

#include "base/banned.h"

#define US 1000u   /* ticks a millisecond */
#define NO_LIMIT (UINT64_MAX - 1)

static struct gcra gcra_of(int64_t count, int64_t per_ms, uint64_t burst)
{
	struct rate rate = { count, per_ms };
	struct gcra gcra = { 0 };

	assert_ok(gcra_make(&rate, burst, 0, US, NO_LIMIT, &gcra));
	return gcra;
}

static void rates(void **state)
{
	static const struct { int64_t count, per_ms; uint64_t burst, debt, most_max; enum result result; uint64_t interval; } rows[] = {
		{ 10, 60000, 5, 0, NO_LIMIT, RESULT_OK, 6000000 },
		{ 100, 1000, 1, 0, NO_LIMIT, RESULT_OK, 10000 },
		{ 3, 1000, 1, 0, NO_LIMIT, RESULT_OK, 333334 },          /* never more than three a second */
		{ 5000000, 1000, 1, 0, NO_LIMIT, RESULT_OK, 1 },
		{ 1, 3600000, GCRA_BURST_MAX, 0, NO_LIMIT, RESULT_OK, 3600000000u },
		{ 10, 60000, 5, 0, 30000000, RESULT_OK, 6000000 },
		{ 10, 60000, 5, 0, 29999999, RESULT_LIMIT, 0 },
		{ 10, 60000, 5, 1, 30000000, RESULT_LIMIT, 0 },
		{ 0, 1000, 1, 0, NO_LIMIT, RESULT_LIMIT, 0 },
		{ -1, 1000, 1, 0, NO_LIMIT, RESULT_LIMIT, 0 },
		{ 1, 0, 1, 0, NO_LIMIT, RESULT_LIMIT, 0 },
		{ 1, 1000, 0, 0, NO_LIMIT, RESULT_LIMIT, 0 },
		{ 1, 1000, GCRA_BURST_MAX + 1, 0, NO_LIMIT, RESULT_LIMIT, 0 },
		{ 1, INT64_MAX, 1000, 0, UINT64_MAX, RESULT_LIMIT, 0 },
		{ 1, 1000, 1, UINT64_MAX, UINT64_MAX, RESULT_LIMIT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rate rate = { rows[i].count, rows[i].per_ms };
		struct gcra gcra = { 0 };

		assert_result(gcra_make(&rate, rows[i].burst, rows[i].debt, US, rows[i].most_max, &gcra), rows[i].result);
		assert_int_equal(gcra.interval, rows[i].interval);
	}
}

static void a_burst_and_then_the_rate(void **state)
{
	struct gcra gcra = gcra_of(10, 60000, 5);
	struct gcra_answer answer = { 0 };
	uint64_t now = 1000000;

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		answer = gcra_ask(&gcra, answer.tat, now, 1);
		assert_true(answer.is_allowed && answer.retry_after == 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		answer = gcra_ask(&gcra, answer.tat, now, 1);
		assert_true(!answer.is_allowed && answer.retry_after == 6000000);
		now += 6000000;
		answer = gcra_ask(&gcra, answer.tat, now, 1);
		assert_true(answer.is_allowed);
	}
}

/* At any moment, of any rate, for any weight: what retry_after says is so, to the tick. */
static void retry_after_is_exact(void **state)
{
	struct draws draws = { 1 };
	unsigned refused = 0;

	(void)state;
	for (unsigned i = 0; i < 400000; i++) {
		struct gcra gcra = gcra_of((int64_t)draw_below(&draws, 5000) + 1, 1000 * (1 + (int64_t)draw_below(&draws, 3600)), 1 + draw_below(&draws, 50));
		uint64_t now = draw(&draws) >> draw_below(&draws, 60);
		uint64_t tat = now + draw_below(&draws, 3 * gcra.most) - gcra.most;
		uint64_t weight = draw_below(&draws, 60);
		struct gcra_answer answer;

		now = now < gcra.most ? gcra.most : now > UINT64_MAX / 2 ? UINT64_MAX / 2 : now;
		tat = draw_below(&draws, 10) ? tat : draw(&draws);
		answer = gcra_ask(&gcra, tat, now, weight);
		if (answer.is_allowed) {
			assert_true(answer.retry_after == 0 && answer.tat >= now && answer.tat - now <= gcra.most);
			continue;
		}
		assert_true(answer.retry_after > 0);
		if (weight * gcra.interval > gcra.most) {
			assert_true(answer.retry_after == GCRA_NEVER);
			continue;
		}
		refused++;
		assert_true(answer.retry_after <= gcra.most);
		assert_true(answer.tat == (tat - now > gcra.most ? now + gcra.most : tat));
		tat = answer.tat;
		assert_true(gcra_ask(&gcra, tat, now + answer.retry_after, weight).is_allowed);
		assert_false(gcra_ask(&gcra, tat, now + answer.retry_after - 1, weight).is_allowed);
	}
	assert_true(refused > 50000);
}

#define COMINGS 3000u

/* Never more than burst + t / interval in any window, whenever they come; and, for who comes at the rate, never less. */
static void no_window_has_more(void **state)
{
	struct draws draws = { 2 };
	uint64_t *allowed = calloc(COMINGS, sizeof(*allowed));

	(void)state;
	assert_non_null(allowed);
	for (unsigned round = 0; round < 60; round++) {
		struct gcra gcra = gcra_of(1 + (int64_t)draw_below(&draws, 300), 1000, 1 + draw_below(&draws, 40));
		uint64_t burst = gcra.tolerance / gcra.interval + 1, now = draw_below(&draws, 1u << 30), tat = 0;
		unsigned count = 0;

		for (unsigned i = 0; i < COMINGS; i++) {
			struct gcra_answer answer = gcra_ask(&gcra, tat, now, 1);

			tat = answer.tat;
			if (answer.is_allowed)
				allowed[count++] = now;
			now += draw_below(&draws, 20) ? draw_below(&draws, gcra.interval) : draw_below(&draws, 3 * gcra.most);
		}
		for (unsigned i = 0; i < count; i++) {
			for (unsigned j = i; j < count && j < i + 3 * burst + 50; j++)
				assert_true(j - i + 1 <= burst + (allowed[j] - allowed[i]) / gcra.interval);
		}
		for (unsigned i = 0; i < 1000; i++) {
			struct gcra_answer answer = gcra_ask(&gcra, i ? tat : 0, now += gcra.interval, 1);

			assert_true(answer.is_allowed);
			tat = answer.tat;
		}
	}
	free(allowed);
}

static void a_weight_is_as_many(void **state)
{
	struct draws draws = { 5 };
	struct gcra gcra = gcra_of(100, 1000, 30);
	uint64_t now = 1000000, tat = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		uint64_t weight = 1 + draw_below(&draws, 30), one_by_one = tat;
		struct gcra_answer answer = gcra_ask(&gcra, tat, now, weight), last = { .is_allowed = true };

		for (uint64_t j = 0; j < weight && last.is_allowed; j++) {
			last = gcra_ask(&gcra, one_by_one, now, 1);
			one_by_one = last.tat;
		}
		assert_int_equal(answer.is_allowed, last.is_allowed);
		assert_true(!answer.is_allowed || answer.tat == one_by_one);
		tat = answer.tat;
		now += draw_below(&draws, 40 * gcra.interval);
	}
	assert_true(gcra_ask(&gcra, 0, now, 0).is_allowed);
	assert_true(gcra_ask(&gcra, 0, now, UINT64_MAX).retry_after == GCRA_NEVER);
}

static void what_is_charged_is_paid(void **state)
{
	struct rate rate = { 200, 1000 };  /* 200 ms of the origin a second, weighed in ms */
	struct gcra gcra;
	uint64_t now = 5000000, tat;

	(void)state;
	assert_ok(gcra_make(&rate, 1000, 60000, US, NO_LIMIT, &gcra));
	tat = gcra_charge(&gcra, 0, now, 3000);
	assert_int_equal(tat, now + 15 * 1000000);
	assert_int_equal(gcra_ask(&gcra, tat, now, 1).retry_after, 10 * 1000000 + 5000);
	/* whatever it cost, there is an end of it */
	for (unsigned i = 0; i < 100; i++)
		tat = gcra_charge(&gcra, tat, now, UINT64_MAX - i);
	assert_int_equal(tat - now, gcra.most);
	assert_int_equal(gcra.most, 61000 * 5000u);
	assert_int_equal(gcra_charge(&gcra, 0, UINT64_MAX - 5, 7), UINT64_MAX);
}

static void a_clock_set_back_locks_nobody_out(void **state)
{
	struct gcra gcra = gcra_of(10, 60000, 5);
	uint64_t year = (uint64_t)365 * 86400 * 1000000, tat = 0;
	struct gcra_answer answer;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		tat = gcra_ask(&gcra, tat, year, 1).tat;
	answer = gcra_ask(&gcra, tat, 1000, 1);
	assert_true(!answer.is_allowed && answer.retry_after == gcra.interval);
	assert_true(gcra_ask(&gcra, answer.tat, 1000 + gcra.interval, 1).is_allowed);
	assert_int_equal(gcra_charge(&gcra, tat, 1000, 0), 1000 + gcra.most);
	assert_true(gcra_ask(&gcra, gcra_charge(&gcra, tat, 1000, 0), 1000 + gcra.interval, 1).is_allowed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(a_burst_and_then_the_rate),
		cmocka_unit_test(retry_after_is_exact),
		cmocka_unit_test(no_window_has_more),
		cmocka_unit_test(a_weight_is_as_many),
		cmocka_unit_test(what_is_charged_is_paid),
		cmocka_unit_test(a_clock_set_back_locks_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
