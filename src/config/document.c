#include "config/document.h"

#include <stdio.h>

#include "base/encode.h"

#include "base/banned.h"

#define ARENA_LIMIT ((size_t)512 << 20)
#define FOUND_MAX 60

void document_init(struct document *document)
{
	arena_init(&document->arena, ARENA_LIMIT, 64 * 1024);
	document->node_count = 0;
	document_allow(document, DOCUMENT_NODES_MAX);
}

void document_allow(struct document *document, size_t count)
{
	document->node_limit = document->node_count + count;
	document->allowed = count;
}

void document_done(struct document *document)
{
	arena_done(&document->arena);
	document->node_count = 0;
}

struct node *node_find(const struct node *mapping, struct span key)
{
	if (mapping->kind != NODE_MAPPING)
		return NULL;
	node_each(child, mapping) {
		if (span_equal(child->key->text, key))
			return child;
	}
	return NULL;
}

struct place node_place(const struct node *node)
{
	return (struct place){ *node->file, node->line, node->column };
}

/* Whole characters only: half of one would make the message itself malformed. */
static struct span cut(struct span text, size_t max)
{
	size_t len = 0;

	while (len < text.len) {
		size_t step = utf8_length(span_skip(text, len));

		if (step == 0 || len + step > max)
			break;
		len += step;
	}
	return span_take(text, len);
}

struct found_text node_describe(const struct node *node)
{
	struct found_text found;
	struct span shown;

	if (node->kind != NODE_SCALAR) {
		snprintf(found.text, sizeof(found.text), node->kind == NODE_LIST ? "a list" : "a mapping");
		return found;
	}
	if (node->text.len == 0 && node->is_plain) {
		snprintf(found.text, sizeof(found.text), "nothing");
		return found;
	}
	shown = cut(node->text, FOUND_MAX);
	snprintf(found.text, sizeof(found.text), "\"%.*s\"%s", SPAN_ARG(shown), shown.len < node->text.len ? "..." : "");
	for (char *c = found.text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)  /* a message is one line */
			*c = ' ';
	}
	return found;
}

/* Bounded by DOCUMENT_DEPTH_MAX. */
bool node_equal(const struct node *a, const struct node *b)
{
	const struct node *x = a->first, *y = b->first;

	if (a->kind != b->kind || a->count != b->count || !span_equal(a->text, b->text))
		return false;
	for (; x && y; x = x->next, y = y->next) {
		if (a->kind == NODE_MAPPING && !span_equal(x->key->text, y->key->text))
			return false;
		if (!node_equal(x, y))
			return false;
	}
	return !x && !y;
}
