/* Which part of an answer a Range is. */
#include "../base/check.h"

#include "cache/range.h"

#include "base/banned.h"

static void rows_of_ranges(void **state)
{
	static const struct { const char *text; uint64_t length; enum range_kind kind; uint64_t first, count; } rows[] = {
		{ "bytes=0-0", 10, RANGE_PART, 0, 1 }, { "bytes=0-9", 10, RANGE_PART, 0, 10 }, { "bytes=2-", 10, RANGE_PART, 2, 8 },
		{ "bytes=-3", 10, RANGE_PART, 7, 3 }, { "bytes=-30", 10, RANGE_PART, 0, 10 }, { "bytes=5-500", 10, RANGE_PART, 5, 5 },
		{ "BYTES= 1 - 2 ", 10, RANGE_PART, 1, 2 }, { "bytes=9-18446744073709551616", 10, RANGE_PART, 9, 1 },
		{ "bytes=-99999999999999999999999", 10, RANGE_PART, 0, 10 },
		{ "bytes=10-", 10, RANGE_BEYOND, 0, 0 }, { "bytes=10-12", 10, RANGE_BEYOND, 0, 0 }, { "bytes=-0", 10, RANGE_BEYOND, 0, 0 },
		{ "bytes=0-", 0, RANGE_BEYOND, 0, 0 }, { "bytes=-1", 0, RANGE_BEYOND, 0, 0 }, { "bytes=99999999999999999999999-", 10, RANGE_BEYOND, 0, 0 },
		{ "", 10, RANGE_WHOLE, 0, 0 }, { "bytes", 10, RANGE_WHOLE, 0, 0 }, { "bytes=", 10, RANGE_WHOLE, 0, 0 }, { "bytes=-", 10, RANGE_WHOLE, 0, 0 },
		{ "bytes=5", 10, RANGE_WHOLE, 0, 0 }, { "bytes=5-4", 10, RANGE_WHOLE, 0, 0 }, { "bytes=a-b", 10, RANGE_WHOLE, 0, 0 },
		{ "bytes=1-2,4-5", 10, RANGE_WHOLE, 0, 0 }, { "bytes=0-,0-,0-", 10, RANGE_WHOLE, 0, 0 }, { "lines=1-2", 10, RANGE_WHOLE, 0, 0 },
		{ "bytes=--1", 10, RANGE_WHOLE, 0, 0 }, { "bytes=1--1", 10, RANGE_WHOLE, 0, 0 }, { "bytes=+1-2", 10, RANGE_WHOLE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct byte_range range = { 0 };

		print_message("%s of %llu\n", rows[i].text, (unsigned long long)rows[i].length);
		assert_int_equal(range_read(span_of(rows[i].text), rows[i].length, &range), rows[i].kind);
		assert_int_equal(range.first, rows[i].first);
		assert_int_equal(range.count, rows[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rows_of_ranges) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
