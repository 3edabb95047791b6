/* One client's connection, HTTP/1.1 or HTTP/2, plain or TLS.
 *
 * Shape   one door, link_advance: whatever woke us, go on as far as possible and say how far that was; call again until LINK_WAITS
 * Owns    its wire, what is still to be sent, the reader of answers; the answer's page and cookies are the actor's
 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "ask.h"
#include "h2_client.h"
#include "plan.h"
#include "reply.h"
#include "wire.h"

enum link_state { LINK_CLOSED, LINK_CONNECTING, LINK_HANDSHAKING, LINK_OPEN };

enum link_news {
	LINK_WAITS,
	LINK_OPENED,
	LINK_ANSWERED, /* ANSWER tells; status 0: the stream was reset */
	LINK_BROKEN,   /* and closed */
};

struct link {
	enum link_state state;
	struct wire wire;
	struct wire_plan *plan;
	bool h2, closes, deaf;     /* deaf: does not read what comes */
	unsigned in_flight, asked; /* asked: on this connection so far */
	char *out;
	size_t out_at, out_len, out_size;
	struct reply *reply;       /* HTTP/1.1 */
	struct h2_client *h2_client;
	struct answer answer;
	struct counts *counts;
	const char *host;          /* what TLS asks for */
	void *tag;                 /* comes back with the poller's events */
};

/* Starts to connect from SOURCE to SERVER. False: nothing is open. */
bool link_open(struct link *link, struct wire_plan *plan, bool h2, const union address *source, const union address *server);
void link_close(struct link *link);
void link_done(struct link *link);

/* False: this connection takes no more requests, or broke. */
bool link_ask(struct link *link, const struct ask *ask, bool last);

/* HTTP/1.1: a head without its end, or (ASK endless) one with a body that is still to come. */
bool link_ask_partly(struct link *link, const struct ask *ask);

/* HTTP/2: asks and cancels at once. */
bool link_ask_and_cancel(struct link *link, const struct ask *ask);

/* Bytes as they are. */
bool link_put(struct link *link, const char *bytes, size_t len);

enum link_news link_advance(struct link *link);
