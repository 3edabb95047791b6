#include "stage.h"

#include "event/member.h"

static const char line[] = "{\"a\":1, \"b\" : \"x\\\"y\\u00e9\\ud83d\\ude00\\n\",\"c\":[1,\"two\",{\"id\":3}],\"d\":{\"a\":true},\"e\":-1.5e+3,\"f\":null}";

static void members_in_order(void **state)
{
	static const struct { const char *name, *value; enum member_kind kind; } want[] = {
		{ "a", "1", MEMBER_NUMBER }, { "b", "x\\\"y\\u00e9\\ud83d\\ude00\\n", MEMBER_TEXT },
		{ "c", "[1,\"two\",{\"id\":3}]", MEMBER_LIST }, { "d", "{\"a\":true}", MEMBER_OBJECT },
		{ "e", "-1.5e+3", MEMBER_NUMBER }, { "f", "null", MEMBER_WORD },
	};
	struct members members;
	struct member member;
	char text[64];

	(void)state;
	members_init(&members, SPAN(line));
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(members_next(&members, &member), RESULT_OK);
		assert_span(member.name, want[i].name);
		assert_span(member.value, want[i].value);
		assert_int_equal(member.kind, want[i].kind);
	}
	assert_int_equal(members_next(&members, &member), RESULT_END);
	assert_int_equal(member_find(SPAN(line), SPAN("b"), &member), RESULT_OK);
	assert_span(member_text(member.value, text, sizeof(text)), "x\"y\xc3\xa9\xf0\x9f\x98\x80\n");
	assert_span(member_text(member.value, text, 4), "x\"y");  /* half a character is none */
	assert_span(member_text(SPAN("\\ud83d!\\udc00"), text, sizeof(text)), "\xef\xbf\xbd!\xef\xbf\xbd");
	assert_int_equal(member_find(SPAN(line), SPAN("id"), &member), RESULT_NOT_FOUND);
	members_init(&members, SPAN("[1,\"two\"]"));
	assert_int_equal(members_next(&members, &member), RESULT_OK);
	assert_int_equal(members_next(&members, &member), RESULT_OK);
	assert_span(member.value, "two");
	assert_int_equal(members_next(&members, &member), RESULT_END);
}

static enum result read_all(struct span text)
{
	struct members members;
	struct member member;
	enum result result;

	members_init(&members, text);
	while ((result = members_next(&members, &member)) == RESULT_OK)
		;
	return result;
}

static void every_proper_prefix_is_malformed(void **state)
{
	(void)state;
	assert_int_equal(read_all(SPAN(line)), RESULT_END);
	for (size_t len = 0; len < sizeof(line) - 1; len++)
		assert_int_equal(read_all(span_make(line, len)), RESULT_MALFORMED);
}

static void what_is_not_json(void **state)
{
	static const char *const bad[] = {
		"x", "{}}", "{} x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{a:1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":.5}",
		"{\"a\":1e}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":tru}", "{\"a\":[1 2]}", "{\"a\":[1,]}",
		"{\"a\":{\"b\"}}", "{\"a\":{1:2}}", "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", "{\"a\":-}", "{\"a\":'1'}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
	};
	static const char *const good[] = { "{}", " { } ", "[]", "[ 1 , 2 ]", "{\"a\":[[[[1]]]]}", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":0}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_all(span_of(bad[i])) != RESULT_MALFORMED)
			fail_msg("accepted: %s", bad[i]);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(read_all(span_of(good[i])), RESULT_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_in_order), cmocka_unit_test(every_proper_prefix_is_malformed), cmocka_unit_test(what_is_not_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
