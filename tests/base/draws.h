/* A small generator of numbers that are the same in every run. */
#ifndef BOUCLIER_TESTS_BASE_DRAWS_H
#define BOUCLIER_TESTS_BASE_DRAWS_H

#include <stdint.h>

struct draws {
	uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static inline uint64_t draw(struct draws *draws)
{
	uint64_t z = draws->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t draw_below(struct draws *draws, uint64_t bound)
{
	return draw(draws) % bound;
}

#endif
