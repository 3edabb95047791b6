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

/* The first BITS of a word of an address, BITS from 0 to 32 and beyond. */
PACKET_INLINE __u32 first_bits(__u32 raw, int bits)
{
	__u32 mask = bits >= 32 ? 0xffffffff : bits <= 0 ? 0 : ~(0xffffffffu >> bits);

	return raw & WIRE_32(mask);
}

/* The key of "lists_v6" under which a prefix of LENGTH that holds ADDRESS (raw) is. */
PACKET_INLINE void prefix_key(__u32 copy, __u32 length, const __u32 address[4], struct packet_v6_key *key)
{
	__u32 word;

	key->copy = copy;
	key->length = length;
	for (int i = 0; i < 4; i++) {
		word = first_bits(address[i], (int)length - i * 32);
		__builtin_memcpy(key->bytes + i * 4, &word, sizeof(word));
	}
}

#endif
