/* The one clock of the generator: monotonic nanoseconds. */
#pragma once
#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND_NS 1000000000ull

static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * CLOCK_SECOND_NS + (uint64_t)t.tv_nsec;
}
