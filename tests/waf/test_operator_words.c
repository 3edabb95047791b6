/* @pm, @pmFromFile and @strmatch as rules write them. */
#include "operator_stage.h"

static void pm(void **state)
{
	static const struct { const char *phrases, *value, *found; } table[] = {
		{ "abc", "xxABCxx", "abc" }, { "AbC", "xxabcxx", "AbC" }, { "a", "xax", "a" }, { "|41|B c", "ab", "AB" }, { "\"ab cd\"", "cd", "cd" },
		{ "x|7c|y", "x|y", "x|y" }, { "\\q zz", "a\\qb", "\\q" }, { "\\q zz", "zz", "zz" }, { "ab|00|cd", "xab", "ab" },
		{ "abc def", "abde", NULL }, { "abc", "", NULL }, { "\xe9t\xe9", "\xc9t\xe9", NULL },
	};
	static const char *const empty[] = { "", "  ", "|00|a" };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(stage_ask(&stage, OPERATOR_PM, span_of(table[i].phrases), span_of(table[i].value)), table[i].found != NULL);
		assert_int_equal(stage.captures.count, table[i].found != NULL);
		if (table[i].found)
			assert_true(span_equal(stage.captures.list[0], span_of(table[i].found)));
	}
	for (size_t i = 0; i < COUNT(empty); i++) {
		assert_int_equal(stage_ask(&stage, OPERATOR_PM, span_of(empty[i]), SPAN("a")), -1);
		stage_complained(&stage, "rules/a.conf:7:3: error: @pm has no phrase to look for");
	}
	stage_done(&stage);
}

static void pm_from_several_files(void **state)
{
	static const struct stage_file files[] = {
		{ SPAN_INIT("one.dat"), SPAN_INIT("# comment\nabc\nDef ghi\n") }, { SPAN_INIT("sub/two.dat"), SPAN_INIT("jkl") },
		{ SPAN_INIT("empty.dat"), SPAN_INIT("#\n\n") },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage.files = files;
	stage.file_count = COUNT(files);
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN("one.dat  sub/two.dat"), SPAN("xJKLx")), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN("one.dat"), SPAN("x def GHI")), MATCH_YES);
	assert_span(stage.captures.list[0], "Def ghi");
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN("one.dat"), SPAN("jkl comment")), MATCH_NO);
	assert_int_equal(stage.complaints.count, 0);
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN("one.dat three.dat"), SPAN("abc")), -1);
	stage_complained(&stage, "rules/a.conf:7:3: error: the file \"three.dat\" cannot be read: not found");
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN("empty.dat"), SPAN("abc")), -1);
	stage_complained(&stage, "@pmFromFile has no phrase");
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN(" "), SPAN("abc")), -1);
	stage_complained(&stage, "@pmFromFile has no phrase");
	stage.ports.file_read = NULL;
	assert_int_equal(stage_ask(&stage, OPERATOR_PM_FROM_FILE, SPAN("one.dat"), SPAN("abc")), -1);
	stage_complained(&stage, "no file may be read here");
	stage_done(&stage);
}

static void the_prefilter_sees_the_phrases(void **state)
{
	struct stage stage;
	struct operator *operator = NULL;
	const struct span *list;
	size_t count = 7;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_PM, SPAN("Zeta alpha ZETA"), false, &stage.birth, &operator));
	list = operator_phrases(operator, &count);
	assert_int_equal(count, 2);
	assert_span(list[0], "alpha");
	assert_span(list[1], "zeta");
	assert_int_equal(operator_pattern(operator).len, 0);
	operator_done(operator);
	assert_ok(operator_compile(OPERATOR_STREQ, SPAN("a"), false, &stage.birth, &operator));
	assert_null(operator_phrases(operator, &count));
	assert_int_equal(count, 0);
	operator_done(operator);
	stage_done(&stage);
}

static void strmatch(void **state)
{
	static const struct { const char *phrase, *value; int match; } table[] = {
		{ "abc", "xabcx", MATCH_YES }, { "abc", "xABCx", MATCH_NO }, { "a|42|c", "xaBcx", MATCH_YES }, { "a b", "xa bx", MATCH_YES },
		{ "abc", "", MATCH_NO }, { "abc", "ab", MATCH_NO },
	};
	static const char *const bad[] = { "", "\\q", "|00|" };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(stage_ask(&stage, OPERATOR_STR_MATCH, span_of(table[i].phrase), span_of(table[i].value)), table[i].match);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(stage_ask(&stage, OPERATOR_STR_MATCH, span_of(bad[i]), SPAN("a")), -1);
		stage_complained(&stage, "@strmatch has no phrase");
	}
	stage_done(&stage);
}

static void any_allocation_of_the_arena_may_fail(void **state)
{
	static const enum operator_id ids[] = { OPERATOR_PM, OPERATOR_STR_MATCH, OPERATOR_IP_MATCH, OPERATOR_RX, OPERATOR_VALIDATE_BYTE_RANGE };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(ids); i++) {
		enum result result = RESULT_NO_MEMORY;

		for (size_t limit = 0; result != RESULT_OK; limit += 16) {
			struct operator *operator = NULL;
			struct arena small;

			assert_true(limit < 4096);
			arena_init(&small, limit, 64);
			stage.birth.arena = &small;
			result = operator_compile(ids[i], ids[i] == OPERATOR_IP_MATCH ? SPAN("10.0.0.1") : SPAN("10"), false, &stage.birth, &operator);
			if (result == RESULT_OK)
				operator_done(operator);
			else
				assert_result(result, RESULT_NO_MEMORY);
			assert_true((result == RESULT_OK) == (operator != NULL));
			arena_done(&small);
		}
	}
	assert_int_equal(stage.complaints.count, 0);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pm), cmocka_unit_test(pm_from_several_files), cmocka_unit_test(the_prefilter_sees_the_phrases),
		cmocka_unit_test(strmatch), cmocka_unit_test(any_allocation_of_the_arena_may_fail),
	};

	return cmocka_run_group_tests_name("waf/operator_words", tests, NULL, NULL);
}
