/* Stored collections (IP, SESSION ...) in one block of memory: a port that needs nothing else.
 *
 * Shape    a header, then shards; a shard is a lock, a row of tags (hash, expiry, length) and as many entries of equal size.
 *          No pointer in it: it may be mapped at another address by each process
 * Limits   fixed memory. What is larger than an entry is not kept (RESULT_LIMIT); a full shard forgets what expires soonest
 * Owns     nothing: the memory is the caller's
 * Threads  any number, of any processes that share the memory: a lock for each shard, which survives the death of its holder
 *          (the shard is emptied: it may be half written)
 *
 * Keys are told apart by 128 bits of a seeded hash, so that a key of any length costs the same, and nobody who does not know
 * the seed can make two keys meet, or fill one shard.
 */
#ifndef BOUCLIER_WAF_STORE_H
#define BOUCLIER_WAF_STORE_H

#include "base/hash.h"
#include "waf/ports.h"

#define STORE_SHARD_ENTRIES 64u
#define STORE_BYTES_MIN (256u * 1024)

struct store_shape {
	size_t bytes;                /* of the block */
	uint32_t entry_bytes;        /* 256 to 65536, of what is kept under one key */
};

/* Once, before anybody uses MEMORY (aligned to 64); whatever was in it is gone. RESULT_LIMIT: too little memory for one shard. */
enum result store_init(void *memory, const struct store_shape *shape, struct hash_seed seed, struct hash_seed other_seed) must_check;
/* Is MEMORY a store of that shape that store_init made? A process that maps one asks first. */
bool store_is_there(const void *memory, const struct store_shape *shape);

/* As struct collection_port has them; CONTEXT is the block. */
enum result store_read(void *context, const struct collection_key *key, uint64_t now_s, struct arena *arena, struct span *bytes) must_check;
enum result store_change(void *context, const struct collection_key *key, uint64_t now_s, collection_change change, void *change_context) must_check;

static inline struct collection_port store_port(void *memory)
{
	return (struct collection_port){ memory, store_read, store_change };
}

/* For metrics: entries that are there (expired ones that nobody met since too), evictions, and locks whose holder died. */
struct store_figures {
	uint64_t entries, evictions, deaths;
};
struct store_figures store_figures(void *memory);

#endif
