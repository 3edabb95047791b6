/* Lists of mappings: the sites, and what is a list of one of them. */
#include "config/editing.h"

#include "base/banned.h"

static bool says(const struct node *item, struct span key, struct span value)
{
	const struct node *found = node_find(item, key);

	return found && found->kind == NODE_SCALAR && span_equal(found->text, value);
}

struct node *edit_find_item(struct node *list, struct span key, struct span value)
{
	if (!list || list->kind == NODE_SCALAR)
		return NULL;
	if (list->kind == NODE_MAPPING)
		return says(list, key, value) ? list : NULL;
	node_each(item, list) {
		if (says(item, key, value))
			return item;
	}
	return NULL;
}

bool edit_is_nothing(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->is_plain && !node->text.len;
}

/* What is in the lines of its own from AT on, and the last of its list. */
static enum result cut_lines(struct edit *edit, const struct node *list, const struct node *item, size_t at, bool is_last)
{
	size_t colon = list->key->end + span_find(span_skip(edit->text, list->key->end), ':') + 1;

	if (is_last && colon > line_start(edit->text, at))  /* a key that began with "?" may have it in the line that goes */
		return edit_refuse(edit, list, "no colon behind the name of the list");
	if (is_last)
		edit_cut(edit, colon, colon, SPAN(" []"));
	edit_cut(edit, line_start(edit->text, at), line_next(edit->text, content_end(edit->text, item)), SPAN_NONE);
	return RESULT_OK;
}

static enum result cut_only(struct edit *edit, struct node *only)
{
	enum result result = RESULT_OK;

	if (only->is_flow)
		edit_cut(edit, only->start, only->end, SPAN("[]"));
	else
		result = cut_lines(edit, only, only, only->start, true);
	only->kind = NODE_LIST;
	only->first = only->last = NULL;
	only->count = 0;
	return result;
}

enum result edit_cut_item(struct edit *edit, struct node *list, struct node *item)
{
	enum result result = RESULT_OK;
	size_t dash;

	edit->subject = item;
	if (item == list)
		return cut_only(edit, list);
	if (list->is_flow) {
		edit->patch_count = flow_cut(edit->text, list, item, edit->patches);
	} else {
		dash = dash_of(edit->text, list, item);
		result = dash == SIZE_MAX ? edit_refuse(edit, item, "something stands between it and its dash") : cut_lines(edit, list, item, dash, list->count == 1);
	}
	edit_unlink(list, item);
	return result;
}

/* On one line, in a block and in a flow alike. */
static void put_item(struct edit *edit, const struct edit_item *item)
{
	edit_put(edit, SPAN("{ "));
	for (size_t i = 0; i < item->count; i++) {
		if (i)
			edit_put(edit, SPAN(", "));
		edit_put_pair(edit, item->pairs[i].key, item->pairs[i].value);
	}
	edit_put(edit, SPAN(" }"));
}

static void link_item(struct edit *edit, struct node *list, const struct edit_item *item)
{
	struct node *node = edit_new_node(edit, NODE_MAPPING, SPAN_NONE);

	edit_link(edit, list, SPAN_NONE, node);
	for (size_t i = 0; i < item->count; i++)
		edit_link(edit, node, span_of(item->pairs[i].key), edit_new_node(edit, NODE_SCALAR, item->pairs[i].value));
}

/* The site has no such list yet. */
static struct node *begin_list(struct edit *edit, struct node *site, const struct edit_item *item)
{
	struct node *list = edit_new_node(edit, NODE_LIST, SPAN_NONE);
	size_t at = edit_begin_key(edit, site, item->list);

	edit_put(edit, SPAN("["));
	put_item(edit, item);
	edit_put(edit, SPAN("]"));
	edit_cut(edit, at, at, buffer_span(&edit->insert));
	edit_link(edit, site, item->list, list);
	return list;
}

/* "key: { ... }" becomes "key: [{ ... }, ITEM]". */
static void make_list(struct edit *edit, struct node *only, const struct edit_item *item)
{
	struct node *first = edit_new_node(edit, NODE_MAPPING, SPAN_NONE);

	edit_put(edit, SPAN(", "));
	put_item(edit, item);
	edit_put(edit, SPAN("]"));
	edit_cut(edit, only->start, only->start, SPAN("["));
	edit_cut(edit, only->end, only->end, buffer_span(&edit->insert));
	if (!first)
		return;
	first->first = only->first;
	first->last = only->last;
	first->count = only->count;
	only->kind = NODE_LIST;
	only->first = only->last = first;
	only->count = 1;
}

static void go_on_list(struct edit *edit, const struct node *list, const struct edit_item *item)
{
	size_t at;

	if (list->is_flow) {
		at = edit_begin_entry(edit, list);
	} else {
		at = line_end(edit->text, content_end(edit->text, list->last));
		edit_put_break(edit, list->column - 1u);
		edit_put(edit, SPAN("- "));
	}
	put_item(edit, item);
	edit_cut(edit, at, at, buffer_span(&edit->insert));
}

/* "key:", and nothing behind it. */
static void fill_list(struct edit *edit, struct node *nothing, const struct edit_item *item)
{
	edit_put(edit, SPAN(" ["));
	put_item(edit, item);
	edit_put(edit, SPAN("]"));
	edit_cut(edit, nothing->start, nothing->start, buffer_span(&edit->insert));
	nothing->kind = NODE_LIST;
}

/* What the site has of that name without saying so itself; NULL: nothing. */
static struct node *find_inherited(const struct edit *edit, struct span name)
{
	const struct node *defaults = edit->root ? node_find(edit->root, SPAN("defaults")) : NULL;
	struct node *list = defaults ? node_find(defaults, name) : NULL;

	return list && list->count ? list : NULL;
}

static enum result add_to_list(struct edit *edit, const void *argument)
{
	const struct edit_item *item = argument;
	struct node *site = edit_find_site(edit, item->site), *list = site ? node_find(site, item->list) : NULL;
	struct node *same = edit_find_item(list, span_of(item->pairs->key), item->pairs->value), *inherited = find_inherited(edit, item->list);

	edit->subject = list ? list : site;
	if (!site)
		return RESULT_NOT_FOUND;
	if (same)
		return edit_refuse_for(edit, same, "there is one of that name already", "it has to go first");
	if (!list && inherited)
		return edit_refuse(edit, inherited, "the site has these of `defaults`, and none of them when it has its own");
	if (!list)
		list = begin_list(edit, site, item);
	else if (list->kind == NODE_LIST)
		go_on_list(edit, list, item);
	else if (list->kind == NODE_MAPPING && list->is_flow)
		make_list(edit, list, item);
	else if (edit_is_nothing(list))
		fill_list(edit, list, item);
	else
		return edit_refuse(edit, list, "it is not a list");
	link_item(edit, list, item);
	return edit->result;
}

enum result config_edit_add_item(struct span file, struct span text, const struct edit_item *item, struct complaints *complaints,
                                 struct buffer *out)
{
	return edit_run(file, text, add_to_list, item, complaints, out);
}

static enum result remove_from_list(struct edit *edit, const void *argument)
{
	const struct edit_item *item = argument;
	struct node *site = edit_find_site(edit, item->site), *list = site ? node_find(site, item->list) : NULL;
	struct node *found = edit_find_item(list, span_of(item->pairs->key), item->pairs->value);
	struct node *inherited = site && !list ? edit_find_item(find_inherited(edit, item->list), span_of(item->pairs->key), item->pairs->value) : NULL;

	if (inherited)
		return edit_refuse(edit, inherited, "it is of all sites (`defaults`)");
	return found ? edit_cut_item(edit, list, found) : RESULT_NOT_FOUND;
}

enum result config_edit_remove_item(struct span file, struct span text, const struct edit_item *item, struct complaints *complaints,
                                    struct buffer *out)
{
	return edit_run(file, text, remove_from_list, item, complaints, out);
}
