/* What is owed to the rate limits that people write, by whoever comes to them: numbers in memory that all workers of all edges share
 * and that outlives them.
 *
 * Shape    header, then buckets of eight 64-bit words, a line of the cache each. A word is 20 bits of a hash of who, and the
 *          theoretical arrival time (guard/gcra.h) in microseconds, 44 bits. A time that has come says nothing: its word is free
 * Units    CLOCK_MONOTONIC in microseconds
 * Limits   fixed memory: 8 MiB are a million words. A full bucket forgets who owes least: a flood of newcomers washes out those who are
 *          nearly even, never the one that comes most. Nobody owes more than RATE_OWED_MAX_US
 * Owns     nothing: the memory is the caller's
 * Threads  any number, of any processes: a word is changed by one atomic exchange, so that there is no lock and nothing half written
 *
 * Two who share their bits (8 of a million pairs in a full bucket) share their budget. Two threads that meet somebody new at the same
 * moment may both write a word: that one has twice the burst, once. Somebody who was away for 203 days, less what a limit
 * may owe, can be refused once. The clock set back farther than a limit may owe: what was owed is forgotten (availability, fails open).
 */
#ifndef BOUCLIER_GUARD_RATE_TABLE_H
#define BOUCLIER_GUARD_RATE_TABLE_H

#include "base/hash.h"
#include "guard/gcra.h"

#define RATE_TABLE_VERSION 1u
#define RATE_TABLE_BYTES ((size_t)8 << 20)
#define RATE_TABLE_BYTES_MIN ((size_t)4096)
#define RATE_OWED_MAX_US ((uint64_t)86400 * 1000000)

struct rate_table;

/* Once, before anybody uses MEMORY (aligned to 64, zero). RESULT_LIMIT: under RATE_TABLE_BYTES_MIN. */
enum result rate_table_init(void *memory, size_t bytes, struct hash_seed seed) must_check;
/* Is MEMORY a table of that size that rate_table_init made? */
bool rate_table_is_there(const void *memory, size_t bytes);
static inline struct rate_table *rate_table_open(void *memory)
{
	return memory;
}

/* May WHO (words that tell a limit and somebody who comes to it, COUNT of them) come now? If so, it has. GCRA in microseconds, of at most
 * RATE_OWED_MAX_US. In microseconds: 0, or when it may be asked again. */
uint64_t rate_table_ask(struct rate_table *table, const struct gcra *gcra, const uint64_t *who, size_t count, uint64_t now_us);
/* WHO has come, and weighed that much: for what is known afterwards only. He may owe for it, up to what GCRA says. */
void rate_table_charge(struct rate_table *table, const struct gcra *gcra, const uint64_t *who, size_t count, uint64_t weight, uint64_t now_us);
/* What WHO owes, in microseconds, without asking for anything: 0 for somebody who never came, or is even by now. */
uint64_t rate_table_owes(const struct rate_table *table, const uint64_t *who, size_t count, uint64_t now_us);

#endif
