/* Blocks of memory of the sizes that every request asks for and gives back. The allocator returns small ones at once, but
 * searches for these, splits and merges them, each time: each thread keeps what it was given back.
 *
 * Limits   at most 256 of a size, and 5.5 MiB in all, for each thread; nothing is kept where memory has become scarce, nor under a sanitizer
 * Owns     a block is its taker's until it is given back, by any thread
 * Threads  any
 */
#ifndef BOUCLIER_BASE_BLOCK_H
#define BOUCLIER_BASE_BLOCK_H

#include <stddef.h>

#include "base/result.h"

/* 2, 4, 8, 16, 32, 64 KiB; and a TLS record with what OpenSSL puts around it. */
#define BLOCK_RECORD_BYTES ((size_t)17 * 1024)

/* Any SIZE above 0, but only those above are kept. NULL: no memory. */
void *block_take(size_t size) must_check;
/* What block_take returned for SIZE. */
void block_give(void *block, size_t size);
/* A thread that ends gives the allocator what it kept. */
void block_thread_done(void);

#endif
