#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/head_writer.h"

static void assert_written(struct buffer *out, enum result result, const char *text)
{
	assert_int_equal(result, RESULT_OK);
	assert_true(span_equal(buffer_span(out), span_of(text)));
	buffer_reset(out);
}

static void test_lines(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 256);
	assert_written(&out, request_line_write(SPAN("GET"), SPAN("/a"), true, SPAN("b?c"), &out), "GET /a?b?c HTTP/1.1\r\n");
	assert_written(&out, request_line_write(SPAN("GET"), SPAN("/"), true, SPAN_NONE, &out), "GET /? HTTP/1.1\r\n");
	assert_written(&out, request_line_write(SPAN("GET"), SPAN("/"), false, SPAN_NONE, &out), "GET / HTTP/1.1\r\n");
	assert_written(&out, request_line_write(SPAN("OPTIONS"), SPAN("*"), false, SPAN_NONE, &out), "OPTIONS * HTTP/1.1\r\n");
	assert_written(&out, status_line_write(200, SPAN("OK"), &out), "HTTP/1.1 200 OK\r\n");
	assert_written(&out, status_line_write(599, SPAN_NONE, &out), "HTTP/1.1 599 \r\n");
	assert_written(&out, field_write(SPAN("a"), SPAN_NONE, &out), "a: \r\n");
	assert_written(&out, field_write(SPAN("X-Long-Name_of.it"), SPAN("a value of more than sixteen bytes \xff"), &out),
	               "X-Long-Name_of.it: a value of more than sixteen bytes \xff\r\n");
	assert_written(&out, head_end_write(&out), "\r\n");
	buffer_done(&out);
}

/* What could break a line is never written. */
static void test_refused(void **state)
{
	static const char breakers[] = { '\r', '\n', 0, 1, 0x0b, 0x7f };
	struct buffer out;

	(void)state;
	buffer_init(&out, 256);
	for (size_t i = 0; i < sizeof(breakers); i++) {
		for (size_t at = 0; at < 40; at++) {
			char text[40];
			struct span span = span_make(text, sizeof(text));

			memset(text, 'a', sizeof(text));
			text[0] = '/';
			text[at] = breakers[i];
			assert_int_equal(field_write(SPAN("Name"), span, &out), RESULT_MALFORMED);
			assert_int_equal(field_write(span_skip(span, 1), SPAN("v"), &out), at ? RESULT_MALFORMED : RESULT_OK);
			buffer_reset(&out);
			assert_int_equal(status_line_write(200, span, &out), RESULT_MALFORMED);
			assert_int_equal(request_line_write(SPAN("GET"), span, false, SPAN_NONE, &out), RESULT_MALFORMED);
			assert_int_equal(request_line_write(SPAN("GET"), SPAN("/"), true, span, &out), RESULT_MALFORMED);
			assert_int_equal(buffer_len(&out), 0);
		}
	}
	assert_int_equal(field_write(SPAN_NONE, SPAN("v"), &out), RESULT_MALFORMED);
	assert_int_equal(field_write(SPAN("a b"), SPAN("v"), &out), RESULT_MALFORMED);
	assert_int_equal(field_write(SPAN("a:"), SPAN("v"), &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN("G T"), SPAN("/"), false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN_NONE, SPAN("/"), false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN("GET"), SPAN("/ b"), false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN("GET"), SPAN("/a?b"), false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN("GET"), SPAN("/a#b"), false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN("GET"), SPAN("a"), false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(request_line_write(SPAN("GET"), SPAN_NONE, false, SPAN_NONE, &out), RESULT_MALFORMED);
	assert_int_equal(status_line_write(99, SPAN("X"), &out), RESULT_MALFORMED);
	assert_int_equal(status_line_write(600, SPAN("X"), &out), RESULT_MALFORMED);
	assert_int_equal(buffer_len(&out), 0);
	buffer_done(&out);
}

static void test_full_buffer(void **state)
{
	(void)state;
	for (size_t max = 0; max < 12; max++) {
		struct buffer out;

		buffer_init(&out, max);
		assert_int_equal(field_write(SPAN("Name"), SPAN("1234"), &out), RESULT_LIMIT);
		assert_int_equal(status_line_write(200, SPAN("OK"), &out), RESULT_LIMIT);
		assert_int_equal(request_line_write(SPAN("GET"), SPAN("/"), false, SPAN_NONE, &out), RESULT_LIMIT);
		assert_int_equal(buffer_len(&out), 0);
		buffer_done(&out);
	}
}

static void test_chunk_heads(void **state)
{
	static const uint64_t sizes[] = { 1, 15, 16, 255, 256, 0x1f40, 0xfffffff, 0x10000000, INT64_MAX, UINT64_MAX, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char out[CHUNK_HEAD_MAX], expected[32];
		int len = snprintf(expected, sizeof(expected), "%llx\r\n", (unsigned long long)sizes[i]);

		assert_int_equal(chunk_head_write(sizes[i], out), len);
		assert_memory_equal(out, expected, (size_t)len);
	}
}

static void test_chunk(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 64);
	assert_written(&out, chunk_write(SPAN("0123456789abcdef"), &out), "10\r\n0123456789abcdef\r\n");
	assert_int_equal(buffer_append(&out, SPAN("before")), RESULT_OK);
	/* The line and the data fit, the CRLF behind them does not: nothing of it is left. */
	assert_int_equal(chunk_write(span_make("0123456789012345678901234567890123456789012345678901234567890", 64 - 6 - 4 - 1), &out), RESULT_LIMIT);
	assert_true(span_equal(buffer_span(&out), SPAN("before")));
	buffer_done(&out);
}

static void test_chunk_end(void **state)
{
	struct arena arena;
	struct fields trailers;
	struct buffer out;

	(void)state;
	arena_init(&arena, 65536, 4096);
	buffer_init(&out, 256);
	fields_init(&trailers, &arena, 10);
	assert_written(&out, chunk_end_write(NULL, &out), "0\r\n\r\n");
	assert_int_equal(fields_add(&trailers, FIELD_OTHER, SPAN("A"), SPAN("b")), RESULT_OK);
	assert_written(&out, chunk_end_write(&trailers, &out), "0\r\nA: b\r\n\r\n");
	assert_int_equal(fields_add(&trailers, FIELD_OTHER, SPAN("C"), SPAN("d\r\ne: f")), RESULT_OK);
	assert_int_equal(buffer_append(&out, SPAN("before")), RESULT_OK);
	assert_int_equal(chunk_end_write(&trailers, &out), RESULT_MALFORMED);
	assert_true(span_equal(buffer_span(&out), SPAN("before")));
	buffer_done(&out);
	arena_done(&arena);
}

static void test_hop_by_hop(void **state)
{
	static const struct {
		struct span name;
		bool is_hop;
	} cases[] = {
		{ SPAN_INIT("Connection"), true }, { SPAN_INIT("Keep-Alive"), true }, { SPAN_INIT("Proxy-Connection"), true },
		{ SPAN_INIT("TE"), true }, { SPAN_INIT("Transfer-Encoding"), true }, { SPAN_INIT("Upgrade"), true },
		{ SPAN_INIT("HTTP2-Settings"), true }, { SPAN_INIT("Proxy-Authorization"), true }, { SPAN_INIT("Proxy-Authenticate"), true },
		{ SPAN_INIT("X-Named"), true }, { SPAN_INIT("X-Other"), false }, { SPAN_INIT("Cookie"), true }, { SPAN_INIT("Accept"), false },
		{ SPAN_INIT("Host"), false }, { SPAN_INIT("Content-Length"), false }, { SPAN_INIT("Trailer"), false },
	};
	struct arena arena;
	struct fields fields;

	(void)state;
	arena_init(&arena, 65536, 4096);
	fields_init(&fields, &arena, 10);
	assert_int_equal(fields_add(&fields, FIELD_CONNECTION, SPAN("Connection"), SPAN("close")), RESULT_OK);
	assert_int_equal(fields_add(&fields, FIELD_CONNECTION, SPAN("Connection"), SPAN("x-named, host, cookie,content-length")), RESULT_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct field field = { cases[i].name, SPAN("x"), field_id_of(cases[i].name) };

		assert_int_equal(field_is_hop_by_hop(&fields, &field), cases[i].is_hop);
	}
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_full_buffer),
		cmocka_unit_test(test_chunk_heads),
		cmocka_unit_test(test_chunk), cmocka_unit_test(test_chunk_end),
		cmocka_unit_test(test_hop_by_hop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
