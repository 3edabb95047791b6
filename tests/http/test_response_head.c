#include "laws.h"

#define OK "HTTP/1.1 200 OK\r\n"

struct good {
	struct span raw;
	enum method method;
	unsigned status;
	const char *reason;
	enum body_framing framing;
	uint64_t bytes;
	bool wants_close;
	unsigned fields;
};

static const struct good goods[] = {
	{ SPAN_INIT(OK "Content-Length: 5\r\n\r\n"), METHOD_GET, 200, "OK", BODY_LENGTH, 5, false, 1 },
	{ SPAN_INIT("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), METHOD_GET, 200, "", BODY_LENGTH, 0, false, 1 },
	{ SPAN_INIT("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n"), METHOD_GET, 404, "", BODY_LENGTH, 0, false, 1 },
	{ SPAN_INIT("HTTP/1.1 404  Not  There\t\r\nContent-Length: 0\r\n\r\n"), METHOD_GET, 404, "Not  There", BODY_LENGTH, 0, false, 1 },
	{ SPAN_INIT("HTTP/1.1 200 D\xe9j\xe0\r\nTransfer-Encoding: Chunked\r\n\r\n"), METHOD_POST, 200, "D\xe9j\xe0", BODY_CHUNKED, 0, false, 1 },
	{ SPAN_INIT(OK "X: y\r\n\r\n"), METHOD_GET, 200, "OK", BODY_UNTIL_CLOSE, 0, true, 1 },
	{ SPAN_INIT(OK "Content-Length: 5\r\nConnection: close\r\n\r\n"), METHOD_GET, 200, "OK", BODY_LENGTH, 5, true, 2 },
	{ SPAN_INIT(OK "Content-Length: 5\r\nX: y\r\ncontent-length: 5\r\nContent-Length: 5\r\n\r\n"), METHOD_GET, 200, "OK", BODY_LENGTH, 5, false, 2 },
	{ SPAN_INIT(OK "Content-Length: 5\r\n\r\n"), METHOD_HEAD, 200, "OK", BODY_NONE, 5, false, 1 },
	{ SPAN_INIT(OK "Content-Length: 5000000\r\n\r\n"), METHOD_HEAD, 200, "OK", BODY_NONE, 5000000, false, 1 },
	{ SPAN_INIT(OK "Transfer-Encoding: chunked\r\n\r\n"), METHOD_HEAD, 200, "OK", BODY_NONE, 0, false, 1 },
	{ SPAN_INIT(OK "\r\n"), METHOD_HEAD, 200, "OK", BODY_NONE, 0, false, 0 },
	{ SPAN_INIT("HTTP/1.1 204 No Content\r\n\r\n"), METHOD_GET, 204, "No Content", BODY_NONE, 0, false, 0 },
	{ SPAN_INIT("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"), METHOD_GET, 304, "Not Modified", BODY_NONE, 7, false, 1 },
	{ SPAN_INIT("HTTP/1.1 100 Continue\r\n\r\n"), METHOD_POST, 100, "Continue", BODY_NONE, 0, false, 0 },
	{ SPAN_INIT("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), METHOD_GET, 103, "Early Hints", BODY_NONE, 0, false, 1 },
	{ SPAN_INIT("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), METHOD_GET, 101, "Switching Protocols", BODY_TUNNEL, 0, false, 2 },
	{ SPAN_INIT(OK "Content-Length: 5\r\n\r\n"), METHOD_CONNECT, 200, "OK", BODY_TUNNEL, 0, false, 1 },
	{ SPAN_INIT("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), METHOD_GET, 200, "OK", BODY_LENGTH, 5, true, 1 },
	{ SPAN_INIT("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"), METHOD_GET, 200, "OK", BODY_LENGTH, 5, false, 2 },
	{ SPAN_INIT(OK "Content-Length: 1\r\nUpgrade: h2,h2c\r\n\r\n"), METHOD_GET, 200, "OK", BODY_LENGTH, 1, false, 2 },
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		const struct good *good = &goods[i];
		struct head_reader reader;
		struct response_head head;
		struct arena arena;
		enum http_fault fault;
		size_t used;

		arena_init(&arena, 65536, 4096);
		head_reader_init(&reader);
		fields_init(&head.fields, &arena, 100);
		assert_int_equal(response_head_read(&reader, good->raw, &ample, good->method, &head, &used, &fault), RESULT_OK);
		assert_int_equal(used, good->raw.len);
		assert_int_equal(head.status, good->status);
		assert_true(span_equal(head.reason, span_of(good->reason)));
		assert_int_equal(head.body.framing, good->framing);
		assert_int_equal(head.body.bytes, good->bytes);
		assert_int_equal(head.wants_close, good->wants_close);
		assert_int_equal(head.fields.count, good->fields);
		arena_done(&arena);
		assert_prefixes(good->raw, good->method);
		assert_splits(good->raw, &ample, good->method);
	}
}

#define BAD(raw, fault) { SPAN_INIT(raw), HTTP_FAULT_##fault }

static const struct {
	struct span raw;
	enum http_fault fault;
} bads[] = {
	BAD("HTTP/1.2 200 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/2.0 200 OK\r\n\r\n", STATUS_LINE),
	BAD("http/1.1 200 OK\r\n\r\n", STATUS_LINE),
	BAD("ICY 200 OK\r\n\r\n", STATUS_LINE),
	BAD("\r\nHTTP/1.1 200 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 099 X\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 600 X\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 20 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 2000 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 200OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 +20 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1  200 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1\t200 OK\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 200 O\x01K\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1\r\n\r\n", STATUS_LINE),
	BAD("HTTP/1.1 200 OK\n\r\n", BARE_LF),
	BAD("HTTP/1.1 200 OK\rX: y\r\n\r\n", BARE_CR),
	BAD("HTTP/1.1 200 O\0K\r\n\r\n", NUL),
	BAD(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", LENGTH_AND_CHUNKED),
	BAD(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", LENGTH_REPEATED),
	BAD(OK "Content-Length: 5\r\nContent-Length: 05\r\n\r\n", LENGTH_REPEATED),
	BAD(OK "Content-Length: 5, 5\r\n\r\n", LENGTH_REPEATED),
	BAD(OK "Content-Length: -1\r\n\r\n", LENGTH_INVALID),
	BAD(OK "Content-Length: 9223372036854775808\r\n\r\n", LENGTH_INVALID),
	BAD(OK "Transfer-Encoding: gzip, chunked\r\n\r\n", TRANSFER_ENCODING),
	BAD(OK "Transfer-Encoding: identity\r\n\r\n", TRANSFER_ENCODING),
	BAD(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", TRANSFER_ENCODING),
	BAD("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", TRANSFER_ENCODING_1_0),
	BAD("HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", LENGTH_AND_CHUNKED),
	BAD(OK "X: a\r\n b\r\n\r\n", OBS_FOLD),
	BAD(OK " X: a\r\n\r\n", OBS_FOLD),
	BAD(OK "X : a\r\n\r\n", FIELD_NAME_SPACE),
	BAD(OK "X\r\n\r\n", FIELD_MISSING_COLON),
	BAD(OK "X: a\nSet-Cookie: b\r\n\r\n", BARE_LF),
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++)
		assert_fault(bads[i].raw.at, bads[i].raw, &ample, METHOD_GET, bads[i].fault);
}

static void test_limits(void **state)
{
	struct span raw = SPAN(OK "A: 1\r\nContent-Length: 5\r\n\r\n");

	(void)state;
	for (size_t bytes = 1; bytes < raw.len; bytes++)
		assert_fault("head_bytes", raw, &(struct http_limits){ bytes, 100, 100, 100 }, METHOD_GET, HTTP_FAULT_HEAD_LONG);
	assert_fault("fields", raw, &(struct http_limits){ 4096, 100, 1, 100 }, METHOD_GET, HTTP_FAULT_FIELDS_MANY);
	for (unsigned i = 0; i < 2; i++) {  /* HEAD: the length that is not sent may be any */
		struct outcome outcome = answer(raw, raw.len, 1, &(struct http_limits){ 4096, 100, 9, 4 }, i ? METHOD_HEAD : METHOD_GET);

		assert_int_equal(outcome.result, i ? RESULT_OK : RESULT_MALFORMED);
		buffer_done(&outcome.text);
	}
	assert_fault("body", raw, &(struct http_limits){ 4096, 100, 9, 4 }, METHOD_GET, HTTP_FAULT_BODY_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
