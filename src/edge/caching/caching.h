/* What is kept of answers (cache/), in a request's life: the steps look_up and store, and what delivering asks.
 *
 *     look_up   a page that is here is delivered; equal requests wait for the first of them; what is old is asked for with its validators
 *     store     may the answer be kept? Then its body is copied as it passes. A 304 makes what is here new; an error has it given as it is
 *
 * A body that is kept goes into memory as fast as the origin sends it, and to the client from there: a slow client holds neither the origin
 * nor those that wait.
 *
 * When the origin is gone, its last good pages are on disk: continuity.h. What memory may forget is on another: disk.h.
 *
 * Availability, fails open: what cannot be kept, for want of memory or because it is too long, is delivered all the same.
 * Security, fails closed: nothing is kept that rules would have refused, that was added to, or that they were to see and did not: what came while
 * they were bypassed, or was kept before there were any, is given to nobody who comes when there are.
 */
#ifndef BOUCLIER_EDGE_CACHING_H
#define BOUCLIER_EDGE_CACHING_H

#include "cache/continuity/copies.h"
#include "cache/flight.h"
#include "cache/store.h"
#include "edge/caching/continuity.h"
#include "edge/caching/disk.h"
#include "edge/caching/learning.h"
#include "edge/sites/tenants.h"

struct plan;
struct request;
struct worker;

/* How long one request waits for another, in all. */
#define CACHING_WAIT_MS FLIGHT_LEAD_MS
/* An origin that has failed is not asked for that page again for so long, where what is kept may be given instead: one visitor waits for the
 * next failure, not each. */
#define CACHING_ILL_MS 2000u

/* X(ID, "name"): the words of the journal. */
#define CACHING_STATE_LIST(X) \
	X(NONE, "none")                 /* not looked up */ \
	X(HIT, "hit") \
	X(COLLAPSED, "collapsed")       /* an equal request had it fetched meanwhile */ \
	X(STALE, "stale")               /* while another brings it up to date */ \
	X(IF_ERROR, "stale-if-error") \
	X(REVALIDATED, "revalidated")   /* the origin says that it is good still */ \
	X(MISS, "miss")                 /* forwarded */ \
	X(STORED, "stored")             /* the same, and kept, if all of it comes */ \
	X(UNAVAILABLE, "only-if-cached") \
	X(CONTINUITY, "continuity")     /* a copy from the disk, for there is no origin to ask */

enum caching_state {
#define X(id, name) CACHING_##id,
	CACHING_STATE_LIST(X)
#undef X
};

const char *caching_state_name(enum caching_state state);

/* What all workers of this process share; NULL where nothing is kept. */
struct edge_cache {
	struct cache_store *store;
	struct cache_flights *flights;
	struct cache_learner *learner;
	struct edge_tenants *tenants;
	struct copies *copies;        /* NULL: none are kept. Whose it is: the opener's, who sets it before anybody serves */
	struct copies *disk;          /* atomic; NULL: there is none. The opener's, who may set it once while others serve */
};

/* BYTES: how much there may be in all, which decides how many answers. TENANTS must outlive it, and knows SHARED_CACHE. NULL: no memory. */
struct edge_cache *edge_cache_new(struct edge_tenants *tenants, uint64_t bytes) must_check;
void edge_cache_free(struct edge_cache *cache);
/* PLAN serves from now on: tenants that it does not have leave. */
void edge_cache_apply(struct edge_cache *cache, const struct plan *plan);

enum filling { FILL_NONE, FILL_PASSING, FILL_WHOLE, FILL_GIVEN_UP };

struct caching {
	enum caching_state state;
	enum cookie_kind cookies;
	struct span key;              /* in the request's arena; empty: there is none */
	uint64_t hash, purges;
	struct cache_flight flight;
	struct list waiting;          /* of the worker's requests that wait for a flight */
	bool leads, waits, is_told_to_pass, has_other_variants, is_revalidating;
	bool has_looked;              /* it is counted as asked for */
	bool is_from_disk;            /* that of the cache has brought it */
	struct cache_object *stale;   /* kept, too old: held */
	struct cache_object *shown;   /* what the client gets: held */
	struct cache_body *body;      /* of `shown`, or being filled (then held) */
	uint64_t at, end;             /* what the client has of it, and is to have */
	enum filling filling;
	uint64_t expected;            /* bytes in all; 0: not known */
	bool is_copying;              /* of `filling`: for a continuity copy alone */
	struct cache_draft draft;
	struct learning learning;
	struct recall recall;
};

void caching_init(struct request *request);
/* Everything is let go; who waits for it looks for himself. */
void caching_end(struct request *request, struct worker *worker);
void caching_worker_init(struct worker *worker);
/* The answer is OBJECT, whose hold becomes the request's; its next step is set: DELIVER. */
void caching_show(struct request *request, struct cache_object *object, enum caching_state state);
/* May OBJECT, which is too old, be given because the origin is ill? */
bool caching_may_show_stale(const struct request *request, const struct cache_object *object);
/* The origin failed before it answered, or with an error: what is kept is given instead, if it may be. */
bool caching_shows_stale(struct request *request);
/* Rules say nothing against what is kept of the request's answer; with the last byte of its body, not of its body either. */
bool caching_is_judged_good(const struct request *request);
/* The origin's answer is not what the client gets: it is over, and read to its end if it has none. */
void caching_leave_origin(struct request *request);
/* The flight is over, if the request leads one. FLIGHT_KEPT: also by who was told that nobody waits for that address. */
void caching_land(struct request *request, enum flight_end how);

/* -- delivering: keep.c -- */

/* The body comes from memory, or through it. */
static inline bool caching_has_body(const struct caching *caching)
{
	return caching->body != NULL;
}
/* It is on its way into memory. */
static inline bool caching_fills(const struct caching *caching)
{
	return caching->filling == FILL_PASSING;
}
/* Takes from the origin what has come of a body that is kept. */
void caching_pull(struct request *request);
enum result caching_peek(struct request *request, struct span *piece) must_check;
void caching_take(struct request *request, size_t count);
/* It passes without being kept from here on. */
void caching_give_up(struct request *request);
/* The value of Cache-Status (RFC 9211), in the arena; empty: nothing to say. */
struct span caching_status(struct request *request);

#endif
