#include "http/head_writer.h"
#include "laws.h"

#define H "Host: a.example\r\n"

static const struct span good_requests[] = {
	SPAN_INIT("GET / HTTP/1.1\r\n" H "\r\n"),
	SPAN_INIT("\r\nGET /a?b=c&d HTTP/1.1\r\nhost:a.example:8443\r\nX_y.z:  v \t w \t\r\nEmpty:\r\nBlank: \t \r\nCookie: \xc3\xa9=\xff\r\n\r\n"),
	SPAN_INIT("GET //b/../c HTTP/1.0\r\n\r\n"),
	SPAN_INIT("GET /?? HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
	SPAN_INIT("OPTIONS * HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n"),
	SPAN_INIT("GET http://A.example:80/x?y HTTP/1.1\r\n" H "\r\n"),
	SPAN_INIT("OPTIONS HTTPS://a.example HTTP/1.1\r\n" H "\r\n"),
	SPAN_INIT("POST /f HTTP/1.1\r\n" H "Content-Length: 5\r\nExpect: 100-Continue\r\nConnection: x, close\r\n\r\n"),
	SPAN_INIT("POST /f HTTP/1.1\r\n" H "Transfer-Encoding: CHUNKED\r\n\r\n"),
	SPAN_INIT("GET /ws HTTP/1.1\r\n" H "Upgrade: websocket, foo/2\r\nConnection: keep-alive, Upgrade\r\n\r\n"),
	SPAN_INIT("M-SEARCH!#$%&'*+.^_`|~ABCDEFGHIJ /{|}\"<>\\^` HTTP/1.1\r\n" H "\r\n"),
};

static void test_laws_of_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_requests) / sizeof(*good_requests); i++) {
		struct outcome outcome = answer(good_requests[i], good_requests[i].len, 1, &ample, METHOD_OTHER);

		assert_int_equal(outcome.result, RESULT_OK);
		assert_int_equal(outcome.used, good_requests[i].len);
		buffer_done(&outcome.text);
		assert_prefixes(good_requests[i], METHOD_OTHER);
		assert_splits(good_requests[i], &ample, METHOD_OTHER);
	}
}

struct reading {
	struct arena arena;
	struct request_head head;
	enum result result;
	enum http_fault fault;
	size_t used;
};

static void read_request(struct reading *reading, struct span raw, const struct http_limits *limits, size_t arena_bytes)
{
	struct head_reader reader;

	*reading = (struct reading){ .fault = HTTP_FAULT_NONE };
	arena_init(&reading->arena, arena_bytes, 4096);
	fields_init(&reading->head.fields, &reading->arena, limits->fields);
	head_reader_init(&reader);
	reading->result = request_head_read(&reader, raw, limits, &reading->head, &reading->used, &reading->fault);
}

static void assert_span(struct span span, const char *text)
{
	if (!span_equal(span, span_of(text)))
		print_error("'%.*s', expected '%s'\n", SPAN_ARG(span), text);
	assert_true(span_equal(span, span_of(text)));
}

static void test_values(void **state)
{
	struct reading r;

	(void)state;
	read_request(&r, good_requests[1], &ample, 65536);
	assert_int_equal(r.head.method, METHOD_GET);
	assert_int_equal(r.head.version, HTTP_1_1);
	assert_span(r.head.path, "/a");
	assert_span(r.head.query, "b=c&d");
	assert_span(r.head.host, "a.example");
	assert_int_equal(r.head.port, 8443);
	assert_span(r.head.authority, "a.example:8443");
	assert_int_equal(r.head.fields.count, 5);
	assert_int_equal(r.head.fields.list[0].id, FIELD_HOST);
	assert_span(r.head.fields.list[1].name, "X_y.z");
	assert_span(r.head.fields.list[1].value, "v \t w");
	assert_int_equal(r.head.fields.list[2].value.len + r.head.fields.list[3].value.len, 0);
	assert_span(r.head.fields.list[4].value, "\xc3\xa9=\xff");
	assert_false(r.head.wants_close);
	assert_int_equal(r.head.body.framing, BODY_NONE);
	arena_done(&r.arena);

	read_request(&r, good_requests[2], &ample, 65536);
	assert_span(r.head.path, "//b/../c");
	assert_true(r.head.wants_close && !r.head.has_query && r.head.host.len == 0);
	arena_done(&r.arena);

	read_request(&r, good_requests[3], &ample, 65536);
	assert_true(!r.head.wants_close && r.head.has_query);
	assert_span(r.head.query, "?");
	arena_done(&r.arena);

	read_request(&r, good_requests[4], &ample, 65536);
	assert_span(r.head.path, "*");
	assert_span(r.head.host, "[2001:db8::1]");
	arena_done(&r.arena);

	read_request(&r, good_requests[5], &ample, 65536);
	assert_span(r.head.scheme, "http");
	assert_span(r.head.host, "A.example");
	assert_span(r.head.authority, "A.example:80");
	assert_int_equal(r.head.port, 80);
	assert_span(r.head.path, "/x");
	arena_done(&r.arena);

	read_request(&r, good_requests[6], &ample, 65536);
	assert_span(r.head.path, "*");
	arena_done(&r.arena);

	read_request(&r, good_requests[7], &ample, 65536);
	assert_true(r.head.expects_continue && r.head.wants_close && r.head.body.is_known);
	assert_int_equal(r.head.body.framing, BODY_LENGTH);
	assert_int_equal(r.head.body.bytes, 5);
	arena_done(&r.arena);

	read_request(&r, good_requests[8], &ample, 65536);
	assert_int_equal(r.head.body.framing, BODY_CHUNKED);
	arena_done(&r.arena);
}

/* Expectations that are ignored: of HTTP/1.0, and of a request without a body. */
static void test_expect_ignored(void **state)
{
	struct reading r;

	(void)state;
	read_request(&r, SPAN("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"), &ample, 65536);
	assert_true(r.result == RESULT_OK && !r.head.expects_continue);
	arena_done(&r.arena);
	read_request(&r, SPAN("GET / HTTP/1.1\r\n" H "Expect: 100-continue\r\n\r\n"), &ample, 65536);
	assert_true(r.result == RESULT_OK && !r.head.expects_continue);
	arena_done(&r.arena);
}

/* What could be read of a faulty head is there: an event can name the host and the target. */
static void test_fault_represents(void **state)
{
	struct reading r;

	(void)state;
	read_request(&r, SPAN("POST /p?q HTTP/1.1\r\nHost: a.example:81\r\nX: y\r\nFoo : bar\r\nZ: z\r\n\r\n"), &ample, 65536);
	assert_int_equal(r.fault, HTTP_FAULT_FIELD_NAME_SPACE);
	assert_int_equal(r.head.method, METHOD_POST);
	assert_span(r.head.path, "/p");
	assert_span(r.head.host, "a.example");
	assert_int_equal(r.head.port, 81);
	assert_int_equal(r.head.fields.count, 2);
	arena_done(&r.arena);
	read_request(&r, SPAN("GET /p HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), &ample, 65536);
	assert_int_equal(r.fault, HTTP_FAULT_HOST_REPEATED);
	assert_int_equal(r.head.host.len, 0);
	arena_done(&r.arena);
}

static void test_limits(void **state)
{
	struct span raw = SPAN("GET /0123456789 HTTP/1.1\r\n" H "A: 1\r\nB: 2\r\nContent-Length: 9\r\n\r\n");
	struct span slow = SPAN("GET / HTTP/1.1\r\n" H "A: 1\r\nB: 22222222222222222222222222222222222222222222222");

	(void)state;
	for (size_t bytes = 1; bytes < raw.len; bytes++) {
		struct http_limits limits = { bytes, 8192, 100, 100 };

		assert_fault("head_bytes", raw, &limits, METHOD_OTHER, bytes < 26 ? HTTP_FAULT_TARGET_LONG : HTTP_FAULT_HEAD_LONG);
	}
	assert_fault("a line that does not end", slow, &(struct http_limits){ 50, 100, 9, 9 }, METHOD_OTHER, HTTP_FAULT_HEAD_LONG);
	assert_fault("target", raw, &(struct http_limits){ 4096, 10, 100, 100 }, METHOD_OTHER, HTTP_FAULT_TARGET_LONG);
	assert_fault("fields", raw, &(struct http_limits){ 4096, 100, 3, 100 }, METHOD_OTHER, HTTP_FAULT_FIELDS_MANY);
	assert_fault("body", raw, &(struct http_limits){ 4096, 100, 100, 8 }, METHOD_OTHER, HTTP_FAULT_BODY_LONG);
	for (unsigned i = 0; i < 2; i++) {
		struct http_limits just = { i ? SIZE_MAX : raw.len, i ? SIZE_MAX : 11, 4, 9 };
		struct outcome outcome = answer(raw, raw.len, 1, &just, METHOD_OTHER);

		assert_int_equal(outcome.result, RESULT_OK);
		buffer_done(&outcome.text);
		assert_splits(raw, &just, METHOD_OTHER);
	}
}

/* A target that never ends is refused when it passes its limit, long before the head does, in pieces too. */
static void test_endless_target(void **state)
{
	struct http_limits limits = { 65536, 100, 10, 10 };
	char raw[400];

	(void)state;
	memset(raw, 'a', sizeof(raw));
	memcpy(raw, "GET /", 5);
	for (size_t step = 1; step < 50; step++) {
		struct outcome outcome = answer(span_make(raw, 200), 1, step, &limits, METHOD_OTHER);

		assert_int_equal(outcome.fault, HTTP_FAULT_TARGET_LONG);
		buffer_done(&outcome.text);
	}
}

static void test_no_memory(void **state)
{
	char raw[8192] = "GET / HTTP/1.1\r\n" H;
	size_t len = strlen(raw);
	bool was_ok = false;

	(void)state;
	for (unsigned i = 0; i < 90; i++) {
		memcpy(raw + len, "Name: value\r\n", 13);
		len += 13;
	}
	memcpy(raw + len, "\r\n", 2);
	for (size_t bytes = 0; bytes < 20000; bytes += 160) {
		struct reading r;

		read_request(&r, span_make(raw, len + 2), &ample, bytes);
		assert_true(r.result == RESULT_OK || (r.result == RESULT_MALFORMED && r.fault == HTTP_FAULT_NO_MEMORY && !was_ok));
		was_ok = r.result == RESULT_OK;
		arena_done(&r.arena);
	}
	assert_true(was_ok);
}

/* What is printed reads back the same. */
static void test_print_and_reread(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_requests) / sizeof(*good_requests); i++) {
		struct reading first, again;
		struct buffer out;

		buffer_init(&out, 4096);
		read_request(&first, good_requests[i], &ample, 65536);
		assert_int_equal(request_line_write(first.head.method_name, first.head.path, first.head.has_query, first.head.query, &out), RESULT_OK);
		for (unsigned k = 0; k < first.head.fields.count; k++)
			assert_int_equal(field_write(first.head.fields.list[k].name, first.head.fields.list[k].value, &out), RESULT_OK);
		if (!fields_find(&first.head.fields, FIELD_HOST))
			assert_int_equal(field_write(SPAN("Host"), SPAN("a.example"), &out), RESULT_OK);
		assert_int_equal(head_end_write(&out), RESULT_OK);
		read_request(&again, buffer_span(&out), &ample, 65536);
		assert_int_equal(again.result, RESULT_OK);
		assert_true(span_equal(first.head.method_name, again.head.method_name));
		assert_true(span_equal(first.head.path, again.head.path));
		assert_int_equal(first.head.has_query, again.head.has_query);
		assert_true(span_equal(first.head.query, again.head.query));
		assert_int_equal(first.head.body.framing, again.head.body.framing);
		for (unsigned k = 0; k < first.head.fields.count; k++) {
			assert_true(span_equal(first.head.fields.list[k].name, again.head.fields.list[k].name));
			assert_true(span_equal(first.head.fields.list[k].value, again.head.fields.list[k].value));
		}
		arena_done(&first.arena);
		arena_done(&again.arena);
		buffer_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws_of_requests),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_expect_ignored),
		cmocka_unit_test(test_fault_represents),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_endless_target),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_print_and_reread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
