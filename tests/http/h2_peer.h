/* A client for the tests of h2_session: frames made by hand against a server whose sink keeps what it was told and answers
 * as the test says; what the server sends is read back frame by frame, heads through libnghttp2's own inflater. */
#ifndef BOUCLIER_TESTS_H2_PEER_H
#define BOUCLIER_TESTS_H2_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/h2_session.h"

#define END_STREAM 0x1
#define ACK 0x1
#define END_HEADERS 0x4
#define PADDED 0x8
#define PRIORITY_FLAG 0x20
#define PEER_STREAMS 64

struct peer_answer {
	unsigned status;      /* 0: none yet */
	size_t body_bytes;    /* of 'b' */
	size_t ready_bytes;   /* how much of them may be read now */
	bool has_body, has_trailers;
};

struct peer_stream {
	struct peer *peer;
	struct h2_stream *stream;
	struct arena arena;
	struct request_head *head;
	const struct fields *trailers;
	enum http_fault fault;
	bool is_open, has_body, has_end, was_closed;
	uint32_t error;
	char body[256];
	size_t body_bytes, sent_bytes;
	struct peer_answer answer;
};

/* What came from the server about one stream. */
struct peer_seen {
	bool is_reset, has_end;
	uint32_t reset_code;
	unsigned heads, status, data_frames;
	size_t data_bytes;
	int64_t window;
	char trailer[64];
};

struct peer {
	struct h2_session *session;
	struct h2_limits limits;
	struct h2_sink sink;
	struct peer_answer answer;   /* what each stream is answered with when its head comes */
	bool holds_body;             /* request bytes are not consumed */
	bool refuses;                /* opened gives no arena */
	struct peer_stream streams[PEER_STREAMS];
	unsigned opened, closed, faults, heads;
	enum http_fault last_fault;  /* of a stream */
	enum http_fault fault;       /* of the connection, from h2_receive */
	enum result result;
	uint64_t now_ms;
	struct buffer out;
	size_t arena_bytes;
	struct peer_seen seen[PEER_STREAMS];
	bool has_goaway;
	uint32_t goaway_code;
	int32_t goaway_last;
	unsigned goaways, settings, settings_acks, pings, ping_acks, frames;
	nghttp2_hd_inflater *inflater;
};

static inline struct peer_stream *peer_stream(struct peer *peer, int32_t id)
{
	return &peer->streams[(uint32_t)id / 2 % PEER_STREAMS];
}

static inline struct peer_seen *peer_seen(struct peer *peer, int32_t id)
{
	return &peer->seen[(uint32_t)id / 2 % PEER_STREAMS];
}

static inline enum result peer_body_read(void *context, struct h2_stream *stream, char *out, size_t size, size_t *count)
{
	struct peer_stream *mine = context;
	size_t ready = mine->answer.ready_bytes - mine->sent_bytes;

	assert_ptr_equal(mine->stream, stream);
	*count = ready < size ? ready : size;
	memset(out, 'b', *count);
	mine->sent_bytes += *count;
	if (mine->sent_bytes == mine->answer.body_bytes)
		return RESULT_END;
	return *count ? RESULT_OK : RESULT_MORE;
}

static const struct h2_body peer_body = { peer_body_read };

static inline enum result peer_respond(struct peer_stream *mine)
{
	struct fields fields;
	enum result result;

	fields_init(&fields, &mine->arena, 8);
	if (fields_add(&fields, FIELD_SERVER, SPAN("Server"), SPAN("test")) != RESULT_OK ||
	    fields_add(&fields, FIELD_OTHER, SPAN("X-Mixed-Case"), SPAN("1")) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (mine->answer.has_trailers) {
		struct fields trailers;

		fields_init(&trailers, &mine->arena, 8);
		if (fields_add(&trailers, FIELD_OTHER, SPAN("x-sum"), SPAN("42")) != RESULT_OK ||
		    h2_stream_set_trailers(mine->peer->session, mine->stream, &trailers) != RESULT_OK)
			return RESULT_NO_MEMORY;
	}
	result = h2_stream_respond(mine->peer->session, mine->stream, mine->answer.status, &fields,
	                           mine->answer.has_body ? &peer_body : NULL, mine);
	return result;
}

static inline struct arena *peer_opened(void *context, struct h2_stream *stream)
{
	struct peer *peer = context;
	struct peer_stream *mine = peer_stream(peer, h2_stream_id(stream));

	peer->opened++;
	if (peer->refuses)
		return NULL;
	assert_false(mine->is_open);
	*mine = (struct peer_stream){ .peer = peer, .stream = stream, .is_open = true, .answer = peer->answer };
	arena_init(&mine->arena, peer->arena_bytes, 4096);
	h2_stream_set_owner(stream, mine);
	return &mine->arena;
}

static inline void peer_head(void *context, struct h2_stream *stream, struct request_head *head, bool has_body)
{
	struct peer *peer = context;
	struct peer_stream *mine = h2_stream_owner(stream);

	peer->heads++;
	assert_null(mine->head);
	mine->head = head;
	mine->has_body = has_body;
	if (mine->answer.status)
		peer->result = peer_respond(mine);
}

static inline void peer_faulty(void *context, struct h2_stream *stream, struct request_head *head, enum http_fault fault)
{
	struct peer *peer = context;
	struct peer_stream *mine = h2_stream_owner(stream);

	assert_int_equal(mine->fault, HTTP_FAULT_NONE);
	assert_int_not_equal(fault, HTTP_FAULT_NONE);
	mine->head = head;
	mine->fault = peer->last_fault = fault;
	peer->faults++;
	if (http_fault_status(fault) != 400) {
		mine->answer = (struct peer_answer){ .status = http_fault_status(fault) };
		peer->result = peer_respond(mine);
	}
}

static inline void peer_data(void *context, struct h2_stream *stream, struct span data)
{
	struct peer *peer = context;
	struct peer_stream *mine = h2_stream_owner(stream);

	assert_false(mine->has_end);
	for (size_t i = 0; i < data.len; i++)
		if (mine->body_bytes + i < sizeof(mine->body))
			mine->body[mine->body_bytes + i] = data.at[i];
	mine->body_bytes += data.len;
	if (!peer->holds_body)
		h2_stream_consumed(peer->session, stream, data.len);
}

static inline void peer_data_end(void *context, struct h2_stream *stream, const struct fields *trailers)
{
	struct peer_stream *mine = h2_stream_owner(stream);

	(void)context;
	assert_false(mine->has_end);
	mine->has_end = true;
	mine->trailers = trailers;
}

static inline void peer_closed(void *context, struct h2_stream *stream, uint32_t error)
{
	struct peer *peer = context;
	struct peer_stream *mine = h2_stream_owner(stream);

	assert_true(mine->is_open);
	peer->closed++;
	mine->is_open = false;
	mine->was_closed = true;
	mine->error = error;
	mine->head = NULL;
	mine->trailers = NULL;
	arena_done(&mine->arena);
}

/* Sets the defaults; the test changes what it wants, then peer_start. */
static inline void peer_init(struct peer *peer)
{
	*peer = (struct peer){
		.limits = h2_limits_default,
		.sink = { peer_opened, peer_head, peer_faulty, peer_data, peer_data_end, peer_closed },
		.answer = { .status = 200, .body_bytes = 2, .ready_bytes = 2, .has_body = true },
		.now_ms = 1000,
		.arena_bytes = 1 << 20,
	};
	buffer_init(&peer->out, 65536);
}

static inline void peer_end(struct peer *peer)
{
	h2_session_free(peer->session);
	peer->session = NULL;
	buffer_done(&peer->out);
	if (peer->inflater)
		nghttp2_hd_inflate_del(peer->inflater);
	assert_int_equal(peer->refuses ? 0 : peer->opened, peer->closed);
}

static inline void peer_status_note(struct peer_seen *seen, const nghttp2_nv *pair)
{
	if (pair->namelen == 7 && memcmp(pair->name, ":status", 7) == 0)
		seen->status = (unsigned)(pair->value[0] - '0') * 100 + (unsigned)(pair->value[1] - '0') * 10 + (unsigned)(pair->value[2] - '0');
	else if (seen->data_frames)
		snprintf(seen->trailer, sizeof(seen->trailer), "%.*s=%.*s", (int)pair->namelen, (const char *)pair->name,
		         (int)pair->valuelen, (const char *)pair->value);
	for (size_t i = 0; i < pair->namelen; i++)
		assert_false(pair->name[i] >= 'A' && pair->name[i] <= 'Z');
}

static inline void peer_head_decode(struct peer *peer, struct peer_seen *seen, const uint8_t *block, size_t length)
{
	for (;;) {
		nghttp2_nv pair;
		int flags = 0;
		ssize_t used = nghttp2_hd_inflate_hd2(peer->inflater, &pair, &flags, block, length, 1);

		assert_true(used >= 0);
		block += used;
		length -= (size_t)used;
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			peer_status_note(seen, &pair);
		if (flags & NGHTTP2_HD_INFLATE_FINAL)
			break;
		assert_true((flags & NGHTTP2_HD_INFLATE_EMIT) || length);
	}
	nghttp2_hd_inflate_end_headers(peer->inflater);
	seen->heads++;
}

static inline uint32_t peer_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void peer_frame_see(struct peer *peer, uint8_t type, uint8_t flags, uint32_t id, const uint8_t *payload, size_t length)
{
	struct peer_seen *seen = peer_seen(peer, (int32_t)id);

	peer->frames++;
	assert_true(length <= 16384);
	switch (type) {
	case NGHTTP2_DATA:
		seen->data_frames++;
		seen->data_bytes += length;
		assert_false(seen->has_end);
		seen->has_end = flags & END_STREAM;
		break;
	case NGHTTP2_HEADERS:
		assert_true(flags & END_HEADERS);
		assert_false(seen->has_end);
		seen->has_end = flags & END_STREAM;
		peer_head_decode(peer, seen, payload, length);
		break;
	case NGHTTP2_RST_STREAM:
		seen->is_reset = true;
		seen->reset_code = peer_u32(payload);
		break;
	case NGHTTP2_SETTINGS:
		if (flags & ACK)
			peer->settings_acks++;
		else
			peer->settings++;
		break;
	case NGHTTP2_PING:
		if (flags & ACK)
			peer->ping_acks++;
		else
			peer->pings++;
		break;
	case NGHTTP2_GOAWAY:
		peer->has_goaway = true;
		peer->goaways++;
		peer->goaway_last = (int32_t)peer_u32(payload);
		peer->goaway_code = peer_u32(payload + 4);
		break;
	case NGHTTP2_WINDOW_UPDATE:
		if (id)
			seen->window += peer_u32(payload);
		break;
	default:
		fail_msg("frame type %u", type);
	}
}

/* Lets the server speak once and reads its frames. */
static inline void peer_see(struct peer *peer)
{
	if (h2_send(peer->session, &peer->out) != RESULT_OK)
		peer->result = RESULT_NO_MEMORY;
	while (buffer_len(&peer->out)) {
		struct span bytes = buffer_span(&peer->out);
		const uint8_t *at = (const uint8_t *)bytes.at;
		size_t length;

		if (!at)
			return;
		length = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
		assert_true(bytes.len >= 9 + length);
		peer_frame_see(peer, at[3], at[4], peer_u32(at + 5), at + 9, length);
		buffer_consume(&peer->out, 9 + length);
	}
}

/* Until it has nothing more to say. */
static inline void peer_drain(struct peer *peer)
{
	do
		peer_see(peer);
	while (h2_wants_send(peer->session) && peer->result != RESULT_NO_MEMORY);
}

static inline void peer_bytes(struct peer *peer, const void *bytes, size_t count)
{
	enum http_fault fault = HTTP_FAULT_NONE;
	struct span left = span_make(bytes, count);
	enum result result = RESULT_OK;
	size_t used;

	do {
		unsigned heads = H2_HEADS_AT_ONCE;

		result = h2_receive(peer->session, left, peer->now_ms, &heads, &used, &fault);
		left = span_skip(left, used);
	} while (result == RESULT_OK && left.len);
	if (result == RESULT_REFUSED)
		peer->fault = fault;
	assert_true(result == RESULT_OK ? fault == HTTP_FAULT_NONE : fault == h2_fault(peer->session));
}

static inline size_t peer_frame_make(char *out, uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t length)
{
	out[0] = (char)(length >> 16);
	out[1] = (char)(length >> 8);
	out[2] = (char)length;
	out[3] = (char)type;
	out[4] = (char)flags;
	for (int i = 0; i < 4; i++)
		out[5 + i] = (char)(stream >> (24 - 8 * i));
	if (length)
		memcpy(out + 9, payload, length);
	return 9 + length;
}

static inline void peer_frame(struct peer *peer, uint8_t type, uint8_t flags, uint32_t stream, const void *payload, size_t length)
{
	static char frame[9 + 32768];

	assert_true(length <= sizeof(frame) - 9);
	peer_bytes(peer, frame, peer_frame_make(frame, type, flags, stream, payload, length));
}

static inline void peer_start_quiet(struct peer *peer)
{
	peer->session = h2_session_new(&peer->limits, &peer->sink, peer, peer->now_ms);
}

static inline void peer_preface(struct peer *peer)
{
	peer_bytes(peer, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
	peer_frame(peer, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
	peer_frame(peer, NGHTTP2_SETTINGS, ACK, 0, NULL, 0);
}

/* Session, preface, SETTINGS both ways. */
static inline void peer_start(struct peer *peer)
{
	peer_start_quiet(peer);
	assert_non_null(peer->session);
	assert_int_equal(nghttp2_hd_inflate_new(&peer->inflater), 0);
	peer_see(peer);  /* ours first: an ACK before it would be one too many */
	peer_preface(peer);
	peer_drain(peer);
	assert_int_equal(peer->settings, 1);
	assert_int_equal(peer->settings_acks, 1);
}

/* One literal without indexing: HPACK, 6.2.2. Lengths up to 16,383 + 127. */
static inline size_t peer_string(char *out, const char *text, size_t len)
{
	size_t at = 0, rest;

	if (len < 127) {
		out[at++] = (char)len;
	} else {
		out[at++] = 127;
		for (rest = len - 127; rest >= 128; rest >>= 7)
			out[at++] = (char)(rest & 127) | (char)0x80;
		out[at++] = (char)rest;
	}
	memcpy(out + at, text, len);
	return at + len;
}

static inline size_t peer_literal_bytes(char *out, const char *name, size_t name_len, const char *value, size_t value_len)
{
	size_t at = 0;

	out[at++] = 0;
	at += peer_string(out + at, name, name_len);
	return at + peer_string(out + at, value, value_len);
}

static inline size_t peer_literal(char *out, const char *name, const char *value)
{
	return peer_literal_bytes(out, name, strlen(name), value, strlen(value));
}

/* Literals name, value, ..., NULL. */
static inline size_t peer_block(char *out, ...)
{
	size_t at = 0;
	va_list list;
	const char *name;

	va_start(list, out);
	while ((name = va_arg(list, const char *)))
		at += peer_literal(out + at, name, va_arg(list, const char *));
	va_end(list);
	return at;
}

static inline size_t peer_get_block(char *out)
{
	return peer_block(out, ":method", "GET", ":scheme", "https", ":authority", "shield.example", ":path", "/a?b=c", NULL);
}

/* HEADERS of a GET (or what METHOD says). */
static inline void peer_request(struct peer *peer, uint32_t stream, uint8_t flags, const char *method)
{
	char block[256];
	size_t len = peer_block(block, ":method", method, ":scheme", "https", ":authority", "shield.example", ":path", "/a?b=c", NULL);

	peer_frame(peer, NGHTTP2_HEADERS, flags, stream, block, len);
}

static inline void peer_get(struct peer *peer, uint32_t stream)
{
	peer_request(peer, stream, END_STREAM | END_HEADERS, "GET");
}

static inline void peer_expect_goaway(struct peer *peer, uint32_t code, enum http_fault fault)
{
	peer_drain(peer);
	assert_true(peer->has_goaway);
	assert_int_equal(peer->goaway_code, code);
	assert_int_equal(h2_fault(peer->session), fault);
	assert_true(h2_is_finished(peer->session));
}

static inline void peer_expect_reset(struct peer *peer, int32_t stream, uint32_t code)
{
	peer_drain(peer);
	assert_false(peer->has_goaway);
	assert_true(peer_seen(peer, stream)->is_reset);
	assert_int_equal(peer_seen(peer, stream)->reset_code, code);
}

#endif
