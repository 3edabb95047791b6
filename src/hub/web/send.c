/* An answer on its way: what is said already, the pieces that follow, and what comes after it. */
#include "http/head_writer.h"
#include "hub/web/connection.h"

#include "base/banned.h"

#define LINGER_MS 2000u

static enum result send_span(struct connection *connection, struct span body, size_t *sent_body)
{
	struct span head = buffer_span(&connection->out);
	struct iovec list[2] = { { (void *)(uintptr_t)head.at, head.len }, { (void *)(uintptr_t)body.at, body.len } };
	size_t sent = 0;
	enum result result = transport_write_list(&connection->transport, list, 2, &sent);

	if (result != RESULT_OK)
		return result;
	buffer_consume(&connection->out, sent < head.len ? sent : head.len);
	*sent_body = sent > head.len ? sent - head.len : 0;
	return RESULT_OK;
}

enum result connection_flush(struct connection *connection, bool with_body)
{
	struct web_exchange *exchange = connection->exchange;

	for (;;) {
		struct span body = with_body ? span_skip(answer_body(&exchange->answer), exchange->sent) : SPAN_NONE;
		size_t sent = 0;
		enum result result;

		if (buffer_len(&connection->out) + body.len == 0)
			return RESULT_OK;
		result = send_span(connection, body, &sent);
		if (result != RESULT_OK)
			return result;
		exchange->sent += sent;
		if (with_body)
			connection_clock(connection, connection->server->clocks.send_ms);
	}
}

static enum result piece_write(struct web_exchange *exchange, struct span piece)
{
	struct buffer *out = &exchange->connection->out;

	if (piece.len == 0)
		return RESULT_OK;
	return exchange->is_chunked ? chunk_write(piece, out) : buffer_append(out, piece);
}

/* One piece more. What MORE says; RESULT_IO when it cannot be written. */
static enum result piece_next(struct web_exchange *exchange)
{
	struct buffer piece;
	enum result result;

	buffer_init(&piece, WEB_PIECE_MAX);
	result = exchange->pieces.more(exchange->pieces.context, &piece);
	if (piece_write(exchange, buffer_span(&piece)) != RESULT_OK)
		result = RESULT_IO;
	if (result == RESULT_END && exchange->is_chunked && chunk_end_write(NULL, &exchange->connection->out) != RESULT_OK)
		result = RESULT_IO;
	buffer_done(&piece);
	return result;
}

/* True: something was said, or all of it. */
static bool step_pieces(struct connection *connection)
{
	struct web_exchange *exchange = connection->exchange;

	if (exchange->is_idle && connection->has_left) {
		web_connection_close(connection, true);
		return false;
	}
	if (exchange->is_idle)
		return false;
	switch ((int)piece_next(exchange)) {
	case RESULT_END:
		exchange->is_over = true;
		return true;
	case RESULT_MORE:
		exchange->is_idle = true;
		timer_cancel(&connection->server->loop->timers, &connection->clock);
		return true;
	case RESULT_OK:
		/* Others first: a long answer is as many rounds as it has pieces. The clock is the client's, not of who looks for the next piece. */
		connection_clock(connection, connection->server->clocks.send_ms);
		loop_later(connection->server->loop, &connection->job);
		return connection_flush(connection, true) == RESULT_IO;
	default:
		web_connection_close(connection, true);
		return false;
	}
}

static bool finish(struct connection *connection)
{
	bool closes = connection->exchange->closes;

	exchange_free(connection->exchange);
	connection->exchange = NULL;
	buffer_release(&connection->out);
	list_remove(&connection->node);
	list_add_last(&connection->server->connections, &connection->node);
	if (closes) {
		connection->phase = CONNECTION_LINGER;
		connection_clock(connection, LINGER_MS);
		transport_finish(&connection->transport);
		return true;
	}
	connection->phase = CONNECTION_HEAD;
	connection_clock(connection, connection->server->clocks.idle_ms);
	if (buffer_len(&connection->in) == 0)
		return true;
	/* Pipelined: others have their turn between two of them. */
	loop_later(connection->server->loop, &connection->job);
	return false;
}

bool connection_send(struct connection *connection)
{
	struct web_exchange *exchange = connection->exchange;
	enum result result = exchange->is_broken ? RESULT_IO : connection_flush(connection, true);

	if (result == RESULT_MORE) {
		if (!timer_is_armed(&connection->clock))  /* it had nothing to take until now */
			connection_clock(connection, connection->server->clocks.send_ms);
		return false;
	}
	if (result != RESULT_OK) {
		web_connection_close(connection, true);
		return false;
	}
	if (exchange->pieces.more && !exchange->is_over)
		return step_pieces(connection);
	return finish(connection);
}
