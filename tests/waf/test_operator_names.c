/* How operators are called: any case, old spellings, near misses, and those that are refused with a sentence. */
#include "operator_stage.h"

static void every_name_is_found_in_any_case(void **state)
{
	(void)state;
	for (unsigned id = 0; id < OPERATOR_COUNT; id++) {
		enum operator_id found = OPERATOR_COUNT;
		char name[40];
		size_t len = strlen(operator_name((enum operator_id)id));

		memcpy(name, operator_name((enum operator_id)id), len);
		assert_ok(operator_find(span_make(name, len), &found));
		assert_int_equal(found, id);
		for (size_t i = 0; i < len; i++)
			name[i] = ascii_lower(name[i]);
		found = OPERATOR_COUNT;
		assert_ok(operator_find(span_make(name, len), &found));
		assert_int_equal(found, id);
		assert_result(operator_find(span_make(name, len - 1), &found), RESULT_NOT_FOUND);
	}
}

static void old_spellings(void **state)
{
	enum operator_id found = OPERATOR_COUNT;

	(void)state;
	assert_ok(operator_find(SPAN("PMF"), &found));
	assert_int_equal(found, OPERATOR_PM_FROM_FILE);
	assert_ok(operator_find(SPAN("ipmatchf"), &found));
	assert_int_equal(found, OPERATOR_IP_MATCH_FROM_FILE);
	assert_result(operator_find(SPAN(""), &found), RESULT_NOT_FOUND);
	assert_result(operator_find(SPAN("@rx"), &found), RESULT_NOT_FOUND);
	assert_int_equal(found, OPERATOR_IP_MATCH_FROM_FILE);  /* untouched */
}

static void near_misses(void **state)
{
	static const char *const table[][2] = {
		{ "detectSQL", "detectSQLi" }, { "beginWith", "beginsWith" }, { "contain", "contains" }, { "ipmatchh", "ipMatch" },
		{ "validateByteRang", "validateByteRange" }, { "pmFromFiles", "pmFromFile" }, { "unconditonalMatch", "unconditionalMatch" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_string_equal(operator_suggest(span_of(table[i][0])), table[i][1]);
	assert_null(operator_suggest(SPAN("frobnicate")));
	assert_null(operator_suggest(SPAN("")));
}

static void refused_with_a_sentence(void **state)
{
	static const char *const only_named[] = { "fuzzyHash", "gsbLookup", "validateHash", "FUZZYHASH" };
	static const enum operator_id listed[] = { OPERATOR_RSUB, OPERATOR_VALIDATE_DTD, OPERATOR_VALIDATE_SCHEMA };
	enum operator_id found;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(only_named); i++) {
		assert_result(operator_find(span_of(only_named[i]), &found), RESULT_REFUSED);
		assert_true(strlen(operator_refusal(span_of(only_named[i]))) > 40);
	}
	for (size_t i = 0; i < COUNT(listed); i++) {
		struct operator *operator = NULL;

		assert_result(operator_compile(listed[i], SPAN("s/a/b/"), false, &stage.birth, &operator), RESULT_REFUSED);
		assert_null(operator);
		stage_complained(&stage, operator_refusal(span_of(operator_name(listed[i]))));
	}
	assert_null(operator_refusal(SPAN("rx")));
	assert_null(operator_refusal(SPAN("")));
	stage_done(&stage);
}

/* The table of kinds has a row for each: none may be forgotten when one is added. */
static void every_operator_can_be_asked(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (unsigned id = 0; id < OPERATOR_COUNT; id++) {
		struct operator *operator = NULL;
		struct captures captures = { .count = 9 };
		struct operator_call call = { .scratch = stage.scratch, .arena = &stage.request };

		if (operator_compile((enum operator_id)id, SPAN("10"), false, &stage.birth, &operator) != RESULT_OK)
			continue;
		(void)!operator_match(operator, &call, SPAN_NONE, &captures);
		assert_true(captures.count < 9);
		operator_done(operator);
	}
	stage_done(&stage);
}

static void a_macro_that_means_nothing_is_named(void **state)
{
	struct stage stage;
	struct operator *operator = NULL;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_PM, SPAN("%{tx.a} b"), true, &stage.birth, &operator));
	stage_complained(&stage, "rules/a.conf:7:3: warning: @pm does not expand %{...}: it stands for itself");
	assert_int_equal(stage_match(&stage, operator, SPAN("zzz"), SPAN("x %{TX.A} x")), MATCH_YES);
	assert_int_equal(stage_match(&stage, operator, SPAN("zzz"), SPAN("zzz")), MATCH_NO);
	operator_done(operator);
	operator_done(NULL);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found_in_any_case), cmocka_unit_test(old_spellings), cmocka_unit_test(near_misses),
		cmocka_unit_test(refused_with_a_sentence), cmocka_unit_test(every_operator_can_be_asked),
		cmocka_unit_test(a_macro_that_means_nothing_is_named),
	};

	return cmocka_run_group_tests_name("waf/operator_names", tests, NULL, NULL);
}
