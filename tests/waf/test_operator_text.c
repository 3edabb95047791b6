/* @beginsWith, @contains, @containsWord, @endsWith, @streq, @within. */
#include "operator_stage.h"

static void examples(void **state)
{
	static const struct { enum operator_id id; const char *parameter, *value; bool is_match; } table[] = {
		{ OPERATOR_BEGINS_WITH, "ab", "abc", true }, { OPERATOR_BEGINS_WITH, "ab", "AB", false }, { OPERATOR_BEGINS_WITH, "", "", true },
		{ OPERATOR_BEGINS_WITH, "abc", "ab", false }, { OPERATOR_BEGINS_WITH, "b", "ab", false },
		{ OPERATOR_ENDS_WITH, "bc", "abc", true }, { OPERATOR_ENDS_WITH, "", "abc", true }, { OPERATOR_ENDS_WITH, "ab", "abc", false },
		{ OPERATOR_ENDS_WITH, "xabc", "abc", false },
		{ OPERATOR_CONTAINS, "b", "abc", true }, { OPERATOR_CONTAINS, "", "", true }, { OPERATOR_CONTAINS, "abcd", "abc", false },
		{ OPERATOR_CONTAINS, "B", "abc", false }, { OPERATOR_CONTAINS, "a", "", false },
		{ OPERATOR_STREQ, "abc", "abc", true }, { OPERATOR_STREQ, "", "", true }, { OPERATOR_STREQ, "abc", "abC", false },
		{ OPERATOR_STREQ, "abc", "ab", false },
		{ OPERATOR_WITHIN, "abc def", "c d", true }, { OPERATOR_WITHIN, "abc", "", true }, { OPERATOR_WITHIN, "", "", true },
		{ OPERATOR_WITHIN, "abc", "abcd", false }, { OPERATOR_WITHIN, "", "x", false }, { OPERATOR_WITHIN, "abc", "B", false },
		{ OPERATOR_CONTAINS_WORD, "abc", "abcd abc", true }, { OPERATOR_CONTAINS_WORD, "abc", "xabc", false },
		{ OPERATOR_CONTAINS_WORD, "abc", "abc_", false }, { OPERATOR_CONTAINS_WORD, "abc", "_abc", false },
		{ OPERATOR_CONTAINS_WORD, "abc", "1abc abc2", false }, { OPERATOR_CONTAINS_WORD, "abc", "\xe9" "abc\xe9", true },
		{ OPERATOR_CONTAINS_WORD, "a b", "xa b a b", true }, { OPERATOR_CONTAINS_WORD, "", "x", true },
		{ OPERATOR_CONTAINS_WORD, "aa", "aaa", false }, { OPERATOR_CONTAINS_WORD, "-a", "x-a", false }, { OPERATOR_CONTAINS_WORD, "-a", "x -a", true },
		{ OPERATOR_CONTAINS_WORD, "abc", "ab", false },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		int match = stage_ask(&stage, table[i].id, span_of(table[i].parameter), span_of(table[i].value));

		if (match != (int)table[i].is_match)
			print_error("@%s %s on \"%s\"\n", operator_name(table[i].id), table[i].parameter, table[i].value);
		assert_int_equal(match, table[i].is_match);
		assert_int_equal(stage.captures.count, 0);
	}
	assert_int_equal(stage_ask(&stage, OPERATOR_CONTAINS, span_make("\0b", 2), span_make("a\0b", 3)), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_CONTAINS_WORD, SPAN("def"), span_make("abc\0def", 7)), MATCH_YES);
	stage_done(&stage);
}

static void macros(void **state)
{
	static const enum operator_id ids[] = { OPERATOR_BEGINS_WITH, OPERATOR_CONTAINS, OPERATOR_CONTAINS_WORD, OPERATOR_ENDS_WITH, OPERATOR_STREQ,
		                                OPERATOR_WITHIN };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(ids); i++) {
		struct operator *operator = NULL;

		assert_ok(operator_compile(ids[i], SPAN("%{tx.a}"), true, &stage.birth, &operator));
		assert_int_equal(stage_match(&stage, operator, SPAN("abc"), SPAN("abc")), MATCH_YES);
		assert_int_equal(stage_match(&stage, operator, SPAN("xyz"), SPAN("abc")), MATCH_NO);
		operator_done(operator);
	}
	assert_int_equal(stage.complaints.count, 0);
	stage_done(&stage);
}

/* @containsWord against its definition, byte by byte. */
static void random_words(void **state)
{
	struct draws draws = { 31 };
	struct stage stage;
	size_t yes = 0;

	(void)state;
	stage_init(&stage);
	for (unsigned round = 0; round < 20000; round++) {
		char word[3], text[12];
		size_t word_len = 1 + draw_below(&draws, 3), len = draw_below(&draws, sizeof(text) + 1);
		bool expected = false;

		for (size_t i = 0; i < word_len; i++)
			word[i] = "ab- "[draw_below(&draws, 4)];
		for (size_t i = 0; i < len; i++)
			text[i] = "ab- "[draw_below(&draws, 4)];
		for (size_t at = 0; at + word_len <= len; at++) {
			bool is_free = (at == 0 || !strchr("ab", text[at - 1])) && (at + word_len == len || !strchr("ab", text[at + word_len]));

			expected = expected || (is_free && memcmp(text + at, word, word_len) == 0);
		}
		assert_int_equal(stage_ask(&stage, OPERATOR_CONTAINS_WORD, span_make(word, word_len), span_make(text, len)), expected);
		yes += expected;
		arena_reset(&stage.arena);
		arena_reset(&stage.request);
	}
	assert_true(yes > 1000 && yes < 19000);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples), cmocka_unit_test(macros), cmocka_unit_test(random_words) };

	return cmocka_run_group_tests_name("waf/operator_text", tests, NULL, NULL);
}
