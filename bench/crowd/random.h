/* Numbers that look random and are the same in every run with the same seed (splitmix64). */
#pragma once
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* From 0 up to, not including, 1. */
static inline double random_share(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1.0p-53;
}
