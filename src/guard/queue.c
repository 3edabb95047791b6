#include "guard/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#include "base/banned.h"

#define PLACES 4096u

struct queue_memory {
	struct place {
		uint64_t last_tag;
		uint32_t waiting;        /* entries that have it as their first place */
	} places[LANE_COUNT][PLACES];    /* of sources */
	struct queue_entry **heaps[LANE_COUNT];
	unsigned sizes[LANE_COUNT];  /* of each heap's memory, in entries */
};

void queue_init(struct queue *queue, unsigned max)
{
	*queue = (struct queue){ .max = max };
}

void queue_done(struct queue *queue)
{
	for (unsigned lane = 0; queue->memory && lane < LANE_COUNT; lane++)
		free(queue->memory->heaps[lane]);
	free(queue->memory);
	queue_init(queue, queue->max);
}

void queue_release(struct queue *queue)
{
	if (!queue->count)
		queue_done(queue);
}

/* -- a heap of one lane: by tag, then by coming -- */

static bool is_before(const struct queue_entry *a, const struct queue_entry *b)
{
	return a->tag != b->tag ? a->tag < b->tag : a->number < b->number;
}

static void put(struct queue_entry **heap, unsigned place, struct queue_entry *entry)
{
	heap[place] = entry;
	entry->place = place;
}

static void rise(struct queue_entry **heap, unsigned place)
{
	struct queue_entry *entry = heap[place];

	for (; place && is_before(entry, heap[(place - 1) / 2]); place = (place - 1) / 2)
		put(heap, place, heap[(place - 1) / 2]);
	put(heap, place, entry);
}

static void sink(struct queue_entry **heap, unsigned count, unsigned place)
{
	struct queue_entry *entry = heap[place];

	for (unsigned child; (child = 2 * place + 1) < count; place = child) {
		child += child + 1 < count && is_before(heap[child + 1], heap[child]);
		if (is_before(entry, heap[child]))
			break;
		put(heap, place, heap[child]);
	}
	put(heap, place, entry);
}

static enum result grow(struct queue_memory *memory, enum lane lane)
{
	unsigned size = memory->sizes[lane] ? memory->sizes[lane] * 2 : 64;
	struct queue_entry **heap = reallocarray(memory->heaps[lane], size, sizeof(struct queue_entry *));

	if (!heap)
		return RESULT_NO_MEMORY;
	memory->heaps[lane] = heap;
	memory->sizes[lane] = size;
	return RESULT_OK;
}

/* -- turns -- */

static struct place *find_place(const struct queue *queue, enum lane lane, uint64_t source, unsigned which)
{
	return &queue->memory->places[lane][(hash_u64(source) >> 16 * which) % PLACES];
}

/* Two sources share their turns only if they meet at both places. */
static uint64_t last_tag(const struct queue *queue, enum lane lane, uint64_t source)
{
	uint64_t one = find_place(queue, lane, source, 0)->last_tag, other = find_place(queue, lane, source, 1)->last_tag;

	return one < other ? one : other;
}

static void set_last_tag(const struct queue *queue, const struct queue_entry *entry)
{
	for (unsigned which = 0; which < 2; which++) {
		struct place *place = find_place(queue, entry->lane, entry->source, which);

		place->last_tag = place->last_tag > entry->tag ? place->last_tag : entry->tag;
	}
}

/* A source that has not asked for a while gets no turns for that. */
static uint64_t next_tag(const struct queue *queue, enum lane lane, uint64_t source)
{
	uint64_t turn = queue->turns[lane], last = queue->memory ? last_tag(queue, lane, source) : 0;

	return (last > turn ? last : turn) + 1;
}

/* Every source that waits in this lane has at most one entry for each turn, from the one under way up to ours. */
unsigned queue_ahead(const struct queue *queue, enum lane lane, uint64_t source)
{
	uint64_t turns = next_tag(queue, lane, source) - queue->turns[lane] + 1;
	unsigned ahead = 0, sources = queue->sources[lane];

	for (unsigned better = 0; better < lane; better++)
		ahead += queue->counts[better];
	return ahead + (turns < queue->counts[lane] && turns * sources < queue->counts[lane] ? (unsigned)turns * sources : queue->counts[lane]);
}

/* -- coming and going -- */

static enum lane worst_lane(const struct queue *queue)
{
	unsigned lane = LANE_COUNT;

	while (lane-- > 0 && !queue->counts[lane])
		;
	return (enum lane)lane;
}

/* The last leaf of a heap is never its best, and costs nothing to find. */
static enum result make_room(struct queue *queue, enum lane lane, struct queue_entry **pushed_out)
{
	enum lane worst = worst_lane(queue);

	if (queue->count < queue->max)
		return RESULT_OK;
	if (worst <= lane)
		return RESULT_LIMIT;
	*pushed_out = queue->memory->heaps[worst][queue->counts[worst] - 1];
	queue_remove(queue, *pushed_out);
	return RESULT_OK;
}

enum result queue_add(struct queue *queue, struct queue_entry *entry, struct queue_entry **pushed_out)
{
	enum lane lane = entry->lane;
	enum result result;

	*pushed_out = NULL;
	result = make_room(queue, lane, pushed_out);
	if (result != RESULT_OK)
		return result;
	if (!queue->memory && !(queue->memory = calloc(1, sizeof(*queue->memory))))
		return RESULT_NO_MEMORY;
	if (queue->counts[lane] == queue->memory->sizes[lane] && grow(queue->memory, lane) != RESULT_OK)
		return RESULT_NO_MEMORY;
	entry->tag = next_tag(queue, lane, entry->source);
	entry->number = queue->number++;
	entry->is_waiting = true;
	set_last_tag(queue, entry);
	queue->sources[lane] += find_place(queue, lane, entry->source, 0)->waiting++ == 0;
	put(queue->memory->heaps[lane], queue->counts[lane]++, entry);
	queue->count++;
	rise(queue->memory->heaps[lane], entry->place);
	return RESULT_OK;
}

void queue_remove(struct queue *queue, struct queue_entry *entry)
{
	struct queue_entry **heap, *last;
	enum lane lane = entry->lane;

	if (!entry->is_waiting)
		return;
	heap = queue->memory->heaps[lane];
	last = heap[--queue->counts[lane]];
	queue->count--;
	queue->sources[lane] -= --find_place(queue, lane, entry->source, 0)->waiting == 0;
	entry->is_waiting = false;
	if (last != entry) {
		put(heap, entry->place, last);
		sink(heap, queue->counts[lane], last->place);
		rise(heap, last->place);
	}
}

struct queue_entry *queue_take(struct queue *queue)
{
	struct queue_entry *entry;
	unsigned lane = 0;

	while (lane < LANE_COUNT && !queue->counts[lane])
		lane++;
	if (lane == LANE_COUNT)
		return NULL;
	entry = queue->memory->heaps[lane][0];
	queue->turns[lane] = entry->tag;
	queue_remove(queue, entry);
	return entry;
}
