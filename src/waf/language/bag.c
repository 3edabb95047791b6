#include "waf/language/bag.h"

#include "base/banned.h"

static bool reserve(struct bag *bag, struct arena *arena, size_t more, size_t item_bytes)
{
	size_t room = bag->room ? bag->room * 2 : 4;
	void *items;

	if (bag->room - bag->count >= more)
		return true;
	while (room - bag->count < more)
		room *= 2;
	items = arena_take_zero(arena, room, item_bytes);
	if (!items)
		return false;
	if (bag->count)
		memcpy(items, bag->items, bag->count * item_bytes);
	bag->items = items;
	bag->room = room;
	return true;
}

void *bag_add(struct bag *bag, struct arena *arena, size_t item_bytes)
{
	if (!reserve(bag, arena, 1, item_bytes))
		return NULL;
	return memset((char *)bag->items + bag->count++ * item_bytes, 0, item_bytes);
}

enum result bag_append(struct bag *bag, struct arena *arena, const struct bag *other, size_t item_bytes)
{
	if (!other->count)
		return RESULT_OK;
	if (!reserve(bag, arena, other->count, item_bytes))
		return RESULT_NO_MEMORY;
	memcpy((char *)bag->items + bag->count * item_bytes, other->items, other->count * item_bytes);
	bag->count += other->count;
	return RESULT_OK;
}

void *bag_copy(const struct bag *bag, struct arena *arena, size_t item_bytes)
{
	void *copy = arena_take(arena, bag->count * item_bytes);

	if (copy && bag->count)
		memcpy(copy, bag->items, bag->count * item_bytes);
	return copy;
}
