/* Which source was refused under which reference: what a citizen reads out on the telephone, so that a person can let him in.
 *
 * Shape    a header, locks, and buckets of places. A source's references lie in one bucket, which a seeded hash of it says. No pointer in it
 * Units    CLOCK_MONOTONIC in milliseconds
 * Limits   6 MiB: REFERENCES_MAX references, none older than REFERENCE_LIFETIME_S. Of one client of a source the last REFERENCES_OF_CLIENT,
 *          of one source the last REFERENCES_OF_SOURCE, of an IPv6 /48 those of REFERENCE_BUCKETS_OF_WIDE buckets: who asks for a thousand
 *          pages a second pushes out his own. Where a bucket is full nevertheless, its oldest goes
 * Owns     nothing: the memory is the caller's, and outlives an edge
 * Threads  any number, of any processes; each bucket is behind one of REFERENCE_LOCKS locks, which survive the death of their holder
 *
 * Privacy: an address lies here as in the table of sources, in memory only, and is forgotten after REFERENCE_LIFETIME_S. Nothing of it is written.
 * Security: a reference has 128 bits of a keyed hash (edge/worker.h): it is not found by trying, and who knows his own knows no other.
 * Availability, fails open: what cannot be remembered is not; nobody is refused for it.
 */
#ifndef BOUCLIER_GUARD_REFERENCES_H
#define BOUCLIER_GUARD_REFERENCES_H

#include <pthread.h>

#include "base/hash.h"
#include "source/entry.h"

#define REFERENCES_VERSION 1u
#define REFERENCE_BUCKETS 4096u
#define REFERENCE_PLACES 32u
#define REFERENCES_MAX (REFERENCE_BUCKETS * REFERENCE_PLACES)
#define REFERENCES_OF_SOURCE 8u
#define REFERENCES_OF_CLIENT 4u
#define REFERENCE_BUCKETS_OF_WIDE 16u
#define REFERENCE_LIFETIME_S 43200u
#define REFERENCE_LOCKS 64u

struct reference {
	uint64_t id[2];
	uint64_t source;             /* bits of its key */
	uint64_t site;               /* key of its name */
	uint64_t at_ms;              /* 0: a free place */
	uint16_t client;             /* of a hash of who was refused there */
	uint8_t kind;                /* enum source_kind */
	uint8_t why;                 /* a number of the caller's */
};

struct references {
	uint64_t magic;
	struct hash_seed seed;
	pthread_mutex_t locks[REFERENCE_LOCKS];
	struct reference buckets[REFERENCE_BUCKETS][REFERENCE_PLACES];
};

/* Once, before anybody uses MEMORY, which is zero. RESULT_NO_MEMORY. */
enum result references_init(struct references *memory, struct hash_seed seed) must_check;
bool references_are_there(const struct references *memory);

/* One more refusal; its at_ms is not 0. */
void references_add(struct references *references, const struct reference *reference);
/* RESULT_NOT_FOUND: it is not known, or not any more. All of the memory is looked through: for people, not for requests. */
enum result references_find(struct references *references, const uint64_t id[2], uint64_t now_ms, struct reference *out) must_check;
/* Forgets what is too old in COUNT buckets from *CURSOR on, which moves. */
void references_sweep(struct references *references, uint32_t *cursor, unsigned count, uint64_t now_ms);

#endif
