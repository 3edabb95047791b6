/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* What is known of a packet once it is parsed: what all steps of the walk read. */
#ifndef BOUCLIER_PACKET_KERNEL_HEAD_H
#define BOUCLIER_PACKET_KERNEL_HEAD_H

#include "packet/kernel/wire.h"
#include "packet/layout.h"

/* What a step says when it has nothing against a packet and no reason to let it pass at once. */
#define PACKET_GOES_ON PACKET_REASON_COUNT

enum packet_protocol {
	PACKET_ICMP = 1,
	PACKET_TCP = 6,
	PACKET_UDP = 17,
	PACKET_ICMP6 = 58,
};

enum packet_tcp_flag {
	PACKET_FIN = 1,
	PACKET_SYN = 2,
	PACKET_RST = 4,
	PACKET_PSH = 8,
	PACKET_ACK = 16,
	PACKET_URG = 32,
};

enum packet_piece { PACKET_WHOLE, PACKET_FIRST, PACKET_LATER };  /* of a fragmented one: with ports, without */

/* Addresses of IPv4 are ::ffff:a.b.c.d. */
struct packet_head {
	__u32 source[4], destination[4];  /* raw */
	__u32 network, transport, end;    /* offsets into the frame: of the IP header, of what it carries, of the first byte behind the packet */
	__u16 source_port, destination_port;  /* host order; 0 where there are none */
	__u8 version;                     /* 4, 6; 0: neither */
	__u8 protocol;                    /* behind the extension headers */
	__u8 piece;
	__u8 hop_limit;
	__u8 tcp_flags;                   /* the six of RFC 793 */
	__u8 tcp_bytes;                   /* of its header */
	__u8 icmp_type, icmp_code;
};

/* The number of an IPv4 source. */
PACKET_INLINE __u32 head_source_v4(const struct packet_head *head)
{
	return WIRE_32(head->source[3]);
}

/* Two raw words as one number. */
PACKET_INLINE __u64 head_number(const __u32 raw[2])
{
	return (__u64)WIRE_32(raw[0]) << 32 | WIRE_32(raw[1]);
}

PACKET_INLINE packet_source head_source(const struct packet_head *head)
{
	return head->version == 4 ? head_source_v4(head) : head_number(head->source);
}

PACKET_INLINE bool head_is_link_local(const struct packet_head *head)
{
	return head->version == 6 && WIRE_32(head->source[0]) >> 22 == 0xfe80u >> 6;
}

PACKET_INLINE bool head_has_no_source(const struct packet_head *head)
{
	return !(head->version == 4 ? head->source[3] : head->source[0] | head->source[1] | head->source[2] | head->source[3]);
}

/* Opens a connection, as far as the flags say. */
PACKET_INLINE bool head_is_syn(const struct packet_head *head)
{
	return head->protocol == PACKET_TCP && (head->tcp_flags & (PACKET_SYN | PACKET_ACK)) == PACKET_SYN;
}

PACKET_INLINE bool port_is_in(const __u64 *ports, __u16 port)
{
	return ports[port >> 6] >> (port & 63) & 1;
}

#endif
