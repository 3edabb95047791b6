#include "cache/sketch.h"

#include <stdlib.h>

#include "base/hash.h"

#include "base/banned.h"

#define SKETCH_ROWS 4u
#define COUNT_MAX 15u
#define PERIOD 10u     /* counters are halved when this many times as many were added as there are counters in a row */
#define MIN_COUNT 64u

enum result cache_sketch_init(struct cache_sketch *sketch, size_t count)
{
	size_t width = MIN_COUNT;

	while (width < count)
		width *= 2;
	*sketch = (struct cache_sketch){ .rows = calloc(SKETCH_ROWS, width / 2), .mask = width - 1, .most = width * PERIOD };
	return sketch->rows ? RESULT_OK : RESULT_NO_MEMORY;
}

void cache_sketch_done(struct cache_sketch *sketch)
{
	free(sketch->rows);
	sketch->rows = NULL;
}

/* Which counter of ROW. */
static size_t place_of(const struct cache_sketch *sketch, uint64_t hash, unsigned row)
{
	return (size_t)hash_u64(hash + row * UINT64_C(0x9e3779b97f4a7c15)) & sketch->mask;
}

static uint8_t *byte_of(const struct cache_sketch *sketch, unsigned row, size_t place)
{
	return &sketch->rows[row * ((sketch->mask + 1) / 2) + place / 2];
}

static void halve(struct cache_sketch *sketch)
{
	size_t bytes = SKETCH_ROWS * ((sketch->mask + 1) / 2);

	for (size_t i = 0; i < bytes; i++)
		sketch->rows[i] = (uint8_t)(sketch->rows[i] >> 1 & 0x77);
	sketch->added /= 2;
}

void cache_sketch_add(struct cache_sketch *sketch, uint64_t hash)
{
	for (unsigned row = 0; row < SKETCH_ROWS; row++) {
		size_t place = place_of(sketch, hash, row);
		unsigned shift = place & 1 ? 4 : 0;
		uint8_t *byte = byte_of(sketch, row, place);

		if (((unsigned)*byte >> shift & COUNT_MAX) < COUNT_MAX)
			*byte = (uint8_t)(*byte + (1u << shift));
	}
	if (++sketch->added >= sketch->most)
		halve(sketch);
}

unsigned cache_sketch_get(const struct cache_sketch *sketch, uint64_t hash)
{
	unsigned least = COUNT_MAX;

	for (unsigned row = 0; row < SKETCH_ROWS; row++) {
		size_t place = place_of(sketch, hash, row);
		unsigned count = (unsigned)*byte_of(sketch, row, place) >> (place & 1 ? 4 : 0) & COUNT_MAX;

		least = count < least ? count : least;
	}
	return least;
}
