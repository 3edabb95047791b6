/* What the origin said last to be gone. A copy may be on its way then, of an answer that was given before; or lie on disk and not be known yet: an edge hears
 * it that has not looked, or another one writes until it is told to leave, and what that wrote is found by the second look. */
#include "base/clock.h"
#include "cache/continuity/inner.h"

#include "base/banned.h"

static bool is_later(uint32_t serial, uint32_t than)
{
	return (int32_t)(serial - than) > 0;
}

/* Availability, fails open: of more than there are places for, what was said longest ago is forgotten, and heard again when somebody asks for it. */
void copies_gone_note(struct copies *copies, struct span key)
{
	uint64_t hash = cache_store_hash(copies->store, key);
	struct copies_gone *place = copies->gone;

	for (struct copies_gone *each = copies->gone; each < copies->gone + COPIES_GONE_MAX && place->hash != hash; each++) {
		if (each->hash == hash || is_later(place->serial, each->serial))
			place = each;
	}
	*place = (struct copies_gone){ hash, clock_wall_ns() / 1000000000u, ++copies->gone_serial };
}

bool copies_gone_since(const struct copies *copies, struct span key, uint32_t serial, uint64_t made_s)
{
	uint64_t hash = cache_store_hash(copies->store, key);

	for (unsigned i = 0; i < COPIES_GONE_MAX; i++) {
		if (copies->gone[i].hash == hash && (is_later(copies->gone[i].serial, serial) || made_s < copies->gone[i].said_s))
			return true;
	}
	return false;
}

static void take_out(struct copies *copies, const struct copies_gone *gone)
{
	list_each_safe (node, next, &copies->buckets[gone->hash % COPIES_BUCKETS]) {
		struct copy_entry *entry = list_entry(node, struct copy_entry, bucket);

		if (entry->rank == COPY_PINNED || entry->made_s > gone->said_s || cache_store_hash(copies->store, entry->key) != gone->hash)
			continue;
		copies_unlink(copies, &entry->place);
		copy_entry_remove(copies, entry);
	}
}

void copies_gone_take_out(struct copies *copies)
{
	for (unsigned i = 0; i < COPIES_GONE_MAX; i++) {
		if (copies->gone[i].said_s)
			take_out(copies, &copies->gone[i]);
	}
}
