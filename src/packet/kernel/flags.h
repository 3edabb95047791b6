/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Flags of TCP that no implementation sets together. Those of ECN are not looked at, nor is PSH on a SYN: some stacks send it. */
#ifndef BOUCLIER_PACKET_KERNEL_FLAGS_H
#define BOUCLIER_PACKET_KERNEL_FLAGS_H

#include "packet/kernel/head.h"

/* FLAGS of the six. RFC 9293, 3.10.7: all but a SYN and a RST have an ACK. */
PACKET_INLINE bool flags_are_possible(__u8 flags)
{
	if (flags & PACKET_SYN)
		return !(flags & (PACKET_FIN | PACKET_RST | PACKET_URG));
	if (flags & PACKET_RST)
		return !(flags & PACKET_FIN);
	return flags & PACKET_ACK;
}

#endif
