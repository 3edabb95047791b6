#include "web_stage.h"

#include "hub/web/assets.h"

static const struct web_asset list[] = {
	{ "/index.html", "text/html; charset=utf-8", "d1", false, { SPAN_INIT("index, and more"), SPAN_INIT("gzip"), SPAN_INIT("br") } },
	{ "/assets/app-Bx3kQ9_a.js", "text/javascript; charset=utf-8", "d2", true, { SPAN_INIT("a script"), SPAN_INIT("gz"), { NULL, 0 } } },
	{ "/empty.txt", "text/plain; charset=utf-8", "d3", false, { SPAN_INIT(""), { NULL, 0 }, { NULL, 0 } } },
};
static const struct web_assets assets = { list, 3 }, none = { list, 0 };

static void finds_files_and_the_smallest_copy(void **state)
{
	static const struct { const char *path, *fields; unsigned status; const char *body, *etag, *coding, *cache; } cases[] = {
		{ "/", "", 200, "index, and more", "\"d1\"", "", "no-cache" },
		{ "/index.html", "Accept-Encoding: gzip, deflate, br\r\n", 200, "br", "\"d1-br\"", "br", "no-cache" },
		{ "/index.html", "Accept-Encoding: gzip\r\n", 200, "gzip", "\"d1-gzip\"", "gzip", "no-cache" },
		{ "/index.html", "Accept-Encoding: br;q=0, gzip;q=0.1\r\n", 200, "gzip", "\"d1-gzip\"", "gzip", "no-cache" },
		{ "/index.html", "Accept-Encoding: identity\r\n", 200, "index, and more", "\"d1\"", "", "no-cache" },
		{ "/assets/app-Bx3kQ9_a.js", "Accept-Encoding: br\r\n", 200, "a script", "\"d2\"", "", "public, max-age=31536000, immutable" },
		{ "/empty.txt", "Accept-Encoding: gzip\r\n", 200, "", "\"d3\"", "", "no-cache" },
		{ "/", "If-None-Match: \"d1\"\r\n", 304, NULL, "\"d1\"", "", "no-cache" },
		{ "/", "If-None-Match: \"x\", W/\"d1\"\r\n", 304, NULL, "\"d1\"", "", "no-cache" },
		{ "/", "If-None-Match: *\r\n", 304, NULL, "\"d1\"", "", "no-cache" },
		{ "/", "If-None-Match: \"d1\"\r\nAccept-Encoding: br\r\n", 200, "br", "\"d1-br\"", "br", "no-cache" },  /* another representation */
		{ "/incidents/7", "Accept: text/html,*/*;q=0.8\r\n", 200, "index, and more", "\"d1\"", "", "no-cache" },
		{ "/incidents/7", "Accept: */*\r\n", 0, NULL, NULL, NULL, NULL },
		{ "/assets/gone.js", "", 0, NULL, NULL, NULL, NULL },
		{ "/INDEX.html", "", 0, NULL, NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage stage;
		char text[512];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", cases[i].path, cases[i].fields);
		stage_begin(&stage, WEB_LOOPBACK, text);
		assert_int_equal(web_assets_answer(&assets, &stage.exchange->request, &stage.exchange->answer), cases[i].status != 0);
		assert_int_equal(stage.exchange->answer.status, cases[i].status);
		if (cases[i].status) {
			assert_text(stage_field(&stage, "ETag"), cases[i].etag);
			assert_text(stage_field(&stage, "Content-Encoding"), cases[i].coding);
			assert_text(stage_field(&stage, "Cache-Control"), cases[i].cache);
			assert_text(stage_field(&stage, "Vary"), "Accept-Encoding");
		}
		if (cases[i].body)
			assert_text(stage.exchange->answer.lasting, cases[i].body);
		stage_end(&stage);
	}
}

static void says_that_the_console_was_not_built(void **state)
{
	static const struct { const char *path, *fields; bool is_answered; } cases[] = {
		{ "/", "", true }, { "/incidents", "Accept: text/html\r\n", true }, { "/app.js", "Accept: */*\r\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage stage;
		char text[256];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", cases[i].path, cases[i].fields);
		stage_begin(&stage, WEB_LOOPBACK, text);
		assert_int_equal(web_assets_answer(&none, &stage.exchange->request, &stage.exchange->answer), cases[i].is_answered);
		if (cases[i].is_answered) {
			assert_int_equal(stage.exchange->answer.status, 503);
			assert_true(span_contains(stage.exchange->answer.lasting, SPAN("tools/console")));
			for (size_t j = 0; j < 4; j++)
				assert_true(span_contains(stage.exchange->answer.lasting, (struct span[]){ SPAN("lang=\"en\""), SPAN("lang=\"nl\""), SPAN("lang=\"fr\""), SPAN("lang=\"de\"") }[j]));
		}
		stage_end(&stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_files_and_the_smallest_copy),
		cmocka_unit_test(says_that_the_console_was_not_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
