/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* What the machine needs to be reachable at all: it passes before lists, budgets and hidden ports are asked. Each is what only a neighbour
 * on the link can send, or is looked at closely: a hole here would be one for everybody.
 *
 * Source   RFC 4861 (hop limit 255: no router let it through), RFC 3810 (MLD: 1, from a link-local address), RFC 8415, RFC 2131
 */
#ifndef BOUCLIER_PACKET_KERNEL_NEEDED_H
#define BOUCLIER_PACKET_KERNEL_NEEDED_H

#include "packet/kernel/head.h"

/* Router and neighbour solicitations and advertisements, redirects. */
PACKET_INLINE bool is_neighbour_discovery(const struct packet_head *head)
{
	return head->hop_limit == 255 && head->icmp_type >= 133 && head->icmp_type <= 137 && head->icmp_code == 0;
}

/* Without it switches forget which groups we listen to, and neighbour solicitations are sent to groups. */
PACKET_INLINE bool is_multicast_listening(const struct packet_head *head)
{
	return head->hop_limit == 1 && ((head->icmp_type >= 130 && head->icmp_type <= 132) || head->icmp_type == 143) &&
	       (head_is_link_local(head) || head_has_no_source(head));
}

/* An answer of a server: it may come through routers, so its form is asked. */
PACKET_INLINE bool is_dhcp_reply(const __u8 *udp, const __u8 *frame_end)
{
	return udp + 248 <= frame_end && udp[8] == 2 && wire_32(udp + 244) == 0x63825363;
}

PACKET_INLINE bool packet_is_needed(const __u8 *frame, const __u8 *frame_end, const struct packet_head *head)
{
	if (head->piece != PACKET_WHOLE)
		return false;
	if (head->version == 6 && head->protocol == PACKET_ICMP6)
		return is_neighbour_discovery(head) || is_multicast_listening(head);
	if (head->protocol != PACKET_UDP)
		return false;
	if (head->version == 6)
		return head->source_port == 547 && head->destination_port == 546 && head_is_link_local(head);
	return head->source_port == 67 && head->destination_port == 68 && head->transport <= 128 &&
	       is_dhcp_reply(frame + head->transport, frame_end);
}

#endif
