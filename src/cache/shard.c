#include "cache/shard.h"

#include <stdlib.h>

#include "base/banned.h"

#define WINDOW_PART 64u                        /* of what a part has */
#define WINDOW_MIN_BYTES ((uint64_t)16 * 1024)
#define PROTECTED_TENTHS 8u                    /* of what is not in the window */

enum result cache_shard_init(struct cache_shard *shard, size_t max)
{
	size_t width = 16;

	while (width < max)
		width *= 2;
	*shard = (struct cache_shard){ .buckets = calloc(width, sizeof(*shard->buckets)), .mask = width - 1, .max = max };
	if (!shard->buckets || cache_sketch_init(&shard->sketch, max) != RESULT_OK) {
		free(shard->buckets);
		return RESULT_NO_MEMORY;
	}
	for (size_t i = 0; i < width; i++)
		list_init(&shard->buckets[i]);
	list_init(&shard->parts);
	pthread_mutex_init(&shard->lock, NULL);
	return RESULT_OK;
}

void cache_shard_done(struct cache_shard *shard)
{
	for (size_t i = 0; i <= shard->mask; i++) {
		list_each_safe (node, next, &shard->buckets[i]) {
			struct cache_object *object = list_entry(node, struct cache_object, bucket);

			cache_shard_remove(shard, object);
			cache_object_drop(object);
		}
	}
	list_each_safe (node, next, &shard->parts)
		free(list_entry(node, struct cache_part, node));
	cache_sketch_done(&shard->sketch);
	free(shard->buckets);
	pthread_mutex_destroy(&shard->lock);
}

/* The shard itself was chosen by the upper bits. */
struct list *cache_shard_bucket(struct cache_shard *shard, uint64_t hash)
{
	return &shard->buckets[hash & shard->mask];
}

struct cache_part *cache_shard_part(struct cache_shard *shard, uint64_t party, bool may_make)
{
	struct cache_part *part;

	list_each (node, &shard->parts) {
		part = list_entry(node, struct cache_part, node);
		if (part->party == party)
			return part;
	}
	part = may_make ? calloc(1, sizeof(*part)) : NULL;
	if (!part)
		return NULL;
	part->party = party;
	for (unsigned i = 0; i < SEGMENT_COUNT; i++)
		list_init(&part->segments[i]);
	list_add_last(&shard->parts, &part->node);
	return part;
}

static void enter(struct cache_object *object, enum cache_segment segment)
{
	list_add_first(&object->part->segments[segment], &object->turn);
	object->segment = segment;
	object->part->bytes[segment] += cache_object_bytes(object);
}

static void leave(struct cache_object *object)
{
	list_remove(&object->turn);
	object->part->bytes[object->segment] -= cache_object_bytes(object);
}

static void move(struct cache_object *object, enum cache_segment segment)
{
	leave(object);
	enter(object, segment);
}

static struct cache_object *last_of(struct cache_part *part, enum cache_segment segment)
{
	struct list *list = &part->segments[segment];

	return list_is_empty(list) ? NULL : list_entry(list->prev, struct cache_object, turn);
}

static uint64_t window_max(const struct cache_part *part)
{
	uint64_t all = part->bytes[SEGMENT_WINDOW] + part->bytes[SEGMENT_PROBATION] + part->bytes[SEGMENT_PROTECTED];

	return all / WINDOW_PART > WINDOW_MIN_BYTES ? all / WINDOW_PART : WINDOW_MIN_BYTES;
}

/* What is in FROM beyond MOST bytes goes on probation, the last asked for last; OBJECT, which has just come, does not. */
static void spill(const struct cache_object *object, enum cache_segment from, uint64_t most)
{
	struct cache_part *part = object->part;
	struct cache_object *last = last_of(part, from);

	while (last && last != object && part->bytes[from] > most) {
		move(last, SEGMENT_PROBATION);
		last = last_of(part, from);
	}
}

void cache_shard_add(struct cache_shard *shard, struct cache_part *part, struct cache_object *object)
{
	object->part = part;
	list_add_first(cache_shard_bucket(shard, object->hash), &object->bucket);
	shard->count++;
	enter(object, SEGMENT_WINDOW);
	/* As long as there was room for all, nobody has to earn a place. */
	if (!part->is_pressed)
		spill(object, SEGMENT_WINDOW, window_max(part));
}

void cache_shard_touch(struct cache_object *object)
{
	struct cache_part *part = object->part;
	uint64_t main_bytes;

	if (object->segment == SEGMENT_WINDOW) {
		move(object, SEGMENT_WINDOW);
		return;
	}
	move(object, SEGMENT_PROTECTED);
	main_bytes = part->bytes[SEGMENT_PROBATION] + part->bytes[SEGMENT_PROTECTED];
	spill(object, SEGMENT_PROTECTED, main_bytes / 10 * PROTECTED_TENTHS);
}

void cache_shard_remove(struct cache_shard *shard, struct cache_object *object)
{
	leave(object);
	list_remove(&object->bucket);
	object->segment = SEGMENT_NONE;
	object->part = NULL;
	shard->count--;
}

/* Of the last of the window and the last of the rest, the one that was asked for less often lately. */
struct cache_object *cache_shard_evict(struct cache_shard *shard, struct cache_part *part, bool newcomers)
{
	struct cache_object *newcomer = last_of(part, SEGMENT_WINDOW), *settled = last_of(part, SEGMENT_PROBATION);
	struct cache_object *loser;

	part->is_pressed = true;
	if (newcomers && !newcomer)
		return NULL;
	if (!settled)
		settled = last_of(part, SEGMENT_PROTECTED);
	loser = newcomer ? newcomer : settled;
	if (newcomer && settled && cache_sketch_get(&shard->sketch, newcomer->hash) > cache_sketch_get(&shard->sketch, settled->hash)) {
		loser = settled;
		move(newcomer, SEGMENT_PROBATION);
	}
	if (loser)
		cache_shard_remove(shard, loser);
	return loser;
}
