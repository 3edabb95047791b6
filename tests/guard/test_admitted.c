/* Sources that a person let in: found, ended, full, and half written. */
#include "../base/check.h"

#include <stdlib.h>

#include "guard/admitted.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)

static struct admitted_source source_of(uint64_t bits, uint64_t until_us)
{
	return (struct admitted_source){ until_us, { bits, SOURCE_V4 }, { bits, 1 } };
}

static enum result add(struct admitted *admitted, uint64_t bits, uint64_t until_us, uint64_t now_us)
{
	struct admitted_source source = source_of(bits, until_us);

	return admitted_add(admitted, &source, now_us);
}

static bool is_in(const struct admitted *admitted, uint64_t bits, enum source_kind kind, uint64_t now_us)
{
	struct admitted_source found;

	return admitted_find(admitted, (struct source_key){ bits, kind }, now_us, &found);
}

static void found_and_ended(void **state)
{
	struct admitted *admitted = calloc(1, sizeof(*admitted));
	struct admitted_source list[ADMITTED_MAX];

	(void)state;
	assert_non_null(admitted);
	assert_false(is_in(NULL, 7, SOURCE_V4, 5 * S));
	assert_false(is_in(admitted, 7, SOURCE_V4, 5 * S));
	assert_ok(add(admitted, 7, 10 * S, 5 * S));
	assert_ok(add(admitted, 8, 20 * S, 5 * S));
	assert_true(is_in(admitted, 7, SOURCE_V4, 9 * S));
	assert_false(is_in(admitted, 7, SOURCE_V6, 9 * S));  /* the same bits, another's */
	assert_false(is_in(admitted, 7, SOURCE_V4, 10 * S));
	assert_int_equal(admitted_list(admitted, 9 * S, list), 2);
	assert_int_equal(admitted_list(admitted, 10 * S, list), 1);
	assert_int_equal(list[0].reference[0], 8);
	/* said again: the new end, and one place */
	assert_ok(add(admitted, 8, 30 * S, 9 * S));
	assert_int_equal(admitted_list(admitted, 9 * S, list), 2);
	assert_true(is_in(admitted, 8, SOURCE_V4, 29 * S));
	assert_ok(admitted_end(admitted, (struct source_key){ 8, SOURCE_V4 }, 9 * S));
	assert_false(is_in(admitted, 8, SOURCE_V4, 9 * S));
	assert_result(admitted_end(admitted, (struct source_key){ 8, SOURCE_V4 }, 9 * S), RESULT_NOT_FOUND);
	free(admitted);
}

static void full_until_one_ends(void **state)
{
	struct admitted *admitted = calloc(1, sizeof(*admitted));

	(void)state;
	assert_non_null(admitted);
	for (unsigned i = 1; i <= ADMITTED_MAX; i++)
		assert_ok(add(admitted, i, (i == 100 ? 7 : 50) * S, 5 * S));
	assert_result(add(admitted, 1000, 50 * S, 5 * S), RESULT_LIMIT);
	assert_ok(add(admitted, 3, 60 * S, 5 * S));
	assert_ok(add(admitted, 1000, 50 * S, 8 * S));
	assert_true(is_in(admitted, 1000, SOURCE_V4, 9 * S));
	assert_false(is_in(admitted, 100, SOURCE_V4, 9 * S));
	free(admitted);
}

static void half_written(void **state)
{
	struct admitted *admitted = calloc(1, sizeof(*admitted));

	(void)state;
	assert_non_null(admitted);
	assert_ok(add(admitted, 7, 50 * S, 5 * S));
	admitted->versions[0] |= 1;
	assert_false(is_in(admitted, 7, SOURCE_V4, 6 * S));
	assert_ok(add(admitted, 8, 50 * S, 6 * S));
	assert_int_equal(admitted->used, 1);
	assert_true(is_in(admitted, 8, SOURCE_V4, 7 * S));
	free(admitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_and_ended), cmocka_unit_test(full_until_one_ends), cmocka_unit_test(half_written),
	};

	return cmocka_run_group_tests_name("guard/admitted", tests, NULL, NULL);
}
