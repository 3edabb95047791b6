/* Where answers are kept: in memory, in shards of which each has a lock of its own.
 *
 *     what comes -> window -> probation <-> protected       of each tenant, in each shard
 *                      \_________\______ who was asked for more often lately (sketch.h) stays, of the two that are next to go
 *
 * A flood of addresses that are asked for once goes through the window and takes nothing from what citizens read.
 *
 * Limits   bytes: what the ports give, of which each tenant has a share that is its own; who has no more makes room among its own answers,
 *          EVICTIONS_MAX at a time. Answers: `entries`; where that is as many as OBJECT_BYTES_MIN of the memory, bytes run out first, and
 *          nobody's shares are taken. VARIANTS_MAX of one key, of which the oldest goes
 * Owns     its objects, one hold each
 * Threads  any. A shard's lock is held while one bucket is searched, and by a purge while one shard is
 * Source   Einziger, Eytan, Friedman, Manes: Adaptive Software Cache Management (2018): W-TinyLFU
 */
#ifndef BOUCLIER_CACHE_STORE_H
#define BOUCLIER_CACHE_STORE_H

#include "cache/object.h"

#define VARIANTS_MAX 8u
#define TAGS_BYTES_MAX 1024u

/* Whose memory it is. Called by any thread, under a shard's lock too: they must not call the store. */
struct cache_ports {
	void *context;
	void *(*hold)(void *context, uint64_t party);             /* NULL: no memory */
	void (*drop)(void *context, void *tenant);
	bool (*take)(void *context, void *tenant, uint64_t bytes); /* false: it has its share and what it may be lent */
	void (*give)(void *context, void *tenant, uint64_t bytes);
};

struct cache_limits {
	unsigned shards;        /* a power of two */
	size_t entries;         /* at least `shards` */
};

struct cache_ask {
	struct span key;
	uint64_t hash;          /* cache_store_hash of it */
	const struct fields *fields;  /* the request's */
	bool is_again;          /* the same request has asked before: it is not counted twice */
};

/* NULL: no memory. */
struct cache_store *cache_store_new(const struct cache_limits *limits, const struct cache_ports *ports) must_check;
/* Nobody has anything of it any more. */
void cache_store_free(struct cache_store *store);
uint64_t cache_store_hash(const struct cache_store *store, struct span key);
/* The newest answer that is for such a request, held for the caller; NULL: none. OTHERS: there are answers for other variants. */
struct cache_object *cache_store_find(struct cache_store *store, const struct cache_ask *ask, bool *others) must_check;
/* OBJECT takes the place of the one with its key, vary and variant. PURGES: cache_store_purges of its hash when it was asked for: what somebody
 * has purged or forgotten since is not kept. RESULT_LIMIT, RESULT_REFUSED: it is not kept. */
enum result cache_store_put(struct cache_store *store, struct cache_object *object, uint64_t purges) must_check;
/* The same with one that comes back from disk: it takes nobody's place, for who has it has come later. RESULT_REFUSED. */
enum result cache_store_return(struct cache_store *store, struct cache_object *object) must_check;
/* Memory has an answer of just this variant. */
bool cache_store_has(struct cache_store *store, struct span key, struct span vary, struct span variant);
/* It differs from what it was before, and after, each purge. */
uint64_t cache_store_purges(const struct cache_store *store, uint64_t hash);
/* How often what has HASH was asked for lately, about: at most 15. */
unsigned cache_store_asked(struct cache_store *store, uint64_t hash);
/* Every variant of KEY goes: somebody has changed what it is about (RFC 9111, 4.4). */
void cache_store_forget(struct cache_store *store, struct span key);

enum purge_kind { PURGE_ADDRESS, PURGE_PREFIX, PURGE_TAG };
struct cache_purge {
	uint64_t site;
	enum purge_kind kind;
	struct span text;       /* "/path?query" or "https://host/path?query"; its beginning; a tag */
};
/* An answer kept under KEY is one of the address, or the prefix, of PURGE; by a tag none is. */
bool cache_purge_names(const struct cache_purge *purge, struct span key);
/* How many answers went. */
size_t cache_store_purge(struct cache_store *store, const struct cache_purge *purge);

/* What tenants have who are served no more: IS_SERVED says no. */
void cache_store_leave(struct cache_store *store, bool (*is_served)(const void *context, uint64_t party), const void *context);

struct cache_count { size_t objects; uint64_t bytes; };
/* What the store has now; bytes without what is only being delivered. */
struct cache_count cache_store_count(struct cache_store *store);

/* object.c's: what the ports do, and room is made first among what PARTY has. */
void *cache_store_hold_tenant(struct cache_store *store, uint64_t party);
void cache_store_drop_tenant(struct cache_store *store, void *tenant);
bool cache_store_take(struct cache_store *store, void *tenant, uint64_t party, uint64_t bytes) must_check;
void cache_store_give(struct cache_store *store, void *tenant, uint64_t bytes);

#endif
