/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Both ends of a flood, on the attacker's interface: "throw" makes packets of a pattern, each from another source, and sends them through
 * the interface (BPF_PROG_TEST_RUN, live frames); "catch" takes what comes back to sources that do not exist. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "flood.h"
#include "packet/kernel/checksum.h"

char licence[] SEC("license") = "Dual BSD/GPL";

volatile const __u32 interface = 0;
volatile const __u32 bytes = 60;              /* of a packet: FLOOD_SHORT or FLOOD_LONG */
volatile const __u32 first_source = 0, sources = 1;  /* host order */
volatile const __u32 honest = 0;              /* host order: the /24 of who is really there */
struct flood_pattern pattern = { 0 };
__u64 thrown = 0, answers = 0, resets = 0;

PACKET_INLINE void store_32(__u8 *at, __u32 raw)
{
	*(__u32 *)at = raw;
}

PACKET_INLINE __u32 load_32(const __u8 *at)
{
	return *(const __u32 *)at;
}

/* Everything behind the Ethernet header is a multiple of two bytes from it; WORDS of 16 bits. */
PACKET_INLINE __u32 sum_16(const __u8 *at, int words)
{
	__u32 sum = 0;

	for (int i = 0; i < words; i++)
		sum += *(const __u16 *)(at + i * 2);
	return sum;
}

PACKET_INLINE void finish(__u8 *frame, int transport_bytes)
{
	__u32 pseudo = sum_16(frame + 26, 4) + WIRE_16((__u16)frame[23]) + WIRE_16((__u16)transport_bytes);

	*(__u16 *)(frame + 24) = 0;
	*(__u16 *)(frame + 24) = checksum_fold(sum_16(frame + 14, 10));
	if (frame[23] == 6) {
		*(__u16 *)(frame + 50) = 0;
		*(__u16 *)(frame + 50) = checksum_fold((__u64)pseudo + sum_16(frame + 34, transport_bytes / 2));
	}
}

/* The frame's memory is used again and again, and receivers change its length: that is set right only where we change it too. */
SEC("xdp")
int throw(struct xdp_md *packet)
{
	__u32 number = (__u32)__sync_fetch_and_add(&thrown, 1), random = number * 2654435761u;
	__u8 *frame, *end;

	random ^= random >> 15;
	if (bpf_xdp_adjust_tail(packet, -FLOOD_SPARE))
		return XDP_ABORTED;
	frame = (__u8 *)(long)packet->data;
	end = (__u8 *)(long)packet->data_end;
	if (frame + FLOOD_SHORT > end)
		return XDP_ABORTED;
	for (int i = 0; i < FLOOD_SHORT; i += 4)
		store_32(frame + i, load_32(pattern.byte + i));
	if (bytes == FLOOD_LONG) {
		if (frame + FLOOD_LONG > end)
			return XDP_ABORTED;
		for (int i = FLOOD_SHORT; i < FLOOD_LONG - 2; i += 4)
			store_32(frame + i, load_32(pattern.byte + i));
		*(__u16 *)(frame + FLOOD_LONG - 2) = *(__u16 *)(pattern.byte + FLOOD_LONG - 2);
	}
	store_32(frame + 26, WIRE_32(first_source + random % (sources ? sources : 1)));
	if (frame[23] == 6) {
		*(__u16 *)(frame + 34) = WIRE_16((__u16)(1024 + (random >> 16) % 60000));
		store_32(frame + 38, random);
	}
	if (bytes == FLOOD_LONG)
		finish(frame, FLOOD_LONG - 34);
	else
		finish(frame, 20);
	return (int)bpf_redirect(interface, 0);
}

SEC("xdp")
int catch(struct xdp_md *packet)
{
	const __u8 *frame = (const __u8 *)(long)packet->data, *end = (const __u8 *)(long)packet->data_end;

	if (frame + 54 > end || *(const __u16 *)(frame + 12) != WIRE_16(0x0800) || (WIRE_32(load_32(frame + 30)) ^ honest) < 256)
		return XDP_PASS;
	if ((frame[47] & 0x12) == 0x12)
		__sync_fetch_and_add(&answers, 1);
	if (frame[47] & 4)
		__sync_fetch_and_add(&resets, 1);
	return XDP_DROP;
}
