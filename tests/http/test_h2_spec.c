/* What a server must answer to each thing a conformance suite sends: RFC 9113 (and 7540 where suites still ask for it) and
 * RFC 7541, in the order of their sections. */
#include "h2_peer.h"

#include "base/banned.h"

enum outcome { SERVED, STREAM_ERROR, CONNECTION_ERROR };

struct sent {
	uint8_t type, flags;
	uint32_t stream;
	const char *payload;  /* NULL with a length: a GET's block, or zeros for other types than HEADERS */
	size_t length;
};

#define BLOCK NULL, 1
#define RAW(literal) (literal), sizeof(literal) - 1
#define GET_OF(id) { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, id, BLOCK }
#define OPEN(id) { NGHTTP2_HEADERS, END_HEADERS, id, BLOCK }
#define IS_LAST { 0xff, 0, 0, NULL, 0 }
#define FRAMES_MAX 8

struct example {
	const char *name;
	enum outcome outcome;
	uint32_t code;
	struct sent sent[FRAMES_MAX];  /* up to the first of type 0 on stream 0 without payload (no DATA looks so) */
};

#define PROTO NGHTTP2_PROTOCOL_ERROR
#define SIZE NGHTTP2_FRAME_SIZE_ERROR
#define FLOW NGHTTP2_FLOW_CONTROL_ERROR
#define CLOSED NGHTTP2_STREAM_CLOSED
#define COMPRESSION NGHTTP2_COMPRESSION_ERROR
#define BAD(code) CONNECTION_ERROR, code
#define RESET(code) STREAM_ERROR, code
#define FINE SERVED, 0
#define NAMES "\0\7:method\3GET\0\7:scheme\5https\0\12:authority\1a\0\5:path\1/"

static const struct example examples[] = {
	/* 4.1, 5.5: unknown types, flags and the reserved bit mean nothing */
	{ "unknown frame type", FINE, { { 0x16, 0, 0, RAW("12345678") }, GET_OF(1), IS_LAST } },
	{ "undefined flags", FINE, { { NGHTTP2_PING, 0x16, 0, RAW("12345678") }, GET_OF(1), IS_LAST } },
	{ "reserved bit", FINE, { { NGHTTP2_PING, 0, 0x80000000u, RAW("12345678") }, GET_OF(1), IS_LAST } },
	{ "unknown frame in a header block", BAD(PROTO), { { NGHTTP2_HEADERS, 0, 1, BLOCK }, { 0x16, 0, 0, RAW("x") }, IS_LAST } },
	/* 4.2 */
	{ "largest frame", FINE, { OPEN(1), { NGHTTP2_DATA, END_STREAM, 1, NULL, 16384 }, IS_LAST } },
	{ "DATA too large", BAD(SIZE), { OPEN(1), { NGHTTP2_DATA, END_STREAM, 1, NULL, 16385 }, IS_LAST } },
	{ "HEADERS too large", BAD(SIZE), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, NULL, 16385 }, IS_LAST } },
	{ "SETTINGS too large", BAD(SIZE), { { NGHTTP2_SETTINGS, 0, 0, NULL, 16386 }, IS_LAST } },
	/* 4.3 */
	{ "invalid block", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW("\0\1x\377\377\377\377\377\377\377") }, IS_LAST } },
	{ "PRIORITY in a block", BAD(PROTO), { { NGHTTP2_HEADERS, END_STREAM, 1, BLOCK }, { NGHTTP2_PRIORITY, 0, 1, RAW("\0\0\0\0\20") }, IS_LAST } },
	{ "HEADERS of another stream in a block", BAD(PROTO), { { NGHTTP2_HEADERS, END_STREAM, 1, BLOCK }, GET_OF(3), IS_LAST } },
	/* 5.1, idle */
	{ "idle: DATA", BAD(PROTO), { { NGHTTP2_DATA, END_STREAM, 1, RAW("test") }, IS_LAST } },
	{ "idle: RST_STREAM", BAD(PROTO), { { NGHTTP2_RST_STREAM, 0, 1, RAW("\0\0\0\10") }, IS_LAST } },
	{ "idle: WINDOW_UPDATE", BAD(PROTO), { { NGHTTP2_WINDOW_UPDATE, 0, 1, RAW("\0\0\0\144") }, IS_LAST } },
	{ "idle: CONTINUATION", BAD(PROTO), { { NGHTTP2_CONTINUATION, END_HEADERS, 1, RAW(NAMES) }, IS_LAST } },
	{ "idle: PRIORITY", FINE, { { NGHTTP2_PRIORITY, 0, 1, RAW("\0\0\0\0\377") }, GET_OF(1), IS_LAST } },
	/* 5.1, half-closed (remote); the answer is held back where stream 1 is answered late */
	{ "half closed: DATA", BAD(CLOSED), { GET_OF(63), { NGHTTP2_DATA, END_STREAM, 63, RAW("test") }, IS_LAST } },
	{ "half closed: HEADERS", BAD(CLOSED), { GET_OF(63), GET_OF(63), IS_LAST } },
	{ "half closed: CONTINUATION", BAD(PROTO), { GET_OF(63), { NGHTTP2_CONTINUATION, END_HEADERS, 63, RAW(NAMES) }, IS_LAST } },
	{ "half closed: PRIORITY, WINDOW_UPDATE, RST_STREAM", FINE, { GET_OF(63), { NGHTTP2_PRIORITY, 0, 63, RAW("\0\0\0\0\20") },
	  { NGHTTP2_WINDOW_UPDATE, 0, 63, RAW("\0\0\0\1") }, { NGHTTP2_RST_STREAM, 0, 63, RAW("\0\0\0\10") }, IS_LAST } },
	/* 5.1, closed */
	{ "reset: DATA", BAD(CLOSED), { OPEN(63), { NGHTTP2_RST_STREAM, 0, 63, RAW("\0\0\0\10") }, { NGHTTP2_DATA, END_STREAM, 63, RAW("test") }, IS_LAST } },
	{ "reset: HEADERS", BAD(CLOSED), { OPEN(63), { NGHTTP2_RST_STREAM, 0, 63, RAW("\0\0\0\10") }, GET_OF(63), IS_LAST } },
	{ "reset: CONTINUATION", BAD(PROTO), { OPEN(63), { NGHTTP2_RST_STREAM, 0, 63, RAW("\0\0\0\10") }, { NGHTTP2_CONTINUATION, END_HEADERS, 63, RAW(NAMES) }, IS_LAST } },
	{ "closed: DATA", BAD(CLOSED), { GET_OF(1), { NGHTTP2_DATA, END_STREAM, 1, RAW("test") }, IS_LAST } },
	{ "closed: HEADERS", BAD(CLOSED), { GET_OF(1), GET_OF(1), IS_LAST } },
	{ "closed: CONTINUATION", BAD(PROTO), { GET_OF(1), { NGHTTP2_CONTINUATION, END_HEADERS, 1, RAW(NAMES) }, IS_LAST } },
	{ "closed: PRIORITY, WINDOW_UPDATE, RST_STREAM", FINE, { GET_OF(1), { NGHTTP2_PRIORITY, 0, 1, RAW("\0\0\0\0\20") },
	  { NGHTTP2_WINDOW_UPDATE, 0, 1, RAW("\0\0\0\1") }, { NGHTTP2_RST_STREAM, 0, 1, RAW("\0\0\0\10") }, IS_LAST } },
	/* 5.1.1 */
	{ "even stream", BAD(PROTO), { GET_OF(2), IS_LAST } },
	{ "smaller stream", BAD(PROTO), { GET_OF(5), GET_OF(3), IS_LAST } },
	{ "smaller stream, not the latest", BAD(PROTO), { GET_OF(5), GET_OF(7), GET_OF(11), GET_OF(1), IS_LAST } },
	{ "streams passed over", FINE, { GET_OF(15), GET_OF(17), GET_OF(23), IS_LAST } },
	/* 5.3.1 */
	{ "HEADERS depend on themselves", BAD(PROTO), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS | PRIORITY_FLAG, 1, RAW("\0\0\0\1\377" NAMES) }, IS_LAST } },
	{ "PRIORITY depends on itself", BAD(PROTO), { { NGHTTP2_PRIORITY, 0, 1, RAW("\0\0\0\1\377") }, IS_LAST } },
	{ "PRIORITY depends on itself, exclusively", BAD(PROTO), { { NGHTTP2_PRIORITY, 0, 1, RAW("\200\0\0\1\377") }, IS_LAST } },
	/* 6.1 */
	{ "DATA on stream 0", BAD(PROTO), { { NGHTTP2_DATA, END_STREAM, 0, RAW("test") }, IS_LAST } },
	{ "DATA padding too long", BAD(PROTO), { OPEN(1), { NGHTTP2_DATA, END_STREAM | PADDED, 1, RAW("\6Test") }, IS_LAST } },
	{ "DATA padded", FINE, { OPEN(1), { NGHTTP2_DATA, END_STREAM | PADDED, 1, RAW("\3Test\0\0\0") }, IS_LAST } },
	/* 6.2 */
	{ "HEADERS on stream 0", BAD(PROTO), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 0, BLOCK }, IS_LAST } },
	{ "HEADERS padding too long", BAD(PROTO), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS | PADDED, 1, RAW("\77\0\1x\1y") }, IS_LAST } },
	{ "HEADERS padded, with priority", FINE, { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS | PADDED | PRIORITY_FLAG, 1, RAW("\2\0\0\0\0\17" NAMES "\0\0") }, IS_LAST } },
	/* 6.3 */
	{ "PRIORITY on stream 0", BAD(PROTO), { { NGHTTP2_PRIORITY, 0, 0, RAW("\0\0\0\1\20") }, IS_LAST } },
	{ "PRIORITY of 4 bytes", BAD(SIZE), { OPEN(1), { NGHTTP2_PRIORITY, 0, 1, RAW("\200\0\0\1") }, IS_LAST } },
	/* 6.4 */
	{ "RST_STREAM on stream 0", BAD(PROTO), { { NGHTTP2_RST_STREAM, 0, 0, RAW("\0\0\0\10") }, IS_LAST } },
	{ "RST_STREAM of 3 bytes", BAD(SIZE), { OPEN(1), { NGHTTP2_RST_STREAM, 0, 1, RAW("\0\0\0") }, IS_LAST } },
	/* 6.5 */
	{ "SETTINGS ACK with payload", BAD(SIZE), { { NGHTTP2_SETTINGS, ACK, 0, RAW("\0\3\0\0\0\1") }, IS_LAST } },
	{ "SETTINGS on a stream", BAD(PROTO), { { NGHTTP2_SETTINGS, 0, 1, RAW("\0\3\0\0\0\144") }, IS_LAST } },
	{ "SETTINGS of 3 bytes", BAD(SIZE), { { NGHTTP2_SETTINGS, 0, 0, RAW("\0\3\0") }, IS_LAST } },
	{ "ENABLE_PUSH of 2", BAD(PROTO), { { NGHTTP2_SETTINGS, 0, 0, RAW("\0\2\0\0\0\2") }, IS_LAST } },
	{ "INITIAL_WINDOW_SIZE over 2^31-1", BAD(FLOW), { { NGHTTP2_SETTINGS, 0, 0, RAW("\0\4\200\0\0\0") }, IS_LAST } },
	{ "MAX_FRAME_SIZE under 2^14", BAD(PROTO), { { NGHTTP2_SETTINGS, 0, 0, RAW("\0\5\0\0\77\377") }, IS_LAST } },
	{ "MAX_FRAME_SIZE over 2^24-1", BAD(PROTO), { { NGHTTP2_SETTINGS, 0, 0, RAW("\0\5\1\0\0\0") }, IS_LAST } },
	{ "unknown setting", FINE, { { NGHTTP2_SETTINGS, 0, 0, RAW("\0\377\0\0\0\1") }, GET_OF(1), IS_LAST } },
	/* 6.7 */
	{ "PING on a stream", BAD(PROTO), { { NGHTTP2_PING, 0, 1, RAW("12345678") }, IS_LAST } },
	{ "PING of 6 bytes", BAD(SIZE), { { NGHTTP2_PING, 0, 0, RAW("123456") }, IS_LAST } },
	{ "PING ACK unasked", FINE, { { NGHTTP2_PING, ACK, 0, RAW("invalid1") }, { NGHTTP2_PING, 0, 0, RAW("12345678") }, GET_OF(1), IS_LAST } },
	/* 6.8 */
	{ "GOAWAY on a stream", BAD(PROTO), { { NGHTTP2_GOAWAY, 0, 1, RAW("\0\0\0\0\0\0\0\0") }, IS_LAST } },
	/* 6.9 */
	{ "WINDOW_UPDATE of 0, connection", BAD(PROTO), { { NGHTTP2_WINDOW_UPDATE, 0, 0, RAW("\0\0\0\0") }, IS_LAST } },
	{ "WINDOW_UPDATE of 0, stream", BAD(PROTO), { OPEN(63), { NGHTTP2_WINDOW_UPDATE, 0, 63, RAW("\0\0\0\0") }, IS_LAST } },
	{ "WINDOW_UPDATE of 3 bytes", BAD(SIZE), { { NGHTTP2_WINDOW_UPDATE, 0, 0, RAW("\0\0\1") }, IS_LAST } },
	{ "connection window over 2^31-1", BAD(FLOW), { { NGHTTP2_WINDOW_UPDATE, 0, 0, RAW("\177\377\377\377") }, { NGHTTP2_WINDOW_UPDATE, 0, 0, RAW("\177\377\377\377") }, IS_LAST } },
	{ "stream window over 2^31-1", RESET(FLOW), { OPEN(63), { NGHTTP2_WINDOW_UPDATE, 0, 63, RAW("\177\377\377\377") }, IS_LAST } },
	/* RFC 9113, 6.9.2, wants the connection ended; libnghttp2 ends each stream that overflows */
	{ "windows overflow by SETTINGS", RESET(FLOW), { OPEN(63), { NGHTTP2_WINDOW_UPDATE, 0, 63, RAW("\177\377\0\0") }, { NGHTTP2_SETTINGS, 0, 0, RAW("\0\4\177\377\377\377") }, IS_LAST } },
	/* 6.10 */
	{ "CONTINUATION twice", FINE, { { NGHTTP2_HEADERS, END_STREAM, 1, RAW("\0\7:method\3GET\0\7:scheme\5https") }, { NGHTTP2_CONTINUATION, 0, 1, RAW("\0\12:authority\1a") }, { NGHTTP2_CONTINUATION, END_HEADERS, 1, RAW("\0\5:path\1/") }, IS_LAST } },
	{ "CONTINUATION, then DATA", BAD(PROTO), { { NGHTTP2_HEADERS, 0, 1, BLOCK }, { NGHTTP2_CONTINUATION, 0, 1, RAW("\0\1x\1y") }, { NGHTTP2_DATA, END_STREAM, 1, RAW("test") }, IS_LAST } },
	{ "CONTINUATION on stream 0", BAD(PROTO), { { NGHTTP2_HEADERS, 0, 1, BLOCK }, { NGHTTP2_CONTINUATION, END_HEADERS, 0, RAW("\0\1x\1y") }, IS_LAST } },
	{ "CONTINUATION after END_HEADERS", BAD(PROTO), { OPEN(63), { NGHTTP2_CONTINUATION, END_HEADERS, 63, RAW("\0\1x\1y") }, IS_LAST } },
	{ "CONTINUATION after CONTINUATION with END_HEADERS", BAD(PROTO), { { NGHTTP2_HEADERS, 0, 63, BLOCK }, { NGHTTP2_CONTINUATION, END_HEADERS, 63, RAW("\0\1x\1y") }, { NGHTTP2_CONTINUATION, END_HEADERS, 63, RAW("\0\1x\1y") }, IS_LAST } },
	/* 7 */
	{ "RST_STREAM with an unknown code", FINE, { OPEN(63), { NGHTTP2_RST_STREAM, 0, 63, RAW("\0\0\0\377") }, GET_OF(65), IS_LAST } },
	/* 8.1 */
	{ "second HEADERS without END_STREAM", RESET(PROTO), { OPEN(63), { NGHTTP2_DATA, 0, 63, RAW("test") }, { NGHTTP2_HEADERS, END_HEADERS, 63, RAW("\0\1x\1y") }, IS_LAST } },
	{ "pseudo-header in trailers", RESET(PROTO), { OPEN(63), { NGHTTP2_DATA, 0, 63, RAW("test") }, { NGHTTP2_HEADERS, END_HEADERS | END_STREAM, 63, RAW("\0\7:method\3GET") }, IS_LAST } },
	{ "upper case", RESET(PROTO), { { NGHTTP2_HEADERS, END_HEADERS | END_STREAM, 63, RAW(NAMES "\0\6X-TEST\2ok") }, IS_LAST } },
	/* 8.2 (7540), 8.4 */
	{ "PUSH_PROMISE", BAD(PROTO), { OPEN(63), { NGHTTP2_PUSH_PROMISE, END_HEADERS, 63, RAW("\0\0\0\2" NAMES) }, IS_LAST } },
	/* RFC 7541: 2.3.3, 4.2, 5.2, 6.1, 6.3 */
	{ "index past both tables, indexed", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\306") }, IS_LAST } },
	{ "index past both tables, literal", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\177\7\5empty") }, IS_LAST } },
	{ "table size update at the end", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\41") }, IS_LAST } },
	{ "Huffman padding over 7 bits", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\0\205\362\262\112\204\377\204\111\120\237\377") }, IS_LAST } },
	{ "Huffman padding of zeros", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\0\205\362\262\112\204\377\203\111\120\220") }, IS_LAST } },
	{ "Huffman EOS", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\0\205\362\262\112\204\377\207\111\121\377\377\377\372\177") }, IS_LAST } },
	{ "index 0", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW(NAMES "\200") }, IS_LAST } },
	{ "table size over the setting", BAD(COMPRESSION), { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW("\77\342\37" NAMES) }, IS_LAST } },
	{ "table size updates, twice, in order", FINE, { { NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, RAW("\40\77\341\37" NAMES) }, IS_LAST } },
};

static void send_one(struct peer *peer, const struct sent *sent)
{
	static const char zeros[20000];
	char block[256];

	if (sent->payload)
		peer_frame(peer, sent->type, sent->flags, sent->stream, sent->payload, sent->length);
	else if (sent->length == 1)
		peer_frame(peer, sent->type, sent->flags, sent->stream, block, peer_get_block(block));
	else
		peer_frame(peer, sent->type, sent->flags, sent->stream, zeros, sent->length);
	if (!h2_is_finished(peer->session))
		peer_drain(peer);
}

/* Stream 63 is answered late, so that it is open when the next frame comes. */
static void hold_63(void *context, struct h2_stream *stream, struct request_head *head, bool has_body)
{
	struct peer_stream *mine = h2_stream_owner(stream);

	if (h2_stream_id(stream) == 63 || has_body)
		mine->answer.status = 0;
	peer_head(context, stream, head, has_body);
}

static void late_answer(void *context, struct h2_stream *stream, const struct fields *trailers)
{
	struct peer_stream *mine = h2_stream_owner(stream);

	peer_data_end(context, stream, trailers);
	mine->answer.status = 200;
	assert_int_equal(peer_respond(mine), RESULT_OK);
}

static uint32_t last_stream(const struct example *example)
{
	uint32_t last = 0;

	for (const struct sent *sent = example->sent; sent->type != 0xff; sent++)
		last = sent->stream > last ? sent->stream : last;
	return last & 0x7fffffffu;
}

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *example = &examples[i];
		int32_t last = (int32_t)last_stream(example);
		struct peer peer;

		peer_init(&peer);
		peer.sink.head = hold_63;
		peer.sink.data_end = late_answer;
		peer_start(&peer);
		for (const struct sent *sent = example->sent; sent->type != 0xff; sent++)
			send_one(&peer, sent);
		peer_drain(&peer);
		if (peer.has_goaway != (example->outcome == CONNECTION_ERROR))
			fail_msg("%s: GOAWAY %d code %u", example->name, peer.has_goaway, peer.goaway_code);
		if (example->outcome == CONNECTION_ERROR) {
			if (peer.goaway_code != example->code)
				fail_msg("%s: code %u", example->name, peer.goaway_code);
			assert_true(h2_is_finished(peer.session));
			assert_int_equal(h2_fault(peer.session), HTTP_FAULT_H2_PROTOCOL);
		} else if (example->outcome == STREAM_ERROR) {
			if (!peer_seen(&peer, last)->is_reset || peer_seen(&peer, last)->reset_code != example->code)
				fail_msg("%s: reset %d code %u", example->name, peer_seen(&peer, last)->is_reset, peer_seen(&peer, last)->reset_code);
		} else {
			peer_get(&peer, 101);
			peer_drain(&peer);
			if (peer_seen(&peer, 101)->status != 200 || (last && last != 63 && peer_seen(&peer, last)->status != 200))
				fail_msg("%s: not served", example->name);
		}
		peer_end(&peer);
	}
}

static void test_preface(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start_quiet(&peer);
	assert_int_equal(nghttp2_hd_inflate_new(&peer.inflater), 0);
	peer_bytes(&peer, "INVALID CONNECTION PREFACE\r\n\r\n", 30);
	assert_int_equal(peer.fault, HTTP_FAULT_H2_PROTOCOL);
	peer_drain(&peer);
	assert_true(h2_is_finished(peer.session));
	peer_end(&peer);
	peer_init(&peer);  /* the preface, and no SETTINGS behind it */
	peer_start_quiet(&peer);
	assert_int_equal(nghttp2_hd_inflate_new(&peer.inflater), 0);
	peer_bytes(&peer, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	peer_frame(&peer, NGHTTP2_PING, 0, 0, "12345678", 8);
	peer_expect_goaway(&peer, NGHTTP2_PROTOCOL_ERROR, HTTP_FAULT_H2_PROTOCOL);
	peer_end(&peer);
}

static void test_concurrency(void **state)
{
	struct peer peer;
	unsigned refused = 0;

	(void)state;
	for (int is_acked = 0; is_acked < 2; is_acked++) {
		peer_init(&peer);
		peer.limits.streams = 10;
		peer.answer.status = 0;
		if (is_acked) {
			peer_start(&peer);
		} else {
			peer_start_quiet(&peer);
			assert_int_equal(nghttp2_hd_inflate_new(&peer.inflater), 0);
			peer_bytes(&peer, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
			peer_frame(&peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
		}
		for (uint32_t id = 1; id <= 21; id += 2)
			peer_get(&peer, id);
		peer_drain(&peer);
		assert_int_equal(h2_open_streams(peer.session), 10);
		refused += peer.has_goaway ? peer.goaway_code == NGHTTP2_PROTOCOL_ERROR
		                           : peer_seen(&peer, 21)->reset_code == NGHTTP2_REFUSED_STREAM;
		peer_end(&peer);
	}
	assert_int_equal(refused, 2);
}

/* 6.5.3, 6.9.2: the last of several values counts, windows move with it, also below zero. */
static void test_window_settings(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	peer_frame(&peer, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\144\0\4\0\0\0\1", 12);
	peer_get(&peer, 1);
	peer_drain(&peer);
	assert_int_equal(peer.settings_acks, 2);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 1);
	peer_frame(&peer, NGHTTP2_SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);  /* now -1 */
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\1", 4);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 1);
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\0\0\1", 4);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 2);
	assert_true(peer_seen(&peer, 1)->has_end);
	peer_end(&peer);
}

static void test_ping(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	peer_frame(&peer, NGHTTP2_PING, 0, 0, "h2spec\0\0", 8);
	peer_drain(&peer);
	assert_int_equal(peer.ping_acks, 1);
	peer_end(&peer);
}

static void test_goaway_from_client(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	peer.answer.ready_bytes = 0;
	peer_get(&peer, 1);
	peer_frame(&peer, NGHTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\377bye", 11);
	peer_drain(&peer);
	assert_false(h2_is_finished(peer.session));
	peer_stream(&peer, 1)->answer.ready_bytes = 2;
	h2_stream_resume(peer.session, peer_stream(&peer, 1)->stream);
	peer_drain(&peer);
	assert_true(peer_seen(&peer, 1)->has_end);
	assert_true(h2_is_finished(peer.session));
	assert_int_equal(h2_fault(peer.session), HTTP_FAULT_NONE);
	peer_end(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_preface),
		cmocka_unit_test(test_concurrency),
		cmocka_unit_test(test_window_settings),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_goaway_from_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
