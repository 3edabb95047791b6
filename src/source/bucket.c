#include "source/bucket.h"

#include "source/table.h"

#include "base/banned.h"

#define FINDS 0x0fffu        /* what tells where a key may be */
#define OFTEN 0x3000u
#define OFTEN_ONE 0x1000u
#define CLASS 0xc000u
#define SPARED_MAX 16u       /* strangers with an open connection, each time that a place is needed */

typedef uint16_t eight __attribute__((vector_size(16)));

static inline eight eight_of(uint16_t tag)
{
	return (eight){ tag, tag, tag, tag, tag, tag, tag, tag };
}

/* The first place from FROM on whose tag, of the bits in MASK, is WANTED; eight at a time. */
static unsigned next_match(const struct bucket *bucket, unsigned from, uint16_t mask, uint16_t wanted)
{
	eight masks = eight_of(mask), wants = eight_of(wanted);

	for (unsigned i = from & ~7u; i < BUCKET_PLACES; i += 8) {
		eight tags;
		uint64_t hits[2];

		memcpy(&tags, (const char *)bucket + (size_t)i * 2, sizeof(tags));
		tags = (eight)((tags & masks) == wants);
		memcpy(hits, &tags, sizeof(hits));
		if (!(hits[0] | hits[1]))
			continue;
		for (unsigned j = i < from ? from : i; j < i + 8 && j < BUCKET_PLACES; j++) {
			if ((bucket->tags[j] & mask) == wanted)
				return j;
		}
	}
	return BUCKET_PLACES;
}

unsigned bucket_find(const struct bucket_view *view, uint16_t tag, struct source_key key)
{
	unsigned slot = next_match(view->bucket, 0, FINDS, tag);

	while (slot < BUCKET_PLACES && (view->entries[slot].key != key.bits || view->entries[slot].kind != (unsigned)key.kind))
		slot = next_match(view->bucket, slot + 1, FINDS, tag);
	return slot;
}

static void set_tag(struct bucket_view *view, unsigned slot, uint16_t tag)
{
	__atomic_signal_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&view->bucket->tags[slot], tag, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void bucket_free(struct bucket_view *view, unsigned slot)
{
	set_tag(view, slot, 0);
}

static uint16_t with_class(uint16_t tag, enum source_class class)
{
	return (uint16_t)((tag & ~CLASS) | (unsigned)class << 14);
}

/* The hand goes round: who came since it last passed stays, a little less; what was worth keeping may no longer be. */
static bool hand_finds(struct bucket_view *view, unsigned slot)
{
	uint16_t tag = view->bucket->tags[slot];

	if (tag & CLASS)
		set_tag(view, slot, with_class(tag, entry_class(&view->entries[slot], view->now_us)));
	else if (tag & OFTEN)
		set_tag(view, slot, (uint16_t)(tag - OFTEN_ONE));
	else
		return true;
	return false;
}

/* A stranger's place. There is one, after the three rounds that use up what the most frequent had: the others never have all. */
static unsigned find_stranger(struct bucket_view *view)
{
	unsigned slot = view->bucket->hand % BUCKET_PLACES, spared = 0;

	for (unsigned steps = 0; steps < 5 * BUCKET_PLACES; steps++, slot = (slot + 1) % BUCKET_PLACES) {
		if (!hand_finds(view, slot))
			continue;
		/* Not a search for the one that has none: a flood of connections is not to make it long. */
		if (spared++ == SPARED_MAX || !view->has_open(view->context, &view->entries[slot]))
			break;
	}
	view->bucket->hand = (uint16_t)((slot + 1) % BUCKET_PLACES);
	return slot;
}

unsigned bucket_make(struct bucket_view *view, uint16_t tag, struct source_key key)
{
	unsigned slot = next_match(view->bucket, 0, UINT16_MAX, 0);

	if (slot == BUCKET_PLACES) {
		slot = find_stranger(view);
		view->figures->forgotten++;
		set_tag(view, slot, 0);
	}
	entry_begin(&view->entries[slot], key, view->now_us);
	set_tag(view, slot, tag);
	view->figures->made++;
	return slot;
}

static bool is_recent_sibling(const struct bucket_view *view, unsigned slot, struct source_key wide)
{
	const struct source_entry *entry = &view->entries[slot];

	return entry->kind == SOURCE_V6 && (entry->key & ~(uint64_t)0xffff) == wide.bits && entry_class(entry, view->now_us) == CLASS_STRANGER &&
	       view->now_us < entry->at_us + (uint64_t)SOURCE_WIDE_S * 1000000;
}

unsigned bucket_widen(struct bucket_view *view, uint16_t siblings, uint16_t tag, struct source_key wide)
{
	unsigned slots[BUCKET_PLACES], count = 0;
	struct source_entry merged;

	for (unsigned i = 0; (i = next_match(view->bucket, i, BUCKET_SIBLINGS, siblings)) < BUCKET_PLACES; i++) {
		if (view->bucket->tags[i] && is_recent_sibling(view, i, wide))
			slots[count++] = i;
	}
	if (count + 1 < SOURCE_WIDE_COUNT)
		return BUCKET_PLACES;
	entry_begin(&merged, wide, view->now_us);
	for (unsigned i = 0; i < count; i++) {
		entry_advance(&view->entries[slots[i]], view->now_us);
		entry_merge(&merged, &view->entries[slots[i]]);
		set_tag(view, slots[i], 0);
	}
	view->entries[slots[0]] = merged;
	set_tag(view, slots[0], tag);
	view->figures->widened++;
	return slots[0];
}

/* By class; then who came less often; then who was here longest ago. */
static bool is_worth_less(const struct bucket_view *view, unsigned a, unsigned b)
{
	unsigned x = view->bucket->tags[a] & (CLASS | OFTEN), y = view->bucket->tags[b] & (CLASS | OFTEN);

	return x != y ? x < y : view->entries[a].at_us < view->entries[b].at_us;
}

static unsigned count_protected(const struct bucket *bucket)
{
	unsigned count = 0;

	for (unsigned i = 0; i < BUCKET_PLACES; i++)
		count += (bucket->tags[i] & CLASS) != 0;
	return count;
}

/* SLOT has become worth keeping: when there are too many of those, and what was so once still is, the least of the others is forgotten. */
static void keep_quarter_free(struct bucket_view *view, unsigned slot)
{
	unsigned least = BUCKET_PLACES;

	if (count_protected(view->bucket) <= BUCKET_PROTECTED_MAX)
		return;
	for (unsigned i = 0; i < BUCKET_PLACES; i++) {
		uint16_t tag = view->bucket->tags[i];

		if (tag & CLASS)
			set_tag(view, i, with_class(tag, entry_class(&view->entries[i], view->now_us)));
		if ((view->bucket->tags[i] & CLASS) && i != slot && (least == BUCKET_PLACES || is_worth_less(view, i, least)))
			least = i;
	}
	if (count_protected(view->bucket) <= BUCKET_PROTECTED_MAX)
		return;
	bucket_free(view, least);
	view->figures->displaced++;
}

void bucket_touch(struct bucket_view *view, unsigned slot)
{
	uint16_t tag = view->bucket->tags[slot];
	uint16_t after = with_class(tag, entry_class(&view->entries[slot], view->now_us));

	if ((after & OFTEN) != OFTEN)
		after = (uint16_t)(after + OFTEN_ONE);
	if (after != tag)
		set_tag(view, slot, after);
	if ((after & CLASS) && !(tag & CLASS))
		keep_quarter_free(view, slot);
}
