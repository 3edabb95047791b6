/* The minimum rate of clients, window by window. */
#include "../base/check.h"

#include "edge/client/pace.h"

#define WINDOW (uint64_t)PACE_WINDOW_MS

static void nobody_is_slow_before_a_window_is_over(void **state)
{
	struct pace pace = { .since_ms = 1000, .bytes = 0 };

	(void)state;
	assert_false(pace_is_too_slow(&pace, 1000 + WINDOW - 1, 128));
	assert_int_equal(pace.since_ms, 1000);
	assert_true(pace_is_too_slow(&pace, 1000 + WINDOW, 128));
}

static void each_window_counts_for_itself(void **state)
{
	struct pace pace = { .since_ms = 1000, .bytes = 0 };
	uint64_t now_ms = 1000;

	(void)state;
	pace.bytes = 100u << 20;  /* a hundred megabytes at once buy one window, not ten days */
	now_ms += WINDOW;
	assert_false(pace_is_too_slow(&pace, now_ms, 128));
	assert_int_equal(pace.bytes, 0);
	assert_int_equal(pace.since_ms, now_ms);
	pace.bytes = 1;
	now_ms += WINDOW;
	assert_true(pace_is_too_slow(&pace, now_ms, 128));
}

static void the_minimum_is_enough(void **state)
{
	struct pace pace = { .since_ms = 1000, .bytes = 128 * WINDOW / 1000 };

	(void)state;
	assert_false(pace_is_too_slow(&pace, 1000 + WINDOW, 128));
	pace.bytes = 128 * WINDOW / 1000 - 128;
	assert_true(pace_is_too_slow(&pace, 1000 + 2 * WINDOW, 128));
}

static void without_a_rate_or_a_turn_nobody_is_slow(void **state)
{
	struct pace pace = { .since_ms = 1000, .bytes = 0 }, idle = { .since_ms = 0, .bytes = 0 };

	(void)state;
	assert_false(pace_is_too_slow(&pace, 1000 + 100 * WINDOW, 0));
	assert_false(pace_is_too_slow(&idle, 100 * WINDOW, 128));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_slow_before_a_window_is_over), cmocka_unit_test(each_window_counts_for_itself),
		cmocka_unit_test(the_minimum_is_enough), cmocka_unit_test(without_a_rate_or_a_turn_nobody_is_slow),
	};

	return cmocka_run_group_tests_name("edge/pace", tests, NULL, NULL);
}
