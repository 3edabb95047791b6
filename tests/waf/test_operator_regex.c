/* The wrapper around PCRE2: options, captures, offsets, limits, and complaints that say where. */
#include "operator_stage.h"

#include <stdlib.h>

#include "waf/operator/scratch.h"

static struct regex *compiled(struct stage *stage, const char *pattern, unsigned flags)
{
	const struct regex_birth birth = { &stage->arena, &stage->limits, stage->birth.place, &stage->complaints };
	struct regex *regex = NULL;

	assert_ok(regex_compile(span_of(pattern), flags, &birth, &regex));
	return regex;
}

static enum match once(struct stage *stage, const char *pattern, unsigned flags, struct span subject)
{
	struct regex *regex = compiled(stage, pattern, flags);
	enum match match = regex_match(regex, stage->scratch, subject, 0, 0, &stage->captures);

	regex_done(regex);
	return match;
}

static void options(void **state)
{
	static const struct { const char *pattern; unsigned flags; const char *subject; enum match match; } table[] = {
		{ "a.b", 0, "a\nb", MATCH_YES },                      /* DOTALL */
		{ "a$", 0, "a\n", MATCH_NO },                         /* DOLLAR_ENDONLY */
		{ "a$", 0, "a", MATCH_YES },
		{ "^b", 0, "a\nb", MATCH_NO },
		{ "^b$", REGEX_LINES, "a\nb\nc", MATCH_YES },
		{ "a.b", REGEX_LINES, "a\nb", MATCH_YES },
		{ "ABC", 0, "abc", MATCH_NO },
		{ "ABC", REGEX_IGNORES_CASE, "abc", MATCH_YES },
		{ "(?i)ABC", 0, "abc", MATCH_YES },
		{ "", 0, "", MATCH_YES },
		{ "\xe9", 0, "caf\xe9", MATCH_YES },                  /* bytes, not characters */
		{ "^.$", 0, "\xc3\xa9", MATCH_NO },
		{ "\\x{c3}", 0, "\xc3\xa9", MATCH_YES },
		{ "(?:a|b)++c", 0, "ababc", MATCH_YES },
		{ "(?<=x)y(?!z)", 0, "xyw", MATCH_YES },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(once(&stage, table[i].pattern, table[i].flags, span_of(table[i].subject)), table[i].match);
	assert_int_equal(once(&stage, "^a\\x00b$", 0, span_make("a\0b", 3)), MATCH_YES);
	assert_int_equal(once(&stage, "^$", 0, SPAN_NONE), MATCH_YES);
	stage_done(&stage);
}

static void captures_of_every_group(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_int_equal(once(&stage, "(a)?(b)", 0, SPAN("xb")), MATCH_YES);
	assert_int_equal(stage.captures.count, 3);
	assert_span(stage.captures.list[0], "b");
	assert_span(stage.captures.list[1], "");
	assert_non_null(stage.captures.list[1].at);
	assert_span(stage.captures.list[2], "b");
	assert_int_equal(once(&stage, "(a)|(b)|(c)", 0, SPAN("b")), MATCH_YES);  /* what lies behind the last is not told, as by 2.9.7 */
	assert_int_equal(stage.captures.count, 3);
	assert_int_equal(once(&stage, "(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)(l)", 0, SPAN("-abcdefghijkl")), MATCH_YES);
	assert_int_equal(stage.captures.count, CAPTURES_MAX);
	assert_span(stage.captures.list[0], "abcdefghijkl");
	assert_span(stage.captures.list[9], "i");
	assert_int_equal(once(&stage, "(a)", 0, SPAN("b")), MATCH_NO);
	assert_int_equal(stage.captures.count, 0);
	stage_done(&stage);
}

/* The pattern that is told without PCRE2, beside one that says the same and is not. */
static void what_matches_all(void **state)
{
	static const struct { const char *whole, *same; unsigned flags; bool is_whole; } table[] = {
		{ "^.*$", "^(?:.*)$", 0, true },
		{ "^.*$", "^(?:.*)$", REGEX_IGNORES_CASE, true },
		{ "^.*$", "^(?:.*)$", REGEX_LINES, false },
		{ "^a.c", "^(?:a.c)", 0, false },
	};
	static const struct span subjects[] = {
		SPAN_INIT(""), SPAN_INIT("\n"), SPAN_INIT("a\nb\n"), SPAN_INIT("a\0b"), SPAN_INIT("\xc3"), { NULL, 0 },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		struct regex *whole = compiled(&stage, table[i].whole, table[i].flags), *same = compiled(&stage, table[i].same, table[i].flags);

		assert_int_equal(whole->is_whole, table[i].is_whole);
		assert_false(same->is_whole);
		for (size_t at = 0; at < 2 * COUNT(subjects); at++) {
			struct span subject = subjects[at / 2];
			unsigned not_empty = at % 2 ? REGEX_NOT_EMPTY : 0;
			enum match match = regex_match(same, stage.scratch, subject, subject.len && not_empty, not_empty, &stage.captures);
			struct captures wanted = stage.captures;

			assert_int_equal(regex_match(whole, stage.scratch, subject, subject.len && not_empty, not_empty, &stage.captures), match);
			assert_int_equal(stage.captures.count, wanted.count);
			assert_true(!wanted.count || span_equal(stage.captures.list[0], wanted.list[0]));
		}
		regex_done(whole);
		regex_done(same);
	}
	stage_done(&stage);
}

static void from_an_offset(void **state)
{
	struct stage stage;
	struct regex *regex;

	(void)state;
	stage_init(&stage);
	regex = compiled(&stage, "\\bab*", 0);
	assert_int_equal(regex_match(regex, stage.scratch, SPAN("ab abb"), 1, 0, &stage.captures), MATCH_YES);
	assert_span(stage.captures.list[0], "abb");
	assert_int_equal(regex_match(regex, stage.scratch, SPAN("xabb"), 1, 0, &stage.captures), MATCH_NO);  /* x is still seen */
	assert_int_equal(regex_match(regex, stage.scratch, SPAN("ab"), 2, 0, NULL), MATCH_NO);
	regex_done(regex);
	regex = compiled(&stage, "b*", 0);
	assert_int_equal(regex_match(regex, stage.scratch, SPAN("aab"), 0, 0, &stage.captures), MATCH_YES);
	assert_span(stage.captures.list[0], "");
	assert_int_equal(regex_match(regex, stage.scratch, SPAN("aab"), 0, REGEX_NOT_EMPTY, &stage.captures), MATCH_YES);
	assert_span(stage.captures.list[0], "b");
	regex_done(regex);
	regex_done(NULL);
	stage_done(&stage);
}

/* A limit is never a no: x+x+y on many x asks for more steps than there are. */
static void limits_are_said(void **state)
{
	char text[2000];
	struct stage stage;
	struct regex *regex;

	(void)state;
	memset(text, 'x', sizeof(text));
	stage_init(&stage);
	stage.limits = (struct operator_limits){ 1000, 1000 };
	regex = compiled(&stage, "(?:x+x+)+y", 0);
	/* PCRE2 sees that a y is needed, and looks for it first. */
	assert_int_equal(regex_match(regex, stage.scratch, span_make(text, sizeof(text)), 0, 0, &stage.captures), MATCH_NO);
	memcpy(text + sizeof(text) - 2, "-y", 2);
	assert_int_equal(regex_match(regex, stage.scratch, span_make(text, sizeof(text)), 0, 0, &stage.captures), MATCH_LIMIT);
	assert_int_equal(stage.captures.count, 0);
	regex_done(regex);
	/* The next expression of the same thread has its own. */
	stage.limits = (struct operator_limits){ 0, 0 };
	assert_int_equal(once(&stage, "^(?:x+x+)?-y$", 0, span_make(text, sizeof(text))), MATCH_YES);
	stage_done(&stage);
}

/* What a JIT stack of one MiB does not hold, the interpreter does; what its memory does not hold either is a limit. */
static void deep_matches_are_found(void **state)
{
	enum { DEEP = 160000 };
	char *text = malloc(DEEP);
	struct stage stage;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < DEEP; i++)
		text[i] = "ab"[i % 2];
	stage_init(&stage);
	stage.limits = (struct operator_limits){ 100000000, 100000000 };
	assert_int_equal(once(&stage, "^(?:a|b)*?$", 0, span_make(text, DEEP)), MATCH_YES);
	assert_int_equal(stage.captures.list[0].len, DEEP);
	assert_int_equal(once(&stage, "^(a|b)*$", 0, span_make(text, DEEP)), MATCH_LIMIT);
	text[DEEP - 1] = 'd';
	assert_int_equal(once(&stage, "^(?:a|b)*?$", 0, span_make(text, DEEP)), MATCH_NO);
	stage_done(&stage);
	free(text);
}

/* Bytes that are no UTF-8 hide nothing from a pattern that asks for it. */
static void patterns_that_ask_for_utf8(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_int_equal(once(&stage, "(*UTF)^.$", 0, SPAN("\xc3\xa9")), MATCH_YES);
	assert_int_equal(once(&stage, "(*UTF)a", 0, SPAN("a\xc3")), MATCH_YES);
	assert_int_equal(once(&stage, "(*UTF)^..$", 0, SPAN("\xc3\xa9\xff")), MATCH_NO);
	assert_int_equal(once(&stage, "(*UTF)\\x{e9}b", 0, SPAN("\xe9" "b\xc3\xa9" "b")), MATCH_YES);
	assert_int_equal(stage.captures.list[0].len, 3);
	assert_int_equal(once(&stage, "(*UTF)a", 0, SPAN("\xff\xff\xff" "a")), MATCH_YES);
	assert_int_equal(once(&stage, "(*UTF)(*NO_JIT)a", 0, SPAN("\xff\xff\xff" "a")), MATCH_YES);
	assert_int_equal(once(&stage, "(*NO_JIT)a", 0, SPAN("a\xc3")), MATCH_YES);
	stage_done(&stage);
}

static void broken_patterns_say_where(void **state)
{
	static const struct { const char *pattern, *part; } table[] = {
		{ "ab(cd", "rules/a.conf:7:3: error: the expression is broken at its end: missing closing parenthesis" },
		{ "ab)cd", "the expression is broken at its byte 3: unmatched closing parenthesis, before \")cd\"" },
		{ "a[b", "missing terminating ]" },
		{ "a**?+{", "quantifier does not follow" },
		{ "\\", "\\ at end of pattern" },
		{ "\\x{100}", "character code point value" },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct regex_birth birth = { &stage.arena, &stage.limits, stage.birth.place, &stage.complaints };
		const struct regex_birth silent = { .arena = &stage.arena };
		struct regex *regex = NULL;

		assert_result(regex_compile(span_of(table[i].pattern), 0, &silent, &regex), RESULT_MALFORMED);
		assert_result(regex_compile(span_of(table[i].pattern), 0, &birth, &regex), RESULT_MALFORMED);
		assert_null(regex);
		stage_complained(&stage, table[i].part);
	}
	stage_done(&stage);
}

static void no_memory_for_it(void **state)
{
	struct stage stage;
	struct regex *regex = NULL;
	struct arena none;
	const struct regex_birth birth = { .arena = &none };

	(void)state;
	stage_init(&stage);
	arena_init(&none, 0, 16);
	assert_result(regex_compile(SPAN("a"), 0, &birth, &regex), RESULT_NO_MEMORY);
	assert_null(regex);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options), cmocka_unit_test(captures_of_every_group), cmocka_unit_test(what_matches_all), cmocka_unit_test(from_an_offset),
		cmocka_unit_test(limits_are_said), cmocka_unit_test(deep_matches_are_found),
		cmocka_unit_test(patterns_that_ask_for_utf8), cmocka_unit_test(broken_patterns_say_where),
		cmocka_unit_test(no_memory_for_it),
	};

	return cmocka_run_group_tests_name("waf/operator_regex", tests, NULL, NULL);
}
