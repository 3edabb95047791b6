#include "config/edit.h"

#include "base/encode.h"
#include "config/patch.h"
#include "config/texts.h"
#include "config/tree_writer.h"

#include "base/banned.h"

#define INSERT_MAX ((size_t)32 * 1024)
#define PATCHES_MAX 2

struct edit {
	struct span file, text;
	struct complaints *complaints;
	struct document document;
	struct node *root;              /* as read, then changed as the new text must read */
	const struct node *subject;     /* what is changed, for complaints; NULL: the file */
	struct patch patches[PATCHES_MAX];
	size_t patch_count;
	struct buffer insert;           /* what the patch puts in */
	enum result result;
};

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

static enum result refuse_for(struct edit *edit, const struct node *node, const char *why, const char *what_now)
{
	struct place place = { edit->file, node ? node->line : 0, node ? node->column : 0 };

	complain(edit->complaints, COMPLAINT_ERROR, place, SPAN_NONE, "%s: %s", why, what_now);
	return RESULT_REFUSED;
}

static enum result refuse(struct edit *edit, const struct node *node, const char *why)
{
	return refuse_for(edit, node, why, "to be edited by hand");
}

static void put(struct edit *edit, struct span text)
{
	if (edit->result == RESULT_OK)
		edit->result = buffer_append(&edit->insert, text);
}

static void put_break(struct edit *edit, size_t columns)
{
	put(edit, line_break_of(edit->text));
	while (columns--)
		put(edit, SPAN(" "));
}

static void put_value(struct edit *edit, struct span value, bool is_quoted)
{
	if (!is_quoted && tree_is_bare(value) && span_find(value, ':') == value.len)
		put(edit, value);
	else if (edit->result == RESULT_OK)
		edit->result = json_write_string(value, &edit->insert);
}

static void put_pair(struct edit *edit, const char *key, struct span value)
{
	put(edit, span_of(key));
	put(edit, SPAN(": "));
	put_value(edit, value, !tree_is_bare(value) || span_contains(value, SPAN(":")));
}

static void cut_out(struct edit *edit, size_t start, size_t end, struct span with)
{
	edit->patches[edit->patch_count++] = (struct patch){ start, end, with };
}

/* One more entry of a flow PARENT is about to be put in. -> where */
static size_t begin_entry(struct edit *edit, const struct node *parent)
{
	struct flow_end end = flow_end(edit->text, parent);

	if (end.comma != SIZE_MAX)
		cut_out(edit, end.comma, end.comma, SPAN(","));
	if (end.columns != SIZE_MAX)
		put_break(edit, end.columns);
	put(edit, end.lead);
	return end.at;
}

static struct node *new_node(struct edit *edit, enum node_kind kind, struct span text)
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

static void link_last(struct edit *edit, struct node *parent, struct span key, struct node *child)
{
	if (!parent || !child)
		return;
	child->key = parent->kind == NODE_MAPPING ? new_node(edit, NODE_SCALAR, key) : NULL;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
}

static void unlink_node(struct node *parent, struct node *child)
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
		result = refuse(edit, edit->subject, "the change cannot be made without touching other things");
	}
	document_done(&document);
	complaints_done(&own);
	return result;
}

/* Every edit is one of these, between reading and finishing. */
typedef enum result (*edit_step)(struct edit *edit, const void *argument);

static enum result run(struct span file, struct span text, edit_step step, const void *argument, struct complaints *complaints,
                       struct buffer *out)
{
	enum result result;
	struct edit edit;

	edit_init(&edit, file, text, complaints);
	result = edit.result;
	if (result == RESULT_OK && edit.root && edit.root->kind != NODE_MAPPING)
		result = refuse(&edit, edit.root, "not a mapping");
	if (result == RESULT_OK)
		result = step(&edit, argument);
	if (result == RESULT_OK)
		result = finish(&edit, out);
	edit_done(&edit);
	return result;
}

static struct node *find_sites(const struct edit *edit)
{
	return edit->root ? node_find(edit->root, SPAN("sites")) : NULL;
}

/* The mapping in LIST (may be NULL, or none) that says KEY: VALUE. */
static struct node *find_item(const struct node *list, struct span key, struct span value)
{
	for (struct node *item = list && list->kind == NODE_LIST ? list->first : NULL; item; item = item->next) {
		const struct node *found = node_find(item, key);

		if (found && found->kind == NODE_SCALAR && span_equal(found->text, value))
			return item;
	}
	return NULL;
}

static struct node *find_site(const struct edit *edit, struct span name)
{
	return find_item(find_sites(edit), SPAN("name"), name);
}

/* "key:", and nothing behind it. */
static bool is_nothing(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->is_plain && !node->text.len;
}

/* The same in a block and in a flow: one line. */
static void put_waf(struct edit *edit, struct span ruleset)
{
	put(edit, SPAN("waf: { mode: detect, graduate: 7d, "));
	put_pair(edit, "ruleset", ruleset);
	put(edit, SPAN(" }"));
}

static void put_site(struct edit *edit, const struct new_site *site, size_t columns)
{
	put(edit, SPAN("- "));
	put_pair(edit, "name", site->name);
	put_break(edit, columns + 2);
	put_pair(edit, "certificate", site->certificate);
	put_break(edit, columns + 2);
	put_pair(edit, "origins", site->origin);
	if (site->ruleset.len) {
		put_break(edit, columns + 2);
		put_waf(edit, site->ruleset);
	}
}

static void put_flow_site(struct edit *edit, const struct new_site *site)
{
	put(edit, SPAN("{ "));
	put_pair(edit, "name", site->name);
	put(edit, SPAN(", "));
	put_pair(edit, "certificate", site->certificate);
	put(edit, SPAN(", "));
	put_pair(edit, "origins", site->origin);
	if (site->ruleset.len) {
		put(edit, SPAN(", "));
		put_waf(edit, site->ruleset);
	}
	put(edit, SPAN(" }"));
}

/* No `sites` yet: at the end of the file. */
static void add_list(struct edit *edit, const struct new_site *site)
{
	bool is_ended = edit->text.len == 0 || edit->text.at[edit->text.len - 1] == '\n';

	if (!is_ended)
		put_break(edit, 0);
	put(edit, SPAN("sites:"));
	put_break(edit, 2);
	put_site(edit, site, 2);
	put_break(edit, 0);
	cut_out(edit, edit->text.len, edit->text.len, buffer_span(&edit->insert));
}

static void add_item(struct edit *edit, const struct node *sites, const struct new_site *site)
{
	size_t at = sites->last ? content_end(edit->text, sites->last) : sites->end;
	bool is_kept = sites->is_flow && (sites->count || flow_is_annotated(edit->text, sites));

	if (is_kept) {
		at = begin_entry(edit, sites);
		put_flow_site(edit, site);
	} else if (sites->kind == NODE_LIST && !sites->is_flow) {
		put_break(edit, sites->column - 1u);
		put_site(edit, site, sites->column - 1u);
		at = line_end(edit->text, at);
	} else {  /* "sites: []" or "sites:" */
		put_break(edit, 2);
		put_site(edit, site, 2);
		at = sites->kind == NODE_LIST ? at : line_end(edit->text, at);
	}
	cut_out(edit, sites->is_flow && !is_kept ? sites->start : at, at, buffer_span(&edit->insert));
}

static void link_waf(struct edit *edit, struct node *site, struct span ruleset)
{
	struct node *waf = new_node(edit, NODE_MAPPING, SPAN_NONE);

	link_last(edit, site, SPAN("waf"), waf);
	link_last(edit, waf, SPAN("mode"), new_node(edit, NODE_SCALAR, SPAN("detect")));
	link_last(edit, waf, SPAN("graduate"), new_node(edit, NODE_SCALAR, SPAN("7d")));
	link_last(edit, waf, SPAN("ruleset"), new_node(edit, NODE_SCALAR, ruleset));
}

static enum result add_site(struct edit *edit, const void *argument)
{
	const struct new_site *site = argument;
	struct node *sites = find_sites(edit), *item, *same = find_site(edit, site->name);

	edit->subject = sites;
	if (same)
		return refuse_for(edit, same, "there is a site of that name already", "it has to go first");
	if (edit->root && edit->root->is_flow)
		return refuse(edit, edit->root, "the file is one { } mapping");
	if (sites && sites->kind != NODE_LIST && !is_nothing(sites))
		return refuse(edit, sites, "`sites` is not a list");
	if (sites)
		add_item(edit, sites, site);
	else
		add_list(edit, site);
	if (!edit->root)
		edit->root = new_node(edit, NODE_MAPPING, SPAN_NONE);
	if (!sites) {
		sites = new_node(edit, NODE_LIST, SPAN_NONE);
		link_last(edit, edit->root, SPAN("sites"), sites);
	}
	item = new_node(edit, NODE_MAPPING, SPAN_NONE);
	if (!sites || !item)
		return RESULT_NO_MEMORY;
	sites->kind = NODE_LIST;
	link_last(edit, sites, SPAN_NONE, item);
	link_last(edit, item, SPAN("name"), new_node(edit, NODE_SCALAR, site->name));
	link_last(edit, item, SPAN("certificate"), new_node(edit, NODE_SCALAR, site->certificate));
	link_last(edit, item, SPAN("origins"), new_node(edit, NODE_SCALAR, site->origin));
	if (site->ruleset.len)
		link_waf(edit, item, site->ruleset);
	return edit->result;
}

enum result config_edit_add_site(struct span file, struct span text, const struct new_site *site, struct complaints *complaints,
                                 struct buffer *out)
{
	return run(file, text, add_site, site, complaints, out);
}

/* An ITEM of LIST, which is the value of a key. */
static enum result cut_item(struct edit *edit, struct node *list, struct node *item)
{
	size_t dash;

	edit->subject = item;
	if (list->is_flow) {
		edit->patch_count = flow_cut(edit->text, list, item, edit->patches);
		unlink_node(list, item);
		return RESULT_OK;
	}
	dash = dash_of(edit->text, item);
	if (dash == SIZE_MAX)
		return refuse(edit, item, "something stands between it and its dash");
	if (list->count == 1) {
		size_t colon = list->key->end + span_find(span_skip(edit->text, list->key->end), ':') + 1;

		if (colon > dash)
			return refuse(edit, list, "no colon behind the name of the list");
		cut_out(edit, colon, colon, SPAN(" []"));
	}
	cut_out(edit, line_start(edit->text, dash), line_next(edit->text, content_end(edit->text, item)), SPAN_NONE);
	unlink_node(list, item);
	return RESULT_OK;
}

static enum result remove_site(struct edit *edit, const void *argument)
{
	const struct span *name = argument;
	struct node *site = find_site(edit, *name);

	return site ? cut_item(edit, find_sites(edit), site) : RESULT_NOT_FOUND;
}

enum result config_edit_remove_site(struct span file, struct span text, struct span name, struct complaints *complaints,
                                    struct buffer *out)
{
	return run(file, text, remove_site, &name, complaints, out);
}

struct key_edit {
	struct span site, key, value;
};

/* The mapping that holds the last part of KEY, which becomes KEY. */
static struct node *find_parent(const struct edit *edit, struct span site, struct span *key)
{
	struct node *parent = find_site(edit, site);
	struct span rest = *key, part = span_cut(&rest, '.');

	while (parent && rest.at) {
		parent = node_find(parent, part);
		part = span_cut(&rest, '.');
	}
	*key = part;
	return parent && parent->kind == NODE_MAPPING ? parent : NULL;
}

static enum result replace_value(struct edit *edit, struct node *node, struct span value)
{
	char first = node->start < edit->text.len ? edit->text.at[node->start] : 0;

	if (node->kind != NODE_SCALAR || (!node->is_plain && first != '"' && first != '\''))
		return refuse(edit, node, "the value is not a single word or quoted text");
	if (node->is_plain && node->start == node->end)
		put(edit, SPAN(" "));
	put_value(edit, value, !node->is_plain);
	cut_out(edit, node->start, node->end, buffer_span(&edit->insert));
	node->text = value;
	return edit->result;
}

/* Begins another key of PARENT, which is not empty or a flow. -> where */
static size_t begin_key(struct edit *edit, const struct node *parent, struct span key)
{
	size_t at;

	if (parent->is_flow) {
		at = begin_entry(edit, parent);
	} else {
		at = line_end(edit->text, content_end(edit->text, parent->last));
		put_break(edit, parent->column - 1u);
	}
	put(edit, key);
	put(edit, SPAN(": "));
	return at;
}

static enum result add_key(struct edit *edit, struct node *parent, struct span key, struct span value)
{
	size_t at = begin_key(edit, parent, key);

	put_value(edit, value, false);
	cut_out(edit, at, at, buffer_span(&edit->insert));
	link_last(edit, parent, key, new_node(edit, NODE_SCALAR, value));
	return edit->result;
}

static enum result set_key(struct edit *edit, const void *argument)
{
	const struct key_edit *asked = argument;
	struct span key = asked->key;
	struct node *parent = find_parent(edit, asked->site, &key);
	struct node *node = parent ? node_find(parent, key) : NULL;

	edit->subject = node ? node : parent;
	if (!parent)
		return RESULT_NOT_FOUND;
	if (!tree_is_bare(key))
		return refuse(edit, parent, "not a key");
	return node ? replace_value(edit, node, asked->value) : add_key(edit, parent, key, asked->value);
}

enum result config_edit_set(struct span file, struct span text, struct span site, struct span key, struct span value,
                            struct complaints *complaints, struct buffer *out)
{
	struct key_edit asked = { site, key, value };

	return run(file, text, set_key, &asked, complaints, out);
}

/* A key that shares its line with the dash: the next key takes its place. */
static enum result cut_first_key(struct edit *edit, const struct node *node)
{
	if (!node->next)
		return refuse(edit, node, "it is the last key of its mapping");
	cut_out(edit, node->key->start, node->next->key->start, SPAN_NONE);
	return RESULT_OK;
}

static enum result unset_key(struct edit *edit, const void *argument)
{
	const struct key_edit *asked = argument;
	struct span key = asked->key;
	struct node *parent = find_parent(edit, asked->site, &key);
	struct node *node = parent ? node_find(parent, key) : NULL;
	enum result result = RESULT_OK;
	size_t start;

	edit->subject = node;
	if (!node)
		return RESULT_NOT_FOUND;
	start = line_start(edit->text, node->key->start);
	if (parent->is_flow)
		edit->patch_count = flow_cut(edit->text, parent, node, edit->patches);
	else if (parent->count == 1)
		result = refuse(edit, node, "it is the last key of its mapping");
	else if (span_trim(span_make(edit->text.at + start, node->key->start - start)).len)
		result = cut_first_key(edit, node);
	else
		cut_out(edit, start, line_next(edit->text, content_end(edit->text, node)), SPAN_NONE);
	if (result == RESULT_OK)
		unlink_node(parent, node);
	return result;
}

enum result config_edit_unset(struct span file, struct span text, struct span site, struct span key, struct complaints *complaints,
                              struct buffer *out)
{
	struct key_edit asked = { site, key, SPAN_NONE };

	return run(file, text, unset_key, &asked, complaints, out);
}

/* -- items of a list -- */

/* On one line, in a block and in a flow alike. */
static void put_item(struct edit *edit, const struct edit_item *item)
{
	put(edit, SPAN("{ "));
	for (size_t i = 0; i < item->count; i++) {
		if (i)
			put(edit, SPAN(", "));
		put_pair(edit, item->pairs[i].key, item->pairs[i].value);
	}
	put(edit, SPAN(" }"));
}

static void link_item(struct edit *edit, struct node *list, const struct edit_item *item)
{
	struct node *node = new_node(edit, NODE_MAPPING, SPAN_NONE);

	link_last(edit, list, SPAN_NONE, node);
	for (size_t i = 0; i < item->count; i++)
		link_last(edit, node, span_of(item->pairs[i].key), new_node(edit, NODE_SCALAR, item->pairs[i].value));
}

/* The site has no such list yet. */
static struct node *begin_list(struct edit *edit, struct node *site, const struct edit_item *item)
{
	struct node *list = new_node(edit, NODE_LIST, SPAN_NONE);
	size_t at = begin_key(edit, site, item->list);

	put(edit, SPAN("["));
	put_item(edit, item);
	put(edit, SPAN("]"));
	cut_out(edit, at, at, buffer_span(&edit->insert));
	link_last(edit, site, item->list, list);
	return list;
}

static void go_on_list(struct edit *edit, struct node *list, const struct edit_item *item)
{
	size_t at = list->start;

	if (list->kind == NODE_SCALAR) {
		put(edit, SPAN(" ["));
	} else if (list->is_flow) {
		at = begin_entry(edit, list);
	} else {
		at = line_end(edit->text, content_end(edit->text, list->last));
		put_break(edit, list->column - 1u);
		put(edit, SPAN("- "));
	}
	put_item(edit, item);
	if (list->kind == NODE_SCALAR)
		put(edit, SPAN("]"));
	cut_out(edit, at, at, buffer_span(&edit->insert));
	list->kind = NODE_LIST;
}

static enum result add_to_list(struct edit *edit, const void *argument)
{
	const struct edit_item *item = argument;
	struct node *site = find_site(edit, item->site), *list = site ? node_find(site, item->list) : NULL;
	struct node *same = find_item(list, span_of(item->pairs->key), item->pairs->value);

	edit->subject = list ? list : site;
	if (!site)
		return RESULT_NOT_FOUND;
	if (same)
		return refuse_for(edit, same, "there is one of that name already", "it has to go first");
	if (list && list->kind != NODE_LIST && !is_nothing(list))
		return refuse(edit, list, "it is not a list");
	if (list)
		go_on_list(edit, list, item);
	else
		list = begin_list(edit, site, item);
	link_item(edit, list, item);
	return edit->result;
}

enum result config_edit_add_item(struct span file, struct span text, const struct edit_item *item, struct complaints *complaints,
                                 struct buffer *out)
{
	return run(file, text, add_to_list, item, complaints, out);
}

static enum result remove_from_list(struct edit *edit, const void *argument)
{
	const struct edit_item *item = argument;
	struct node *site = find_site(edit, item->site), *list = site ? node_find(site, item->list) : NULL;
	struct node *found = find_item(list, span_of(item->pairs->key), item->pairs->value);

	return found ? cut_item(edit, list, found) : RESULT_NOT_FOUND;
}

enum result config_edit_remove_item(struct span file, struct span text, const struct edit_item *item, struct complaints *complaints,
                                    struct buffer *out)
{
	return run(file, text, remove_from_list, item, complaints, out);
}
