/* One worker thread: its loop, its accept queues, its connections, its kept origin connections. What workers share is
 * immutable (the snapshot) or atomic (struct edge_common, where tenants' shares and origins have locks of their own).
 *
 * Threads  a worker's own, except worker_post_*
 */
#ifndef BOUCLIER_EDGE_WORKER_H
#define BOUCLIER_EDGE_WORKER_H

#include "base/clock.h"
#include "base/loop.h"
#include "edge/fact.h"
#include "edge/caller/known.h"
#include "edge/client/accepting.h"
#include "edge/sites/alive.h"
#include "edge/sites/maintenance.h"
#include "edge/rules/outside.h"
#include "edge/sites/plan.h"
#include "edge/probe_log.h"
#include "edge/quarantine.h"
#include "edge/queue/queue.h"
#include "edge/sites/tenants.h"
#include "guard/admitted.h"
#include "guard/ban.h"
#include "guard/ban_networks.h"
#include "guard/rate_table.h"
#include "guard/references.h"
#include "guard/share.h"
#include "guard/challenge.h"
#include "origin/connection.h"
#include "source/table.h"

/* What a worker holds of one snapshot: counted without atomics, so that each request can hold it for free. */
struct binding {
	struct snapshot *snapshot;
	const struct plan *plan;
	unsigned users;          /* connections and requests of this worker, its abandoned places, and the worker itself while it is current */
};

/* What all workers of this process share. */
struct edge_common {
	struct origins origins;
	struct edge_cache *cache;  /* NULL: nothing is kept */
	char node[17];           /* 16 hexadecimal digits: in Via and CDN-Loop, so that loops are seen */
	bool is_reduced;
	struct quarantine quarantine;
	unsigned connections;    /* open now, all workers */
	unsigned strangers;      /* of them, those who have not said yet for which site */
	unsigned handshakes;     /* TLS, under way now */
	struct edge_tenants tenants;
	uint64_t accepted, refused;
	/* Probes of our own: a request with this key ends before an origin. The key is whole when the time is not 0. */
	uint64_t probe_key[2], probe_until_ms;
	struct probe_log probes;
	struct alive alive;      /* what the hub says of its alerts */
	/* Bypasses: their number, so that the question is asked only when there is one. */
	unsigned bypasses;
	const struct collection_port *collections;  /* what rules keep between requests; NULL: nothing */
	/* Who asks, in memory that outlives this process. Set before workers start; NULL: there is no such memory. */
	struct source_table sources;  /* its header may be NULL */
	struct rate_table *rates;
	struct ban_sink ban_sink;     /* told of bans and lifts by whichever thread makes them; nobody where it is zero */
	struct ban_networks *ban_networks;
	struct references *references;   /* of refusals; NULL: none is remembered */
	const struct admitted *admitted; /* whom a person let in; NULL: nobody can be */
	struct challenge_memory *challenge;  /* keys of tokens, and what is remembered of them; NULL: nobody is challenged */
	struct blocklist *blocklist;  /* NULL: no blocklist is asked */
	struct bot_names *bot_names;  /* NULL: nobody is taken for a good bot */
	const struct maintenances *maintenances;  /* sites that a person closed, in memory that outlives this process; NULL: none can be */
	bool (*is_bypassed)(struct edge_common *common, uint64_t site_key, uint64_t wall_ms);
};

#define PROBE_HEADER "bouclier-probe"  /* probe.c: 32 hexadecimal digits; a space and 16 more for a whole connection */

/* Pages of our own that were made before, but for the request's id. */
#define WORKER_PAGES 16u
struct page_kept {
	char *text;
	size_t len, id_at;
	unsigned status, language, kind, wait;
	uint64_t notice;          /* a hash of what the administrator says */
	const struct edge_settings *settings;
};
struct worker_pages {
	uint64_t generation;      /* of the snapshot they were made for: its memory may be another's by now */
	struct page_kept list[WORKER_PAGES];
	unsigned next;
};
void worker_pages_reset(struct worker_pages *pages);

/* Counted by the worker alone, read by views at any time. */
struct worker_gauges {
	uint64_t connections, tls_connections, h2_connections, requests_at_work, origin_connections, origin_idle;
};

struct worker {
	struct loop loop;
	pthread_t thread;
	unsigned index;
	struct edge_common *common;
	struct fact_sink sink;
	struct binding *binding;             /* current */
	struct origin_worker origins;
	struct list connections;             /* open */
	struct shares shares;                /* of shares.c: what sites have of it */
	struct job shares_job;
	uint64_t (*turns_clock)(void);       /* CLOCK_MONOTONIC */
	struct list listeners;               /* struct worker_listener */
	struct accepting accepting;          /* of all of them */
	struct request *spare;               /* the next request, already allocated: heads are read into it */
	struct list free_requests;
	unsigned free_request_count;
	struct worker_gauges gauges;
	struct hash_seed id_seeds[2];        /* of request ids */
	uint64_t id_count;
	struct worker_pages pages;
	uint64_t seen_after;                 /* inspect_after.h: of this second */
	struct operator_scratch *scratch;    /* of the rules, as the next; NULL until some are asked */
	struct waf_spares *spares;
	struct turns turns;
	struct clamd_queue scans;            /* of outside.c, as the next */
	struct list lists_waiting, lists_mark;  /* struct request, outside.node; and a place among them */
	struct job lists_job;
	struct timer lists_timer;            /* the first of them has waited long enough */
	bool is_lists_posted;                /* by any thread */
	struct known known;                  /* of known.c */
	struct list flights_waiting;         /* struct request, caching.waiting: for an equal one */
	struct job flights_job;
	bool is_flights_posted;              /* by any thread */
	struct list copies_waiting;          /* struct request, caching.recall.waiting: for the disk */
	struct job copies_job;
	bool is_copies_posted;               /* by the copies' thread */
	uint64_t date_second;
	char date[CLOCK_HTTP_LEN + 1];
	uint64_t reached;                    /* the last generation it has taken, listeners and all: read by other threads */
	bool is_draining;
	void (*drained)(struct worker *worker);
	struct request *at_work;             /* being advanced right now: what a crash is blamed on */
};

struct worker_needs {
	struct edge_common *common;
	unsigned index;
	struct fact_sink sink;
	struct snapshot *snapshot;           /* held once more */
};

struct worker *worker_new(const struct worker_needs *needs) must_check;
/* Starts the thread. */
enum result worker_start(struct worker *worker) must_check;
/* Takes the current snapshot from now on: posted, done in the worker's thread. HELD once for this call. */
enum result worker_post_snapshot(struct worker *worker, struct snapshot *snapshot) must_check;
/* Listens on FD, which becomes the worker's. */
enum result worker_post_listener(struct worker *worker, int fd, uint64_t id, const struct endpoint *endpoint) must_check;
/* Stops listening on every id that is not in KEPT, and closes those descriptors. KEPT is copied. */
enum result worker_post_listeners_kept(struct worker *worker, const uint64_t *kept, size_t count) must_check;
/* Behind all that was posted for GENERATION: worker_has_reached says when the worker has done it. */
enum result worker_post_generation(struct worker *worker, uint64_t generation) must_check;
bool worker_has_reached(const struct worker *worker, uint64_t generation);
/* No new connections; idle ones close, others after their request; then the loop ends. */
enum result worker_post_drain(struct worker *worker) must_check;
/* Waits for the thread. */
void worker_join(struct worker *worker);
/* Frees everything; when the threads of all workers that share `common` have ended: one wakes requests of another. */
void worker_free(struct worker *worker);

void binding_hold(struct binding *binding);
void binding_drop(struct binding *binding);

enum source_ban {
	SOURCE_FREE,
	SOURCE_DOUBTED,              /* banned by the machine, and the site that it comes for may be one that observes: or it would be owed a page */
	SOURCE_DOUBTED_CUT,          /* ... or it would be cut */
	SOURCE_OWED_A_PAGE,          /* banned, and citizens may share it */
	SOURCE_CUT,                  /* banned: cut before it says a word */
};
/* screen_source.c: what a connection of SOURCE meets. */
enum source_ban source_ban_of(const struct worker *worker, const struct address *source);
/* screen_source.c: a connection has come from PEER, to speak TLS or not, and its source has budget left for it. Availability, fails open: without a
 * table everybody has. */
bool source_may_connect(const struct worker *worker, const struct address *peer, bool is_tls);
/* The allowlist of the site with SITE_KEY names PEER. */
bool source_is_partner(const struct worker *worker, uint64_t site_key, const struct address *peer);
/* PEER was refused for its site's sake. */
void source_is_turned_away(const struct worker *worker, const struct address *peer);
/* A TLS handshake of PEER begins. */
void source_shakes_hands(const struct worker *worker, const struct address *peer);

/* "Sun, 06 Nov 1994 08:49:37 GMT", made once a second. */
struct span worker_date(struct worker *worker);
/* Of a request: 128 bits of a keyed hash. Who knows some knows no other: a citizen is let in by it (guard/references.h). */
void worker_next_id(struct worker *worker, uint64_t out[2]);

#endif
