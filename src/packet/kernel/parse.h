/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Reads a frame's headers.
 *
 * Shape    Ethernet, at most two VLAN tags; IPv4 with options; IPv6 with at most PACKET_EXTENSIONS_MAX extension headers
 * Source   IEEE 802.1Q; RFC 791, 8200, 4302 (AH), 5095 (no type 0 routing header), 7112 (the first fragment has all headers), 6946
 *          (a fragment that is whole); 9293, 768, 792, 4443
 * Limits   nothing is read at or beyond FRAME_END; an offset in HEAD is at most where the packet ends, and that at most where the frame does
 *
 * Fails closed: what cannot be read to the end is malformed. That is also more than two tags, because the kernel strips any number of
 * tags of VLAN 0 and would see an IP packet that nobody had looked at.
 */
#ifndef BOUCLIER_PACKET_KERNEL_PARSE_H
#define BOUCLIER_PACKET_KERNEL_PARSE_H

#include "packet/kernel/flags.h"
#include "packet/kernel/head.h"

#define PACKET_TAGS_MAX 2
#define PACKET_EXTENSIONS_MAX 6
#define PACKET_NETWORK_MAX 512u     /* bytes of an IP header and its extensions: real ones have less than 100 */

enum packet_ethertype {
	PACKET_ETHER_IPV4 = 0x0800,
	PACKET_ETHER_TAG = 0x8100,
	PACKET_ETHER_IPV6 = 0x86dd,
	PACKET_ETHER_SERVICE_TAG = 0x88a8,
};

enum packet_extension {
	PACKET_HOP_BY_HOP = 0,
	PACKET_ROUTING = 43,
	PACKET_FRAGMENTED = 44,
	PACKET_AUTHENTICATED = 51,
	PACKET_DESTINATION_OPTIONS = 60,
	PACKET_MOBILITY = 135,
	PACKET_HOST_IDENTITY = 139,
	PACKET_SHIM6 = 140,
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

/* OFFSET and BYTES of a fragment fit into the largest packet, and all but the last are of whole blocks. RFC 791. */
PACKET_INLINE bool fragment_is_possible(__u32 offset, __u32 bytes, bool has_more)
{
	return offset + bytes <= 65515 && bytes && !(has_more && bytes & 7);
}

PACKET_INLINE __u8 piece_of(__u32 offset, bool has_more)
{
	return offset ? PACKET_LATER : has_more ? PACKET_FIRST : PACKET_WHOLE;
}

PACKET_INLINE enum packet_reason parse_v4(const __u8 *frame, const __u8 *frame_end, struct packet_head *head)
{
	const __u8 *ip = frame + head->network;
	__u32 header, total, offset;
	bool has_more;

	if (ip + 20 > frame_end)
		return PACKET_MALFORMED;
	header = (ip[0] & 15u) * 4;
	total = wire_16(ip + 2);
	if (ip[0] >> 4 != 4 || header < 20 || total < header || ip + total > frame_end)
		return PACKET_MALFORMED;
	head->version = 4;
	head->hop_limit = ip[8];
	head->protocol = ip[9];
	head->source[2] = head->destination[2] = WIRE_32(0xffff);
	head->source[3] = wire_raw_32(ip + 12);
	head->destination[3] = wire_raw_32(ip + 16);
	head->transport = head->network + header;
	head->end = head->network + total;
	offset = (wire_16(ip + 6) & 0x1fffu) * 8;
	has_more = ip[6] & 0x20;
	head->piece = piece_of(offset, has_more);
	if (head->piece != PACKET_WHOLE && !fragment_is_possible(offset, total - header, has_more))
		return PACKET_MALFORMED;
	return PACKET_GOES_ON;
}

PACKET_INLINE bool is_extension(__u8 header)
{
	return header == PACKET_HOP_BY_HOP || header == PACKET_ROUTING || header == PACKET_FRAGMENTED || header == PACKET_AUTHENTICATED ||
	       header == PACKET_DESTINATION_OPTIONS || header == PACKET_MOBILITY || header == PACKET_HOST_IDENTITY || header == PACKET_SHIM6;
}

/* Those that nobody may send: hop-by-hop options that are not first, a second fragment header, a type 0 routing header. */
PACKET_INLINE bool extension_is_possible(const __u8 *extension, __u8 kind, bool is_first, bool has_fragment)
{
	return !(kind == PACKET_HOP_BY_HOP && !is_first) && !(kind == PACKET_FRAGMENTED && has_fragment) &&
	       !(kind == PACKET_ROUTING && extension[2] == 0);
}

PACKET_INLINE __u32 extension_bytes(const __u8 *extension, __u8 kind)
{
	return kind == PACKET_FRAGMENTED ? 8 : kind == PACKET_AUTHENTICATED ? (extension[1] + 2u) * 4 : (extension[1] + 1u) * 8;
}

/* From the fixed header's NEXT header to what is carried. */
PACKET_INLINE enum packet_reason parse_extensions(const __u8 *frame, const __u8 *frame_end, struct packet_head *head, __u8 next)
{
	__u32 at = head->network + 40;
	bool has_fragment = false;

	for (int i = 0; i <= PACKET_EXTENSIONS_MAX; i++) {
		const __u8 *extension = frame + at;
		__u32 word;

		if (!is_extension(next) || head->piece == PACKET_LATER) {
			head->protocol = next;
			head->transport = at;
			return PACKET_GOES_ON;
		}
		if (extension + 8 > frame_end || !extension_is_possible(extension, next, i == 0, has_fragment))
			return PACKET_MALFORMED;
		at += extension_bytes(extension, next);
		if (at > head->end || at > head->network + PACKET_NETWORK_MAX)
			return PACKET_MALFORMED;
		if (next == PACKET_FRAGMENTED) {
			has_fragment = true;
			word = wire_16(extension + 2);
			head->piece = piece_of(word & 0xfff8u, word & 1);
			if (head->piece != PACKET_WHOLE && !fragment_is_possible(word & 0xfff8u, head->end - at, word & 1))
				return PACKET_MALFORMED;
		}
		next = extension[0];
	}
	return PACKET_MALFORMED;
}

PACKET_INLINE enum packet_reason parse_v6(const __u8 *frame, const __u8 *frame_end, struct packet_head *head)
{
	const __u8 *ip = frame + head->network;
	__u32 total;

	if (ip + 40 > frame_end)
		return PACKET_MALFORMED;
	total = 40u + wire_16(ip + 4);
	if (ip[0] >> 4 != 6 || ip + total > frame_end)
		return PACKET_MALFORMED;
	head->version = 6;
	head->hop_limit = ip[7];
	for (int i = 0; i < 4; i++) {
		head->source[i] = wire_raw_32(ip + 8 + i * 4);
		head->destination[i] = wire_raw_32(ip + 24 + i * 4);
	}
	head->end = head->network + total;
	return parse_extensions(frame, frame_end, head, ip[6]);
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
