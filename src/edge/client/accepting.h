/* How long a worker takes newcomers in one round of its loop: there is one time for all its listeners, and those that have some divide it.
 *
 *     a round    begins with another reading of the loop's clock
 *     a part     of the time: evenly for as many listeners as had newcomers in the round before. Each takes one of them in any case, and who is not
 *                done when its part is over goes on in the next round
 *
 * Limits   ACCEPTING_NS a round, and what the last connection of each listener takes longer
 * Threads  a worker's
 */
#ifndef BOUCLIER_EDGE_ACCEPTING_H
#define BOUCLIER_EDGE_ACCEPTING_H

#include <stdint.h>

#define ACCEPTING_NS 1000000u

struct accepting {
	uint64_t round_ns;        /* when it began */
	uint64_t spent_ns;
	unsigned listeners, before;  /* that had newcomers: in this round so far, in the last one */
};

/* A listener has newcomers in the round that began at ROUND_NS: for how long it may take them. 0: one of them. */
uint64_t accepting_part_ns(struct accepting *accepting, uint64_t round_ns);
/* It took so long. */
void accepting_spend(struct accepting *accepting, uint64_t took_ns);

#endif
