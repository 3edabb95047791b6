/* A list that grows in an arena, of items of one size.
 *
 * Owns     items lie in the arena; growing leaves the smaller copy behind in it
 * Threads  one at a time
 */
#ifndef BOUCLIER_WAF_LANGUAGE_BAG_H
#define BOUCLIER_WAF_LANGUAGE_BAG_H

#include "base/arena.h"

struct bag {
	void *items;
	size_t count, room;
};

/* A new item at the end, cleared. NULL: no memory. */
void *bag_add(struct bag *bag, struct arena *arena, size_t item_bytes) must_check;
/* The items of OTHER at the end of BAG; OTHER keeps its own. */
enum result bag_append(struct bag *bag, struct arena *arena, const struct bag *other, size_t item_bytes) must_check;
/* A copy of exactly the items there are. NULL: no memory; never NULL for an empty bag. */
void *bag_copy(const struct bag *bag, struct arena *arena, size_t item_bytes) must_check;

#endif
