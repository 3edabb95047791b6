/* What the files of this folder share of struct copies. All of it is under its lock, but for what is said to be the thread's. */
#ifndef BOUCLIER_CACHE_CONTINUITY_INNER_H
#define BOUCLIER_CACHE_CONTINUITY_INNER_H

#include <pthread.h>

#include "cache/continuity/copies.h"
#include "cache/continuity/folder.h"

#define COPIES_BUCKETS 4096u
#define COPIES_SLOTS 4096u
#define COPIES_GONE_MAX 256u
#define COPIES_UNUSED_MS 30000u   /* a copy that nobody asks for is not kept in memory for longer */

/* What somebody has on disk. */
struct copies_part { uint64_t bytes, count; };

/* A tenant: whose sites have together no more than others', where there is no room for all (room.c). */
struct copies_party {
	struct list node;
	uint64_t key;
	struct copies_part has;
	uint64_t waits;               /* counted anew each time that it is asked: how much of its waits for the disk */
};

struct copies_site {
	struct list node;
	struct list entries, pins;
	struct copies_rules rules;    /* its name lies in NAME */
	struct copies_party *party;
	char *name;
	struct copies_part has;
	uint64_t given;
	size_t pin_count;
	uint32_t drops;               /* grows with each drop: what was offered before is not kept after it */
	bool is_served;
	bool is_purged, are_pins_purged;  /* all that is found of it goes: there was no memory for what is to go */
};

/* What was purged before it was known all that lies on disk. */
struct copies_purge {
	struct list node;
	struct cache_purge purge;     /* its text lies behind the struct */
	bool with_pins;
};

struct copy_pin {
	struct list node;
	struct copy_place place;
	struct span address;          /* behind the struct */
	bool is_on_disk;              /* it is there after a restart, too */
};

struct copy_entry {
	struct list bucket, of_site;
	struct list loading;          /* in struct copies: its turn to be read; or in no list */
	struct list waiting;          /* struct copy_ticket */
	struct copies_site *site;
	struct copy_place place;
	struct span key, vary, variant, tags, coding;  /* behind the struct */
	uint64_t made_s, kept_s, bytes;
	uint64_t life_s;              /* it is of no use when it is older */
	enum copy_rank rank;
	bool is_judged, is_priority, is_private, is_wild, is_for_cookies;
	struct cache_object *object;  /* held; NULL: not in memory */
	uint64_t used_ms, missed_s;   /* missed: the origin said first that there is no such page; 0: it did not */
};

/* Waits to be written. */
struct copy_save {
	struct list node;
	struct cache_object *object;  /* held */
	struct copies_site *site;
	uint64_t made_s;
	uint32_t drops;
	unsigned flags;               /* of enum copy_flag */
	bool is_dropped;              /* the origin has said since that there is no such page, or another */
	char life[COPY_LIFE_LEN];     /* of a tier */
};

/* What is to be done on disk: files that go, or a pin that is written. Who waits for it holds it, as the thread does; the last frees it. */
struct copies_order {
	struct list node;
	struct copy_place *places;    /* files that go */
	size_t count, size;
	char *pin;                    /* its address; NULL: none */
	const struct copies_site *site;  /* of the pin */
	struct copy_place pin_place;
	unsigned holders;
	bool is_done;
	int error;
};

/* The origin said of it that it is gone. */
struct copies_gone {
	uint64_t hash, said_s;        /* of its key; since 1970, 0: nothing */
	uint32_t serial;              /* grows with each */
};

struct copies {
	struct cache_store *store;
	enum copies_purpose purpose;
	int state_fd;
	struct copy_folder folder;    /* the thread's, once it is open */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, done;    /* for the thread; for who waits for an order */
	struct list sites, parties;
	struct list buckets[COPIES_BUCKETS];
	uint32_t filled[COPIES_BUCKETS];  /* atomic: entries of each, and saves */
	struct list saves, loads, orders;
	struct list purges;           /* struct copies_purge */
	struct copies_gone gone[COPIES_GONE_MAX];
	uint32_t gone_serial;
	struct list early;            /* struct copy_ticket: came before it was known what lies on disk */
	size_t save_count, purge_count, load_count;
	uint64_t save_bytes;          /* of memory that waits to be written */
	uint64_t total_bytes;
	struct copies_state state;
	size_t loaded;                /* entries with an object */
	uint32_t missed;              /* atomic: entries with `missed_s` */
	uint64_t swept_ms, tried_ms, unloaded_ms;  /* the thread's */
	uint64_t busy_ms;             /* since when the thread is at what it does now; 0: it rests */
	size_t swept_bucket;          /* of a tier: the next to be looked at */
	bool must_stop, has_left, has_rules, needs_sweep, is_shrinking, has_failed;
	bool is_joined;               /* the thread's: it has not left the folder yet */
	bool is_shared;               /* another edge had joined the folder when it was tried last: it is tried again, until that has left */
	uint64_t slots[COPIES_SLOTS]; /* atomic: upper half of a hash, and until when (seconds) it is not looked at */
};

static inline struct list *copies_bucket(struct copies *copies, struct span key)
{
	return &copies->buckets[cache_store_hash(copies->store, key) % COPIES_BUCKETS];
}

/* Something of the bucket of KEY is there, or on its way; or is not any more. */
static inline void copies_fill(struct copies *copies, struct span key, bool is_there)
{
	uint32_t *filled = &copies->filled[copies_bucket(copies, key) - copies->buckets];

	__atomic_store_n(filled, is_there ? *filled + 1 : *filled - 1, __ATOMIC_RELAXED);
}

/* CHANGE may be what goes: less than nothing. */
static inline void copies_part_add(struct copies_part *has, const struct copies_part *change)
{
	has->bytes += change->bytes;
	has->count += change->count;
}

static inline bool copies_is_tier(const struct copies *copies)
{
	return copies->purpose == COPIES_TIER;
}

/* Of its answers. */
static inline enum copy_kind copies_kind(const struct copies *copies)
{
	return copies_is_tier(copies) ? COPY_STORED : COPY_ANSWER;
}

/* -- copies.c -- */

/* Once true for what has HASH and VARIANT, it is not again for so long. Without the lock. */
bool copies_look_is_due(struct copies *copies, uint64_t hash, struct span variant, uint64_t now_ms, uint64_t again_ms);
/* SAVE waits to be written, if it may: OBJECT is held. False: it is the caller's still. */
bool copies_queue(struct copies *copies, struct copy_save *save, struct cache_object *object);
/* What of KEY waits to be written, or is being, is not kept: it was given before the origin said something else. */
void copies_drop_saves(struct copies *copies, struct span key);

/* -- gone.c -- */

void copies_gone_note(struct copies *copies, struct span key);
/* It was said of KEY later than SERIAL, as far as that is remembered. */
bool copies_gone_since(const struct copies *copies, struct span key, uint32_t serial, uint64_t made_s);
/* Of what was found on disk, what had been said to be gone when it was made goes, but for pinned ones. */
void copies_gone_take_out(struct copies *copies);

/* -- find.c -- */

/* It is given to nobody any more. */
bool copy_entry_is_old(const struct copy_entry *entry);

/* -- sites.c -- */

/* NULL: there is none. */
struct copies_site *copies_site_find(const struct copies *copies, uint64_t key);
/* IS_WILD: of enum copy_flag. */
bool copies_is_pinned(const struct copies_site *site, struct span key, bool is_wild);
/* In the index. NULL: no memory. */
struct copy_pin *copies_pin_add(struct copies *copies, struct copies_site *site, const struct copy_place *place, struct span address) must_check;
void copies_pin_remove(struct copies *copies, struct copies_site *site, struct copy_pin *pin);
/* NULL: ADDRESS is not pinned. */
struct copy_pin *copies_pin_find(const struct copies_site *site, struct span address);

/* -- entries.c -- */

/* The entry of just this variant; NULL. */
struct copy_entry *copy_entry_find(struct copies *copies, struct span key, struct span vary, struct span variant);
/* Of COPY, which lies at PLACE and takes FILE_BYTES; in the index. NULL: no memory. */
struct copy_entry *copy_entry_add(struct copies *copies, struct copies_site *site, const struct copy *copy, const struct copy_place *place, uint64_t file_bytes) must_check;
/* Out of the index and freed: who waits for it is told. */
void copy_entry_remove(struct copies *copies, struct copy_entry *entry);
void copy_entry_tell(struct copy_entry *entry);
/* It waits for the disk no more. */
void copy_entry_settle(struct copies *copies, struct copy_entry *entry);
void copy_entry_unload(struct copies *copies, struct copy_entry *entry);
/* Its rank, by what is pinned now. */
void copy_entry_rank(struct copy_entry *entry);
/* When the origin said first that there is no such page; 0: it does not say so. */
void copy_entry_set_missed(struct copies *copies, struct copy_entry *entry, uint64_t missed_s);
/* SINCE_S is AGE_S ago, or more. Of a copy from the future, whose clock was wrong or ours is, nobody knows the age: it is due. */
bool copies_is_older(uint64_t since_s, uint64_t age_s);

/* -- room.c -- */

/* What a copy of some rank needs. COPY_RANK_ANY: for limits that have become smaller, from which nobody is safe. */
#define COPY_RANK_ANY (COPY_PINNED + 1u)
struct copy_need {
	unsigned rank;                /* of enum copy_rank */
	uint64_t bytes;               /* beyond those of whose place it takes */
	bool is_new;                  /* one more is counted */
	const struct copy_entry *replaced;  /* whose place it takes, and who therefore makes no room for it; NULL: nobody's */
};
/* The variant of KEY that goes so that SITE may have another one; NULL: none has to (IS_ROOM), or none may. */
struct copy_entry *copies_victim_variant(struct copies *copies, const struct copies_site *site, struct span key, bool *is_room);
/* Whoever is to go so that SITE has what it needs; NULL: nobody has to (IS_ROOM), or nobody may. */
struct copy_entry *copies_victim(struct copies *copies, struct copies_site *site, const struct copy_need *need, bool *is_room);

/* So that one more of PARTY, of BYTES, may wait to be written: the last that waits of the tenant of whom most does. NULL: that is PARTY, or there is none. */
struct copy_save *copies_victim_save(const struct copies *copies, const struct copies_party *party, uint64_t bytes);
/* The same of what waits to be read. */
struct copy_entry *copies_victim_load(const struct copies *copies, const struct copies_party *party);

/* -- orders.c -- */

/* The files of gone copies go, when the thread can; nobody waits. */
void copies_unlink(struct copies *copies, const struct copy_place *place);
struct copies_order *copies_order_new(void) must_check;
/* NULL: no memory, and nothing has changed. */
struct copy_place *copies_order_add(struct copies_order *order) must_check;
void copies_order_drop(struct copies_order *order);

/* Security, fails closed: what PURGE names, with pins or without, is not found later. Until all that lies on disk is known. */
void copies_keep_purge(struct copies *copies, struct copies_site *site, const struct cache_purge *purge, bool with_pins);
/* Before it was known that COPY is there, somebody has purged it. */
bool copies_is_purged(const struct copies *copies, const struct copies_site *site, const struct copy *copy);
/* All that lies on disk is known, and stays so. */
static inline bool copies_know_all(const struct copies *copies)
{
	return copies->state.is_open && !copies->is_shared;
}
/* All that lies on disk was found. */
void copies_purges_done(struct copies *copies);

/* -- the thread: thread.c, exchange.c. Called under the lock, which they give back while the disk works. -- */

void *copies_run(void *context);
/* What is first in its list. */
void copies_do_load(struct copies *copies);
void copies_do_save(struct copies *copies);
/* SAVE, which is not being written, waits no more. */
void copies_save_end(struct copies *copies, struct copy_save *save);
void copies_note_error(struct copies *copies, enum result result, int error);

#endif
