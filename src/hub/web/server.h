/* hub/web: the HTTP server of the hub. Its readers are those of the edge (http/), its TLS too (net/): what is refused there as ambiguous is here.
 *
 *     accept -> [TLS] -> head -> route -> admit -> body -> handler -> answer -> next head ...
 *
 * HTTP/1.1 (and 1.0), kept alive; pipelined requests are answered one after another. HEAD is answered for every GET, OPTIONS and 405 with Allow.
 * No websockets, no ranges, no trailers to handlers, nothing for other origins (no CORS).
 *
 * Limits   connections WEB_CONNECTIONS_MAX, of one source (an IPv6 /64) WEB_SOURCE_MAX, of this machine (loopback) half of all; the unix socket has
 *          WEB_LOCAL_MAX of its own, so that no crowd outside keeps an administrator out. Where it is full the connection that has been
 *          idle longest goes, then the one that has been saying its head longest; when all are being served the new one is closed.
 *          Heads WEB_HEAD_BYTES (431, 414 for a target beyond WEB_TARGET_BYTES), WEB_HEAD_FIELDS; bodies WEB_BODY_MAX (413), all that are held
 *          WEB_BODIES_TOTAL, of them WEB_BODIES_SOURCE from one source over TLS (503); answers in memory WEB_ANSWER_MAX
 *          each, WEB_ANSWERS_TOTAL in all (503). Clocks: struct web_clocks.
 *          Memory of a connection: idle, about 1 KiB, 15 KiB with TLS; at work half a MiB at most (heads, WEB_ARENA_MAX, two pieces of
 *          WEB_PIECE_MAX), beside its body and its answer, which the totals bound for all.
 * Errors   what is not HTTP gets the status of http/fault.h and {"error":{"code": its name}}, then the connection is closed
 * Owns     the listening descriptors, from web_server_new on; ROUTES and ASSETS stay the caller's and outlive it
 * Threads  the loop's
 * Source   RFC 9110, 9112
 */
#ifndef BOUCLIER_HUB_WEB_SERVER_H
#define BOUCLIER_HUB_WEB_SERVER_H

#include "base/complaint.h"
#include "base/loop.h"
#include "hub/web/route.h"

#define WEB_LISTENERS_MAX 8u
#define WEB_CONNECTIONS_MAX 256u
#define WEB_SOURCE_MAX 32u
#define WEB_LOCAL_MAX 64u
#define WEB_HEAD_BYTES ((size_t)16 << 10)
#define WEB_TARGET_BYTES ((size_t)8 << 10)
#define WEB_HEAD_FIELDS 64u
#define WEB_BODIES_TOTAL ((size_t)64 << 20)
#define WEB_BODIES_SOURCE ((size_t)8 << 20)
#define WEB_ANSWERS_TOTAL ((size_t)256 << 20)

struct web_assets;
struct web_server;

struct web_listener {
	int fd;              /* listening already */
	enum web_door door;
};

/* PEM in memory. */
struct web_tls {
	struct span chain, key;      /* KEY empty: it is in CHAIN too */
	struct span path;            /* what complaints call it */
	struct span client_ca;       /* not empty: clients are asked for a certificate. None is fine; one that these did not sign ends the handshake */
	struct span client_crl;      /* with client_ca only */
};

/* 0: the default that is named. */
struct web_clocks {
	uint32_t handshake_ms;       /* 10 s: TLS, from the first byte to the last */
	uint32_t head_ms;            /* 10 s: a head, from its first byte to its last */
	uint32_t body_ms;            /* 60 s: the whole body */
	uint32_t idle_ms;            /* 75 s between requests */
	uint32_t send_ms;            /* 30 s without the client taking a byte of an answer */
	uint32_t wait_ms;            /* WEB_WAIT_MS */
};

struct web_birth {
	struct web_listener listeners[WEB_LISTENERS_MAX];
	size_t listener_count;
	const struct web_tls *tls;   /* for WEB_TLS; NULL: there is no such listener */
	struct span name;            /* the host name that browsers may call it by, beside localhost and loopback addresses */
	const struct web_routes *routes;
	const struct web_assets *assets;  /* what answers GET outside /api where no route does; NULL: 404 */
	struct web_clocks clocks;
	unsigned connections_max, source_max;  /* 0: as above; never more */
};

/* RESULT_MALFORMED, RESULT_REFUSED: a certificate, which COMPLAINTS (may be NULL) tell; RESULT_IO: a descriptor does not listen; RESULT_NO_MEMORY.
 * The descriptors are closed then too. A pattern that is none is our bug: an assert. */
enum result web_server_new(struct loop *loop, const struct web_birth *birth, struct complaints *complaints, struct web_server **out) must_check;
/* Every connection is closed, and whoever waits for one is told (GONE). Outside of handlers. */
void web_server_free(struct web_server *server);

/* Another certificate for those who come from now on. As web_server_new; on failure the old one stays (availability). */
enum result web_server_renew(struct web_server *server, const struct web_tls *tls, struct complaints *complaints) must_check;

struct web_counts {
	unsigned connections;        /* now */
	uint64_t accepted, refused;  /* connections; REFUSED for lack of room */
	uint64_t requests;
	uint64_t faults;             /* that were no HTTP, or not for us */
	size_t body_bytes, answer_bytes;  /* held now */
};
/* For tests and the fuzzer, which see by it that all was given back. */
struct web_counts web_server_counts(const struct web_server *server);

#endif
