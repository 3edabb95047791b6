/* Where in a text a node can be cut out, and where something can be put in: the layout half of edit.h. */
#ifndef BOUCLIER_CONFIG_PATCH_H
#define BOUCLIER_CONFIG_PATCH_H

#include "base/buffer.h"
#include "config/document.h"

/* Replaces bytes START..END of the text by WITH. */
struct patch {
	size_t start, end;
	struct span with;
};

/* TEXT with the PATCHES (in order, not overlapping). */
enum result patch_apply(struct span text, const struct patch *patches, size_t count, struct buffer *out) must_check;

size_t line_start(struct span text, size_t at);
/* The end of AT's line, before its line break. */
size_t line_end(struct span text, size_t at);
/* Behind the line break of AT's line. */
size_t line_next(struct span text, size_t at);
/* The byte behind the last one that NODE's values take: a block collection's own end lies somewhere before the next thing. */
size_t content_end(struct span text, const struct node *node);
/* The dash of a block list's ITEM; SIZE_MAX when something else stands between. */
size_t dash_of(struct span text, const struct node *item);
/* The child before NODE; NULL for the first. */
struct node *node_before(const struct node *parent, const struct node *node);
/* "\r\n" where the text has that. */
struct span line_break_of(struct span text);

#endif
