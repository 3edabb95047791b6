/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* The maps of layout.h, as libbpf makes them. What only the controller fills is not allocated before it is used. */
#ifndef BOUCLIER_PACKET_KERNEL_MAPS_BPF_H
#define BOUCLIER_PACKET_KERNEL_MAPS_BPF_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "packet/layout.h"

#define MAP(map_name, map_type, count, flags, key_type, value_type) \
	struct { \
		__uint(type, map_type); \
		__uint(max_entries, count); \
		__uint(map_flags, flags); \
		__type(key, key_type); \
		__type(value, value_type); \
	} map_name SEC(".maps")

MAP(settings, BPF_MAP_TYPE_ARRAY, 1, BPF_F_MMAPABLE, __u32, struct packet_settings);
MAP(direct, BPF_MAP_TYPE_ARRAY, 2 * 65536, BPF_F_MMAPABLE, __u32, struct packet_cells);
MAP(groups, BPF_MAP_TYPE_ARRAY, 2 * PACKET_GROUPS, BPF_F_MMAPABLE, __u32, struct packet_group);
MAP(lists_more, BPF_MAP_TYPE_HASH, PACKET_MORE_MAX, BPF_F_NO_PREALLOC, struct packet_more_key, __u32);
MAP(lists_v6, BPF_MAP_TYPE_HASH, PACKET_V6_MAX, BPF_F_NO_PREALLOC, struct packet_v6_key, __u32);
MAP(bans, BPF_MAP_TYPE_HASH, PACKET_BANS_MAX, BPF_F_NO_PREALLOC, packet_source, struct packet_ban);
MAP(sources, BPF_MAP_TYPE_LRU_HASH, PACKET_SOURCES_MAX, 0, packet_source, __u64);
MAP(sketch, BPF_MAP_TYPE_ARRAY, PACKET_SKETCH, 0, __u32, __u64);
MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, PACKET_REASON_MAX, 0, __u32, struct packet_count);
MAP(samples, BPF_MAP_TYPE_PERCPU_ARRAY, PACKET_REASON_MAX, 0, __u32, struct packet_sample);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, PACKET_EVENTS_BYTES);
} events SEC(".maps");

/* Where sources lie in the sketch: program.c draws it, so that nobody outside can find two that share their words. */
volatile const __u64 sketch_seed = 0;

#endif
