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

struct v6_question {
	const struct packet_settings *settings;
	__u32 address[4];
	__u32 copy;
	__u32 verdict;
};

/* One length of prefixes; an allowed one ends it. For bpf_loop(). */
static long lists_ask_length(__u32 number, void *context)
{
	struct v6_question *question = context;
	struct packet_v6_key key;
	const __u32 *verdict;

	if (number >= PACKET_PREFIX_LENGTHS_MAX)
		return 1;
	prefix_key(question->copy, question->settings->lengths[question->copy & 1][number], question->address, &key);
	verdict = bpf_map_lookup_elem(&lists_v6, &key);
	if (verdict && *verdict > question->verdict)
		question->verdict = *verdict;
	return question->verdict == PACKET_ALLOW;
}

static __attribute__((noinline)) __u32 lists_ask_v6(const struct walk *walk, __u32 copy)
{
	struct v6_question question = { .settings = walk->settings, .copy = copy, .verdict = PACKET_NEITHER };

	__builtin_memcpy(question.address, walk->head.source, sizeof(question.address));
	bpf_loop(walk->settings->length_count[copy & 1], lists_ask_length, &question, 0);
	return question.verdict;
}

PACKET_INLINE __u32 lists_ask(const struct walk *walk)
{
	__u32 copy = *(const volatile __u32 *)&walk->settings->copy & 1;

	return walk->head.version == 4 ? lists_ask_v4(copy, head_source_v4(&walk->head)) : lists_ask_v6(walk, copy);
}

#endif
