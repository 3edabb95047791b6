#include "config/dump.h"

#include "config/settings.h"
#include "config/tree_writer.h"
#include "config/value.h"

#include "base/banned.h"

#define VALUE_MAX 8192

static void write_field(struct tree_writer *tree, const struct key *key, const void *field);

static void write_scalar(struct tree_writer *tree, const struct key *key, const void *value)
{
	bool is_bare = key->type == KEY_BOOL || (key->type == KEY_NUMBER && *(const int64_t *)value >= 0) || (key->type == KEY_NUMBER && !key->choices);
	struct buffer text;
	enum result result;

	buffer_init(&text, VALUE_MAX);
	result = key->flags & KEY_SECRET ? buffer_append(&text, SPAN("***")) : value_write(key, value, &text);
	if (result != RESULT_OK)
		tree->result = result;
	else if (is_bare && !(key->flags & KEY_SECRET))
		tree_bare(tree, buffer_span(&text));
	else
		tree_text(tree, buffer_span(&text));
	buffer_done(&text);
}

static void write_struct(struct tree_writer *tree, const struct key_table *table, const void *values)
{
	for (const struct key *key = table->keys; key->name; key++) {
		const void *field = (const char *)values + key->offset;

		if (value_is_absent(key, field))
			continue;
		tree_key(tree, key->name);
		write_field(tree, key, field);
	}
}

static void write_one(struct tree_writer *tree, const struct key *key, const void *value)
{
	const struct list_value *fields = key->type == KEY_FIELDS ? value : NULL;
	const struct name_value *items = fields ? fields->items : NULL;

	if (key->type != KEY_MAP && key->type != KEY_FIELDS) {
		write_scalar(tree, key, value);
		return;
	}
	tree_open(tree, false);
	if (key->type == KEY_MAP)
		write_struct(tree, key->table, value);
	for (size_t i = 0; fields && i < fields->count; i++) {
		tree_key_span(tree, items[i].name);
		tree_text(tree, key->flags & KEY_SECRET ? SPAN("***") : items[i].value);
	}
	tree_close(tree);
}

static void write_field(struct tree_writer *tree, const struct key *key, const void *field)
{
	const struct list_value *list = field;

	if (key->flags & KEY_LIST) {
		tree_open(tree, true);
		for (size_t i = 0; i < list->count; i++)
			write_one(tree, key, (const char *)list->items + i * value_size(key));
		tree_close(tree);
		return;
	}
	write_one(tree, key, key->flags & KEY_OPTIONAL ? *(void *const *)field : field);
}

/* Do A and B print alike? */
static bool is_same(struct tree_writer *tree, const struct key *key, const void *a, const void *b)
{
	struct buffer texts[2];
	const void *fields[2] = { a, b };
	bool same;

	if (value_is_absent(key, a) || value_is_absent(key, b))
		return value_is_absent(key, a) == value_is_absent(key, b);
	for (size_t i = 0; i < 2; i++) {
		struct tree_writer one;
		struct key open = *key;

		open.flags &= ~(unsigned)KEY_SECRET;
		buffer_init(&texts[i], tree->out->max_bytes);
		tree_init(&one, DUMP_JSON, &texts[i]);
		write_field(&one, &open, fields[i]);
		if (one.result != RESULT_OK)
			tree->result = one.result;
	}
	same = span_equal(buffer_span(&texts[0]), buffer_span(&texts[1]));
	buffer_done(&texts[0]);
	buffer_done(&texts[1]);
	return same;
}

static void write_route(struct tree_writer *tree, config_sections sections, const struct route *route, const struct route *whole)
{
	tree_open(tree, false);
	tree_key(tree, "path");
	tree_text(tree, route->path);
	for (; sections->table; sections++) {
		const char *values = route->sections[sections->room], *of_site = whole->sections[sections->room];

		for (const struct key *key = sections->table->keys; sections->scope == SCOPE_ROUTE && values != of_site && key->name; key++) {
			if (is_same(tree, key, values + key->offset, of_site + key->offset))
				continue;
			tree_key(tree, key->name);
			write_field(tree, key, values + key->offset);
		}
	}
	tree_close(tree);
}

static void write_site(struct tree_writer *tree, config_sections sections, const struct site *site)
{
	tree_open(tree, false);
	tree_key(tree, "name");
	tree_text(tree, site->name);
	tree_key(tree, "tenant");
	tree_text(tree, site->tenant);
	tree_key(tree, "hosts");
	tree_open(tree, true);
	for (size_t i = 0; i < site->host_count; i++)
		tree_text(tree, site->hosts[i]);
	tree_close(tree);
	for (config_sections section = sections; section->table; section++) {
		if (section->scope == SCOPE_SITE)
			write_struct(tree, section->table, site->sections[section->room]);
	}
	if (site->route_count > 1) {
		tree_key(tree, "routes");
		tree_open(tree, true);
		for (size_t i = 0; i + 1 < site->route_count; i++)
			write_route(tree, sections, &site->routes[i], &site->routes[site->route_count - 1]);
		tree_close(tree);
	}
	tree_close(tree);
}

enum result config_dump(const struct snapshot *snapshot, config_sections sections, enum dump_format format, struct buffer *out)
{
	const struct config_top *top = snapshot->sections[ROOM_CONFIG];
	struct tree_writer tree;

	tree_init(&tree, format, out);
	tree_open(&tree, false);
	for (config_sections section = sections; section->table; section++) {
		if (section->scope == SCOPE_TOP)
			write_struct(&tree, section->table, snapshot->sections[section->room]);
	}
	for (const struct key *key = config_top_table.keys; key->name; key++) {
		if (key->type != KEY_MAP)  /* `include`: what it brought is written in place */
			continue;
		tree_key(&tree, key->name);
		write_field(&tree, key, (const char *)top + key->offset);
	}
	tree_key(&tree, structural_keys[STRUCTURAL_SITES].name);
	tree_open(&tree, true);
	for (size_t i = 0; i < snapshot->site_count && tree.result == RESULT_OK; i++)
		write_site(&tree, sections, &snapshot->sites[i]);
	tree_close(&tree);
	tree_close(&tree);
	return tree_finish(&tree);
}
