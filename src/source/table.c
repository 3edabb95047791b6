#include "source/table.h"

#include <stdatomic.h>

#include "base/shared_lock.h"
#include "source/bucket.h"

#include "base/banned.h"

#define MAGIC 0x6273726375657273u
#define ALIGNMENT ((size_t)64)

struct shard {
	_Alignas(ALIGNMENT) pthread_mutex_t lock;
	struct bucket_figures figures;
	uint32_t deaths;
};

struct source_table_header {
	_Alignas(ALIGNMENT) uint64_t magic;
	uint64_t bytes;
	uint32_t version, buckets;
	struct hash_seed seed;
	_Atomic uint32_t joins;
	_Atomic uint8_t seats[ROLE_EDGES_MAX];  /* the epoch of the edge that sits there; 0: none */
	struct shard shards[SOURCE_LOCKS];
	struct bucket tags[];
};

_Static_assert(sizeof(struct bucket) == 256 && sizeof(struct source_table_header) % ALIGNMENT == 0, "entries begin on a line of the cache");

/* Where a key may be. */
struct spot {
	uint32_t bucket;
	uint16_t own, wide, siblings;  /* tags: of the key, of its /48, and the part that all of a /48 have */
};

static uint32_t bucket_count(size_t bytes)
{
	size_t room = bytes > sizeof(struct source_table_header) ? bytes - sizeof(struct source_table_header) : 0;
	size_t count = room / (sizeof(struct bucket) + BUCKET_PLACES * sizeof(struct source_entry));

	return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

size_t source_table_places(size_t bytes)
{
	return (size_t)bucket_count(bytes) * BUCKET_PLACES;
}

static struct source_entry *entries_of(const struct source_table *table, uint32_t bucket)
{
	struct source_table_header *header = table->header;

	return (struct source_entry *)(void *)(header->tags + header->buckets) + (size_t)bucket * BUCKET_PLACES;
}

enum result source_table_init(void *memory, size_t bytes, struct hash_seed seed)
{
	struct source_table_header *header = memory;
	enum result result = RESULT_OK;

	if (bytes < SOURCE_TABLE_BYTES_MIN)
		return RESULT_LIMIT;
	memset(header, 0, sizeof(*header));
	header->bytes = bytes;
	header->version = SOURCE_TABLE_VERSION;
	header->buckets = bucket_count(bytes);
	header->seed = seed;
	for (unsigned i = 0; i < SOURCE_LOCKS && result == RESULT_OK; i++)
		result = shared_lock_init(&header->shards[i].lock);
	header->magic = result == RESULT_OK ? MAGIC : 0;
	return result;
}

bool source_table_is_there(const void *memory, size_t bytes)
{
	const struct source_table_header *header = memory;

	return bytes >= SOURCE_TABLE_BYTES_MIN && header->magic == MAGIC && header->version == SOURCE_TABLE_VERSION && header->bytes == bytes &&
	       header->buckets == bucket_count(bytes);
}

struct source_table source_table_open(void *memory)
{
	return (struct source_table){ .header = memory };
}

static struct shard *shard_lock(const struct source_table *table, uint32_t bucket)
{
	struct shard *shard = &table->header->shards[bucket % SOURCE_LOCKS];
	bool has_died;

	if (shared_lock_take(&shard->lock, &has_died) != RESULT_OK)
		return NULL;
	shard->deaths += has_died;  /* nothing to mend: see bucket.h */
	return shard;
}

static void shard_unlock(const struct source_table *table, uint32_t bucket)
{
	shared_lock_give(&table->header->shards[bucket % SOURCE_LOCKS].lock);
}

/* All of a /48 are in one bucket: so it is one look under one lock that tells how many they are. */
static struct spot spot_of(const struct source_table *table, struct source_key key)
{
	const struct source_table_header *header = table->header;
	bool is_v4 = key.kind == SOURCE_V4;
	uint64_t words[2] = { is_v4 ? key.bits : key.bits >> 16, is_v4 };
	uint64_t hash = hash_span(header->seed, span_make((const char *)words, sizeof(words)));
	struct spot spot = { .bucket = (uint32_t)((hash >> 32) * header->buckets >> 32) };

	spot.siblings = (uint16_t)(hash & BUCKET_SIBLINGS);
	spot.wide = spot.own = bucket_tag(spot.siblings, hash >> 8);
	if (key.kind == SOURCE_V6)
		spot.own = bucket_tag(spot.siblings, hash_span(header->seed, span_make((const char *)&key.bits, sizeof(key.bits))));
	return spot;
}

static struct source_key wide_of(struct source_key key)
{
	return (struct source_key){ key.bits & ~(uint64_t)0xffff, SOURCE_V6_WIDE };
}

/* The count of one epoch in ENTRY if that edge lives. */
static unsigned count_living(const struct source_table_header *header, const struct source_entry *entry)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned seat = 0; entry->open[i] && seat < ROLE_EDGES_MAX; seat++) {
			if (atomic_load_explicit(&header->seats[seat], memory_order_relaxed) == entry->epoch[i])
				count += entry->open[i];
		}
	}
	return count;
}

static bool has_open(const void *context, const struct source_entry *entry)
{
	return count_living(context, entry) > 0;
}

/* The entry of the /48 that KEY is in, as long as it is one source. */
static unsigned find_wide(const struct source_table *table, struct bucket_view *view, const struct spot *spot, struct source_key key)
{
	unsigned slot = bucket_find(view, spot->wide, wide_of(key));
	const struct source_entry *entry = &view->entries[slot];

	if (slot == BUCKET_PLACES)
		return slot;
	if (view->now_us < entry->at_us + (uint64_t)SOURCE_WIDE_IDLE_S * 1000000 || count_living(table->header, entry))
		return slot;
	bucket_free(view, slot);
	return BUCKET_PLACES;
}

static unsigned make(struct bucket_view *view, const struct spot *spot, struct source_key key, enum source_take how)
{
	unsigned slot = BUCKET_PLACES;

	if (key.kind == SOURCE_V6 && how != SOURCE_OWN)
		slot = bucket_widen(view, spot->siblings, spot->wide, wide_of(key));
	return slot < BUCKET_PLACES ? slot : bucket_make(view, spot->own, key);
}

enum result source_table_take(const struct source_table *table, struct source_key key, uint64_t now_us, enum source_take how,
                              struct source_hold *hold)
{
	struct spot spot = spot_of(table, key);
	struct shard *shard = shard_lock(table, spot.bucket);
	struct bucket_view view;
	unsigned slot;

	if (!shard)
		return RESULT_IO;
	view = (struct bucket_view){ &table->header->tags[spot.bucket], entries_of(table, spot.bucket), &shard->figures, now_us, has_open, table->header };
	slot = bucket_find(&view, spot.own, key);
	if (slot == BUCKET_PLACES && key.kind == SOURCE_V6 && how != SOURCE_OWN)
		slot = find_wide(table, &view, &spot, key);
	if (slot == BUCKET_PLACES && how != SOURCE_FIND)
		slot = make(&view, &spot, key, how);
	if (slot == BUCKET_PLACES) {
		shard_unlock(table, spot.bucket);
		return RESULT_NOT_FOUND;
	}
	entry_advance(&view.entries[slot], now_us);
	*hold = (struct source_hold){ &view.entries[slot], table, now_us, spot.bucket, slot };
	return RESULT_OK;
}

void source_table_give(struct source_hold *hold)
{
	const struct source_table *table = hold->table;
	struct shard *shard = &table->header->shards[hold->bucket % SOURCE_LOCKS];
	struct bucket_view view = { &table->header->tags[hold->bucket], entries_of(table, hold->bucket), &shard->figures, hold->now_us,
		                    has_open, table->header };

	bucket_touch(&view, hold->slot);
	hold->entry = NULL;
	shard_unlock(table, hold->bucket);
}

/* Counts of an edge long dead are not to be taken for those of a new one that got its number. */
static void forget_epoch(const struct source_table *table, uint8_t epoch)
{
	for (uint32_t bucket = 0; bucket < table->header->buckets; bucket++) {
		struct source_entry *entries = entries_of(table, bucket);

		if (!shard_lock(table, bucket))
			continue;
		for (unsigned i = 0; i < BUCKET_PLACES; i++) {
			for (unsigned j = 0; table->header->tags[bucket].tags[i] && j < 2; j++) {
				if (entries[i].epoch[j] == epoch)
					entries[i].open[j] = 0;
			}
		}
		shard_unlock(table, bucket);
	}
}

static bool is_seated(struct source_table_header *header, uint8_t epoch)
{
	for (unsigned i = 0; i < ROLE_EDGES_MAX; i++) {
		if (atomic_load(&header->seats[i]) == epoch)
			return true;
	}
	return false;
}

struct source_table source_table_join(void *memory, unsigned seat)
{
	struct source_table table = { .header = memory };
	uint32_t join;

	source_table_leave(memory, seat);
	do {
		join = atomic_fetch_add(&table.header->joins, 1);
		table.epoch = (uint8_t)(join % 255 + 1);
	} while (is_seated(table.header, table.epoch));
	if (join >= 255)
		forget_epoch(&table, table.epoch);
	atomic_store(&table.header->seats[seat % ROLE_EDGES_MAX], table.epoch);
	return table;
}

void source_table_leave(void *memory, unsigned seat)
{
	struct source_table_header *header = memory;

	atomic_store(&header->seats[seat % ROLE_EDGES_MAX], 0);
}

/* Where this edge counts: its own place, that of a dead edge, or that of whoever counted first. */
static unsigned counting_place(const struct source_table *table, struct source_entry *entry)
{
	unsigned place = (uint8_t)(table->epoch - entry->epoch[0]) > (uint8_t)(table->epoch - entry->epoch[1]) ? 0 : 1;

	for (unsigned i = 0; i < 2; i++) {
		if (!entry->epoch[i] || !is_seated(table->header, entry->epoch[i]))
			place = i;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (entry->epoch[i] == table->epoch)
			place = i;
	}
	if (entry->epoch[place] != table->epoch) {
		entry->open[place] = 0;  /* before the name: never another's count under ours */
		__atomic_signal_fence(__ATOMIC_RELEASE);
		entry->epoch[place] = table->epoch;
	}
	return place;
}

void source_opened(struct source_hold *hold)
{
	unsigned place;

	if (!hold->table->epoch)
		return;
	place = counting_place(hold->table, hold->entry);
	hold->entry->open[place] = (uint16_t)(hold->entry->open[place] + (hold->entry->open[place] < UINT16_MAX));
}

void source_closed(const struct source_table *table, struct source_key key, uint64_t now_us)
{
	struct source_hold hold;

	if (!table->epoch || source_table_take(table, key, now_us, SOURCE_FIND, &hold) != RESULT_OK)
		return;
	for (unsigned i = 0; i < 2; i++) {
		if (hold.entry->epoch[i] == table->epoch && hold.entry->open[i])
			hold.entry->open[i]--;
	}
	source_table_give(&hold);
}

unsigned source_open(const struct source_hold *hold)
{
	return count_living(hold->table->header, hold->entry);
}

/* Copies of the entries in BUCKET that are worth LEAST, into OUT. */
static unsigned copy_bucket(const struct source_table *table, uint32_t bucket, enum source_class least, uint64_t now_us, struct source_entry *out)
{
	const struct source_entry *entries = entries_of(table, bucket);
	const uint16_t *tags = table->header->tags[bucket].tags;
	unsigned count = 0;

	if (!shard_lock(table, bucket))
		return 0;
	for (unsigned i = 0; i < BUCKET_PLACES; i++) {
		if (tags[i] && bucket_class(tags[i]) >= least && entry_class(&entries[i], now_us) >= least)
			out[count++] = entries[i];
	}
	shard_unlock(table, bucket);
	return count;
}

void source_table_walk(const struct source_table *table, enum source_class least, uint64_t now_us, uint32_t max_buckets, uint32_t *cursor,
                       void (*each)(void *context, const struct source_entry *entry), void *context)
{
	struct source_entry copies[BUCKET_PLACES];

	for (; max_buckets && *cursor < table->header->buckets; max_buckets--, (*cursor)++) {
		unsigned count = copy_bucket(table, *cursor, least, now_us, copies);

		for (unsigned i = 0; i < count; i++)
			each(context, &copies[i]);
	}
	if (*cursor >= table->header->buckets)
		*cursor = 0;
}

size_t source_table_count(const struct source_table *table)
{
	size_t count = 0;

	for (uint32_t bucket = 0; bucket < table->header->buckets; bucket++) {
		for (unsigned i = 0; i < BUCKET_PLACES; i++)
			count += __atomic_load_n(&table->header->tags[bucket].tags[i], __ATOMIC_RELAXED) != 0;
	}
	return count;
}

struct source_figures source_table_figures(const struct source_table *table)
{
	struct source_figures figures = { 0 };

	for (unsigned i = 0; i < SOURCE_LOCKS; i++) {
		struct shard *shard = shard_lock(table, i);

		if (!shard)
			continue;
		figures.made += shard->figures.made;
		figures.forgotten += shard->figures.forgotten;
		figures.widened += shard->figures.widened;
		figures.is_full_of_protected += shard->figures.displaced;
		figures.deaths += shard->deaths;
		shard_unlock(table, i);
	}
	return figures;
}
