/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Where an address lies in the tables of layout.h: DIR-24-8 of IPv4, and the keys of IPv6 prefixes.
 *
 * Units    addresses of IPv4 in host order; COPY is 0 or 1
 */
#ifndef BOUCLIER_PACKET_KERNEL_DIRECT_H
#define BOUCLIER_PACKET_KERNEL_DIRECT_H

#include "packet/kernel/head.h"

/* Of "direct". */
PACKET_INLINE __u32 direct_index(__u32 copy, __u32 address)
{
	return copy << 16 | address >> 16;
}

PACKET_INLINE __u16 direct_cell(const struct packet_cells *cells, __u32 address)
{
	return cells->cell[address >> 8 & 255];
}

/* Of "groups", for a CELL of at least PACKET_CELL_GROUPS. */
PACKET_INLINE __u32 group_index(__u32 copy, __u16 cell)
{
	return copy * PACKET_GROUPS + cell - PACKET_CELL_GROUPS;
}

PACKET_INLINE enum packet_verdict group_verdict(const struct packet_group *group, __u32 address)
{
	return (enum packet_verdict)(group->word[address >> 5 & 7] >> (address & 31) * 2 & 3);
}

/* An address of IPv6 as two numbers. */
struct v6_number {
	__u64 high, low;
};

/* The first BITS of a number, BITS from 0 to 64. */
PACKET_INLINE __u64 first_bits(__u64 number, __u32 bits)
{
	return bits ? number & ~0ull << (64 - bits) : 0;
}

/* The key of "lists_v6" under which a prefix of LENGTH, from 0 to 128, that holds ADDRESS is. */
PACKET_INLINE void prefix_key(__u32 copy, __u32 length, struct v6_number address, struct packet_v6_key *key)
{
	__u64 high = WIRE_64(first_bits(address.high, length < 64 ? length : 64));
	__u64 low = WIRE_64(first_bits(address.low, length < 64 ? 0 : length - 64));

	key->copy = copy;
	key->length = length;
	__builtin_memcpy(key->bytes, &high, sizeof(high));
	__builtin_memcpy(key->bytes + 8, &low, sizeof(low));
}

#endif
