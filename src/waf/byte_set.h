/* A set of byte values, as 256 bits: which bytes a value holds, which a rule asks for.
 *
 * Threads  values
 */
#ifndef BOUCLIER_WAF_BYTE_SET_H
#define BOUCLIER_WAF_BYTE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct byte_set {
	uint64_t words[4];
};

static inline void byte_set_add(struct byte_set *set, unsigned char byte)
{
	set->words[byte >> 6] |= (uint64_t)1 << (byte & 63);
}

static inline bool byte_set_has(const struct byte_set *set, unsigned char byte)
{
	return set->words[byte >> 6] >> (byte & 63) & 1;
}

static inline bool byte_sets_meet(const struct byte_set *a, const struct byte_set *b)
{
	return (a->words[0] & b->words[0]) | (a->words[1] & b->words[1]) | (a->words[2] & b->words[2]) | (a->words[3] & b->words[3]);
}

/* Every byte of A is in B. */
static inline bool byte_set_within(const struct byte_set *a, const struct byte_set *b)
{
	return !((a->words[0] & ~b->words[0]) | (a->words[1] & ~b->words[1]) | (a->words[2] & ~b->words[2]) | (a->words[3] & ~b->words[3]));
}

static inline void byte_set_add_span(struct byte_set *set, struct span span)
{
	for (size_t i = 0; i < span.len; i++)
		byte_set_add(set, (unsigned char)span.at[i]);
}

#endif
