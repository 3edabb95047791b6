/* The index: an entry for each copy on disk. */
#include <stdlib.h>

#include "base/clock.h"
#include "cache/continuity/inner.h"
#include "cache/continuity/tier.h"
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
	struct copies_part change = { is_there ? cost : -cost, is_there ? (uint64_t)1 : -(uint64_t)1 };

	copies_fill(copies, entry->key, is_there);
	copies_part_add(&entry->site->has, &change);
	copies_part_add(&entry->site->party->has, &change);
	copies->state.bytes += change.bytes;
	copies->state.copies += change.count;
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
	copy_entry_settle(copies, entry);
	copy_entry_tell(entry);
	copy_entry_unload(copies, entry);
	free(entry);
}

bool copies_is_older(uint64_t since_s, uint64_t age_s)
{
	uint64_t now = clock_wall_ns() / 1000000000u;

	return since_s > now || now - since_s >= age_s;
}
