/* Which copy is for whom who asks, and who waits for the disk to bring it. */
#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/continuity/tier.h"
#include "cache/key.h"

#include "base/banned.h"

bool copy_entry_is_old(const struct copy_entry *entry)
{
	uint64_t max_age_s = entry->site->rules.max_age_s;

	return entry->rank != COPY_PINNED && copies_is_older(entry->made_s, entry->life_s < max_age_s ? entry->life_s : max_age_s);
}

static bool is_for(const struct copy_entry *entry, const struct copies_ask *ask)
{
	char text[VARIANT_BYTES_MAX];
	struct span variant;

	if (!span_equal(entry->key, ask->key) || (ask->needs_judged && !entry->is_judged) || (entry->is_private && !ask->is_private))
		return false;
	if (ask->has_cookies && (!entry->is_for_cookies || list_has_token(entry->vary, SPAN("cookie"))))
		return false;
	if (copy_entry_is_old(entry))
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

	if (copies_is_tier(copies) && !tier_may_be_asked(copies, entry))
		return COPIES_NONE;
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
		copies->load_count++;
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
