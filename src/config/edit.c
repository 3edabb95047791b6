#include "config/editing.h"

#include "config/tree_writer.h"

#include "base/banned.h"

/* The same in a block and in a flow: one line. */
static void put_waf(struct edit *edit, struct span ruleset)
{
	edit_put(edit, SPAN("waf: { mode: detect, graduate: 7d, "));
	edit_put_pair(edit, "ruleset", ruleset);
	edit_put(edit, SPAN(" }"));
}

static void put_site(struct edit *edit, const struct new_site *site, size_t columns)
{
	edit_put(edit, SPAN("- "));
	edit_put_pair(edit, "name", site->name);
	edit_put_break(edit, columns + 2);
	edit_put_pair(edit, "certificate", site->certificate);
	edit_put_break(edit, columns + 2);
	edit_put_pair(edit, "origins", site->origin);
	if (site->ruleset.len) {
		edit_put_break(edit, columns + 2);
		put_waf(edit, site->ruleset);
	}
}

static void put_flow_site(struct edit *edit, const struct new_site *site)
{
	edit_put(edit, SPAN("{ "));
	edit_put_pair(edit, "name", site->name);
	edit_put(edit, SPAN(", "));
	edit_put_pair(edit, "certificate", site->certificate);
	edit_put(edit, SPAN(", "));
	edit_put_pair(edit, "origins", site->origin);
	if (site->ruleset.len) {
		edit_put(edit, SPAN(", "));
		put_waf(edit, site->ruleset);
	}
	edit_put(edit, SPAN(" }"));
}

/* No `sites` yet: at the end of the file. */
static void add_list(struct edit *edit, const struct new_site *site)
{
	bool is_ended = edit->text.len == 0 || edit->text.at[edit->text.len - 1] == '\n';

	if (!is_ended)
		edit_put_break(edit, 0);
	edit_put(edit, SPAN("sites:"));
	edit_put_break(edit, 2);
	put_site(edit, site, 2);
	edit_put_break(edit, 0);
	edit_cut(edit, edit->text.len, edit->text.len, buffer_span(&edit->insert));
}

static void add_item(struct edit *edit, const struct node *sites, const struct new_site *site)
{
	size_t at = sites->last ? content_end(edit->text, sites->last) : sites->end;
	bool is_kept = sites->is_flow && (sites->count || flow_is_annotated(edit->text, sites));

	if (is_kept) {
		at = edit_begin_entry(edit, sites);
		put_flow_site(edit, site);
	} else if (sites->kind == NODE_LIST && !sites->is_flow) {
		edit_put_break(edit, sites->column - 1u);
		put_site(edit, site, sites->column - 1u);
		at = line_end(edit->text, at);
	} else {  /* "sites: []" or "sites:" */
		edit_put_break(edit, 2);
		put_site(edit, site, 2);
		at = sites->kind == NODE_LIST ? at : line_end(edit->text, at);
	}
	edit_cut(edit, sites->is_flow && !is_kept ? sites->start : at, at, buffer_span(&edit->insert));
}

static void link_waf(struct edit *edit, struct node *site, struct span ruleset)
{
	struct node *waf = edit_new_node(edit, NODE_MAPPING, SPAN_NONE);

	edit_link(edit, site, SPAN("waf"), waf);
	edit_link(edit, waf, SPAN("mode"), edit_new_node(edit, NODE_SCALAR, SPAN("detect")));
	edit_link(edit, waf, SPAN("graduate"), edit_new_node(edit, NODE_SCALAR, SPAN("7d")));
	edit_link(edit, waf, SPAN("ruleset"), edit_new_node(edit, NODE_SCALAR, ruleset));
}

static enum result add_site(struct edit *edit, const void *argument)
{
	const struct new_site *site = argument;
	struct node *sites = edit_find_sites(edit), *item, *same = edit_find_site(edit, site->name);

	edit->subject = sites;
	if (same)
		return edit_refuse_for(edit, same, "there is a site of that name already", "it has to go first");
	if (edit->root && edit->root->is_flow)
		return edit_refuse(edit, edit->root, "the file is one { } mapping");
	if (sites && sites->kind != NODE_LIST && !edit_is_nothing(sites))
		return edit_refuse(edit, sites, "`sites` is not a list");
	if (sites)
		add_item(edit, sites, site);
	else
		add_list(edit, site);
	if (!edit->root)
		edit->root = edit_new_node(edit, NODE_MAPPING, SPAN_NONE);
	if (!sites) {
		sites = edit_new_node(edit, NODE_LIST, SPAN_NONE);
		edit_link(edit, edit->root, SPAN("sites"), sites);
	}
	item = edit_new_node(edit, NODE_MAPPING, SPAN_NONE);
	if (!sites || !item)
		return RESULT_NO_MEMORY;
	sites->kind = NODE_LIST;
	edit_link(edit, sites, SPAN_NONE, item);
	edit_link(edit, item, SPAN("name"), edit_new_node(edit, NODE_SCALAR, site->name));
	edit_link(edit, item, SPAN("certificate"), edit_new_node(edit, NODE_SCALAR, site->certificate));
	edit_link(edit, item, SPAN("origins"), edit_new_node(edit, NODE_SCALAR, site->origin));
	if (site->ruleset.len)
		link_waf(edit, item, site->ruleset);
	return edit->result;
}

enum result config_edit_add_site(struct span file, struct span text, const struct new_site *site, struct complaints *complaints,
                                 struct buffer *out)
{
	return edit_run(file, text, add_site, site, complaints, out);
}

static enum result remove_site(struct edit *edit, const void *argument)
{
	const struct span *name = argument;
	struct node *site = edit_find_site(edit, *name);

	return site ? edit_cut_item(edit, edit_find_sites(edit), site) : RESULT_NOT_FOUND;
}

enum result config_edit_remove_site(struct span file, struct span text, struct span name, struct complaints *complaints,
                                    struct buffer *out)
{
	return edit_run(file, text, remove_site, &name, complaints, out);
}
