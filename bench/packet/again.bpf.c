/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* What a measured program is put between: "empty" does nothing, and "again" makes the packet anew before each repetition, because an answer
 * to a SYN is no SYN. It calls the measured program, or "empty", through a table, so that the difference is that program's own. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "again.h"

char licence[] SEC("license") = "Dual BSD/GPL";

struct again_frame frame = { 0 };

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured SEC(".maps");

SEC("xdp")
int empty(struct xdp_md *packet)
{
	(void)packet;
	return XDP_DROP;
}

SEC("xdp")
int again(struct xdp_md *packet)
{
	int len = (int)frame.len, now = (int)(packet->data_end - packet->data);

	if (len != now && bpf_xdp_adjust_tail(packet, len - now))
		return XDP_ABORTED;
	if (len == AGAIN_SHORT ? bpf_xdp_store_bytes(packet, 0, frame.byte, AGAIN_SHORT) : bpf_xdp_store_bytes(packet, 0, frame.byte, AGAIN_LONG))
		return XDP_ABORTED;
	bpf_tail_call(packet, &measured, 0);
	return XDP_ABORTED;
}
