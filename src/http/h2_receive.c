#include "http/h2_inner.h"

#include "base/hash.h"

#include "base/banned.h"

/* How far past its limit a header block is decoded before the stream is reset: until then it can be answered (431). */
#define HEAD_LONG_FACTOR 4
#define SETTINGS_NUMBERED 0x20        /* IANA's "HTTP/2 Settings": nothing that clients send is numbered higher */
#define WINDOW_MARK 0xffffu           /* no setting */

static struct span span_of_rcbuf(nghttp2_rcbuf *buffer)
{
	nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);

	return span_make((const char *)bytes.base, bytes.len);
}

static void fault_tell(struct h2_stream *stream, enum http_fault fault)
{
	struct h2_session *session = stream->session;

	if (stream->is_deaf)
		return;
	stream->is_deaf = true;
	session->sink->fault(session->context, stream, stream->build.head, fault);
	if (http_fault_status(fault) == 400)
		h2_stream_end(stream, NGHTTP2_PROTOCOL_ERROR, false);
}

static int refuse_stream(nghttp2_session *ng, int32_t id)
{
	if (nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM) != 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

static int stream_open(struct h2_session *session, int32_t id)
{
	struct h2_stream *stream = h2_stream_new(session, id);

	if (!stream)
		return refuse_stream(session->ng, id);
	stream->arena = session->sink->opened(session->context, stream);
	if (!stream->arena) {
		h2_stream_free(stream);
		return refuse_stream(session->ng, id);
	}
	nghttp2_session_set_stream_user_data(session->ng, id, stream);
	session->reading = stream;
	if (h2_head_begin(&stream->build, stream->arena, &session->limits.http) != RESULT_OK)
		return refuse_stream(session->ng, id);  /* `closed` follows, with the RST_STREAM */
	return 0;
}

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	struct h2_session *session = user;
	struct h2_stream *stream;

	session->reading = NULL;
	session->has_requests = true;
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		return stream_open(session, frame->hd.stream_id);
	stream = session->reading = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	if (stream && !stream->is_deaf && h2_trailers_begin(&stream->build, stream->arena) != RESULT_OK)
		h2_stream_end(stream, NGHTTP2_INTERNAL_ERROR, true);
	return 0;
}

/* All the heads of a connection together are bounded too: many streams, each of small cost on the wire and of its full
 * limit in memory, held open by a window that never opens (CVE-2026-49975). */
static bool heads_would_pass(struct h2_stream *stream, size_t bytes)
{
	struct h2_session *session = stream->session;

	if (bytes > session->limits.heads_bytes - session->heads_bytes)
		return true;
	session->heads_bytes += bytes;
	stream->counted_bytes += bytes;
	return false;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value, uint8_t flags,
                     void *user)
{
	struct h2_session *session = user;
	struct h2_stream *stream = session->reading;
	struct h2_head *build;
	size_t before;

	(void)ng, (void)frame, (void)flags;
	if (!stream || stream->is_deaf)
		return 0;
	build = &stream->build;
	before = build->list_bytes;
	h2_head_add(build, &session->limits.http, span_of_rcbuf(name), span_of_rcbuf(value));
	if (!build->is_full && heads_would_pass(stream, build->list_bytes - before)) {
		build->fault = build->fault == HTTP_FAULT_NONE ? HTTP_FAULT_NO_MEMORY : build->fault;
		build->is_full = true;
	}
	if (build->fault != HTTP_FAULT_NONE && build->list_bytes > HEAD_LONG_FACTOR * session->limits.http.head_bytes) {
		fault_tell(stream, build->fault);
		h2_stream_end(stream, NGHTTP2_ENHANCE_YOUR_CALM, false);
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  /* the rest is decoded, for HPACK's state, and looked at no more */
	}
	return 0;
}

static void body_end(struct h2_stream *stream)
{
	struct h2_session *session = stream->session;
	const struct body_size *announced = &stream->build.head->body;

	if (stream->is_deaf || !stream->is_told)
		return;
	if (announced->is_known && announced->bytes != stream->received_bytes)
		fault_tell(stream, HTTP_FAULT_BODY_SHORT);
	else
		session->sink->data_end(session->context, stream, stream->trailers);
}

static void headers_end(struct h2_stream *stream, bool is_trailers, bool is_end)
{
	struct h2_session *session = stream->session;
	enum http_fault fault;

	if (stream->is_deaf)
		return;
	fault = h2_head_end(&stream->build, &session->limits.http, is_end);
	if (fault != HTTP_FAULT_NONE) {
		fault_tell(stream, fault);
	} else if (is_trailers) {
		stream->trailers = stream->build.into;
		body_end(stream);
	} else {
		stream->is_told = true;
		session->sink->head(session->context, stream, stream->build.head, !is_end);
	}
}

static void ping_came_back(struct h2_session *session)
{
	if (session->is_notice_sent && !session->is_last_sent)
		h2_shutdown(session);
}

static void kind_mix(struct h2_session *session, uint64_t value)
{
	session->kind = hash_u64(session->kind ^ value);
}

/* Numbers beyond are drawn by chance, so that servers learn to ignore what they do not know (RFC 8701). */
static void kind_settings(struct h2_session *session, const nghttp2_settings *settings)
{
	if (session->has_settings || (settings->hd.flags & NGHTTP2_FLAG_ACK))
		return;
	session->has_settings = true;
	for (size_t i = 0; i < settings->niv; i++) {
		if (settings->iv[i].settings_id <= SETTINGS_NUMBERED)
			kind_mix(session, (uint64_t)settings->iv[i].settings_id << 32 | settings->iv[i].value);
	}
}

static void kind_frame(struct h2_session *session, const nghttp2_frame *frame)
{
	if (frame->hd.type == NGHTTP2_SETTINGS)
		kind_settings(session, &frame->settings);
	else if (frame->hd.type == NGHTTP2_WINDOW_UPDATE && !frame->hd.stream_id && !session->has_requests)
		kind_mix(session, (uint64_t)WINDOW_MARK << 32 | (uint32_t)frame->window_update.window_size_increment);
}

static int on_frame_recv(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	struct h2_session *session = user;
	bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	struct h2_stream *stream;

	if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK))
		ping_came_back(session);
	kind_frame(session, frame);
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_RST_STREAM)
		return 0;
	stream = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	if (!stream)
		return 0;
	stream->has_ended |= frame->hd.type == NGHTTP2_RST_STREAM || is_end;
	if (frame->hd.type == NGHTTP2_HEADERS)
		headers_end(stream, frame->headers.cat != NGHTTP2_HCAT_REQUEST, is_end);
	else if (frame->hd.type == NGHTTP2_DATA && is_end)
		body_end(stream);
	return 0;
}

/* Bytes nobody will consume go back to the connection's window, so that the other streams live on; the stream's own window
 * stays shut. */
static int data_drop(nghttp2_session *ng, size_t count)
{
	return nghttp2_session_consume_connection(ng, count) == 0 ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static enum http_fault data_fault(const struct h2_stream *stream)
{
	const struct request_head *head = stream->build.head;

	if (head->body.is_known && stream->received_bytes > head->body.bytes)
		return HTTP_FAULT_H2_PROTOCOL;
	if (head->body.framing != BODY_TUNNEL && stream->received_bytes > stream->session->limits.http.body_bytes)
		return HTTP_FAULT_BODY_LONG;
	return HTTP_FAULT_NONE;
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
	struct h2_session *session = user;
	struct h2_stream *stream = nghttp2_session_get_stream_user_data(ng, id);
	enum http_fault fault;

	(void)flags;
	if (!stream || stream->is_deaf || !stream->is_told || stream->is_reset)
		return data_drop(ng, len);
	stream->received_bytes += len;
	fault = data_fault(stream);
	if (fault != HTTP_FAULT_NONE) {
		fault_tell(stream, fault);
		return data_drop(ng, len);
	}
	stream->unconsumed_bytes += len;
	session->sink->data(session->context, stream, span_make((const char *)data, len));
	return 0;
}

void h2_receive_callbacks(nghttp2_session_callbacks *callbacks)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
}

static void feed(struct h2_session *session, struct span input)
{
	ssize_t used = input.len && !session->is_dead ? nghttp2_session_mem_recv(session->ng, (const uint8_t *)input.at, input.len) : 0;

	if (used < 0)
		h2_die(session, (int)used);
}

static bool was_ended_by_client(const struct h2_session *session, uint32_t id)
{
	for (unsigned i = 0; i < H2_ENDED_KEPT; i++)
		if (id && session->ended[i] == (int32_t)id)
			return true;
	return false;
}

/* RFC 9113, section 5.1, "closed"; libnghttp2 would be silent. It is told of everything before this frame first. */
static bool is_on_ended_stream(struct h2_session *session, struct span input, size_t *fed, size_t at, uint32_t last_before)
{
	const struct h2_frame *frame = &session->guard.frame;

	if ((frame->type != H2_DATA && frame->type != H2_HEADERS) || frame->stream > last_before)
		return false;
	feed(session, span_make(input.at + *fed, at - *fed));
	*fed = at;
	return was_ended_by_client(session, frame->stream);
}

static uint32_t code_of(enum http_fault fault)
{
	return fault == HTTP_FAULT_H2_PROTOCOL ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM;
}

enum result h2_receive(struct h2_session *session, struct span input, uint64_t now_ms, unsigned *heads, size_t *used, enum http_fault *fault)
{
	size_t at = 0, fed = 0, count;

	session->now_ms = now_ms;
	*used = input.len;
	while (session->fault == HTTP_FAULT_NONE && h2_guard_next(&session->guard, span_skip(input, at), &count) == RESULT_OK) {
		uint32_t last_before = session->guard.last_stream;
		enum http_fault wrong = h2_guard_judge(&session->guard, now_ms);

		at += count;
		if (wrong != HTTP_FAULT_NONE)
			h2_end(session, wrong, code_of(wrong));
		else if (is_on_ended_stream(session, input, &fed, at, last_before) && session->fault == HTTP_FAULT_NONE)
			h2_end(session, HTTP_FAULT_H2_PROTOCOL, NGHTTP2_STREAM_CLOSED);
		else if (session->guard.frame.type == H2_HEADERS && (*heads)-- == 0) {
			*heads = 0;
			*used = at;  /* the rest of this frame, and what follows it, comes again */
			break;
		}
	}
	if (session->fault == HTTP_FAULT_NONE)
		feed(session, span_make(input.at + fed, *used - fed));
	if (session->fault == HTTP_FAULT_NONE)
		return RESULT_OK;
	*fault = session->fault;
	return RESULT_REFUSED;
}
