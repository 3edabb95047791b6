/* One connection to the hub, and the exchange that it is at. Inside hub/web/ only.
 *
 *   HANDSHAKE -> HEAD -> BODY -> [WAIT] -> ANSWER -> HEAD ...        ANSWER -> LINGER -> CLOSED
 *
 * One door: readable, writable, timed out, woken by a handler: all call connection_advance, which takes steps until one can go no further.
 * A handler never runs inside another's call into this file, and nothing is freed before the round is over: both go through the job.
 *
 * Owns     its transport, buffers, exchange; the server's list has it until it is closed
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_WEB_CONNECTION_H
#define BOUCLIER_HUB_WEB_CONNECTION_H

#include "base/loop.h"
#include "http/body_reader.h"
#include "http/head_reader.h"
#include "hub/web/read/path.h"
#include "hub/web/read/routing.h"
#include "hub/web/server.h"
#include "net/tls_server.h"
#include "net/transport.h"

#define CONNECTION_IN_MAX (2 * WEB_HEAD_BYTES)    /* a head, or what a body's framing keeps */
/* The head of an answer and a piece with its framing. */
#define CONNECTION_OUT_MAX (WEB_ARENA_MAX + 2 * WEB_PIECE_MAX)

/* A certificate with its contexts: gone when the server has another and nobody shakes hands with this one. */
struct web_keys {
	struct tls_server *tls;
	unsigned holders;
};
void web_keys_drop(struct web_keys *keys);

struct web_place {
	struct watch watch;
	struct timer rest;           /* after a lack of descriptors */
	struct web_server *server;
	int fd;
	enum web_door door;
};

struct web_server {
	struct loop *loop;
	const struct web_routes *routes;
	const struct web_assets *assets;
	struct web_clocks clocks;
	char name[256];
	size_t name_len;
	struct web_place places[WEB_LISTENERS_MAX];
	size_t place_count;
	struct web_keys *keys;
	struct list connections;     /* who has done nothing for longest is first */
	struct list closed;          /* to be freed when the round is over */
	unsigned connections_max, source_max;
	struct web_counts counts;
};

enum connection_phase { CONNECTION_HANDSHAKE, CONNECTION_HEAD, CONNECTION_BODY, CONNECTION_WAIT, CONNECTION_ANSWER, CONNECTION_LINGER, CONNECTION_CLOSED };

struct web_exchange {
	struct connection *connection;
	struct arena arena;          /* fields, path, what is kept for the handler */
	struct request_head head;
	struct buffer head_bytes;    /* what HEAD points into */
	struct web_path path;
	struct web_routing routing;
	struct body_reader reader;
	struct buffer body;
	struct web_request request;
	struct web_answer answer;
	size_t body_held, answer_held;   /* of the server's totals */
	size_t sent;                 /* of the answer's body */
	void (*gone)(void *context, struct web_request *request);
	void *gone_context;
	struct web_pieces pieces;
	bool is_waiting, is_finished;    /* web_wait; web_finish */
	bool is_broken;                  /* web_pieces_break */
	bool is_idle;                    /* its pieces said that there is nothing now */
	bool is_over;                    /* its pieces have all come */
	bool is_chunked, has_no_body;
	bool closes;                     /* the connection ends with it */
};

struct connection {
	struct list node;
	struct web_server *server;
	struct web_keys *keys;       /* TLS only */
	struct transport transport;
	struct watch watch;
	struct timer clock;
	struct job job;
	struct buffer in, out;
	struct head_reader reader;
	struct web_exchange *exchange;   /* NULL: idle */
	struct address source;
	size_t lingered;
	uint32_t peer_uid, appetite;
	enum web_door door;
	enum connection_phase phase;
	bool has_left;               /* its writing half is shut, or more */
};

/* FD is the connection's from here on, also on failure. */
enum result connection_new(struct web_server *server, struct web_place *place, int fd, const struct address *source, uint32_t peer_uid) must_check;
void web_connection_advance(struct connection *connection);
/* At once; who waits for it is told. RESET: what was not sent is not waited for. */
void web_connection_close(struct connection *connection, bool reset);
void connection_clock(struct connection *connection, uint32_t after_ms);
/* It has asked for nothing, or not for all of it yet: it may be closed for another. */
bool connection_is_idle(const struct connection *connection);
bool connection_is_begun(const struct connection *connection);
void connection_free(struct connection *connection);

/* -- send.c -- */
/* All that is said already, with the answer's body or without. RESULT_MORE: the client does not take it now; RESULT_IO. */
enum result connection_flush(struct connection *connection, bool with_body) must_check;
/* The step of ANSWER: true when there may be more to do. */
bool connection_send(struct connection *connection);

/* -- room.c -- */
/* Is there room for one more by DOOR from SOURCE? Who is idle goes for it. */
bool web_has_room(struct web_server *server, enum web_door door, const struct address *source);
/* What the connections of its source hold of bodies. */
size_t web_source_bodies(const struct connection *connection);

/* -- exchange.c: from a head to an answer -- */
struct web_exchange *exchange_new(struct connection *connection) must_check;
/* What was begun is told that it is over. */
void exchange_free(struct web_exchange *exchange);
/* Takes a head from the front of what came. RESULT_MORE; RESULT_OK: the phase is another now; RESULT_NO_MEMORY. */
enum result exchange_head(struct web_exchange *exchange) must_check;
/* The body is whole: asks who may, then the handler. */
void exchange_ask(struct web_exchange *exchange);
/* Refuses what was not read to its end; the connection ends with it. */
void exchange_fault(struct web_exchange *exchange, enum http_fault fault);
void exchange_refuse(struct web_exchange *exchange, unsigned status, const char *code, const char *text);
/* web_wait took too long. */
void exchange_expire(struct web_exchange *exchange);
/* The answer is said: its head is written, and the phase is ANSWER. */
void exchange_send(struct web_exchange *exchange);

/* -- answer.c -- */
/* Prints status line and fields, the server's own among them. LENGTH is of the body; with is_chunked or no body it is not said. */
enum result answer_head_write(struct web_exchange *exchange, size_t length, struct buffer *out) must_check;
struct span answer_body(const struct web_answer *answer);

#endif
