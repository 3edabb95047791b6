/* The heads of a request and of a response, as values.
 *
 * Owns     spans point into the reader's input or the request's arena; the heads own nothing
 * Source   RFC 9110
 */
#ifndef BOUCLIER_MESSAGE_HEAD_H
#define BOUCLIER_MESSAGE_HEAD_H

#include "message/field.h"

#define METHOD_LIST(X) \
	X(GET) X(HEAD) X(POST) X(PUT) X(DELETE) X(CONNECT) X(OPTIONS) X(TRACE) X(PATCH) \
	X(PROPFIND) X(PROPPATCH) X(MKCOL) X(COPY) X(MOVE) X(LOCK) X(UNLOCK) X(REPORT) X(SEARCH)

enum method {
	METHOD_OTHER,
#define X(name) METHOD_##name,
	METHOD_LIST(X)
#undef X
	METHOD_COUNT,
};

enum http_version { HTTP_1_0, HTTP_1_1, HTTP_2 };

/* How the end of a body is known. */
enum body_framing {
	BODY_NONE,         /* there is none */
	BODY_LENGTH,       /* Content-Length */
	BODY_CHUNKED,      /* HTTP/1.1 chunked */
	BODY_UNTIL_CLOSE,  /* responses of HTTP/1 only */
	BODY_STREAM,       /* HTTP/2: the transport says where it ends; the length may be announced */
	BODY_TUNNEL,       /* after 101, or 2xx to an extended CONNECT: bytes both ways until both ends close */
};

struct body_size {
	enum body_framing framing;
	bool is_known;     /* `bytes` was announced */
	uint64_t bytes;
};

struct request_head {
	enum method method;
	struct span method_name;
	enum http_version version;
	struct span version_text;  /* of a refused head, where it is none of the above; empty: none was said. NULL everywhere else */
	struct span target;      /* as it came */
	struct span scheme;      /* HTTP/2 and absolute-form; empty otherwise */
	struct span host;        /* without port; from Host, the absolute form or :authority; as it came */
	uint16_t port;           /* 0: not said */
	struct span authority;   /* host and port as they came */
	struct span path;        /* starts with '/'; "*" for OPTIONS *; never empty */
	struct span query;       /* without '?'; has_query tells an empty one from none */
	struct span protocol;    /* HTTP/2 extended CONNECT (RFC 8441); empty otherwise */
	uint16_t pseudo_order;   /* HTTP/2: the pseudo-header fields in their order, a number of 3 bits each, the last one lowest; 0 otherwise */
	bool has_query;
	bool wants_close;        /* HTTP/1: this is the last request of the connection */
	bool expects_continue;
	struct body_size body;
	struct fields fields;    /* everything as it came, hop-by-hop fields included */
};

struct response_head {
	unsigned status;         /* 100..599 */
	struct span reason;
	enum http_version version;
	bool wants_close;
	struct body_size body;
	struct fields fields;
};

enum method method_of(struct span name);
struct span method_name(enum method method);
/* RFC 9110, 9.2.1 and 9.2.2. */
bool method_is_safe(enum method method);
bool method_is_idempotent(enum method method);
/* The standard reason phrase, or an empty span. */
struct span status_reason(unsigned status);

#endif
