/* The thread of the copies: it alone touches the disk. What a person waits for goes first, then what visitors wait for, then what is kept. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/continuity/tier.h"

#include "base/banned.h"

#define REST_MS 1000u
#define SWEEP_MS 60000u
#define RETRY_MS 5000u
#define VICTIMS_A_TURN 32u   /* each is looked for among all of its site, and nobody is served meanwhile */

void copies_note_error(struct copies *copies, enum result result, int error)
{
	copies->state.error = result == RESULT_OK ? 0 : result == RESULT_IO && error ? error : ENOMEM;
}

/* -- orders -- */

static enum result write_pin(struct copies *copies, const struct copies_order *order)
{
	struct copy pin = { .kind = COPY_PIN, .kept_s = clock_wall_ns() / 1000000000u, .site = span_of(order->site->name), .key = span_of(order->pin) };
	struct buffer head;
	enum result result = digest_plain(SPAN_NONE, pin.body_digest);

	buffer_init(&head, COPY_HEAD_MAX);
	if (result == RESULT_OK)
		result = copy_write_head(&pin, copies->folder.key, &head);
	if (result == RESULT_OK)
		result = copy_folder_put(&copies->folder, &order->pin_place, buffer_span(&head), SPAN_NONE, FOLDER_NAME);
	buffer_done(&head);
	return result;
}

/* It may have been dropped meanwhile. */
static void settle_pin(const struct copies_order *order, bool is_written)
{
	struct copy_pin *pin = copies_pin_find(order->site, span_of(order->pin));

	if (pin)
		pin->is_on_disk = is_written;
}

static void do_order(struct copies *copies)
{
	struct copies_order *order = list_entry(copies->orders.next, struct copies_order, node);
	enum result result = RESULT_OK;
	int error = 0;

	list_remove(&order->node);
	pthread_mutex_unlock(&copies->lock);
	if (order->pin) {
		result = write_pin(copies, order);
		error = errno;
	}
	for (size_t i = 0; i < order->count; i++) {
		if (copy_folder_delete(&copies->folder, &order->places[i]) != RESULT_OK) {
			error = errno;
			result = RESULT_IO;
		}
	}
	pthread_mutex_lock(&copies->lock);
	if (result != RESULT_OK || order->pin)  /* a full disk takes files away, too: that says nothing */
		copies_note_error(copies, result, error);
	if (order->pin)
		settle_pin(order, result == RESULT_OK);
	order->error = result == RESULT_OK ? 0 : copies->state.error;
	order->is_done = true;
	pthread_cond_broadcast(&copies->done);
	copies_order_drop(order);
}

/* -- what lies there: looked at at the start, and once more if another edge wrote at the same time -- */

static bool take_pin(struct copies *copies, struct copies_site *site, const struct copy_found *found)
{
	struct copy_pin *pin = copies_pin_find(site, found->copy.key);  /* somebody has pinned it again before it was found */

	if (!pin && site->pin_count < COPIES_PINS_MAX && !copies_is_purged(copies, site, &found->copy))
		pin = copies_pin_add(copies, site, &found->place, found->copy.key);
	if (pin)
		pin->is_on_disk = true;
	return pin;
}

/* One that is known stays, whatever was purged: that was before it was written. Another in its place is another edge's. */
static bool take_copy(struct copies *copies, struct copies_site *site, const struct copy_found *found)
{
	struct copy_entry *known = copy_entry_find(copies, found->copy.key, found->copy.vary, found->copy.variant);

	if (known && known->kept_s == found->copy.kept_s)
		return true;
	if (known)
		copy_entry_remove(copies, known);
	if (copies_is_tier(copies) && tier_is_outdated(copies, &found->copy))
		return false;
	return !copies_is_purged(copies, site, &found->copy) && copies->state.copies < COPIES_MAX &&
	       copy_entry_add(copies, site, &found->copy, &found->place, found->file_bytes);
}

/* False: it goes. */
static bool take_found(struct copies *copies, const struct copy_found *found)
{
	struct copies_site *site = copies_site_find(copies, found->place.site);

	if (found->result == RESULT_NO_MEMORY)
		return true;
	if (found->result != RESULT_OK || (site && !span_equal(found->copy.site, span_of(site->name)))) {
		copies->state.damaged++;
		return false;
	}
	if (!site || !site->is_served)
		return false;
	if (found->copy.kind == COPY_PIN && !copies_is_tier(copies))
		return take_pin(copies, site, found);
	return found->copy.kind == copies_kind(copies) && take_copy(copies, site, found);
}

static bool look_at_found(void *context, const struct copy_found *found)
{
	struct copies *copies = context;
	bool stays, goes_on;

	pthread_mutex_lock(&copies->lock);
	stays = take_found(copies, found);
	goes_on = !copies->must_stop;
	pthread_mutex_unlock(&copies->lock);
	if (!stays)
		(void)!copy_folder_delete(&copies->folder, &found->place);
	return goes_on;
}

static void tell_early(struct copies *copies)
{
	list_each_safe (node, next, &copies->early) {
		struct copy_ticket *ticket = list_entry(node, struct copy_ticket, node);

		list_remove(node);
		__atomic_store_n(&ticket->is_told, true, __ATOMIC_RELEASE);
		ticket->wake(ticket);
	}
}

/* The workers of a tier look at it without the lock. */
static void set_open(struct copies *copies, bool is_open)
{
	__atomic_store_n(&copies->state.is_open, is_open, __ATOMIC_RELAXED);
}

/* Continuity is shared: what an edge that takes over cannot give is a portal that is down, and what two write side by side is found by the second look. The
 * tier is not: two who write know nothing of each other's bytes and purges, and without it the origin is asked. */
static enum folder_sharing sharing_of(const struct copies *copies)
{
	return copies_is_tier(copies) ? FOLDER_ALONE : FOLDER_SHARED;
}

/* Without the lock. RESULT_MORE: another edge has it alone. */
static enum result open_and_join(struct copies *copies, bool *is_shared)
{
	enum result result = copy_folder_open(&copies->folder, copies->state_fd, copies_is_tier(copies) ? "cache" : "continuity");
	int error;

	if (result != RESULT_OK)
		return result;
	result = copy_folder_join(&copies->folder, sharing_of(copies));
	*is_shared = result == RESULT_MORE;
	if (result == RESULT_OK || sharing_of(copies) == FOLDER_SHARED)
		return RESULT_OK;
	error = errno;
	copy_folder_done(&copies->folder);
	errno = error;
	return result;
}

/* A key that others may read is looked at again with each try: a person may mend it. */
static void open_folder(struct copies *copies)
{
	bool is_shared = false;
	enum result result;
	int error;

	copies->tried_ms = clock_mono_ms();
	pthread_mutex_unlock(&copies->lock);
	errno = 0;
	result = open_and_join(copies, &is_shared);  /* before looking, not after */
	if (result == RESULT_OK)
		result = copy_folder_walk(&copies->folder, look_at_found, copies);
	error = errno;
	pthread_mutex_lock(&copies->lock);
	copies->is_joined = copies->folder.fd >= 0;
	copies->is_shared = is_shared;
	copies->state.has_bad_key = result == RESULT_REFUSED;
	if (result != RESULT_REFUSED && result != RESULT_MORE)
		copies_note_error(copies, result, error);
	/* Where some of it could not be looked at, the rest is here. */
	set_open(copies, copies->folder.fd >= 0);
	copies->has_failed = !copies->state.is_open;
	copies->needs_sweep = true;
	copies_gone_take_out(copies);
	if (copies_know_all(copies))
		copies_purges_done(copies);
	tell_early(copies);
}

/* An edge takes over while the one before it still writes, until it is told to drain: that would not be found before the next start. */
static void open_again(struct copies *copies)
{
	enum result result = RESULT_OK;
	bool is_shared;
	int error;

	copies->tried_ms = clock_mono_ms();
	pthread_mutex_unlock(&copies->lock);
	errno = 0;
	is_shared = copy_folder_join(&copies->folder, FOLDER_SHARED) == RESULT_MORE;
	if (!is_shared)
		result = copy_folder_walk(&copies->folder, look_at_found, copies);
	error = errno;
	pthread_mutex_lock(&copies->lock);
	if (is_shared)
		return;
	if (result != RESULT_OK)
		copies_note_error(copies, result, error);
	copies->is_shared = false;
	copies->needs_sweep = true;
	copies_gone_take_out(copies);
	copies_purges_done(copies);
}

/* The edge that serves now finds what lies there for itself. */
static void forget_all(struct copies *copies)
{
	list_each (node, &copies->sites) {
		list_each_safe (each, next, &list_entry(node, struct copies_site, node)->entries)
			copy_entry_remove(copies, list_entry(each, struct copy_entry, of_site));
	}
	set_open(copies, false);
}

/* What a person said while it served is on disk by now. What waits to be written is not written any more. */
static void leave(struct copies *copies)
{
	while (!list_is_empty(&copies->saves))
		copies_do_save(copies);
	if (copies_is_tier(copies))
		forget_all(copies);
	copy_folder_leave(&copies->folder);
	copies->is_joined = copies->is_shared = false;
}

/* -- now and then -- */

static void sweep_entries(struct copies *copies, struct copies_site *site, uint64_t now_s)
{
	bool is_over = !site->is_served || !site->rules.disk_bytes;

	list_each_safe (node, next, &site->entries) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, of_site);
		bool is_old = entry->rank != COPY_PINNED && now_s > entry->made_s && now_s - entry->made_s >= site->rules.max_age_s;

		if (!is_over && !is_old)
			continue;
		copies_unlink(copies, &entry->place);
		copy_entry_remove(copies, entry);
	}
	list_each_safe (node, next, &site->pins) {
		struct copy_pin *pin = list_entry(node, struct copy_pin, node);

		if (site->is_served)
			break;
		copies_unlink(copies, &pin->place);
		copies_pin_remove(copies, site, pin);
	}
}

static void sweep(struct copies *copies)
{
	uint64_t now_s = clock_wall_ns() / 1000000000u;
	bool is_all = copies->needs_sweep || !copies_is_tier(copies);

	copies->needs_sweep = false;
	copies->swept_ms = clock_mono_ms();
	if (copies->has_left)
		return;
	if (!is_all) {
		tier_sweep(copies);
		return;
	}
	list_each (node, &copies->sites)
		sweep_entries(copies, list_entry(node, struct copies_site, node), now_s);
	copies->is_shrinking = true;
}

/* Limits that have become smaller. Where more have to go than in one turn, the lock is given back before the next. */
static void shrink(struct copies *copies)
{
	const struct copy_need need = { .rank = COPY_RANK_ANY };
	unsigned victims = 0;

	list_each (node, &copies->sites) {
		struct copies_site *site = list_entry(node, struct copies_site, node);
		struct copy_entry *victim;
		bool is_room;

		while (victims < VICTIMS_A_TURN && (victim = copies_victim(copies, site, &need, &is_room))) {
			copies_unlink(copies, &victim->place);
			copy_entry_remove(copies, victim);
			victims++;
		}
	}
	copies->is_shrinking = victims == VICTIMS_A_TURN;
	pthread_mutex_unlock(&copies->lock);
	sched_yield();
	pthread_mutex_lock(&copies->lock);
}

/* Once a second at most, however often the thread is woken. */
static void unload_unused(struct copies *copies)
{
	uint64_t now_ms = clock_mono_ms();

	if (now_ms - copies->unloaded_ms < REST_MS)
		return;
	copies->unloaded_ms = now_ms;
	list_each (node, &copies->sites) {
		struct copies_site *site = list_entry(node, struct copies_site, node);

		list_each (each, &site->entries) {
			struct copy_entry *entry = list_entry(each, struct copy_entry, of_site);

			if (entry->object && now_ms - entry->used_ms >= COPIES_UNUSED_MS)
				copy_entry_unload(copies, entry);
		}
	}
}

static void rest(struct copies *copies)
{
	uint64_t until_ms = clock_mono_ms() + REST_MS;
	struct timespec until = { .tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000 };

	copies->busy_ms = 0;
	(void)pthread_cond_timedwait(&copies->work, &copies->lock, &until);
	if (copies->loaded)
		unload_unused(copies);
}

static bool is_to_open_again(const struct copies *copies)
{
	return copies->is_shared && clock_mono_ms() - copies->tried_ms >= REST_MS;
}

static bool is_to_open(const struct copies *copies)
{
	if (copies->state.is_open || !copies->has_rules || (copies->has_left && copies_is_tier(copies)))
		return false;
	return !copies->has_failed || clock_mono_ms() - copies->tried_ms >= (copies->is_shared ? REST_MS : RETRY_MS);
}

static void turn(struct copies *copies)
{
	if (is_to_open(copies))
		open_folder(copies);
	else if (!copies->state.is_open)
		rest(copies);
	else if (!list_is_empty(&copies->orders))
		do_order(copies);
	else if (copies->has_left && copies->is_joined)
		leave(copies);
	else if (!list_is_empty(&copies->loads))
		copies_do_load(copies);
	else if (is_to_open_again(copies))
		open_again(copies);
	else if (copies->needs_sweep || clock_mono_ms() - copies->swept_ms >= (copies_is_tier(copies) ? REST_MS : SWEEP_MS))
		sweep(copies);
	else if (copies->is_shrinking)
		shrink(copies);
	else if (!list_is_empty(&copies->saves))
		copies_do_save(copies);
	else
		rest(copies);
}

void *copies_run(void *context)
{
	struct copies *copies = context;

	pthread_mutex_lock(&copies->lock);
	while (!copies->must_stop) {
		copies->busy_ms = clock_mono_ms();
		turn(copies);
	}
	pthread_mutex_unlock(&copies->lock);
	copy_folder_done(&copies->folder);
	return NULL;
}
