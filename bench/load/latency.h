/* A histogram of waiting times, exact to 1.6 % from a nanosecond to years, in constant memory.
 *
 * Shape   64 slots for each power of two, so that adding is a shift and an increment
 * Units   nanoseconds in, nanoseconds out
 */
#pragma once
#include <stdint.h>

#define LATENCY_POWERS 64
#define LATENCY_SLOTS  64

struct latency {
	uint64_t slots[LATENCY_POWERS][LATENCY_SLOTS];
	uint64_t count;
	uint64_t longest_ns;
};

void latency_add(struct latency *latency, uint64_t ns);

/* The wait that SHARE (0 to 1) of all requests did not exceed; 0 when there were none. */
uint64_t latency_at(const struct latency *latency, double share);
