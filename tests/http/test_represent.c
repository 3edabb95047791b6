/* What a refused head would have said. */
#include "http/represent.h"
#include "laws.h"

#include "base/banned.h"

struct seen {
	struct arena arena;
	struct request_head head;
};

static void represent_within(struct seen *seen, struct span raw, const struct http_limits *limits, size_t arena_bytes)
{
	*seen = (struct seen){ 0 };
	arena_init(&seen->arena, arena_bytes, 4096);
	fields_init(&seen->head.fields, &seen->arena, limits->fields);
	request_represent(raw, limits, &seen->head);
}

static void represent(struct seen *seen, struct span raw)
{
	represent_within(seen, raw, &ample, 1 << 20);
}

static void assert_text(struct span span, const char *text)
{
	if (!span_equal(span, span_of(text)))
		fail_msg("'%.*s', expected '%s'", SPAN_ARG(span), text);
}

struct line_example {
	const char *line, *method, *target, *version;  /* version NULL: one of ours */
};

static const struct line_example lines[] = {
	{ "GET /a?b HTTP/1.1", "GET", "/a?b", NULL },
	{ "GET /a?b HTTP/1.0", "GET", "/a?b", NULL },
	{ "GET / HTTP/3.0", "GET", "/", "HTTP/3.0" },
	{ "GET / http/1.1", "GET", "/", "http/1.1" },
	{ "GET / HTTP/1.10", "GET", "/", "HTTP/1.10" },
	{ "GET / JUNK/1.0", "GET", "/", "JUNK/1.0" },
	{ "GET / 1.1", "GET", "/", "1.1" },
	{ "GET / ", "GET", "/", "" },
	{ "GET /", "GET", "/", "" },
	{ "GET HTTP/1.1", "GET", "", NULL },
	{ "GET", "GET", "", "" },
	{ "", "", "", "" },
	{ " \t ", "", "", "" },
	{ "  GET  \t /a  HTTP/1.1 ", "GET", "/a", NULL },
	{ "GET /a b <script> HTTP/1.1", "GET", "/a b <script>", NULL },
	{ "G@T /\x01 HTTP/1.1", "G@T", "/\x01", NULL },
	{ "GET /a\rb HTTP/1.1", "GET", "/a\rb", NULL },
	{ "CONNECT a.example:443 HTTP/1.1", "CONNECT", "a.example:443", NULL },
	{ "GET http:// HTTP/1.1", "GET", "http://", NULL },
};

static void test_first_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		for (int ending = 0; ending < 3; ending++) {
			struct buffer text;
			struct seen seen;

			buffer_init(&text, 4096);
			assert_int_equal(buffer_print(&text, "%s%s", lines[i].line, ending == 0 ? "" : ending == 1 ? "\nX: y\n" : "\r\nX: y\r\n"), RESULT_OK);
			if (buffer_len(&text) == 1 + strlen("X: y\n") || buffer_len(&text) == 2 + strlen("X: y\r\n")) {
				buffer_done(&text);  /* an empty line is skipped: see below */
				continue;
			}
			represent(&seen, buffer_span(&text));
			assert_text(seen.head.method_name, lines[i].method);
			assert_text(seen.head.target, lines[i].target);
			assert_true((seen.head.version_text.at != NULL) == (lines[i].version != NULL));
			if (lines[i].version)
				assert_text(seen.head.version_text, lines[i].version);
			assert_int_equal(seen.head.fields.count, ending ? 1 : 0);
			arena_done(&seen.arena);
			buffer_done(&text);
		}
	}
}

static void test_targets(void **state)
{
	static const struct { struct span raw; const char *path, *query, *host; } cases[] = {
		{ SPAN_INIT("GET /a?b?c HTTP/9.9\r\nHost: h\r\n"), "/a", "b?c", "h" },
		{ SPAN_INIT("GET http://o.example/a?b HTTP/9.9\r\nHost: h\r\n"), "/a", "b", "o.example" },
		{ SPAN_INIT("GET http://u@o.example/a HTTP/9.9\r\nHost: h\r\n"), "/a", NULL, "h" },
		{ SPAN_INIT("GET https://o.example HTTP/9.9\r\n"), "/", NULL, "o.example" },
		{ SPAN_INIT("GET ftp://o.example/a HTTP/9.9\r\n"), "ftp://o.example/a", NULL, "" },
		{ SPAN_INIT("CONNECT www.example:80 HTTP/1.1\r\nHost: h\r\n"), "www.example:80", NULL, "h" },
		{ SPAN_INIT("GET a HTTP/1.1\r\nHost: h\r\nHost: i\r\n"), "a", NULL, "" },
		{ SPAN_INIT("GET / HTTP/1.1\nHost : h\n"), "/", NULL, "" },
		{ SPAN_INIT("GET / HTTP/1.1\nHost: h/i\n"), "/", NULL, "" },
		{ SPAN_INIT("\r\nGET / HTTP/1.1\nHost: h\n"), "/", NULL, "h" },
		{ SPAN_INIT("\nGET / HTTP/1.1\nHost: h\n"), "/", NULL, "h" },
		{ SPAN_INIT("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n"), "", NULL, "h" },
		{ SPAN_INIT(""), "", NULL, "" },
		{ SPAN_INIT("\r\n"), "", NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seen seen;

		represent(&seen, cases[i].raw);
		assert_text(seen.head.path, cases[i].path);
		assert_true(seen.head.has_query == (cases[i].query != NULL));
		assert_text(seen.head.query, cases[i].query ? cases[i].query : "");
		assert_text(seen.head.host, cases[i].host);
		arena_done(&seen.arena);
	}
}

static void assert_fields(struct span raw, const char *expected)
{
	struct buffer said;
	struct seen seen;

	buffer_init(&said, 65536);
	represent(&seen, raw);
	for (unsigned i = 0; i < seen.head.fields.count; i++) {
		const struct field *field = &seen.head.fields.list[i];

		assert_int_equal(buffer_print(&said, "%.*s=%.*s%s|", SPAN_ARG(field->name), SPAN_ARG(field->value), field->id == FIELD_OTHER ? "" : "!"),
		                 RESULT_OK);
	}
	assert_text(buffer_span(&said), expected);
	buffer_done(&said);
	arena_done(&seen.arena);
}

#define L "GET / HTTP/1.1\r\n"

static void test_fields(void **state)
{
	(void)state;
	assert_fields(SPAN(L "Host: h\r\nX:y\r\n\r\nZ: body\r\n"), "Host=h!|X=y|");
	assert_fields(SPAN(L "A: b\nB:\tc \n\nZ: body"), "A=b|B=c|");
	assert_fields(SPAN(L "A: not ended"), "A=not ended|");
	/* a name that is no token has no id: who goes by ids does not believe it */
	assert_fields(SPAN(L "Host : h\r\nCookie\t: c\r\nX-Forwarded-For: 1\r\n"), "Host=h|Cookie=c|X-Forwarded-For=1!|");
	assert_fields(SPAN(L "no colon\r\n: no name\r\n \t: no name\r\nA: b\r\n"), "A=b|");
	assert_fields(SPAN(L "n@me: v\x01w\r\nA: b\rc\r\n"), "n@me=v\x01w|A=b\rc|");
	/* folds */
	assert_fields(SPAN(L "A: b\r\n c\r\n\t d \r\nB: e\r\n"), "A=b c d|B=e|");
	assert_fields(SPAN(L "A:\r\n b\r\n"), "A=b|");
	assert_fields(SPAN(L "A: b\r\n \r\n\t\r\nB: c\r\n"), "A=b|B=c|");
	assert_fields(SPAN(L "A: b\n c"), "A=b c|");
	assert_fields(SPAN(L " folded into the first line\r\nA: b\r\n"), "A=b|");
	assert_fields(SPAN(L "no name\r\n goes on\r\nA: b\r\n"), "A=b|");
}

static void test_limits(void **state)
{
	struct http_limits limits = { .head_bytes = 64, .target_bytes = 8, .fields = 2, .body_bytes = INT64_MAX };
	struct buffer text;
	struct seen seen;

	(void)state;
	represent_within(&seen, SPAN("GET /123456789 HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n"), &limits, 4096);
	assert_text(seen.head.target, "/1234567");
	assert_text(seen.head.path, "/1234567");
	assert_int_equal(seen.head.fields.count, 2);
	arena_done(&seen.arena);
	limits.head_bytes = 20;
	represent_within(&seen, SPAN("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n"), &limits, 4096);
	assert_int_equal(seen.head.fields.count, 1);
	assert_text(seen.head.fields.list[0].value, "1");
	arena_done(&seen.arena);
	/* a thousand folds, and no memory to join them */
	buffer_init(&text, 65536);
	assert_int_equal(buffer_append(&text, SPAN(L "A: b\r\n")), RESULT_OK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buffer_append(&text, SPAN(" c\r\n")), RESULT_OK);
	represent_within(&seen, buffer_span(&text), &ample, 1 << 20);
	assert_int_equal(seen.head.fields.list[0].value.len, 1 + 2 * 1000);
	arena_done(&seen.arena);
	represent_within(&seen, buffer_span(&text), &ample, 4096);
	assert_true(seen.head.fields.count == 0 || seen.head.fields.list[0].value.len == strlen("b\r\n") + 4 * 1000 - 2);
	arena_done(&seen.arena);
	buffer_done(&text);
}

/* Nothing of an earlier reading stays. */
static void test_starts_afresh(void **state)
{
	struct seen seen;

	(void)state;
	represent(&seen, SPAN("POST http://h/a?b HTTP/1.2\r\nA: b\r\n"));
	request_represent(SPAN("GET / HTTP/1.1\r\n"), &ample, &seen.head);
	assert_text(seen.head.method_name, "GET");
	assert_true(!seen.head.has_query && !seen.head.host.len && !seen.head.version_text.at && !seen.head.fields.count);
	arena_done(&seen.arena);
}

/* However it comes in pieces, the end is found with the byte that ends it, and not before. */
static void test_the_end_is_found(void **state)
{
	static const char *const whole[] = { "GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET /\nA: b\n\n", "GET /\r\nA: b\n\r\n", "\r\nGET / X\r\n\r\n", "\nx\n\n",
		                             "a\r\r\nb\n\r\r\n\rc\n\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++) {
		struct span text = span_of(whole[i]);

		for (size_t step = 1; step <= text.len; step++) {
			size_t looked = 0, at = 0;

			for (at = step; at < text.len; at += step)
				assert_false(request_is_all_there(span_take(text, at), &looked));
			assert_true(request_is_all_there(text, &looked));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_lines), cmocka_unit_test(test_targets), cmocka_unit_test(test_fields),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_starts_afresh),
		cmocka_unit_test(test_the_end_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
