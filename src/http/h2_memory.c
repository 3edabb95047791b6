#include "http/h2_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/list.h"

#include "base/banned.h"

#define FRAME_BYTES_MIN 16384u
#define FRAME_BYTES_MAX 16512u
#define PAGE_BYTES 4096u
#define BLOCK_PAGES 64u
#define BLOCK_BYTES (BLOCK_PAGES * PAGE_BYTES)

/* The first page of a block; bit N of `is_free` is page N. */
struct block {
	struct list node;
	uint64_t is_free;
};

#define ALL_FREE (~(uint64_t)1)

static _Thread_local _Alignas(16) char frame_memory[FRAME_BYTES_MAX];
static _Thread_local struct list roomy;  /* blocks with a free page */

/* Aligned to its own size, so that a page finds its block. */
static struct block *block_new(void)
{
	char *raw = mmap(NULL, 2 * (size_t)BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct block *block;
	size_t before;

	if (raw == MAP_FAILED)
		return NULL;
	before = (BLOCK_BYTES - ((uintptr_t)raw & (BLOCK_BYTES - 1))) & (BLOCK_BYTES - 1);
	if (before)
		munmap(raw, before);
	munmap(raw + before + BLOCK_BYTES, BLOCK_BYTES - before);
	block = (struct block *)(void *)(raw + before);
	block->is_free = ALL_FREE;
	list_add_first(&roomy, &block->node);
	return block;
}

static void *page_take(void)
{
	struct block *block;
	unsigned page;

	if (!roomy.next)
		list_init(&roomy);
	block = list_is_empty(&roomy) ? block_new() : list_entry(roomy.next, struct block, node);
	if (!block)
		return NULL;
	page = (unsigned)__builtin_ctzll(block->is_free);
	block->is_free &= block->is_free - 1;
	if (!block->is_free)
		list_remove(&block->node);
	return (char *)block + (size_t)page * PAGE_BYTES;
}

static void page_give(char *page)
{
	struct block *block = (struct block *)(void *)(page - ((uintptr_t)page & (BLOCK_BYTES - 1)));

	if (madvise(page, PAGE_BYTES, MADV_DONTNEED) != 0)
		memset(page, 0, PAGE_BYTES);
	if (!block->is_free)
		list_add_last(&roomy, &block->node);
	block->is_free |= (uint64_t)1 << ((size_t)(page - (char *)block) / PAGE_BYTES);
	if (block->is_free == ALL_FREE && roomy.next != roomy.prev) {
		list_remove(&block->node);
		munmap(block, BLOCK_BYTES);
	}
}

static void *memory_malloc(size_t size, void *user)
{
	(void)user;
	return malloc(size);
}

static void *memory_realloc(void *from, size_t size, void *user)
{
	struct h2_memory *memory = user;
	void *to;

	if (!from && memory->is_in_birth && !memory->frame && size >= FRAME_BYTES_MIN && size <= FRAME_BYTES_MAX)
		return memory->frame = frame_memory;
	if (!from || (from != memory->frame && from != memory->table))
		return realloc(from, size);
	/* Neither grows in a libnghttp2 that is known; if one does, it gets memory of its own and the old is left alone. */
	to = malloc(size);
	if (to)
		memcpy(to, from, from == memory->table ? (size < PAGE_BYTES ? size : PAGE_BYTES) : size < FRAME_BYTES_MAX ? size : FRAME_BYTES_MAX);
	return to;
}

static void *memory_calloc(size_t count, size_t size, void *user)
{
	struct h2_memory *memory = user;

	if (memory->is_in_birth && !memory->table && count > 1 && count * size == PAGE_BYTES) {
		memory->table = page_take();
		if (memory->table)
			return memory->table;
	}
	return calloc(count, size);
}

static void memory_free(void *from, void *user)
{
	struct h2_memory *memory = user;

	if (!from || from == memory->frame)
		return;
	if (from == memory->table) {
		page_give(from);
		memory->table = NULL;
	} else {
		free(from);
	}
}

nghttp2_mem h2_memory_functions(struct h2_memory *memory)
{
	return (nghttp2_mem){ memory, memory_malloc, memory_free, memory_calloc, memory_realloc };
}

static bool is_all_zero(const char *page)
{
	return page[0] == 0 && memcmp(page, page + 1, PAGE_BYTES - 1) == 0;
}

/* Looking is the safe way to know that no stream is in the table. */
void h2_memory_rest(struct h2_memory *memory)
{
	if (memory->table && is_all_zero(memory->table))
		madvise(memory->table, PAGE_BYTES, MADV_DONTNEED);
}
