/* @validateByteRange, @validateUrlEncoding, @validateUtf8Encoding: a match is a fault. */
#include "operator_stage.h"

static void byte_ranges(void **state)
{
	static const struct { const char *ranges; struct span value; int match; } table[] = {
		{ "0-255", SPAN_INIT("abc\xff"), MATCH_NO }, { "97-105", SPAN_INIT("abcdefghi"), MATCH_NO }, { "97-105",
		SPAN_INIT("abcdefghij"), MATCH_YES },
		{ "1-255", { "a\0", 2 }, MATCH_YES }, { " 32 - 126 , 10", SPAN_INIT("a\n"), MATCH_NO }, { "9,10,13,32-126",
		SPAN_INIT("a\x7f"), MATCH_YES },
		{ "", SPAN_INIT("a"), MATCH_YES }, { "", SPAN_INIT(""), MATCH_NO }, { "255", SPAN_INIT("\xff"), MATCH_NO }, { "0",
		{ "\0", 1 }, MATCH_NO },
		{ "5-5,", SPAN_INIT("\5"), MATCH_NO },
	};
	static const char *const bad[] = { "5-3", "256", "0-256", "300-400", "-5", "-", "99999999999999999999" };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(stage_ask(&stage, OPERATOR_VALIDATE_BYTE_RANGE, span_of(table[i].ranges), table[i].value), table[i].match);
	assert_int_equal(stage.complaints.count, 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(stage_ask(&stage, OPERATOR_VALIDATE_BYTE_RANGE, span_of(bad[i]), SPAN("a")), -1);
		stage_complained(&stage, "rules/a.conf:7:3: error: ");
	}
	/* 2.9.7 reads what is no number as 0: so do we, and say it. */
	assert_int_equal(stage_ask(&stage, OPERATOR_VALIDATE_BYTE_RANGE, SPAN("xxx"), span_make("\0", 1)), MATCH_NO);
	stage_complained(&stage, "warning: \"xxx\" is read as 0-0");
	assert_int_equal(stage_ask(&stage, OPERATOR_VALIDATE_BYTE_RANGE, SPAN("xxx"), SPAN("a")), MATCH_YES);
	stage_complained(&stage, "warning: \"xxx\" is read as 0-0");
	assert_int_equal(stage_ask(&stage, OPERATOR_VALIDATE_BYTE_RANGE, SPAN("10x"), SPAN("\n")), MATCH_NO);
	stage_complained(&stage, "\"10x\" is read as 10-10");
	stage_done(&stage);
}

/* Where the engine knows the value's bytes already, they decide. */
static void known_bytes_give_the_same_answer(void **state)
{
	struct draws draws = { 41 };
	struct operator *operator = NULL;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_VALIDATE_BYTE_RANGE, SPAN("32-126,200-210"), false, &stage.birth, &operator));
	for (unsigned round = 0; round < 5000; round++) {
		char text[3];
		struct byte_set bytes = { { 0 } };
		struct captures captures;
		struct operator_call call = { .arena = &stage.request, .bytes = &bytes };
		struct span value = span_make(text, draw_below(&draws, 4));

		for (size_t i = 0; i < value.len; i++)
			text[i] = (char)draw(&draws);
		byte_set_add_span(&bytes, value);
		assert_int_equal(operator_match(operator, &call, value, &captures), stage_match(&stage, operator, SPAN_NONE, value));
	}
	operator_done(operator);
	stage_done(&stage);
}

static void encodings(void **state)
{
	static const struct { enum operator_id id; struct span value; int match; } table[] = {
		{ OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT(""), MATCH_NO }, { OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("a%20b%fF"), MATCH_NO },
		{ OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("%"), MATCH_YES }, { OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("%4"), MATCH_YES },
		{ OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("%4x"), MATCH_YES }, { OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("%41%"), MATCH_YES },
		{ OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("%%41"), MATCH_YES }, { OPERATOR_VALIDATE_URL_ENCODING, SPAN_INIT("%u0041"), MATCH_YES },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT(""), MATCH_NO }, { OPERATOR_VALIDATE_UTF8_ENCODING, { "a\0b", 3 }, MATCH_NO },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xf0\x9f\x98\x80\xc3\xa9"), MATCH_NO },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xf4\x8f\xbf\xbf"), MATCH_NO },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xf4\x90\x80\x80"), MATCH_YES },  /* 2.9.7 lets it pass */
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xed\xa0\x80"), MATCH_YES },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xc0\xaf"), MATCH_YES },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xe0\x80\xaf"), MATCH_YES },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("a\xe9"), MATCH_YES },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\xf8\x88\x80\x80\x80"), MATCH_YES },
		{ OPERATOR_VALIDATE_UTF8_ENCODING, SPAN_INIT("\x80"), MATCH_YES },
		{ OPERATOR_UNCONDITIONAL_MATCH, SPAN_INIT(""), MATCH_YES }, { OPERATOR_NO_MATCH, SPAN_INIT("a"), MATCH_NO },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(stage_ask(&stage, table[i].id, SPAN(""), table[i].value), table[i].match);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(byte_ranges), cmocka_unit_test(known_bytes_give_the_same_answer), cmocka_unit_test(encodings),
	};

	return cmocka_run_group_tests_name("waf/operator_valid", tests, NULL, NULL);
}
