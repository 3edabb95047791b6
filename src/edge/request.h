/* One request, walking through its steps. request_advance runs the current step until one says that it must wait, or that
 * the request is over; whatever wakes it calls request_advance again.
 *
 * Owns     an arena with everything that lives as long as the request; its origin connection while it has one
 */
#ifndef BOUCLIER_EDGE_REQUEST_H
#define BOUCLIER_EDGE_REQUEST_H

#include "edge/caller/caller.h"
#include "edge/caching/caching.h"
#include "edge/client/connection.h"
#include "edge/client/feed.h"
#include "edge/deliver/deliver.h"
#include "edge/inspect/hold.h"
#include "edge/observing/would.h"
#include "edge/probe.h"
#include "edge/queue/queue.h"

/* The life of a request, in order. X(ID, function): the names go to traces and crash reports. */
#define STEP_LIST(X) \
	X(IDENTIFY, identify) /* who asks, behind trusted proxies: every later step, and every fact, can name him */ \
	X(ROUTE, route)       /* host -> site -> route */ \
	X(REFUSE, refuse)     /* what the reader refused: rules see it, and the reader's answer goes out */ \
	X(SCREEN, screen)     /* what is answered here: refusals, redirects, maintenance */ \
	X(LOOK_UP, look_up)   /* what is kept is delivered; equal requests wait for the first */ \
	X(CHALLENGE, challenge)                /* strangers, while there is no room for all: they prove themselves, or wait */ \
	X(INSPECT_REQUEST, inspect_request)    /* rules, phases 1 and 2 */ \
	X(QUEUE, queue)       /* an origin that is well, and a place there: now, in a while, or not at all */ \
	X(CONNECT, connect)   /* a connection to it */ \
	X(FORWARD, forward)   /* the head, re-written canonically */ \
	X(AWAIT, await)       /* the body goes up, the response head comes down */ \
	X(INSPECT_RESPONSE, inspect_response)  /* rules, phases 3 and 4 */ \
	X(STORE, store)       /* may the answer be kept? */ \
	X(RECALL, recall)     /* no origin answers: its last good page is brought from the disk */ \
	X(DELIVER, deliver)   /* the response goes to the client */ \
	X(RECORD, record)     /* one fact */

enum step {
#define X(id, function) STEP_##id,
	STEP_LIST(X)
#undef X
	STEP_COUNT,
};

enum step_outcome {
	STEP_NEXT,     /* done: the next step */
	STEP_WAIT,     /* call again when something has moved */
	STEP_AGAIN,    /* request->step was set: run that one */
	STEP_OVER,     /* the request is gone */
};

struct body_inspection;
struct collected;
struct response_inspection;
struct waf_transaction;

struct request {
	struct connection *connection;
	struct h2_stream *stream;          /* NULL: HTTP/1, or the stream is gone */
	struct list node;                  /* free list of the worker */
	struct arena arena;
	struct binding *binding;
	enum step step;
	bool is_probe_start;               /* what it made of its connection does not hold for itself */
	bool is_passthrough;               /* stands for a tunnel of passthrough.c: has no head, and only the last step */
	bool is_h2, has_begun, is_advancing, is_aborted;

	struct request_head head;
	size_t head_bytes;
	struct span refused;               /* HTTP/1: the bytes that the reader refused, as far as they came */
	uint64_t id[2];
	struct address source;
	bool is_source_trusted;            /* the socket's other end is a trusted proxy */
	struct caller caller;              /* what is known of the source */
	const struct edge_site *site;
	const struct edge_route *route;
	const struct edge_route *route_as_written;  /* not that of the path's usual reading, perhaps: its refusals count too */

	struct feed up;                    /* request body */
	struct buffer stream_body;         /* HTTP/2: what has come and not gone on */
	bool up_is_chunked, up_is_done, up_has_begun, up_has_ended, up_is_finished, wants_tunnel, has_continued;
	struct fields up_trailers;         /* HTTP/2: came behind the body */
	uint64_t up_bytes, up_sent_bytes;  /* from the client; to an origin */
	size_t front_bytes;                /* of it that were here at the last look, before there is an origin */
	uint64_t front_ms;                 /* one of unknown length is waited for until then; 0: it has not been yet */
	bool up_is_whole;                  /* the client has said all of it */
	bool is_holding;                   /* it is read here, before there is an origin */
	bool is_carried;                   /* challenge/: it came back from the visitor's browser, and CARRIED is what is left of it */
	struct span carried;
	struct collected *collected;       /* challenge/: being read; NULL: nothing is */
	struct span set_cookie, notice;    /* go with the answer, a page: what the administrator says on it; empty: none */
	uint64_t pause_until_ms;           /* challenge/: is_paused, for what else its source asks; 0: it does not */
	unsigned retry_s;                  /* goes with a refusal: when to come back; 0: not said */
	struct pace up_pace;               /* HTTP/2: of this body; HTTP/1 has the connection's */

	const struct edge_waf *rules;      /* what is asked; NULL: nothing */
	struct waf_transaction *waf;       /* inspect.c; NULL: no rules are asked */
	struct body_inspection *seen;      /* inspect_body.c; NULL: rules see no body */
	struct hold *held;                 /* the body, or the front of it, until its verdict and from then on */
	struct response_inspection *answer; /* its body, as far as rules read it; NULL: they do not */
	struct job turn_job;               /* goes on when others of this worker had their turn */
	struct job inspect_job;            /* the same, for rules */
	uint8_t inspect_stage;             /* of inspect.c */
	bool is_paused;                    /* by a step, until the clock; or the outside is waited for */
	struct outside outside;            /* what rules ask of it */

	struct outlook outlook;            /* pressure.c: what it found at its last look */
	struct turn turn;                  /* its place at an origin, or in a queue */
	const struct pool_member *member, *last_member;  /* at work there; and for the fact */
	struct origin_connection *origin;
	uint64_t tried;
	uint64_t sticky_key;               /* of the member that the client's cookie names; 0: none */
	unsigned tries;
	bool has_timed_out;                /* an origin did not take the connection in time */
	unsigned interims;                 /* 1xx answers of the origin */
	struct timer timer;                /* of the origin */

	struct caching caching;            /* caching.h */
	struct response_head response;     /* of an origin: points into its `in`, until the head has gone to the client */
	struct head_reader response_reader;
	size_t response_head_bytes;
	struct feed down;
	struct span before, after;         /* what rules add to the body (inject.h), as far as it has not gone */
	bool is_injected, is_behind;       /* something is added; the body has ended, and AFTER follows */
	struct span page;                  /* body of a response of our own; what is left of it */
	bool down_has_feed;                /* the body is being read already */
	bool is_own, down_is_chunked, down_has_head, down_is_done, is_tunnel, is_delivered, is_cut;
	uint64_t down_bytes;
	unsigned status;

	enum decision decision;
	enum reason reason;
	enum reason failed_reason;         /* why the last try ended; told when there is nobody left to try */
	struct would would;                /* what would have become of it, where guard/ only observes */
	enum http_fault fault;
	uint64_t start_ns, wall_ns, connect_ns, connected_ns, forwarded_ns, first_byte_ns;
	uint64_t held_ns;                  /* how long origins were held, all tries */
	bool was_reused;
	unsigned origin_status;
};

/* The method that rules see: a WebSocket of HTTP/2 asks with an extended CONNECT for what HTTP/1.1 asks for with GET
 * (RFC 8441, 5), and goes to its origin as GET. */
static inline enum method request_method(const struct request *request)
{
	return request->head.protocol.len ? METHOD_GET : request->head.method;
}

/* The method that the origin is asked with: a page for everybody is fetched whole, whoever fetches it (caching/learning.h). */
static inline enum method request_asked_method(const struct request *request)
{
	return learning_is_shared(request) ? METHOD_GET : request_method(request);
}

static inline struct worker *request_worker(const struct request *request)
{
	return request->connection->worker;
}

/* Allocates (or takes a free one of the worker); NULL: no memory. */
struct request *request_new(struct worker *worker) must_check;
/* It is CONNECTION's from now on, has an id, and holds the connection's snapshot. */
void request_attach(struct request *request, struct connection *connection);
/* The head is in: attached, it starts to walk. */
void request_begin(struct request *request, struct connection *connection);
void request_advance(struct request *request);
/* When nothing will have moved for too long. */
void request_set_clock(struct request *request, int64_t in_ms);
/* Something other than the client has moved. HTTP/1: by way of the connection, which goes on with its next request when this
 * one is over. */
void request_wake(struct request *request);
/* JOB is its own, and has run: it goes on now, or runs again when its site's turn has come. */
void request_go_on(struct request *request, struct job *job);
/* The client is gone, or is cut: nothing more can be delivered. States the fact and frees. */
void request_abort(struct request *request, enum reason reason);
/* Frees without a word. */
void request_free(struct request *request, struct worker *worker);

/* The steps. */
#define X(id, function) enum step_outcome step_##function(struct request *request);
STEP_LIST(X)
#undef X

/* inspect.c: a request that the reader has refused, as far as it can be represented: phase 1; phase 2, without a body, of a tolerant site. What
 * rules say of it changes nothing: it is refused. STEP_WAIT, or they have been asked. */
enum step_outcome inspect_refused(struct request *request);

/* Answers here, with a page in the client's language (page.h); goes to DELIVER. */
enum step_outcome request_answer(struct request *request, unsigned status, enum decision decision, enum reason reason);
/* The same for a fault of the client's message; closes the connection after it. */
enum step_outcome request_answer_fault(struct request *request, enum http_fault fault);
/* A site for old clients and for tests of rules (`http: tolerant`). */
bool request_is_tolerant(const struct request *request);
/* Ends it without a word: the connection closes, of HTTP/2 the stream is reset. */
enum step_outcome request_hang_up(struct request *request, enum reason reason);
/* A person has taken the defences of this site away, for a time. */
bool request_is_bypassed(const struct request *request);
/* Its connection is one for probing from now on (request_begins_probing). */
enum step_outcome request_begin_probing(struct request *request);
/* No origin answers: what is kept is given if it may be, in memory or on disk (continuity.h), and the journal tells why. */
enum step_outcome request_answer_failed(struct request *request, unsigned status, enum decision decision, enum reason reason);
/* Answers with BODY (may be empty) and LOCATION (may be empty). */
enum step_outcome request_answer_with(struct request *request, unsigned status, struct span type, struct span body, struct span location);

/* origin_head.c: writes the head to the origin. RESULT_LIMIT: it is longer than an origin's buffer. RESULT_NO_MEMORY. */
enum result request_write_head(struct request *request) must_check;
/* The request asks for a WebSocket or its like, and may have one. */
bool request_wants_tunnel(const struct request *request);
/* Puts a PROXY header in front of everything, where its origin asks for one. */
enum result request_greet_origin(struct request *request) must_check;
/* Gives the origin back, in good order or not. */
void request_release_origin(struct request *request, bool is_reusable);
/* upload.c: moves the request body on. RESULT_OK: done or nothing to do now; RESULT_MORE: waits; RESULT_MALFORMED: the client's
 * fault (request->fault); RESULT_REFUSED: the client sends too slowly, or inspect_stream_is_refused; RESULT_IO: the origin's; RESULT_NO_MEMORY: ours. */
enum result request_pump_up(struct request *request) must_check;
/* upload.c: the front of the body, or all of a short one, is here: one that drips takes no place. STEP_NEXT, STEP_WAIT; STEP_AGAIN: answered. */
enum step_outcome request_await_front(struct request *request);
/* It is the client's turn to send more of the body: all there was has been taken. */
bool request_awaits_body(const struct request *request);
/* The same from the client alone: RESULT_OK: PIECE (never empty), as it is without its framing, until request_body_take.
 * RESULT_END, RESULT_MORE, RESULT_NO_MEMORY; RESULT_MALFORMED: the client's fault. */
enum result request_body_peek(struct request *request, struct span *piece) must_check;
/* Before the first byte of it is asked for. */
void request_body_begin(struct request *request);
void request_body_take(struct request *request, size_t count);
/* Whoever waits for the body now promises to take it: the client that asks first is told to go on (RFC 9110, 10.1.1). */
void request_body_ask(struct request *request);
/* Of HTTP/2: one of many streams, each of which holds a place. Those that send nothing at all meet the request's own clock. */
bool request_body_is_slow(struct request *request);
/* Some of the body has not come, and may still. */
bool request_body_is_left(const struct request *request);

/* screen_source.c: its site, or that it has none, is known: its connection may have come in only for a site that observes. Security, fails closed: asked
 * before anything is answered, by whichever step. STEP_NEXT, or it is answered. */
enum step_outcome screen_connection(struct request *request);
/* screen_source.c: what becomes of it for who asks. STEP_NEXT, or it is answered. */
enum step_outcome screen_source(struct request *request);
/* screen.c: it asks for an ACME challenge, of a site that answers them. */
bool request_is_acme(const struct request *request);
/* sites/alive.c: it asks whether this shield is alive, of a site where it may; and the answer. */
bool alive_is_asked(const struct request *request);
enum step_outcome alive_answer(struct request *request);
/* "GET, HEAD, POST" */
struct span allowed_methods(struct request *request);
/* The client's body bytes have moved: for the minimum rate. */
void request_client_moved(struct request *request, size_t count);

#endif
