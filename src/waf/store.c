#include "waf/store.h"

#include "base/shared_lock.h"

#include "base/banned.h"

#define MAGIC 0x62776166u
#define VERSION 1u
#define ALIGNMENT 64u

struct header {
	uint32_t magic, version;
	uint64_t bytes;
	uint32_t entry_bytes, shards;
	struct hash_seed seeds[2];
};

/* An expiry of 0: the place is free. */
struct tag {
	uint64_t hashes[2];
	uint64_t expires_s;
	uint32_t len;
};

struct shard {
	_Alignas(ALIGNMENT) pthread_mutex_t lock;
	uint64_t evictions, deaths;
	struct tag tags[STORE_SHARD_ENTRIES];
};

struct place {
	struct header *header;
	struct shard *shard;
	uint64_t hashes[2];
};

/* One entry more than there are tags: what is being written. */
static size_t shard_bytes(const struct store_shape *shape)
{
	return sizeof(struct shard) + (size_t)(STORE_SHARD_ENTRIES + 1) * ((shape->entry_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static size_t first_shard(void)
{
	return (sizeof(struct header) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static struct shard *shard_at(struct header *header, uint32_t index)
{
	const struct store_shape shape = { header->bytes, header->entry_bytes };

	return (struct shard *)(void *)((char *)header + first_shard() + (size_t)index * shard_bytes(&shape));
}

static char *entry_at(const struct place *place, unsigned index)
{
	size_t room = (place->header->entry_bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

	return (char *)(place->shard + 1) + (size_t)index * room;
}

enum result store_init(void *memory, const struct store_shape *shape, struct hash_seed seed, struct hash_seed other_seed)
{
	struct header *header = memory;
	enum result result = RESULT_OK;
	size_t shards;

	if (shape->entry_bytes < 256 || shape->entry_bytes > 65536 || shape->bytes < first_shard() + shard_bytes(shape))
		return RESULT_LIMIT;
	shards = (shape->bytes - first_shard()) / shard_bytes(shape);
	*header = (struct header){ .version = VERSION, .bytes = shape->bytes, .entry_bytes = shape->entry_bytes,
		                   .shards = shards > UINT32_MAX ? UINT32_MAX : (uint32_t)shards, .seeds = { seed, other_seed } };
	for (uint32_t i = 0; i < header->shards && result == RESULT_OK; i++) {
		struct shard *shard = shard_at(header, i);

		*shard = (struct shard){ .evictions = 0 };
		result = shared_lock_init(&shard->lock);
	}
	header->magic = result == RESULT_OK ? MAGIC : 0;
	return result;
}

bool store_is_there(const void *memory, const struct store_shape *shape)
{
	const struct header *header = memory;

	return header->magic == MAGIC && header->version == VERSION && header->bytes == shape->bytes && header->entry_bytes == shape->entry_bytes;
}

/* The parts of a key behind their lengths, so that none can be taken for another's: through a hash of hashes. */
static uint64_t hash_key(struct hash_seed seed, const struct collection_key *key)
{
	uint64_t parts[4];

	parts[0] = hash_span(seed, key->tenant);
	parts[1] = hash_span(seed, key->site);
	parts[2] = hash_span_nocase(seed, key->collection);
	parts[3] = hash_span(seed, key->key);
	return hash_span(seed, span_make((const char *)parts, sizeof(parts)));
}

static struct place place_of(void *memory, const struct collection_key *key)
{
	struct header *header = memory;
	struct place place = { .header = header };

	place.hashes[0] = hash_key(header->seeds[0], key);
	place.hashes[1] = hash_key(header->seeds[1], key);
	place.shard = shard_at(header, (uint32_t)(place.hashes[0] % header->shards));
	return place;
}

/* Whoever held it died with its shard half written. */
static void shard_revive(struct shard *shard)
{
	for (unsigned i = 0; i < STORE_SHARD_ENTRIES; i++)
		shard->tags[i] = (struct tag){ .expires_s = 0 };
	shard->deaths++;
}

static enum result shard_lock(struct shard *shard)
{
	bool has_died;
	enum result result = shared_lock_take(&shard->lock, &has_died);

	if (has_died)
		shard_revive(shard);
	return result;
}

/* STORE_SHARD_ENTRIES: it is not there. */
static unsigned find(const struct place *place, uint64_t now_s)
{
	unsigned i = 0;

	for (; i < STORE_SHARD_ENTRIES; i++) {
		const struct tag *tag = &place->shard->tags[i];

		if (tag->expires_s > now_s && tag->hashes[0] == place->hashes[0] && tag->hashes[1] == place->hashes[1])
			break;
	}
	return i;
}

/* A free or expired place, or that of what expires soonest. */
static unsigned find_room(struct place *place, uint64_t now_s)
{
	const struct tag *tags = place->shard->tags;
	unsigned best = 0;

	for (unsigned i = 0; i < STORE_SHARD_ENTRIES; i++) {
		if (tags[i].expires_s < tags[best].expires_s)
			best = i;
	}
	place->shard->evictions += tags[best].expires_s > now_s;
	return best;
}

enum result store_read(void *context, const struct collection_key *key, uint64_t now_s, struct arena *arena, struct span *bytes)
{
	struct place place = place_of(context, key);
	enum result result = shard_lock(place.shard);
	unsigned index;

	if (result != RESULT_OK)
		return result;
	index = find(&place, now_s);
	if (index == STORE_SHARD_ENTRIES) {
		result = RESULT_NOT_FOUND;
	} else {
		struct span copy = arena_copy(arena, span_make(entry_at(&place, index), place.shard->tags[index].len));

		result = copy.at ? RESULT_OK : RESULT_NO_MEMORY;
		if (result == RESULT_OK)
			*bytes = copy;
	}
	shared_lock_give(&place.shard->lock);
	return result;
}

/* What CHANGE makes of the entry at INDEX, or of nothing, put in its place. */
static enum result change_entry(struct place *place, unsigned index, uint64_t now_s, collection_change change, void *change_context)
{
	char *after = entry_at(place, STORE_SHARD_ENTRIES);
	bool is_there = index < STORE_SHARD_ENTRIES;
	struct span before = is_there ? span_make(entry_at(place, index), place->shard->tags[index].len) : SPAN("");
	uint64_t expires_s = 0;
	size_t len = 0;
	enum result result = change(change_context, before, after, place->header->entry_bytes, &len, &expires_s);

	if (result == RESULT_NOT_FOUND || (result == RESULT_OK && expires_s <= now_s)) {
		if (is_there)
			place->shard->tags[index].expires_s = 0;
		return RESULT_OK;
	}
	if (result != RESULT_OK)
		return result;
	if (!is_there)
		index = find_room(place, now_s);
	memcpy(entry_at(place, index), after, len);
	place->shard->tags[index] = (struct tag){ { place->hashes[0], place->hashes[1] }, expires_s, (uint32_t)len };
	return RESULT_OK;
}

enum result store_change(void *context, const struct collection_key *key, uint64_t now_s, collection_change change, void *change_context)
{
	struct place place = place_of(context, key);
	enum result result = shard_lock(place.shard);

	if (result != RESULT_OK)
		return result;
	result = change_entry(&place, find(&place, now_s), now_s, change, change_context);
	shared_lock_give(&place.shard->lock);
	return result;
}

struct store_figures store_figures(void *memory)
{
	struct header *header = memory;
	struct store_figures figures = { 0 };

	for (uint32_t i = 0; i < header->shards; i++) {
		struct shard *shard = shard_at(header, i);

		if (shard_lock(shard) != RESULT_OK)
			continue;
		for (unsigned j = 0; j < STORE_SHARD_ENTRIES; j++)
			figures.entries += shard->tags[j].expires_s != 0;
		figures.evictions += shard->evictions;
		figures.deaths += shard->deaths;
		shared_lock_give(&shard->lock);
	}
	return figures;
}
