/* Exact counts: every request and every refused connection, whether it became a line or not.
 *
 * Shape    one block of memory a worker, with a slot a site; the sum over workers is made when somebody asks (counts_view).
 *          A slot is found by the site's name, so that it survives reloads and the death of the edge.
 * Limits   COUNTS_SITES sites a worker; the ones after that share slot 0, whose name is empty (as have requests of no site)
 * Owns     nothing: the caller's memory, aligned to 64, of counts_memory_bytes(); pages never written cost nothing
 * Threads  a block is written by one worker with plain stores; read by anyone, number by number
 */
#ifndef BOUCLIER_EVENT_COUNTS_H
#define BOUCLIER_EVENT_COUNTS_H

#include <stdatomic.h>

#include "edge/fact.h"

#define COUNTS_SITES 4096u
#define COUNTS_NAME_MAX 127u
#define COUNTS_CLASSES 6u  /* 0: no response; 1..5: 1xx..5xx */

/* What is counted of a site, as an array of numbers: see counts_name. */
enum counts_index {
	COUNTS_EVENTS,                 /* requests and connections: changes whenever anything does */
	COUNTS_REQUEST_BYTES,
	COUNTS_RESPONSE_BYTES,
	COUNTS_TOTAL_US,
	COUNTS_WAIT_US,
	COUNTS_AUDIT_LOST,             /* audit logs of requests that found no room, or could not be made */
	COUNTS_AFTER,                  /* refused requests that rules saw afterwards */
	COUNTS_AFTER_ATTACKS,          /* of them those that they would have refused */
	COUNTS_DECISIONS,              /* [decision * COUNTS_CLASSES + class], requests */
	COUNTS_CONNECTIONS = COUNTS_DECISIONS + DECISION_COUNT * COUNTS_CLASSES,  /* [decision], connections */
	COUNTS_REASONS = COUNTS_CONNECTIONS + DECISION_COUNT,                     /* [reason], both */
	COUNTS_NUMBERS = COUNTS_REASONS + REASON_COUNT,
};

struct counts_site {
	char name[COUNTS_NAME_MAX + 1];  /* its length is the byte before the end */
	_Atomic uint64_t numbers[COUNTS_NUMBERS];
};

struct counts_block {
	uint64_t magic;
	uint32_t version, id;
	_Alignas(64) _Atomic uint64_t filtered;               /* not a line because of log.requests */
	_Atomic uint64_t sampled[REASON_COUNT];               /* not a line because of log.rate */
	_Atomic uint32_t site_count;                          /* slots in use, slot 0 included */
	_Alignas(64) struct counts_site sites[COUNTS_SITES];
};

/* A worker's own way to its slots. */
struct counts_writer {
	struct counts_block *block;
	uint16_t map[COUNTS_SITES * 2];                       /* hash of the name -> slot; 0: free */
};

size_t counts_memory_bytes(void);
/* Makes MEMORY a block, or takes over the one that is there. */
void counts_adopt(void *memory, bool *is_new);
/* Finds the names that are there. A writer is big: it lives on the heap. */
void counts_writer_open(struct counts_writer *writer, void *memory);
void counts_request(struct counts_writer *writer, const struct request_fact *fact);
void counts_audit_lost(struct counts_writer *writer, struct span site_name);
void counts_connection(struct counts_writer *writer, const struct connection_fact *fact);
/* Which of the small groups that sampling keeps apart SITE belongs to. */
unsigned counts_site_group(struct span name, unsigned groups);

static inline void counts_add(_Atomic uint64_t *number, uint64_t add)
{
	atomic_store_explicit(number, atomic_load_explicit(number, memory_order_relaxed) + add, memory_order_relaxed);
}

/* The sum over workers, by site. */
struct counts_total {
	struct span name;                 /* in the block's memory; empty: no site, or beyond the limit */
	uint64_t numbers[COUNTS_NUMBERS];
	uint64_t told;                    /* the reader's own: COUNTS_EVENTS when it last told */
};

struct counts_view {
	struct counts_block **blocks;
	unsigned block_count;
	struct counts_total *totals;      /* [0] is the site without name */
	size_t count, size;
	uint32_t *maps;                   /* [block][slot] -> index of totals; 0 for slot 0 and not yet known */
	uint64_t filtered, sampled[REASON_COUNT];
	uint32_t since;                   /* id of the first block, which is as old as the memory: changes when totals start at 0 again, not
	                                     when a worker more has been born */
};

/* RESULT_NO_MEMORY. BLOCKS stays the caller's. */
enum result counts_view_init(struct counts_view *view, struct counts_block **blocks, unsigned count) must_check;
void counts_view_done(struct counts_view *view);
/* Sums anew. RESULT_NO_MEMORY: what was there stays. */
enum result counts_view_update(struct counts_view *view) must_check;

#endif
