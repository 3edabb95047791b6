/* The request body on its way to the origin: from the connection's bytes or a stream's, canonically framed, never more of it
 * held than one buffer's worth. */
#include "edge/inspect/inspect.h"
#include "edge/request.h"
#include "http/head_writer.h"

#include "base/banned.h"

#define UP_ENOUGH_BYTES (64u * 1024)
#define UP_A_ROUND_BYTES (512u * 1024)
#define FRONT_BYTES (48u * 1024)
#define FRONT_MS 500

void request_body_begin(struct request *request)
{
	feed_init(&request->up, request->head.body, (uint64_t)request->route->settings->limits.body_bytes, &request->arena);
}

enum result request_body_peek(struct request *request, struct span *piece)
{
	struct connection *connection = request->connection;

	if (request->is_carried) {
		*piece = request->carried;
		return piece->len ? RESULT_OK : RESULT_END;
	}
	if (request->is_h2) {
		enum result result = feed_peek(&request->up, &request->stream_body, piece, &request->fault);

		return result == RESULT_MORE && request->up_has_ended ? RESULT_END : result;
	}
	for (;;) {
		enum result result = feed_peek(&request->up, &connection->in, piece, &request->fault);

		if (result != RESULT_MORE)
			return result;
		result = connection_fill(connection);
		if (result == RESULT_END)
			return body_reader_finish(&request->up.reader, &request->fault) == RESULT_OK ? RESULT_END : RESULT_MALFORMED;
		if (result != RESULT_OK)
			return result == RESULT_MORE || result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
	}
}

void request_body_take(struct request *request, size_t count)
{
	if (request->is_carried) {
		request->carried = span_skip(request->carried, count);
	} else if (request->is_h2) {
		feed_take(&request->up, &request->stream_body, count);
		if (request->stream)
			http2_body_moved(request, count);
	} else {
		feed_take(&request->up, &request->connection->in, count);
	}
	request->up_bytes += count;
	request->up_pace.bytes += count;
	request_client_moved(request, count);
}

/* -- the front of it -- */

/* The last chunk has size 0: until that is seen there is more to come. Data that looks like it makes nobody wait less than he should by more
 * than a moment. */
static bool is_chunked_whole(struct span in)
{
	return span_contains(in, SPAN("\r\n0")) || span_starts(in, SPAN("0"));
}

/* What has no length may be a stream whose client waits for an answer before it sends more; and the streams of an HTTP/2 connection share a window, which
 * the fronts of some may fill: they are not waited for longer than this. */
static bool is_front_late(struct request *request)
{
	uint64_t now_ms = request->connection->worker->loop.now_ms;

	if (request->head.body.is_known && !request->is_h2)
		return false;
	if (!request->front_ms)
		request->front_ms = now_ms + FRONT_MS;
	return now_ms >= request->front_ms;
}

/* RESULT_OK: enough of it is here. RESULT_MORE, RESULT_NO_MEMORY; RESULT_MALFORMED: no more comes. */
static enum result fill_front(struct request *request)
{
	const struct body_size *body = &request->head.body;
	size_t wanted = body->is_known && body->bytes < FRONT_BYTES ? (size_t)body->bytes : FRONT_BYTES;
	struct buffer *in = request->is_h2 ? &request->stream_body : &request->connection->in;

	while (buffer_len(in) < wanted) {
		enum result result;

		if (is_front_late(request))
			return RESULT_OK;
		if (request->is_h2)
			return request->up_has_ended ? RESULT_OK : RESULT_MORE;
		if (!body->is_known && is_chunked_whole(buffer_span(in)))
			return RESULT_OK;
		result = connection_fill(request->connection);
		if (result != RESULT_OK)
			return result == RESULT_MORE || result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
	}
	return RESULT_OK;
}

/* What comes is progress, although nothing of it moves on yet. */
static void count_front(struct request *request)
{
	size_t here = buffer_len(request->is_h2 ? &request->stream_body : &request->connection->in);
	size_t more = here > request->front_bytes ? here - request->front_bytes : 0;

	request->front_bytes = here;
	request->up_pace.bytes += more;
	request_client_moved(request, more);
	if (!request->head.body.is_known || request->is_h2)
		request_set_clock(request, (int64_t)(request->front_ms - request->connection->worker->loop.now_ms));
	else if (more || !request->is_holding)
		request_set_clock(request, request->route->settings->timeouts.idle_ms);
}

static void end_front(struct request *request)
{
	if (!request->is_holding)
		return;
	request->is_holding = request->up_has_begun = false;
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);
}

enum step_outcome request_await_front(struct request *request)
{
	enum result result;

	if (request->tries || request->held || request->is_carried || inspect_is_streaming(request) || !request_body_is_left(request))
		return STEP_NEXT;
	/* While there is room, nothing of a body waits for the rest of it: some clients send no more until they hear from the origin. */
	if (!request->is_holding && !request_would_wait(request))
		return STEP_NEXT;
	result = fill_front(request);
	if (result == RESULT_MORE) {
		count_front(request);
		request->is_holding = request->up_has_begun = true;
		request_body_ask(request);
		if (request->reason != REASON_CLIENT_SLOW && !request_body_is_slow(request))
			return STEP_WAIT;
	}
	end_front(request);
	if (result == RESULT_MORE)
		return request_answer(request, 408, DECISION_DROP, REASON_CLIENT_SLOW);
	if (result == RESULT_MALFORMED)
		return request_answer_fault(request, HTTP_FAULT_BODY_SHORT);
	return result == RESULT_OK ? STEP_NEXT : request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
}

/* -- on its way -- */

/* What the origin gets next: what was held for the rules, then what the client still sends. */
static enum result peek_next(struct request *request, struct span *piece)
{
	enum result result = request->held ? hold_peek(request->held, piece) : RESULT_END;

	if (result != RESULT_END)
		return result == RESULT_OK ? result : RESULT_NO_MEMORY;  /* our disk, not the client's fault */
	if (inspect_is_streaming(request)) {
		result = inspect_stream_peek(request, piece);
		if (result != RESULT_OK || piece->len)
			return result;  /* otherwise it has its verdict with nothing held back: on with what comes */
	}
	return request->up_is_whole ? RESULT_END : request_body_peek(request, piece);
}

static void take_next(struct request *request, struct span piece)
{
	request->up_sent_bytes += piece.len;
	if (request->held && request->held->read < request->held->bytes) {
		hold_take(request->held, piece.len);
		return;
	}
	if (inspect_is_streaming(request)) {
		inspect_stream_take(request, piece.len);
		return;
	}
	inspect_passing(request, piece);
	request_body_take(request, piece.len);
}

static enum result push_up(struct request *request, struct span piece)
{
	struct buffer *out = &request->origin->out;
	enum result result = request->up_is_chunked ? chunk_write(piece, out) : buffer_append(out, piece);

	if (result == RESULT_OK)
		take_next(request, piece);
	return result;
}

void request_body_ask(struct request *request)
{
	if (!request->head.expects_continue || request->has_continued || request->up_bytes)
		return;
	request->has_continued = true;
	response_send_interim(request, 100, NULL);
}

bool request_awaits_body(const struct request *request)
{
	if (!request->up_has_begun || request->up_is_done || request->up_is_whole || request->is_tunnel)
		return false;
	return request->origin ? !buffer_len(&request->origin->out) : request->is_holding;
}

bool request_body_is_slow(struct request *request)
{
	uint64_t now_ms = request->connection->worker->loop.now_ms;

	if (!request->is_h2 || !request_awaits_body(request)) {
		request->up_pace.since_ms = 0;
		return false;
	}
	if (!request->up_pace.since_ms)
		request->up_pace = (struct pace){ .since_ms = now_ms };
	return pace_is_too_slow(&request->up_pace, now_ms, request->route->settings->timeouts.body_rate);
}

/* What waits goes out; behind the last byte of a tunnel, its end does. */
static enum result flush_up(struct request *request)
{
	enum result result = origin_connection_flush(request->origin);

	if (result == RESULT_OK && request->is_tunnel && request->up_is_done && !request->up_is_finished) {
		request->up_is_finished = true;
		transport_finish(&request->origin->transport);
	}
	return result == RESULT_OK || result == RESULT_MORE ? result : RESULT_IO;
}

static enum result end_chunks(struct request *request)
{
	struct fields *trailers = request->is_h2 ? &request->up_trailers : &request->up.reader.trailers;

	caller_drop_partner(trailers);
	return chunk_end_write(trailers, &request->origin->out);
}

static enum result move_up(struct request *request)
{
	enum result result = RESULT_OK, sent;
	uint64_t until = request->up_sent_bytes + UP_A_ROUND_BYTES;

	while (!request->up_is_done && result == RESULT_OK) {
		struct span piece;

		if (request->up_sent_bytes >= until) {  /* others of this worker wait too */
			loop_later(&request->connection->worker->loop, &request->turn_job);
			return RESULT_MORE;
		}
		if (buffer_len(&request->origin->out) >= UP_ENOUGH_BYTES) {
			result = origin_connection_flush(request->origin);
			if (result != RESULT_OK)
				return result == RESULT_MORE ? RESULT_MORE : RESULT_IO;
		}
		result = peek_next(request, &piece);
		if (result == RESULT_MORE)
			request_body_ask(request);
		if (result == RESULT_OK)
			result = push_up(request, span_take(piece, UP_ENOUGH_BYTES / 2));
		else if (result == RESULT_END) {
			request->up_is_done = request->up_is_whole = true;
			inspect_passed(request);
			result = request->up_is_chunked ? end_chunks(request) : RESULT_OK;
		}
	}
	if (result != RESULT_OK && result != RESULT_MORE)
		return result == RESULT_NO_MEMORY || result == RESULT_REFUSED ? result : RESULT_MALFORMED;
	sent = flush_up(request);
	return sent == RESULT_OK ? result : sent;
}

enum result request_pump_up(struct request *request)
{
	enum result result = move_up(request);

	return result == RESULT_MORE && request_body_is_slow(request) ? RESULT_REFUSED : result;
}
