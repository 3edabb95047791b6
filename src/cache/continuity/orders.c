/* Copies as those see them who watch and order: birth and end, a person's word, lists. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/key.h"

#include "base/banned.h"

#define ORDER_WAIT_MS 2000u
#define PURGES_MAX 256u       /* that wait for the disk; of a site with more all goes */

/* -- birth and end -- */

static void init(struct copies *copies)
{
	struct list *const lists[] = { &copies->sites, &copies->parties, &copies->saves, &copies->loads, &copies->orders, &copies->purges, &copies->early };
	pthread_condattr_t clock;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		list_init(lists[i]);
	for (unsigned i = 0; i < COPIES_BUCKETS; i++)
		list_init(&copies->buckets[i]);
	pthread_mutex_init(&copies->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&copies->work, &clock);
	pthread_cond_init(&copies->done, &clock);
	pthread_condattr_destroy(&clock);
}

static void done(struct copies *copies)
{
	pthread_cond_destroy(&copies->work);
	pthread_cond_destroy(&copies->done);
	pthread_mutex_destroy(&copies->lock);
	free(copies);
}

struct copies *copies_new(int state_fd, struct cache_store *store, enum copies_purpose purpose)
{
	struct copies *copies = calloc(1, sizeof(*copies));
	sigset_t all, before;
	int error;

	if (!copies)
		return NULL;
	copies->store = store;
	copies->purpose = purpose;
	copies->state_fd = state_fd;
	copies->folder.fd = -1;
	init(copies);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&copies->thread, NULL, copies_run, copies);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		return copies;
	done(copies);
	return NULL;
}

static void free_site(struct copies *copies, struct copies_site *site)
{
	list_each_safe (node, next, &site->entries)
		copy_entry_remove(copies, list_entry(node, struct copy_entry, of_site));
	list_each_safe (node, next, &site->pins)
		copies_pin_remove(copies, site, list_entry(node, struct copy_pin, node));
	list_remove(&site->node);
	free(site->name);
	free(site);
}

void copies_free(struct copies *copies)
{
	if (!copies)
		return;
	pthread_mutex_lock(&copies->lock);
	copies->must_stop = true;
	pthread_cond_signal(&copies->work);
	pthread_mutex_unlock(&copies->lock);
	pthread_join(copies->thread, NULL);
	list_each_safe (node, next, &copies->saves) {
		struct copy_save *save = list_entry(node, struct copy_save, node);

		list_remove(node);
		cache_object_drop(save->object);
		free(save);
	}
	list_each_safe (node, next, &copies->orders) {
		list_remove(node);
		copies_order_drop(list_entry(node, struct copies_order, node));
	}
	copies_purges_done(copies);
	list_each_safe (node, next, &copies->sites)
		free_site(copies, list_entry(node, struct copies_site, node));
	list_each_safe (node, next, &copies->parties)
		free(list_entry(node, struct copies_party, node));
	done(copies);
}

/* -- orders -- */

struct copies_order *copies_order_new(void)
{
	struct copies_order *order = calloc(1, sizeof(*order));

	if (order)
		order->holders = 1;
	return order;
}

struct copy_place *copies_order_add(struct copies_order *order)
{
	if (order->count == order->size) {
		size_t size = order->size ? order->size * 2 : 1;
		struct copy_place *places = realloc(order->places, size * sizeof(*places));

		if (!places)
			return NULL;
		order->places = places;
		order->size = size;
	}
	return &order->places[order->count++];
}

void copies_order_drop(struct copies_order *order)
{
	if (--order->holders)
		return;
	free(order->places);
	free(order->pin);
	free(order);
}

static void post(struct copies *copies, struct copies_order *order)
{
	list_add_last(&copies->orders, &order->node);
	pthread_cond_signal(&copies->work);
}

/* Without memory the file stays until the next start, where it is found again: a copy, older than others. */
void copies_unlink(struct copies *copies, const struct copy_place *place)
{
	struct copies_order *order = list_is_empty(&copies->orders) ? NULL : list_entry(copies->orders.prev, struct copies_order, node);
	struct copy_place *to;

	if (order && !order->pin && order->holders == 1) {  /* of the same kind, and not begun */
		to = copies_order_add(order);
		if (to)
			*to = *place;
		return;
	}
	order = copies_order_new();
	to = order ? copies_order_add(order) : NULL;
	if (to) {
		*to = *place;
		post(copies, order);
	} else if (order) {
		copies_order_drop(order);
	}
}

/* ORDER is done with, whatever comes of it. */
static enum result wait_for(struct copies *copies, struct copies_order *order)
{
	uint64_t until_ms = clock_mono_ms() + ORDER_WAIT_MS;
	struct timespec until = { .tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000 };
	enum result result;
	int error;

	order->holders++;
	post(copies, order);
	while (!order->is_done && pthread_cond_timedwait(&copies->done, &copies->lock, &until) == 0)
		continue;
	error = order->error;
	result = !order->is_done ? RESULT_TIMEOUT : error ? RESULT_IO : RESULT_OK;
	copies_order_drop(order);
	errno = error;
	return result;
}

/* -- pins -- */

static enum result place_of_pin(const struct copies_site *site, struct span address, struct copy_place *place)
{
	struct copy *pin = calloc(1, sizeof(*pin));
	enum result result = RESULT_NO_MEMORY;

	if (!pin)
		return result;
	pin->kind = COPY_PIN;
	pin->site = span_of(site->name);
	pin->key = address;
	result = copy_place_of(site->rules.site, pin, place);
	free(pin);
	return result;
}

/* Under the lock. */
static enum result pin(struct copies *copies, struct copies_site *site, struct span address)
{
	const struct copy_pin *known = copies_pin_find(site, address);
	struct copies_order *order;
	struct copy_place place;
	enum result result;

	if (known && known->is_on_disk)
		return RESULT_OK;
	if (!known && (site->pin_count >= COPIES_PINS_MAX || address.len > COPIES_PIN_BYTES_MAX))
		return RESULT_LIMIT;
	order = copies_order_new();
	if (order)
		order->pin = strndup(address.at, address.len);
	result = order && order->pin ? place_of_pin(site, address, &place) : RESULT_NO_MEMORY;
	if (result == RESULT_OK && !known && !copies_pin_add(copies, site, &place, address))
		result = RESULT_NO_MEMORY;
	if (result != RESULT_OK) {
		if (order)
			copies_order_drop(order);
		return result;
	}
	order->site = site;
	order->pin_place = place;
	return wait_for(copies, order);
}

enum result copies_pin(struct copies *copies, uint64_t site_key, struct span address)
{
	struct copies_site *site;
	enum result result = RESULT_REFUSED;

	pthread_mutex_lock(&copies->lock);
	site = copies_site_find(copies, site_key);
	if (site && site->is_served && site->rules.disk_bytes)
		result = pin(copies, site, address);
	pthread_mutex_unlock(&copies->lock);
	return result;
}

/* -- dropping -- */

static bool has_tag(struct span tags, struct span wanted)
{
	while (tags.len) {
		if (span_equal(span_cut(&tags, ' '), wanted))
			return true;
	}
	return false;
}

static bool is_named(const struct cache_purge *purge, struct span key, struct span tags)
{
	return purge->kind == PURGE_TAG ? has_tag(tags, purge->text) : cache_purge_names(purge, key);
}

/* What is pinned by its path is named by a whole address, too, and what is pinned as a whole by its path. */
static bool is_pin_named(const struct cache_purge *purge, struct span address)
{
	struct span path = address.at[0] == '/' ? address : key_target_of_url(address);
	struct span text = purge->kind == PURGE_TAG ? SPAN_NONE : purge->text;

	if (purge->kind == PURGE_PREFIX)
		return span_starts(address, text) || span_starts(path, text);
	return text.len && (span_equal(address, text) || span_equal(path, text));
}

static enum result gather(struct copies *copies, struct copies_site *site, const struct cache_purge *purge, bool with_pins, struct copies_order *order)
{
	list_each_safe (node, next, &site->pins) {
		struct copy_pin *pin = list_entry(node, struct copy_pin, node);
		struct copy_place *place;

		if (!with_pins || !is_pin_named(purge, pin->address))
			continue;
		place = copies_order_add(order);
		if (!place)
			return RESULT_NO_MEMORY;
		*place = pin->place;
		copies_pin_remove(copies, site, pin);
	}
	list_each_safe (node, next, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);
		struct copy_place *place;

		if (!is_named(purge, entry->key, entry->tags))
			continue;
		place = copies_order_add(order);
		if (!place)
			return RESULT_NO_MEMORY;
		*place = entry->place;
		copy_entry_remove(copies, entry);
	}
	return RESULT_OK;
}

void copies_keep_purge(struct copies *copies, struct copies_site *site, const struct cache_purge *purge, bool with_pins)
{
	struct copies_purge *kept = copies->purge_count < PURGES_MAX ? malloc(sizeof(*kept) + purge->text.len) : NULL;

	if (!kept) {
		site->is_purged = true;
		site->are_pins_purged |= with_pins;
		return;
	}
	*kept = (struct copies_purge){ .purge = *purge, .with_pins = with_pins };
	kept->purge.text = span_make((const char *)(kept + 1), purge->text.len);
	memcpy(kept + 1, purge->text.at, purge->text.len);
	list_add_last(&copies->purges, &kept->node);
	copies->purge_count++;
}

bool copies_is_purged(const struct copies *copies, const struct copies_site *site, const struct copy *copy)
{
	bool is_pin = copy->kind == COPY_PIN;

	if (is_pin ? site->are_pins_purged : site->is_purged)
		return true;
	list_each (node, &copies->purges) {
		const struct copies_purge *kept = list_entry(node, struct copies_purge, node);

		if (kept->purge.site != site->rules.site || (is_pin && !kept->with_pins))
			continue;
		if (is_pin ? is_pin_named(&kept->purge, copy->key) : is_named(&kept->purge, copy->key, copy->tags))
			return true;
	}
	return false;
}

void copies_purges_done(struct copies *copies)
{
	list_each_safe (node, next, &copies->purges) {
		list_remove(node);
		free(list_entry(node, struct copies_purge, node));
	}
	copies->purge_count = 0;
	list_each (node, &copies->sites) {
		struct copies_site *site = list_entry(node, struct copies_site, node);

		site->is_purged = site->are_pins_purged = false;
	}
}

static enum result drop(struct copies *copies, struct copies_site *site, const struct cache_purge *purge, bool with_pins, size_t *count)
{
	struct copies_order *order = copies_order_new();
	enum result result = order ? gather(copies, site, purge, with_pins, order) : RESULT_NO_MEMORY, kept;

	site->drops++;  /* what is on its way to the disk does not arrive */
	*count = order ? order->count : 0;
	if (!copies_know_all(copies))
		copies_keep_purge(copies, site, purge, with_pins);
	if (!copies->state.is_open) {
		if (order && order->count)
			post(copies, order);
		else if (order)
			copies_order_drop(order);
		return result == RESULT_OK ? RESULT_TIMEOUT : result;
	}
	if (!order || !order->count) {
		if (order)
			copies_order_drop(order);
		return result;
	}
	kept = wait_for(copies, order);
	return result == RESULT_OK ? kept : result;
}

enum result copies_drop(struct copies *copies, const struct cache_purge *purge, bool with_pins, size_t *count)
{
	struct copies_site *site;
	enum result result = RESULT_OK;
	size_t from_memory = 0;

	*count = 0;
	pthread_mutex_lock(&copies->lock);
	if (copies_is_tier(copies))
		from_memory = cache_store_purge(copies->store, purge);
	site = copies_site_find(copies, purge->site);
	if (site)
		result = drop(copies, site, purge, with_pins, count);
	pthread_mutex_unlock(&copies->lock);
	*count += from_memory;
	return result;
}

/* -- views -- */

struct copies_state copies_state(struct copies *copies)
{
	struct copies_state state;

	pthread_mutex_lock(&copies->lock);
	state = copies->state;
	pthread_mutex_unlock(&copies->lock);
	return state;
}

void copies_each_given(struct copies *copies, void (*each)(void *context, uint64_t site, uint64_t given), void *context)
{
	pthread_mutex_lock(&copies->lock);
	list_each (node, &copies->sites) {
		const struct copies_site *site = list_entry(node, struct copies_site, node);

		if (site->given)
			each(context, site->rules.site, site->given);
	}
	pthread_mutex_unlock(&copies->lock);
}

static bool has_copy(const struct copies_site *site, struct span address)
{
	struct cache_purge purge = { site->rules.site, PURGE_ADDRESS, address };

	list_each (node, &site->entries) {
		const struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);

		if (entry->rank == COPY_PINNED && cache_purge_names(&purge, entry->key))
			return true;
	}
	return false;
}

enum result copies_list(struct copies *copies, uint64_t site_key, void (*each)(void *context, const struct copy_view *view), void *context,
                        struct copies_total *total)
{
	const struct copies_site *site;

	pthread_mutex_lock(&copies->lock);
	site = copies_site_find(copies, site_key);
	if (site) {
		*total = (struct copies_total){ site->has.count, site->has.bytes, site->rules.disk_bytes, site->pin_count, site->given };
		list_each (node, &site->pins) {
			struct copy_view view = { .url = list_entry(node, struct copy_pin, node)->address, .rank = COPY_PINNED };

			if (!has_copy(site, view.url))
				each(context, &view);
		}
		list_each (node, &site->entries) {
			const struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);
			struct copy_view view = { key_url(entry->key), entry->variant, entry->made_s, entry->kept_s, entry->bytes, entry->rank, true };

			each(context, &view);
		}
	}
	pthread_mutex_unlock(&copies->lock);
	return site ? RESULT_OK : RESULT_NOT_FOUND;
}
