/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* What a packet carries along from step to step. */
#ifndef BOUCLIER_PACKET_KERNEL_WALK_BPF_H
#define BOUCLIER_PACKET_KERNEL_WALK_BPF_H

#include "packet/kernel/head.h"
#include "packet/kernel/maps.bpf.h"

struct walk {
	struct xdp_md *packet;
	const struct packet_settings *settings;
	__u64 *arrival;               /* of its source in "sources", once that was asked; NULL: it has shown nothing yet */
	__u64 now_ns;                 /* 0: not asked yet */
	packet_source source;
	__u32 flags;                  /* of the settings, read once */
	struct packet_head head;
};

PACKET_INLINE const __u8 *frame_of(const struct xdp_md *packet)
{
	return (const __u8 *)(long)packet->data;
}

PACKET_INLINE const __u8 *frame_end_of(const struct xdp_md *packet)
{
	return (const __u8 *)(long)packet->data_end;
}

PACKET_INLINE __u64 walk_now(struct walk *walk)
{
	if (!walk->now_ns)
		walk->now_ns = bpf_ktime_get_coarse_ns();
	return walk->now_ns;
}

/* Bans and budgets are what the controller learned: when it is silent nobody lifts them any more, and they are not asked. Fails open. */
PACKET_INLINE bool is_learned_valid(struct walk *walk)
{
	return walk_now(walk) < walk->settings->heartbeat_ns + PACKET_HEARTBEAT_NS;
}

PACKET_INLINE bool is_protected(const struct walk *walk)
{
	return port_is_in(walk->settings->protected_tcp, walk->head.destination_port);
}

#endif
