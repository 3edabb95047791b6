#include "cache/store.h"

#include <assert.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "cache/key.h"
#include "cache/shard.h"

#include "base/banned.h"

#define EVICTIONS_MAX 64u

struct cache_store {
	struct cache_ports ports;
	struct hash_seed seed;
	uint64_t purges;          /* atomic */
	unsigned shard_count, shard_shift;
	struct cache_shard shards[];
};

/* -- birth and death -- */

struct cache_store *cache_store_new(const struct cache_limits *limits, const struct cache_ports *ports)
{
	struct cache_store *store = calloc(1, sizeof(*store) + limits->shards * sizeof(*store->shards));

	assert(limits->shards && (limits->shards & (limits->shards - 1)) == 0 && limits->entries >= limits->shards);
	if (!store)
		return NULL;
	store->ports = *ports;
	random_fill(&store->seed, sizeof(store->seed));
	store->shard_shift = 64u - (unsigned)__builtin_ctz(limits->shards);
	for (; store->shard_count < limits->shards; store->shard_count++) {
		if (cache_shard_init(&store->shards[store->shard_count], limits->entries / limits->shards) != RESULT_OK) {
			cache_store_free(store);
			return NULL;
		}
	}
	return store;
}

void cache_store_free(struct cache_store *store)
{
	if (!store)
		return;
	for (unsigned i = 0; i < store->shard_count; i++)
		cache_shard_done(&store->shards[i]);
	free(store);
}

uint64_t cache_store_hash(const struct cache_store *store, struct span key)
{
	return hash_span(store->seed, key);
}

static unsigned shard_index(const struct cache_store *store, uint64_t hash)
{
	return store->shard_shift == 64 ? 0 : (unsigned)(hash >> store->shard_shift);
}

static struct cache_shard *shard_of(struct cache_store *store, uint64_t hash)
{
	return &store->shards[shard_index(store, hash)];
}

/* -- the ports -- */

void *cache_store_hold_tenant(struct cache_store *store, uint64_t party)
{
	return store->ports.hold(store->ports.context, party);
}

void cache_store_drop_tenant(struct cache_store *store, void *tenant)
{
	store->ports.drop(store->ports.context, tenant);
}

void cache_store_give(struct cache_store *store, void *tenant, uint64_t bytes)
{
	if (bytes)
		store->ports.give(store->ports.context, tenant, bytes);
}

/* One answer of PARTY's goes, of the first shard from START on that has some. False: there is none. */
static bool evict(struct cache_store *store, uint64_t party, unsigned start, bool newcomers)
{
	for (unsigned i = 0; i < store->shard_count; i++) {
		struct cache_shard *shard = &store->shards[(start + i) % store->shard_count];
		struct cache_object *gone = NULL;
		struct cache_part *part;

		pthread_mutex_lock(&shard->lock);
		part = cache_shard_part(shard, party, false);
		if (part)
			gone = cache_shard_evict(shard, part, newcomers);
		pthread_mutex_unlock(&shard->lock);
		if (gone) {
			cache_object_drop(gone);
			return true;
		}
	}
	return false;
}

bool cache_store_take(struct cache_store *store, void *tenant, uint64_t party, uint64_t bytes)
{
	static unsigned turn;  /* atomic: so that it is not always the same shard that makes room */

	for (unsigned tries = 0; tries <= EVICTIONS_MAX; tries++) {
		unsigned start;

		if (store->ports.take(store->ports.context, tenant, bytes))
			return true;
		start = __atomic_fetch_add(&turn, 1u, __ATOMIC_RELAXED);
		if (!evict(store, party, start, true) && !evict(store, party, start, false))
			return false;
	}
	return false;
}

/* -- finding -- */

/* What REQUEST says in the fields that an answer varies on is written once for answers that vary alike. */
struct variant_memo {
	const struct fields *request;
	struct span vary, variant;
	char text[VARIANT_BYTES_MAX];
	bool is_written;
};

static bool is_variant(struct variant_memo *memo, const struct cache_object *object)
{
	const struct field *coding = fields_find(&object->fields, FIELD_CONTENT_ENCODING);

	if (!memo->is_written || !span_equal(memo->vary, object->vary)) {
		memo->is_written = key_variant_write(memo->request, object->vary, memo->text, &memo->variant) == RESULT_OK;
		memo->vary = object->vary;
	}
	/* An origin that does not say Vary gives a coding to those who did not ask for it; nobody gets it from here. */
	return memo->is_written && span_equal(memo->variant, object->variant) &&
	       (!coding || key_accepts_codings(memo->request, coding->value));
}

struct cache_object *cache_store_find(struct cache_store *store, const struct cache_ask *ask, bool *others)
{
	struct cache_shard *shard = shard_of(store, ask->hash);
	__attribute__((uninitialized)) struct variant_memo memo;
	struct cache_object *found = NULL;

	memo.request = ask->fields;
	memo.is_written = false;
	*others = false;
	pthread_mutex_lock(&shard->lock);
	if (!ask->is_again)
		cache_sketch_add(&shard->sketch, ask->hash);
	list_each (node, cache_shard_bucket(shard, ask->hash)) {
		struct cache_object *object = list_entry(node, struct cache_object, bucket);

		if (object->hash != ask->hash || !span_equal(object->key, ask->key))
			continue;
		if (is_variant(&memo, object)) {
			found = object;
			break;
		}
		*others = true;
	}
	if (found) {
		cache_object_hold(found);
		cache_shard_touch(found);
	}
	pthread_mutex_unlock(&shard->lock);
	return found;
}

bool cache_store_has(struct cache_store *store, struct span key, struct span vary, struct span variant)
{
	uint64_t hash = cache_store_hash(store, key);
	struct cache_shard *shard = shard_of(store, hash);
	bool is_there = false;

	pthread_mutex_lock(&shard->lock);
	list_each (node, cache_shard_bucket(shard, hash)) {
		const struct cache_object *object = list_entry(node, struct cache_object, bucket);

		is_there |= object->hash == hash && span_equal(object->key, key) && span_equal(object->vary, vary) && span_equal(object->variant, variant);
	}
	pthread_mutex_unlock(&shard->lock);
	return is_there;
}

/* -- keeping -- */

/* Both only grow: while their sum is the same, neither has changed. A purge has them grow before and after it: who found something meanwhile knows. */
uint64_t cache_store_purges(const struct cache_store *store, uint64_t hash)
{
	const struct cache_shard *shard = &store->shards[shard_index(store, hash)];

	return __atomic_load_n(&store->purges, __ATOMIC_ACQUIRE) + __atomic_load_n(&shard->forgotten[hash % SHARD_FORGOTTEN], __ATOMIC_ACQUIRE);
}

unsigned cache_store_asked(struct cache_store *store, uint64_t hash)
{
	struct cache_shard *shard = shard_of(store, hash);
	unsigned asked;

	pthread_mutex_lock(&shard->lock);
	asked = cache_sketch_get(&shard->sketch, hash);
	pthread_mutex_unlock(&shard->lock);
	return asked;
}

static bool is_same_variant(const struct cache_object *one, const struct cache_object *other)
{
	return span_equal(one->vary, other->vary) && span_equal(one->variant, other->variant);
}

/* Under the lock: whoever has to go for OBJECT, into GONE: the one that it replaces, or the oldest of too many variants. */
static struct cache_object *find_replaced(struct cache_shard *shard, const struct cache_object *object)
{
	struct cache_object *oldest = NULL;
	unsigned variants = 0;

	list_each (node, cache_shard_bucket(shard, object->hash)) {
		struct cache_object *other = list_entry(node, struct cache_object, bucket);

		if (other->hash != object->hash || !span_equal(other->key, object->key))
			continue;
		if (is_same_variant(other, object))
			return other;
		oldest = other;  /* new ones stand in front */
		variants++;
	}
	return variants >= VARIANTS_MAX ? oldest : NULL;
}

/* PURGES NULL: it comes back. */
static enum result put(struct cache_store *store, struct cache_object *object, const uint64_t *purges)
{
	struct cache_shard *shard = shard_of(store, object->hash);
	struct cache_object *replaced = NULL, *evicted = NULL;
	enum result result = RESULT_OK;
	struct cache_part *part;

	pthread_mutex_lock(&shard->lock);
	part = cache_shard_part(shard, object->account.party, true);
	if (!part)
		result = RESULT_NO_MEMORY;
	else if (purges && *purges != cache_store_purges(store, object->hash))
		result = RESULT_REFUSED;
	if (result == RESULT_OK) {
		replaced = find_replaced(shard, object);
		if (replaced && !purges && is_same_variant(replaced, object)) {
			replaced = NULL;
			result = RESULT_REFUSED;
		}
	}
	if (result == RESULT_OK) {
		if (replaced)
			cache_shard_remove(shard, replaced);
		if (shard->count >= shard->max)
			evicted = cache_shard_evict(shard, part, false);
		if (shard->count >= shard->max)
			result = RESULT_LIMIT;
	}
	if (result == RESULT_OK) {
		cache_object_hold(object);
		cache_shard_add(shard, part, object);
	}
	pthread_mutex_unlock(&shard->lock);
	if (replaced)
		cache_object_drop(replaced);
	if (evicted)
		cache_object_drop(evicted);
	return result;
}

enum result cache_store_put(struct cache_store *store, struct cache_object *object, uint64_t purges)
{
	return put(store, object, &purges);
}

enum result cache_store_return(struct cache_store *store, struct cache_object *object)
{
	return put(store, object, NULL);
}

/* -- going -- */

static void drop_all(struct list *gone)
{
	list_each_safe (node, next, gone) {
		list_remove(node);
		cache_object_drop(list_entry(node, struct cache_object, turn));
	}
}

/* Takes what FITS says out of the buckets FIRST to LAST of SHARD. */
static size_t remove_all(struct cache_shard *shard, size_t first, size_t last, bool (*fits)(const struct cache_object *object, const void *context),
                         const void *context)
{
	struct list gone;
	size_t count = 0;

	list_init(&gone);
	pthread_mutex_lock(&shard->lock);
	for (size_t i = first; i <= last; i++) {
		list_each_safe (node, next, &shard->buckets[i]) {
			struct cache_object *object = list_entry(node, struct cache_object, bucket);

			if (!fits(object, context))
				continue;
			cache_shard_remove(shard, object);
			list_add_last(&gone, &object->turn);
			count++;
		}
	}
	pthread_mutex_unlock(&shard->lock);
	drop_all(&gone);
	return count;
}

static bool has_key(const struct cache_object *object, const void *context)
{
	return span_equal(object->key, *(const struct span *)context);
}

void cache_store_forget(struct cache_store *store, struct span key)
{
	uint64_t hash = cache_store_hash(store, key);
	struct cache_shard *shard = shard_of(store, hash);

	__atomic_add_fetch(&shard->forgotten[hash % SHARD_FORGOTTEN], (uint64_t)1, __ATOMIC_ACQ_REL);
	remove_all(shard, hash & shard->mask, hash & shard->mask, has_key, &key);
	__atomic_add_fetch(&shard->forgotten[hash % SHARD_FORGOTTEN], (uint64_t)1, __ATOMIC_ACQ_REL);
}

static bool has_tag(struct span tags, struct span wanted)
{
	while (tags.len) {
		if (span_equal(span_cut(&tags, ' '), wanted))
			return true;
	}
	return false;
}

static bool is_of_site(struct span key, uint64_t number)
{
	char site[2 * sizeof(number)];

	hex_write(&number, sizeof(number), site);
	return span_starts(key, span_make(site, sizeof(site)));
}

bool cache_purge_names(const struct cache_purge *purge, struct span key)
{
	bool is_whole = purge->text.len && purge->text.at[0] != '/';
	struct span place = is_whole ? key_url(key) : key_target(key);

	if (purge->kind == PURGE_TAG || !is_of_site(key, purge->site))
		return false;
	return purge->kind == PURGE_PREFIX ? span_starts(place, purge->text) : span_equal(place, purge->text);
}

static bool is_purged(const struct cache_object *object, const void *context)
{
	const struct cache_purge *purge = context;

	if (purge->kind == PURGE_TAG)
		return is_of_site(object->key, purge->site) && has_tag(object->tags, purge->text);
	return cache_purge_names(purge, object->key);
}

size_t cache_store_purge(struct cache_store *store, const struct cache_purge *purge)
{
	size_t count = 0;

	__atomic_add_fetch(&store->purges, (uint64_t)1, __ATOMIC_ACQ_REL);
	for (unsigned i = 0; i < store->shard_count; i++)
		count += remove_all(&store->shards[i], 0, store->shards[i].mask, is_purged, purge);
	__atomic_add_fetch(&store->purges, (uint64_t)1, __ATOMIC_ACQ_REL);
	return count;
}

void cache_store_leave(struct cache_store *store, bool (*is_served)(const void *context, uint64_t party), const void *context)
{
	for (unsigned i = 0; i < store->shard_count; i++) {
		struct cache_shard *shard = &store->shards[i];
		struct list gone;

		list_init(&gone);
		pthread_mutex_lock(&shard->lock);
		list_each (node, &shard->parts) {
			struct cache_part *part = list_entry(node, struct cache_part, node);
			struct cache_object *object;

			if (is_served(context, part->party))
				continue;
			while ((object = cache_shard_evict(shard, part, false)))
				list_add_last(&gone, &object->turn);
		}
		pthread_mutex_unlock(&shard->lock);
		drop_all(&gone);
	}
}

struct cache_count cache_store_count(struct cache_store *store)
{
	struct cache_count count = { 0 };

	for (unsigned i = 0; i < store->shard_count; i++) {
		struct cache_shard *shard = &store->shards[i];

		pthread_mutex_lock(&shard->lock);
		count.objects += shard->count;
		list_each (node, &shard->parts) {
			for (unsigned segment = 0; segment < SEGMENT_COUNT; segment++)
				count.bytes += list_entry(node, struct cache_part, node)->bytes[segment];
		}
		pthread_mutex_unlock(&shard->lock);
	}
	return count;
}
