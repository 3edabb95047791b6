/* @verifyCC, @verifyCPF, @verifySSN, @verifySVNR: numbers that check and numbers that do not. */
#include "operator_stage.h"

static void numbers(void **state)
{
	static const struct { enum operator_id id; const char *pattern, *value, *found; } table[] = {
		{ OPERATOR_VERIFY_CC, "\\d{13,16}", "card 5484605089158216.", "5484605089158216" },
		{ OPERATOR_VERIFY_CC, "\\d{16}", "card 5484605089158217.", NULL },
		{ OPERATOR_VERIFY_CC, "\\d{4}-?\\d{4}-?\\d{4}-?\\d{4}", "5484-6050-8915-8216", "5484-6050-8915-8216" },
		{ OPERATOR_VERIFY_CC, "\\d{15}", "343918934573386", "343918934573386" },   /* an odd count of digits */
		{ OPERATOR_VERIFY_CC, "\\d{16}", "15484605089158216", "5484605089158216" },  /* at the second place */
		{ OPERATOR_VERIFY_CC, ".*", "no digit", NULL }, { OPERATOR_VERIFY_CC, "x*", "aaaa", NULL }, { OPERATOR_VERIFY_CC, "\\d", "0", "0" },
		{ OPERATOR_VERIFY_CC, "^\\d{16}$", "a\n5484605089158216\nb", "5484605089158216" },  /* by line */
		{ OPERATOR_VERIFY_CPF, "([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}", "asdf 010.817.514-60 asdf", "010.817.514-60" },
		{ OPERATOR_VERIFY_CPF, "([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}", "010.817.514-61", NULL },
		{ OPERATOR_VERIFY_CPF, "([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}", "010.817.514-50", NULL },
		{ OPERATOR_VERIFY_CPF, "\\d+", "11111111111", NULL }, { OPERATOR_VERIFY_CPF, "\\d+", "01234567890", NULL },
		{ OPERATOR_VERIFY_CPF, "\\d+", "0108175146", NULL }, { OPERATOR_VERIFY_CPF, "\\d+", "0108175146099", "0108175146099" },
		{ OPERATOR_VERIFY_SSN, "\\d{3}-?\\d{2}-?\\d{4}", "asdf 574-57-8065 asdf", "574-57-8065" },
		{ OPERATOR_VERIFY_SSN, "\\d{3}-?\\d{2}-?\\d{4}", "800-57-8065", NULL }, { OPERATOR_VERIFY_SSN, "\\d{9}", "123456789", NULL },
		{ OPERATOR_VERIFY_SSN, "\\d{9}", "222222222", NULL }, { OPERATOR_VERIFY_SSN, "\\d{9}", "666121234", NULL },
		{ OPERATOR_VERIFY_SSN, "\\d{9}", "000121234", NULL }, { OPERATOR_VERIFY_SSN, "\\d{9}", "739121234", "739121234" },
		{ OPERATOR_VERIFY_SSN, "\\d{9}", "739001234", NULL }, { OPERATOR_VERIFY_SSN, "\\d{9}", "739120000", NULL },
		{ OPERATOR_VERIFY_SSN, "\\d+", "57457806", NULL }, { OPERATOR_VERIFY_SSN, "^\\d+", "5745780650", NULL },
		{ OPERATOR_VERIFY_SVNR, "[0-9]{4} ?[0-9]{6}", "asdf 1237 010180 asdf", "1237 010180" },
		{ OPERATOR_VERIFY_SVNR, "[0-9]{4} ?[0-9]{6}", "1236 010180", NULL }, { OPERATOR_VERIFY_SVNR, "[0-9]+", "123701018", NULL },
		{ OPERATOR_VERIFY_SVNR, "[0-9]+", "", NULL },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		int match = stage_ask(&stage, table[i].id, span_of(table[i].pattern), span_of(table[i].value));

		if (match != (table[i].found ? MATCH_YES : MATCH_NO))
			print_error("@%s of %s\n", operator_name(table[i].id), table[i].value);
		assert_int_equal(match, table[i].found ? MATCH_YES : MATCH_NO);
		if (table[i].found)
			assert_true(span_equal(stage.captures.list[0], span_of(table[i].found)));
		else
			assert_int_equal(stage.captures.count, 0);
	}
	stage_done(&stage);
}

/* Of ten last digits exactly one is right, whatever stands before it (Luhn finds every single wrong digit). */
static void one_check_digit_of_ten(void **state)
{
	struct draws draws = { 53 };
	struct stage stage;
	struct operator *operator = NULL;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_VERIFY_CC, SPAN("^\\d+$"), false, &stage.birth, &operator));
	for (unsigned round = 0; round < 2000; round++) {
		char digits[19];
		size_t len = 2 + draw_below(&draws, sizeof(digits) - 1);
		unsigned right = 0;

		for (size_t i = 0; i + 1 < len; i++)
			digits[i] = (char)('0' + draw_below(&draws, 10));
		for (char last = '0'; last <= '9'; last++) {
			digits[len - 1] = last;
			right += stage_match(&stage, operator, SPAN_NONE, span_make(digits, len)) == MATCH_YES;
		}
		assert_int_equal(right, 1);
		arena_reset(&stage.request);
	}
	operator_done(operator);
	stage_done(&stage);
}

/* So 2.9.7 fills TX:0 to TX:9. */
static void every_group_is_the_whole_match(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_int_equal(stage_ask(&stage, OPERATOR_VERIFY_CC, SPAN("(\\d)\\d{12,15}"), SPAN("x 5484605089158216")), MATCH_YES);
	assert_int_equal(stage.captures.count, 2);
	assert_span(stage.captures.list[1], "5484605089158216");
	stage_done(&stage);
}

static void broken_and_endless(void **state)
{
	char text[400];
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_int_equal(stage_ask(&stage, OPERATOR_VERIFY_SSN, SPAN("(\\d"), SPAN("1")), -1);
	stage_complained(&stage, "missing closing parenthesis");
	memset(text, 'x', sizeof(text));
	memcpy(text + sizeof(text) - 2, "-y", 2);
	stage.limits = (struct operator_limits){ 500, 500 };
	assert_int_equal(stage_ask(&stage, OPERATOR_VERIFY_CC, SPAN("(?:x+x+)+y"), span_make(text, sizeof(text))), MATCH_LIMIT);
	assert_int_equal(stage.captures.count, 0);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(one_check_digit_of_ten), cmocka_unit_test(every_group_is_the_whole_match),
		cmocka_unit_test(broken_and_endless),
	};

	return cmocka_run_group_tests_name("waf/operator_verify", tests, NULL, NULL);
}
