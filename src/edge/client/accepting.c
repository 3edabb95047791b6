#include "edge/client/accepting.h"

#include "base/banned.h"

uint64_t accepting_part_ns(struct accepting *accepting, uint64_t round_ns)
{
	uint64_t part_ns, left_ns;

	if (accepting->round_ns != round_ns)
		*accepting = (struct accepting){ .round_ns = round_ns, .before = accepting->listeners };
	accepting->listeners++;
	part_ns = ACCEPTING_NS / (accepting->before ? accepting->before : 1);
	left_ns = accepting->spent_ns < ACCEPTING_NS ? ACCEPTING_NS - accepting->spent_ns : 0;
	return part_ns < left_ns ? part_ns : left_ns;
}

void accepting_spend(struct accepting *accepting, uint64_t took_ns)
{
	accepting->spent_ns += took_ns;
}
