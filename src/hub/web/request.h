/* One request to the hub, as a handler of it sees it, and its answer. The server (server.h) reads the one and sends the other.
 *
 * A handler never blocks. It fills the answer before it returns; or keeps the exchange (web_wait) and answers later; or says the head and
 * gives the body in pieces (web_pieces), as fast as the client takes it; or makes it a stream of events (stream.h).
 *
 * Owns     what a request points to, and the answer, live until it is answered; an answer owns its body
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_WEB_REQUEST_H
#define BOUCLIER_HUB_WEB_REQUEST_H

#include "base/address.h"
#include "base/buffer.h"
#include "message/head.h"

#define WEB_BODY_MAX ((size_t)1 << 20)       /* of a request */
#define WEB_ANSWER_MAX ((size_t)64 << 20)    /* what WEB_ANSWER's body is born with */
#define WEB_FIELDS_MAX 16u                   /* of an answer, beside the server's own */
#define WEB_PARTS_MAX 4u                     /* of a path's pattern: {id} */
#define WEB_ARENA_MAX ((size_t)128 << 10)    /* what web_query and web_keep take for one request */

/* By which door somebody came. */
enum web_door {
	WEB_LOCAL_SOCKET,    /* the hub's own unix socket: its mode and the peer's uid said who may */
	WEB_LOOPBACK,        /* plain HTTP on a loopback address */
	WEB_TLS,
};

struct web_exchange;

struct web_request {
	struct web_exchange *exchange;
	const struct request_head *head;         /* its host is one of ours (hub/web/origin.h). HEAD is asked of the routes of GET */
	struct span path;                        /* percent-decoded, without dot segments; an encoded "/" or "%" stays as it was written */
	struct span parts[WEB_PARTS_MAX];        /* what {…} of the pattern stands for, decoded: "10.0.0.0%2F8" is 10.0.0.0/8. Never empty, ".", "..", nor with "../" */
	struct span body;                        /* whole */
	enum web_door door;
	uint32_t peer_uid;                       /* WEB_LOCAL_SOCKET */
	struct address source;                   /* otherwise */
	struct span client_certificate;          /* DER of a verified one; empty: none */
	uint64_t wall_ns;
};

struct web_answer {
	unsigned status;                         /* 0: not said yet; a handler that leaves it so without web_wait answers 500 */
	struct span type;                        /* of the body; "application/json" where it is empty and there is a body */
	struct buffer body;
	struct span lasting;                     /* instead of a body: bytes that outlive the server */
	struct { struct span name, value; } fields[WEB_FIELDS_MAX];  /* names of literals; values live until the answer is sent: see web_keep */
	size_t field_count;
	bool is_spoilt;                          /* web_field could not: a 500 goes out instead */
};

/* The value of NAME in the query or in a form body, decoded; empty when it is not there. RESULT_MALFORMED: twice, or not decodable to UTF-8
 * without control characters other than line ends and tabs. RESULT_NO_MEMORY. OUT lives as long as the request. */
enum result web_query(struct web_request *request, struct span name, struct span *out) must_check;
/* The value of a cookie; empty when it is not there or is there twice. */
struct span web_cookie(const struct web_request *request, struct span name);
/* It is a browser that goes somewhere, not a program, nor a page that asks. */
static inline bool web_wants_page(const struct web_request *request)
{
	const struct field *accept = fields_find(&request->head->fields, FIELD_ACCEPT);

	return accept && span_contains_nocase(accept->value, SPAN("text/html"));
}
/* A copy that lives until the answer is sent. An empty span with NULL: no memory. */
struct span web_keep(struct web_request *request, struct span text) must_check;
/* Adds a field; VALUE is kept (web_keep), NAME is not. False: no room, no memory, or a control character in it; the answer is then a 500.
 * What the server says itself (framing, connection, date, what keeps a browser safe) is not for handlers; Cache-Control is, outside /api. */
bool web_field(struct web_request *request, struct web_answer *answer, struct span name, struct span value);
/* {"error":{"code":CODE,"text":...}} in the language-neutral words of the API. What was in the body is forgotten, fields stay. */
void web_refuse(struct web_answer *answer, unsigned status, const char *code, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* -- later --
 * The handler keeps REQUEST and ANSWER, fills ANSWER when it knows, and calls web_finish, in any later moment of the same thread, or before it
 * returns. GONE (not NULL) is called instead when the client leaves, the server ends, or WEB_WAIT_MS have passed (the client is then told 503):
 * REQUEST and ANSWER are no more when it returns, and web_finish must not be called. Exactly one of the two happens. A client that shuts
 * down its writing half has left. */
#define WEB_WAIT_MS 120000u
void web_wait(struct web_request *request, void (*gone)(void *context, struct web_request *request), void *context);
void web_finish(struct web_request *request);

/* -- in pieces --
 * The answer's status, type and fields are said; its body comes from MORE, which is called when the client has room and adds a piece to OUT:
 *   RESULT_OK      more will follow (an empty piece is allowed: others have their turn, then it is asked again)
 *   RESULT_END     that was all (OUT may hold the last piece)
 *   RESULT_MORE    there is nothing now, or nothing after this piece: asked again after web_pieces_wake
 *   anything else  the answer is broken off, so that the client does not take what came for the whole
 * GONE (may be NULL) is called once, at the end of it, whatever the end was; not from within web_pieces. Called by a handler or before web_finish. */
#define WEB_PIECE_MAX ((size_t)64 << 10)
struct web_pieces {
	enum result (*more)(void *context, struct buffer *out);
	void (*gone)(void *context);
	void *context;
};
void web_pieces(struct web_request *request, struct web_pieces pieces);
/* There is something again. */
void web_pieces_wake(struct web_request *request);
/* Ends it from outside, at once: the client's connection is closed, and GONE is called in a later round. */
void web_pieces_break(struct web_request *request);

#endif
