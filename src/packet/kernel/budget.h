/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Whether a packet is in its source's budget: the generic cell rate algorithm, in one word of memory.
 *
 * Units    ns of the program's clock
 * Limits   at most burst_ns / interval_ns + 1 packets at once, then one every interval_ns
 * Source   ITU-T I.371, annex A (virtual scheduling)
 * Threads  any number of CPUs on one word
 */
#ifndef BOUCLIER_PACKET_KERNEL_BUDGET_H
#define BOUCLIER_PACKET_KERNEL_BUDGET_H

#include "packet/kernel/head.h"

#define PACKET_BUDGET_TRIES 3

/* When the next packet is due if one comes NOW; 0: it comes too early. */
PACKET_INLINE __u64 budget_next(__u64 arrival, const struct packet_budget *budget, __u64 now)
{
	__u64 from = arrival > now ? arrival : now;

	return from - now > budget->burst_ns ? 0 : from + budget->interval_ns;
}

/* Availability, so it fails open: who meets other CPUs at the same word three times passes. */
PACKET_INLINE bool budget_take(__u64 *arrival, const struct packet_budget *budget, __u64 now)
{
	for (int i = 0; i < PACKET_BUDGET_TRIES; i++) {
		__u64 seen = *(volatile __u64 *)arrival;
		__u64 next = budget_next(seen, budget, now);

		if (!next)
			return false;
		if (__sync_val_compare_and_swap(arrival, seen, next) == seen)
			return true;
	}
	return true;
}

#endif
