#include "cli/edge/cache_disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/edge/copies_watch.h"

#include "base/banned.h"

struct edge_cache_disk {
	struct copies *copies;
	struct copies_watch watch;
};

static void open_disk(struct edge_state *state)
{
	struct edge_cache *cache = state->common.cache;
	struct edge_cache_disk *disk = calloc(1, sizeof(*disk));

	if (disk)
		disk->copies = copies_new(state->state_fd, cache->store, COPIES_TIER);
	if (!disk || !disk->copies) {
		fprintf(stderr, "bouclier: the cache has no disk: there is no memory for it, or no thread\n");
		free(disk);
		return;
	}
	state->cache_disk = disk;
	__atomic_store_n(&cache->disk, disk->copies, __ATOMIC_RELEASE);
}

/* What an earlier configuration left there is to go. */
static bool has_folder(const struct edge_state *state)
{
	return faccessat(state->state_fd, "cache", F_OK, 0) == 0;
}

void edge_cache_disk_apply(struct edge_state *state)
{
	struct edge_cache *cache = state->common.cache;

	if (!cache || state->state_fd < 0)
		return;
	if (!state->cache_disk && (plan_of(state->snapshot)->top->cache_disk_bytes || has_folder(state)))
		open_disk(state);
	if (state->cache_disk && disk_apply(cache, plan_of(state->snapshot)) != RESULT_OK)
		fprintf(stderr, "bouclier: the cache's disk has the limits that it had: there is no memory for the new ones\n");
}

void edge_cache_disk_tick(struct edge_state *state)
{
	static const struct copies_words words = { "answers on the cache's disk", "cache/key", "cache-disk-stopped", "cache-disk-kept", "cache-disk-damaged" };
	struct copies_state now;

	if (!state->cache_disk || state->is_draining)
		return;
	now = copies_state(state->cache_disk->copies);
	copies_watch_tell(&state->cache_disk->watch, &words, state, &now);
}

void edge_cache_disk_leave(struct edge_state *state)
{
	if (state->cache_disk)
		copies_leave(state->cache_disk->copies);
}

void edge_cache_disk_close(struct edge_state *state)
{
	if (!state->cache_disk)
		return;
	state->common.cache->disk = NULL;
	copies_free(state->cache_disk->copies);
	free(state->cache_disk);
	state->cache_disk = NULL;
}
