#include "guard/references.h"

#include "base/shared_lock.h"

#include "base/banned.h"

#define MAGIC 0x73636e6572656665u

enum result references_init(struct references *memory, struct hash_seed seed)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < REFERENCE_LOCKS && result == RESULT_OK; i++)
		result = shared_lock_init(&memory->locks[i]);
	if (result != RESULT_OK)
		return result;
	memory->seed = seed;
	memory->magic = MAGIC;
	return RESULT_OK;
}

bool references_are_there(const struct references *memory)
{
	return memory->magic == MAGIC;
}

/* What somebody who died was writing is whole or free (write_place). */
static bool take(struct references *references, unsigned bucket)
{
	bool has_died;

	return shared_lock_take(&references->locks[bucket % REFERENCE_LOCKS], &has_died) == RESULT_OK;
}

static void give(struct references *references, unsigned bucket)
{
	shared_lock_give(&references->locks[bucket % REFERENCE_LOCKS]);
}

/* In an order that leaves it free or whole at any moment. */
static void write_place(struct reference *place, const struct reference *reference)
{
	__atomic_store_n(&place->at_ms, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	memcpy(place->id, reference->id, sizeof(place->id));
	place->source = reference->source;
	place->site = reference->site;
	place->client = reference->client;
	place->kind = reference->kind;
	place->why = reference->why;
	__atomic_store_n(&place->at_ms, reference->at_ms, __ATOMIC_RELEASE);
}

static unsigned hash_of(const struct references *references, uint64_t bits, uint64_t kind)
{
	uint64_t who[2] = { bits, kind };

	return (unsigned)(hash_span(references->seed, span_make((const char *)who, sizeof(who))) % REFERENCE_BUCKETS);
}

/* Who has an IPv6 /48 has 65,536 sources: they share a few buckets side by side, and leave the others to others. */
static unsigned bucket_of(const struct references *references, const struct reference *reference)
{
	unsigned own = hash_of(references, reference->source, reference->kind);

	if (reference->kind != SOURCE_V6)
		return own;
	return (hash_of(references, reference->source >> 16, SOURCE_V6_WIDE) + own % REFERENCE_BUCKETS_OF_WIDE) % REFERENCE_BUCKETS;
}

/* The oldest of some places, and how many they are. A free place is older than all. */
struct oldest {
	struct reference *place;
	unsigned count;
};

static void see(struct oldest *oldest, struct reference *place)
{
	oldest->count++;
	if (!oldest->place || place->at_ms < oldest->place->at_ms)
		oldest->place = place;
}

/* Whose place REFERENCE takes: its own client's or its own source's, where these have as many as they may. */
static struct reference *choose(struct reference bucket[REFERENCE_PLACES], const struct reference *reference)
{
	struct oldest of_all = { 0 }, of_source = { 0 }, of_client = { 0 };

	for (unsigned i = 0; i < REFERENCE_PLACES; i++) {
		struct reference *place = &bucket[i];

		see(&of_all, place);
		if (!place->at_ms || place->source != reference->source || place->kind != reference->kind)
			continue;
		see(&of_source, place);
		if (place->client == reference->client)
			see(&of_client, place);
	}
	if (of_client.count >= REFERENCES_OF_CLIENT)
		return of_client.place;
	return of_source.count >= REFERENCES_OF_SOURCE ? of_source.place : of_all.place;
}

void references_add(struct references *references, const struct reference *reference)
{
	unsigned bucket = bucket_of(references, reference);

	if (!take(references, bucket))
		return;
	write_place(choose(references->buckets[bucket], reference), reference);
	give(references, bucket);
}

static bool is_over(const struct reference *place, uint64_t now_ms)
{
	return now_ms > place->at_ms && now_ms - place->at_ms > (uint64_t)REFERENCE_LIFETIME_S * 1000;
}

enum result references_find(struct references *references, const uint64_t id[2], uint64_t now_ms, struct reference *out)
{
	bool is_found = false;

	for (unsigned bucket = 0; bucket < REFERENCE_BUCKETS && !is_found; bucket++) {
		if (!take(references, bucket))
			continue;
		for (unsigned i = 0; i < REFERENCE_PLACES && !is_found; i++) {
			const struct reference *place = &references->buckets[bucket][i];

			is_found = place->at_ms && place->id[0] == id[0] && place->id[1] == id[1] && !is_over(place, now_ms);
			if (is_found)
				*out = *place;
		}
		give(references, bucket);
	}
	return is_found ? RESULT_OK : RESULT_NOT_FOUND;
}

void references_sweep(struct references *references, uint32_t *cursor, unsigned count, uint64_t now_ms)
{
	for (; count; count--) {
		unsigned bucket = *cursor % REFERENCE_BUCKETS;

		*cursor = bucket + 1;
		if (!take(references, bucket))
			continue;
		for (unsigned i = 0; i < REFERENCE_PLACES; i++) {
			struct reference *place = &references->buckets[bucket][i];

			if (place->at_ms && is_over(place, now_ms))
				write_place(place, &(struct reference){ 0 });
		}
		give(references, bucket);
	}
}
