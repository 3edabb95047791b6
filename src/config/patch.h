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
/* The byte behind the last one that NODE's values take: what has no brackets of its own ends somewhere before the next thing. */
size_t content_end(struct span text, const struct node *node);
/* The dash of an ITEM of a block LIST, with a comment between them or none; SIZE_MAX when something else stands between. */
size_t dash_of(struct span text, const struct node *list, const struct node *item);
/* The child before NODE; NULL for the first. */
struct node *node_before(const struct node *parent, const struct node *node);
/* Takes CHILD, with the comma that nobody needs any more, out of a flow PARENT; comments before and behind it stay. -> how many of PATCHES say that */
size_t flow_cut(struct span text, const struct node *parent, const struct node *child, struct patch patches[2]);
/* Where one more entry of a flow goes: behind its last, and behind a comment in the line of that, which speaks of it. */
struct flow_end {
	size_t at;
	size_t comma;            /* where one is missing; SIZE_MAX: nowhere but in LEAD */
	size_t columns;          /* it begins a line, with so many blanks; SIZE_MAX: it goes on in this one */
	struct span lead;        /* in front of it */
};
struct flow_end flow_end(struct span text, const struct node *parent);
/* A flow without entries holds a comment. */
bool flow_is_annotated(struct span text, const struct node *flow);
/* "\r\n" where the text has that. */
struct span line_break_of(struct span text);

#endif
