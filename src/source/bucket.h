/* One bucket of the table of sources: 127 places, and what a look at 256 bytes tells of each. Behind a lock that the caller holds.
 *
 * Shape    a tag: bits 0-3 are the same for all of an IPv6 /48, 4-11 tell keys apart, 12-13 how often it came lately, 14-15 its
 *          enum source_class. A tag of 0 is a free place
 * Limits   what is worth more than a stranger takes at most BUCKET_PROTECTED_MAX places
 *
 * A writer may die anywhere in here. An entry is written before its tag, and a tag is taken away before its entry is written over: so whatever
 * a tag speaks of is whole.
 */
#ifndef BOUCLIER_SOURCE_BUCKET_H
#define BOUCLIER_SOURCE_BUCKET_H

#include "source/entry.h"

#define BUCKET_PLACES 127u
#define BUCKET_PROTECTED_MAX 95u
#define BUCKET_SIBLINGS 0x000fu

struct bucket {
	uint16_t tags[BUCKET_PLACES];
	uint16_t hand;                /* where the search for a place begins */
};

struct bucket_figures {
	uint64_t made, forgotten;
	uint32_t widened, displaced;
};

struct bucket_view {
	struct bucket *bucket;
	struct source_entry *entries;
	struct bucket_figures *figures;
	uint64_t now_us;
	bool (*has_open)(const void *context, const struct source_entry *entry);
	const void *context;
};

static inline uint16_t bucket_tag(uint16_t siblings, uint64_t hash)
{
	uint16_t own = (uint16_t)(hash & 0xff);

	return (uint16_t)(siblings | (own ? own : 1) << 4);
}

static inline enum source_class bucket_class(uint16_t tag)
{
	return (enum source_class)(tag >> 14);
}

/* BUCKET_PLACES: it is not there. TAG as bucket_tag has it. */
unsigned bucket_find(const struct bucket_view *view, uint16_t tag, struct source_key key);
/* A new entry, in a free place or in that of whoever is worth least. */
unsigned bucket_make(struct bucket_view *view, uint16_t tag, struct source_key key);
void bucket_free(struct bucket_view *view, unsigned slot);
/* Another stranger of the /48 WIDE came: when there are enough of them, one entry for all; otherwise BUCKET_PLACES. */
unsigned bucket_widen(struct bucket_view *view, uint16_t siblings, uint16_t tag, struct source_key wide);
/* It came, and may have changed its class. */
void bucket_touch(struct bucket_view *view, unsigned slot);

#endif
