/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* The SYN-ACK that carries a cookie.
 *
 * Shape    an IP header without options, then TCP with MSS, or with MSS, SACK, timestamps and window scale
 * Source   net/ipv4/syncookies.c of the kernel, cookie_init_timestamp(): what of a SYN comes back in the low six bits of our timestamp.
 *          The kernel reads them only if net.ipv4.tcp_timestamps is 2: with 1 it subtracts another random offset for each connection, and
 *          half of the citizens get options they never asked for and are refused. So the option is sent only if SETTINGS say 2
 */
#ifndef BOUCLIER_PACKET_KERNEL_ANSWER_H
#define BOUCLIER_PACKET_KERNEL_ANSWER_H

#include "packet/kernel/checksum.h"
#include "packet/kernel/tcp_options.h"

#define ANSWER_WINDOW 64240u          /* 44 segments of 1460: what the kernel says on a new connection */
#define ANSWER_HOP_LIMIT 64u
#define ANSWER_TCP_WORDS 10u

/* TCP begins at word 10, and the IP header ends there, so that both versions are one piece of memory. */
struct packet_answer {
	__u32 word[10 + ANSWER_TCP_WORDS];  /* raw; those of TCP that are not used are zero */
	__u32 tcp_bytes;              /* 24 or 40 */
};

/* NOW in ns of the kernel's own clock for timestamps, ms. */
PACKET_INLINE __u32 answer_timestamp(const struct syn_offer *offer, __u64 now_ns)
{
	__u32 now = (__u32)(now_ns / 1000000);
	__u32 timestamp = (now & ~63u) | offer->scale | (offer->has_sack ? 16u : 0u);

	return timestamp > now ? timestamp - 64 : timestamp;
}

/* 1: no operation; 2: MSS; 3: window scale; 4: SACK permitted; 8: timestamps. */
PACKET_INLINE void answer_timestamp_options(const struct syn_offer *offer, const struct packet_settings *settings, __u64 now_ns, __u32 *word)
{
	word[0] = offer->has_sack ? WIRE_32(0x0402080au) : WIRE_32(0x0101080au);
	word[1] = WIRE_32(answer_timestamp(offer, now_ns));
	word[2] = offer->timestamp;
	word[3] = offer->scale != TCP_NO_SCALE ? WIRE_32(0x01030300u | settings->window_scale) : WIRE_32(0x01010101u);
}

PACKET_INLINE void answer_tcp(const struct packet_head *head, const struct syn_offer *offer, const struct packet_settings *settings,
                              __u32 cookie, __u64 now_ns, struct packet_answer *answer)
{
	__u32 *tcp = answer->word + 10;
	__u32 mss = head->version == 4 ? settings->mss_v4 : settings->mss_v6;
	bool has_timestamp = offer->has_timestamp && settings->flags & PACKET_HAS_TIMESTAMPS;

	answer->tcp_bytes = has_timestamp ? 40 : 24;
	tcp[0] = WIRE_32((__u32)head->destination_port << 16 | head->source_port);
	tcp[1] = WIRE_32(cookie);
	tcp[2] = WIRE_32(offer->sequence + 1);
	tcp[3] = WIRE_32((has_timestamp ? 0xa0000000u : 0x60000000u) | (__u32)(PACKET_SYN | PACKET_ACK) << 16 | ANSWER_WINDOW);
	tcp[4] = 0;
	tcp[5] = WIRE_32(0x02040000u | mss);
	tcp[6] = tcp[7] = tcp[8] = tcp[9] = 0;
	if (has_timestamp)
		answer_timestamp_options(offer, settings, now_ns, tcp + 6);
}

/* From us to who sent HEAD; do not fragment. */
PACKET_INLINE void answer_v4(const struct packet_head *head, struct packet_answer *answer)
{
	__u32 *ip = answer->word + 5;

	ip[0] = WIRE_32(0x45000000u | (20 + answer->tcp_bytes));
	ip[1] = WIRE_32(0x00004000u);
	ip[2] = WIRE_32(ANSWER_HOP_LIMIT << 24 | (__u32)PACKET_TCP << 16);
	ip[3] = head->destination[3];
	ip[4] = head->source[3];
	ip[2] |= WIRE_32((__u32)WIRE_16(checksum_fold(checksum_words(ip, 5))));
}

PACKET_INLINE void answer_v6(const struct packet_head *head, struct packet_answer *answer)
{
	__u32 *ip = answer->word;

	ip[0] = WIRE_32(0x60000000u);
	ip[1] = WIRE_32(answer->tcp_bytes << 16 | (__u32)PACKET_TCP << 8 | ANSWER_HOP_LIMIT);
	for (int i = 0; i < 4; i++) {
		ip[2 + i] = head->destination[i];
		ip[6 + i] = head->source[i];
	}
}

/* The answer to the SYN that makes OFFER. */
PACKET_INLINE void answer_make(const struct packet_head *head, const struct syn_offer *offer, const struct packet_settings *settings,
                               __u32 cookie, __u64 now_ns, struct packet_answer *answer)
{
	__u32 *tcp = answer->word + 10;
	__u64 sum;

	answer_tcp(head, offer, settings, cookie, now_ns, answer);
	if (head->version == 4) {
		answer_v4(head, answer);
		sum = checksum_words(answer->word + 8, 2);
	} else {
		answer_v6(head, answer);
		sum = checksum_words(answer->word + 2, 8);
	}
	sum += checksum_words(tcp, ANSWER_TCP_WORDS) + WIRE_32(answer->tcp_bytes) + WIRE_32((__u32)PACKET_TCP);
	tcp[4] = WIRE_32((__u32)WIRE_16(checksum_fold(sum)) << 16);
}

#endif
