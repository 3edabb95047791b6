/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Reads a frame's headers.
 *
 * Shape    Ethernet, at most two VLAN tags; IP (network.h); TCP, UDP, ICMP, or whatever else is carried
 * Source   IEEE 802.1Q; RFC 9293, 768, 792, 4443
 * Limits   nothing is read at or beyond FRAME_END; an offset in HEAD is at most where the packet ends, and that at most where the frame does
 *
 * Fails closed: what cannot be read to the end is malformed. That is also more than two tags, because the kernel strips any number of
 * tags of VLAN 0 and would see an IP packet that nobody had looked at.
 */
#ifndef BOUCLIER_PACKET_KERNEL_PARSE_H
#define BOUCLIER_PACKET_KERNEL_PARSE_H

#include "packet/kernel/flags.h"
#include "packet/kernel/network.h"

#define PACKET_TAGS_MAX 2

enum packet_ethertype {
	PACKET_ETHER_IPV4 = 0x0800,
	PACKET_ETHER_TAG = 0x8100,
	PACKET_ETHER_IPV6 = 0x86dd,
	PACKET_ETHER_SERVICE_TAG = 0x88a8,
};

PACKET_INLINE bool is_tag(__u16 type)
{
	return type == PACKET_ETHER_TAG || type == PACKET_ETHER_SERVICE_TAG;
}

/* Moves NETWORK behind the Ethernet header and the tags; the type of what is there, or 0. */
PACKET_INLINE __u16 parse_ethernet(const __u8 *frame, const __u8 *frame_end, __u32 *network)
{
	__u32 at = 12;
	__u16 type;

	if (frame + 14 > frame_end)
		return 0;
	type = wire_16(frame + at);
	for (int i = 0; i < PACKET_TAGS_MAX; i++) {
		if (!is_tag(type))
			break;
		at += 4;
		if (frame + at + 2 > frame_end)
			return 0;
		type = wire_16(frame + at);
	}
	*network = at + 2;
	return is_tag(type) ? 0 : type;
}

PACKET_INLINE enum packet_reason parse_tcp(const __u8 *tcp, const __u8 *frame_end, struct packet_head *head)
{
	__u32 header;

	if (tcp + 20 > frame_end)
		return PACKET_MALFORMED;
	header = (tcp[12] >> 4) * 4u;
	if (header < 20 || head->transport + header > head->end)
		return PACKET_MALFORMED;
	head->source_port = wire_16(tcp);
	head->destination_port = wire_16(tcp + 2);
	head->tcp_flags = tcp[13] & 63;
	head->tcp_bytes = (__u8)header;
	if (!head->source_port || !head->destination_port || !flags_are_possible(head->tcp_flags))
		return PACKET_BAD_FLAGS;
	return PACKET_GOES_ON;
}

/* A source port of 0 is one to which nobody may answer: RFC 768 allows it. */
PACKET_INLINE enum packet_reason parse_udp(const __u8 *udp, const __u8 *frame_end, struct packet_head *head)
{
	__u32 bytes;

	if (udp + 8 > frame_end || head->transport + 8 > head->end)
		return PACKET_MALFORMED;
	bytes = wire_16(udp + 4);
	if (bytes < 8 || (head->piece == PACKET_WHOLE && head->transport + bytes > head->end))
		return PACKET_MALFORMED;
	head->source_port = wire_16(udp);
	head->destination_port = wire_16(udp + 2);
	return head->destination_port ? PACKET_GOES_ON : PACKET_BAD_FLAGS;
}

PACKET_INLINE enum packet_reason parse_icmp(const __u8 *icmp, const __u8 *frame_end, struct packet_head *head)
{
	if (icmp + 8 > frame_end || head->transport + 8 > head->end)
		return PACKET_MALFORMED;
	head->icmp_type = icmp[0];
	head->icmp_code = icmp[1];
	return PACKET_GOES_ON;
}

PACKET_INLINE enum packet_reason parse_transport(const __u8 *frame, const __u8 *frame_end, struct packet_head *head)
{
	const __u8 *at = frame + head->transport;

	if (head->piece == PACKET_LATER)
		return PACKET_GOES_ON;
	if (head->protocol == PACKET_TCP)
		return parse_tcp(at, frame_end, head);
	if (head->protocol == PACKET_UDP)
		return parse_udp(at, frame_end, head);
	if (head->protocol == (head->version == 4 ? PACKET_ICMP : PACKET_ICMP6))
		return parse_icmp(at, frame_end, head);
	return PACKET_GOES_ON;
}

/* A source that cannot be one: this machine's own network, a group, the packet's own destination, and of ::/32 all but the one address that
 * says "I have none yet", which asks for neighbours. 0.0.0.0 asks for an address, and TCP is not how. RFC 1122 (3.2.1.3), 4291. */
PACKET_INLINE bool source_is_possible(const struct packet_head *head)
{
	__u32 source;

	if (head->version == 4) {
		source = head_source_v4(head);
		return source >> 24 != 127 && source >> 28 != 14 && source != 0xffffffff && source != WIRE_32(head->destination[3]) &&
		       (source >> 24 || (!source && head->protocol != PACKET_TCP));
	}
	if (!head->source[0])
		return head_has_no_source(head) && head->protocol == PACKET_ICMP6;
	return WIRE_32(head->source[0]) >> 24 != 0xff &&
	       ((head->source[0] ^ head->destination[0]) | (head->source[1] ^ head->destination[1]) | (head->source[2] ^ head->destination[2]) |
	        (head->source[3] ^ head->destination[3]));
}

/* PACKET_GOES_ON: HEAD is all set. Otherwise it is set as far as the packet could be read. HEAD is zeros before. */
PACKET_INLINE enum packet_reason packet_parse(const __u8 *frame, const __u8 *frame_end, struct packet_head *head)
{
	__u16 type = parse_ethernet(frame, frame_end, &head->network);
	enum packet_reason reason;

	if (!type)
		return PACKET_MALFORMED;
	if (type != PACKET_ETHER_IPV4 && type != PACKET_ETHER_IPV6)
		return PACKET_OTHER_PROTOCOL;
	reason = type == PACKET_ETHER_IPV4 ? parse_v4(frame, frame_end, head) : parse_v6(frame, frame_end, head);
	if (reason != PACKET_GOES_ON)
		return reason;
	if (!source_is_possible(head))
		return PACKET_MALFORMED;
	return parse_transport(frame, frame_end, head);
}

#endif
