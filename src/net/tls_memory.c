#include "net/tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/block.h"

#include "base/banned.h"

#define RECORD_BYTES_MIN 16384u
#define SLACK_BYTES 64u  /* the allocator gives that much more than was asked for, where a remainder would be of no use */

static bool is_record_size(size_t size)
{
	return size > RECORD_BYTES_MIN && size <= BLOCK_RECORD_BYTES;
}

static void *memory_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	if (size == 0)
		return NULL;  /* as OpenSSL's own does */
	return is_record_size(size) ? block_take(BLOCK_RECORD_BYTES) : malloc(size);
}

static void *memory_realloc(void *from, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return realloc(from, size);
}

/* OpenSSL does not say how much it frees; whatever is as long as a block can be one. */
static void memory_free(void *from, const char *file, int line)
{
	size_t size = malloc_usable_size(from);

	(void)file, (void)line;
	if (size >= BLOCK_RECORD_BYTES && size <= BLOCK_RECORD_BYTES + SLACK_BYTES)
		block_give(from, BLOCK_RECORD_BYTES);
	else
		free(from);
}

void tls_memory_begin(void)
{
	(void)!CRYPTO_set_mem_functions(memory_malloc, memory_realloc, memory_free);
}
