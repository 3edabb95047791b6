#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/web/read/value.h"

static void finds_values_by_name(void **state)
{
	static const struct { const char *text, *name; unsigned count; const char *raw; } cases[] = {
		{ "", "q", 0, "" },
		{ "q=1", "q", 1, "1" },
		{ "q", "q", 1, "" },
		{ "q=", "q", 1, "" },
		{ "a=1&q=2", "q", 1, "2" },
		{ "q=1&q=2", "q", 2, "2" },
		{ "q=a=b", "q", 1, "a=b" },
		{ "qq=1", "q", 0, "" },
		{ "Q=1", "q", 0, "" },
		{ "%71=1", "q", 1, "1" },
		{ "q%=1", "q", 0, "" },
		{ "%7=1", "q", 0, "" },
		{ "a+b=1", "a b", 1, "1" },
		{ "q=%zz", "q", 1, "%zz" },
		{ "a;q=1", "q", 0, "" },
		{ "&&q=1&", "q", 1, "1" },
		{ "=1", "q", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span raw = SPAN_NONE;

		assert_int_equal(web_value_find(span_of(cases[i].text), span_of(cases[i].name), &raw), cases[i].count);
		assert_true(span_equal(raw, span_of(cases[i].raw)));
	}
}

static void finds_cookies(void **state)
{
	static const struct { const char *first, *second; unsigned count; const char *value; } cases[] = {
		{ "s=1", NULL, 1, "1" },
		{ "a=b; s=1; c=d", NULL, 1, "1" },
		{ "a=b;s=1", NULL, 1, "1" },
		{ " s = 1 ", NULL, 1, "1" },
		{ "s=\"1\"", NULL, 1, "\"1\"" },
		{ "s=a=b", NULL, 1, "a=b" },
		{ "s", NULL, 0, "" },
		{ "xs=1; sx=2", NULL, 0, "" },
		{ "S=1", NULL, 0, "" },
		{ "s=1; s=2", NULL, 2, "2" },
		{ "s=1", "s=2", 2, "2" },
		{ "a=1", "s=2", 1, "2" },
		{ "a=\"x; s=1\"", NULL, 1, "1\"" },  /* quotes quote nothing in a cookie */
		{ "", NULL, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span value = SPAN_NONE;
		struct fields fields;
		struct arena arena;

		arena_init(&arena, 4096, 512);
		fields_init(&fields, &arena, 8);
		assert_int_equal(fields_add(&fields, FIELD_COOKIE, SPAN("Cookie"), span_of(cases[i].first)), RESULT_OK);
		assert_int_equal(fields_add(&fields, FIELD_OTHER, SPAN("X-Cookie"), SPAN("s=9")), RESULT_OK);
		if (cases[i].second)
			assert_int_equal(fields_add(&fields, FIELD_COOKIE, SPAN("Cookie"), span_of(cases[i].second)), RESULT_OK);
		assert_int_equal(web_cookie_find(&fields, SPAN("s"), &value), cases[i].count);
		assert_true(span_equal(value, span_of(cases[i].value)));
		assert_int_equal(web_cookie_find(&fields, SPAN_NONE, &value), 0);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_values_by_name),
		cmocka_unit_test(finds_cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
