/* Heads over HTTP/2: which fault each malformed one is, and what the client is told. */
#include "h2_peer.h"
#include "http/h2_head.h"

#include "base/banned.h"

struct example {
	enum http_fault fault;
	const char *pairs[16];  /* name, value, ..., NULL */
};

#define BASE ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/"

static const struct example faulty[] = {
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "GET", ":scheme", "https", ":authority", "a.example" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":scheme", "https", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "GET", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { BASE, ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { BASE, ":status", "200" } },
	{ HTTP_FAULT_H2_PSEUDO, { BASE, ":unknown", "x" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "GET", "x", "y", ":scheme", "https", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "x/y" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "GET", ":scheme", "ftp", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { BASE, ":protocol", "websocket" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "CONNECT", ":authority", "a.example:443", ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":method", "CONNECT", ":protocol", "websocket", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_H2_PSEUDO, { ":Method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_METHOD, { ":method", "GE T", ":scheme", "https", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_METHOD, { ":method", "", ":scheme", "https", ":authority", "a.example", ":path", "/" } },
	{ HTTP_FAULT_TARGET, { ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/a b HTTP/1.1" } },
	{ HTTP_FAULT_TARGET, { ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/a\r\nx: y" } },
	{ HTTP_FAULT_TARGET, { ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "/a#b" } },
	{ HTTP_FAULT_TARGET_FORM, { ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", "*" } },
	{ HTTP_FAULT_HOST_MISSING, { ":method", "GET", ":scheme", "https", ":path", "/" } },
	{ HTTP_FAULT_HOST_REPEATED, { BASE, "host", "a.example", "host", "a.example" } },
	{ HTTP_FAULT_HOST_MISMATCH, { BASE, "host", "b.example" } },
	{ HTTP_FAULT_HOST_INVALID, { ":method", "GET", ":scheme", "https", ":authority", "user@a.example", ":path", "/" } },
	{ HTTP_FAULT_HOST_INVALID, { ":method", "GET", ":scheme", "https", ":authority", "", ":path", "/" } },
	{ HTTP_FAULT_HOST_INVALID, { ":method", "GET", ":scheme", "https", ":authority", "a.example/x", ":path", "/" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "X-Test", "1" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "Cookie", "1" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "connection", "close" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "keep-alive", "1" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "proxy-connection", "close" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "transfer-encoding", "chunked" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "upgrade", "h2c" } },
	{ HTTP_FAULT_H2_FIELD, { BASE, "te", "gzip" } },
	{ HTTP_FAULT_FIELD_NAME, { BASE, "a b", "1" } },
	{ HTTP_FAULT_FIELD_NAME, { BASE, "content-length ", "1" } },
	{ HTTP_FAULT_FIELD_NAME, { BASE, "a:b", "1" } },
	{ HTTP_FAULT_FIELD_NAME, { BASE, "a\r\nb", "1" } },
	{ HTTP_FAULT_FIELD_NAME, { BASE, "", "1" } },
	{ HTTP_FAULT_BARE_CR, { BASE, "x", "1\r\ntransfer-encoding: chunked" } },
	{ HTTP_FAULT_BARE_LF, { BASE, "x", "1\n2" } },
	{ HTTP_FAULT_BARE_LF, { BASE, "cookie", "1\n2" } },
	{ HTTP_FAULT_FIELD_VALUE, { BASE, "x", " 1" } },
	{ HTTP_FAULT_FIELD_VALUE, { BASE, "x", "1\t" } },
	{ HTTP_FAULT_FIELD_VALUE, { BASE, "x", "1\0012" } },
	{ HTTP_FAULT_FIELD_VALUE, { BASE, "x", "1\1772" } },
	{ HTTP_FAULT_LENGTH_REPEATED, { BASE, "content-length", "0", "content-length", "0" } },
	{ HTTP_FAULT_LENGTH_REPEATED, { BASE, "content-length", "0,0" } },
	{ HTTP_FAULT_LENGTH_INVALID, { BASE, "content-length", "+0" } },
	{ HTTP_FAULT_LENGTH_INVALID, { BASE, "content-length", "99999999999999999999" } },
	{ HTTP_FAULT_BODY_SHORT, { BASE, "content-length", "1" } },
	/* answered by the owner, not reset */
	{ HTTP_FAULT_CONNECT, { ":method", "CONNECT", ":authority", "a.example:443" } },
	{ HTTP_FAULT_EXPECT, { BASE, "expect", "miracles" } },
};

static size_t example_block(char *block, const struct example *example)
{
	size_t at = 0;

	for (size_t i = 0; example->pairs[i]; i += 2)
		at += peer_literal(block + at, example->pairs[i], example->pairs[i + 1]);
	return at;
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faulty) / sizeof(faulty[0]); i++) {
		struct peer peer;
		char block[1024];

		peer_init(&peer);
		peer_start(&peer);
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, example_block(block, &faulty[i]));
		if (peer.last_fault != faulty[i].fault)
			fail_msg("example %zu: %s", i, http_fault_name(peer.last_fault));
		assert_int_equal(peer.heads, 0);
		if (http_fault_status(faulty[i].fault) == 400) {
			peer_expect_reset(&peer, 1, NGHTTP2_PROTOCOL_ERROR);
		} else {
			peer_drain(&peer);
			assert_int_equal(peer_seen(&peer, 1)->status, http_fault_status(faulty[i].fault));
		}
		assert_true(peer_stream(&peer, 1)->was_closed);
		peer_get(&peer, 3);  /* the connection lives on, with HPACK's state intact */
		peer_drain(&peer);
		assert_int_equal(peer_seen(&peer, 3)->status, 200);
		peer_end(&peer);
	}
}

/* A NUL cannot be written in the table above. */
static void test_nul(void **state)
{
	static const struct { struct span name, value; } cases[] = {
		{ SPAN_INIT("x"), SPAN_INIT("1\0002") },
		{ SPAN_INIT("x\0y"), SPAN_INIT("1") },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct peer peer;
		char block[512];
		size_t len = peer_get_block(block);

		peer_init(&peer);
		peer_start(&peer);
		len += peer_literal_bytes(block + len, cases[i].name.at, cases[i].name.len, cases[i].value.at, cases[i].value.len);
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
		assert_int_equal(peer.last_fault, HTTP_FAULT_NUL);
		peer_expect_reset(&peer, 1, NGHTTP2_PROTOCOL_ERROR);
		peer_end(&peer);
	}
}

/* What is unusual and right. */
static void test_accepted(void **state)
{
	static const struct example good[] = {
		{ 0, { BASE, "te", "trailers" } },
		{ 0, { BASE, "host", "A.example" } },
		{ 0, { BASE, "content-length", "0" } },
		{ 0, { BASE, "x_y.z", "a\tb \200" } },
		{ 0, { BASE, "x-empty", "" } },
		{ 0, { BASE, "cookie", "" } },
		{ 0, { BASE, "expect", "100-continue" } },
		{ 0, { ":path", "/?", ":authority", "[2001:db8::1]:8443", ":scheme", "HTTPS", ":method", "PROPFIND" } },
		{ 0, { ":path", "/%00|{}^`\"<>", ":authority", "a.example", ":scheme", "http", ":method", "X-NEW" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct peer peer;
		char block[1024];

		peer_init(&peer);
		peer_start(&peer);
		peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, example_block(block, &good[i]));
		if (peer.heads != 1)
			fail_msg("example %zu: %s", i, http_fault_name(peer.last_fault));
		peer_drain(&peer);
		assert_int_equal(peer_seen(&peer, 1)->status, 200);
		peer_end(&peer);
	}
}

static void send_trailers(struct peer *peer, uint8_t flags, const char *name, const char *value)
{
	char block[256];

	peer_request(peer, 1, END_HEADERS, "POST");
	peer_frame(peer, NGHTTP2_DATA, 0, 1, "body", 4);
	peer_frame(peer, NGHTTP2_HEADERS, flags, 1, block, peer_literal(block, name, value));
}

static void test_trailer_faults(void **state)
{
	static const struct { const char *name, *value; uint8_t flags; } cases[] = {
		{ ":path", "/", END_STREAM | END_HEADERS },
		{ "content-length", "4", END_STREAM | END_HEADERS },
		{ "host", "b.example", END_STREAM | END_HEADERS },
		{ "x-fine", "1", END_HEADERS },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct peer peer;

		peer_init(&peer);
		peer.answer.status = 0;
		peer_start(&peer);
		send_trailers(&peer, cases[i].flags, cases[i].name, cases[i].value);
		assert_int_equal(peer.last_fault, HTTP_FAULT_TRAILER);
		assert_false(peer_stream(&peer, 1)->has_end);
		peer_expect_reset(&peer, 1, NGHTTP2_PROTOCOL_ERROR);
		peer_end(&peer);
	}
}

static void post(struct peer *peer, const char *length, bool is_whole)
{
	char block[512];
	size_t len = peer_block(block, ":method", "POST", ":scheme", "https", ":authority", "a.example", ":path", "/",
	                        "content-length", length, NULL);

	peer_frame(peer, NGHTTP2_HEADERS, END_HEADERS | (is_whole ? END_STREAM : 0), 1, block, len);
}

static void test_content_length(void **state)
{
	static const struct { const char *length, *first, *second; enum http_fault fault; } cases[] = {
		{ "4", "ab", "cd", HTTP_FAULT_NONE },
		{ "4", "ab", "c", HTTP_FAULT_BODY_SHORT },
		{ "4", "ab", "cde", HTTP_FAULT_H2_PROTOCOL },
		{ "0", "", "", HTTP_FAULT_NONE },
		{ "1", "", "", HTTP_FAULT_BODY_SHORT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer peer;

		peer_init(&peer);
		peer.answer.status = 0;
		peer_start(&peer);
		post(&peer, cases[i].length, false);
		peer_frame(&peer, NGHTTP2_DATA, 0, 1, cases[i].first, strlen(cases[i].first));
		peer_frame(&peer, NGHTTP2_DATA, END_STREAM, 1, cases[i].second, strlen(cases[i].second));
		assert_int_equal(peer_stream(&peer, 1)->fault, cases[i].fault);
		assert_int_equal(peer_stream(&peer, 1)->has_end, cases[i].fault == HTTP_FAULT_NONE);
		if (cases[i].fault != HTTP_FAULT_NONE)
			peer_expect_reset(&peer, 1, NGHTTP2_PROTOCOL_ERROR);
		peer_end(&peer);
	}
}

/* Announced, or only found out: 413 either way, and the connection's window stays open for others. */
static void test_body_limit(void **state)
{
	static const char zeros[16384];

	(void)state;
	for (int is_announced = 0; is_announced < 2; is_announced++) {
		struct peer peer;

		peer_init(&peer);
		peer.answer.status = 0;
		peer.limits.http.body_bytes = 1000;
		peer_start(&peer);
		if (is_announced)
			post(&peer, "1001", false);
		else
			peer_request(&peer, 1, END_HEADERS, "POST");
		peer_frame(&peer, NGHTTP2_DATA, 0, 1, zeros, 1001);
		assert_int_equal(peer_stream(&peer, 1)->fault, HTTP_FAULT_BODY_LONG);
		peer_drain(&peer);
		assert_int_equal(peer_seen(&peer, 1)->status, 413);
		assert_int_equal(peer_seen(&peer, 1)->reset_code, NGHTTP2_NO_ERROR);
		assert_true(peer_stream(&peer, 1)->was_closed);
		peer_end(&peer);
	}
}

static void test_target_long(void **state)
{
	struct peer peer;
	char path[200], block[512];
	size_t len;

	(void)state;
	peer_init(&peer);
	peer.limits.http.target_bytes = 100;
	peer_start(&peer);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[101] = 0;
	len = peer_block(block, ":method", "GET", ":scheme", "https", ":authority", "a.example", ":path", path, NULL);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->status, 414);
	assert_int_equal(peer_stream(&peer, 1)->fault, HTTP_FAULT_TARGET_LONG);
	peer_end(&peer);
}

static void add(struct h2_head *build, const struct http_limits *limits, const char *name, const char *value)
{
	h2_head_add(build, limits, span_of(name), span_of(value));
}

/* Behind a fault, what fits is kept for those who only look; a broken name has no id. */
static void test_a_refused_head_is_represented(void **state)
{
	const struct http_limits limits = { .head_bytes = 600, .target_bytes = 64, .fields = 5, .body_bytes = INT64_MAX };
	struct h2_head build;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 16, 4096);
	assert_int_equal(h2_head_begin(&build, &arena, &limits), RESULT_OK);
	add(&build, &limits, ":method", "G T");
	add(&build, &limits, ":path", "a b?c");
	add(&build, &limits, "Host", "a.example");
	add(&build, &limits, ":authority", "b.example");
	add(&build, &limits, "x", "1\n2");
	add(&build, &limits, "cookie", "a=b");
	add(&build, &limits, "cookie", "c=d");
	add(&build, &limits, "connection", "close");
	assert_int_equal(h2_head_end(&build, &limits, true), HTTP_FAULT_METHOD);
	assert_true(span_equal(build.head->method_name, SPAN("G T")) && build.head->method == METHOD_OTHER);
	assert_true(span_equal(build.head->target, SPAN("a b?c")) && span_equal(build.head->path, SPAN("a b")) && span_equal(build.head->query, SPAN("c")));
	assert_true(span_equal(build.head->host, SPAN("b.example")));
	assert_int_equal(build.head->fields.count, 4);
	assert_int_equal(build.head->fields.list[0].id, FIELD_OTHER);
	assert_true(span_equal(build.head->fields.list[1].value, SPAN("1\n2")));
	assert_true(span_equal(fields_find(&build.head->fields, FIELD_COOKIE)->value, SPAN("a=b; c=d")));
	arena_done(&arena);

	/* no more than the limits, and nothing of what is too long */
	arena_init(&arena, 1 << 16, 4096);
	assert_int_equal(h2_head_begin(&build, &arena, &limits), RESULT_OK);
	add(&build, &limits, "A", "");
	for (int i = 0; i < 100; i++)
		add(&build, &limits, "b", "c");
	assert_int_equal(h2_head_end(&build, &limits, true), HTTP_FAULT_H2_FIELD);
	assert_int_equal(build.head->fields.count, 5);
	assert_true(build.is_full && build.list_bytes == 33 + 100 * 34);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_a_refused_head_is_represented),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_trailer_faults),
		cmocka_unit_test(test_content_length),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_target_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
