#include "cache/continuity/copies.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cache/continuity/inner.h"
#include "cache/continuity/tier.h"
#include "cache/key.h"

#include "base/banned.h"

static uint64_t now_s(void)
{
	return clock_wall_ns() / 1000000000u;
}

bool copies_is_older(uint64_t since_s, uint64_t age_s)
{
	uint64_t now = now_s();

	return since_s > now || now - since_s >= age_s;
}

/* -- sites -- */

struct copies_site *copies_site_find(const struct copies *copies, uint64_t key)
{
	list_each (node, &copies->sites) {
		struct copies_site *site = list_entry(node, struct copies_site, node);

		if (site->rules.site == key)
			return site;
	}
	return NULL;
}

static struct copies_site *site_make(struct copies *copies, const struct copies_rules *rules)
{
	struct copies_site *site = copies_site_find(copies, rules->site);

	if (site)
		return site;
	site = calloc(1, sizeof(*site));
	if (!site)
		return NULL;
	site->name = strndup(rules->name.at, rules->name.len);
	if (!site->name) {
		free(site);
		return NULL;
	}
	list_init(&site->entries);
	list_init(&site->pins);
	list_add_last(&copies->sites, &site->node);
	site->rules.site = rules->site;
	return site;
}

static void serve_site(struct copies *copies, const struct copies_rules *rules)
{
	struct copies_site *site = copies_site_find(copies, rules->site);

	if (!site)
		return;
	site->rules = *rules;
	site->rules.name = span_of(site->name);
	site->is_served = true;
}

enum result copies_apply(struct copies *copies, const struct copies_rules *rules, size_t count, uint64_t total_bytes)
{
	enum result result = RESULT_OK;

	pthread_mutex_lock(&copies->lock);
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = site_make(copies, &rules[i]) ? RESULT_OK : RESULT_NO_MEMORY;
	if (result == RESULT_OK) {
		list_each (node, &copies->sites)
			list_entry(node, struct copies_site, node)->is_served = false;
		for (size_t i = 0; i < count; i++)
			serve_site(copies, &rules[i]);
		copies->total_bytes = total_bytes;
		copies->has_rules = copies->needs_sweep = true;
		pthread_cond_signal(&copies->work);
	}
	pthread_mutex_unlock(&copies->lock);
	return result;
}

void copies_leave(struct copies *copies)
{
	pthread_mutex_lock(&copies->lock);
	copies->has_left = true;
	pthread_cond_signal(&copies->work);
	pthread_mutex_unlock(&copies->lock);
}

/* -- pins -- */

static bool is_meant(const struct copies_site *site, const struct copy_pin *pin, struct span key, bool is_wild)
{
	struct cache_purge address = { site->rules.site, PURGE_ADDRESS, pin->address };

	return !(is_wild && pin->address.at[0] == '/') && cache_purge_names(&address, key);
}

bool copies_is_pinned(const struct copies_site *site, struct span key, bool is_wild)
{
	list_each (node, &site->pins) {
		if (is_meant(site, list_entry(node, struct copy_pin, node), key, is_wild))
			return true;
	}
	return false;
}

struct copy_pin *copies_pin_find(const struct copies_site *site, struct span address)
{
	list_each (node, &site->pins) {
		struct copy_pin *pin = list_entry(node, struct copy_pin, node);

		if (span_equal(pin->address, address))
			return pin;
	}
	return NULL;
}

struct copy_pin *copies_pin_add(struct copies *copies, struct copies_site *site, const struct copy_place *place, struct span address)
{
	struct copy_pin *pin = malloc(sizeof(*pin) + address.len);

	if (!pin)
		return NULL;
	*pin = (struct copy_pin){ .place = *place, .address = span_make((const char *)(pin + 1), address.len) };
	memcpy(pin + 1, address.at, address.len);
	list_add_last(&site->pins, &pin->node);
	site->pin_count++;
	__atomic_add_fetch(&copies->state.pins, (uint64_t)1, __ATOMIC_RELAXED);
	list_each (node, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (is_meant(site, pin, entry->key, entry->is_wild))
			entry->rank = COPY_PINNED;
	}
	return pin;
}

void copies_pin_remove(struct copies *copies, struct copies_site *site, struct copy_pin *pin)
{
	list_remove(&pin->node);
	site->pin_count--;
	__atomic_sub_fetch(&copies->state.pins, (uint64_t)1, __ATOMIC_RELAXED);
	list_each (node, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (is_meant(site, pin, entry->key, entry->is_wild))
			copy_entry_rank(entry);  /* another may mean it, too */
	}
	free(pin);
}

/* -- entries -- */

void copy_entry_rank(struct copy_entry *entry)
{
	entry->rank = copies_is_pinned(entry->site, entry->key, entry->is_wild) ? COPY_PINNED : entry->is_priority ? COPY_PRIORITY : COPY_ORDINARY;
}

struct copy_entry *copy_entry_find(struct copies *copies, struct span key, struct span vary, struct span variant)
{
	list_each (node, copies_bucket(copies, key)) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (span_equal(entry->key, key) && span_equal(entry->vary, vary) && span_equal(entry->variant, variant))
			return entry;
	}
	return NULL;
}

static struct span coding_of(const struct copy *copy)
{
	for (unsigned i = 0; i < copy->field_count; i++) {
		if (copy->fields[i].id == FIELD_CONTENT_ENCODING)
			return copy->fields[i].value;
	}
	return SPAN_NONE;
}

static struct span copy_text(char **to, struct span text)
{
	struct span copied = span_make(*to, text.len);

	if (text.len)
		memcpy(*to, text.at, text.len);
	*to += text.len;
	return copied;
}

static void count_entry(struct copies *copies, const struct copy_entry *entry, bool is_there)
{
	uint64_t cost = copy_folder_cost(entry->bytes);

	copies_fill(copies, entry->key, is_there);
	entry->site->bytes += is_there ? cost : -cost;
	entry->site->count += is_there ? (size_t)1 : -(size_t)1;
	copies->state.bytes += is_there ? cost : -cost;
	copies->state.copies += is_there ? (uint64_t)1 : -(uint64_t)1;
}

struct copy_entry *copy_entry_add(struct copies *copies, struct copies_site *site, const struct copy *copy, const struct copy_place *place, uint64_t file_bytes)
{
	struct span coding = coding_of(copy);
	struct copy_entry *entry = calloc(1, sizeof(*entry) + copy->key.len + copy->vary.len + copy->variant.len + copy->tags.len + coding.len);
	char *to = (char *)(entry + 1);

	if (!entry)
		return NULL;
	list_init(&entry->loading);
	list_init(&entry->waiting);
	entry->site = site;
	entry->place = *place;
	entry->key = copy_text(&to, copy->key);
	entry->vary = copy_text(&to, copy->vary);
	entry->variant = copy_text(&to, copy->variant);
	entry->tags = copy_text(&to, copy->tags);
	entry->coding = copy_text(&to, coding);
	entry->made_s = copy->made_s;
	entry->kept_s = copy->kept_s;
	entry->bytes = file_bytes;
	entry->is_judged = copy->flags & COPY_IS_JUDGED;
	entry->is_priority = copy->flags & COPY_IS_PRIORITY;
	entry->is_private = copy->flags & COPY_IS_PRIVATE;
	entry->is_wild = copy->flags & COPY_IS_WILD;
	entry->life_s = UINT64_MAX;
	entry->is_for_cookies = true;  /* nobody's page is in it */
	if (copy->kind == COPY_STORED)
		tier_live(entry, copy->life);
	copy_entry_rank(entry);
	list_add_first(copies_bucket(copies, entry->key), &entry->bucket);
	list_add_last(&site->entries, &entry->of_site);
	count_entry(copies, entry, true);
	return entry;
}

void copy_entry_tell(struct copy_entry *entry)
{
	list_each_safe (node, next, &entry->waiting) {
		struct copy_ticket *ticket = list_entry(node, struct copy_ticket, node);

		list_remove(node);
		__atomic_store_n(&ticket->is_told, true, __ATOMIC_RELEASE);
		ticket->wake(ticket);
	}
}

void copy_entry_settle(struct copies *copies, struct copy_entry *entry)
{
	if (!list_is_empty(&entry->loading))
		copies->load_count--;
	list_remove(&entry->loading);
}

void copy_entry_unload(struct copies *copies, struct copy_entry *entry)
{
	if (!entry->object)
		return;
	cache_object_drop(entry->object);
	entry->object = NULL;
	copies->loaded--;
}

static void set_missed(struct copies *copies, struct copy_entry *entry, uint64_t missed_s)
{
	uint32_t others = copies->missed - (entry->missed_s ? 1u : 0u);

	__atomic_store_n(&copies->missed, others + (missed_s ? 1u : 0u), __ATOMIC_RELAXED);
	entry->missed_s = missed_s;
}

void copy_entry_remove(struct copies *copies, struct copy_entry *entry)
{
	count_entry(copies, entry, false);
	set_missed(copies, entry, 0);
	list_remove(&entry->bucket);
	list_remove(&entry->of_site);
	copy_entry_settle(copies, entry);
	copy_entry_tell(entry);
	copy_entry_unload(copies, entry);
	free(entry);
}

/* -- who goes -- */

static bool may_go(const struct copy_entry *entry, unsigned rank)
{
	return entry->rank < rank || (entry->rank == rank && copies_is_older(entry->kept_s, entry->site->rules.refresh_s));
}

/* A tier has its entries in order: who was asked for last is the last. */
static struct copy_entry *first_of(const struct copies_site *site, const struct copy_need *need)
{
	list_each (node, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (entry != need->replaced)
			return entry;
	}
	return NULL;
}

static struct copy_entry *oldest_of(const struct copies_site *site, const struct copy_need *need)
{
	struct copy_entry *oldest = NULL;

	list_each (node, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (entry != need->replaced && may_go(entry, need->rank) &&
		    (!oldest || entry->rank < oldest->rank || (entry->rank == oldest->rank && entry->kept_s < oldest->kept_s)))
			oldest = entry;
	}
	return oldest;
}

struct copy_entry *copies_victim(struct copies *copies, struct copies_site *site, const struct copy_need *need, bool *is_room)
{
	struct copies_site *most = site;
	bool is_own = site->bytes + need->bytes > site->rules.disk_bytes;

	*is_room = !is_own && copies->state.bytes + need->bytes <= copies->total_bytes && (!need->is_new || copies->state.copies < COPIES_MAX);
	if (*is_room)
		return NULL;
	list_each (node, &copies->sites) {
		struct copies_site *other = list_entry(node, struct copies_site, node);

		if (!is_own && other->bytes > most->bytes + (most == site ? need->bytes : 0))
			most = other;
	}
	return copies_is_tier(copies) ? first_of(most, need) : oldest_of(most, need);
}

/* Nobody turns over the copies of an address by asking in many languages faster than `refresh`. */
struct copy_entry *copies_victim_variant(struct copies *copies, const struct copies_site *site, struct span key, bool *is_room)
{
	struct copy_entry *oldest = NULL;
	unsigned variants = 0;

	list_each (node, copies_bucket(copies, key)) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (!span_equal(entry->key, key))
			continue;
		variants++;
		if (!oldest || entry->kept_s <= oldest->kept_s)
			oldest = entry;
	}
	*is_room = variants < VARIANTS_MAX;
	return !*is_room && copies_is_older(oldest->kept_s, site->rules.refresh_s) ? oldest : NULL;
}

static bool may_have_variant(struct copies *copies, const struct copies_site *site, struct span key)
{
	bool is_room;

	return copies_victim_variant(copies, site, key, &is_room) || is_room;
}

/* -- who serves -- */

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

void copies_save(struct copies *copies, struct cache_object *object, uint64_t site_key, unsigned flags, uint64_t made_s, uint64_t drops)
{
	struct copy_save *save = calloc(1, sizeof(*save));
	bool is_taken;

	pthread_mutex_lock(&copies->lock);
	if (save)
		*save = (struct copy_save){ .site = copies_site_find(copies, site_key), .made_s = made_s, .drops = drops, .flags = flags };
	is_taken = copies_queue(copies, save, object);
	pthread_mutex_unlock(&copies->lock);
	if (!is_taken)
		free(save);
}

static bool is_missed_for_long(struct copies *copies, struct copy_entry *entry)
{
	if (!entry->missed_s)
		set_missed(copies, entry, now_s());
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

	if (!__atomic_load_n(&copies->filled[bucket - copies->buckets], __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&copies->lock);
	if (is_certain)
		copies_drop_saves(copies, key);
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
			set_missed(copies, entry, 0);
	}
	pthread_mutex_unlock(&copies->lock);
}
