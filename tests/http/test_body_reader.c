#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "http/body_reader.h"
#include "http/head_writer.h"

#define NO_LIMIT UINT64_MAX

struct told {
	enum result result;
	enum http_fault fault;
	struct buffer body, trailers;
	size_t used;      /* of the whole input, when RESULT_END */
	bool has_ended;
};

static void told_done(struct told *told)
{
	buffer_done(&told->body);
	buffer_done(&told->trailers);
}

/* Reads INPUT, of which STEP bytes more arrive at a time, in memory of the exact size. */
static struct told tell(struct body_size size, struct span input, size_t first, size_t step, uint64_t limit, bool drops, size_t arena_bytes)
{
	struct told told = { .result = RESULT_OK, .fault = HTTP_FAULT_NONE };
	struct body_reader reader;
	struct arena arena;
	size_t at = 0, come = first;

	buffer_init(&told.body, 1 << 20);
	buffer_init(&told.trailers, 1 << 20);
	arena_init(&arena, arena_bytes, 4096);
	body_reader_init(&reader, size, limit, arena_bytes ? &arena : NULL);
	reader.drops_trailers = drops;
	for (;;) {
		char *copy = malloc(come - at + 1);
		struct span data;
		size_t used;

		memcpy(copy, input.at + at, come - at);
		told.result = body_reader_next(&reader, span_make(copy, come - at), &data, &used, &told.fault);
		if (told.result == RESULT_OK)
			assert_int_equal(buffer_append(&told.body, data), RESULT_OK);
		if (told.result == RESULT_OK || told.result == RESULT_MORE || told.result == RESULT_END) {
			assert_true(used <= come - at);
			assert_true(data.len == 0 || (data.at >= copy && data.at + data.len <= copy + used));
			at += used;
		}
		free(copy);
		if (told.result == RESULT_MORE && come < input.len)
			come = come + step < input.len ? come + step : input.len;
		else if (told.result != RESULT_OK)
			break;
	}
	for (unsigned i = 0; i < reader.trailers.count; i++)
		assert_int_equal(field_write(reader.trailers.list[i].name, reader.trailers.list[i].value, &told.trailers), RESULT_OK);
	if (told.result == RESULT_END) {
		told.used = at;
		assert_int_equal(reader.taken_bytes, buffer_len(&told.body));
	}
	told.has_ended = body_reader_has_ended(&reader);
	arena_done(&arena);
	return told;
}

static void assert_told_same(const struct told *a, const struct told *b)
{
	assert_string_equal(http_fault_name(a->fault), http_fault_name(b->fault));
	assert_int_equal(a->result, b->result);
	assert_int_equal(a->used, b->used);
	assert_int_equal(a->has_ended, b->has_ended);
	assert_true(span_equal(buffer_span(&a->trailers), buffer_span(&b->trailers)));
	/* Before a fault, pieces may have been handed out earlier: never anything else. */
	assert_true(span_equal(buffer_span(&a->body), buffer_span(&b->body)));
}

static void assert_splits(struct body_size size, struct span input, uint64_t limit)
{
	struct told whole = tell(size, input, input.len, 1, limit, false, 65536);

	for (size_t first = 0; first <= input.len; first++) {
		struct told pieces = tell(size, input, first, first ? input.len : 1, limit, false, 65536);

		assert_told_same(&whole, &pieces);
		told_done(&pieces);
	}
	told_done(&whole);
}

static const struct body_size chunked = { .framing = BODY_CHUNKED };

static const struct {
	struct span raw;
	const char *body, *trailers;
} goods[] = {
	{ SPAN_INIT("0\r\n\r\n"), "", "" },
	{ SPAN_INIT("5\r\nhello\r\n0\r\n\r\n"), "hello", "" },
	{ SPAN_INIT("5\r\nhello\r\n00A\r\n0123456789\r\n000\r\n\r\n"), "hello0123456789", "" },
	{ SPAN_INIT("0000000000000001\r\n\r\r\n0000000000000000\r\n\r\n"), "\r", "" },
	{ SPAN_INIT("4\r\n0\r\n\r\r\n0\r\n\r\n"), "0\r\n\r", "" },
	{ SPAN_INIT("1;a\r\nx\r\n0;b=c;d=\"e;\\\"f\"\r\n\r\n"), "x", "" },
	{ SPAN_INIT("1 \t; a = \"\xc3\xa9\" ;b\r\nx\r\n0 ;c\r\n\r\n"), "x", "" },
	{ SPAN_INIT("1\r\nx\r\n0\r\nETag: \"y\"\r\nx-checksum:  abc \r\n\r\n"), "x", "ETag: \"y\"\r\nx-checksum: abc\r\n" },
};

static void test_laws_of_chunked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		struct told told = tell(chunked, goods[i].raw, goods[i].raw.len, 1, NO_LIMIT, false, 65536);

		assert_int_equal(told.result, RESULT_END);
		assert_int_equal(told.used, goods[i].raw.len);
		assert_true(told.has_ended);
		assert_true(span_equal(buffer_span(&told.body), span_of(goods[i].body)));
		assert_true(span_equal(buffer_span(&told.trailers), span_of(goods[i].trailers)));
		told_done(&told);
		assert_splits(chunked, goods[i].raw, NO_LIMIT);
		for (size_t len = 0; len < goods[i].raw.len; len++) {
			told = tell(chunked, span_make(goods[i].raw.at, len), len, 1, NO_LIMIT, false, 65536);
			assert_int_equal(told.result, RESULT_MORE);
			assert_false(told.has_ended);
			told_done(&told);
		}
	}
}

static void test_what_follows_is_left(void **state)
{
	struct told told = tell(chunked, SPAN("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n"), 27, 1, NO_LIMIT, false, 65536);

	(void)state;
	assert_int_equal(told.result, RESULT_END);
	assert_int_equal(told.used, 11);
	told_done(&told);
}

#define BAD(raw, fault) { SPAN_INIT(raw), HTTP_FAULT_##fault }

static const struct {
	struct span raw;
	enum http_fault fault;
} bads[] = {
	BAD("\r\n", CHUNK_SIZE), BAD("g\r\n", CHUNK_SIZE), BAD("-1\r\n", CHUNK_SIZE), BAD("+1\r\n", CHUNK_SIZE),
	BAD("0x1\r\nx\r\n", CHUNK_SIZE), BAD(" 1\r\nx\r\n", CHUNK_SIZE), BAD("\t1\r\nx\r\n", CHUNK_SIZE), BAD("1_0\r\n", CHUNK_SIZE),
	BAD("1.0\r\n", CHUNK_SIZE), BAD("1h\r\n", CHUNK_SIZE), BAD("1,\r\n", CHUNK_SIZE), BAD(";a\r\n", CHUNK_SIZE),
	BAD("8000000000000000\r\n", CHUNK_SIZE), BAD("ffffffffffffffff\r\n", CHUNK_SIZE), BAD("10000000000000000\r\n", CHUNK_SIZE),
	BAD("00000000000000001\r\n", CHUNK_SIZE), BAD("1\x80\r\n", CHUNK_SIZE),
	BAD("1 \r\nx\r\n", CHUNK_EXTENSION), BAD("1\t\r\nx\r\n", CHUNK_EXTENSION), BAD("1;\r\nx\r\n", CHUNK_EXTENSION),
	BAD("1;;a\r\nx\r\n", CHUNK_EXTENSION), BAD("1;a=\r\nx\r\n", CHUNK_EXTENSION), BAD("1;a=\"b\r\nx\r\n", CHUNK_EXTENSION),
	BAD("1;a=\"b\\\r\nx\r\n", CHUNK_EXTENSION), BAD("1;a=b c\r\nx\r\n", CHUNK_EXTENSION), BAD("1;a=\"b\"c\r\nx\r\n", CHUNK_EXTENSION),
	BAD("1;=b\r\nx\r\n", CHUNK_EXTENSION), BAD("1 a\r\nx\r\n", CHUNK_EXTENSION), BAD("1;a \r\nx\r\n", CHUNK_EXTENSION),
	BAD("1;a\x01\r\nx\r\n", CHUNK_EXTENSION), BAD("1;a\x7f\r\n", CHUNK_EXTENSION),
	BAD("1\nx\r\n", BARE_LF), BAD("1;a\nx\r\n", BARE_LF), BAD("1;a=\"\n\"\r\nx\r\n", BARE_LF), BAD("\n", BARE_LF), BAD("1 \nx", BARE_LF),
	BAD("1\rx\r\n", BARE_CR), BAD("1;a\rb\r\nx\r\n", BARE_CR), BAD("\r1\r\n", BARE_CR),
	BAD("1\0\r\nx\r\n", NUL), BAD("1;\0\r\nx\r\n", NUL), BAD("\0001\r\n", NUL),
	BAD("1\r\nxy\r\n", CHUNK_END), BAD("1\r\nx\n0\r\n\r\n", CHUNK_END), BAD("1\r\nx\r0\r\n\r\n", CHUNK_END), BAD("1\r\nx0\r\n\r\n", CHUNK_END),
	BAD("0\r\nContent-Length: 5\r\n\r\n", TRAILER), BAD("0\r\nTransfer-Encoding: chunked\r\n\r\n", TRAILER),
	BAD("0\r\nHost: b\r\n\r\n", TRAILER), BAD("0\r\nAuthorization: x\r\n\r\n", TRAILER), BAD("0\r\nCookie: x\r\n\r\n", TRAILER),
	BAD("0\r\nContent-Range: x\r\n\r\n", TRAILER), BAD("0\r\nIf-Range: x\r\n\r\n", TRAILER), BAD("0\r\nX-Forwarded-Anything: x\r\n\r\n", TRAILER),
	BAD("0\r\nContent_Length: 1\r\n\r\n", TRAILER), BAD("0\r\nX_Forwarded_For: x\r\n\r\n", TRAILER), BAD("0\r\nX.Original_URL: /\r\n\r\n", TRAILER),
	BAD("0\r\nMax-Forwards: 1\r\n\r\n", TRAILER), BAD("0\r\nA : b\r\n\r\n", TRAILER), BAD("0\r\n a: b\r\n\r\n", TRAILER),
	BAD("0\r\nA: b\r\n c\r\n\r\n", TRAILER), BAD("0\r\nA\r\n\r\n", TRAILER), BAD("0\r\nGET / HTTP/1.1\r\n\r\n", TRAILER),
	BAD("0\r\n: b\r\n\r\n", TRAILER), BAD("0\r\nA: \x01\r\n\r\n", TRAILER),
	BAD("0\r\nA: b\n\r\n", BARE_LF), BAD("0\r\n\n", BARE_LF), BAD("0\r\nA: b\rc\r\n\r\n", BARE_CR), BAD("0\r\n\rx", BARE_CR), BAD("0\r\nA: \0\r\n\r\n", NUL),
};

static void test_bad_chunks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		struct told told = tell(chunked, bads[i].raw, bads[i].raw.len, 1, NO_LIMIT, false, 65536);

		if (told.fault != bads[i].fault)
			print_error("%s: %s, expected %s\n", bads[i].raw.at, http_fault_name(told.fault), http_fault_name(bads[i].fault));
		assert_int_equal(told.result, RESULT_MALFORMED);
		assert_int_equal(told.fault, bads[i].fault);
		told_done(&told);
		assert_splits(chunked, bads[i].raw, NO_LIMIT);
	}
}

static struct buffer repeated(const char *front, const char *text, unsigned times, const char *back)
{
	struct buffer out;

	buffer_init(&out, 1 << 20);
	assert_int_equal(buffer_append(&out, span_of(front)), RESULT_OK);
	for (unsigned i = 0; i < times; i++)
		assert_int_equal(buffer_append(&out, span_of(text)), RESULT_OK);
	assert_int_equal(buffer_append(&out, span_of(back)), RESULT_OK);
	return out;
}

/* At the limit it is read; one beyond, it is FAULT, in pieces too. */
static void assert_edge(const char *front, const char *text, unsigned times, const char *back, enum http_fault fault)
{
	for (unsigned more = 0; more < 2; more++) {
		struct buffer raw = repeated(front, text, times + more, back);
		struct span input = buffer_span(&raw);

		for (size_t step = 1; step <= input.len; step = step * 3 + 1) {
			struct told told = tell(chunked, input, step, step, NO_LIMIT, false, 65536);
			struct told unkept = tell(chunked, input, step, step, NO_LIMIT, false, 0);

			assert_int_equal(told.result, more ? RESULT_MALFORMED : RESULT_END);
			assert_int_equal(told.fault, more ? fault : HTTP_FAULT_NONE);
			assert_int_equal(unkept.fault, told.fault);
			told_done(&told);
			told_done(&unkept);
		}
		buffer_done(&raw);
	}
}

static void test_limits_of_framing(void **state)
{
	(void)state;
	assert_edge("1;", "a", 255, "\r\nx\r\n0\r\n\r\n", HTTP_FAULT_CHUNK_EXTENSION);
	assert_edge("", "1;abcdefg\r\nx\r\n", 2048, "0\r\n\r\n", HTTP_FAULT_CHUNK_EXTENSION);
	assert_edge("0\r\n", "A: b\r\n", 32, "\r\n", HTTP_FAULT_TRAILER);
	assert_edge("0\r\nA: ", "b", 8192 - 7, "\r\n\r\n", HTTP_FAULT_TRAILER);
}

static void test_trailers_of_a_response(void **state)
{
	struct told told = tell(chunked, SPAN("0\r\nSet-Cookie: a\r\nX: y\r\nContent-Length: 1\r\n\r\n"), 46, 1, NO_LIMIT, true, 65536);

	(void)state;
	assert_int_equal(told.result, RESULT_END);
	assert_true(span_equal(buffer_span(&told.trailers), SPAN("X: y\r\n")));
	told_done(&told);
}

static void test_no_memory_for_trailers(void **state)
{
	struct span raw = SPAN("0\r\nA: b\r\nC: d\r\n\r\n");
	bool was_ok = false;

	(void)state;
	for (size_t bytes = 16; bytes < 4096; bytes += 16) {
		struct told told = tell(chunked, raw, raw.len, 1, NO_LIMIT, false, bytes);

		assert_true(told.result == RESULT_END || (told.fault == HTTP_FAULT_NO_MEMORY && !was_ok));
		was_ok = told.result == RESULT_END;
		told_done(&told);
	}
	assert_true(was_ok);
}

static void test_body_limit(void **state)
{
	struct body_size five = { BODY_LENGTH, true, 5 }, close = { .framing = BODY_UNTIL_CLOSE };
	struct span raw = SPAN("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
	struct told told = tell(chunked, raw, raw.len, 1, 5, false, 4096);

	(void)state;
	assert_int_equal(told.result, RESULT_LIMIT);
	assert_int_equal(told.fault, HTTP_FAULT_BODY_LONG);
	assert_true(span_equal(buffer_span(&told.body), SPAN("abc")));
	told_done(&told);
	assert_splits(chunked, raw, 5);
	assert_splits(chunked, raw, 6);
	told = tell(five, SPAN("hello"), 5, 1, 4, false, 4096);
	assert_int_equal(told.fault, HTTP_FAULT_BODY_LONG);
	told_done(&told);
	told = tell(close, SPAN("hello"), 1, 1, 4, false, 4096);
	assert_int_equal(told.result, RESULT_LIMIT);
	assert_int_equal(buffer_len(&told.body), 4);
	told_done(&told);
}

static void test_length(void **state)
{
	struct body_size size = { BODY_LENGTH, true, 5 };

	(void)state;
	for (size_t first = 0; first <= 8; first++) {
		struct told told = tell(size, SPAN("hello123"), first, 1, NO_LIMIT, false, 0);

		assert_int_equal(told.result, RESULT_END);
		assert_int_equal(told.used, 5);
		assert_true(span_equal(buffer_span(&told.body), SPAN("hello")));
		told_done(&told);
	}
	for (unsigned framing = 0; framing < 2; framing++) {
		struct body_size none = { framing ? BODY_LENGTH : BODY_NONE, framing, 0 };
		struct told told = tell(none, SPAN("GET"), 3, 1, 0, false, 0);

		assert_true(told.result == RESULT_END && told.used == 0);
		told_done(&told);
	}
}

static enum http_fault finish_after(struct body_size size, struct span input)
{
	enum http_fault fault = HTTP_FAULT_NONE;
	struct body_reader reader;
	struct span data;
	size_t used;

	body_reader_init(&reader, size, NO_LIMIT, NULL);
	while (input.len) {
		enum result result = body_reader_next(&reader, input, &data, &used, &fault);

		if (result == RESULT_MALFORMED)
			return fault;
		if (result != RESULT_OK)
			break;
		input = span_skip(input, used);
	}
	if (body_reader_finish(&reader, &fault) == RESULT_OK)
		assert_true(body_reader_has_ended(&reader));
	return fault;
}

static void test_finish(void **state)
{
	struct body_size five = { BODY_LENGTH, true, 5 }, close = { .framing = BODY_UNTIL_CLOSE }, tunnel = { .framing = BODY_TUNNEL };
	struct body_size stream = { .framing = BODY_STREAM }, stream_five = { BODY_STREAM, true, 5 }, none = { .framing = BODY_NONE };

	(void)state;
	assert_int_equal(finish_after(five, SPAN("hell")), HTTP_FAULT_BODY_SHORT);
	assert_int_equal(finish_after(five, SPAN("hello")), HTTP_FAULT_NONE);
	assert_int_equal(finish_after(close, SPAN("hell")), HTTP_FAULT_NONE);
	assert_int_equal(finish_after(tunnel, SPAN("")), HTTP_FAULT_NONE);
	assert_int_equal(finish_after(none, SPAN("")), HTTP_FAULT_NONE);
	assert_int_equal(finish_after(stream, SPAN("hell")), HTTP_FAULT_NONE);
	assert_int_equal(finish_after(stream_five, SPAN("hell")), HTTP_FAULT_BODY_SHORT);
	assert_int_equal(finish_after(stream_five, SPAN("hello")), HTTP_FAULT_NONE);
	assert_int_equal(finish_after(stream_five, SPAN("hello!")), HTTP_FAULT_H2_PROTOCOL);
	assert_int_equal(finish_after(chunked, SPAN("5\r\nhello\r\n0\r\n")), HTTP_FAULT_BODY_SHORT);
	assert_int_equal(finish_after(chunked, SPAN("5\r\nhello\r\n0\r\n\r\n")), HTTP_FAULT_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws_of_chunked),
		cmocka_unit_test(test_what_follows_is_left),
		cmocka_unit_test(test_bad_chunks),
		cmocka_unit_test(test_limits_of_framing),
		cmocka_unit_test(test_trailers_of_a_response),
		cmocka_unit_test(test_no_memory_for_trailers),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
