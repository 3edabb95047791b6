#include "config/editing.h"

#include "base/encode.h"
#include "config/tree_writer.h"

#include "base/banned.h"

#define INSERT_MAX ((size_t)32 * 1024)

static void edit_init(struct edit *edit, struct span file, struct span text, struct complaints *complaints)
{
	size_t errors = complaints->errors;

	*edit = (struct edit){ .file = file, .text = text, .complaints = complaints };
	document_init(&edit->document);
	buffer_init(&edit->insert, INSERT_MAX);
	edit->result = document_read(&edit->document, &edit->file, text, complaints, &edit->root);
	if (edit->result == RESULT_OK && complaints->errors > errors)
		edit->result = RESULT_MALFORMED;
}

static void edit_done(struct edit *edit)
{
	buffer_done(&edit->insert);
	document_done(&edit->document);
}

enum result edit_refuse_for(struct edit *edit, const struct node *node, const char *why, const char *what_now)
{
	struct place place = { edit->file, node ? node->line : 0, node ? node->column : 0 };

	complain(edit->complaints, COMPLAINT_ERROR, place, SPAN_NONE, "%s: %s", why, what_now);
	return RESULT_REFUSED;
}

enum result edit_refuse(struct edit *edit, const struct node *node, const char *why)
{
	return edit_refuse_for(edit, node, why, "to be edited by hand");
}

void edit_put(struct edit *edit, struct span text)
{
	if (edit->result == RESULT_OK)
		edit->result = buffer_append(&edit->insert, text);
}

void edit_put_break(struct edit *edit, size_t columns)
{
	edit_put(edit, line_break_of(edit->text));
	while (columns--)
		edit_put(edit, SPAN(" "));
}

void edit_put_value(struct edit *edit, struct span value, bool is_quoted)
{
	if (!is_quoted && tree_is_bare(value) && span_find(value, ':') == value.len)
		edit_put(edit, value);
	else if (edit->result == RESULT_OK)
		edit->result = json_write_string(value, &edit->insert);
}

void edit_put_pair(struct edit *edit, const char *key, struct span value)
{
	edit_put(edit, span_of(key));
	edit_put(edit, SPAN(": "));
	edit_put_value(edit, value, !tree_is_bare(value) || span_contains(value, SPAN(":")));
}

void edit_cut(struct edit *edit, size_t start, size_t end, struct span with)
{
	edit->patches[edit->patch_count++] = (struct patch){ start, end, with };
}

size_t edit_begin_entry(struct edit *edit, const struct node *parent)
{
	struct flow_end end = flow_end(edit->text, parent);

	if (end.comma != SIZE_MAX)
		edit_cut(edit, end.comma, end.comma, SPAN(","));
	if (end.columns != SIZE_MAX)
		edit_put_break(edit, end.columns);
	edit_put(edit, end.lead);
	return end.at;
}

struct node *edit_new_node(struct edit *edit, enum node_kind kind, struct span text)
{
	struct node *node = arena_new(&edit->document.arena, struct node);

	if (!node) {
		edit->result = RESULT_NO_MEMORY;
		return NULL;
	}
	node->kind = (uint8_t)kind;
	node->text = text;
	node->file = &edit->file;
	return node;
}

void edit_link(struct edit *edit, struct node *parent, struct span key, struct node *child)
{
	if (!parent || !child)
		return;
	child->key = parent->kind == NODE_MAPPING ? edit_new_node(edit, NODE_SCALAR, key) : NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

void edit_unlink(struct node *parent, struct node *child)
{
	struct node *before = node_before(parent, child);

	if (before)
		before->next = child->next;
	else
		parent->first = child->next;
	if (parent->last == child)
		parent->last = before;
	parent->count--;
}

/* Applies the patches, and holds the outcome against the tree that was asked for. */
static enum result finish(struct edit *edit, struct buffer *out)
{
	struct complaints own;
	struct document document;
	struct node *root = NULL;
	enum result result = edit->result;

	if (result == RESULT_OK)
		result = patch_apply(edit->text, edit->patches, edit->patch_count, out);
	if (result != RESULT_OK)
		return result;
	complaints_init(&own);
	document_init(&document);
	result = document_read(&document, &edit->file, buffer_span(out), &own, &root);
	if (result != RESULT_NO_MEMORY && (result != RESULT_OK || own.errors || !root || !node_equal(root, edit->root))) {
		buffer_reset(out);
		result = edit_refuse(edit, edit->subject, "the change cannot be made without touching other things");
	}
	document_done(&document);
	complaints_done(&own);
	return result;
}

enum result edit_run(struct span file, struct span text, edit_step step, const void *argument, struct complaints *complaints,
                       struct buffer *out)
{
	enum result result;
	struct edit edit;

	edit_init(&edit, file, text, complaints);
	result = edit.result;
	if (result == RESULT_OK && edit.root && edit.root->kind != NODE_MAPPING)
		result = edit_refuse(&edit, edit.root, "not a mapping");
	if (result == RESULT_OK)
		result = step(&edit, argument);
	if (result == RESULT_OK)
		result = finish(&edit, out);
	edit_done(&edit);
	return result;
}

struct node *edit_find_sites(const struct edit *edit)
{
	return edit->root ? node_find(edit->root, SPAN("sites")) : NULL;
}

struct node *edit_find_site(const struct edit *edit, struct span name)
{
	return edit_find_item(edit_find_sites(edit), SPAN("name"), name);
}

size_t edit_begin_key(struct edit *edit, const struct node *parent, struct span key)
{
	size_t at;

	if (parent->is_flow) {
		at = edit_begin_entry(edit, parent);
	} else {
		at = line_end(edit->text, content_end(edit->text, parent->last));
		edit_put_break(edit, parent->column - 1u);
	}
	edit_put(edit, key);
	edit_put(edit, SPAN(": "));
	return at;
}
