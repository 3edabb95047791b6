#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/edge/certificates.h"

#define DAY ((int64_t)86400 * 1000)
#define END (1000 * DAY)

static void thresholds(void **state)
{
	static const struct {
		int64_t left;
		int expected;
	} cases[] = {
		{ 22 * DAY, -1 }, { 21 * DAY + 1, -1 }, { 21 * DAY, 21 }, { 8 * DAY, 21 }, { 7 * DAY + 1, 21 }, { 7 * DAY, 7 },
		{ 2 * DAY + 1, 7 }, { 2 * DAY, 2 }, { 1, 2 }, { 0, 0 }, { -500 * DAY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(expiry_threshold(END, END - cases[i].left), cases[i].expected);
}

/* Looked at each hour from day 30 before the end to day 3 after it: once at each threshold, and once a day. */
static void once_a_day(void **state)
{
	struct expiry_told told = { 0 };
	unsigned said[40] = { 0 }, all = 0;

	(void)state;
	for (int64_t now = END - 30 * DAY; now < END + 3 * DAY; now += DAY / 24) {
		if (expiry_is_news(&told, END, now)) {
			said[(now - (END - 30 * DAY)) / DAY]++;
			all++;
		}
	}
	for (int day = 0; day < 33; day++)
		assert_int_equal(said[day], day < 9 ? 0 : 1);
	assert_int_equal(all, 24);
}

static void a_new_certificate_begins_anew(void **state)
{
	struct expiry_told told = { 0 };
	int64_t now = END - 5 * DAY;

	(void)state;
	assert_true(expiry_is_news(&told, END, now));
	assert_false(expiry_is_news(&told, END, now + 1));
	assert_false(expiry_is_news(&told, END + 90 * DAY, now + 2));
	assert_true(expiry_is_news(&told, END + DAY / 2, now + 3));
	assert_true(expiry_is_news(&told, END + DAY / 2, now + 3 + DAY));
}

static void what_is_renewed_is_said_once_where_its_end_was(void **state)
{
	struct expiry_told told = { 0 };
	int64_t now = END - 5 * DAY;

	(void)state;
	assert_false(expiry_is_renewed(&told, END + 90 * DAY, now));  /* nobody was told */
	assert_true(expiry_is_news(&told, END, now));
	assert_false(expiry_is_renewed(&told, END, now));
	assert_false(expiry_is_renewed(&told, END + DAY, now));        /* it ends as soon */
	assert_true(expiry_is_renewed(&told, END + 90 * DAY, now));
	assert_false(expiry_is_renewed(&told, END + 90 * DAY, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds), cmocka_unit_test(once_a_day), cmocka_unit_test(a_new_certificate_begins_anew), cmocka_unit_test(what_is_renewed_is_said_once_where_its_end_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
