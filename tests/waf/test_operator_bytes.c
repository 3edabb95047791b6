/* Bytes without one of which an operator does not match: a value that has none of them is never one that matches. */
#include "operator_stage.h"

static const struct {
	enum operator_id id;
	const char *parameter, *matches;
} asked[] = {
	{ OPERATOR_DETECT_SQLI, "", "1' or '1'='1" },
	{ OPERATOR_DETECT_XSS, "", "<script>alert(1)</script>" },
	{ OPERATOR_VALIDATE_URL_ENCODING, "", "%zz" },
	{ OPERATOR_VALIDATE_UTF8_ENCODING, "", "a\xff" },
	{ OPERATOR_VALIDATE_BYTE_RANGE, "32-90,97-122", "a_b" },
};

static void what_lacks_them_never_matches(void **state)
{
	static const char pieces[] = "aZ09_ '%=<>-\xe9\xff[";
	uint64_t draw = 88172645463325252u;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct operator *operator = NULL;
		struct byte_set needed, bytes = { { 0 } };
		unsigned lacking = 0;

		assert_ok(operator_compile(asked[i].id, span_of(asked[i].parameter), false, &stage.birth, &operator));
		assert_true(operator_bytes(operator, &needed));
		byte_set_add_span(&bytes, span_of(asked[i].matches));
		assert_true(byte_sets_meet(&needed, &bytes));
		assert_int_equal(stage_match(&stage, operator, SPAN_NONE, span_of(asked[i].matches)), MATCH_YES);
		for (unsigned round = 0; round < 20000; round++) {
			char text[8];
			size_t len = 0;

			bytes = (struct byte_set){ { 0 } };
			draw ^= draw << 13, draw ^= draw >> 7, draw ^= draw << 17;
			for (uint64_t left = draw; len < draw % 8; left /= sizeof(pieces) - 1)
				text[len++] = pieces[left % (sizeof(pieces) - 1)];
			byte_set_add_span(&bytes, span_make(text, len));
			if (byte_sets_meet(&needed, &bytes))
				continue;
			lacking++;
			assert_int_equal(stage_match(&stage, operator, SPAN_NONE, span_make(text, len)), MATCH_NO);
		}
		assert_true(lacking > 100);
		operator_done(operator);
	}
	stage_done(&stage);
}

static void others_do_not_tell(void **state)
{
	struct operator *operator = NULL;
	struct byte_set needed;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_STREQ, SPAN("a"), false, &stage.birth, &operator));
	assert_false(operator_bytes(operator, &needed));
	operator_done(operator);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_lacks_them_never_matches), cmocka_unit_test(others_do_not_tell) };

	return cmocka_run_group_tests_name("waf/operator_bytes", tests, NULL, NULL);
}
