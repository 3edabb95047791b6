/* The life of one client connection: connect, shake hands, send, read, rest.
 *
 * Shape   one door, connection_advance: whatever woke us, go on as far as possible and say how far that was.
 *         What to do next (another request, another connection, rest) is the schedule's business.
 * Owns    its wire
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "h2_exchange.h"
#include "reply.h"
#include "request.h"
#include "wire.h"

enum connection_state {
	CONNECTION_CLOSED,
	CONNECTION_CONNECTING,
	CONNECTION_HANDSHAKING,
	CONNECTION_SENDING,
	CONNECTION_READING,
	CONNECTION_RESTING,
};

enum connection_news {
	CONNECTION_WAITS,    /* nothing to decide */
	CONNECTION_OPENED,   /* connected, hands shaken: ready for a first request */
	CONNECTION_ANSWERED, /* a whole reply was read: connection_status, connection_closes */
	CONNECTION_BROKEN,   /* and closed */
	CONNECTION_LOST,     /* closed by the server while it rested */
};

struct connection_plan {
	struct wire_plan wire;
	struct request request;
	bool h2;
};

struct connection {
	enum connection_state state;
	struct wire wire;
	uint64_t since_ns;         /* when the request was due */
	const struct head *head;
	uint64_t sent_bytes;
	struct reply reply;
	struct h2_exchange h2;
};

/* False: refused at once. */
bool connection_open(struct connection *c, struct connection_plan *plan, uint64_t since_ns);
void connection_request(struct connection *c, struct connection_plan *plan, uint64_t since_ns);
void connection_rest(struct connection *c, struct connection_plan *plan);
void connection_close(struct connection *c);
enum connection_news connection_advance(struct connection *c, struct connection_plan *plan);

int connection_status(const struct connection *c, const struct connection_plan *plan);
bool connection_is_resumed(const struct connection *c);
