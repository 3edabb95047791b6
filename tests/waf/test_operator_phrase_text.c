/* The notation of phrases: every answer here was asked of ModSecurity 2.9.7. */
#include "operator_stage.h"

#include "waf/operator/phrase_text.h"

static void notation(void **state)
{
	static const struct { const char *text, *phrase; } table[] = {
		{ "abc", "abc" }, { "|41|B", "AB" }, { "|41 42|cd", "ABcd" }, { "x|7c|y", "x|y" }, { "|6F6b|", "ok" }, { "|4 1|", "A" },
		{ "|41", "A" },                          /* never closed */
		{ "|41|a|", "Aa" }, { "|4z1|", "A" },
		{ "a\\\\b", "a\\b" }, { "\\:\\;\\\"", ":;\"" },
		{ "\"ab cd\"", "ab cd" }, { "  ab ", "ab " }, { "\"ab", "\"ab" }, { "\"", "\"" }, { "  \"ab\"", "ab" },
		{ "ab|cd|efgh", "ab\xcd" "efgh" },
		{ "a||b", "a||b" }, { "a|", "a|" }, { "|x|", "|x|" },  /* nothing stood for anything: the text itself */
		{ "a\\", "a\\" }, { "|41|\\", "A" },
		{ "ab|00|cd", "ab" }, { "|00|abc", "" },     /* a NUL ends it */
	};
	static const char *const bad[] = { "", " ", "\"\"", "\\q", "a\\b", "|41|\\n" };
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	for (size_t i = 0; i < COUNT(table); i++) {
		struct span phrase = SPAN_NONE;

		assert_ok(phrase_decode(span_of(table[i].text), &arena, &phrase));
		if (!span_equal(phrase, span_of(table[i].phrase)))
			print_error("%s is \"%.*s\"\n", table[i].text, SPAN_ARG(phrase));
		assert_true(span_equal(phrase, span_of(table[i].phrase)));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct span phrase = SPAN("untouched");

		assert_result(phrase_decode(span_of(bad[i]), &arena, &phrase), RESULT_MALFORMED);
		assert_span(phrase, "untouched");
	}
	arena_done(&arena);
}

static void words(void **state)
{
	struct phrase_list list = { 0 };

	(void)state;
	assert_ok(phrase_words_read(SPAN(" \t a bc\nd\v\fe\r "), &list));
	assert_int_equal(list.count, 4);
	assert_span(list.list[0], "a");
	assert_span(list.list[1], "bc");
	assert_span(list.list[3], "e");
	assert_ok(phrase_words_read(SPAN(" f"), &list));  /* adds */
	assert_ok(phrase_words_read(SPAN("  "), &list));
	assert_ok(phrase_words_read(SPAN_NONE, &list));
	assert_int_equal(list.count, 5);
	phrase_list_done(&list);
	assert_int_equal(list.count, 0);
}

static void lines(void **state)
{
	static const char *const expected[] = { "bc", "xY z", "q\\r", "\"quo\"", "ABcd", "\xe9\xe8", ":col", "\\bad", "cut", "a b", "last one" };
	static const char text[] = "a\nbc\r\n xY z \n#no\n  # no\nq\\\\r\n\"quo\"\n|41 42|cd\n|23|no\n\n \t\n\xe9\xe8\n\\:col\n\\bad\ncut\0here\n"
	                           "a b\n\"last one\"";
	struct phrase_list list = { 0 };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_ok(phrase_lines_read(span_make(text, sizeof(text) - 1), SPAN("list.dat"), &stage.arena, &stage.complaints, &list));
	assert_int_equal(list.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_true(span_equal(list.list[i], span_of(expected[i])));
	stage_complained(&stage, "list.dat:1:1: warning: a phrase of a single byte in a file is left out");
	phrase_list_done(&list);
	stage_done(&stage);
}

static void no_memory(void **state)
{
	struct arena none;
	struct span phrase;
	struct phrase_list list = { 0 };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	arena_init(&none, 0, 16);
	assert_result(phrase_decode(SPAN("|41|"), &none, &phrase), RESULT_NO_MEMORY);
	assert_ok(phrase_decode(SPAN("41"), &none, &phrase));  /* needs none */
	assert_result(phrase_lines_read(SPAN("ab\n|41|c\n"), SPAN("f"), &none, &stage.complaints, &list), RESULT_NO_MEMORY);
	phrase_list_done(&list);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(notation), cmocka_unit_test(words), cmocka_unit_test(lines), cmocka_unit_test(no_memory) };

	return cmocka_run_group_tests_name("waf/operator_phrase_text", tests, NULL, NULL);
}
