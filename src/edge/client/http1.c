/* The HTTP/1 half of a client connection: reads one head after the other, walks one request at a time, sends its response. */
#include "edge/request.h"
#include "edge/sites/shares.h"
#include "http/head_writer.h"
#include "http/represent.h"
#include "message/move.h"

#include "base/banned.h"

#define REQUESTS_A_ROUND 16
#define SEND_DIRECTLY_BYTES 4096u
#define OUT_ENOUGH_BYTES (64u * 1024)
#define SENT_A_ROUND_BYTES (512u * 1024)
#define FINISH_MS 10000
#define REFUSED_REST_MS 1000

/* The head was read in the connection's buffer, which will move: the request gets a copy of its own. */
static enum result move_head(struct request *request, struct buffer *in, size_t used, struct span *moved)
{
	struct span from = span_take(buffer_span(in), used);
	char *to = arena_take(&request->arena, used);

	if (!to)
		return RESULT_NO_MEMORY;
	memcpy(to, from.at, used);
	request_head_move(&request->head, from, to);
	request->head_bytes = used;
	*moved = span_make(to, used);
	buffer_consume(in, used);
	return RESULT_OK;
}

/* Takes the worker's spare request as the one at work. */
static struct request *begin(struct connection *connection)
{
	struct request *request = connection->worker->spare;

	connection->worker->spare = NULL;
	connection->request = request;
	connection->has_served = true;
	connection->wait = WAIT_REQUEST;
	head_reader_init(&connection->head_reader);
	connection->fault = HTTP_FAULT_NONE;
	connection->looked = 0;
	return request;
}

/* How a head is refused does not depend on what follows the fault, but rules and the journal are to see it: whoever sends an attack in two
 * packets shows no less than in one. It is waited for as long as a head may be, and at most REFUSED_REST_MS. */
static bool awaits_rest(struct connection *connection, enum http_fault fault)
{
	struct span in = buffer_span(&connection->in);

	if (fault == HTTP_FAULT_NO_MEMORY || in.len >= connection->binding->plan->limits.head_bytes || request_is_all_there(in, &connection->looked))
		return false;
	connection->fault = fault;
	return true;
}

static void begin_faulty(struct connection *connection, enum http_fault fault)
{
	struct request *request = begin(connection);

	connection->is_closing = true;  /* what follows on this connection cannot be told apart from what came */
	request->fault = fault;
	if (move_head(request, &connection->in, buffer_len(&connection->in), &request->refused) != RESULT_OK)
		request->fault = HTTP_FAULT_NO_MEMORY;
	request_begin(request, connection);
}

/* The worker's spare request, with room for a head. NULL: no memory. */
static struct request *spare_of(struct connection *connection)
{
	struct worker *worker = connection->worker;

	if (!worker->spare)
		worker->spare = request_new(worker);
	if (!worker->spare)
		return NULL;
	arena_reset(&worker->spare->arena);
	fields_init(&worker->spare->head.fields, &worker->spare->arena, connection->binding->plan->limits.fields);
	return worker->spare;
}

static enum result read_on(struct connection *connection, struct head_reader *reader, struct request *request, size_t *used, enum http_fault *fault)
{
	return request_head_read(reader, buffer_span(&connection->in), &connection->binding->plan->limits, &request->head, used, fault);
}

/* The head that was found faulty is read once more, for the fields before the fault, and its request begins. RESULT_NO_MEMORY. */
static enum result refuse(struct connection *connection)
{
	struct request *request = spare_of(connection);
	enum http_fault fault = connection->fault, same;
	struct head_reader reader;
	size_t used;

	if (!request)
		return RESULT_NO_MEMORY;
	head_reader_init(&reader);
	(void)!read_on(connection, &reader, request, &used, &same);
	begin_faulty(connection, fault);
	return RESULT_OK;
}

/* RESULT_OK: a request has begun. RESULT_MORE: the head is not whole. RESULT_NO_MEMORY. */
static enum result read_head(struct connection *connection)
{
	enum http_fault fault = HTTP_FAULT_NONE;
	struct request *request;
	struct span moved;
	enum result result;
	size_t used = 0;

	if (!buffer_len(&connection->in))
		return RESULT_MORE;
	if (connection->fault != HTTP_FAULT_NONE)
		return awaits_rest(connection, connection->fault) ? RESULT_MORE : refuse(connection);
	request = spare_of(connection);
	if (!request)
		return RESULT_NO_MEMORY;
	result = read_on(connection, &connection->head_reader, request, &used, &fault);
	if (result == RESULT_MORE)
		return RESULT_MORE;
	if (result != RESULT_OK) {
		if (awaits_rest(connection, fault))
			return RESULT_MORE;
		begin_faulty(connection, fault);
		return RESULT_OK;
	}
	if (move_head(request, &connection->in, used, &moved) != RESULT_OK)
		return RESULT_NO_MEMORY;
	begin(connection);
	connection->is_closing |= request->head.wants_close || connection->worker->is_draining;
	request_begin(request, connection);
	return RESULT_OK;
}

/* Set once: a rest that trickles in buys no time. */
static void wait_refused(struct connection *connection)
{
	const struct edge_timeouts *timeouts = connection_timeouts(connection);

	if (connection->wait == WAIT_REFUSED)
		return;
	connection->wait = WAIT_REFUSED;
	connection_set_deadline(connection, timeouts->head_ms < REFUSED_REST_MS ? timeouts->head_ms : REFUSED_REST_MS);
}

/* Waits for the next request, holding no memory for it. The clock is set once for each thing that is waited for, so that
 * a head that trickles in does not buy itself time. */
static void wait_idle(struct connection *connection)
{
	const struct edge_timeouts *timeouts = connection_timeouts(connection);
	enum connection_wait wait = buffer_len(&connection->in) ? WAIT_HEAD : WAIT_IDLE;

	if (connection->fault != HTTP_FAULT_NONE) {
		wait_refused(connection);
		return;
	}
	connection->appetite = FILL_MIN_BYTES;
	buffer_release(&connection->in);
	buffer_release(&connection->out);
	if (!connection->has_served)
		connection_is_silent(connection);
	if (connection->wait == wait || connection->wait == WAIT_HEAD)
		return;
	connection->wait = wait;
	if (wait == WAIT_IDLE)
		connection_rests(connection);
	connection_set_deadline(connection, wait == WAIT_HEAD ? timeouts->head_ms : timeouts->keep_alive_ms);
}

/* While a request is at work, its own timer watches the origin; this clock watches the client, when it is the client's turn. */
static void wait_at_work(struct connection *connection)
{
	const struct request *request = connection->request;
	bool is_clients_turn = buffer_len(&connection->out) || request_awaits_body(request) || connection->waits_to_send;

	if (request->is_tunnel || !is_clients_turn) {
		connection->pace.since_ms = 0;
		connection_set_deadline(connection, CONNECTION_NO_DEADLINE_MS);
		return;
	}
	if (connection->pace.since_ms)
		return;
	connection->pace = (struct pace){ .since_ms = connection->worker->loop.now_ms };
	connection_set_deadline(connection, 1000);
}

static void finish(struct connection *connection)
{
	if (connection_flush(connection) == RESULT_MORE) {
		if (connection->wait != WAIT_FINISH)
			connection_set_deadline(connection, FINISH_MS);
		connection->wait = WAIT_FINISH;
		return;
	}
	/* Closing with unread bytes makes the kernel send RST, which may overtake our answer. */
	if (connection->has_hung_up || !(connection->has_unread || buffer_len(&connection->in))) {
		if (connection->is_tls)
			transport_finish(&connection->transport);
		connection_close(connection, false);
		return;
	}
	connection->stage = CONNECTION_LINGER;
	connection->is_closing = false;
	connection_set_deadline(connection, 2000);
	connection_advance(connection);
}

/* Before the first head: an HTTP/2 preface, where this port takes it in the clear. */
static bool is_h2_preface(struct connection *connection, bool *is_undecided)
{
	static const struct span preface = SPAN_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	struct span in = buffer_span(&connection->in);

	*is_undecided = false;
	if (!connection->port->has_h2c || connection->is_tls || connection->has_served || !in.len)
		return false;
	if (!span_equal(span_take(in, preface.len), span_take(preface, in.len)))
		return false;
	*is_undecided = in.len < preface.len;
	return !*is_undecided;
}

/* RESULT_OK: a request is at work. Anything else: wait, or the connection is gone. */
static enum result next_request(struct connection *connection)
{
	for (;;) {
		bool is_undecided;
		enum result result;

		connection_rebind(connection);
		if (is_h2_preface(connection, &is_undecided)) {
			if (http2_start(connection) == RESULT_OK)
				http2_advance(connection);
			else
				connection_close(connection, true);
			return RESULT_END;
		}
		result = is_undecided ? RESULT_MORE : read_head(connection);
		if (result == RESULT_MORE)
			result = connection_fill(connection);
		else
			return result;
		if (result == RESULT_END && connection->fault != HTTP_FAULT_NONE)
			return refuse(connection);  /* no rest will come */
		if (result != RESULT_OK)
			return result;
	}
}

void http1_advance(struct connection *connection)
{
	for (int i = 0; i < REQUESTS_A_ROUND; i++) {
		if (!connection->request) {
			enum result result;

			if (connection->is_closing) {
				finish(connection);
				return;
			}
			if (i && buffer_len(&connection->in) && connection_awaits_turn(connection, &connection->turn))
				return;  /* an origin has answered, and the next one lies there: it is not the origin's turn that it has */
			result = next_request(connection);
			if (result == RESULT_MORE) {
				wait_idle(connection);
				return;
			}
			if (connection->stage != CONNECTION_HTTP_1)
				return;
			if (result != RESULT_OK) {
				connection_close(connection, result == RESULT_NO_MEMORY);
				return;
			}
		} else {
			request_advance(connection->request);
		}
		if (connection->stage != CONNECTION_HTTP_1)
			return;
		if (connection->request) {
			wait_at_work(connection);
			return;
		}
	}
	connection_yield(connection);
}

void http1_refuse(struct connection *connection)
{
	if (refuse(connection) == RESULT_OK)
		connection_advance(connection);
	else
		connection_close(connection, true);
}

static enum result append_piece(struct request *request, struct span piece)
{
	struct buffer *out = &request->connection->out;
	enum result result = request->down_is_chunked ? chunk_write(piece, out) : buffer_append(out, piece);

	if (result == RESULT_OK)
		response_take(request, piece.len);
	return result;
}

/* A large piece goes out from where it lies, behind what is waiting in `out`. */
static enum result send_directly(struct request *request, struct span piece)
{
	struct connection *connection = request->connection;
	struct span waiting = buffer_span(&connection->out);
	struct iovec list[2] = { { (void *)(uintptr_t)waiting.at, waiting.len }, { (void *)(uintptr_t)piece.at, piece.len } };
	int first = waiting.len ? 0 : 1;
	size_t sent = 0;
	enum result result = transport_write_list(&connection->transport, list + first, 2 - first, &sent);
	size_t of_waiting = sent < waiting.len ? sent : waiting.len;

	connection->waits_to_send = result == RESULT_MORE;
	if (result == RESULT_MORE)
		connection_watch_writes(connection);
	if (result != RESULT_OK)
		return result;
	connection->pace.bytes += sent;
	buffer_consume(&connection->out, of_waiting);
	if (sent > of_waiting)
		response_take(request, sent - of_waiting);
	return RESULT_OK;
}

static enum result end_body(struct request *request)
{
	if (request->down_is_chunked && !request->down_is_done) {
		enum result result = chunk_end_write(request->is_own ? NULL : &request->down.reader.trailers, &request->connection->out);

		if (result != RESULT_OK)
			return result;
	}
	request->down_is_done = true;
	return connection_flush(request->connection);
}

enum result http1_deliver(struct request *request)
{
	struct connection *connection = request->connection;

	uint64_t until = request->down_bytes + SENT_A_ROUND_BYTES;

	connection->waits_to_send = false;
	for (;;) {
		struct span piece;
		enum result result = request->down_is_done ? RESULT_END : response_peek(request, &piece);

		if (result == RESULT_END)
			return end_body(request);
		if (result == RESULT_MORE) {
			result = connection_flush(connection);
			return result == RESULT_OK ? RESULT_MORE : result;
		}
		if (result != RESULT_OK)
			return RESULT_MALFORMED;
		if (request->down_bytes >= until) {  /* others of this worker wait too */
			connection_later(connection);
			return RESULT_MORE;
		}
		if (!request->down_is_chunked && piece.len >= SEND_DIRECTLY_BYTES)
			result = send_directly(request, piece);
		else if (buffer_len(&connection->out) < OUT_ENOUGH_BYTES)
			result = append_piece(request, span_take(piece, 32768));
		else
			result = connection_flush(connection);
		if (result != RESULT_OK)
			return result;
	}
}
