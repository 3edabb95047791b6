#include "connection.h"

#define SINK_BYTES (256 * 1024)

/* Bodies are thrown away here, and uploads are sent from there: one thread, so one of each. */
static char sink[SINK_BYTES];
static const char zeros[SINK_BYTES];

bool connection_open(struct connection *c, struct connection_plan *plan, uint64_t since_ns)
{
	c->since_ns = since_ns;
	c->state = CONNECTION_CLOSED;
	if (!wire_open(&c->wire, &plan->wire, c))
		return false;
	c->state = CONNECTION_CONNECTING;
	return true;
}

void connection_request(struct connection *c, struct connection_plan *plan, uint64_t since_ns)
{
	c->since_ns = since_ns;
	c->head = request_take(&plan->request);
	c->sent_bytes = 0;
	reply_reset(&c->reply);
	h2_exchange_reset(&c->h2);
	c->state = CONNECTION_SENDING;
}

void connection_rest(struct connection *c, struct connection_plan *plan)
{
	c->state = CONNECTION_RESTING;
	wire_rest(&c->wire, &plan->wire, c);
}

void connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CLOSED)
		return;
	wire_close(&c->wire);
	c->state = CONNECTION_CLOSED;
}

int connection_status(const struct connection *c, const struct connection_plan *plan)
{
	return plan->h2 ? c->h2.status : c->reply.status;
}

bool connection_is_resumed(const struct connection *c)
{
	return c->wire.ssl && SSL_session_reused(c->wire.ssl);
}

static enum connection_news connection_broke(struct connection *c)
{
	connection_close(c);
	return CONNECTION_BROKEN;
}

static enum connection_news connection_open_on(struct connection *c, struct connection_plan *plan)
{
	if (c->state == CONNECTION_CONNECTING) {
		if (wire_connected(&c->wire) != WIRE_OK)
			return connection_broke(c);
		c->state = CONNECTION_HANDSHAKING;
	}
	switch (wire_handshake(&c->wire, &plan->wire, c)) {
	case WIRE_OK:
		return CONNECTION_OPENED;
	case WIRE_WAIT:
		return CONNECTION_WAITS;
	case WIRE_END:
		break;
	}
	return connection_broke(c);
}

/* What of the request is still to be sent, as far as it lies in one piece. */
static struct head connection_unsent(const struct connection *c, const struct connection_plan *plan)
{
	uint64_t left = c->head->len + plan->request.body_bytes - c->sent_bytes;

	if (c->sent_bytes < c->head->len)
		return (struct head){c->head->at + c->sent_bytes, c->head->len - (size_t)c->sent_bytes};
	return (struct head){zeros, left < SINK_BYTES ? (size_t)left : SINK_BYTES};
}

static bool connection_has_sent_all(const struct connection *c, const struct connection_plan *plan)
{
	return c->sent_bytes == c->head->len + plan->request.body_bytes;
}

static enum wire_result connection_send(struct connection *c, struct connection_plan *plan)
{
	while (!connection_has_sent_all(c, plan)) {
		struct head piece = connection_unsent(c, plan);
		size_t sent = 0;
		enum wire_result result = wire_send(&c->wire, &plan->wire, c, piece.at, piece.len, &sent);

		/* An upload may be answered, and refused, before it is all sent. */
		if (result == WIRE_WAIT && wire_has_input(&c->wire))
			break;
		if (result != WIRE_OK)
			return result;
		c->sent_bytes += sent;
	}
	c->state = CONNECTION_READING;
	wire_rest(&c->wire, &plan->wire, c);
	return WIRE_OK;
}

/* A few bytes into an empty socket buffer: if they do not fit now, something is wrong with the connection. */
static enum reply_result connection_h2_acknowledge(struct connection *c, struct connection_plan *plan)
{
	size_t sent = 0;

	c->h2.settings_arrived = false;
	if (wire_send(&c->wire, &plan->wire, c, h2_settings_ack, sizeof h2_settings_ack, &sent) == WIRE_OK &&
	    sent == sizeof h2_settings_ack)
		return REPLY_MORE;
	return REPLY_MALFORMED;
}

static enum reply_result connection_reply_read(struct connection *c, struct connection_plan *plan, size_t len)
{
	enum reply_result result;

	if (!plan->h2)
		return reply_read(&c->reply, sink, len);
	result = h2_exchange_read(&c->h2, sink, len);
	if (c->h2.settings_arrived && connection_h2_acknowledge(c, plan) == REPLY_MALFORMED)
		return REPLY_MALFORMED;
	return result;
}

static enum connection_news connection_read(struct connection *c, struct connection_plan *plan)
{
	enum reply_result result = REPLY_MORE;

	while (result == REPLY_MORE) {
		size_t received = 0;

		switch (wire_receive(&c->wire, sink, sizeof sink, &received)) {
		case WIRE_OK:
			result = connection_reply_read(c, plan, received);
			break;
		case WIRE_WAIT:
			return CONNECTION_WAITS;
		case WIRE_END:
			result = plan->h2 ? REPLY_MALFORMED : reply_end(&c->reply);
			c->reply.closes = true;
			break;
		}
	}
	if (result == REPLY_MALFORMED)
		return connection_broke(c);
	if (!connection_has_sent_all(c, plan))
		c->reply.closes = true;
	return CONNECTION_ANSWERED;
}

/* Tickets and the like may arrive while we rest; the end of the connection may too. */
static enum connection_news connection_rest_on(struct connection *c)
{
	size_t received = 0;
	enum wire_result result;

	do
		result = wire_receive(&c->wire, sink, sizeof sink, &received);
	while (result == WIRE_OK);
	if (result == WIRE_WAIT)
		return CONNECTION_WAITS;
	connection_close(c);
	return CONNECTION_LOST;
}

enum connection_news connection_advance(struct connection *c, struct connection_plan *plan)
{
	switch (c->state) {
	case CONNECTION_CONNECTING:
	case CONNECTION_HANDSHAKING:
		return connection_open_on(c, plan);
	case CONNECTION_SENDING:
		switch (connection_send(c, plan)) {
		case WIRE_OK:
			/* Nothing can have arrived yet: the poller will tell, as it does a browser. */
			return CONNECTION_WAITS;
		case WIRE_WAIT:
			return CONNECTION_WAITS;
		case WIRE_END:
			return connection_broke(c);
		}
		break;
	case CONNECTION_READING:
		return connection_read(c, plan);
	case CONNECTION_RESTING:
		return connection_rest_on(c);
	case CONNECTION_CLOSED:
		break;
	}
	return CONNECTION_WAITS;
}
