/* One request to the hub, as a handler of it sees it, and its answer. The server (server.h) reads the one and sends the other.
 *
 * A handler never blocks: it fills the answer before it returns, or keeps the exchange (web_wait) and answers later in the same thread, or makes
 * it a stream of events (stream.h).
 *
 * Owns     spans of a request live until it is answered; an answer owns its body
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_WEB_REQUEST_H
#define BOUCLIER_HUB_WEB_REQUEST_H

#include "base/address.h"
#include "base/buffer.h"
#include "message/head.h"

#define WEB_BODY_MAX ((size_t)1 << 20)       /* of a request */
#define WEB_ANSWER_MAX ((size_t)64 << 20)
#define WEB_FIELDS_MAX 16u                   /* of an answer, beside the server's own */
#define WEB_PARTS_MAX 4u                     /* of a path's pattern: {id} */

/* By which door somebody came. */
enum web_door {
	WEB_LOCAL_SOCKET,    /* the hub's own unix socket: its mode and the peer's uid said who may */
	WEB_LOOPBACK,        /* plain HTTP on a loopback address */
	WEB_TLS,
};

struct web_exchange;

struct web_request {
	struct web_exchange *exchange;
	const struct request_head *head;
	struct span path;                        /* percent-decoded, without dot segments */
	struct span parts[WEB_PARTS_MAX];        /* what {…} of the pattern stands for, decoded */
	struct span body;                        /* whole */
	enum web_door door;
	uint32_t peer_uid;                       /* WEB_LOCAL_SOCKET */
	struct address source;                   /* otherwise */
	struct span client_certificate;          /* DER of a verified one; empty: none */
	uint64_t wall_ns;
};

struct web_answer {
	unsigned status;                         /* 0: not said yet */
	struct span type;                        /* of the body */
	struct buffer body;
	struct { struct span name, value; } fields[WEB_FIELDS_MAX];  /* values live until the answer is sent: see web_keep */
	size_t field_count;
};

/* The value of NAME in the query or in a form body, decoded; empty when it is not there. RESULT_MALFORMED: twice, or not decodable.
 * OUT lives as long as the request. */
enum result web_query(struct web_request *request, struct span name, struct span *out) must_check;
/* The value of a cookie; empty when it is not there or is there twice. */
struct span web_cookie(const struct web_request *request, struct span name);
/* A copy that lives until the answer is sent. An empty span with NULL: no memory. */
struct span web_keep(struct web_request *request, struct span text);
/* Adds a field; VALUE is kept (web_keep). False: no room, no memory, or a control character in it; the answer is then a 500. */
bool web_field(struct web_request *request, struct web_answer *answer, struct span name, struct span value);
/* {"error":{"code":CODE,"text":...}} in the language-neutral words of the API. */
void web_refuse(struct web_answer *answer, unsigned status, const char *code, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
