/* h2_session: requests, answers, flow control, shutdown; the happy ways and their edges. */
#include "h2_peer.h"

#include "base/banned.h"

static void test_get(void **state)
{
	struct peer peer;
	struct peer_stream *mine;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	peer_get(&peer, 1);
	mine = peer_stream(&peer, 1);
	assert_int_equal(peer.heads, 1);
	assert_false(mine->has_body);
	assert_int_equal(mine->head->method, METHOD_GET);
	assert_int_equal(mine->head->version, HTTP_2);
	assert_true(span_equal(mine->head->scheme, SPAN("https")));
	assert_true(span_equal(mine->head->host, SPAN("shield.example")));
	assert_true(span_equal(mine->head->authority, SPAN("shield.example")));
	assert_true(span_equal(mine->head->target, SPAN("/a?b=c")));
	assert_true(span_equal(mine->head->path, SPAN("/a")));
	assert_true(span_equal(mine->head->query, SPAN("b=c")));
	assert_true(mine->head->has_query);
	assert_int_equal(mine->head->body.framing, BODY_NONE);
	assert_int_equal(h2_open_streams(peer.session), 1);
	mine->answer = (struct peer_answer){ .status = 200, .has_body = true, .body_bytes = 2, .ready_bytes = 2 };
	assert_int_equal(peer_respond(mine), RESULT_OK);
	assert_int_equal(peer_respond(mine), RESULT_REFUSED);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->status, 200);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 2);
	assert_true(peer_seen(&peer, 1)->has_end);
	assert_true(mine->was_closed);
	assert_int_equal(mine->error, 0);
	assert_int_equal(h2_open_streams(peer.session), 0);
	peer_end(&peer);
}

/* Any split of the input gives the same answer. */
static void test_splits(void **state)
{
	char all[1024], block[256];
	size_t len = NGHTTP2_CLIENT_MAGIC_LEN, block_len = peer_get_block(block);

	(void)state;
	memcpy(all, NGHTTP2_CLIENT_MAGIC, len);
	len += peer_frame_make(all + len, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
	len += peer_frame_make(all + len, NGHTTP2_PRIORITY, 0, 3, "\0\0\0\1\20", 5);
	len += peer_frame_make(all + len, NGHTTP2_HEADERS, END_HEADERS, 1, block, block_len);
	len += peer_frame_make(all + len, NGHTTP2_DATA, PADDED, 1, "\3abc\0\0\0", 7);
	len += peer_frame_make(all + len, NGHTTP2_DATA, END_STREAM, 1, "def", 3);
	for (size_t step = 1; step < len; step++) {
		struct peer peer;

		peer_init(&peer);
		peer_start_quiet(&peer);
		assert_int_equal(nghttp2_hd_inflate_new(&peer.inflater), 0);
		for (size_t at = 0; at < len; at += step)
			peer_bytes(&peer, all + at, len - at < step ? len - at : step);
		assert_int_equal(peer.fault, HTTP_FAULT_NONE);
		assert_true(peer_stream(&peer, 1)->has_end);
		assert_memory_equal(peer_stream(&peer, 1)->body, "abcdef", 6);
		peer_drain(&peer);
		assert_int_equal(peer_seen(&peer, 1)->status, 200);
		assert_true(peer_stream(&peer, 1)->was_closed);
		peer_end(&peer);
	}
}

static void test_cookie_crumbs(void **state)
{
	struct peer peer;
	char block[512];
	size_t len = peer_get_block(block);
	const struct fields *fields;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	len += peer_block(block + len, "cookie", "a=1", "user-agent", "x", "cookie", "b=2", "cookie", "c=3", NULL);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	fields = &peer_stream(&peer, 1)->head->fields;
	assert_int_equal(fields_count(fields, FIELD_COOKIE), 1);
	assert_true(span_equal(fields_find(fields, FIELD_COOKIE)->value, SPAN("a=1; b=2; c=3")));
	assert_int_equal(fields->count, 2);
	peer_end(&peer);
}

static void test_host_only(void **state)
{
	struct peer peer;
	char block[512];
	size_t len;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	len = peer_block(block, ":method", "GET", ":scheme", "https", ":path", "/", "host", "shield.example:8443", NULL);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	assert_true(span_equal(peer_stream(&peer, 1)->head->host, SPAN("shield.example")));
	assert_int_equal(peer_stream(&peer, 1)->head->port, 8443);
	peer_end(&peer);
}

static void test_options_star(void **state)
{
	struct peer peer;
	char block[512];
	size_t len;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	len = peer_block(block, ":method", "OPTIONS", ":scheme", "https", ":authority", "a.example", ":path", "*", NULL);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	assert_true(span_equal(peer_stream(&peer, 1)->head->path, SPAN("*")));
	assert_int_equal(peer_stream(&peer, 1)->head->method, METHOD_OPTIONS);
	peer_end(&peer);
}

static void test_trailers_both_ways(void **state)
{
	struct peer peer;
	char block[256];
	size_t len;

	(void)state;
	peer_init(&peer);
	peer.answer.has_trailers = true;
	peer_start(&peer);
	peer_request(&peer, 1, END_HEADERS, "POST");
	peer_frame(&peer, NGHTTP2_DATA, 0, 1, "body", 4);
	len = peer_block(block, "x-check", "7", NULL);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, len);
	assert_true(peer_stream(&peer, 1)->has_end);
	assert_non_null(peer_stream(&peer, 1)->trailers);
	assert_true(span_equal(fields_find_name(peer_stream(&peer, 1)->trailers, SPAN("x-check"))->value, SPAN("7")));
	peer_drain(&peer);
	assert_string_equal(peer_seen(&peer, 1)->trailer, "x-sum=42");
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 2);
	assert_true(peer_seen(&peer, 1)->has_end);
	assert_true(peer_stream(&peer, 1)->was_closed);
	peer_end(&peer);
}

static void test_interim_then_final(void **state)
{
	struct peer peer;
	struct peer_stream *mine;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	peer_get(&peer, 1);
	mine = peer_stream(&peer, 1);
	assert_int_equal(h2_stream_respond(peer.session, mine->stream, 103, NULL, NULL, NULL), RESULT_OK);
	assert_int_equal(h2_stream_respond(peer.session, mine->stream, 101, NULL, NULL, NULL), RESULT_MALFORMED);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->status, 103);
	assert_false(peer_seen(&peer, 1)->has_end);
	assert_int_equal(h2_stream_respond(peer.session, mine->stream, 204, NULL, NULL, NULL), RESULT_OK);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->status, 204);
	assert_true(peer_seen(&peer, 1)->has_end);
	peer_end(&peer);
}

static void test_no_body_where_none_may_be(void **state)
{
	static const struct { const char *method; unsigned status; } cases[] = { { "HEAD", 200 }, { "GET", 204 }, { "GET", 304 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct peer peer;

		peer_init(&peer);
		peer.answer.status = cases[i].status;
		peer_start(&peer);
		peer_request(&peer, 1, END_STREAM | END_HEADERS, cases[i].method);
		peer_drain(&peer);
		assert_int_equal(peer_seen(&peer, 1)->status, cases[i].status);
		assert_true(peer_seen(&peer, 1)->has_end);
		assert_int_equal(peer_seen(&peer, 1)->data_frames, 0);
		assert_int_equal(peer_stream(&peer, 1)->sent_bytes, 0);
		peer_end(&peer);
	}
}

static void test_extended_connect(void **state)
{
	struct peer peer;
	char block[256];
	struct peer_stream *mine;
	size_t len;

	(void)state;
	peer_init(&peer);
	peer.answer.body_bytes = 10;  /* 2 now, more later */
	peer_start(&peer);
	len = peer_block(block, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":authority", "a.example",
	                 ":path", "/chat", NULL);
	peer_frame(&peer, NGHTTP2_HEADERS, END_HEADERS, 1, block, len);
	mine = peer_stream(&peer, 1);
	assert_true(span_equal(mine->head->protocol, SPAN("websocket")));
	assert_int_equal(mine->head->body.framing, BODY_TUNNEL);
	peer_frame(&peer, NGHTTP2_DATA, 0, 1, "ping", 4);
	assert_int_equal(mine->body_bytes, 4);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 2);
	assert_true(mine->is_open);
	mine->answer.ready_bytes = 10;
	h2_stream_resume(peer.session, mine->stream);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 10);
	peer_end(&peer);
}

/* The body is read only as far as the client's windows go: a slow reader costs nothing. */
static void test_answer_obeys_windows(void **state)
{
	struct peer peer;
	struct peer_stream *mine;

	(void)state;
	peer_init(&peer);
	peer.answer.body_bytes = peer.answer.ready_bytes = 200000;
	peer_start(&peer);
	peer_get(&peer, 1);
	mine = peer_stream(&peer, 1);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 65535);
	assert_int_equal(mine->sent_bytes, 65535);
	assert_false(h2_wants_send(peer.session));
	assert_true(h2_is_stalled(peer.session));
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\1\0\0", 4);
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\100\0", 4);
	peer_drain(&peer);
	assert_int_equal(mine->sent_bytes, 65535 + 16384);
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\100\0\0", 4);
	peer_frame(&peer, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\100\0\0", 4);
	peer_drain(&peer);
	assert_true(peer_seen(&peer, 1)->has_end);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 200000);
	assert_false(h2_is_stalled(peer.session));
	peer_end(&peer);
}

/* Waiting for the owner is not the peer's fault. */
static void test_waiting_is_not_stalled(void **state)
{
	struct peer peer;
	struct peer_stream *mine;

	(void)state;
	peer_init(&peer);
	peer.answer.body_bytes = 5;
	peer.answer.ready_bytes = 0;
	peer_start(&peer);
	peer_get(&peer, 1);
	peer_drain(&peer);
	mine = peer_stream(&peer, 1);
	assert_false(h2_is_stalled(peer.session));
	assert_false(peer_seen(&peer, 1)->has_end);
	mine->answer.ready_bytes = 5;
	h2_stream_resume(peer.session, mine->stream);
	assert_true(h2_wants_send(peer.session));
	peer_drain(&peer);
	assert_true(peer_seen(&peer, 1)->has_end);
	peer_end(&peer);
}

static void upload(struct peer *peer, uint32_t stream, size_t frames)
{
	static const char zeros[16384];

	for (size_t i = 0; i < frames; i++)
		peer_frame(peer, NGHTTP2_DATA, 0, stream, zeros, sizeof(zeros));
}

/* What is not consumed is not given back, and a client that sends on is in the wrong. */
static void test_request_window(void **state)
{
	struct peer peer;
	struct peer_stream *mine;

	(void)state;
	peer_init(&peer);
	peer.holds_body = true;
	peer.answer.status = 0;
	peer_start(&peer);
	peer_request(&peer, 1, END_HEADERS, "POST");
	mine = peer_stream(&peer, 1);
	upload(&peer, 1, 4);
	assert_int_equal(mine->body_bytes, 65536);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->window, 0);
	h2_stream_consumed(peer.session, mine->stream, 65536);
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->window, 65536);
	upload(&peer, 1, 4);
	peer_frame(&peer, NGHTTP2_DATA, 0, 1, "x", 1);
	peer_expect_reset(&peer, 1, NGHTTP2_FLOW_CONTROL_ERROR);
	assert_true(mine->was_closed);
	peer_end(&peer);
}

/* Bytes of a stream that is gone go back to the connection's window. */
static void test_connection_window_survives_streams(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer.holds_body = true;
	peer.answer.status = 0;
	peer.limits.connection_window_bytes = 65536;
	peer_start(&peer);
	for (uint32_t id = 1; id < 40; id += 2) {
		peer_request(&peer, id, END_HEADERS, "POST");
		upload(&peer, id, 3);
		assert_int_equal(peer_stream(&peer, (int32_t)id)->body_bytes, 49152);
		peer_frame(&peer, NGHTTP2_RST_STREAM, 0, id, "\0\0\0\10", 4);
		peer_drain(&peer);
	}
	assert_false(peer.has_goaway);
	peer_end(&peer);
}

/* Many small answers share one output. */
static void test_answers_coalesce(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	for (uint32_t id = 1; id < 60; id += 2)
		peer_get(&peer, id);
	assert_int_equal(h2_send(peer.session, &peer.out), RESULT_OK);
	assert_false(h2_wants_send(peer.session));
	assert_true(buffer_len(&peer.out) > 30 * 20);
	peer_drain(&peer);
	for (int32_t id = 1; id < 60; id += 2)
		assert_true(peer_seen(&peer, id)->has_end);
	peer_end(&peer);
}

/* OUT never grows past its maximum, and what does not fit waits. */
static void test_output_is_bounded(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	buffer_init(&peer.out, 32768);
	peer.answer.body_bytes = peer.answer.ready_bytes = 60000;
	peer_start(&peer);
	peer_get(&peer, 1);
	assert_int_equal(h2_send(peer.session, &peer.out), RESULT_OK);
	assert_true(buffer_len(&peer.out) <= 32768);
	assert_true(buffer_room(&peer.out) < H2_FRAME_BYTES);
	assert_true(peer_stream(&peer, 1)->sent_bytes < 32768);
	assert_true(h2_wants_send(peer.session));
	peer_drain(&peer);
	assert_int_equal(peer_seen(&peer, 1)->data_bytes, 60000);
	peer_end(&peer);
}

/* A complete answer before the request is: what is still coming is judged for a moment, then the client is told to stop,
 * without blame. */
static void test_early_answer(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	peer_request(&peer, 1, END_HEADERS, "POST");
	peer_drain(&peer);
	assert_true(peer_seen(&peer, 1)->has_end);
	assert_true(h2_has_unfinished(peer.session));
	h2_stop_unfinished(peer.session);
	peer_expect_reset(&peer, 1, NGHTTP2_NO_ERROR);
	assert_false(h2_has_unfinished(peer.session));
	assert_int_equal(peer_stream(&peer, 1)->error, 0);
	upload(&peer, 1, 2);  /* was under way */
	peer_get(&peer, 3);
	peer_drain(&peer);
	assert_true(peer_seen(&peer, 3)->has_end);
	peer_end(&peer);
}

static enum result failing_read(void *context, struct h2_stream *stream, char *out, size_t size, size_t *count)
{
	(void)context;
	(void)stream;
	(void)out;
	(void)size;
	(void)count;
	return RESULT_IO;
}

static void test_source_fails(void **state)
{
	static const struct h2_body failing = { failing_read };
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	peer_get(&peer, 1);
	assert_int_equal(h2_stream_respond(peer.session, peer_stream(&peer, 1)->stream, 200, NULL, &failing, NULL), RESULT_OK);
	peer_expect_reset(&peer, 1, NGHTTP2_INTERNAL_ERROR);
	assert_true(peer_stream(&peer, 1)->was_closed);
	peer_end(&peer);
}

static void test_owner_resets(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer.limits.resets_burst = 1;
	peer_start(&peer);
	for (int32_t id = 1; id < 40; id += 2) {  /* never counted against the client */
		peer_get(&peer, (uint32_t)id);
		h2_stream_reset(peer.session, peer_stream(&peer, id)->stream, NGHTTP2_CANCEL);
		assert_true(peer_stream(&peer, id)->is_open);
		assert_int_equal(peer_respond(peer_stream(&peer, id)), RESULT_MALFORMED);  /* status 0 */
		assert_int_equal(h2_stream_respond(peer.session, peer_stream(&peer, id)->stream, 200, NULL, NULL, NULL), RESULT_REFUSED);
		peer_expect_reset(&peer, id, NGHTTP2_CANCEL);
		assert_true(peer_stream(&peer, id)->was_closed);
	}
	peer_end(&peer);
}

/* After its reset the owner may let go of the memory at once, though the client has not heard of it yet. */
static void test_memory_goes_with_the_reset(void **state)
{
	struct peer peer;
	char block[64];

	(void)state;
	peer_init(&peer);
	peer.answer.status = 0;
	peer_start(&peer);
	peer_request(&peer, 1, END_HEADERS, "POST");
	h2_stream_reset(peer.session, peer_stream(&peer, 1)->stream, NGHTTP2_INTERNAL_ERROR);
	arena_done(&peer_stream(&peer, 1)->arena);
	peer_frame(&peer, NGHTTP2_DATA, 0, 1, "late", 4);
	peer_frame(&peer, NGHTTP2_HEADERS, END_STREAM | END_HEADERS, 1, block, peer_block(block, "x-late", "1", NULL));
	assert_int_equal(peer_stream(&peer, 1)->body_bytes, 0);
	assert_false(peer_stream(&peer, 1)->has_end);
	peer_expect_reset(&peer, 1, NGHTTP2_INTERNAL_ERROR);
	peer_end(&peer);
}

static void test_refused_stream(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer.refuses = true;
	peer_start(&peer);
	peer_get(&peer, 1);
	peer_expect_reset(&peer, 1, NGHTTP2_REFUSED_STREAM);
	assert_int_equal(peer.heads, 0);
	peer_end(&peer);
}

static void test_shutdown_in_two_steps(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer.answer.ready_bytes = 0;
	peer_start(&peer);
	peer_get(&peer, 1);
	h2_shutdown(peer.session);
	peer_drain(&peer);
	assert_int_equal(peer.goaways, 1);
	assert_int_equal(peer.goaway_last, INT32_MAX);
	assert_int_equal(peer.pings, 1);
	peer_get(&peer, 3);  /* crossed the notice: still served */
	peer_frame(&peer, NGHTTP2_PING, ACK, 0, "\0\0\0\0\0\0\0\0", 8);
	peer_drain(&peer);
	assert_int_equal(peer.goaways, 2);
	assert_int_equal(peer.goaway_last, 3);
	assert_int_equal(peer.goaway_code, NGHTTP2_NO_ERROR);
	assert_false(h2_is_finished(peer.session));
	for (int32_t id = 1; id <= 3; id += 2) {
		peer_stream(&peer, id)->answer.ready_bytes = 2;
		h2_stream_resume(peer.session, peer_stream(&peer, id)->stream);
	}
	peer_drain(&peer);
	assert_true(h2_is_finished(peer.session));
	assert_int_equal(h2_fault(peer.session), HTTP_FAULT_NONE);
	peer_end(&peer);
}

static void test_shutdown_forced(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	h2_shutdown(peer.session);
	h2_shutdown(peer.session);
	h2_shutdown(peer.session);
	peer_drain(&peer);
	assert_int_equal(peer.goaways, 2);
	assert_int_equal(peer.goaway_last, 0);
	assert_true(h2_is_finished(peer.session));
	peer_end(&peer);
}

static void long_answer_begin(struct peer *peer)
{
	static char value[20000];
	struct peer_stream *mine = peer_stream(peer, 1);
	struct fields fields;

	memset(value, 'v', sizeof(value));
	peer_init(peer);
	peer->answer.status = 0;
	peer_start(peer);
	peer_get(peer, 1);
	fields_init(&fields, &mine->arena, 8);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fields_add(&fields, FIELD_OTHER, SPAN("x-long"), span_make(value, sizeof(value))), RESULT_OK);
	mine->answer = (struct peer_answer){ .body_bytes = 50000, .ready_bytes = 50000, .has_body = true };
	assert_int_equal(h2_stream_respond(peer->session, mine->stream, 200, &fields, &peer_body, mine), RESULT_OK);
	buffer_done(&peer->out);
	buffer_init(&peer->out, 32768);
}

/* One call of h2_send; what it gave goes to ALL. */
static void turn(struct peer *peer, struct buffer *all)
{
	assert_int_equal(h2_send(peer->session, &peer->out), RESULT_OK);
	assert_int_equal(buffer_append(all, buffer_span(&peer->out)), RESULT_OK);
	buffer_reset(&peer->out);
}

/* Sessions of one thread build their frames in the same memory: heads of several frames and bodies, turn by turn, come out
 * as they do alone. */
static void test_sessions_interleave(void **state)
{
	struct peer peers[3];
	struct buffer all[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		long_answer_begin(&peers[i]);
		buffer_init(&all[i], 1 << 20);
	}
	while (h2_wants_send(peers[2].session))
		turn(&peers[2], &all[2]);
	assert_true(buffer_len(&all[2]) > 100000);
	for (int round = 0; round < 20; round++)
		for (int i = 0; i < 2; i++)
			turn(&peers[i], &all[i]);
	for (int i = 0; i < 3; i++) {
		assert_true(span_equal(buffer_span(&all[i]), buffer_span(&all[2])));
		assert_true(peer_stream(&peers[i], 1)->was_closed);
		peer_end(&peers[i]);
	}
	for (int i = 0; i < 3; i++)
		buffer_done(&all[i]);
}

static void test_free_with_streams(void **state)
{
	struct peer peer;

	(void)state;
	peer_init(&peer);
	peer.answer.ready_bytes = 0;
	peer_start(&peer);
	peer_get(&peer, 1);
	peer_request(&peer, 3, END_HEADERS, "POST");
	peer_end(&peer);
	assert_int_equal(peer.closed, 2);
	assert_int_equal(peer_stream(&peer, 1)->error, NGHTTP2_CANCEL);
}

/* Fifty requests in one packet are taken a few at a time, at any place of a frame, and each of them once. */
static void test_requests_come_in_parts(void **state)
{
	struct peer peer;
	static char bytes[50 * 300];
	enum http_fault fault = HTTP_FAULT_NONE;
	char block[256];
	size_t count = 0, used = 0, head = peer_get_block(block);
	unsigned calls = 0;

	(void)state;
	peer_init(&peer);
	peer_start(&peer);
	for (uint32_t i = 0; i < 50; i++)
		count += peer_frame_make(bytes + count, 1, END_STREAM | END_HEADERS, 1 + 2 * i, block, head);
	for (size_t at = 0; at < count; at += used, calls++) {
		unsigned before = peer.opened, heads = H2_HEADS_AT_ONCE;

		assert_int_equal(h2_receive(peer.session, span_make(bytes + at, count - at), peer.now_ms, &heads, &used, &fault), RESULT_OK);
		assert_in_range(used, 1, count - at);
		assert_true(peer.opened - before <= H2_HEADS_AT_ONCE + 1);
		peer_drain(&peer);
	}
	assert_int_equal(calls, 3);
	assert_int_equal(peer.opened, 50);
	peer_end(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_cookie_crumbs),
		cmocka_unit_test(test_host_only),
		cmocka_unit_test(test_options_star),
		cmocka_unit_test(test_trailers_both_ways),
		cmocka_unit_test(test_interim_then_final),
		cmocka_unit_test(test_no_body_where_none_may_be),
		cmocka_unit_test(test_extended_connect),
		cmocka_unit_test(test_answer_obeys_windows),
		cmocka_unit_test(test_waiting_is_not_stalled),
		cmocka_unit_test(test_request_window),
		cmocka_unit_test(test_connection_window_survives_streams),
		cmocka_unit_test(test_answers_coalesce),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_early_answer),
		cmocka_unit_test(test_source_fails),
		cmocka_unit_test(test_owner_resets),
		cmocka_unit_test(test_memory_goes_with_the_reset),
		cmocka_unit_test(test_refused_stream),
		cmocka_unit_test(test_shutdown_in_two_steps),
		cmocka_unit_test(test_shutdown_forced),
		cmocka_unit_test(test_sessions_interleave),
		cmocka_unit_test(test_free_with_streams), cmocka_unit_test(test_requests_come_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
