/* Who asks, remembered: the sources of requests, in memory that all workers of all edges share and that outlives them.
 *
 * A source is an IPv4 address or an IPv6 /64. An attacker who has a /48 has 65,536 of those, so: when SOURCE_WIDE_COUNT strangers of
 * one /48 were seen within SOURCE_WIDE_S seconds, the /48 becomes one source, which owes what the worst of them owed. Those
 * who are banned, known, or showed a token keep an entry of their own, and a citizen in that /48 who shows a token gets one
 * (SOURCE_OWN). A /48 that nobody was seen of for SOURCE_WIDE_IDLE_S, with no open connection, is no longer one source. Where whole
 * telephone networks share a /48 this takes citizens for one source: it always counts as a shared one (entry_is_shared).
 *
 * Shape    header; locks; buckets of 127 tags of 16 bits, which say where an entry may be and what it is worth; entries
 *          (source/entry.h). No pointer in it: each process maps it where it likes. All zero at birth but header and locks, so that
 *          memory that no source needed is not taken
 * Limits   fixed memory: of 64 MiB, 1,015,492 sources. A full bucket forgets a stranger, one that did not come lately and often, and
 *          of 17 such the first without an open connection; strangers always have a quarter of each bucket to themselves and never more than what the others
 *          leave: no flood of strangers makes it forget a source that is banned, known or trusted, or that showed a token. Of those, when
 *          they are more than three quarters of a bucket, the least worth goes (entry_class)
 * Owns     nothing: the memory is the caller's
 * Threads  any number, of any processes that map the memory. Each bucket is behind one of SOURCE_LOCKS locks, which survive the death of
 *          their holder: stores are made in an order that leaves every entry whole or absent at any moment
 *
 * Keys are hashed with a seed of the table's own: nobody can choose addresses that share a bucket, but for the /64s of one /48, which do.
 *
 * Availability, fails open: a source that cannot be had (RESULT_IO) is let pass by whoever asked.
 */
#ifndef BOUCLIER_SOURCE_TABLE_H
#define BOUCLIER_SOURCE_TABLE_H

#include "base/hash.h"
#include "process/role.h"
#include "source/entry.h"

#define SOURCE_TABLE_VERSION 1u
#define SOURCE_TABLE_BYTES ((size_t)64 << 20)
#define SOURCE_TABLE_BYTES_MIN ((size_t)256 << 10)
#define SOURCE_LOCKS 512u
#define SOURCE_WIDE_COUNT 32u
#define SOURCE_WIDE_S 60u
#define SOURCE_WIDE_IDLE_S 600u

/* A process' way to the table. */
struct source_table {
	struct source_table_header *header;
	uint8_t epoch;               /* of this edge; 0: it may not count connections */
};

enum source_take {
	SOURCE_FIND,                 /* RESULT_NOT_FOUND when it is not there */
	SOURCE_MAKE,                 /* made when it is not there */
	SOURCE_OWN,                  /* made even where its /48 is one source: for who shows a valid token */
};

/* An entry in hand, and its lock. */
struct source_hold {
	struct source_entry *entry;
	const struct source_table *table;
	uint64_t now_us;
	uint32_t bucket, slot;
};

/* Once, before anybody uses MEMORY (aligned to 64, zero); RESULT_LIMIT: under SOURCE_TABLE_BYTES_MIN. */
enum result source_table_init(void *memory, size_t bytes, struct hash_seed seed) must_check;
/* Is MEMORY a table of that size that source_table_init made? A process that maps one asks first. */
bool source_table_is_there(const void *memory, size_t bytes);
/* How many sources there is room for in BYTES. */
size_t source_table_places(size_t bytes);

/* For those who read, list and ban. */
struct source_table source_table_open(void *memory);
/* The edge in SEAT (struct role_start) begins to count connections; what the one before it in that seat had open no longer counts. */
struct source_table source_table_join(void *memory, unsigned seat);
/* The edge in SEAT is dead. */
void source_table_leave(void *memory, unsigned seat);

/* RESULT_OK: HOLD->entry is the source's, advanced to now; it is the caller's alone until source_table_give, which follows at once:
 * no system call, and no other entry, in between. RESULT_IO: no lock is to be had. */
enum result source_table_take(const struct source_table *table, struct source_key key, uint64_t now_us, enum source_take how,
                              struct source_hold *hold) must_check;
/* Whatever was changed counts from now on; what the entry is worth is judged anew. */
void source_table_give(struct source_hold *hold);

/* Connections: counted under the key of the entry that was taken when it opened (source_key_of_entry), which is what to close it with.
 * Right again once an edge has died and another has its seat. Of this edge and of one other; with more edges alive (reloads
 * that overtake each other) of the two that counted last. A source that was forgotten meanwhile begins at 0. */
void source_opened(struct source_hold *hold);
void source_closed(const struct source_table *table, struct source_key key, uint64_t now_us);
unsigned source_open(const struct source_hold *hold);

/* Calls EACH for a copy of every entry of at least class LEAST; *CURSOR begins at 0 and is where the next call goes on, after
 * MAX_BUCKETS buckets or the end (*CURSOR is 0 then). A bucket at a time is locked, and not while EACH runs. */
void source_table_walk(const struct source_table *table, enum source_class least, uint64_t now_us, uint32_t max_buckets, uint32_t *cursor,
                       void (*each)(void *context, const struct source_entry *entry), void *context);

/* How many sources are in it, about: nothing is locked. */
size_t source_table_count(const struct source_table *table);

struct source_figures {
	uint64_t made, forgotten;    /* entries, since birth */
	uint64_t widened;            /* a /48 became one source */
	uint64_t deaths;             /* of holders of a lock */
	uint64_t is_full_of_protected; /* one that is worth keeping was forgotten for another */
};
struct source_figures source_table_figures(const struct source_table *table);

#endif
