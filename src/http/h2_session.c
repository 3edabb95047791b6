#include "http/h2_inner.h"

#include <stdlib.h>

#include "base/banned.h"

#define SETTINGS_ENTRIES_MAX 32
#define ANSWER_HEAD_MAX (256u * 1024)
#define ANSWER_TABLE_BYTES 1024
#define DEFAULT_WINDOW 65535

const struct h2_limits h2_limits_default = {
	.http = { .head_bytes = 64 * 1024, .target_bytes = 16 * 1024, .fields = 128, .body_bytes = UINT64_MAX },
	.streams = 128,
	.stream_window_bytes = 64 * 1024,
	.connection_window_bytes = 256 * 1024,
	.heads_bytes = 512 * 1024,
	.resets_burst = 200,
	.resets_a_second = 20,
	.control_burst = 400,
	.control_a_second = 40,
};

static void ended_note(struct h2_session *session, int32_t id)
{
	session->ended[session->ended_at] = id;
	session->ended_at = (uint8_t)((session->ended_at + 1) % H2_ENDED_KEPT);
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t error, void *user)
{
	struct h2_session *session = user;
	struct h2_stream *stream = nghttp2_session_get_stream_user_data(ng, id);

	if (!stream)
		return 0;
	if (stream->has_ended)
		ended_note(session, id);
	if (stream->is_unfinished && stream->has_ended)
		error = NGHTTP2_NO_ERROR;  /* it had its answer: its reset says no more than that the rest will not come */
	if (stream->unconsumed_bytes && nghttp2_session_consume_connection(ng, stream->unconsumed_bytes) != 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	session->sink->closed(session->context, stream, error);
	h2_stream_free(stream);
	return 0;
}

/* A complete answer to a request that is still coming: the rest of it is read for a moment, since most are at their end, and
 * what is wrong with one is still told. */
static void answer_sent(struct h2_stream *stream)
{
	h2_body_forget(stream);
	stream->session->answered++;
	if (stream->has_ended)
		return;
	if (stream->is_deaf) {
		h2_stream_end(stream, NGHTTP2_NO_ERROR, true);
		return;
	}
	stream->is_unfinished = true;
	stream->session->unfinished++;
}

/* MadeYouReset (CVE-2025-8671): a reset the client provokes costs us what one of its own would. */
static void reset_sent(struct h2_session *session, const struct h2_stream *stream)
{
	if (stream && stream->is_own_reset)
		return;
	if (!h2_bucket_take(&session->guard.provoked_resets, session->now_ms))
		h2_end(session, HTTP_FAULT_H2_PROVOKED_RESET, NGHTTP2_ENHANCE_YOUR_CALM);
}

static int on_frame_send(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	struct h2_session *session = user;
	struct h2_stream *stream;

	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
		if (session->fault == HTTP_FAULT_NONE)
			session->fault = HTTP_FAULT_H2_PROTOCOL;
		return 0;
	}
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_RST_STREAM)
		return 0;
	stream = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		reset_sent(session, stream);
	else if (stream && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		answer_sent(stream);
	return 0;
}

/* An answer whose head cannot be framed would leave the client waiting. */
static int on_frame_not_send(nghttp2_session *ng, const nghttp2_frame *frame, int error, void *user)
{
	struct h2_stream *stream;

	(void)error;
	(void)user;
	if (frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	stream = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	if (stream)
		h2_stream_end(stream, NGHTTP2_INTERNAL_ERROR, true);
	return 0;
}

static nghttp2_session_callbacks *callbacks_new(void)
{
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return NULL;
	h2_receive_callbacks(callbacks);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_send);
	nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_send);
	nghttp2_session_callbacks_set_send_data_callback(callbacks, h2_body_send);
	return callbacks;
}

static nghttp2_option *option_new(const struct h2_limits *limits)
{
	nghttp2_option *option;

	if (nghttp2_option_new(&option) != 0)
		return NULL;
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_http_messaging(option, 1);  /* h2_head.c is stricter, and names the fault */
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_settings(option, SETTINGS_ENTRIES_MAX);
	nghttp2_option_set_max_outbound_ack(option, limits->control_burst + 1);
	nghttp2_option_set_max_continuations(option, H2_CONTINUATIONS_MAX);
	nghttp2_option_set_max_send_header_block_length(option, ANSWER_HEAD_MAX);
	/* Enough for the fields that every answer repeats: a tenth of the time of a small answer. A full table of 4,096 would
	 * cost an idle connection 9 KiB. */
	nghttp2_option_set_max_deflate_dynamic_table_size(option, ANSWER_TABLE_BYTES);
	/* Ours (h2_guard) counts on the caller's clock and comes first. */
	nghttp2_option_set_stream_reset_rate_limit(option, UINT32_MAX, UINT32_MAX);
	return option;
}

static int settings_submit(struct h2_session *session)
{
	const struct h2_limits *limits = &session->limits;
	/* HEADER_TABLE_SIZE stays at its default: clients exist that do not hear of a smaller one. */
	nghttp2_settings_entry entries[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->stream_window_bytes },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)limits->http.head_bytes },
		{ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};
	int error = nghttp2_submit_settings(session->ng, NGHTTP2_FLAG_NONE, entries, sizeof(entries) / sizeof(entries[0]));

	if (error == 0 && limits->connection_window_bytes != DEFAULT_WINDOW)
		error = nghttp2_session_set_local_window_size(session->ng, NGHTTP2_FLAG_NONE, 0, (int32_t)limits->connection_window_bytes);
	return error;
}

static int nghttp2_begin(struct h2_session *session)
{
	nghttp2_mem memory = h2_memory_functions(&session->memory);
	nghttp2_session_callbacks *callbacks = callbacks_new();
	nghttp2_option *option = option_new(&session->limits);
	int error = NGHTTP2_ERR_NOMEM;

	if (callbacks && option) {
		session->memory.is_in_birth = true;
		error = nghttp2_session_server_new3(&session->ng, callbacks, session, option, &memory);
		session->memory.is_in_birth = false;
	}
	nghttp2_option_del(option);
	nghttp2_session_callbacks_del(callbacks);
	return error;
}

struct h2_session *h2_session_new(const struct h2_limits *limits, const struct h2_sink *sink, void *context, uint64_t now_ms)
{
	struct h2_session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->limits = *limits;
	session->sink = sink;
	session->context = context;
	session->now_ms = now_ms;
	list_init(&session->streams);
	list_init(&session->spare);
	h2_guard_init(&session->guard, limits->resets_burst, limits->resets_a_second, limits->control_burst,
	              limits->control_a_second, now_ms);
	if (nghttp2_begin(session) != 0)
		goto no_nghttp2;
	if (settings_submit(session) != 0)
		goto no_settings;
	return session;
no_settings:
	nghttp2_session_del(session->ng);
no_nghttp2:
	free(session);
	return NULL;
}

static void spares_free(struct h2_session *session)
{
	while (!list_is_empty(&session->spare)) {
		struct list *node = session->spare.next;

		list_remove(node);
		free(list_entry(node, struct h2_stream, node));
	}
	session->spares = 0;
}

void h2_rest(struct h2_session *session)
{
	if (session->open || h2_wants_send(session))
		return;
	spares_free(session);
	h2_memory_rest(&session->memory);
}

void h2_session_free(struct h2_session *session)
{
	if (!session)
		return;
	session->is_dead = true;  /* what `closed` may call does nothing any more */
	while (!list_is_empty(&session->streams)) {
		struct h2_stream *stream = list_entry(session->streams.next, struct h2_stream, node);

		session->sink->closed(session->context, stream, NGHTTP2_CANCEL);
		h2_stream_free(stream);
	}
	nghttp2_session_del(session->ng);
	spares_free(session);
	free(session);
}

void h2_end(struct h2_session *session, enum http_fault fault, uint32_t code)
{
	int error;

	if (session->fault == HTTP_FAULT_NONE)
		session->fault = fault;
	if (session->is_dead)
		return;
	error = nghttp2_session_terminate_session(session->ng, code);
	session->is_dead = error != 0;
}

void h2_die(struct h2_session *session, int error)
{
	switch (error) {
	case NGHTTP2_ERR_FLOODED:
		h2_end(session, HTTP_FAULT_H2_CONTROL_FLOOD, NGHTTP2_ENHANCE_YOUR_CALM);
		break;
	case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
		h2_end(session, HTTP_FAULT_H2_CONTINUATION, NGHTTP2_ENHANCE_YOUR_CALM);
		break;
	case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
		h2_end(session, HTTP_FAULT_H2_PROTOCOL, NGHTTP2_PROTOCOL_ERROR);
		break;
	default:  /* out of memory, or a callback that was */
		h2_end(session, HTTP_FAULT_NO_MEMORY, NGHTTP2_INTERNAL_ERROR);
		session->is_dead = true;
	}
}

/* One frame (or as many DATA frames as fit) to OUT, which has room. */
static enum result send_some(struct h2_session *session, bool *is_done)
{
	const uint8_t *frame;
	ssize_t len;

	session->is_paused = false;
	len = nghttp2_session_mem_send(session->ng, &frame);
	if (len < 0) {
		h2_die(session, (int)len);
		session->is_dead = true;
		return RESULT_NO_MEMORY;
	}
	*is_done = len == 0 && !session->is_paused;
	return len ? buffer_append(session->out, span_make((const char *)frame, (size_t)len)) : RESULT_OK;
}

enum result h2_send(struct h2_session *session, struct buffer *out)
{
	enum result result = RESULT_OK;
	bool is_done = !h2_wants_send(session);

	session->out = out;
	while (!is_done && result == RESULT_OK && buffer_room(out) >= H2_FRAME_BYTES) {
		if (buffer_reserve(out, H2_FRAME_BYTES))
			result = send_some(session, &is_done);
		else
			result = RESULT_NO_MEMORY;
	}
	session->out = NULL;
	return result;
}

bool h2_wants_send(const struct h2_session *session)
{
	return !session->is_dead && nghttp2_session_want_write(session->ng);
}

bool h2_is_stalled(const struct h2_session *session)
{
	return session->bodies > session->waiting && !h2_wants_send(session);
}

bool h2_has_unfinished(const struct h2_session *session)
{
	return session->unfinished && !session->is_dead;
}

void h2_stop_unfinished(struct h2_session *session)
{
	for (struct list *node = session->streams.next; session->unfinished && node != &session->streams; node = node->next) {
		struct h2_stream *stream = list_entry(node, struct h2_stream, node);

		if (!stream->is_unfinished)
			continue;
		stream->is_unfinished = false;
		session->unfinished--;
		h2_stream_end(stream, NGHTTP2_NO_ERROR, true);
	}
}

bool h2_is_finished(const struct h2_session *session)
{
	return session->is_dead || (!nghttp2_session_want_read(session->ng) && !nghttp2_session_want_write(session->ng));
}

bool h2_is_of_use(const struct h2_session *session)
{
	return session->opened && session->answered * 5 >= session->opened;
}

enum http_fault h2_fault(const struct h2_session *session)
{
	return session->fault;
}

void h2_shutdown(struct h2_session *session)
{
	nghttp2_session *ng = session->ng;
	int error = 0;

	if (session->is_dead || session->is_last_sent)
		return;
	if (!session->is_notice_sent) {
		session->is_notice_sent = true;
		error = nghttp2_submit_shutdown_notice(ng);
		if (error == 0)
			error = nghttp2_submit_ping(ng, NGHTTP2_FLAG_NONE, NULL);
	} else {
		session->is_last_sent = true;
		error = nghttp2_submit_goaway(ng, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(ng), NGHTTP2_NO_ERROR, NULL, 0);
	}
	if (error == NGHTTP2_ERR_NOMEM)
		h2_die(session, error);
}

uint64_t h2_session_kind(const struct h2_session *session)
{
	return session->kind;
}

unsigned h2_open_streams(const struct h2_session *session)
{
	return session->open;
}
