/* What the edge says of each request, once, when it is over: plain values, no words of any log format. event/ translates.
 *
 * Units    microseconds where the name says so; bytes as counted on the wire after TLS
 * Owns     spans live until the sink returns
 */
#ifndef BOUCLIER_EDGE_FACT_H
#define BOUCLIER_EDGE_FACT_H

#include "base/address.h"
#include "edge/caching/caching.h"
#include "http/fault.h"
#include "message/head.h"
#include "waf/waf.h"

enum decision { DECISION_ALLOW, DECISION_LOG, DECISION_CHALLENGE, DECISION_QUEUE, DECISION_LIMIT, DECISION_BLOCK, DECISION_DROP, DECISION_COUNT };

/* Why a request was not simply forwarded and delivered. X(ID, "name") */
#define REASON_LIST(X) \
	X(NONE, "none") \
	X(FAULT, "http-fault")                    /* fact.fault says which */ \
	X(NO_SITE, "unknown-host") \
	X(MISDIRECTED, "misdirected")             /* Host of another site than the SNI's */ \
	X(ALLOW_FROM, "source-not-allowed") \
	X(METHOD, "method-not-allowed") \
	X(REDIRECT, "redirect") \
	X(MAINTENANCE, "maintenance") \
	X(LOOP, "loop") \
	X(BODY_LIMIT, "body-limit") \
	X(NO_ORIGIN, "no-origin")                 /* none healthy, or none with room */ \
	X(QUEUE_FULL, "queue-full")               /* would have waited too long for a place at its origin, or had to leave the queue to others */ \
	X(QUEUE_LATE, "queue-late")               /* waited for one as long as it is given */ \
	X(ORIGIN_CONNECT, "origin-connect") \
	X(ORIGIN_TIMEOUT, "origin-timeout") \
	X(ORIGIN_BROKEN, "origin-broken")         /* closed or malformed before a whole response */ \
	X(CLIENT_GONE, "client-gone") \
	X(CLIENT_SLOW, "client-slow") \
	X(CLIENT_RESET, "client-reset") \
	X(NO_MEMORY, "no-memory") \
	X(SHUTDOWN, "shutdown") \
	X(ACME, "acme-challenge") \
	X(PROBE, "probe") \
	X(BANNED, "banned")                       /* the source, or a network that it is in */ \
	X(DENYLIST, "denylist") \
	X(RATE_LIMIT, "rate-limit")               /* of rate_limits */ \
	X(BUDGET, "budget")                       /* the source took more than source_budgets */ \
	X(QUARANTINE, "quarantine")               /* this request killed an edge before */ \
	X(CONNECTIONS, "connection-limit") \
	X(HANDSHAKE, "tls-handshake") \
	X(RULES, "rules")                         /* fact.waf says which; with `log`: what they would have refused */ \
	X(RULES_LIMIT, "rules-limit")             /* an expression or the time met its limit: not judged, so refused */ \
	X(SCANNER, "scanner")                    /* the virus scanner did not say: not judged, so refused */ \
	X(CODING, "content-coding")               /* of a body that cannot be decoded for the rules */ \
	X(HOLD, "hold")                           /* no room, on disk or in memory, for a body that waits for its verdict */ \
	X(CHALLENGED, "challenged")               /* a stranger was asked to prove himself, or to come back */ \
	X(WAITING, "waiting")                     /* the same, without work: to wait */ \
	X(ADMITTED, "admitted")                   /* his answer came */ \
	X(PASSTHROUGH, "passthrough")             /* not inspected: TLS goes on to the origin unopened */

/* Of a request that guard/ refused: rules saw it, when the answer had gone. */
enum seen_after { SEEN_NOT, SEEN_CLEAN, SEEN_ATTACK /* they would have refused it */ };

enum reason {
#define X(id, name) REASON_##id,
	REASON_LIST(X)
#undef X
	REASON_COUNT,
};

const char *decision_name(enum decision decision);
const char *reason_name(enum reason reason);

struct request_fact {
	uint64_t wall_ns;                 /* when the head was complete */
	uint64_t request_id[2];           /* 128 bits, printed as 32 hexadecimal digits */
	uint32_t worker;
	uint32_t site;                    /* index of the site in the snapshot; UINT32_MAX: none */
	uint32_t tenant;                  /* the number that its tenant has now; UINT32_MAX: none */
	struct span site_name, tenant_name;
	enum decision decision;
	enum reason reason;
	enum http_fault fault;
	enum decision would;              /* what guard/ would have done, where it only observes; DECISION_ALLOW: nothing */
	enum reason would_reason;
	struct address source, peer;      /* the client behind trusted_proxies; the socket's other end */
	uint16_t source_port;
	const struct request_head *head;  /* may hold only what could be represented */
	bool is_tls;
	struct span tls_version, sni, ja4;
	unsigned status;                  /* what the client was sent; 0: nothing */
	unsigned origin_status;           /* 0: no origin answered */
	struct span origin;               /* "http://10.0.0.11:8080"; empty: none */
	uint64_t request_bytes, response_bytes;      /* bodies */
	uint64_t wait_us, connect_us, first_byte_us, total_us;  /* before an origin connection; of it; to its first byte; all */
	uint32_t retries;
	bool is_reused;                   /* the origin connection had been kept */
	bool is_bypassed;
	enum caching_state caching;
	uint32_t kind;                    /* of the client (source/kind.h), which put it a lane further down; 0: it did not */
	struct span partner;              /* whose token it shows; empty: nobody's */
	struct span bot, impostor_of;     /* the good bot that it says to be, which DNS proves, or refutes; empty: neither */
	enum seen_after seen_after;       /* then WAF decided nothing */
	struct waf_transaction *waf;      /* NULL: no rules were asked. Not const: its audit log is made of it */
};

/* A connection that ended before it became a request: budgets, handshakes, abuse. */
struct connection_fact {
	uint64_t wall_ns;
	uint32_t worker;
	enum decision decision;
	enum reason reason;
	enum http_fault fault;
	struct address peer;
	struct span site_name, sni, ja4, detail;
};

/* Given to the edge at birth; called on the worker's own thread; must not block and must not fail. */
struct fact_sink {
	void *context;
	void (*request)(void *context, const struct request_fact *fact);
	void (*connection)(void *context, const struct connection_fact *fact);
};

#endif
