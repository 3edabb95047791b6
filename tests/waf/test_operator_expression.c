/* @rx and @rxGlobal, with and without macros. What macros do to a pattern was asked of ModSecurity 2.9.7. */
#include "operator_stage.h"

static enum match expanded(struct stage *stage, const char *pattern, struct span value)
{
	struct operator *operator = NULL;
	enum match match;

	assert_ok(operator_compile(OPERATOR_RX, SPAN("%{tx.a}"), true, &stage->birth, &operator));
	assert_int_equal(operator_pattern(operator).len, 0);
	match = stage_match(stage, operator, span_of(pattern), value);
	operator_done(operator);
	return match;
}

static void macros_escape_the_pattern(void **state)
{
	static const struct { const char *pattern, *value; enum match match; } table[] = {
		{ "^b.c$", "b.c", MATCH_YES }, { "^b.c$", "bxc", MATCH_NO }, { "^b.c$", "^b.c$", MATCH_NO },
		{ ".*", "foo", MATCH_YES },             /* any number of dots: none */
		{ "z\\dz5", "z7z5", MATCH_NO }, { "z\\dz5", "z\\dz5", MATCH_YES },
		{ "z(a)z5", "zaz5", MATCH_NO }, { "z(a)z5", "z(a)z5", MATCH_YES },
		{ "z[a]z5", "zaz5", MATCH_NO }, { "z[a]z5", "z[a]z5", MATCH_YES },
		{ "za{2}z5", "zaaz5", MATCH_YES }, { "za{2}z5", "za{2}z5", MATCH_NO },
		{ "za+z5", "zaaz5", MATCH_NO }, { "za+z5", "za+z5", MATCH_YES },
		{ "za?z5", "zz5", MATCH_NO }, { "za?z5", "za?z5", MATCH_YES },
		{ "za|bz5", "zaz5", MATCH_YES }, { "z/z", "z/z", MATCH_YES }, { "z\"z", "z\"z", MATCH_YES },
		{ "za*bz5", "zbz5", MATCH_YES }, { "z\\x41", "zA", MATCH_NO }, { "\xe9", "\xe9", MATCH_YES },
		{ "*", "*", MATCH_NO },                 /* no expression at all: nothing matches it */
		{ "", "anything", MATCH_YES },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (int round = 0; round < 2; round++) {  /* and the same from the scratch's memory */
		for (size_t i = 0; i < COUNT(table); i++)
			assert_int_equal(expanded(&stage, table[i].pattern, span_of(table[i].value)), table[i].match);
	}
	assert_int_equal(stage.complaints.count, 0);
	stage_done(&stage);
}

static void an_endless_expansion_is_a_limit(void **state)
{
	static char text[20000];
	struct stage stage;
	struct operator *operator = NULL;

	(void)state;
	memset(text, 'a', sizeof(text));
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_RX, SPAN("%{tx.a}"), true, &stage.birth, &operator));
	assert_int_equal(stage_match(&stage, operator, span_make(text, sizeof(text)), SPAN("b")), MATCH_LIMIT);
	assert_int_equal(stage_match(&stage, operator, span_make(text, 16 * 1024), SPAN("b")), MATCH_NO);
	operator_done(operator);
	stage_done(&stage);
}

static void no_memory_is_a_limit(void **state)
{
	struct stage stage;
	struct operator *operator = NULL;
	struct captures captures;
	struct arena none;
	struct operator_call call = { .arena = &none, .parameter = SPAN("a.b") };

	(void)state;
	stage_init(&stage);
	call.scratch = stage.scratch;
	arena_init(&none, 0, 16);
	assert_ok(operator_compile(OPERATOR_RX, SPAN("%{tx.a}"), true, &stage.birth, &operator));
	assert_int_equal(operator_match(operator, &call, SPAN("a.b"), &captures), MATCH_LIMIT);
	operator_done(operator);
	stage_done(&stage);
}

static void a_pattern_without_macros_is_what_it_says(void **state)
{
	struct stage stage;
	struct operator *operator = NULL;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_RX, SPAN("(\\d+)-b"), false, &stage.birth, &operator));
	assert_span(operator_pattern(operator), "(\\d+)-b");
	assert_int_equal(stage_match(&stage, operator, SPAN("ignored"), SPAN("a 12-b")), MATCH_YES);
	assert_int_equal(stage.captures.count, 2);
	assert_span(stage.captures.list[1], "12");
	assert_int_equal(stage_match(&stage, operator, SPAN("ignored"), SPAN("a b")), MATCH_NO);
	operator_done(operator);
	assert_int_equal(stage_ask(&stage, OPERATOR_RX, SPAN("(a"), SPAN("a")), -1);
	stage_complained(&stage, "missing closing parenthesis");
	stage_done(&stage);
}

static void every_match_of_a_global_one(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_int_equal(stage_ask(&stage, OPERATOR_RX_GLOBAL, SPAN("(a)(b)?"), SPAN("ab-a-ab")), MATCH_YES);
	assert_int_equal(stage.captures.count, 8);
	assert_span(stage.captures.list[3], "a");
	assert_span(stage.captures.list[5], "ab");
	assert_int_equal(stage_ask(&stage, OPERATOR_RX_GLOBAL, SPAN("."), SPAN("abcdefghijklmn")), MATCH_YES);
	assert_int_equal(stage.captures.count, CAPTURES_MAX);
	assert_span(stage.captures.list[9], "j");
	assert_int_equal(stage_ask(&stage, OPERATOR_RX_GLOBAL, SPAN("b*"), SPAN("ab")), MATCH_YES);  /* empty first, then b */
	assert_int_equal(stage.captures.count, 2);
	assert_int_equal(stage_ask(&stage, OPERATOR_RX_GLOBAL, SPAN("x"), SPAN("ab")), MATCH_NO);
	assert_int_equal(stage.captures.count, 0);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macros_escape_the_pattern), cmocka_unit_test(an_endless_expansion_is_a_limit), cmocka_unit_test(no_memory_is_a_limit),
		cmocka_unit_test(a_pattern_without_macros_is_what_it_says), cmocka_unit_test(every_match_of_a_global_one),
	};

	return cmocka_run_group_tests_name("waf/operator_expression", tests, NULL, NULL);
}
