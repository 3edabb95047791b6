/* The disk of the cache: struct copies of COPIES_TIER, in the folder `cache`. What was asked for more than once lies there, too, and memory may forget it.
 *
 *     offer     an answer in memory was asked for again: it is written, behind all others, unless it is there already. So who goes from memory later has
 *               gone to disk before, his memory is free at once, and who kills us takes nothing with him
 *     find      (copies.h) memory has none: the thread reads the file and puts it back into memory, where whoever has waited finds it
 *     replace   another answer takes its place in memory: what lies on disk goes
 *
 * Limits    copies.h's, but that who was not asked for longest goes, and within a site only for one that was asked for as often lately (store.h).
 *           TIER_SAVES_BYTES of memory wait to be written; TIER_LOADS_MAX are waited for; of both the tenant who has most gives way to one who has less, but for what is
 *           first in line. One answer may be larger. TIER_TEXT_MAX: address, variant and tags, for they are in the
 *           index. A variant is written once in TIER_AGAIN_MS
 * Threads   any; the lock is that of the copies, and under it that of a shard of the store
 *
 * Security, fails closed: what somebody has purged or forgotten is gone from memory and from disk in one moment, seen from here: nothing is put back or
 * written meanwhile. For whom an answer is, memory judges when it is back.
 * Availability, fails open: a disk that has done nothing for TIER_SLOW_MS, or is full, or is another process's, is not asked: the origin is.
 */
#ifndef BOUCLIER_CACHE_CONTINUITY_TIER_H
#define BOUCLIER_CACHE_CONTINUITY_TIER_H

#include "cache/continuity/copies.h"

#define TIER_BODY_MAX ((uint64_t)16 << 20)
#define TIER_TEXT_MAX 1024u
#define TIER_SAVES_BYTES ((uint64_t)8 << 20)
#define TIER_LOADS_MAX 64u
#define TIER_SLOW_MS 200u
#define TIER_AGAIN_MS 60000u
#define TIER_USE_MIN_S 60         /* what is of use for less is not worth a file */

struct tier_offer {
	struct cache_object *object;  /* in memory */
	uint64_t site;
	uint64_t made_s;              /* when the origin made it */
	uint64_t purges;              /* cache_store_purges of its hash, before it was found or asked for */
};

/* It is of use long enough, and says who may have it by what tells nothing of who asked: declared, and not by more than Accept, Accept-Encoding,
 * Accept-Language, Origin and the absence of cookies. */
bool tier_suits(const struct cache_object *object, uint64_t now_ms);
/* What lies there is known, and more may lie there: who offers before is to come again soon. */
bool tier_is_open(const struct copies *copies);
void tier_offer(struct copies *copies, const struct tier_offer *offer, uint64_t now_ms);
/* What lies there of this variant is not the newest any more. */
void tier_replace(struct copies *copies, const struct cache_object *object);
/* cache_store_forget, on disk too; and of what is found there later. */
void tier_forget(struct copies *copies, struct span key);
/* Somebody has waited for the disk, and goes on without it. */
void tier_count_late(struct copies *copies);

/* -- the other files' of this folder, under the lock -- */

struct copies_site;
struct copy_entry;
void tier_live(struct copy_entry *entry, struct span life);
/* ENTRY may be NULL. */
bool tier_may_be_asked(struct copies *copies, const struct copy_entry *entry);
/* OBJECT, which is what ENTRY says, is in memory again. */
void tier_return(struct copies *copies, struct copy_entry *entry, struct cache_object *object);
/* KEY of SITE is worth the place of VICTIM, who otherwise is the last to go. Of another site that has more than its part nobody asks how often it was asked for. */
bool tier_wins(struct copies *copies, const struct copies_site *site, struct span key, struct copy_entry *victim);
/* COPY, which is found only now, is older than what memory has got meanwhile. */
bool tier_is_outdated(const struct copies *copies, const struct copy *copy);
/* Some of what is of no use any more goes. */
void tier_sweep(struct copies *copies);

#endif
