/* What is a rise of failures, and what is not. */
#include "../base/check.h"

#include "event/history/rise.h"

#include "base/banned.h"

static const struct row {
	struct rise_window before, after;
	bool is_clear;
	const char *why;
} rows[] = {
	{ { 1000, 0 }, { 100, 100 }, true, "everything fails" },
	{ { 1000, 0 }, { 49, 49 }, false, "too few to know" },
	{ { 1000, 0 }, { 1000, 19 }, false, "too few failures" },
	{ { 1000, 0 }, { 1000, 99 }, false, "fewer than one in ten" },
	{ { 1000, 0 }, { 1000, 150 }, true, "one in seven" },
	{ { 49, 0 }, { 1000, 1000 }, false, "nobody knows what was usual" },
	{ { 0, 0 }, { 1000, 1000 }, false, "a new site" },
	{ { 1000, 1000 }, { 1000, 500 }, false, "half a repair" },
	{ { 1000, 1000 }, { 1000, 1000 }, false, "as broken as before" },
	{ { 1000, 100 }, { 1000, 240 }, false, "about twice what it was" },
	{ { 1000, 100 }, { 1000, 260 }, true, "more than twice, and five points" },
	{ { 1000, 400 }, { 1000, 800 }, false, "twice" },
	{ { 60, 3 }, { 60, 20 }, false, "a chance, of so few" },
	{ { 60, 3 }, { 60, 40 }, true, "no chance" },
	{ { UINT32_MAX, 0 }, { UINT32_MAX, UINT32_MAX }, true, "large numbers" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rise_is_clear(rows[i].before, rows[i].after) != rows[i].is_clear)
			fail_msg("%s", rows[i].why);
	}
}

static void test_share(void **state)
{
	(void)state;
	assert_int_equal(rise_share((struct rise_window){ 0, 0 }), 0);
	assert_int_equal(rise_share((struct rise_window){ 3, 1 }), 333);
	assert_int_equal(rise_share((struct rise_window){ 3, 3 }), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_share) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
