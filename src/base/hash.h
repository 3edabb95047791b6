/* Seeded hashing for tables that outsiders' bytes end up in: SipHash-1-3 (Aumasson, Bernstein; the 1-3 variant that
 * Rust's and Python's tables use), so that nobody can choose keys that collide.
 *
 * Threads  pure functions; the process seed is set once before threads start
 */
#ifndef BOUCLIER_BASE_HASH_H
#define BOUCLIER_BASE_HASH_H

#include <stdint.h>

#include "base/span.h"

struct hash_seed {
	uint64_t k0, k1;
};

uint64_t hash_span(struct hash_seed seed, struct span span);
/* The same over the ASCII lower case of SPAN. */
uint64_t hash_span_nocase(struct hash_seed seed, struct span span);

/* What comes in pieces: the hash of all of them together, wherever they were cut; the same as hash_span's of the whole. */
struct hash_stream {
	uint64_t v[4], word, bytes;
};
void hash_stream_begin(struct hash_stream *stream, struct hash_seed seed);
void hash_stream_add(struct hash_stream *stream, struct span piece);
/* STREAM goes on as before: more may be added. */
uint64_t hash_stream_get(const struct hash_stream *stream);

/* Mixes one number: for identifiers that nobody outside chooses. */
uint64_t hash_u64(uint64_t value);

/* Fills OUT from the kernel's generator; it does not fail once the kernel has started. Small ones are drawn many at a time. */
void random_fill(void *out, size_t count);
/* A seed drawn once for this process. */
struct hash_seed hash_process_seed(void);

#endif
