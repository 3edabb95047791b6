#include "web_stage.h"

static void reads_queries_and_forms(void **state)
{
	static const struct { const char *query, *type, *body; enum result result; const char *value; } cases[] = {
		{ "?q=status%3E%3D500+and+site%3Da", "text/plain", "", RESULT_OK, "status>=500 and site=a" },
		{ "", "text/plain", "q=1", RESULT_OK, "" },
		{ "", "application/x-www-form-urlencoded", "q=1", RESULT_OK, "1" },
		{ "", "Application/X-WWW-Form-Urlencoded; charset=utf-8", "q=1", RESULT_OK, "1" },
		{ "?q=1", "application/x-www-form-urlencoded", "q=1", RESULT_MALFORMED, "" },
		{ "?q=1&q=1", "text/plain", "", RESULT_MALFORMED, "" },
		{ "?q=%00", "text/plain", "", RESULT_MALFORMED, "" },
		{ "?q=%", "text/plain", "", RESULT_MALFORMED, "" },
		{ "?p=%&q=ok", "text/plain", "", RESULT_OK, "ok" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span value = SPAN_NONE;
		struct stage stage;
		char text[512];

		snprintf(text, sizeof(text), "POST /api%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n\r\n%s", cases[i].query, cases[i].type, cases[i].body);
		stage_begin(&stage, WEB_LOOPBACK, text);
		assert_int_equal(web_query(&stage.exchange->request, SPAN("q"), &value), cases[i].result);
		assert_text(value, cases[i].value);
		stage_end(&stage);
	}
}

static void believes_no_cookie_that_is_there_twice(void **state)
{
	struct stage stage;

	(void)state;
	stage_begin(&stage, WEB_LOOPBACK, "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=1; s=2; s=3\r\n\r\n");
	assert_text(web_cookie(&stage.exchange->request, SPAN("a")), "1");
	assert_text(web_cookie(&stage.exchange->request, SPAN("s")), "");
	assert_text(web_cookie(&stage.exchange->request, SPAN("b")), "");
	stage_end(&stage);
}

static void keeps_no_more_than_it_may(void **state)
{
	static char long_text[WEB_ARENA_MAX];
	struct stage stage;
	size_t kept = 0;

	(void)state;
	stage_begin(&stage, WEB_LOOPBACK, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assert_text(web_keep(&stage.exchange->request, SPAN("kept")), "kept");
	while (kept < 64 && web_keep(&stage.exchange->request, span_make(long_text, 16384)).at)
		kept++;
	assert_in_range(kept, 8, 16);
	stage_end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_queries_and_forms),
		cmocka_unit_test(believes_no_cookie_that_is_there_twice),
		cmocka_unit_test(keeps_no_more_than_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
