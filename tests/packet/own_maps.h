/* Maps of the shapes that layout.h says, which nobody pinned. */
#ifndef BOUCLIER_TESTS_PACKET_OWN_MAPS_H
#define BOUCLIER_TESTS_PACKET_OWN_MAPS_H

#include <bpf/bpf.h>

#include "packet/control/maps.h"

static inline int own_map(const char *name, enum bpf_map_type type, size_t key, size_t value, unsigned entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);

	if (type == BPF_MAP_TYPE_ARRAY)
		options.map_flags = BPF_F_MMAPABLE;
	else if (type == BPF_MAP_TYPE_HASH)
		options.map_flags = BPF_F_NO_PREALLOC;
	return bpf_map_create(type, name, (__u32)key, (__u32)value, entries, &options);
}

/* False: one of them could not be made; errno tells, and those that were are in OUT. */
static inline bool own_maps(struct packet_maps *out)
{
	packet_maps_init(out);
#define X(upper, lower, kind, key, value, entries) \
	out->fds[PACKET_MAP_##upper] = own_map(#lower, BPF_MAP_TYPE_##kind, key, value, entries); \
	if (out->fds[PACKET_MAP_##upper] < 0) \
		return false;
	PACKET_MAP_LIST(X)
#undef X
	return true;
}

#endif
