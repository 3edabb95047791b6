#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/web/read/decode.h"

static void decodes_once_and_strictly(void **state)
{
	static const struct { const char *text; enum decode_kind kind; enum result result; const char *decoded; } cases[] = {
		{ "", DECODE_SEGMENT, RESULT_OK, "" },
		{ "plain-1.2_~", DECODE_SEGMENT, RESULT_OK, "plain-1.2_~" },
		{ "a%20b+c", DECODE_SEGMENT, RESULT_OK, "a b+c" },
		{ "a%20b+c", DECODE_VALUE, RESULT_OK, "a b c" },
		{ "%C3%A9t%c3%a9", DECODE_SEGMENT, RESULT_OK, "\xc3\xa9t\xc3\xa9" },
		{ "%2541", DECODE_SEGMENT, RESULT_OK, "%41" },        /* once */
		{ "%", DECODE_SEGMENT, RESULT_MALFORMED, NULL },
		{ "%4", DECODE_SEGMENT, RESULT_MALFORMED, NULL },
		{ "%4g", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "a%+1", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "a%00b", DECODE_SEGMENT, RESULT_MALFORMED, NULL },
		{ "a%00b", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "a%0Ab", DECODE_SEGMENT, RESULT_MALFORMED, NULL },
		{ "a%0D%0Ab%09", DECODE_VALUE, RESULT_OK, "a\r\nb\t" },
		{ "%1b[2J", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "%7f", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "%ff", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "%c0%af", DECODE_SEGMENT, RESULT_MALFORMED, NULL }, /* an overlong slash */
		{ "%ed%a0%80", DECODE_VALUE, RESULT_MALFORMED, NULL },
		{ "%c3", DECODE_VALUE, RESULT_MALFORMED, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span out = SPAN("untouched");
		struct arena arena;

		arena_init(&arena, 4096, 512);
		assert_int_equal(percent_decode(span_of(cases[i].text), cases[i].kind, &arena, &out), cases[i].result);
		assert_true(span_equal(out, cases[i].decoded ? span_of(cases[i].decoded) : SPAN("untouched")));
		arena_done(&arena);
	}
}

static void says_that_there_is_no_memory(void **state)
{
	struct span out;
	struct arena arena;

	(void)state;
	arena_init(&arena, 8, 8);
	assert_int_equal(percent_decode(SPAN("longer than eight"), DECODE_VALUE, &arena, &out), RESULT_NO_MEMORY);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_once_and_strictly),
		cmocka_unit_test(says_that_there_is_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
