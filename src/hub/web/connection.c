#include "hub/web/connection.h"

#include <stdlib.h>

#include "base/banned.h"

#define LINGER_BYTES_MAX ((size_t)256 << 10)
#define LEFT_EVENTS (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

void connection_clock(struct connection *connection, uint32_t after_ms)
{
	struct loop *loop = connection->server->loop;

	timer_set(&loop->timers, &connection->clock, loop->now_ms + after_ms);
}

bool connection_is_idle(const struct connection *connection)
{
	return connection->phase == CONNECTION_HEAD && !connection->exchange && buffer_len(&connection->in) == 0;
}

bool connection_is_begun(const struct connection *connection)
{
	return connection->phase == CONNECTION_HANDSHAKE || (connection->phase == CONNECTION_HEAD && connection->exchange);
}

/* -- the end -- */

void web_keys_drop(struct web_keys *keys)
{
	if (!keys || --keys->holders > 0)  /* the server holds the one it has */
		return;
	tls_server_free(keys->tls);
	free(keys);
}

void web_connection_close(struct connection *connection, bool reset)
{
	struct web_server *server = connection->server;

	if (connection->phase == CONNECTION_CLOSED)
		return;
	connection->phase = CONNECTION_CLOSED;
	timer_cancel(&server->loop->timers, &connection->clock);
	loop_forget(server->loop, &connection->watch);
	transport_close(&connection->transport, reset);
	server->counts.connections--;
	list_remove(&connection->node);
	list_add_last(&server->closed, &connection->node);
	/* An event or a handler of this round may still name it: freed, and told, by the job. */
	loop_later(server->loop, &connection->job);
}

void connection_free(struct connection *connection)
{
	if (connection->exchange)
		exchange_free(connection->exchange);
	list_remove(&connection->job.node);
	list_remove(&connection->node);
	web_keys_drop(connection->keys);
	buffer_done(&connection->in);
	buffer_done(&connection->out);
	free(connection);
}

/* -- the clock -- */

static void refuse_slow(struct connection *connection)
{
	if (connection->exchange)
		exchange_refuse(connection->exchange, 408, "too-slow", "the request did not come in time");
	web_connection_advance(connection);
}

static void clock_expired(struct timer *timer)
{
	struct connection *connection = list_entry(timer, struct connection, clock);

	switch (connection->phase) {
	case CONNECTION_HEAD:
	case CONNECTION_BODY:
		if (connection->exchange)
			refuse_slow(connection);
		else
			web_connection_close(connection, false);
		break;
	case CONNECTION_WAIT:
		exchange_expire(connection->exchange);
		web_connection_advance(connection);
		break;
	case CONNECTION_HANDSHAKE:
	case CONNECTION_LINGER:
		web_connection_close(connection, false);
		break;
	case CONNECTION_ANSWER:
		web_connection_close(connection, true);
		break;
	case CONNECTION_CLOSED:
		break;
	}
}

/* -- steps: true when there may be more to do -- */

static bool step_handshake(struct connection *connection)
{
	enum result result = transport_handshake(&connection->transport);

	if (result == RESULT_MORE)
		return false;
	if (result != RESULT_OK) {
		web_connection_close(connection, false);
		return false;
	}
	connection->phase = CONNECTION_HEAD;
	connection_clock(connection, connection->server->clocks.head_ms);  /* who comes has something to ask */
	return true;
}

/* What can be read now, or the end of it. */
static bool fill(struct connection *connection)
{
	enum result result = transport_fill(&connection->transport, &connection->in, &connection->appetite);

	if (result == RESULT_OK)
		return true;
	if (result != RESULT_MORE)
		web_connection_close(connection, false);
	else
		buffer_release(&connection->in);
	return false;
}

/* The first bytes of a head have come: its clock runs from here, whatever comes after them. */
static bool begin(struct connection *connection)
{
	connection->exchange = exchange_new(connection);
	if (!connection->exchange) {
		web_connection_close(connection, true);
		return false;
	}
	connection_clock(connection, connection->server->clocks.head_ms);
	return true;
}

static bool step_head(struct connection *connection)
{
	enum result result;

	if (buffer_len(&connection->in) == 0)
		return fill(connection);
	if (!connection->exchange && !begin(connection))
		return false;
	result = exchange_head(connection->exchange);
	if (result == RESULT_MORE)
		return fill(connection);
	if (result == RESULT_OK)
		return true;
	web_connection_close(connection, true);
	return false;
}

/* RESULT_LIMIT: all bodies together, or those of one source, are too much. */
static enum result body_add(struct web_exchange *exchange, struct span data)
{
	struct connection *connection = exchange->connection;
	struct web_counts *counts = &connection->server->counts;
	enum result result;

	if (data.len > WEB_BODIES_TOTAL - counts->body_bytes)
		return RESULT_LIMIT;
	if (connection->door == WEB_TLS && web_source_bodies(connection) + data.len > WEB_BODIES_SOURCE)
		return RESULT_LIMIT;
	result = buffer_append(&exchange->body, data);
	if (result != RESULT_OK)
		return result;
	exchange->body_held += data.len;
	counts->body_bytes += data.len;
	return RESULT_OK;
}

static bool step_body(struct connection *connection)
{
	struct web_exchange *exchange = connection->exchange;
	enum http_fault fault = HTTP_FAULT_NONE;
	struct span data = SPAN_NONE;
	size_t used = 0;
	enum result result;

	if (buffer_len(&connection->out) && connection_flush(connection, false) == RESULT_IO) {
		web_connection_close(connection, true);
		return false;
	}
	result = body_reader_next(&exchange->reader, buffer_span(&connection->in), &data, &used, &fault);
	if (result == RESULT_MALFORMED || result == RESULT_LIMIT) {
		exchange_fault(exchange, fault);
		return true;
	}
	if (result == RESULT_OK && body_add(exchange, data) != RESULT_OK) {
		exchange_refuse(exchange, 503, "busy", "too many requests are being read: ask again");
		return true;
	}
	buffer_consume(&connection->in, used);
	if (result == RESULT_END || body_reader_has_ended(&exchange->reader))
		exchange_ask(exchange);
	else if (result == RESULT_MORE)
		return fill(connection);
	return true;
}

static bool step_wait(struct connection *connection)
{
	if (connection->exchange->is_finished)
		exchange_send(connection->exchange);
	else if (connection->has_left)
		web_connection_close(connection, false);
	else
		return false;
	return true;
}

/* What the client still sends is taken and thrown away, so that its kernel does not throw our answer away (RFC 9112, 9.6). */
static bool step_linger(struct connection *connection)
{
	connection->lingered += buffer_len(&connection->in);
	buffer_reset(&connection->in);
	if (connection->lingered > LINGER_BYTES_MAX) {
		web_connection_close(connection, false);
		return false;
	}
	return fill(connection);
}

static bool (*const steps[])(struct connection *connection) = {
	[CONNECTION_HANDSHAKE] = step_handshake, [CONNECTION_HEAD] = step_head, [CONNECTION_BODY] = step_body,
	[CONNECTION_WAIT] = step_wait, [CONNECTION_ANSWER] = connection_send, [CONNECTION_LINGER] = step_linger,
};

void web_connection_advance(struct connection *connection)
{
	while (connection->phase != CONNECTION_CLOSED && steps[connection->phase](connection))
		;
}

static void job_run(struct job *job)
{
	struct connection *connection = list_entry(job, struct connection, job);

	if (connection->phase == CONNECTION_CLOSED)
		connection_free(connection);
	else
		web_connection_advance(connection);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct connection *connection = list_entry(watch, struct connection, watch);

	connection->has_left |= (events & LEFT_EVENTS) != 0;
	transport_ready(&connection->transport, events);
	web_connection_advance(connection);
}

/* -- the beginning -- */

static enum result start(struct connection *connection)
{
	struct web_server *server = connection->server;

	connection->phase = CONNECTION_HEAD;
	if (connection->door == WEB_TLS) {
		enum result result = transport_accept_tls(&connection->transport, server->keys->tls, SPAN_NONE, false, NULL);

		if (result != RESULT_OK)
			return result;
		connection->keys = server->keys;
		connection->keys->holders++;
		connection->phase = CONNECTION_HANDSHAKE;
	}
	connection_clock(connection, connection->door == WEB_TLS ? server->clocks.handshake_ms : server->clocks.head_ms);
	return loop_watch(server->loop, &connection->watch, connection->transport.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
}

enum result connection_new(struct web_server *server, struct web_place *place, int fd, const struct address *source, uint32_t peer_uid)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct transport refused;
	enum result result;

	if (!connection) {
		transport_init(&refused, fd);
		transport_close(&refused, true);
		return RESULT_NO_MEMORY;
	}
	*connection = (struct connection){ .server = server, .door = place->door, .source = *source, .peer_uid = peer_uid,
		.appetite = FILL_MIN_BYTES, .watch = { -1, ready } };
	transport_init(&connection->transport, fd);
	/* Passwords come in, and tokens and cookies go out. */
	buffer_init_secret(&connection->in, CONNECTION_IN_MAX);
	buffer_init_secret(&connection->out, CONNECTION_OUT_MAX);
	timer_init(&connection->clock, clock_expired);
	job_init(&connection->job, job_run);
	list_add_last(&server->connections, &connection->node);
	server->counts.connections++;
	server->counts.accepted++;
	result = start(connection);
	if (result != RESULT_OK)
		web_connection_close(connection, true);
	return result;
}
