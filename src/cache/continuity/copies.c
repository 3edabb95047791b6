#include "cache/continuity/copies.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cache/continuity/inner.h"
#include "cache/key.h"

#include "base/banned.h"

static bool may_have_variant(struct copies *copies, const struct copies_site *site, struct span key)
{
	bool is_room;

	return copies_victim_variant(copies, site, key, &is_room) || is_room;
}

static bool is_due(struct copies *copies, const struct copies_offer *offer, uint64_t *drops)
{
	const struct copies_site *site = copies_site_find(copies, offer->site);
	const struct copy_entry *entry;

	if (!site || !site->is_served || !site->rules.disk_bytes || !copies->state.is_open || copies->has_left || copies->save_count >= COPIES_SAVES_MAX)
		return false;
	if (offer->is_for_pins && !copies_is_pinned(site, offer->key, offer->is_wild))
		return false;
	*drops = (uint64_t)copies->gone_serial << 32 | site->drops;
	entry = copy_entry_find(copies, offer->key, offer->vary, offer->variant);
	if (entry && entry->is_private != offer->is_private)
		return entry->is_private;
	return entry ? copies_is_older(entry->kept_s, site->rules.refresh_s) : may_have_variant(copies, site, offer->key);
}

bool copies_have_pins(const struct copies *copies)
{
	return __atomic_load_n(&copies->state.pins, __ATOMIC_RELAXED);
}

bool copies_are_missed(const struct copies *copies)
{
	return __atomic_load_n(&copies->missed, __ATOMIC_RELAXED);
}

bool copies_look_is_due(struct copies *copies, uint64_t of_key, struct span variant, uint64_t now_ms, uint64_t again_ms)
{
	uint64_t hash = hash_u64(of_key ^ hash_span(hash_process_seed(), variant));
	uint64_t *slot = &copies->slots[hash % COPIES_SLOTS], seen = __atomic_load_n(slot, __ATOMIC_RELAXED);
	uint32_t second = (uint32_t)(now_ms / 1000);

	if (seen >> 32 == hash >> 32 && (uint32_t)seen > second)
		return false;
	__atomic_store_n(slot, hash >> 32 << 32 | (uint32_t)(second + again_ms / 1000), __ATOMIC_RELAXED);
	return true;
}

bool copies_want(struct copies *copies, const struct copies_offer *offer, uint64_t now_ms, uint64_t *drops)
{
	bool is_wanted;

	if ((offer->is_for_pins && !copies_have_pins(copies)) || !copies_look_is_due(copies, offer->hash, offer->variant, now_ms, COPIES_LOOK_MS))
		return false;
	pthread_mutex_lock(&copies->lock);
	is_wanted = is_due(copies, offer, drops);
	pthread_mutex_unlock(&copies->lock);
	return is_wanted;
}

bool copies_queue(struct copies *copies, struct copy_save *save, struct cache_object *object)
{
	if (!save || !save->site || copies->save_count >= COPIES_SAVES_MAX || copies->has_left) {
		copies->state.skipped++;
		return false;
	}
	cache_object_hold(object);
	save->object = object;
	list_add_last(&copies->saves, &save->node);
	copies->save_count++;
	copies->save_bytes += object->body->bytes;
	copies_fill(copies, object->key, true);
	pthread_cond_signal(&copies->work);
	return true;
}

/* Since it was wanted; or it is older than that, from memory. */
static bool is_gone_since(const struct copies *copies, const struct copy_save *save, struct span key, uint32_t serial)
{
	return save && save->site && copies_gone_since(copies, key, serial, save->made_s) && !copies_is_pinned(save->site, key, save->flags & COPY_IS_WILD);
}

void copies_save(struct copies *copies, struct cache_object *object, uint64_t site_key, unsigned flags, uint64_t made_s, uint64_t drops)
{
	struct copy_save *save = calloc(1, sizeof(*save));
	bool is_taken;

	pthread_mutex_lock(&copies->lock);
	if (save)
		*save = (struct copy_save){ .site = copies_site_find(copies, site_key), .made_s = made_s, .drops = (uint32_t)drops, .flags = flags };
	is_taken = !is_gone_since(copies, save, object->key, (uint32_t)(drops >> 32)) && copies_queue(copies, save, object);
	pthread_mutex_unlock(&copies->lock);
	if (!is_taken)
		free(save);
}

static uint64_t now_s(void)
{
	return clock_wall_ns() / 1000000000u;
}

static bool is_missed_for_long(struct copies *copies, struct copy_entry *entry)
{
	if (!entry->missed_s)
		copy_entry_set_missed(copies, entry, now_s());
	return now_s() - entry->missed_s >= entry->site->rules.refresh_s;
}

void copies_drop_saves(struct copies *copies, struct span key)
{
	list_each (node, &copies->saves) {
		struct copy_save *save = list_entry(node, struct copy_save, node);

		if (span_equal(save->object->key, key) && !copies_is_pinned(save->site, key, save->flags & COPY_IS_WILD))
			save->is_dropped = true;
	}
}

void copies_forget(struct copies *copies, struct span key, bool is_certain)
{
	struct list *bucket = copies_bucket(copies, key);

	if (!is_certain && !__atomic_load_n(&copies->filled[bucket - copies->buckets], __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&copies->lock);
	if (is_certain) {
		copies_gone_note(copies, key);
		copies_drop_saves(copies, key);
	}
	list_each_safe (node, next, bucket) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (entry->rank == COPY_PINNED || copies->has_left || !span_equal(entry->key, key) || (!is_certain && !is_missed_for_long(copies, entry)))
			continue;
		copies_unlink(copies, &entry->place);
		copy_entry_remove(copies, entry);
	}
	pthread_mutex_unlock(&copies->lock);
}

void copies_remember(struct copies *copies, struct span key)
{
	pthread_mutex_lock(&copies->lock);
	list_each (node, copies_bucket(copies, key)) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (entry->missed_s && span_equal(entry->key, key))
			copy_entry_set_missed(copies, entry, 0);
	}
	pthread_mutex_unlock(&copies->lock);
}
