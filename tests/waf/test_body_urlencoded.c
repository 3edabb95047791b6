#include "../base/failing.h"

#include "../../src/base/buffer.c"
#include "../../src/base/block.c"
#include "../../src/waf/body/reader.c"
#include "../../src/waf/body/urlencoded.c"

#include "body_told.h"

static const struct subject form = { .kind = READER_URLENCODED };

/* Asked of ModSecurity 2.9.7. */
static const struct {
	struct span body;
	const char *told;
	bool is_invalid;
} rows[] = {
	{ SPAN_INIT(""), "", false },
	{ SPAN_INIT("a=1&b=2"), "a=1|b=2|", false },
	{ SPAN_INIT("a&b="), "a=|b=|", false },
	{ SPAN_INIT("&"), "=|", false },
	{ SPAN_INIT("="), "=|", false },
	{ SPAN_INIT("=x"), "=x|", false },
	{ SPAN_INIT("a=1&"), "a=1|", false },
	{ SPAN_INIT("&&a"), "=|=|a=|", false },
	{ SPAN_INIT("a=%zz"), "a=%zz|", true },
	{ SPAN_INIT("a=%"), "a=%|", true },
	{ SPAN_INIT("a=%4"), "a=%4|", true },
	{ SPAN_INIT("a=%4g"), "a=%4g|", true },
	{ SPAN_INIT("a=%%41"), "a=%A|", true },
	{ SPAN_INIT("%zz=1"), "%zz=1|", true },
	{ SPAN_INIT("a%=41"), "a%=41|", true },
	{ SPAN_INIT("a=%00b"), "a=\\00b|", false },
	{ SPAN_INIT("a=%0a%FF%fF"), "a=\\0a\\ff\\ff|", false },
	{ SPAN_INIT("%41%3d=1%26"), "A\\3d=1&|", false },
	{ SPAN_INIT("a=b=c"), "a=b\\3dc|", false },
	{ SPAN_INIT("a+b=c+d"), "a b=c d|", false },
	{ SPAN_INIT("a=%2b%25"), "a=+%|", false },
	{ SPAN_INIT("a=%u0041"), "a=%u0041|", true },
	{ SPAN_INIT("a;b=c"), "a;b=c|", false },
	{ SPAN_INIT("a=%252e"), "a=%2e|", false },  /* decoded once, never twice */
	{ SPAN_INIT("a\0b=\0"), "a\\00b=\\00|", false },
};

static enum result ask_query(struct span query, char separator, struct told *told)
{
	struct body_sink sink = told_sink(told);

	return query_string_read(query, separator, &body_limits_default, &sink, &told->report);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct told told = { 0 };

		assert_int_equal(assert_told(&form, rows[i].body, rows[i].told, ""), (uint32_t)rows[i].is_invalid << BODY_FLAG_URLENCODED_ERROR);
		assert_prefixes(&form, rows[i].body);
		buffer_init(&told.text, 1 << 20);
		assert_ok(ask_query(rows[i].body, 0, &told));
		assert_true(span_equal(buffer_span(&told.text), span_of(rows[i].told)));
		assert_int_equal(body_report_has(&told.report, BODY_FLAG_URLENCODED_ERROR), rows[i].is_invalid);
		told_done(&told);
	}
}

static void test_separator(void **state)
{
	struct told told = { 0 };

	(void)state;
	buffer_init(&told.text, 1 << 20);
	assert_ok(ask_query(SPAN("a=1&b;c=2"), ';', &told));
	assert_span(buffer_span(&told.text), "a=1&b|c=2|");
	told_done(&told);
}

static void test_report_is_added_to(void **state)
{
	struct told told = { 0 };

	(void)state;
	buffer_init(&told.text, 1 << 20);
	assert_ok(ask_query(SPAN("a=%"), 0, &told));
	assert_ok(ask_query(SPAN("bc=1"), 0, &told));
	assert_int_equal(told.report.arguments, 2);
	assert_int_equal(told.report.argument_bytes, 5);
	assert_true(body_report_has(&told.report, BODY_FLAG_URLENCODED_ERROR));
	told_done(&told);
}

static void test_limits(void **state)
{
	static const struct body_limits tight = { .arguments = 2, .name_bytes = 4, .value_bytes = 5, .argument_bytes = 12 };
	static const struct subject small = { .kind = READER_URLENCODED, .limits = &tight };

	(void)state;
	assert_told(&small, SPAN("a=1&b=2"), "a=1|b=2|", "");
	assert_told(&small, SPAN("a=1&b=2&c"), "a=1|b=2|", "SecArgumentsLimit exceeded");
	assert_told(&small, SPAN("abcd=12345"), "abcd=12345|", "");
	assert_told(&small, SPAN("%61bcd=12%334%35"), "abcd=12345|", "");
	assert_told(&small, SPAN("abcde=1"), "", "Name of an argument over 4 bytes long");
	assert_told(&small, SPAN("a=1&b=123456"), "a=1|", "Value of an argument over 5 bytes long");
	assert_told(&small, SPAN("abcd=12345&abc=1"), "abcd=12345|", "Arguments over 12 bytes together");
	assert_told(&small, SPAN("a=1&b=123456789012345678901234567890&c=2"), "a=1|", "Argument too long");
	assert_told(&small, SPAN("a=1&b=123456789012345678901234567890"), "a=1|", "Argument too long");
}

static void test_kinds(void **state)
{
	enum reader_kind kind;

	(void)state;
	assert_ok(reader_find(SPAN("urlEncoded"), &kind));
	assert_int_equal(kind, READER_URLENCODED);
	assert_ok(reader_find(SPAN("XML"), &kind));
	assert_int_equal(kind, READER_XML);
	assert_ok(reader_find(SPAN("json"), &kind));
	assert_ok(reader_find(SPAN("Multipart"), &kind));
	assert_result(reader_find(SPAN("YAML"), &kind), RESULT_NOT_FOUND);
	assert_result(reader_find(SPAN(""), &kind), RESULT_NOT_FOUND);
}

static void test_no_sink_no_call(void **state)
{
	struct reader_birth birth = { .limits = &body_limits_default };
	struct reader *reader;

	(void)state;
	assert_ok(reader_new(READER_URLENCODED, &birth, &reader));
	assert_ok(reader_feed(reader, SPAN("a=1&b=2")));
	assert_ok(reader_end(reader));
	assert_int_equal(reader_report(reader)->arguments, 2);
	assert_ok(reader_feed(reader, SPAN("&c=3")));  /* behind the end: nothing */
	assert_int_equal(reader_report(reader)->arguments, 2);
	reader_free(reader);
	reader_free(NULL);
}

static void test_refusal(void **state)
{
	(void)state;
	assert_refusal_stays(&form, SPAN("a=1&b=2"));
	assert_refusal_stays(&form, SPAN("a=1"));
}

static void test_memory_runs_out(void **state)
{
	(void)state;
	assert_memory_may_run_out(&form, SPAN("a=%41"), SPAN("b&c+d="), 2, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),          cmocka_unit_test(test_separator), cmocka_unit_test(test_report_is_added_to),
		cmocka_unit_test(test_limits),        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_no_sink_no_call),
		cmocka_unit_test(test_refusal),       cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
