/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Reads an IP header and what stands between it and what is carried.
 *
 * Shape    IPv4 with options; IPv6 with at most PACKET_EXTENSIONS_MAX extension headers, of PACKET_NETWORK_MAX bytes with it
 * Source   RFC 791, 8200, 4302 (AH), 5095 (no type 0 routing header), 7112 (the first fragment has all headers), 6946 (a fragment that is
 *          whole)
 * Limits   as parse.h
 */
#ifndef BOUCLIER_PACKET_KERNEL_NETWORK_H
#define BOUCLIER_PACKET_KERNEL_NETWORK_H

#include "packet/kernel/head.h"

#define PACKET_EXTENSIONS_MAX 6
#define PACKET_NETWORK_MAX 512u     /* bytes of an IP header and its extensions: real ones have less than 100 */

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

#endif
