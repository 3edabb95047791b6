/* edge/: the life of a request. This room composes the ones above: it accepts connections, reads heads, walks each request
 * through its steps (request.h), and says what happened (fact.h).
 *
 *   worker      a thread: loop, accept, snapshot, everything that belongs to nobody else
 *   connection  one client connection: PROXY header, TLS, HTTP/1 (http1.c) or HTTP/2 (http2.c)
 *   request     one request: the named steps, from route to record (route.c, screen.c, forward.c, deliver/)
 *   page        what is shown when there is nothing to deliver
 *
 * One door: readable, writable, timed out and woken all call connection_advance, which moves bytes and calls
 * request_advance for what can move.
 */
#ifndef BOUCLIER_EDGE_CONNECTION_H
#define BOUCLIER_EDGE_CONNECTION_H

#include "edge/client/pace.h"
#include "edge/worker.h"
#include "http/h2_session.h"
#include "net/transport.h"

struct request;

enum connection_stage {
	CONNECTION_PROXY_HEADER,
	CONNECTION_HANDSHAKE,
	CONNECTION_HTTP_1,
	CONNECTION_HTTP_2,
	CONNECTION_PASSTHROUGH, /* not ours to open: bytes go to the origin as they come */
	CONNECTION_LINGER,     /* answered and finished: reads what still comes for a moment, so that the answer is not lost in a RST */
	CONNECTION_CLOSED,
};

/* What the connection's own clock is set for. */
enum connection_wait { WAIT_HEAD, WAIT_REFUSED, WAIT_IDLE, WAIT_RESTING, WAIT_UNFINISHED, WAIT_REQUEST, WAIT_FINISH };

struct connection {
	struct watch watch;
	struct timer timer;
	struct list node;
	struct transport transport;
	struct worker *worker;
	struct binding *binding;           /* of its newest request, or of its birth */
	const struct edge_port *port;      /* of that binding's plan */
	struct endpoint local;             /* of its listener: perhaps a wildcard */
	struct endpoint peer, reached;     /* both ends as the client sees them: of the socket, or of a PROXY header. Port 0: not asked yet */
	enum connection_stage stage;
	enum connection_wait wait;
	bool has_hung_up, is_tls, is_closing, has_served;
	bool watches_writes;
	bool is_shaking_hands;             /* counted in edge_common.handshakes */
	bool is_held;                      /* it has done too much: for a while it is told nothing, and nothing of it is read; then it is closed */
	bool has_unread;                   /* the client may still be sending what nobody will read: linger after the answer */
	enum reason would;                 /* it was let in only because its site may be one that observes: for this it would have been closed */
	bool waits_to_send;                /* a large piece that lies elsewhere could not go yet */
	struct buffer in, out;
	uint32_t appetite;                 /* of transport_fill */
	struct request *request;           /* HTTP/1: the one at work */
	struct h2_session *h2;
	unsigned requests;                 /* at work; HTTP/2 */
	struct head_reader head_reader;
	enum http_fault fault;             /* HTTP/1: of the head at the front of `in`, of which the rest is awaited for the rules */
	size_t looked;                     /* how far that head was searched for its end */
	uint64_t tls_site;                 /* key of the site whose certificate was shown; 0: plain, or none */
	uint64_t probe, probe_site;        /* probe.c: its number, and the key of the site that judges; 0: an ordinary one */
	struct pace pace;
	struct share *share;               /* shares.h: whose it is */
	struct list yielding;              /* its place there, while it rests */
	struct job turn;                   /* goes on when its site's turn has come */
	struct job job;                    /* later: go on, flush, or free */
};

/* Takes the descriptor. */
void connection_accept(struct worker *worker, int fd, const struct endpoint *local, const struct endpoint *peer);
void connection_advance(struct connection *connection);
/* Goes on in the next round, or when its site's turn has come: for fairness, and to send what several streams have to say at once. */
void connection_later(struct connection *connection);
void connection_close(struct connection *connection, bool reset);

/* As origin_connection_fill and _flush. */
enum result connection_fill(struct connection *connection) must_check;
enum result connection_flush(struct connection *connection) must_check;
/* A write said RESULT_MORE: be told when it can go on. Not asked for before, because a socket that can be written to says so
 * at once, and every new connection would cost a round for nothing. */
void connection_watch_writes(struct connection *connection);
/* The address that the client connected to. A listener on a wildcard does not know it: the socket is asked, once. */
const struct endpoint *connection_reached(struct connection *connection);
/* Takes the worker's current snapshot, if it has a newer one. */
void connection_rebind(struct connection *connection);
/* In its whole window of pace.h, as its route asks. */
bool connection_is_too_slow(struct connection *connection);
/* States a connection_fact about it. */
void connection_say(struct connection *connection, enum decision decision, enum reason reason, enum http_fault fault, const char *detail);
/* The same of one that never became a connection here. */
void connection_say_refused(struct worker *worker, const struct address *peer, const char *detail);
#define CONNECTION_NO_DEADLINE_MS (365 * 86400000ll)
void connection_set_deadline(struct connection *connection, int64_t in_ms);
/* The clocks that count for it: its request's route's, or the first site's while none is known. */
const struct edge_timeouts *connection_timeouts(const struct connection *connection);

/* http1.c, http2.c */
void http1_advance(struct connection *connection);
/* The rest of a head that is refused did not come in time. */
void http1_refuse(struct connection *connection);
void http2_advance(struct connection *connection);
/* The socket has moved. What has come is taken now; what is to be said waits for the end of the round, when the streams that origins
 * answer in it have been answered too: one write, one TLS record, for all. */
void http2_ready(struct connection *connection);
enum result http2_start(struct connection *connection) must_check;
void http2_finish(struct connection *connection);
void http2_expired(struct connection *connection);
/* It was held for long enough: it is told, and closed. */
void http2_let_go(struct connection *connection);
/* It is about to be closed: its client is told (GOAWAY). */
void http2_say_goodbye(struct connection *connection);
/* HTTP/1: moves the response body to the client. RESULT_OK: all of it has gone. */
enum result http1_deliver(struct request *request) must_check;
/* HTTP/2: of a request that has a stream. */
void http2_request_over(struct request *request);
enum result http2_respond(struct request *request, unsigned status, const struct fields *fields, bool has_body) must_check;
void http2_resume(struct request *request);
/* COUNT bytes of the client's body have left our memory: its windows open, and it is told. */
void http2_body_moved(struct request *request, size_t count);
/* passthrough.c: after a handshake that left everything as it was */
enum result passthrough_start(struct connection *connection) must_check;
void passthrough_advance(struct connection *connection);
void passthrough_expired(struct connection *connection);

#endif
