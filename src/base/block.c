#include "base/block.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/banned.h"

#define SIZES 7u
#define KEPT_MAX 256u
#define SCARCE_GIVES 4096u  /* blocks that are given back without keeping any, once the allocator had none */

#ifdef __SANITIZE_ADDRESS__
static const bool keeps_blocks = false;  /* a sanitizer has to see each block come and go */
#else
static const bool keeps_blocks = true;
#endif

static const struct {
	size_t bytes;
	unsigned kept;
} sizes[SIZES] = { { 2048, 256 }, { 4096, 256 }, { 8192, 256 }, { 16384, 32 }, { BLOCK_RECORD_BYTES, 30 }, { 32768, 16 }, { 65536, 8 } };

static _Thread_local struct {
	unsigned count;
	void *list[KEPT_MAX];
} kept[SIZES];
static _Thread_local unsigned scarce;

static unsigned size_find(size_t bytes)
{
	unsigned i = 0;

	while (i < SIZES && sizes[i].bytes != bytes)
		i++;
	return i;
}

void block_thread_done(void)
{
	for (unsigned i = 0; i < SIZES; i++) {
		while (kept[i].count)
			free(kept[i].list[--kept[i].count]);
	}
	scarce = 0;
}

/* What is kept is nobody else's: where there is no more, that would be what another connection lacks, for a block of
 * another size or for something that is no block. */
void *block_take(size_t size)
{
	unsigned i = size_find(size);
	void *block;

	if (i < SIZES && kept[i].count)
		return kept[i].list[--kept[i].count];
	block = malloc(size);
	if (block)
		return block;
	block_thread_done();
	scarce = SCARCE_GIVES;
	return malloc(size);
}

void block_give(void *block, size_t size)
{
	unsigned i = size_find(size);

	if (scarce)
		scarce--;
	if (keeps_blocks && !scarce && i < SIZES && kept[i].count < sizes[i].kept)
		kept[i].list[kept[i].count++] = block;
	else
		free(block);
}
