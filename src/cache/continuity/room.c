/* Who goes where there is no room for all: on disk, and of what waits for it. */
#include "cache/continuity/inner.h"

#include "base/banned.h"

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

/* Who wants room, and of what there is none: bytes, or the number of files. */
struct claim {
	const struct copies_site *site;
	struct copies_part needs;
	bool is_of_bytes;
};

/* What has HAS would have; IS_OWN: with what the claim needs. */
static uint64_t would_have(const struct claim *claim, const struct copies_part *has, bool is_own)
{
	const struct copies_part *needs = &claim->needs;

	return claim->is_of_bytes ? has->bytes + (is_own ? needs->bytes : 0) : has->count + (is_own ? needs->count : 0);
}

/* ONE's tenant would have more than OTHER's; of one tenant, the site. */
static bool has_more(const struct claim *claim, const struct copies_site *one, const struct copies_site *other)
{
	if (one->party == other->party)
		return would_have(claim, &one->has, one == claim->site) > would_have(claim, &other->has, other == claim->site);
	return would_have(claim, &one->party->has, one->party == claim->site->party) > would_have(claim, &other->party->has, other->party == claim->site->party);
}

/* Who has most gives: a tenant that has no more than an even part of all gives nothing to others, nor a site that has no more than one of its tenant's. And
 * whoever has less than that gets it, for somebody has more. */
static struct copies_site *giver_to(const struct copies *copies, struct copies_site *site, const struct claim *claim)
{
	struct copies_site *giver = site;

	list_each (node, &copies->sites) {
		struct copies_site *other = list_entry(node, struct copies_site, node);

		if (has_more(claim, other, giver))
			giver = other;
	}
	return giver;
}

struct copy_entry *copies_victim(struct copies *copies, struct copies_site *site, const struct copy_need *need, bool *is_room)
{
	bool is_own = site->has.bytes + need->bytes > site->rules.disk_bytes;
	bool is_full = copies->state.bytes + need->bytes > copies->total_bytes;
	struct claim claim = { site, { need->bytes, need->is_new }, is_full };

	*is_room = !is_own && !is_full && (!need->is_new || copies->state.copies < COPIES_MAX);
	if (*is_room)
		return NULL;
	if (!is_own)
		site = giver_to(copies, site, &claim);
	return copies_is_tier(copies) ? first_of(site, need) : oldest_of(site, need);
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

/* -- what waits for the disk -- */

#define WAIT_BYTES 32768u         /* one that waits counts for so much, however small it is: then as many of them take all the room there is to wait */

/* Who has most that waits, when PARTY has WAITS more of it. */
static const struct copies_party *most_waiting(const struct copies *copies, const struct copies_party *party, uint64_t waits)
{
	const struct copies_party *most = party;

	list_each (node, &copies->parties) {
		const struct copies_party *other = list_entry(node, struct copies_party, node);

		if (other->waits > most->waits + (most == party ? waits : 0))
			most = other;
	}
	return most;
}

static void count_none(const struct copies *copies)
{
	list_each (node, &copies->parties)
		list_entry(node, struct copies_party, node)->waits = 0;
}

struct copy_save *copies_victim_save(const struct copies *copies, const struct copies_party *party, uint64_t bytes)
{
	const struct copies_party *most;
	struct copy_save *victim = NULL;

	count_none(copies);
	list_each (node, &copies->saves) {
		const struct copy_save *save = list_entry(node, struct copy_save, node);

		save->site->party->waits += save->object->body->bytes + WAIT_BYTES;
	}
	most = most_waiting(copies, party, bytes + WAIT_BYTES);
	list_each (node, &copies->saves) {
		struct copy_save *save = list_entry(node, struct copy_save, node);

		if (node != copies->saves.next && save->site->party == most)  /* the first may be being written */
			victim = save;
	}
	return most == party ? NULL : victim;
}

struct copy_entry *copies_victim_load(const struct copies *copies, const struct copies_party *party)
{
	const struct copies_party *most;
	struct copy_entry *victim = NULL;

	count_none(copies);
	list_each (node, &copies->loads)
		list_entry(node, struct copy_entry, loading)->site->party->waits++;
	most = most_waiting(copies, party, 1);
	list_each (node, &copies->loads) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, loading);

		if (entry->site->party == most)
			victim = entry;
	}
	return most == party ? NULL : victim;
}
