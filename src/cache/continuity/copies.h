/* Which continuity copies there are, of all sites, and the thread that writes and reads them: disks block, and nobody who serves waits for one.
 *
 *     wants, offer   a good answer has come: is its copy missing, or older than `refresh`? Then the thread writes it, when it can
 *     find           the origin is gone: the copy is in memory (HERE), or the thread brings it (WAIT, until the ticket is told)
 *     order, list    a person's word, from the admin socket
 *
 * Limits   bytes on disk: of each site its rules' `disk_bytes`, of all together `total_bytes`. Who needs room takes the oldest copy of the least rank in
 *          the site that has most, of the tenant that has most of what is short, bytes or copies (his own, where that is it), but none that is of a higher rank than his, nor of the same rank and younger than
 *          `refresh`: nobody makes the disk turn over faster than that. COPIES_MAX copies of the node, COPIES_PINS_MAX pins of a site, VARIANTS_MAX of an
 *          address, of which the oldest makes room for another once it is older than `refresh`. SAVES_MAX wait to be written, and what comes then is not
 *          copied: it comes again. What is read is memory of the cache's store, of its tenant's share, for as long as somebody asks for it
 * Owns     its thread, its folder
 * Threads  any, but for new, free and apply: one at a time. A lock is held while one bucket is looked at, with what waits and what is gone, or while a list is made
 *
 * The disk of the cache is one of these, too, with a folder, a thread and limits of its own: tier.h.
 *
 * Availability, fails open: without a disk, a key or memory nothing is copied, and portals are served as if there were no copies.
 * Security, fails closed: copy.h and folder.h say what is no copy; one that is found out goes.
 */
#ifndef BOUCLIER_CACHE_CONTINUITY_COPIES_H
#define BOUCLIER_CACHE_CONTINUITY_COPIES_H

#include "cache/continuity/copy.h"
#include "cache/continuity/settings.h"
#include "cache/store.h"

#define COPIES_MAX 65536u
#define COPIES_PINS_MAX 64u
#define COPIES_SAVES_MAX 256u
#define COPIES_LOOK_MS 2000u      /* an answer that was looked at is not looked at again for so long */
#define COPIES_PIN_BYTES_MAX 2048u

/* What the files are for, and which folder they lie in. */
enum copies_purpose {
	COPIES_CONTINUITY,            /* given when the origin is gone */
	COPIES_TIER,                  /* what the cache may forget in memory: tier.h says what is different */
};

struct copies;

/* By whom it may be made to go: only by who has as much. */
enum copy_rank { COPY_ORDINARY, COPY_PRIORITY, COPY_PINNED };

/* Of a site that is served. */
struct copies_rules {
	uint64_t site, party;         /* keys of its name, and of its tenant's */
	struct span name;
	uint64_t disk_bytes;          /* 0: it has no copies */
	uint64_t max_age_s, refresh_s;
};

/* How many there were since this process began, and what is now. */
struct copies_state {
	uint64_t copies, bytes, pins;
	uint64_t written, given, damaged, skipped;  /* damaged: or not ours; skipped: no room to wait */
	uint64_t late;                /* of a tier: it was not asked, or not waited for: the disk was too slow */
	int error;                    /* errno of what was tried last on disk; 0: it went well */
	bool is_open;                 /* what lies on disk is known */
	bool has_bad_key;             /* nothing is signed, nothing is given, until a person looks after the file `continuity/key` */
};

/* STATE_FD: the state folder, held by the caller for as long; below 0: there is none. STORE must outlive it. NULL: no memory, or no thread. */
struct copies *copies_new(int state_fd, struct cache_store *store, enum copies_purpose purpose) must_check;
/* Nobody has anything of it any more. What waits to be written is not. */
void copies_free(struct copies *copies);
/* These COUNT sites are served from now on, of which all copies together have TOTAL_BYTES on disk. Copies of other sites go. */
enum result copies_apply(struct copies *copies, const struct copies_rules *rules, size_t count, uint64_t total_bytes) must_check;
/* Another edge serves now: it writes, we do not, and it looks again at what we have written. A tier is given over to it, and has nothing any more. */
void copies_leave(struct copies *copies);

/* -- by who serves -- */

/* An answer, as it would be copied. */
struct copies_offer {
	uint64_t site;
	struct span key, vary, variant;
	uint64_t hash;                /* cache_store_hash of the key */
	enum copy_rank rank;          /* ORDINARY or PRIORITY: pins are known here */
	bool is_for_pins;             /* it is copied only if it is pinned */
	bool is_private;              /* for visitors with a private address only: it takes no other's place */
	bool is_wild;                 /* its host is covered by "*.x" only: what is pinned by path alone is not this */
};

/* Some site has pins: asked before anything else that costs. */
bool copies_have_pins(const struct copies *copies);
/* Of some copy the origin has said that there is no such page. */
bool copies_are_missed(const struct copies *copies);
/* May a copy of it be of use now? Once true, it is not again for COPIES_LOOK_MS. DROPS is for copies_save: what is dropped, or
 * said to be gone, from now on is not kept. */
bool copies_want(struct copies *copies, const struct copies_offer *offer, uint64_t now_ms, uint64_t *drops);
/* OBJECT is held until it is written. FLAGS: of enum copy_flag, PRIORITY, PRIVATE and WILD. MADE_S: when the origin made it. */
void copies_save(struct copies *copies, struct cache_object *object, uint64_t site, unsigned flags, uint64_t made_s, uint64_t drops);
/* The origin says that there is no such page: its copies go, but for pinned ones, also those that are on their way, or on disk and not found yet. Not
 * IS_CERTAIN: when it says so again after `refresh`, and has not given it meanwhile. */
void copies_forget(struct copies *copies, struct span key, bool is_certain);
/* The origin gives the page: that it said otherwise before counts no more. */
void copies_remember(struct copies *copies, struct span key);

struct copies_ask {
	uint64_t site;
	struct span key;
	const struct fields *fields;  /* the request's */
	bool has_cookies;             /* what varies on Cookie is not for it; nor, of a tier, what is not declared to be for all in so many words */
	bool needs_judged;            /* nor is what rules have not seen */
	bool is_private;              /* who asks has a private address */
};

/* Of one that waits; its owner's memory. Zero at birth. */
struct copy_ticket {
	struct list node;
	bool is_waiting;              /* in a list: the caller's to read only in its own thread */
	bool is_told;                 /* atomic */
	void (*wake)(struct copy_ticket *ticket);  /* called by the thread under the lock: it may post a job, and no more */
	void *context;
};

enum copies_answer { COPIES_NONE, COPIES_HERE, COPIES_WAIT };

/* HERE: OBJECT is held once more. WAIT: ask again once TICKET is told, or leave. TICKET NULL: only whether there is one, which is then WAIT. */
enum copies_answer copies_find(struct copies *copies, const struct copies_ask *ask, struct copy_ticket *ticket, struct cache_object **object) must_check;
/* TICKET waits no more. */
void copies_cancel(struct copies *copies, struct copy_ticket *ticket);
/* A copy of SITE was given to a visitor. */
void copies_count_given(struct copies *copies, uint64_t site);

/* -- by who watches and orders: orders.c -- */

struct copies_state copies_state(struct copies *copies);
/* Calls EACH, under the lock, for the sites of which copies were given since this process began: how many. */
void copies_each_given(struct copies *copies, void (*each)(void *context, uint64_t site, uint64_t given), void *context);

struct copy_view {
	struct span url;              /* of a pin that has no copy yet: as it was pinned */
	struct span variant;          /* its fields by which it is told apart, as key.h writes them */
	uint64_t made_s, kept_s, bytes;
	enum copy_rank rank;
	bool has_copy;
};
struct copies_total { uint64_t copies, bytes, limit_bytes, pins, given; };
/* Calls EACH for pins without a copy and for copies of SITE, under the lock. RESULT_NOT_FOUND: it has none. */
enum result copies_list(struct copies *copies, uint64_t site, void (*each)(void *context, const struct copy_view *view), void *context,
                        struct copies_total *total) must_check;

/* The copies of ADDRESS ("/path", under the site's own names; or "https://host/path") of SITE stay from now on, and are made if they are missing,
 * whatever its mode but `off`.
 * RESULT_LIMIT: too many pins, or too long; RESULT_REFUSED: the site has no copies; RESULT_IO: it is so until the end of this process only, for it is
 * not on disk (errno); RESULT_TIMEOUT: the disk does not answer; RESULT_NO_MEMORY. */
enum result copies_pin(struct copies *copies, uint64_t site, struct span address) must_check;
/* What PURGE names goes, pinned or not; with PINS, its pins too. COUNT: how many copies and pins. RESULT_IO, RESULT_TIMEOUT: they are not given any more,
 * but may be there again after a restart; so it is while what lies on disk is not known yet, and what is found later goes then. RESULT_NO_MEMORY. Of a tier:
 * from memory, too, and nothing comes back from one into the other meanwhile. */
enum result copies_drop(struct copies *copies, const struct cache_purge *purge, bool with_pins, size_t *count) must_check;

#endif
