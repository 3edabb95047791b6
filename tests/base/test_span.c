#include "check.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/span.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void comparing(void **state)
{
	(void)state;
	assert_true(span_equal(SPAN_NONE, SPAN("")));
	assert_true(span_equal_nocase(SPAN("Host"), SPAN("hOST")));
	assert_false(span_equal_nocase(SPAN("Host"), SPAN("Hos")));
	assert_false(span_equal_nocase(SPAN("@"), SPAN("`")));   /* 0x20 apart, and no letters */
	assert_false(span_equal_nocase(SPAN("["), SPAN("{")));
	assert_false(span_equal_nocase(SPAN("\xc9"), SPAN("\xe9")));  /* ASCII only */
	assert_true(span_compare(SPAN("a"), SPAN("b")) < 0);
	assert_true(span_compare(SPAN("ab"), SPAN("a")) > 0);
	assert_true(span_compare(SPAN_NONE, SPAN("a")) < 0);
	assert_int_equal(span_compare(SPAN(""), SPAN_NONE), 0);
	assert_true(span_compare(SPAN("\xff"), SPAN("a")) > 0);  /* bytes, not signed characters */
	for (int c = 0; c < 128; c++)
		assert_int_equal(ascii_lower((char)c), tolower(c));
}

static void parts(void **state)
{
	struct span text = SPAN("/admin/users");

	(void)state;
	assert_true(span_starts(text, SPAN("/admin")) && span_starts(text, SPAN_NONE) && span_starts(text, text));
	assert_false(span_starts(text, SPAN("/admin/users/")));
	assert_true(span_starts_nocase(text, SPAN("/ADMIN")));
	assert_true(span_ends(text, SPAN("users")) && span_ends(text, SPAN("")) && span_ends(SPAN_NONE, SPAN_NONE));
	assert_false(span_ends(SPAN("s"), SPAN("users")));
	assert_true(span_contains(text, SPAN("n/u")) && span_contains(SPAN_NONE, SPAN("")));
	assert_false(span_contains(SPAN_NONE, SPAN("x")));
	assert_true(span_contains_nocase(SPAN("API_Key"), SPAN("key")) && span_contains_nocase(SPAN("x"), SPAN("")) && span_contains_nocase(SPAN_NONE, SPAN("")));
	assert_true(span_contains_nocase(SPAN("kkeY"), SPAN("Key")) && span_contains_nocase(SPAN("keykk"), SPAN("KEY")));
	assert_false(span_contains_nocase(SPAN("ke"), SPAN("key")) || span_contains_nocase(SPAN_NONE, SPAN("x")) || span_contains_nocase(SPAN("ke_y"), SPAN("key")));
	assert_int_equal(span_find(text, '/'), 0);
	assert_int_equal(span_find_last(text, '/'), 6);
	assert_int_equal(span_find(text, '?'), text.len);
	assert_int_equal(span_find_last(text, '?'), text.len);
	assert_int_equal(span_find(SPAN_NONE, 'x'), 0);
	assert_int_equal(span_find_last(SPAN_NONE, 'x'), 0);
	assert_span(span_skip(text, 7), "users");
	assert_int_equal(span_skip(text, 99).len, 0);
	assert_int_equal(span_skip(SPAN_NONE, 3).len, 0);  /* no arithmetic on NULL: UBSan watches */
	assert_span(span_take(text, 6), "/admin");
	assert_span(span_take(text, 99), "/admin/users");
	assert_span(span_trim(SPAN(" \t a b\t ")), "a b");
	assert_span(span_trim(SPAN("\r\nx")), "\r\nx");
	assert_int_equal(span_trim(SPAN(" \t ")).len, 0);
	assert_int_equal(span_trim(SPAN_NONE).len, 0);
}

static void decimals(void **state)
{
	static const struct { uint64_t value; const char *text; } table[] = {
		{ 0, "0" }, { 9, "9" }, { 10, "10" }, { 255, "255" }, { 1000000, "1000000" }, { UINT64_MAX, "18446744073709551615" },
	};
	char digits[DECIMAL_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct span text = span_make(digits, decimal_write(table[i].value, digits));
		uint64_t again;

		assert_true(span_equal(text, span_of(table[i].text)));
		assert_ok(span_to_u64(text, UINT64_MAX, &again));
		assert_true(again == table[i].value);
	}
}

static void cutting(void **state)
{
	static const struct { const char *text; size_t count; } table[] = {
		{ "", 0 }, { "a", 1 }, { "a,b", 2 }, { "a,", 1 }, { ",a", 2 }, { ",,", 2 }, { "a,b,c", 3 },
	};
	struct span rest = SPAN("left=right=more");

	(void)state;
	assert_span(span_cut(&rest, '='), "left");
	assert_span(rest, "right=more");
	assert_span(span_cut(&rest, '='), "right");
	assert_span(span_cut(&rest, '='), "more");
	assert_null(rest.at);
	for (size_t i = 0; i < COUNT(table); i++) {
		size_t count = 0;

		for (rest = span_of(table[i].text); rest.len; count++)
			(void)span_cut(&rest, ',');
		assert_int_equal(count, table[i].count);
	}
	rest = SPAN("a,");
	(void)span_cut(&rest, ',');
	assert_non_null(rest.at);  /* a separator was there */
}

static void numbers(void **state)
{
	static const struct { const char *text; uint64_t max; enum result result; uint64_t value; } table[] = {
		{ "0", 9, RESULT_OK, 0 }, { "7", 9, RESULT_OK, 7 }, { "9", 9, RESULT_OK, 9 }, { "10", 9, RESULT_LIMIT, 0 },
		{ "0010", 10, RESULT_OK, 10 }, { "18446744073709551615", UINT64_MAX, RESULT_OK, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, RESULT_LIMIT, 0 }, { "99999999999999999999999", UINT64_MAX, RESULT_LIMIT, 0 },
		{ "36893488147419103232", UINT64_MAX, RESULT_LIMIT, 0 },  /* 2^65: wraps to 0 */
		{ "", 9, RESULT_MALFORMED, 0 }, { "-1", 9, RESULT_MALFORMED, 0 }, { "+1", 9, RESULT_MALFORMED, 0 }, { " 1", 9, RESULT_MALFORMED, 0 },
		{ "1 ", 9, RESULT_MALFORMED, 0 }, { "1x", 9, RESULT_MALFORMED, 0 }, { "0x1", 9, RESULT_MALFORMED, 0 }, { "١", 9, RESULT_MALFORMED, 0 },
		{ "99999999999999999999999x", 9, RESULT_MALFORMED, 0 },  /* malformed before too large */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint64_t value = 4242;

		assert_result(span_to_u64(span_of(table[i].text), table[i].max, &value), table[i].result);
		assert_int_equal(value, table[i].result == RESULT_OK ? table[i].value : 4242);
	}
}

static void texts(void **state)
{
	char out[5] = "old";

	(void)state;
	assert_result(span_to_text(SPAN("12345"), out, sizeof(out)), RESULT_LIMIT);
	assert_result(span_to_text(span_make("a\0b", 3), out, sizeof(out)), RESULT_MALFORMED);
	assert_string_equal(out, "old");
	assert_ok(span_to_text(SPAN("1234"), out, sizeof(out)));
	assert_string_equal(out, "1234");
	assert_ok(span_to_text(SPAN_NONE, out, sizeof(out)));
	assert_string_equal(out, "");
	assert_result(span_to_text(SPAN_NONE, out, 0), RESULT_LIMIT);
}

static void every_result_has_a_name(void **state)
{
	(void)state;
	for (int i = RESULT_OK; i <= RESULT_NO_MEMORY; i++) {
		assert_string_not_equal(result_name((enum result)i), "unknown");
		for (int j = RESULT_OK; j < i; j++)
			assert_string_not_equal(result_name((enum result)i), result_name((enum result)j));
	}
	assert_string_equal(result_name((enum result)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing), cmocka_unit_test(parts), cmocka_unit_test(decimals), cmocka_unit_test(cutting), cmocka_unit_test(numbers),
		cmocka_unit_test(texts), cmocka_unit_test(every_result_has_a_name),
	};

	return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
