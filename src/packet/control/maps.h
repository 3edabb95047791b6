/* The kernel filter's maps, as descriptors: all that the controller needs, and more than enough. Whoever has them needs no capability, no file
 * and no particular user: the loader opens what is pinned and hands it on.
 *
 *   maps      the descriptors: opened by who may, sent, received and looked at
 *   control   settings, heartbeat, bans, counters, events
 *   publish   lists into the copy that is not in use, and the flip
 *
 * Owns     the descriptors, until packet_maps_close
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_CONTROL_MAPS_H
#define BOUCLIER_PACKET_CONTROL_MAPS_H

#include "base/complaint.h"
#include "packet/layout.h"
#include "process/channel.h"

/* X(NAME, name, kind, bytes of a key, bytes of a value, entries): what layout.h says, and what a received descriptor is held against. */
#define PACKET_MAP_LIST(X) \
	X(SETTINGS, settings, ARRAY, sizeof(__u32), sizeof(struct packet_settings), 1u) \
	X(DIRECT, direct, ARRAY, sizeof(__u32), sizeof(struct packet_cells), 2u * 65536u) \
	X(GROUPS, groups, ARRAY, sizeof(__u32), sizeof(struct packet_group), 2u * PACKET_GROUPS) \
	X(LISTS_MORE, lists_more, HASH, sizeof(struct packet_more_key), sizeof(__u32), PACKET_MORE_MAX) \
	X(LISTS_V6, lists_v6, HASH, sizeof(struct packet_v6_key), sizeof(__u32), PACKET_V6_MAX) \
	X(BANS, bans, HASH, sizeof(packet_source), sizeof(struct packet_ban), PACKET_BANS_MAX) \
	X(SOURCES, sources, LRU_HASH, sizeof(packet_source), sizeof(__u64), PACKET_SOURCES_MAX) \
	X(COUNTERS, counters, PERCPU_ARRAY, sizeof(__u32), sizeof(struct packet_count), PACKET_REASON_MAX) \
	X(EVENTS, events, RINGBUF, 0, 0, PACKET_EVENTS_BYTES)

enum packet_map {
#define X(upper, lower, kind, key, value, entries) PACKET_MAP_##upper,
	PACKET_MAP_LIST(X)
#undef X
	PACKET_MAP_COUNT,
};

struct packet_maps {
	int fds[PACKET_MAP_COUNT];  /* -1: none */
};

const char *packet_map_name(enum packet_map map);
void packet_maps_init(struct packet_maps *maps);
void packet_maps_close(struct packet_maps *maps);
/* Opens what is pinned in FOLDER. RESULT_NOT_FOUND: nothing is pinned there; RESULT_REFUSED: no right to; RESULT_MALFORMED: not our maps;
 * RESULT_IO: errno tells. */
enum result packet_maps_open(const char *folder, struct packet_maps *out) must_check;
/* In the order of enum packet_map, as the descriptors of one message. As channel_send. */
enum result packet_maps_send(const struct packet_maps *maps, const struct channel *channel, enum channel_kind kind, uint64_t id, int wait_ms) must_check;
/* Takes them out of MESSAGE. RESULT_MALFORMED: too few, or not the maps that layout.h tells of: security, fails closed, nothing is taken. */
enum result packet_maps_take(struct channel_message *message, struct packet_maps *out) must_check;

#endif
