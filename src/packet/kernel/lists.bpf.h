/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Networks that are allowed or denied: one answer for both. Which copy of the tables answers is read once for each packet, so that a packet
 * sees either the old lists or the new ones. */
#ifndef BOUCLIER_PACKET_KERNEL_LISTS_BPF_H
#define BOUCLIER_PACKET_KERNEL_LISTS_BPF_H

#include "packet/kernel/direct.h"
#include "packet/kernel/walk.bpf.h"

static __attribute__((noinline)) __u32 lists_ask_more(__u32 copy, __u32 address)
{
	struct packet_more_key key = { address, copy };
	const __u32 *verdict = bpf_map_lookup_elem(&lists_more, &key);

	return verdict ? *verdict : PACKET_NEITHER;
}

PACKET_INLINE __u32 lists_ask_v4(__u32 copy, __u32 address)
{
	__u32 index = direct_index(copy, address);
	const struct packet_cells *cells = bpf_map_lookup_elem(&direct, &index);
	const struct packet_group *group;
	__u16 cell;

	if (!cells)
		return PACKET_NEITHER;
	cell = direct_cell(cells, address);
	if (cell < PACKET_CELL_MORE)
		return cell;
	if (cell == PACKET_CELL_MORE)
		return lists_ask_more(copy, address);
	index = group_index(copy, cell);
	group = bpf_map_lookup_elem(&groups, &index);
	return group ? group_verdict(group, address) : PACKET_NEITHER;
}

/* Each length in use is a look; an allowed network ends it. */
static __attribute__((noinline)) __u32 lists_ask_v6(const struct walk *walk, __u32 copy)
{
	struct v6_number address = { walk->source, head_number(walk->head.source + 2) };
	__u32 count = walk->settings->length_count[copy & 1], found = PACKET_NEITHER;

	for (__u32 i = 0; i < PACKET_PREFIX_LENGTHS_MAX && i < count; i++) {
		struct packet_v6_key key;
		const __u32 *verdict;

		prefix_key(copy, walk->settings->lengths[copy & 1][i], address, &key);
		verdict = bpf_map_lookup_elem(&lists_v6, &key);
		if (!verdict)
			continue;
		if (*verdict == PACKET_ALLOW)
			return PACKET_ALLOW;
		found = *verdict;
	}
	return found;
}

PACKET_INLINE __u32 lists_ask(const struct walk *walk)
{
	__u32 copy = *(const volatile __u32 *)&walk->settings->copy & 1;

	return walk->head.version == 4 ? lists_ask_v4(copy, head_source_v4(&walk->head)) : lists_ask_v6(walk, copy);
}

#endif
