/* A circular doubly linked list of nodes embedded in what they link.
 *
 * Owns     nothing
 * Threads  one at a time
 */
#ifndef BOUCLIER_BASE_LIST_H
#define BOUCLIER_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

/* The thing of TYPE whose MEMBER is NODE. */
#define list_entry(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))
#define list_each(node, ends) for (struct list *node = (ends)->next; node != (ends); node = node->next)
/* The same, and NODE may be removed in the body. */
#define list_each_safe(node, following, ends) \
	for (struct list *node = (ends)->next, *following = node->next; node != (ends); node = following, following = node->next)

static inline void list_init(struct list *list)
{
	list->next = list->prev = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_add_last(struct list *list, struct list *node)
{
	node->prev = list->prev;
	node->next = list;
	list->prev->next = node;
	list->prev = node;
}

static inline void list_add_first(struct list *list, struct list *node)
{
	list_add_last(list->next, node);
}

/* Also safe on a node that is in no list, if it was list_init'ed. */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#endif
