/* Sources that a person let in for a while (`bouclier admit`): the machine does not refuse them meanwhile.
 *
 * Units    CLOCK_MONOTONIC in microseconds
 * Limits   ADMITTED_MAX at once, each for ADMITTED_S_MAX at most
 * Owns     nothing: the memory is the caller's, zero at birth, and outlives an edge
 * Threads  one writes, any number of any processes read (base/slots.h)
 */
#ifndef BOUCLIER_GUARD_ADMITTED_H
#define BOUCLIER_GUARD_ADMITTED_H

#include "source/entry.h"

#define ADMITTED_VERSION 1u
#define ADMITTED_MAX 256u
#define ADMITTED_S_MAX 86400u

struct admitted_source {
	uint64_t until_us;               /* 0: free */
	struct source_key key;
	uint64_t reference[2];           /* by which it was named */
};

struct admitted {
	uint32_t used;
	uint32_t versions[ADMITTED_MAX];
	struct admitted_source list[ADMITTED_MAX];
};

/* A source that is there already: its end and its reference are these from now on. RESULT_LIMIT: no place. */
enum result admitted_add(struct admitted *admitted, const struct admitted_source *source, uint64_t now_us) must_check;
/* RESULT_NOT_FOUND: KEY is not let in. */
enum result admitted_end(struct admitted *admitted, struct source_key key, uint64_t now_us) must_check;
/* ADMITTED may be NULL. OUT is untouched where it is false. */
bool admitted_find(const struct admitted *admitted, struct source_key key, uint64_t now_us, struct admitted_source *out);
/* Those that are let in, into OUT; how many. */
unsigned admitted_list(const struct admitted *admitted, uint64_t now_us, struct admitted_source out[ADMITTED_MAX]);

#endif
