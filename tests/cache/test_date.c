/* The three dates of HTTP, and what is none. */
#include "../base/check.h"

#include <time.h>

#include "base/clock.h"
#include "cache/date.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000)  /* 2026 */

static void good(void **state)
{
	static const struct { const char *text; int64_t seconds; } rows[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
		{ "Sun Nov  6 08:49:37 1994", 784111777 },
		{ "Sun Nov 16 08:49:37 1994", 784975777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Thu, 29 Feb 2024 23:59:60 GMT", 1709251200 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		{ "Monday, 01-Jan-75 00:00:00 GMT", 3313526400 },     /* 49 years ahead */
		{ "Sunday, 01-Jan-78 00:00:00 GMT", 252460800 },      /* more than 50: 1978 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t seconds = -1;

		print_message("%s\n", rows[i].text);
		assert_ok(http_date_read(span_of(rows[i].text), NOW, &seconds));
		assert_int_equal(seconds, rows[i].seconds);
	}
}

static void bad(void **state)
{
	static const char *const rows[] = {
		"", "0", "-1", "now", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 +0100", "Sun, 29 Feb 2023 08:49:37 GMT", "Sun Nov  0 08:49:37 1994",
		"Sun Nov 6 08:49:37 1994", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sonntag, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 0a:49:37 GMT",
		"Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08.49.37 GMT",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t seconds = 42;

		print_message("%s\n", rows[i]);
		assert_result(http_date_read(span_of(rows[i]), NOW, &seconds), RESULT_MALFORMED);
		assert_int_equal(seconds, 42);
	}
}

/* What the house prints it reads, on every day of 400 years, and no prefix of it. */
static void what_is_written(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		char text[CLOCK_HTTP_LEN + 1];
		int64_t seconds = 0, wanted = day * 86400 + day % 86400;

		clock_write_http((uint64_t)wanted * 1000000000u, text);
		assert_ok(http_date_read(span_of(text), NOW, &seconds));
		assert_int_equal(seconds, wanted);
		assert_result(http_date_read(span_make(text, (size_t)day % CLOCK_HTTP_LEN), NOW, &seconds), RESULT_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(good), cmocka_unit_test(bad), cmocka_unit_test(what_is_written) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
