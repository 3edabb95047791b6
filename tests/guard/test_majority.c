/* One source that sends most of a site's requests, and all the ways in which none does. */
#include "../base/check.h"

#include "guard/majority.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)

static struct source_key source(uint64_t number)
{
	return (struct source_key){ number, SOURCE_V4 };
}

/* COUNT requests in thirty seconds, SHARE of a hundred of them from one source. */
static bool is_found(unsigned count, unsigned share, bool is_shared, uint64_t *bits)
{
	struct majority majority = { 0 };
	struct draws draws = { 3 };
	struct source_key found = { 0 };
	uint64_t now_us = 1000 * S;
	bool is_there;

	for (unsigned i = 0; i < count; i++, now_us += 30 * S / count) {
		bool is_one = draw_below(&draws, 100) < share;

		majority_note(&majority, is_one ? source(7) : source(1000 + i), is_shared, now_us);
	}
	is_there = majority_find(&majority, now_us, &found);
	*bits = found.bits;
	assert_false(majority_find(&majority, now_us + 61 * S, &found));
	return is_there;
}

static void found(void **state)
{
	uint64_t bits;

	(void)state;
	assert_true(is_found(2000, 70, true, &bits));
	assert_int_equal(bits, 7);
	assert_true(is_found(1000, 100, true, &bits));
}

static void not_found(void **state)
{
	uint64_t bits;

	(void)state;
	assert_false(is_found(2000, 40, true, &bits));
	assert_false(is_found(2000, 0, true, &bits));
	assert_false(is_found(2000, 90, false, &bits));
	assert_false(is_found(999, 100, true, &bits));
}

static void a_minute_is_forgotten(void **state)
{
	struct majority majority = { 0 };
	struct source_key found;

	(void)state;
	for (unsigned i = 0; i < 1500; i++)
		majority_note(&majority, source(7), true, 1000 * S);
	assert_true(majority_find(&majority, 1001 * S, &found));
	majority_note(&majority, source(8), true, 1061 * S);
	assert_false(majority_find(&majority, 1061 * S, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(found), cmocka_unit_test(not_found), cmocka_unit_test(a_minute_is_forgotten) };

	return cmocka_run_group_tests_name("guard/majority", tests, NULL, NULL);
}
