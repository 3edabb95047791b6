/* A body taken out of a buffer: whatever the pieces in which it comes and goes, it is the same body. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/client/feed.h"

struct example {
	struct body_size size;
	struct span wire;
	struct span body;
	enum result result;    /* at the end of WIRE: END, MORE (the carrier must end it), or what is wrong */
	size_t left;           /* bytes of WIRE behind the body */
};

static const struct example examples[] = {
	{ { BODY_NONE, false, 0 }, SPAN_INIT("GET /"), SPAN_INIT(""), RESULT_END, 5 },
	{ { BODY_LENGTH, true, 0 }, SPAN_INIT("GET /"), SPAN_INIT(""), RESULT_END, 5 },
	{ { BODY_LENGTH, true, 5 }, SPAN_INIT("helloGET /"), SPAN_INIT("hello"), RESULT_END, 5 },
	{ { BODY_LENGTH, true, 6 }, SPAN_INIT("hello"), SPAN_INIT("hello"), RESULT_MORE, 0 },
	{ { BODY_CHUNKED, false, 0 }, SPAN_INIT("5\r\nhello\r\n0\r\n\r\nGET /"), SPAN_INIT("hello"), RESULT_END, 5 },
	{ { BODY_CHUNKED, false, 0 }, SPAN_INIT("5;x=y\r\nhello\r\n1\r\n!\r\n00\r\nA: b\r\n\r\n"), SPAN_INIT("hello!"), RESULT_END, 0 },
	{ { BODY_CHUNKED, false, 0 }, SPAN_INIT("0\r\n\r\nx"), SPAN_INIT(""), RESULT_END, 1 },
	{ { BODY_CHUNKED, false, 0 }, SPAN_INIT("5\r\nhelloX"), SPAN_INIT("hello"), RESULT_MALFORMED, 1 },
	{ { BODY_CHUNKED, false, 0 }, SPAN_INIT("x"), SPAN_INIT(""), RESULT_MALFORMED, 1 },
	{ { BODY_UNTIL_CLOSE, false, 0 }, SPAN_INIT("all of it"), SPAN_INIT("all of it"), RESULT_MORE, 0 },
	{ { BODY_TUNNEL, false, 0 }, SPAN_INIT("\x81\x05hello"), SPAN_INIT("\x81\x05hello"), RESULT_MORE, 0 },
	{ { BODY_STREAM, false, 0 }, SPAN_INIT("frames"), SPAN_INIT("frames"), RESULT_MORE, 0 },
};

/* Lets ARRIVE bytes in at a time and takes at most GO out at a time. */
static void run(const struct example *example, size_t arrive, size_t go)
{
	struct buffer buffer, body;
	struct arena arena;
	struct feed feed;
	enum http_fault fault = HTTP_FAULT_NONE;
	enum result result = RESULT_MORE;
	struct span wire = example->wire, piece;

	arena_init(&arena, 65536, 1024);
	buffer_init(&buffer, 4096);
	buffer_init(&body, 4096);
	feed_init(&feed, example->size, 1000, &arena);
	for (;;) {
		result = feed_peek(&feed, &buffer, &piece, &fault);
		if (result == RESULT_OK) {
			struct span again;

			assert_true(piece.len > 0);
			assert_ok(feed_peek(&feed, &buffer, &again, &fault));  /* looking takes nothing */
			assert_true(span_equal(piece, again) && piece.at == buffer_span(&buffer).at);
			piece = span_take(piece, go);
			assert_ok(buffer_append(&body, piece));
			feed_take(&feed, &buffer, piece.len);
			continue;
		}
		if (result != RESULT_MORE || !wire.len)
			break;
		assert_ok(buffer_append(&buffer, span_take(wire, arrive)));
		wire = span_skip(wire, arrive);
	}
	assert_result(result, example->result);
	assert_true(span_equal(buffer_span(&body), example->body));
	if (result == RESULT_END || result == RESULT_MORE)
		assert_int_equal(buffer_len(&buffer) + wire.len, example->left);
	else
		assert_true(fault != HTTP_FAULT_NONE);
	buffer_done(&buffer);
	buffer_done(&body);
	arena_done(&arena);
}

static void any_pieces_make_the_same_body(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		for (size_t arrive = 1; arrive <= examples[i].wire.len; arrive++) {
			for (size_t go = 1; go <= 8; go++)
				run(&examples[i], arrive, go);
		}
	}
}

static void no_more_than_the_limit(void **state)
{
	static const struct { struct body_size size; struct span wire; } table[] = {
		{ { BODY_LENGTH, true, 11 }, SPAN_INIT("hello") },
		{ { BODY_CHUNKED, false, 0 }, SPAN_INIT("b\r\n") },
		{ { BODY_STREAM, false, 0 }, SPAN_INIT("hello world") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum http_fault fault = HTTP_FAULT_NONE;
		struct buffer buffer;
		struct feed feed;
		struct span piece;

		buffer_init(&buffer, 100);
		assert_ok(buffer_append(&buffer, table[i].wire));
		feed_init(&feed, table[i].size, 10, NULL);
		assert_result(feed_peek(&feed, &buffer, &piece, &fault), RESULT_LIMIT);
		assert_int_equal(fault, HTTP_FAULT_BODY_LONG);
		buffer_done(&buffer);
	}
}

static void trailers_are_copied(void **state)
{
	enum http_fault fault = HTTP_FAULT_NONE;
	struct buffer buffer;
	struct arena arena;
	struct feed feed;
	struct span piece;

	(void)state;
	arena_init(&arena, 65536, 1024);
	buffer_init(&buffer, 100);
	assert_ok(buffer_append(&buffer, SPAN("0\r\nDigest: abc\r\n\r\nxxxxxxxxxxxxxx")));
	feed_init(&feed, (struct body_size){ .framing = BODY_CHUNKED }, 10, &arena);
	assert_result(feed_peek(&feed, &buffer, &piece, &fault), RESULT_END);
	buffer_done(&buffer);  /* the carrier may go */
	assert_int_equal(feed.reader.trailers.count, 1);
	assert_span(feed.reader.trailers.list[0].value, "abc");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pieces_make_the_same_body), cmocka_unit_test(no_more_than_the_limit), cmocka_unit_test(trailers_are_copied),
	};

	return cmocka_run_group_tests_name("edge/feed", tests, NULL, NULL);
}
