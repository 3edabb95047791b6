#include "latency.h"

#define SLOT_BITS 6

static int latency_power(uint64_t ns)
{
	return 63 - __builtin_clzll(ns | 1);
}

void latency_add(struct latency *latency, uint64_t ns)
{
	int power = latency_power(ns);

	/* Below 64 ns the value is its own slot, in row 0. */
	if (power < SLOT_BITS)
		latency->slots[0][ns]++;
	else
		latency->slots[power][(ns >> (power - SLOT_BITS)) & (LATENCY_SLOTS - 1)]++;
	latency->count++;
	if (ns > latency->longest_ns)
		latency->longest_ns = ns;
}

static uint64_t latency_slot_ns(int power, int slot)
{
	if (power < SLOT_BITS)
		return (uint64_t)slot;
	return (uint64_t)(LATENCY_SLOTS + slot) << (power - SLOT_BITS);
}

uint64_t latency_at(const struct latency *latency, double share)
{
	uint64_t wanted = (uint64_t)((double)latency->count * share);
	uint64_t seen = 0;

	if (!latency->count)
		return 0;
	for (int power = 0; power < LATENCY_POWERS; power++)
		for (int slot = 0; slot < LATENCY_SLOTS; slot++) {
			seen += latency->slots[power][slot];
			if (seen > wanted)
				return latency_slot_ns(power, slot);
		}
	return latency->longest_ns;
}
