#include "packet/control/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

static const struct shape {
	const char *name;
	enum bpf_map_type type;
	size_t key, value;
	unsigned entries;
} shapes[] = {
#define X(upper, lower, kind, key, value, entries) { #lower, BPF_MAP_TYPE_##kind, key, value, entries },
	PACKET_MAP_LIST(X)
#undef X
};

_Static_assert(PACKET_MAP_COUNT <= CHANNEL_FDS_MAX, "they go in one message");

const char *packet_map_name(enum packet_map map)
{
	return shapes[map].name;
}

void packet_maps_init(struct packet_maps *maps)
{
	for (unsigned i = 0; i < PACKET_MAP_COUNT; i++)
		maps->fds[i] = -1;
}

void packet_maps_close(struct packet_maps *maps)
{
	for (unsigned i = 0; i < PACKET_MAP_COUNT; i++) {
		if (maps->fds[i] >= 0)
			close(maps->fds[i]);
	}
	packet_maps_init(maps);
}

/* A mapping of a map that is smaller than what is written to it would be our own death: sizes are asked of the kernel, not believed. */
static bool is_map(int fd, const struct shape *shape)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == shape->type && info.key_size == shape->key &&
	       info.value_size == shape->value && info.max_entries == shape->entries;
}

enum result packet_maps_open(const char *folder, struct packet_maps *out)
{
	enum result result = RESULT_OK;
	struct packet_maps maps;

	packet_maps_init(&maps);
	for (unsigned i = 0; i < PACKET_MAP_COUNT && result == RESULT_OK; i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", folder, shapes[i].name);
		maps.fds[i] = bpf_obj_get(path);
		if (maps.fds[i] < 0)
			result = errno == ENOENT ? RESULT_NOT_FOUND : errno == EPERM || errno == EACCES ? RESULT_REFUSED : RESULT_IO;
		else if (!is_map(maps.fds[i], &shapes[i]))
			result = RESULT_MALFORMED;
	}
	if (result == RESULT_OK)
		*out = maps;
	else
		packet_maps_close(&maps);
	return result;
}

enum result packet_maps_send(const struct packet_maps *maps, const struct channel *channel, enum channel_kind kind, uint64_t id, int wait_ms)
{
	return channel_send(channel, kind, id, SPAN_NONE, maps->fds, PACKET_MAP_COUNT, wait_ms);
}

enum result packet_maps_take(struct channel_message *message, struct packet_maps *out)
{
	if (message->fd_count < PACKET_MAP_COUNT)
		return RESULT_MALFORMED;
	for (unsigned i = 0; i < PACKET_MAP_COUNT; i++) {
		if (!is_map(message->fds[i], &shapes[i]))
			return RESULT_MALFORMED;
	}
	for (unsigned i = 0; i < PACKET_MAP_COUNT; i++)
		out->fds[i] = channel_take(message, i);
	return RESULT_OK;
}
