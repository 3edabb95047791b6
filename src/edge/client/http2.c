/* The HTTP/2 half of a client connection: feeds the session, turns its streams into requests, and sends what all of them
 * have to say in as few writes as it can. */
#include "edge/request.h"
#include "edge/sites/shares.h"
#include "source/source.h"

#include "base/banned.h"

#define CLOCK_STEP_MS 1000
#define BYTES_A_ROUND (512u * 1024)
#define OWED_BYTES (H2_FRAME_BYTES * 4)
#define LINGER_MS 2000
#define HELD_MS 10000  /* as one has that says nothing */
#define UNFINISHED_MS 200

/* Streams answered in one round leave in one write. */
static void flush_later(struct connection *connection)
{
	connection_later(connection);
}

static struct request *request_of(struct h2_stream *stream)
{
	return h2_stream_owner(stream);
}

static struct arena *opened(void *context, struct h2_stream *stream)
{
	struct connection *connection = context;
	struct request *request = request_new(connection->worker);

	if (!request)
		return NULL;
	request->is_h2 = true;
	request->stream = stream;
	h2_stream_set_owner(stream, request);
	return &request->arena;
}

static void start(struct connection *connection, struct request *request, const struct request_head *head, enum http_fault fault)
{
	request->head = *head;
	request->fault = fault;
	request->has_begun = connection->has_served = true;
	connection->wait = WAIT_REQUEST;
	connection->requests++;
	connection_rebind(connection);
	request_begin(request, connection);
}

static void head(void *context, struct h2_stream *stream, struct request_head *head, bool has_body)
{
	(void)has_body;  /* head->body says it */
	start(context, request_of(stream), head, HTTP_FAULT_NONE);
}

static void fault(void *context, struct h2_stream *stream, struct request_head *head, enum http_fault fault)
{
	struct request *request = request_of(stream);

	if (!request)
		return;
	if (!request->has_begun) {
		start(context, request, head, fault);
		return;
	}
	request->fault = fault;
	if (http_fault_status(fault) == 400) {  /* the session resets it, on the client's account */
		h2_stream_set_owner(stream, NULL);
		request->stream = NULL;
	} else if (!request->down_has_head) {
		(void)request_answer_fault(request, fault);
		request_advance(request);
		return;
	}
	request_abort(request, REASON_FAULT);
}

static void data(void *context, struct h2_stream *stream, struct span data)
{
	struct connection *connection = context;
	struct request *request = request_of(stream);

	/* A request that wants no body any more lets it pass. */
	if (!request || request->is_own || request->down_is_done) {
		h2_stream_consumed(connection->h2, stream, data.len);
		return;
	}
	/* The stream's window bounds what can be here: only memory may be missing. A body with a hole is no body. */
	if (buffer_append(&request->stream_body, data) != RESULT_OK) {
		h2_stream_consumed(connection->h2, stream, data.len);
		if (request->down_has_head) {
			request_abort(request, REASON_NO_MEMORY);
			return;
		}
		(void)request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	}
	if (request->origin || request->is_own || request->is_holding)
		request_advance(request);
}

static void data_end(void *context, struct h2_stream *stream, const struct fields *trailers)
{
	struct request *request = request_of(stream);

	(void)context;
	if (!request)
		return;
	request->up_has_ended = true;
	if (trailers)
		request->up_trailers = *trailers;
	if (request->origin || request->is_holding)
		request_advance(request);
}

static void closed(void *context, struct h2_stream *stream, uint32_t error)
{
	struct connection *connection = context;
	struct request *request = request_of(stream);

	if (!request)
		return;
	request->stream = NULL;
	if (!request->has_begun) {
		request_free(request, connection->worker);
		return;
	}
	if (request->down_is_done && error == 0) {
		request->is_delivered = true;
		request_advance(request);
		return;
	}
	request_abort(request, connection->stage == CONNECTION_HTTP_2 ? REASON_CLIENT_RESET : REASON_CLIENT_GONE);
}

static const struct h2_sink sink = { .opened = opened, .head = head, .fault = fault, .data = data, .data_end = data_end, .closed = closed };

void http2_request_over(struct request *request)
{
	struct connection *connection = request->connection;

	connection->requests--;
	if (!connection->requests && connection->stage == CONNECTION_CLOSED)
		connection_later(connection);  /* it waited for this one only */
	if (request->stream) {
		h2_stream_set_owner(request->stream, NULL);
		if (!request->is_delivered)
			h2_stream_reset(connection->h2, request->stream, request->reason == REASON_FAULT ? 1 : 2);
		request->stream = NULL;
		flush_later(connection);
	}
}

/* -- responses -- */

static enum result read_body(void *context, struct h2_stream *stream, char *out, size_t size, size_t *count)
{
	struct request *request = context;

	(void)stream;
	*count = 0;
	while (*count < size) {
		struct span piece;
		enum result result = response_peek(request, &piece);

		if (result == RESULT_MORE)
			return *count ? RESULT_OK : RESULT_MORE;
		if (result == RESULT_END) {
			request->down_is_done = true;
			if (!request->is_own && request->down.reader.trailers.count &&
			    h2_stream_set_trailers(request->connection->h2, request->stream, &request->down.reader.trailers) != RESULT_OK)
				return RESULT_IO;
			if (!request->is_tunnel || request->up_is_done)
				response_origin_done(request);
			return RESULT_END;
		}
		if (result != RESULT_OK) {
			request->reason = REASON_ORIGIN_BROKEN;
			request->decision = DECISION_DROP;
			return RESULT_IO;
		}
		piece = span_take(piece, size - *count);
		memcpy(out + *count, piece.at, piece.len);
		*count += piece.len;
		response_take(request, piece.len);
		request_client_moved(request, piece.len);
	}
	return RESULT_OK;
}

static const struct h2_body body = { .read = read_body };

enum result http2_respond(struct request *request, unsigned status, const struct fields *fields, bool has_body)
{
	struct connection *connection = request->connection;
	enum result result;

	if (!request->stream)
		return RESULT_IO;
	result = h2_stream_respond(connection->h2, request->stream, status, fields, has_body ? &body : NULL, request);
	flush_later(connection);
	return result;
}

void http2_resume(struct request *request)
{
	if (request->stream && !request->down_is_done) {
		h2_stream_resume(request->connection->h2, request->stream);
		flush_later(request->connection);
	}
}

void http2_body_moved(struct request *request, size_t count)
{
	struct connection *connection = request->connection;

	h2_stream_consumed(connection->h2, request->stream, count);
	/* It may be the origin that woke us: a client whose window is shut would wait for ever. */
	if (h2_wants_send(connection->h2))
		flush_later(connection);
}

/* -- the connection -- */

enum result http2_start(struct connection *connection)
{
	struct h2_limits limits = h2_limits_default;
	const struct http_limits *http = &connection->binding->plan->limits;

	limits.http = *http;
	connection->h2 = h2_session_new(&limits, &sink, connection, connection->worker->loop.now_ms);
	if (!connection->h2)
		return RESULT_NO_MEMORY;
	connection->stage = CONNECTION_HTTP_2;
	connection->worker->gauges.h2_connections++;
	return RESULT_OK;
}

void http2_finish(struct connection *connection)
{
	struct h2_session *session = connection->h2;

	h2_session_free(session);
	connection->h2 = NULL;
}

/* A budget is spent by a client that has asked for next to nothing, or for nothing that it waited for. Not one of a proxy that is trusted, where others' requests come
 * too; nor of a worker that is about to end. */
static bool is_to_be_held(const struct connection *connection, enum http_fault fault)
{
	const struct address *peer = &connection->peer.address;

	return http_fault_status(fault) == 429 && !h2_is_of_use(connection->h2) && !connection->has_hung_up && !connection->worker->is_draining &&
	       !source_is_trusted(&connection->binding->plan->exempt, peer) && !source_is_trusted(&connection->port->trusted_proxies, peer);
}

/* Told at once, it would begin anew with all its budgets, for the price of a handshake to each side; and what is not read stops the client by itself. */
static void hold(struct connection *connection)
{
	connection->is_held = true;
	buffer_reset(&connection->in);
	buffer_release(&connection->in);
	list_remove(&connection->yielding);
	list_add_first(&connection->share->yielding, &connection->yielding);
	connection_set_deadline(connection, HELD_MS);
}

/* The streams are over; what is queued still goes, and what the client is still sending is read for a moment: closing with
 * unread bytes makes the kernel send RST, and the GOAWAY that says why may be lost with it. */
static void end(struct connection *connection, bool is_held)
{
	bool is_whole = h2_send(connection->h2, &connection->out) == RESULT_OK;

	connection->worker->gauges.h2_connections--;
	connection->stage = CONNECTION_LINGER;
	connection->is_closing = false;
	http2_finish(connection);
	if (is_held && is_whole) {
		hold(connection);
		return;
	}
	if (!is_whole || connection->has_hung_up) {
		if (is_whole && connection_flush(connection) == RESULT_OK)
			transport_finish(&connection->transport);
		connection_close(connection, false);
		return;
	}
	connection_set_deadline(connection, LINGER_MS);
	connection_advance(connection);
}

void http2_let_go(struct connection *connection)
{
	connection->is_held = false;
	connection_set_deadline(connection, LINGER_MS);
	connection_advance(connection);
}

static void end_badly(struct connection *connection, enum http_fault fault)
{
	connection_say(connection, DECISION_BLOCK, REASON_FAULT, fault, http_fault_text(fault));
	end(connection, is_to_be_held(connection, fault));
}

/* RESULT_MORE: all that has come was taken. RESULT_OK: not all, because others of this worker wait too: a connection that asks for a thousand things at once
 * has a few of them in its turn. RESULT_LIMIT: because what we owe has to go first. */
static enum result take_input(struct connection *connection)
{
	enum http_fault fault = HTTP_FAULT_NONE;
	unsigned heads = H2_HEADS_AT_ONCE;
	size_t taken_bytes = 0;

	for (;;) {
		enum result result;

		if (buffer_len(&connection->in)) {
			size_t used;

			result = h2_receive(connection->h2, buffer_span(&connection->in), connection->worker->loop.now_ms, &heads, &used, &fault);
			taken_bytes += used;
			buffer_consume(&connection->in, used);
			if (result != RESULT_OK) {
				buffer_reset(&connection->in);
				end_badly(connection, fault);
				return RESULT_REFUSED;
			}
		}
		/* What we owe is said before more is taken: a peer that sends without reading is not given more to do. */
		if (buffer_len(&connection->out) >= OWED_BYTES)
			return RESULT_LIMIT;
		if (taken_bytes >= BYTES_A_ROUND || !heads)
			return RESULT_OK;
		result = connection_fill(connection);
		if (result != RESULT_OK)
			return result;
	}
}

/* RESULT_REFUSED: it has met an end of its own, as when a budget for what it makes us send is spent. */
static enum result send_output(struct connection *connection)
{
	enum result result = RESULT_OK;
	size_t sent_bytes = 0;

	while (result == RESULT_OK) {
		if (sent_bytes >= BYTES_A_ROUND) {
			connection_later(connection);
			return RESULT_MORE;
		}
		if (buffer_room(&connection->out) >= H2_FRAME_BYTES && h2_wants_send(connection->h2))
			result = h2_send(connection->h2, &connection->out);
		if (h2_fault(connection->h2) != HTTP_FAULT_NONE)
			return RESULT_REFUSED;
		if (!buffer_len(&connection->out))
			break;
		sent_bytes += buffer_len(&connection->out);
		if (result == RESULT_OK)
			result = connection_flush(connection);
	}
	return result;
}

/* Whose turn is it? The client's while it does not take what waits for it; nobody's while nothing is asked. */
static void watch_clock(struct connection *connection)
{
	if (buffer_len(&connection->out) || h2_is_stalled(connection->h2)) {
		if (!connection->pace.since_ms) {
			connection->pace = (struct pace){ .since_ms = connection->worker->loop.now_ms };
			connection_set_deadline(connection, CLOCK_STEP_MS);
		}
		connection->wait = WAIT_REQUEST;
		return;
	}
	connection->pace.since_ms = 0;
	if (h2_has_unfinished(connection->h2)) {
		if (connection->wait != WAIT_UNFINISHED)
			connection_set_deadline(connection, UNFINISHED_MS);
		connection->wait = WAIT_UNFINISHED;
		connection->has_served = true;
	} else if (connection->requests) {
		connection->wait = WAIT_REQUEST;
		connection->has_served = true;
		connection_set_deadline(connection, CONNECTION_NO_DEADLINE_MS);
	} else if (connection->wait == WAIT_REQUEST || connection->wait == WAIT_UNFINISHED) {
		connection->wait = WAIT_IDLE;
		connection_rests(connection);
		connection_set_deadline(connection, CLOCK_STEP_MS);
	} else if (connection->wait == WAIT_HEAD) {
		connection_is_silent(connection);
	} else if (list_is_empty(&connection->yielding)) {
		connection_rests(connection);  /* again: it was busy with a PING, or the like, when somebody looked for one that rests */
	}
}

/* A second of rest: what is only needed while streams are open goes back, and the long wait begins. */
static void rest(struct connection *connection)
{
	connection->wait = WAIT_RESTING;
	h2_rest(connection->h2);
	connection_set_deadline(connection, connection_timeouts(connection)->keep_alive_ms);
}

/* What cannot go at once is lost: its place is needed now. */
void http2_say_goodbye(struct connection *connection)
{
	h2_shutdown(connection->h2);
	h2_shutdown(connection->h2);  /* the second step at once, as below */
	if (h2_send(connection->h2, &connection->out) == RESULT_OK)
		(void)!connection_flush(connection);
}

void http2_expired(struct connection *connection)
{
	if (h2_has_unfinished(connection->h2)) {
		h2_stop_unfinished(connection->h2);
		connection->wait = WAIT_REQUEST;
		flush_later(connection);
	}
	if (connection->pace.since_ms) {
		if (!connection_is_too_slow(connection)) {
			connection_set_deadline(connection, CLOCK_STEP_MS);
			return;
		}
		connection_say(connection, DECISION_DROP, REASON_CLIENT_SLOW, HTTP_FAULT_H2_STALLED, http_fault_text(HTTP_FAULT_H2_STALLED));
		connection_close(connection, true);
	} else if (connection->requests) {
		connection_set_deadline(connection, CONNECTION_NO_DEADLINE_MS);
	} else if (connection->wait == WAIT_IDLE) {
		rest(connection);
	} else {
		h2_shutdown(connection->h2);
		h2_shutdown(connection->h2);  /* the second step at once: nobody is there to answer the first */
		end(connection, false);
	}
}

/* INPUT: what take_input said. */
static void go_on(struct connection *connection, enum result input)
{
	enum result output;

	list_remove(&connection->job.node);  /* what was to be said later is said now */
	if (input == RESULT_OK) {
		connection_yield(connection);
		input = RESULT_MORE;
	}
	if (connection->worker->is_draining && !connection->is_closing) {
		connection->is_closing = true;
		h2_shutdown(connection->h2);
	}
	output = send_output(connection);
	if (output == RESULT_REFUSED) {
		end_badly(connection, h2_fault(connection->h2));
		return;
	}
	if (input == RESULT_LIMIT) {
		/* No edge will tell again of what lies in the socket. */
		if (buffer_len(&connection->out) < OWED_BYTES)
			connection_later(connection);
		input = RESULT_MORE;
	}
	if (input != RESULT_MORE || (output != RESULT_OK && output != RESULT_MORE)) {
		connection_close(connection, false);
		return;
	}
	if (h2_is_finished(connection->h2) && !buffer_len(&connection->out)) {
		end(connection, false);
		return;
	}
	if (!connection->requests) {
		connection->appetite = FILL_MIN_BYTES;
		buffer_release(&connection->in);
		buffer_release(&connection->out);
	}
	watch_clock(connection);
}

void http2_advance(struct connection *connection)
{
	enum result input = take_input(connection);

	if (connection->stage == CONNECTION_HTTP_2)
		go_on(connection, input);
}

void http2_ready(struct connection *connection)
{
	enum result input = take_input(connection);

	if (connection->stage != CONNECTION_HTTP_2)
		return;
	if (input == RESULT_OK)
		connection_yield(connection);
	else if (input == RESULT_MORE)
		flush_later(connection);
	else
		go_on(connection, input);
}
