/* Bump memory with one lifetime and a byte limit set at birth. Everything in it goes at once.
 *
 * Limits   LIMIT bytes of requests in all; an allocation that would pass it returns NULL
 * Owns     its blocks; arena_reset keeps the first one for the next use
 * Threads  one at a time
 */
#ifndef BOUCLIER_BASE_ARENA_H
#define BOUCLIER_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct arena_block;

struct arena {
	struct arena_block *block;  /* newest first; NULL until the first allocation */
	char *at, *end;             /* free space of the newest block */
	size_t used_bytes;          /* handed out since birth or reset */
	size_t limit_bytes;
	size_t block_bytes;         /* size of an ordinary block */
};

/* In place; allocates nothing yet. BLOCK_BYTES is the size of the steps it grows by. */
void arena_init(struct arena *arena, size_t limit_bytes, size_t block_bytes);
/* Frees every block. The arena is as after arena_init. */
void arena_done(struct arena *arena);
/* Empty and reusable: keeps one ordinary block. */
void arena_reset(struct arena *arena);

/* COUNT bytes aligned to 16; not cleared. NULL past the limit or out of memory; never NULL for that COUNT is 0. */
void *arena_take(struct arena *arena, size_t count) must_check;
/* The same, cleared. COUNT * SIZE may not overflow: NULL then. */
void *arena_take_zero(struct arena *arena, size_t count, size_t size) must_check;
/* A copy of SPAN with a NUL behind it (outside its length). {NULL, 0} when there is no memory. */
struct span arena_copy(struct arena *arena, struct span span) must_check;

/* What printf would print, of any length. {NULL, 0} when there is no memory. */
struct span arena_print(struct arena *arena, const char *format, ...) must_check __attribute__((format(printf, 2, 3)));
#define arena_new(arena, type) ((type *)arena_take_zero((arena), 1, sizeof(type)))
#define arena_new_array(arena, type, count) ((type *)arena_take_zero((arena), (count), sizeof(type)))

#endif
