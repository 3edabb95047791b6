/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* A SYN that finds the queue of half-open connections full is answered here with a cookie of the kernel's own, made for the listener that
 * it would reach: so the kernel itself takes the ACK that brings it back. Cookies that are made without a listener
 * (bpf_tcp_raw_gen_syncookie) are refused by a listener whose queue never overflowed: not one citizen would get in.
 */
#ifndef BOUCLIER_PACKET_KERNEL_COOKIE_BPF_H
#define BOUCLIER_PACKET_KERNEL_COOKIE_BPF_H

#include "packet/kernel/answer.h"
#include "packet/kernel/sockets.bpf.h"

#define NO_ENTRY (-2)                 /* -ENOENT: the kernel would not send a cookie now */
#define NO_HEADER (-22)               /* -EINVAL */

static long option_step(__u32 number, void *options)
{
	(void)number;
	return !option_next(options);
}

/* What bpf_tcp_gen_syncookie() says: a cookie, or less than 0. Without a listener NO_ENTRY: the kernel answers as it likes. */
static __attribute__((noinline)) __s64 cookie_of(struct walk *walk, struct tcp_options *options)
{
	struct bpf_sock *socket = socket_of(walk);
	__u32 ip[10] = { 0 };
	__u32 bytes = cookie_header(&walk->head, ip);
	__s64 cookie = NO_ENTRY;

	if (!socket)
		return NO_ENTRY;
	if (socket->state == BPF_TCP_LISTEN && options->end >= 20 && options->end <= TCP_HEADER_MAX)
		cookie = bpf_tcp_gen_syncookie(socket, ip, bytes, (struct tcphdr *)options->header, options->end);
	bpf_sk_release(socket);
	return cookie;
}

PACKET_INLINE bool options_load(const struct walk *walk, struct tcp_options *options)
{
	__u32 bytes = walk->head.tcp_bytes;

	if (bytes < 20 || bytes > TCP_HEADER_MAX || bpf_xdp_load_bytes(walk->packet, walk->head.transport, options->header, bytes))
		return false;
	options->end = bytes;
	options_begin(options);
	return true;
}

PACKET_INLINE void addresses_swap(__u8 *frame)
{
	__u16 *word = (__u16 *)frame;

	for (int i = 0; i < 3; i++) {
		__u16 kept = word[i];

		word[i] = word[3 + i];
		word[3 + i] = kept;
	}
}

/* Asks the kernel, and sets what the SYN offers. The parts of answering a SYN are functions of their own for the sake of the stack, of which
 * there are 512 bytes for all calls. */
static __attribute__((noinline)) __s64 cookie_make(struct walk *walk, struct syn_offer *offer)
{
	struct tcp_options options = { 0 };
	__s64 cookie;

	if (!options_load(walk, &options))
		return NO_HEADER;
	cookie = cookie_of(walk, &options);
	if (cookie >= 0 && walk->flags & PACKET_HAS_TIMESTAMPS)
		bpf_loop(TCP_OPTIONS_MAX, option_step, &options, 0);
	*offer = options.offer;
	return cookie;
}

/* The packet becomes the answer; tags stay. PACKET_FAILED: it is as it was, unless what cannot happen happened. */
static __attribute__((noinline)) enum packet_reason answer_send(struct walk *walk, const struct syn_offer *offer, __u32 cookie)
{
	struct packet_answer answer;
	__u32 is_v6 = walk->head.version == 6, network = walk->head.network, bytes;
	__u8 *frame;

	answer_make(&walk->head, offer, walk->settings, cookie, walk_now(walk), &answer);
	bytes = answer.tcp_bytes + (is_v6 ? 40 : 20);
	if (network > 64 || bytes > 80 || bpf_xdp_adjust_tail(walk->packet, (int)(network + bytes) - (int)bpf_xdp_get_buff_len(walk->packet)))
		return PACKET_FAILED;
	frame = (__u8 *)(long)walk->packet->data;
	if (frame + 14 > frame_end_of(walk->packet))
		return PACKET_FAILED;
	addresses_swap(frame);
	return bpf_xdp_store_bytes(walk->packet, network, is_v6 ? answer.word : answer.word + 5, bytes) ? PACKET_FAILED : PACKET_COOKIE_SENT;
}

static __attribute__((noinline)) enum packet_reason syn_answer(struct walk *walk)
{
	struct syn_offer offer = { 0 };
	__s64 cookie = cookie_make(walk, &offer);

	if (cookie == NO_ENTRY)
		return PACKET_GOES_ON;
	if (cookie < 0)
		return PACKET_FAILED;
	return walk->flags & PACKET_OBSERVES ? PACKET_COOKIE_SENT : answer_send(walk, &offer, (__u32)cookie);
}

#endif
