#include "../base/failing.h"

#include "../../src/base/buffer.c"
#include "../../src/base/block.c"
#include "../../src/waf/body/cookie.c"

#include "body_told.h"

/* Asked of ModSecurity 2.9.7, with SecCookieFormat 0 and 1. */
static const struct {
	struct span header;
	const char *v0, *v1;
} rows[] = {
	{ SPAN_INIT(""), "", "" },
	{ SPAN_INIT("a=b; c=d"), "a=b|c=d|", "a=b|c=d|" },
	{ SPAN_INIT("a"), "a=|", "a=|" },
	{ SPAN_INIT("=b; c"), "c=|", "c=|" },
	{ SPAN_INIT("a=\"x;y\"; b"), "a=\"x|y\"=|b=|", "a=x;y|b=|" },
	{ SPAN_INIT(" a = b ; c=d"), "a = b |c=d|", "a=b|c=d|" },
	{ SPAN_INIT("a=b;;c=%41+"), "a=b|c=%41+|", "a=b|c=%41+|" },
	{ SPAN_INIT("$Version=1; a=b; $Path=/"), "$Version=1|a=b|$Path=/|", "$Version=1|a=b|$a_Path=/|" },
	{ SPAN_INIT("$Version=\"1\"; a=\"b\"; $Path=\"/\"; c=d; $Domain=x"),
	  "$Version=\"1\"|a=\"b\"|$Path=\"/\"|c=d|$Domain=x|", "$Version=1|a=b|$a_Path=/|c=d|$c_Domain=x|" },
	{ SPAN_INIT("a=b,c=d"), "a=b,c\\3dd|", "a=b|c=d|" },
	{ SPAN_INIT("a=b, c=d,e=f"), "a=b|c=d|e=f|", "a=b|c=d|e=f|" },
	{ SPAN_INIT("a=b,c=d, e=f"), "a=b,c\\3dd, e\\3df|", "a=b|c=d|e=f|" },
	{ SPAN_INIT("a=b, c=d; e"), "a=b, c\\3dd|e=|", "a=b|c=d|e=|" },
	{ SPAN_INIT("a=1,\tb=2"), "a=1,\\09b\\3d2|", "a=1|b=2|" },
	{ SPAN_INIT("a=b,"), "a=b,|", "a=b|" },
	{ SPAN_INIT("$, = =$Path\t="), "$=|", "$=|" },
	{ SPAN_INIT("a=1; a=2"), "a=1|a=2|", "a=1|a=2|" },
	{ SPAN_INIT("a==b"), "a=\\3db|", "a=\\3db|" },
	{ SPAN_INIT("a\t=b"), "a\\09=b|", "a=b|" },
	{ SPAN_INIT(";"), "", "" },
	{ SPAN_INIT("a=b ; "), "a=b |", "a=b|" },
	{ SPAN_INIT("a="), "a=|", "a=|" },
	{ SPAN_INIT("a=\""), "a=\"|", "a=|" },
	{ SPAN_INIT("a=\"x"), "a=\"x|", "a=x|" },
	{ SPAN_INIT("a=\"x\"y; c=d"), "a=\"x\"y|c=d|", "a=x|y=|c=d|" },
	{ SPAN_INIT("a=\"x\" , b"), "a=\"x\" |b=|", "a=x|b=|" },
	{ SPAN_INIT("a= ;b=1"), "a= |b=1|", "a=|b=1|" },
	{ SPAN_INIT("a=\"\";b"), "a=\"\"|b=|", "a=|b=|" },
	{ SPAN_INIT("; a"), "a=|", "a=|" },
	{ SPAN_INIT("=x"), "", "" },
	{ SPAN_INIT("a=b c=d"), "a=b c\\3dd|", "a=b c\\3dd|" },
	{ SPAN_INIT("$a=1;$b=2"), "$a=1|$b=2|", "$a=1|$b=2|" },
	{ SPAN_INIT("a;$b"), "a=|$b=|", "a=|$a_b=|" },
	{ SPAN_INIT("=1; $c=2"), "$c=2|", "$c=2|" },
	{ SPAN_INIT("a=,b"), "a=,b|", "a=|b=|" },
	{ SPAN_INIT("a=x\"y\""), "a=x\"y\"|", "a=x\"y\"|" },
	{ SPAN_INIT("a=\"x\\\"y\"; b=1"), "a=\"x\\5c\"y\"|b=1|", "a=x\\5c|y\"=|b=1|" },
	{ SPAN_INIT("a =\" b \""), "a =\" b \"|", "a= b |" },
};

static void assert_cookies(enum cookie_format format, struct span header, char separator, const struct body_limits *limits,
                           const char *text, const char *message)
{
	struct told told = { 0 };
	struct body_sink sink = told_sink(&told);
	char *copy = malloc(header.len + !header.len);

	memcpy(copy, header.at, header.len);
	buffer_init(&told.text, 1 << 20);
	assert_ok(cookies_read(format, span_make(copy, header.len), separator, limits, &sink, &told.report));
	free(copy);
	if (!span_equal(buffer_span(&told.text), span_of(text)))
		print_error("%.*s: %.*s, not %s\n", SPAN_ARG(header), SPAN_ARG(buffer_span(&told.text)), text);
	assert_true(span_equal(buffer_span(&told.text), span_of(text)));
	assert_true(span_equal(body_report_message(&told.report), span_of(message)));
	told_done(&told);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_cookies(COOKIE_V0, rows[i].header, 0, &body_limits_default, rows[i].v0, "");
		assert_cookies(COOKIE_V1, rows[i].header, 0, &body_limits_default, rows[i].v1, "");
	}
}

static void test_separator(void **state)
{
	(void)state;
	assert_cookies(COOKIE_V0, SPAN("a=1; b=2, c=3"), ',', &body_limits_default, "a=1; b\\3d2|c=3|", "");
}

static void test_limits(void **state)
{
	static const struct body_limits tight = { .arguments = 2, .name_bytes = 3, .value_bytes = 3, .argument_bytes = 100 };

	(void)state;
	for (enum cookie_format format = COOKIE_V0; format <= COOKIE_V1; format++) {
		assert_cookies(format, SPAN("abc=123;b"), 0, &tight, "abc=123|b=|", "");
		assert_cookies(format, SPAN("a;b;c"), 0, &tight, "a=|b=|", "SecArgumentsLimit exceeded");
		assert_cookies(format, SPAN("a;abcd;c"), 0, &tight, "a=|", "Name of an argument over 3 bytes long");
		assert_cookies(format, SPAN("a=1234"), 0, &tight, "", "Value of an argument over 3 bytes long");
	}
	assert_cookies(COOKIE_V1, SPAN("a;$b"), 0, &tight, "a=|", "Name of an argument over 3 bytes long");
}

/* Never more memory than the header, whatever is in it; and a call per cookie. */
static void test_anything_is_read(void **state)
{
	struct draws draws = { 7 };

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		char *header = malloc(24);
		struct told told = { 0 };
		struct body_sink sink = told_sink(&told);
		size_t len = draw_below(&draws, 25);

		buffer_init(&told.text, 1 << 20);
		for (size_t i = 0; i < len; i++)
			header[i] = "a$=;,\" \t\0b"[draw_below(&draws, 10)];
		assert_ok(cookies_read((enum cookie_format)(round % 2), span_make(header, len), 0, &body_limits_default, &sink, &told.report));
		assert_false(body_report_has(&told.report, BODY_FLAG_ERROR));
		free(header);
		told_done(&told);
	}
}

static void test_memory_runs_out(void **state)
{
	struct body_report report = { 0 };
	struct body_sink sink = { 0 };
	enum result result = RESULT_NO_MEMORY;
	size_t nth = 1;

	(void)state;
	for (; result == RESULT_NO_MEMORY; nth++) {
		block_thread_done();
		failing_from(nth);
		result = cookies_read(COOKIE_V1, SPAN("a=1; $Path=2"), 0, &body_limits_default, &sink, &report);
		failing_from(0);
	}
	assert_ok(result);
	assert_true(nth > 2);
}

static void test_refusal(void **state)
{
	struct refusing refusing = { 0, 2 };
	struct body_sink sink = { .context = &refusing, .argument = refuse_argument };
	struct body_report report = { 0 };

	(void)state;
	assert_result(cookies_read(COOKIE_V0, SPAN("a;b;c"), 0, &body_limits_default, &sink, &report), RESULT_NO_MEMORY);
	assert_int_equal(refusing.calls, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),            cmocka_unit_test(test_separator), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_anything_is_read), cmocka_unit_test(test_memory_runs_out), cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
