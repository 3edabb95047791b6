/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* The end of the walk: every packet is counted, some are told, and the reason says what becomes of it. */
#ifndef BOUCLIER_PACKET_KERNEL_TELL_BPF_H
#define BOUCLIER_PACKET_KERNEL_TELL_BPF_H

#include "packet/kernel/sample.h"
#include "packet/kernel/walk.bpf.h"

enum packet_action { ACTION_PASS = XDP_PASS, ACTION_DROP = XDP_DROP, ACTION_ANSWER = XDP_TX };

#define REASON_IF_PASS(upper, lower, verdict, text) | (ACTION_##verdict == XDP_PASS ? 1u << PACKET_##upper : 0)
#define REASON_IF_DROP(upper, lower, verdict, text) | (ACTION_##verdict == XDP_DROP ? 1u << PACKET_##upper : 0)
#define REASONS_PASS (0u PACKET_REASON_LIST(REASON_IF_PASS))
#define REASONS_DROP (0u PACKET_REASON_LIST(REASON_IF_DROP))

_Static_assert(PACKET_REASON_MAX <= 32, "reasons are bits of a word");

static __attribute__((noinline)) void tell_event(const struct walk *walk, __u32 reason, __u64 bytes)
{
	const struct packet_head *head = &walk->head;
	struct packet_event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return;
	event->at_ns = walk->now_ns;
	__builtin_memcpy(event->source, head->source, sizeof(event->source));
	__builtin_memcpy(event->destination, head->destination, sizeof(event->destination));
	event->source_port = head->source_port;
	event->destination_port = head->destination_port;
	event->bytes = (__u16)bytes;
	event->reason = (__u8)reason;
	event->protocol = head->protocol;
	event->interface = walk->packet->ingress_ifindex;
	event->unused = 0;
	bpf_ringbuf_submit(event, 0);
}

PACKET_INLINE void tell_some(struct walk *walk, __u32 reason, __u64 bytes)
{
	struct packet_sample *sample = bpf_map_lookup_elem(&samples, &reason);

	if (sample && sample_take(sample, PACKET_EVENTS_S, walk_now(walk)))
		tell_event(walk, reason, bytes);
}

PACKET_INLINE void count(__u32 reason, __u64 bytes)
{
	struct packet_count *counts = bpf_map_lookup_elem(&counters, &reason);

	if (counts) {
		counts->packets++;
		counts->bytes += bytes;
	}
}

/* BYTES are those that arrived: an answer has others. */
PACKET_INLINE int walk_end(struct walk *walk, __u32 reason, __u64 bytes)
{
	count(reason, bytes);
	if (REASONS_PASS >> (reason & 31) & 1)
		return XDP_PASS;
	tell_some(walk, reason, bytes);
	if (walk->flags & PACKET_OBSERVES)
		return XDP_PASS;
	return REASONS_DROP >> (reason & 31) & 1 ? XDP_DROP : XDP_TX;
}

#endif
