/* One shard of the store, whose lock the caller has: tables, turns, and who goes.
 *
 * Owns     parts, one for each tenant that has had answers here; they stay (64 bytes each)
 */
#ifndef BOUCLIER_CACHE_SHARD_H
#define BOUCLIER_CACHE_SHARD_H

#include <pthread.h>

#include "cache/sketch.h"
#include "cache/store.h"

/* What one tenant has in one shard. */
struct cache_part {
	struct list node;
	uint64_t party;
	struct list segments[SEGMENT_COUNT];  /* the last asked for first */
	uint64_t bytes[SEGMENT_COUNT];
	bool is_pressed;                      /* there was no room once: who leaves the window has to earn his place */
};

/* Counters of what was forgotten: whoever has one address forgotten again and again keeps few others from being kept. */
#define SHARD_FORGOTTEN 64u

struct cache_shard {
	pthread_mutex_t lock;
	struct list *buckets;
	size_t mask, count, max;
	struct cache_sketch sketch;
	struct list parts;
	uint64_t forgotten[SHARD_FORGOTTEN];  /* atomic */
};

enum result cache_shard_init(struct cache_shard *shard, size_t max) must_check;
void cache_shard_done(struct cache_shard *shard);
struct list *cache_shard_bucket(struct cache_shard *shard, uint64_t hash);
/* NULL: no memory; or MAY_MAKE is false, and there is none. */
struct cache_part *cache_shard_part(struct cache_shard *shard, uint64_t party, bool may_make);
/* Puts OBJECT, which the shard holds from now on, into the window. */
void cache_shard_add(struct cache_shard *shard, struct cache_part *part, struct cache_object *object);
/* OBJECT was asked for. */
void cache_shard_touch(struct cache_object *object);
/* Takes it out; the caller drops the hold, without the lock. */
void cache_shard_remove(struct cache_shard *shard, struct cache_object *object);
/* The next of PART to go, taken out; NULL: it has nothing. NEWCOMERS: only if somebody of its window has to earn his place; otherwise one who has
 * goes without being compared with anybody. */
struct cache_object *cache_shard_evict(struct cache_shard *shard, struct cache_part *part, bool newcomers);
/* The bytes that go with OBJECT, if nobody else has it or its body. */
static inline uint64_t cache_object_bytes(const struct cache_object *object)
{
	return object->account.bytes + object->body->account.bytes;
}

#endif
