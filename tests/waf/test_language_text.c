#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "waf/language/text.h"

#define ENOUGH (64 << 20)

struct cut {
	struct arena arena;
	struct text text;
	struct statement statement;
	struct text_fault fault;
	enum result result;
};

static void cut_start(struct cut *cut, struct span text)
{
	*cut = (struct cut){ 0 };
	arena_init(&cut->arena, ENOUGH, 4096);
	text_init(&cut->text, SPAN("f"), text);
}

static void cut_next(struct cut *cut)
{
	cut->result = statement_read(&cut->text, &cut->arena, &cut->statement, &cut->fault);
}

static void assert_word(const struct word *word, const char *text)
{
	if (!span_equal(word->text, span_of(text)))
		fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(word->text), text);
}

/* What Apache's reader gives to ModSecurity 2.9.7; the first word is the directive's name. */
static const struct {
	const char *text;
	const char *words[6];
} good[] = {
	{ "A", { "A" } },
	{ "  A  b\tc  \n", { "A", "b", "c" } },
	{ "# no\n\n \t\nA b\n", { "A", "b" } },
	{ "# goes on \\\nB c\nA b", { "A", "b" } },
	{ "A b \\\n  c", { "A", "b", "c" } },
	{ "A b\\\nc", { "A", "bc" } },
	{ "A b \\\r\n c\r\n", { "A", "b", "c" } },
	{ "A \"b c\" 'd e'", { "A", "b c", "d e" } },
	{ "A \"b \\\n  c\"", { "A", "b   c" } },
	{ "A \"b\"\"c\"", { "A", "b", "c" } },
	{ "A \"\"", { "A", "" } },
	{ "A \"\\\\d\"", { "A", "\\d" } },
	{ "A \"\\d\"", { "A", "\\d" } },
	{ "A \\\\d", { "A", "\\d" } },
	{ "A \"\\\"\"", { "A", "\"" } },
	{ "A '\\'\\\"'", { "A", "'\\\"" } },
	{ "A b\\\"c", { "A", "b\\\"c" } },
	{ "A it's", { "A", "it's" } },
	{ "A b#c # d", { "A", "b#c", "#", "d" } },
	{ "A \"b\\\\\\\"c\"", { "A", "b\\\"c" } },
	{ "A b\\", { "A", "b\\" } },
};

static void words_are_cut_as_apache_cuts_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct cut cut;
		size_t count = 0;

		cut_start(&cut, span_of(good[i].text));
		cut_next(&cut);
		if (cut.result != RESULT_OK)
			fail_msg("%s: %s", good[i].text, cut.fault.what);
		assert_word(&cut.statement.name, good[i].words[0]);
		for (; good[i].words[count + 1]; count++)
			assert_word(&cut.statement.words[count], good[i].words[count + 1]);
		assert_int_equal(cut.statement.count, count);
		cut_next(&cut);
		assert_int_equal(cut.result, RESULT_END);
		arena_done(&cut.arena);
	}
}

/* OFFSET of the second word stands at LINE and COLUMN. */
static const struct {
	const char *text;
	size_t offset;
	unsigned line, column;
} places[] = {
	{ "A \"bcd\"", 0, 1, 4 },
	{ "A \"bcd\"", 2, 1, 6 },
	{ "A bcd", 1, 1, 4 },
	{ "A \"\\\\\\\"c\"", 2, 1, 8 },
	{ "\n\n A \\\n\t\"b\\\n  c\"", 0, 4, 3 },
	{ "\n\n A \\\n\t\"b\\\n  c\"", 3, 5, 3 },
	{ "A \"b\\\r\nc\"", 1, 2, 1 },
	{ "A \\\n\\\nb", 0, 3, 1 },
	{ "A \"bc\"", 99, 1, 6 },
};

static void a_place_is_where_a_byte_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct place place;
		struct cut cut;

		cut_start(&cut, span_of(places[i].text));
		cut_next(&cut);
		assert_int_equal(cut.result, RESULT_OK);
		place = word_place(&cut.statement.words[0], places[i].offset);
		if (place.line != places[i].line || place.column != places[i].column)
			fail_msg("%s: %u:%u is not %u:%u", places[i].text, place.line, place.column, places[i].line, places[i].column);
		assert_true(span_equal(place.file, SPAN("f")));
		arena_done(&cut.arena);
	}
}

/* A bad line is told, and the next is read as if nothing had been. */
static void reading_goes_on_behind_a_bad_line(void **state)
{
	static const char *const bad[] = { "A \"b", "A 'b\\'", "A \\ ", "A \"b\"'", "'A" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[64];
		struct cut cut;

		snprintf(text, sizeof(text), "%s\nB c\n", bad[i]);
		cut_start(&cut, span_of(text));
		cut_next(&cut);
		assert_int_equal(cut.result, RESULT_MALFORMED);
		assert_int_equal(cut.fault.place.line, 1);
		assert_non_null(cut.fault.what);
		cut_next(&cut);
		assert_int_equal(cut.result, RESULT_OK);
		assert_word(&cut.statement.name, "B");
		assert_int_equal(cut.statement.place.line, 2);
		arena_done(&cut.arena);
	}
}

/* COUNT bytes of a directive, then another line. */
static enum result read_long(size_t count, unsigned *next_line)
{
	char *bytes = malloc(count + 4);
	enum result result;
	struct cut cut;

	assert_non_null(bytes);
	memset(bytes, 'A', count);
	memcpy(bytes + count, "\nB\n", 3);
	cut_start(&cut, span_make(bytes, count + 3));
	cut_next(&cut);
	result = cut.result;
	cut_next(&cut);
	assert_int_equal(cut.result, RESULT_OK);
	*next_line = cut.statement.place.line;
	arena_done(&cut.arena);
	free(bytes);
	return result;
}

static void a_line_has_a_limit(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(read_long(LINE_BYTES_MAX, &line), RESULT_OK);
	assert_int_equal(line, 2);
	assert_int_equal(read_long(LINE_BYTES_MAX + 1, &line), RESULT_LIMIT);
	assert_int_equal(line, 2);
}

static void words_have_a_limit(void **state)
{
	char text[2 * WORDS_MAX + 8];
	struct cut cut;

	(void)state;
	for (size_t words = WORDS_MAX; words <= WORDS_MAX + 1; words++) {
		text[0] = 'A';
		for (size_t i = 0; i < words; i++)
			memcpy(text + 1 + 2 * i, " b", 2);
		cut_start(&cut, span_make(text, 1 + 2 * words));
		cut_next(&cut);
		assert_int_equal(cut.result, words == WORDS_MAX ? RESULT_OK : RESULT_MALFORMED);
		arena_done(&cut.arena);
	}
}

static void an_argument_with_a_nul_is_refused(void **state)
{
	struct cut cut;

	(void)state;
	cut_start(&cut, SPAN("A b\0c"));
	cut_next(&cut);
	assert_int_equal(cut.result, RESULT_MALFORMED);
	assert_int_equal(cut.fault.place.column, 3);
	arena_done(&cut.arena);
}

/* Any beginning of a text ends without reading past it, whatever was open there. */
static void any_prefix_ends(void **state)
{
	static const char text[] = "# x \\\n y\nSecRule \"A\\\"|B\" \\\r\n  '@rx \\\\d' \"id:1,\\\n deny\"\nSecMarker \\\\\\\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char *copy = malloc(len ? len : 1);
		struct cut cut;

		assert_non_null(copy);
		memcpy(copy, text, len);
		cut_start(&cut, span_make(copy, len));
		do
			cut_next(&cut);
		while (cut.result == RESULT_OK || cut.result == RESULT_MALFORMED);
		assert_int_equal(cut.result, RESULT_END);
		arena_done(&cut.arena);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_cut_as_apache_cuts_them),
		cmocka_unit_test(a_place_is_where_a_byte_was_written),
		cmocka_unit_test(reading_goes_on_behind_a_bad_line),
		cmocka_unit_test(a_line_has_a_limit),
		cmocka_unit_test(words_have_a_limit),
		cmocka_unit_test(an_argument_with_a_nul_is_refused),
		cmocka_unit_test(any_prefix_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
