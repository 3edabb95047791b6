#include "edge/caching/disk.h"

#include <stdlib.h>

#include "cache/continuity/tier.h"
#include "cache/likeness.h"
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "base/banned.h"

#define MAX_AGE_S ((uint64_t)30 * 86400)
#define REFRESH_S 60u

/* Once there is one it is there for as long as anybody serves. */
static struct copies *disk_of(const struct edge_cache *cache)
{
	return cache ? __atomic_load_n(&cache->disk, __ATOMIC_ACQUIRE) : NULL;
}

static struct edge_cache *cache_of(const struct request *request)
{
	return request->connection->worker->common->cache;
}

static uint64_t now_ms(const struct request *request)
{
	return request->connection->worker->loop.now_ms;
}

/* -- which sites -- */

static bool has_disk(const struct edge_settings *settings)
{
	return settings->cache.mode != CACHE_OFF && settings->cache.disk;
}

static bool wants_disk(const struct edge_site *site)
{
	for (size_t i = 0; i < site->site->route_count; i++) {
		if (has_disk(site->routes[i].settings))
			return site->tenant && !site->is_passthrough;
	}
	return false;
}

enum result disk_apply(struct edge_cache *cache, const struct plan *plan)
{
	struct copies *disk = disk_of(cache);
	struct copies_rules *rules = disk ? calloc(plan->site_count + 1, sizeof(*rules)) : NULL;
	uint64_t bytes = (uint64_t)plan->top->cache_disk_bytes;
	enum result result;

	if (!rules)
		return disk ? RESULT_NO_MEMORY : RESULT_OK;
	for (size_t i = 0; i < plan->site_count; i++) {
		const struct edge_site *site = &plan->sites[i];

		rules[i] = (struct copies_rules){
			.site = site->key, .party = site->tenant ? site->tenant->key : 0, .name = site->site->name,
			.disk_bytes = wants_disk(site) ? bytes : 0, .max_age_s = MAX_AGE_S, .refresh_s = REFRESH_S,
		};
	}
	result = copies_apply(disk, rules, plan->site_count, bytes);
	free(rules);
	return result;
}

/* -- from disk -- */

bool disk_brings(struct request *request)
{
	struct copies *disk = disk_of(cache_of(request));
	struct recall *recall = &request->caching.recall;
	struct copies_ask ask = {
		.site = request->site->key, .key = request->caching.key, .fields = &request->head.fields,
		.has_cookies = request->caching.cookies == COOKIE_OTHER,
	};
	struct cache_object *object = NULL;

	if (!disk || recall->has_asked_disk || !has_disk(request->route->settings))
		return false;
	recall->has_asked_disk = true;
	ask.needs_judged = inspect_is_due(request);
	recall->ticket.context = request->connection->worker;
	if (copies_find(disk, &ask, &recall->ticket, &object) != COPIES_WAIT)
		return false;
	recall->until_ms = now_ms(request) + DISK_WAIT_MS;
	recall_wait(request, disk);
	return true;
}

bool disk_still_brings(struct request *request)
{
	bool has_come = recall_is_told(&request->caching.recall);

	if (!has_come && now_ms(request) < request->caching.recall.until_ms)
		return true;
	if (!has_come)
		tier_count_late(request->caching.recall.of);
	recall_leave(request);
	request->caching.is_from_disk = has_come;
	return false;
}

/* -- to disk -- */

void disk_replaces(const struct request *request, const struct cache_object *object)
{
	struct copies *disk = disk_of(cache_of(request));

	if (disk)
		tier_replace(disk, object);
}

static bool may_lie_there(const struct request *request, const struct cache_object *object)
{
	return has_disk(request->route->settings) && !request->route->settings->allow_from.count && tier_suits(object, now_ms(request)) &&
	       !likeness_has_secret(request->head.path, request->head.query);
}

void disk_see(const struct request *request, struct cache_object *object)
{
	struct copies *disk = disk_of(cache_of(request));
	uint64_t now_s = request->connection->worker->loop.wall_ns / 1000000000u, age_s;
	struct tier_offer offer = { object, request->site->key, 0, request->caching.purges };
	bool is_good;

	if (!disk || !tier_is_open(disk) || now_ms(request) < __atomic_load_n(&object->disk_look_ms, __ATOMIC_RELAXED))
		return;
	is_good = may_lie_there(request, object);
	if (is_good && cache_store_asked(cache_of(request)->store, object->hash) < DISK_ASKED_MIN)
		return;
	__atomic_store_n(&object->disk_look_ms, now_ms(request) + TIER_AGAIN_MS, __ATOMIC_RELAXED);
	if (!is_good)
		return;
	age_s = (uint64_t)(object->life.age_s + cache_object_resident_s(object, now_ms(request)));
	offer.made_s = now_s > age_s ? now_s - age_s : 0;
	tier_offer(disk, &offer, now_ms(request));
}

/* -- what goes -- */

void edge_cache_forget(struct edge_cache *cache, struct span key)
{
	struct copies *disk = disk_of(cache);

	if (disk)
		tier_forget(disk, key);
	else
		cache_store_forget(cache->store, key);
}

size_t edge_cache_purge(struct edge_cache *cache, const struct cache_purge *purge, bool *is_certain)
{
	struct copies *disk = disk_of(cache);
	size_t count = 0;

	*is_certain = !disk || copies_drop(disk, purge, false, &count) == RESULT_OK;
	return disk ? count : cache_store_purge(cache->store, purge);
}
