/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* The budget of sources that have shown nothing: UDP and ICMP say any source they like, so no memory is given to them. Each has two words
 * of a table of fixed size, by a hash that nobody outside can foretell; the earlier of the two times is nearer to its own.
 *
 * Limits   a flood of invented sources fills the table, and then all of them together have what its words allow; sources that are known are
 *          not in it
 * Threads  as budget.h; a count that is lost to another CPU is lost in favour of the source
 */
#ifndef BOUCLIER_PACKET_KERNEL_SKETCH_H
#define BOUCLIER_PACKET_KERNEL_SKETCH_H

#include "packet/kernel/budget.h"

struct sketch_places {
	__u32 one, other;
};

/* The last steps of MurmurHash3, which change half of the bits for each bit of SOURCE. */
PACKET_INLINE struct sketch_places sketch_places_of(packet_source source, __u64 seed)
{
	__u64 hash = source ^ seed;

	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdull;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ull;
	hash ^= hash >> 33;
	return (struct sketch_places){ (__u32)hash & (PACKET_SKETCH - 1), (__u32)(hash >> 32) & (PACKET_SKETCH - 1) };
}

PACKET_INLINE void sketch_raise(__u64 *word, __u64 to)
{
	__u64 seen = *(volatile __u64 *)word;

	if (seen < to)
		__sync_val_compare_and_swap(word, seen, to);
}

PACKET_INLINE bool sketch_take(__u64 *one, __u64 *other, const struct packet_budget *budget, __u64 now)
{
	__u64 a = *(volatile __u64 *)one, b = *(volatile __u64 *)other;
	__u64 next = budget_next(a < b ? a : b, budget, now);

	if (!next)
		return false;
	sketch_raise(one, next);
	sketch_raise(other, next);
	return true;
}

#endif
