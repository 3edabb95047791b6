#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "message/scan.h"

/* The grammar again, in its plainest form. */
static bool is_token_plain(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && c < 0x80 && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_text_plain(int c)
{
	return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static bool is_target_plain(int c)
{
	return c > 0x20 && c < 0x7f && c != '#';
}

static bool is_host_plain(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

static void test_classes(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_int_equal(byte_is((char)c, BYTE_TOKEN), is_token_plain(c));
		assert_int_equal(byte_is((char)c, BYTE_TEXT), is_text_plain(c));
		assert_int_equal(byte_is((char)c, BYTE_TARGET), is_target_plain(c));
		assert_int_equal(byte_is((char)c, BYTE_HOST), is_host_plain(c));
	}
}

/* Every byte, in every place of runs of 0 to 70 bytes, in memory of the exact size: the same stop as one byte a step. */
static void test_stops(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 70; len++) {
		char *run = malloc(len ? len : 1);

		for (size_t place = 0; place < len; place++) {
			for (int c = 0; c < 256; c++) {
				memset(run, 'a', len);
				run[place] = (char)c;
				run[len - 1] = place + 1 == len ? (char)c : '!';
				assert_ptr_equal(scan_text(run, run + len), scan_class(run, run + len, BYTE_TEXT));
				assert_ptr_equal(scan_target(run, run + len), scan_class(run, run + len, BYTE_TARGET));
				assert_ptr_equal(scan_token(run, run + len), scan_class(run, run + len, BYTE_TOKEN));
			}
		}
		free(run);
	}
}

static void test_whole_spans(void **state)
{
	(void)state;
	assert_true(span_is_token(SPAN("x")) && !span_is_token(SPAN("")) && !span_is_token(SPAN("a b")) && !span_is_token(SPAN_NONE));
	assert_true(span_is_text(SPAN("")) && span_is_text(SPAN_NONE) && span_is_text(SPAN("a\tb \xff")) && !span_is_text(SPAN("a\r")));
	assert_true(span_is_target(SPAN("/a?b")) && span_is_target(SPAN_NONE) && !span_is_target(SPAN("/a b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_whole_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
