#include "cache/continuity/copies.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cache/continuity/inner.h"
#include "cache/key.h"

#include "base/banned.h"

/* -- who serves -- */

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
	*drops = site->drops;
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

bool copies_want(struct copies *copies, const struct copies_offer *offer, uint64_t now_ms, uint64_t *drops)
{
	uint64_t hash = hash_u64(offer->hash ^ hash_span(hash_process_seed(), offer->variant));
	uint64_t *slot = &copies->slots[hash % COPIES_SLOTS], seen = __atomic_load_n(slot, __ATOMIC_RELAXED);
	uint32_t second = (uint32_t)(now_ms / 1000);
	bool is_wanted;

	if (offer->is_for_pins && !copies_have_pins(copies))
		return false;
	if (seen >> 32 == hash >> 32 && (uint32_t)seen > second)
		return false;
	__atomic_store_n(slot, hash >> 32 << 32 | (second + COPIES_LOOK_MS / 1000), __ATOMIC_RELAXED);
	pthread_mutex_lock(&copies->lock);
	is_wanted = is_due(copies, offer, drops);
	pthread_mutex_unlock(&copies->lock);
	return is_wanted;
}

void copies_save(struct copies *copies, struct cache_object *object, uint64_t site_key, unsigned flags, uint64_t made_s, uint64_t drops)
{
	struct copy_save *save = calloc(1, sizeof(*save));
	bool is_taken = false;

	pthread_mutex_lock(&copies->lock);
	if (save && copies->save_count < COPIES_SAVES_MAX && !copies->has_left)
		save->site = copies_site_find(copies, site_key);
	if (save && save->site) {
		cache_object_hold(object);
		save->object = object;
		save->made_s = made_s;
		save->drops = drops;
		save->flags = flags;
		list_add_last(&copies->saves, &save->node);
		copies->save_count++;
		copies_fill(copies, object->key, true);
		pthread_cond_signal(&copies->work);
		is_taken = true;
	} else {
		copies->state.skipped++;
	}
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

/* What is being written, or waits for it, was given before the origin said that. */
static void drop_saves(struct copies *copies, struct span key)
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

	if (!__atomic_load_n(&copies->filled[bucket - copies->buckets], __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&copies->lock);
	if (is_certain)
		drop_saves(copies, key);
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

/* -- the origin is gone -- */

static bool is_for(const struct copy_entry *entry, const struct copies_ask *ask)
{
	char text[VARIANT_BYTES_MAX];
	struct span variant;

	if (!span_equal(entry->key, ask->key) || (ask->needs_judged && !entry->is_judged) || (entry->is_private && !ask->is_private))
		return false;
	if (ask->has_cookies && list_has_token(entry->vary, SPAN("cookie")))
		return false;
	if (entry->rank != COPY_PINNED && copies_is_older(entry->made_s, entry->site->rules.max_age_s))
		return false;
	return key_variant_write(ask->fields, entry->vary, text, &variant) == RESULT_OK && span_equal(variant, entry->variant) &&
	       (!entry->coding.len || key_accepts_codings(ask->fields, entry->coding));
}

static struct copy_entry *newest_for(struct copies *copies, const struct copies_ask *ask)
{
	struct copy_entry *newest = NULL;

	list_each (node, copies_bucket(copies, ask->key)) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (is_for(entry, ask) && (!newest || entry->kept_s > newest->kept_s))
			newest = entry;
	}
	return newest;
}

static void wait_in(struct list *list, struct copy_ticket *ticket)
{
	ticket->is_waiting = true;
	__atomic_store_n(&ticket->is_told, false, __ATOMIC_RELAXED);
	list_add_last(list, &ticket->node);
}

/* Under the lock. */
static enum copies_answer look(struct copies *copies, const struct copies_ask *ask, struct copy_ticket *ticket, struct cache_object **object)
{
	struct copy_entry *entry = newest_for(copies, ask);

	if (!entry && (copies->state.is_open || copies->has_failed || copies->must_stop || !ticket))
		return COPIES_NONE;
	if (entry && entry->object && ticket) {
		entry->used_ms = clock_mono_ms();
		cache_object_hold(entry->object);
		*object = entry->object;
		return COPIES_HERE;
	}
	if (!ticket)
		return COPIES_WAIT;
	wait_in(entry ? &entry->waiting : &copies->early, ticket);
	if (entry && list_is_empty(&entry->loading)) {
		list_add_last(&copies->loads, &entry->loading);
		pthread_cond_signal(&copies->work);
	}
	return COPIES_WAIT;
}

enum copies_answer copies_find(struct copies *copies, const struct copies_ask *ask, struct copy_ticket *ticket, struct cache_object **object)
{
	const struct copies_site *site;
	enum copies_answer answer = COPIES_NONE;

	pthread_mutex_lock(&copies->lock);
	site = copies_site_find(copies, ask->site);
	if (site && site->is_served && site->rules.disk_bytes && !copies->state.has_bad_key)
		answer = look(copies, ask, ticket, object);
	pthread_mutex_unlock(&copies->lock);
	return answer;
}

void copies_cancel(struct copies *copies, struct copy_ticket *ticket)
{
	if (!ticket->is_waiting)
		return;
	pthread_mutex_lock(&copies->lock);
	list_remove(&ticket->node);
	pthread_mutex_unlock(&copies->lock);
	ticket->is_waiting = false;
}

void copies_count_given(struct copies *copies, uint64_t site_key)
{
	struct copies_site *site;

	pthread_mutex_lock(&copies->lock);
	site = copies_site_find(copies, site_key);
	if (site)
		site->given++;
	copies->state.given++;
	pthread_mutex_unlock(&copies->lock);
}
