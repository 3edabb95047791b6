/* The index: an entry for each copy on disk, and which of them go where there is no room. */
#include <stdlib.h>

#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/key.h"

#include "base/banned.h"

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

void copy_entry_unload(struct copies *copies, struct copy_entry *entry)
{
	if (!entry->object)
		return;
	cache_object_drop(entry->object);
	entry->object = NULL;
	copies->loaded--;
}

void copy_entry_set_missed(struct copies *copies, struct copy_entry *entry, uint64_t missed_s)
{
	uint32_t others = copies->missed - (entry->missed_s ? 1u : 0u);

	__atomic_store_n(&copies->missed, others + (missed_s ? 1u : 0u), __ATOMIC_RELAXED);
	entry->missed_s = missed_s;
}

void copy_entry_remove(struct copies *copies, struct copy_entry *entry)
{
	count_entry(copies, entry, false);
	copy_entry_set_missed(copies, entry, 0);
	list_remove(&entry->bucket);
	list_remove(&entry->of_site);
	list_remove(&entry->loading);
	copy_entry_tell(entry);
	copy_entry_unload(copies, entry);
	free(entry);
}

/* -- who goes -- */

bool copies_is_older(uint64_t since_s, uint64_t age_s)
{
	uint64_t now = clock_wall_ns() / 1000000000u;

	return since_s > now || now - since_s >= age_s;
}

static bool may_go(const struct copy_entry *entry, unsigned rank)
{
	return entry->rank < rank || (entry->rank == rank && copies_is_older(entry->kept_s, entry->site->rules.refresh_s));
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
	return oldest_of(most, need);
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
