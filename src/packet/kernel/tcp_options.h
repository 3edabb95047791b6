/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* What a SYN asks for, as far as a cookie can carry it: the kernel packs these into the low bits of its timestamp.
 *
 * Source   RFC 9293 (3.1), RFC 7323 (timestamps, window scale), RFC 2018 (SACK)
 * Limits   a header is at most 60 bytes; options that do not fit end the reading, as in the kernel (tcp_parse_options)
 */
#ifndef BOUCLIER_PACKET_KERNEL_TCP_OPTIONS_H
#define BOUCLIER_PACKET_KERNEL_TCP_OPTIONS_H

#include "packet/kernel/head.h"

#define TCP_HEADER_MAX 60u
#define TCP_OPTIONS_MAX 40u           /* of one byte */
#define TCP_NO_SCALE 15u              /* what the kernel's cookies say for none */

struct syn_offer {
	__u32 sequence;               /* the number that the SYN begins with */
	__u32 timestamp;              /* raw */
	__u8 has_timestamp, has_sack, scale;
	__u8 unused;
};

struct tcp_options {
	__u8 header[64];              /* the TCP header; a power of two, so that an index can be masked for the verifier */
	__u32 at, end;                /* the next option, and where they end */
	struct syn_offer offer;
};

PACKET_INLINE __u8 option_byte(const struct tcp_options *options, __u32 at)
{
	return options->header[at & 63];
}

/* Before the first; HEADER and END are set. */
PACKET_INLINE void options_begin(struct tcp_options *options)
{
	options->at = 20;
	options->offer = (struct syn_offer){ .sequence = wire_32(options->header + 4), .scale = TCP_NO_SCALE };
}

PACKET_INLINE void option_keep(struct tcp_options *options, __u32 at, __u8 kind, __u8 bytes)
{
	__u8 scale;

	if (kind == 3 && bytes == 3) {
		scale = option_byte(options, at + 2);
		options->offer.scale = scale > 14 ? 14 : scale;
	} else if (kind == 4 && bytes == 2) {
		options->offer.has_sack = 1;
	} else if (kind == 8 && bytes == 10) {
		options->offer.has_timestamp = 1;
		options->offer.timestamp = WIRE_32((__u32)option_byte(options, at + 2) << 24 | (__u32)option_byte(options, at + 3) << 16 |
		                             (__u32)option_byte(options, at + 4) << 8 | option_byte(options, at + 5));
	}
}

/* Reads one. False: there are no more. */
PACKET_INLINE bool option_next(struct tcp_options *options)
{
	__u32 at = options->at, end = options->end;
	__u8 kind, bytes;

	if (end > TCP_HEADER_MAX || at >= end)
		return false;
	kind = option_byte(options, at);
	if (kind == 0)
		return false;
	if (kind == 1) {
		options->at = at + 1;
		return true;
	}
	bytes = option_byte(options, at + 1);
	if (at + 2 > end || bytes < 2 || at + bytes > end)
		return false;
	option_keep(options, at, kind, bytes);
	options->at = at + bytes;
	return true;
}

#endif
