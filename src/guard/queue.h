/* Those who wait for a place at an origin: by lanes, and fairly between sources inside a lane.
 *
 * A lane is asked only when those before it are empty. Inside one, each entry gets a tag when it comes: the next turn of its source.
 * The least tag goes first, so that a source with a thousand requests waits behind one with a single one.
 *
 * Shape    a heap of entries for each lane; the last tag of a source at two places of a table, by its hash
 * Limits   QUEUE_MAX entries at birth; when all places are taken, a better lane takes the place of a worse one's last
 * Owns     its memory (some 350 KiB), which it takes when the first one waits; the entries are the caller's
 * Threads  one at a time
 *
 * Source   start-time fair queueing (Goyal, Vin, Cheng 1996)
 */
#ifndef BOUCLIER_GUARD_QUEUE_H
#define BOUCLIER_GUARD_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

#define QUEUE_MAX 4096u

/* Who is served first, from what is known of him. X(ID, name) */
#define LANE_LIST(X) \
	X(PARTNER, "partner")       /* allow-listed, or a partner's token */ \
	X(KNOWN, "known")           /* a valid token, or was served before the attack */ \
	X(PLAUSIBLE, "plausible")   /* a stranger like others of calm days */ \
	X(REST, "rest")             /* who owes for what he took; while strangers are asked: who cannot be, and who was asked too often */ \
	X(CROWD, "crowd")           /* his kind floods, and he asks no faster than a person reads */ \
	X(GREEDY, "greedy")         /* who takes more than his token has while strangers are asked, or floods: a little is spared for him */

enum lane {
#define X(id, name) LANE_##id,
	LANE_LIST(X)
#undef X
	LANE_COUNT,
};

struct queue_entry {
	uint64_t source;         /* hash of who asks */
	uint64_t tag, number;    /* of the queue, as the next */
	unsigned place;
	enum lane lane;
	bool is_waiting;
};

struct queue {
	unsigned max, count, counts[LANE_COUNT];
	unsigned sources[LANE_COUNT];  /* that wait */
	uint64_t turns[LANE_COUNT];  /* tag of the last one that was taken */
	uint64_t number;             /* entries so far: equal tags go by their coming */
	struct queue_memory *memory;
};

/* MAX: entries, 1 to QUEUE_MAX. */
void queue_init(struct queue *queue, unsigned max);
void queue_done(struct queue *queue);
/* Gives the memory back if nobody waits. */
void queue_release(struct queue *queue);
/* How many would be served before an entry of SOURCE in LANE: at most, but for sources that meet in the table. */
unsigned queue_ahead(const struct queue *queue, enum lane lane, uint64_t source);
/* ENTRY waits: its source and lane are set. PUSHED_OUT (may come back NULL) had to make room, and does not wait any more.
 * RESULT_LIMIT: no place, and none in a worse lane. RESULT_NO_MEMORY. */
enum result queue_add(struct queue *queue, struct queue_entry *entry, struct queue_entry **pushed_out) must_check;
/* The next one, which does not wait any more; NULL: nobody waits. */
struct queue_entry *queue_take(struct queue *queue);
/* Gave up. Not waiting: nothing. */
void queue_remove(struct queue *queue, struct queue_entry *entry);

#endif
