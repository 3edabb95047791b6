#include "cache/continuity/tier.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/key.h"

#include "base/banned.h"

#define SWEPT_BUCKETS 512u        /* once a second: all of them in eight */
#define VALIDATED_S 86400u        /* for so long an answer is of use that is too old, and may be asked for with its validator */

/* Seconds of its age. */
static uint64_t use_of(const struct cache_life *life)
{
	int64_t after_s = life->while_s > life->error_s ? life->while_s : life->error_s;

	return (uint64_t)((life->fresh_s > 0 ? life->fresh_s : 0) + (after_s > 0 ? after_s : 0));
}

void tier_live(struct copy_entry *entry, struct span text)
{
	struct cache_life life = { 0 };
	unsigned status;

	if (copy_read_life(text, &status, &life) != RESULT_OK)  /* never: copy_read_head has read it, or we have written it */
		return;
	entry->life_s = use_of(&life) + (life.has_validator ? VALIDATED_S : 0u);
	entry->is_for_cookies = life.is_for_cookies;
}

/* -- to disk -- */

/* Security, fails closed: what other fields say may be about who asked (his address, his program, his user's name), and would lie there. */
static bool has_plain_vary(struct span vary)
{
	static const struct span plain[] = { SPAN_INIT("accept"), SPAN_INIT("accept-encoding"), SPAN_INIT("accept-language"), SPAN_INIT("cookie"), SPAN_INIT("origin") };

	while (vary.len) {
		struct span name = span_cut(&vary, ',');
		size_t i = 0;

		while (i < sizeof(plain) / sizeof(*plain) && !span_equal(name, plain[i]))
			i++;
		if (i == sizeof(plain) / sizeof(*plain))
			return false;
	}
	return true;
}

bool tier_suits(const struct cache_object *object, uint64_t now_ms)
{
	uint64_t age_s = (uint64_t)(object->life.age_s + cache_object_resident_s(object, now_ms));

	return !object->life.is_learned && !object->life.is_validated_always && use_of(&object->life) >= age_s + TIER_USE_MIN_S &&
	       object->body->bytes <= TIER_BODY_MAX && object->fields.count <= COPY_FIELDS_MAX &&
	       object->key.len + object->vary.len + object->variant.len + object->tags.len <= TIER_TEXT_MAX && has_plain_vary(object->vary);
}

bool tier_is_open(const struct copies *copies)
{
	return __atomic_load_n(&copies->state.is_open, __ATOMIC_RELAXED);
}

/* Under the lock: nobody purges or forgets anything now. */
static bool wants(struct copies *copies, const struct copies_site *site, const struct tier_offer *offer)
{
	const struct cache_object *object = offer->object;

	return site && site->is_served && site->rules.disk_bytes && copies->state.is_open && !copies->has_left &&
	       offer->purges == cache_store_purges(copies->store, object->hash) && !copy_entry_find(copies, object->key, object->vary, object->variant);
}

/* One more of PARTY, of BYTES, may wait: whoever has most that waits gives way. */
static bool make_way(struct copies *copies, const struct copies_party *party, uint64_t bytes)
{
	if (copies->save_count && list_entry(copies->saves.next, struct copy_save, node)->object->body->bytes + bytes > TIER_SAVES_BYTES)
		return false;  /* the first one stays, and nobody is to go for nothing */
	while (copies->save_count && (copies->save_bytes + bytes > TIER_SAVES_BYTES || copies->save_count >= COPIES_SAVES_MAX)) {
		struct copy_save *victim = copies_victim_save(copies, party, bytes);

		if (!victim)
			return false;
		copies_save_end(copies, victim);
		copies->state.skipped++;
	}
	return true;
}

void tier_offer(struct copies *copies, const struct tier_offer *offer, uint64_t now_ms)
{
	struct cache_object *object = offer->object;
	struct copies_site *site;
	struct copy_save *save;
	bool is_taken = false;

	if (!copies_look_is_due(copies, object->hash, object->variant, now_ms, TIER_AGAIN_MS))
		return;
	save = calloc(1, sizeof(*save));
	pthread_mutex_lock(&copies->lock);
	site = copies_site_find(copies, offer->site);
	if (save && wants(copies, site, offer)) {
		*save = (struct copy_save){ .site = site, .made_s = offer->made_s, .drops = site->drops };
		copy_write_life(object->status, &object->life, save->life);
		if (make_way(copies, site->party, object->body->bytes))
			is_taken = copies_queue(copies, save, object);
		else
			copies->state.skipped++;
	}
	pthread_mutex_unlock(&copies->lock);
	if (!is_taken)
		free(save);
}

bool tier_wins(struct copies *copies, const struct copies_site *site, struct span key, struct copy_entry *victim)
{
	unsigned asked;

	if (victim->site != site)
		return true;
	asked = cache_store_asked(copies->store, cache_store_hash(copies->store, key));
	if (asked >= cache_store_asked(copies->store, cache_store_hash(copies->store, victim->key)))
		return true;
	list_remove(&victim->of_site);
	list_add_last(&victim->site->entries, &victim->of_site);
	return false;
}

/* -- from disk -- */

/* ENTRY may wait to be read, as in make_way; or it does already. Who gives way goes on to the origin. */
static bool make_way_to_read(struct copies *copies, const struct copy_entry *entry)
{
	struct copy_entry *victim;

	if (copies->load_count < TIER_LOADS_MAX || !list_is_empty(&entry->loading))
		return true;
	victim = copies_victim_load(copies, entry->site->party);
	if (!victim)
		return false;
	copy_entry_settle(copies, victim);
	copy_entry_tell(victim);
	copies->state.late++;
	return true;
}

bool tier_may_be_asked(struct copies *copies, const struct copy_entry *entry)
{
	if (!entry || !copies->state.is_open || copies->has_left)
		return false;
	if ((!copies->busy_ms || clock_mono_ms() - copies->busy_ms < TIER_SLOW_MS) && make_way_to_read(copies, entry))
		return true;
	copies->state.late++;
	return false;
}

void tier_return(struct copies *copies, struct copy_entry *entry, struct cache_object *object)
{
	if (entry->site->is_served && cache_store_return(copies->store, object) == RESULT_OK)
		copies->state.given++;
	list_remove(&entry->of_site);
	list_add_last(&entry->site->entries, &entry->of_site);
}

void tier_count_late(struct copies *copies)
{
	pthread_mutex_lock(&copies->lock);
	copies->state.late++;
	pthread_mutex_unlock(&copies->lock);
}

/* -- what goes -- */

static void remove_entry(struct copies *copies, struct copy_entry *entry)
{
	copies_unlink(copies, &entry->place);
	copy_entry_remove(copies, entry);
}

void tier_replace(struct copies *copies, const struct cache_object *object)
{
	const struct list *bucket = copies_bucket(copies, object->key);
	struct copy_entry *entry;

	if (!__atomic_load_n(&copies->filled[bucket - copies->buckets], __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&copies->lock);
	copies_drop_saves(copies, object->key);
	entry = copies->has_left ? NULL : copy_entry_find(copies, object->key, object->vary, object->variant);
	if (entry)
		remove_entry(copies, entry);
	pthread_mutex_unlock(&copies->lock);
}

bool tier_is_outdated(const struct copies *copies, const struct copy *copy)
{
	return cache_store_has(copies->store, copy->key, copy->vary, copy->variant);
}

/* What lies on disk is not known yet: at the start, or while the edge before this one has the folder. */
static void forget_later(struct copies *copies, struct span key)
{
	list_each (node, &copies->sites) {
		struct copies_site *site = list_entry(node, struct copies_site, node);
		struct cache_purge purge = { site->rules.site, PURGE_ADDRESS, key_url(key) };

		if (cache_purge_names(&purge, key))
			copies_keep_purge(copies, site, &purge, false);
	}
}

void tier_forget(struct copies *copies, struct span key)
{
	pthread_mutex_lock(&copies->lock);
	if (!copies_know_all(copies) && !copies->has_left)
		forget_later(copies, key);
	copies_drop_saves(copies, key);
	list_each_safe (node, next, copies_bucket(copies, key)) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (span_equal(entry->key, key))
			remove_entry(copies, entry);
	}
	cache_store_forget(copies->store, key);
	pthread_mutex_unlock(&copies->lock);
}

void tier_sweep(struct copies *copies)
{
	uint64_t now_s = clock_wall_ns() / 1000000000u;

	for (unsigned i = 0; i < SWEPT_BUCKETS; i++) {
		list_each_safe (node, next, &copies->buckets[copies->swept_bucket]) {
			struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

			if (entry->made_s <= now_s && copy_entry_is_old(entry))  /* what is from the future waits for a clock that is right */
				remove_entry(copies, entry);
		}
		copies->swept_bucket = (copies->swept_bucket + 1) % COPIES_BUCKETS;
	}
}
