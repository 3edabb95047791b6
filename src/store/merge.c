#include "store/merge.h"

#include <stdlib.h>

#include "base/banned.h"

static bool is_newer(const struct merge_way *a, const struct merge_way *b)
{
	return a->time_ms != b->time_ms ? a->time_ms > b->time_ms : a->id > b->id;
}

static void sink(struct merge *merge, size_t at)
{
	for (;;) {
		size_t newest = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < merge->count; child++) {
			if (is_newer(&merge->heap[child], &merge->heap[newest]))
				newest = child;
		}
		if (newest == at)
			return;
		struct merge_way way = merge->heap[at];

		merge->heap[at] = merge->heap[newest];
		merge->heap[newest] = way;
		at = newest;
	}
}

/* RESULT_END: it has no more rows. */
static enum result step(struct merge_way *way)
{
	enum result result = statement_step(way->rows);

	if (result == RESULT_OK) {
		way->time_ms = (uint64_t)statement_number(way->rows, 0);
		way->id = (uint64_t)statement_number(way->rows, 1);
	}
	return result;
}

static enum result grow(struct merge *merge)
{
	size_t size = merge->size ? merge->size * 2 : 8;
	struct merge_way *heap;

	if (merge->count < merge->size)
		return RESULT_OK;
	heap = reallocarray(merge->heap, size, sizeof(heap[0]));
	if (!heap)
		return RESULT_NO_MEMORY;
	merge->heap = heap;
	merge->size = size;
	return RESULT_OK;
}

static enum result add_tenant(struct merge *merge, uint32_t tenant, struct store_place before, uint64_t not_before_ms)
{
	struct merge_way way = { .rows = NULL };
	enum result result = grow(merge);

	if (result == RESULT_OK)
		result = statement_new(merge->day->database,
		                       "SELECT time, id FROM events INDEXED BY by_tenant WHERE tenant = ?1 AND time BETWEEN ?2 AND ?3"
		                       " AND NOT (time = ?3 AND id >= ?4) ORDER BY time DESC, id DESC", &way.rows);
	if (result != RESULT_OK)
		return result;
	statement_bind_number(way.rows, 1, tenant);
	statement_bind_number(way.rows, 2, (int64_t)not_before_ms);
	statement_bind_number(way.rows, 3, before.time_ms ? (int64_t)before.time_ms : INT64_MAX);
	statement_bind_number(way.rows, 4, before.time_ms ? (int64_t)before.id : INT64_MAX);
	result = step(&way);
	if (result == RESULT_OK)
		merge->heap[merge->count++] = way;
	else
		statement_free(way.rows);
	return result == RESULT_END ? RESULT_OK : result;
}

/* Each tenant that the file has rows of: a jump through the index for each. */
static enum result add_all(struct merge *merge, struct store_place before, uint64_t not_before_ms)
{
	struct statement *next;
	int64_t tenant = -1;
	enum result result = statement_new(merge->day->database, "SELECT tenant FROM events WHERE tenant > ?1 ORDER BY tenant LIMIT 1", &next);

	if (result != RESULT_OK)
		return result;
	for (;;) {
		statement_bind_number(next, 1, tenant);
		result = statement_step(next);
		if (result != RESULT_OK)
			break;
		tenant = statement_number(next, 0);
		statement_reset(next);
		result = add_tenant(merge, (uint32_t)tenant, before, not_before_ms);
		if (result != RESULT_OK)
			break;
	}
	statement_free(next);
	return result == RESULT_END ? RESULT_OK : result;
}

enum result merge_init(struct merge *merge, struct day *day, const struct store_seen *seen, struct store_place before, uint64_t not_before_ms)
{
	enum result result = RESULT_OK;

	*merge = (struct merge){ .day = day };
	if (seen->is_all)
		result = add_all(merge, before, not_before_ms);
	for (size_t i = 0; i < seen->tenant_count && result == RESULT_OK; i++)
		result = add_tenant(merge, seen->tenants[i], before, not_before_ms);
	if (result != RESULT_OK) {
		merge_done(merge);
		return result;
	}
	for (size_t i = merge->count / 2; i > 0; i--)
		sink(merge, i - 1);
	return RESULT_OK;
}

void merge_done(struct merge *merge)
{
	for (size_t i = 0; i < merge->count; i++)
		statement_free(merge->heap[i].rows);
	free(merge->heap);
	*merge = (struct merge){ .count = 0 };
}

enum result merge_next(struct merge *merge, struct store_place *out)
{
	if (merge->is_begun && merge->count) {
		enum result result = step(&merge->heap[0]);

		if (result == RESULT_END) {
			statement_free(merge->heap[0].rows);
			merge->heap[0] = merge->heap[--merge->count];
		} else if (result != RESULT_OK) {
			return result;
		}
		sink(merge, 0);
	}
	merge->is_begun = true;
	if (!merge->count)
		return RESULT_END;
	*out = (struct store_place){ merge->heap[0].time_ms, merge->heap[0].id };
	return RESULT_OK;
}
