/* One origin, as all workers see it. What is counted here is counted with atomics; addresses change under a lock that is
 * taken only to open a new connection.
 *
 * Owns     its endpoints and TLS client settings; counted by pools and connections
 * Threads  any
 */
#ifndef BOUCLIER_ORIGIN_ORIGIN_H
#define BOUCLIER_ORIGIN_ORIGIN_H

#include <pthread.h>

#include "base/list.h"
#include "origin/gate.h"
#include "origin/settings.h"

#define ORIGIN_ENDPOINTS_MAX 8
#define ORIGIN_IDENTITY_MAX 1024
#define ORIGIN_SAYS_MAX 96

struct tls_client;
struct check;
struct kept_origins;

/* What a request taught about an origin. */
enum origin_outcome {
	ORIGIN_ANSWERED,     /* any whole response head below 500, or 501 and 505 */
	ORIGIN_ERROR,        /* 500, 502, 503, 504 */
	ORIGIN_UNREACHABLE,  /* no connection, or it broke before a head */
	ORIGIN_TIMED_OUT,
};

struct origin {
	struct list node, bucket;         /* in struct origins */
	unsigned holders, slot;           /* slot: small number for per-worker tables */
	struct span identity;             /* everything a connection depends on, as text, files by digest, and what it is checked by */
	uint64_t key;                     /* of the first part: for hashing and sticky cookies, the same after a restart */
	struct span text;                 /* "http://10.0.0.11:8080" */
	struct span host;                 /* of the URL: a name or an address */
	uint16_t port;
	bool is_name;                     /* endpoints come from DNS */
	struct tls_client *tls;           /* NULL: plain */
	int proxy_protocol;

	pthread_mutex_t lock;             /* endpoints */
	struct endpoint endpoints[ORIGIN_ENDPOINTS_MAX];
	unsigned endpoint_count, endpoint_next;
	unsigned endpoints_version;       /* atomic: another list than before */
	uint64_t resolved_ms;

	unsigned at_work;                 /* requests, all workers */
	unsigned failures, successes;     /* of requests, in a row */
	unsigned check_failures, check_successes;  /* of checks; these and what follows: the thread of the checks alone */
	struct check *check;              /* of health.h; NULL: none */
	bool is_checked, is_told_down;    /* a check has ended; what the sink of health.h was told last */
	char check_says[ORIGIN_SAYS_MAX]; /* what the last check found: "answered 503" */
	bool is_down, has_checks;
	uint64_t down_until_ms;           /* passive: when it may be tried again */
	uint64_t up_since_ms;
	unsigned rise, fall;
	uint64_t requests, errors;        /* for status and metrics */
	uint64_t pressed_ms;              /* atomic, as the next: when somebody last had to wait for a place, or was refused; 0: never */
	uint64_t press_began_ms;          /* and the first time, after ORIGIN_CALM_MS in which nobody had to */
	struct gate gate;
};

#define ORIGIN_CALM_MS 10000u   /* so long after somebody last had to wait, an origin is calm again */

/* Every origin of the process. */
#define ORIGINS_BUCKETS 1024

struct origins {
	pthread_mutex_t lock;
	struct list all;
	struct list buckets[ORIGINS_BUCKETS];  /* by hash of the identity */
	unsigned *free_slots;             /* a stack of slots given back */
	unsigned free_count;
	unsigned slots;                   /* highest slot ever given + 1 */
	struct kept_origins *kept;        /* what was learned of them, in memory that outlives this process (kept.h); NULL: there is none */
};

void origins_init(struct origins *origins);
void origins_done(struct origins *origins);

/* The origin of these settings and of the files that TLS was made from: an existing one with the same identity, held once more,
 * or a new one. TLS is handed over
 * for a new origin, and freed for an old one or on failure. NULL when out of memory. */
struct origin *origins_hold(struct origins *origins, const struct origin_settings *settings,
                            const struct origin_health_settings *health, struct tls_client *tls) must_check;
void origin_hold(struct origin *origin);
/* Calls EACH for every origin, which may not hold or drop any. */
void origins_each(struct origins *origins, void (*each)(void *context, struct origin *origin), void *context);
/* Now and then: what origins need under pressure is given back by those that have had none for a while. */
void origins_rest(struct origins *origins, uint64_t now_ms);
void origins_drop(struct origins *origins, struct origin *origin);

/* The text that tells two origins apart, as far as settings do. Those that are checked differently (HEALTH, may be NULL) are two: what one site's
 * check says of its own application must not take another's away. */
enum result origin_identity_write(const struct origin_settings *settings, const struct origin_health_settings *health,
                                  struct buffer *out) must_check;

/* RESULT_NOT_FOUND when the name has never been resolved. Endpoints take turns. */
/* Whether its name still leads to ENDPOINT. */
bool origin_has_endpoint(struct origin *origin, const struct endpoint *endpoint);
enum result origin_next_endpoint(struct origin *origin, struct endpoint *out) must_check;
/* What DNS says now. An empty list changes nothing: the old addresses are better than none (fails open). */
void origin_set_endpoints(struct origin *origin, const struct endpoint *list, unsigned count, uint64_t now_ms);

/* Somebody has to wait for a place now, or is refused. */
void origin_press(struct origin *origin, uint64_t now_ms);

static inline uint64_t origin_pressed_ms(const struct origin *origin)
{
	return __atomic_load_n(&origin->pressed_ms, __ATOMIC_ACQUIRE);
}

/* Of the pressure that is, or was the last. 0: there was none. */
static inline uint64_t origin_press_began_ms(const struct origin *origin)
{
	return __atomic_load_n(&origin->press_began_ms, __ATOMIC_RELAXED);
}

/* Learning from requests. With active checks, failures in a row take it out and only checks bring it back (and what requests
 * say cannot outvote failing checks: the two are counted apart); without, it is
 * tried again after a pause that doubles from 1 s to 30 s. Returns true when is_down changed. */
bool origin_learn(struct origin *origin, enum origin_outcome outcome, uint64_t now_ms);
/* Learning from a check. The first one decides alone: nobody waits for `fall` of them behind an origin that was dead
 * before we came. */
bool origin_learn_check(struct origin *origin, bool is_well, uint64_t now_ms);
bool origin_is_available(const struct origin *origin, uint64_t now_ms);

#endif
