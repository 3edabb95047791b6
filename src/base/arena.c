#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define ALIGNMENT 16

struct arena_block {
	struct arena_block *older;
	size_t size;  /* bytes behind this header */
	_Alignas(ALIGNMENT) char bytes[];
};

void arena_init(struct arena *arena, size_t limit_bytes, size_t block_bytes)
{
	*arena = (struct arena){ .limit_bytes = limit_bytes, .block_bytes = block_bytes };
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
}

void arena_done(struct arena *arena)
{
	free_blocks(arena->block);
	arena_init(arena, arena->limit_bytes, arena->block_bytes);
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->block;

	if (!kept)
		return;
	free_blocks(kept->older);
	kept->older = NULL;
	arena->used_bytes = 0;
	if (kept->size > arena->block_bytes) {  /* an outsize block would be kept for ever */
		arena_done(arena);
		return;
	}
	arena->at = kept->bytes;
	arena->end = kept->bytes + kept->size;
}

static bool add_block(struct arena *arena, size_t count)
{
	size_t size = count > arena->block_bytes ? count : arena->block_bytes;
	struct arena_block *block;
	size_t bytes;

	if (__builtin_add_overflow(sizeof(*block), size, &bytes))
		return false;
	block = malloc(bytes);
	if (!block)
		return false;
	block->older = arena->block;
	block->size = size;
	arena->block = block;
	arena->at = block->bytes;
	arena->end = block->bytes + size;
	return true;
}

/* A new block, or no memory. */
static __attribute__((noinline)) void *take_slowly(struct arena *arena, size_t count)
{
	if (count > SIZE_MAX - ALIGNMENT)
		return NULL;
	if (count == 0)
		count = 1;  /* NULL says that there is no memory, and nothing else */
	count = (count + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (count > arena->limit_bytes - arena->used_bytes)
		return NULL;
	if (count > (size_t)(arena->end - arena->at) && !add_block(arena, count))
		return NULL;
	arena->at += count;
	arena->used_bytes += count;
	return arena->at - count;
}

void *arena_take(struct arena *arena, size_t count)
{
	size_t bytes = (count + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);

	/* Nothing, and what wrapped around, is 0 here, and then beyond any block. */
	if (bytes - 1 >= (size_t)(arena->end - arena->at) || bytes > arena->limit_bytes - arena->used_bytes)
		return take_slowly(arena, count);
	arena->at += bytes;
	arena->used_bytes += bytes;
	return arena->at - bytes;
}

void *arena_take_zero(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;
	void *taken;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	taken = arena_take(arena, bytes);
	return taken ? memset(taken, 0, bytes) : NULL;
}

struct span arena_copy(struct arena *arena, struct span span)
{
	char *copy = arena_take(arena, span.len + 1);

	if (!copy)
		return SPAN_NONE;
	if (span.len)
		memcpy(copy, span.at, span.len);
	copy[span.len] = 0;
	return span_make(copy, span.len);
}

struct span arena_print(struct arena *arena, const char *format, ...)
{
	va_list list, again;
	char *text = NULL;
	int len;

	va_start(list, format);
	va_copy(again, list);
	len = vsnprintf(NULL, 0, format, list);
	if (len >= 0)
		text = arena_take(arena, (size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(list);
	return text ? span_make(text, (size_t)len) : SPAN_NONE;
}
