/* The request body on its way to the origin: from the connection's bytes or a stream's, canonically framed, never more of it
 * held than one buffer's worth. */
#include "edge/request.h"
#include "http/head_writer.h"

#include "base/banned.h"

#define UP_ENOUGH_BYTES (64u * 1024)
#define UP_A_ROUND_BYTES (512u * 1024)

/* Body bytes from the client, wherever they wait. */
static enum result peek_up(struct request *request, struct span *piece)
{
	struct connection *connection = request->connection;

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

static void take_up(struct request *request, size_t count)
{
	if (request->is_h2) {
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

static enum result push_up(struct request *request, struct span piece)
{
	struct buffer *out = &request->origin->out;
	enum result result = request->up_is_chunked ? chunk_write(piece, out) : buffer_append(out, piece);

	if (result == RESULT_OK)
		take_up(request, piece.len);
	return result;
}

/* We promise the origin the body that the client promised us: now is the time to ask for it (RFC 9110, 10.1.1). */
static void ask_for_body(struct request *request)
{
	if (!request->head.expects_continue || request->has_continued || request->up_bytes)
		return;
	request->has_continued = true;
	response_send_interim(request, 100, NULL);
}

bool request_awaits_body(const struct request *request)
{
	return request->up_has_begun && !request->up_is_done && !request->is_tunnel && request->origin && !buffer_len(&request->origin->out);
}

/* One of many streams, each of which holds an origin's place. Those that send nothing at all meet the request's own clock. */
static bool is_too_slow(struct request *request)
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

static enum result move_up(struct request *request)
{
	enum result result = RESULT_OK, sent;
	uint64_t until = request->up_bytes + UP_A_ROUND_BYTES;

	while (!request->up_is_done && result == RESULT_OK) {
		struct span piece;

		if (request->up_bytes >= until) {  /* others of this worker wait too */
			connection_later(request->connection);
			return RESULT_MORE;
		}
		if (buffer_len(&request->origin->out) >= UP_ENOUGH_BYTES) {
			result = origin_connection_flush(request->origin);
			if (result != RESULT_OK)
				return result == RESULT_MORE ? RESULT_MORE : RESULT_IO;
		}
		result = peek_up(request, &piece);
		if (result == RESULT_MORE)
			ask_for_body(request);
		if (result == RESULT_OK)
			result = push_up(request, span_take(piece, UP_ENOUGH_BYTES / 2));
		else if (result == RESULT_END) {
			request->up_is_done = true;
			result = request->up_is_chunked ? chunk_end_write(request->is_h2 ? &request->up_trailers : &request->up.reader.trailers, &request->origin->out) : RESULT_OK;
		}
	}
	if (result != RESULT_OK && result != RESULT_MORE)
		return result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
	sent = flush_up(request);
	return sent == RESULT_OK ? result : sent;
}

enum result request_pump_up(struct request *request)
{
	enum result result = move_up(request);

	return result == RESULT_MORE && is_too_slow(request) ? RESULT_REFUSED : result;
}
