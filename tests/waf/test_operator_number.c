/* @eq, @ge, @gt, @le, @lt. The odd answers were asked of ModSecurity 2.9.7. */
#include "operator_stage.h"

static void same_number(void **state)
{
	static const struct { const char *parameter, *value; bool is_same; } table[] = {
		{ "5", "5", true }, { "5", " 5x", true }, { "5", "+5", true }, { "5", "\v\t5", true }, { "5", "05", true }, { "-5", "-5", true },
		{ "0", "", true }, { "0", "abc", true }, { "0", "0x5", true }, { "xxx", "0", true }, { "0", "- 5", true }, { "0", "+-5", true },
		{ "5", "6", false }, { "5", "-5", false }, { "5", "", false }, { "0", "4294967296", false }, { "1", "4294967297", false },
		{ "9223372036854775807", "99999999999999999999", true }, { "-9223372036854775808", "-99999999999999999999", true },
		{ "0", "-9223372036854775808", false }, { "2147483647", "2147483647", true }, { "-2147483648", "2147483648", false },
		{ "4294967296", "4294967296", true },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(stage_ask(&stage, OPERATOR_EQ, span_of(table[i].parameter), span_of(table[i].value)), table[i].is_same);
	assert_int_equal(stage_ask(&stage, OPERATOR_EQ, SPAN("5"), span_make("5\0006", 3)), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_EQ, SPAN("0"), SPAN_NONE), MATCH_YES);
	stage_done(&stage);
}

static void order(void **state)
{
	static const char *const numbers[] = { "-7", "0", "xxx", "5", "10" };
	static const int worth[] = { -7, 0, 0, 5, 10 };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t p = 0; p < COUNT(numbers); p++) {
		for (size_t v = 0; v < COUNT(numbers); v++) {
			struct span parameter = span_of(numbers[p]), value = span_of(numbers[v]);

			assert_int_equal(stage_ask(&stage, OPERATOR_EQ, parameter, value), worth[v] == worth[p]);
			assert_int_equal(stage_ask(&stage, OPERATOR_GE, parameter, value), worth[v] >= worth[p]);
			assert_int_equal(stage_ask(&stage, OPERATOR_GT, parameter, value), worth[v] > worth[p]);
			assert_int_equal(stage_ask(&stage, OPERATOR_LE, parameter, value), worth[v] <= worth[p]);
			assert_int_equal(stage_ask(&stage, OPERATOR_LT, parameter, value), worth[v] < worth[p]);
		}
	}
	stage_done(&stage);
}

static void macros(void **state)
{
	struct stage stage;
	struct operator *operator = NULL;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_GE, SPAN("%{tx.threshold}"), true, &stage.birth, &operator));
	assert_int_equal(stage_match(&stage, operator, SPAN("5"), SPAN("5")), MATCH_YES);
	assert_int_equal(stage_match(&stage, operator, SPAN("6"), SPAN("5")), MATCH_NO);
	assert_int_equal(stage_match(&stage, operator, SPAN_NONE, SPAN("0")), MATCH_YES);
	operator_done(operator);
	stage_done(&stage);
}

/* What is compared without a call gives the same answer; a number that is not known yet is not compared so. */
static void comparisons(void **state)
{
	static const enum operator_id ids[] = { OPERATOR_EQ, OPERATOR_GE, OPERATOR_GT, OPERATOR_LE, OPERATOR_LT };
	static const char *const numbers[] = { "-7", "0", "xxx", "5", "10", " 5x", "4294967301", "" };
	struct comparison comparison;
	struct operator *operator = NULL;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(ids) * COUNT(numbers); i++) {
		assert_ok(operator_compile(ids[i % COUNT(ids)], span_of(numbers[i / COUNT(ids)]), false, &stage.birth, &operator));
		assert_true(operator_comparison(operator, &comparison));
		for (size_t v = 0; v < COUNT(numbers); v++)
			assert_int_equal(comparison_match(&comparison, operator_number(span_of(numbers[v]))),
			                 stage_match(&stage, operator, SPAN_NONE, span_of(numbers[v])) == MATCH_YES);
		operator_done(operator);
	}
	assert_ok(operator_compile(OPERATOR_GE, SPAN("%{tx.threshold}"), true, &stage.birth, &operator));
	assert_false(operator_comparison(operator, &comparison));
	operator_done(operator);
	assert_ok(operator_compile(OPERATOR_STREQ, SPAN("5"), false, &stage.birth, &operator));
	assert_false(operator_comparison(operator, &comparison));
	operator_done(operator);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_number), cmocka_unit_test(order), cmocka_unit_test(macros),
		                            cmocka_unit_test(comparisons) };

	return cmocka_run_group_tests_name("waf/operator_number", tests, NULL, NULL);
}
