/* How often something was asked for lately, about: a count-min sketch of 4-bit counters that are all halved from time to time.
 *
 * Limits   counts to 15; two bytes for each of the things that it is made for. It never counts too low, but for halving
 * Owns     its memory
 * Threads  one at a time
 * Source   Einziger, Friedman, Manes: TinyLFU (2017), 3.3 and 3.4
 */
#ifndef BOUCLIER_CACHE_SKETCH_H
#define BOUCLIER_CACHE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct cache_sketch {
	uint8_t *rows;        /* SKETCH_ROWS of them, two counters a byte */
	size_t mask;          /* counters of a row, less one */
	uint64_t added, most; /* since counters were halved, and until they are again */
};

/* For COUNT things. RESULT_NO_MEMORY. */
enum result cache_sketch_init(struct cache_sketch *sketch, size_t count) must_check;
void cache_sketch_done(struct cache_sketch *sketch);
/* HASH: of a seeded hash, so that nobody chooses what counts together. */
void cache_sketch_add(struct cache_sketch *sketch, uint64_t hash);
unsigned cache_sketch_get(const struct cache_sketch *sketch, uint64_t hash);

#endif
