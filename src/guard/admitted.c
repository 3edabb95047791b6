#include "guard/admitted.h"

#include "base/slots.h"

#include "base/banned.h"

/* It is only written where slots_write may write: by whoever lets in. */
static struct slots slots_of(const struct admitted *admitted)
{
	struct admitted *own = (struct admitted *)(uintptr_t)admitted;

	return (struct slots){ &own->used, own->versions, own->list, sizeof(*own->list), ADMITTED_MAX };
}

static bool is_same(struct source_key a, struct source_key b)
{
	return a.bits == b.bits && a.kind == b.kind;
}

/* The place of KEY; without one, a free place; ADMITTED_MAX: none. */
static unsigned find_place(const struct slots *slots, struct source_key key, uint64_t now_us, struct admitted_source *out)
{
	unsigned used = slots_used(slots), free_one = used;

	for (unsigned i = 0; i < used; i++) {
		bool is_on = slots_read(slots, i, out) && out->until_us > now_us;

		if (is_on && is_same(out->key, key))
			return i;
		if (!is_on && free_one == used)
			free_one = i;
	}
	*out = (struct admitted_source){ 0 };
	return free_one;
}

enum result admitted_add(struct admitted *admitted, const struct admitted_source *source, uint64_t now_us)
{
	struct slots slots = slots_of(admitted);
	struct admitted_source before;
	unsigned place = find_place(&slots, source->key, now_us, &before);

	if (place == ADMITTED_MAX)
		return RESULT_LIMIT;
	slots_write(&slots, place, source);
	return RESULT_OK;
}

enum result admitted_end(struct admitted *admitted, struct source_key key, uint64_t now_us)
{
	struct slots slots = slots_of(admitted);
	struct admitted_source before;
	unsigned place = find_place(&slots, key, now_us, &before);

	if (!before.until_us)
		return RESULT_NOT_FOUND;
	slots_write(&slots, place, &(struct admitted_source){ 0 });
	return RESULT_OK;
}

bool admitted_find(const struct admitted *admitted, struct source_key key, uint64_t now_us, struct admitted_source *out)
{
	struct slots slots;
	struct admitted_source found;

	if (!admitted || !admitted->used)
		return false;
	slots = slots_of(admitted);
	find_place(&slots, key, now_us, &found);
	if (found.until_us)
		*out = found;
	return found.until_us != 0;
}

unsigned admitted_list(const struct admitted *admitted, uint64_t now_us, struct admitted_source out[ADMITTED_MAX])
{
	struct slots slots = slots_of(admitted);
	unsigned count = 0;

	for (unsigned i = 0; i < slots_used(&slots); i++)
		count += slots_read(&slots, i, &out[count]) && out[count].until_us > now_us;
	return count;
}
