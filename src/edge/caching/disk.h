/* The disk of the cache (cache/continuity/tier.h), in a request's life.
 *
 *     look_up  disk_brings    memory has nothing: the disk may, and the request waits until it has been brought into memory
 *     store    disk_replaces  another answer takes the place of the one that may lie there
 *              disk_see       an answer that memory keeps has come, or is given: is it worth a file?
 *
 * Worth one is what was asked for DISK_ASKED_MIN times lately: a flood of addresses that are asked for once writes nothing.
 *
 * Limits   DISK_WAIT_MS, once a request
 * Threads  its worker's
 *
 * Availability, fails open: who has waited in vain asks the origin.
 * Security, fails closed: what some networks alone may see, or has a secret in its address, does not lie on disk.
 */
#ifndef BOUCLIER_EDGE_CACHING_DISK_H
#define BOUCLIER_EDGE_CACHING_DISK_H

#include "cache/store.h"

#define DISK_WAIT_MS 300u
#define DISK_ASKED_MIN 2u

struct edge_cache;
struct plan;
struct request;

/* The request has a key, and waits from now on: its step is entered again. */
bool disk_brings(struct request *request);
/* It has not come yet, and there is time. Otherwise the request waits no more. */
bool disk_still_brings(struct request *request);
void disk_replaces(const struct request *request, const struct cache_object *object);
void disk_see(const struct request *request, struct cache_object *object);

/* The sites of PLAN are served from now on. RESULT_NO_MEMORY: those before are. */
enum result disk_apply(struct edge_cache *cache, const struct plan *plan) must_check;
/* From memory, and from disk, whatever KEY has. */
void edge_cache_forget(struct edge_cache *cache, struct span key);
/* The same with what PURGE names: how many, in both. IS_CERTAIN: none of them is there after a restart. */
size_t edge_cache_purge(struct edge_cache *cache, const struct cache_purge *purge, bool *is_certain);

#endif
