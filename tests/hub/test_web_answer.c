#include "web_stage.h"

static struct span head_of(struct stage *stage, struct buffer *out)
{
	buffer_init(out, 65536);
	assert_int_equal(answer_head_write(stage->exchange, answer_body(&stage->exchange->answer).len, out), RESULT_OK);
	return buffer_span(out);
}

static void refuses_in_one_form(void **state)
{
	struct stage stage;

	(void)state;
	stage_begin(&stage, WEB_LOOPBACK, "GET /api/v1/now HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assert_int_equal(buffer_append(&stage.exchange->answer.body, SPAN("half of an answer")), RESULT_OK);
	stage.exchange->answer.lasting = SPAN("and bytes");
	web_refuse(&stage.exchange->answer, 409, "changed-meanwhile", "version %d, not \"%s\"", 7, "6\n");
	assert_int_equal(stage.exchange->answer.status, 409);
	assert_text(answer_body(&stage.exchange->answer), "{\"error\":{\"code\":\"changed-meanwhile\",\"text\":\"version 7, not \\\"6\\n\\\"\"}}");
	stage_end(&stage);
}

static void keeps_lines_whole(void **state)
{
	static const struct { const char *value; bool is_taken; } cases[] = {
		{ "/api/v1/now", true }, { "", true }, { "a\tb", true }, { "h\xc3\xa9", true }, { "a\r\nX-Evil: 1", false }, { "a\nb", false }, { "a\x7f", false }, { "\x01", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage stage;

		stage_begin(&stage, WEB_LOOPBACK, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
		assert_int_equal(web_field(&stage.exchange->request, &stage.exchange->answer, SPAN("Location"), span_of(cases[i].value)), cases[i].is_taken);
		assert_int_equal(stage.exchange->answer.is_spoilt, !cases[i].is_taken);
		assert_int_equal(stage.exchange->answer.field_count, cases[i].is_taken);
		stage_end(&stage);
	}
}

static void has_room_for_so_many_fields(void **state)
{
	struct stage stage;

	(void)state;
	stage_begin(&stage, WEB_LOOPBACK, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (unsigned i = 0; i < WEB_FIELDS_MAX; i++)
		assert_true(web_field(&stage.exchange->request, &stage.exchange->answer, SPAN("X"), SPAN("y")));
	assert_false(web_field(&stage.exchange->request, &stage.exchange->answer, SPAN("X"), SPAN("y")));
	assert_true(stage.exchange->answer.is_spoilt);
	stage_end(&stage);
}

static void tells_browsers_to_be_careful(void **state)
{
	static const char *const always[] = { "Content-Security-Policy: default-src 'none'; script-src 'self'; ", "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html\r\n", "X-Content-Type-Options: nosniff\r\n",
		"Referrer-Policy: no-referrer\r\n", "Cross-Origin-Opener-Policy: same-origin\r\n", "Cross-Origin-Resource-Policy: same-origin\r\n",
		"Cross-Origin-Embedder-Policy: require-corp\r\n", "Permissions-Policy: camera=(), ", "Date: " };
	static const struct { enum web_door door; const char *host, *path, *cache; bool is_strict; const char *says; } cases[] = {
		{ WEB_LOOPBACK, "hub.commune.example", "/", NULL, false, "Cache-Control: no-store\r\n" },
		{ WEB_TLS, "hub.commune.example", "/", "no-cache", true, "Cache-Control: no-cache\r\n" },
		{ WEB_TLS, "localhost", "/", "no-cache", false, "Cache-Control: no-cache\r\n" },
		{ WEB_TLS, "hub.commune.example", "/api/v1/now", "public", true, "Cache-Control: no-store\r\n" },
		{ WEB_TLS, "hub.commune.example", "/%61pi/v1/now", "public", true, "Cache-Control: no-store\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage stage;
		struct buffer out;
		struct span head;
		char text[256];

		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].path, cases[i].host);
		stage_begin(&stage, cases[i].door, text);
		stage.exchange->answer.status = 200;
		if (cases[i].cache)
			assert_true(web_field(&stage.exchange->request, &stage.exchange->answer, SPAN("Cache-Control"), span_of(cases[i].cache)));
		head = head_of(&stage, &out);
		for (size_t j = 0; j < sizeof(always) / sizeof(always[0]); j++)
			assert_true(span_contains(head, span_of(always[j])));
		assert_true(span_contains(head, span_of(cases[i].says)));
		assert_false(span_contains(head, SPAN("Cache-Control: public")));
		assert_int_equal(span_contains(head, SPAN("Strict-Transport-Security: max-age=31536000\r\n")), cases[i].is_strict);
		buffer_done(&out);
		stage_end(&stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_in_one_form),
		cmocka_unit_test(keeps_lines_whole),
		cmocka_unit_test(has_room_for_so_many_fields),
		cmocka_unit_test(tells_browsers_to_be_careful),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
