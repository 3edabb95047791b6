/* The routes of one site, longest path first; the last one, "/", is the site itself. */
#include <stdlib.h>

#include "config/builder.h"

#include "base/banned.h"

#define ROUTES_MAX 1000

static struct span strip_slash(struct span path)
{
	while (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	return path;
}

/* What the site says, as a route's section. A site that shares the defaults shares the defaults' route too. */
static void *site_as_route(struct builder *builder, const struct site *site, size_t room)
{
	const struct scope_section *of_site = &builder->scopes[SCOPE_SITE].sections[room];
	const struct scope_section *section = &builder->scopes[SCOPE_ROUTE].sections[room];
	char *values;

	if (!section->table || !of_site->table || site->sections[room] == of_site->defaults || section->copied_count == 0)
		return section->defaults;
	values = section->defaults ? checker_copy(&builder->checker, section->defaults, section->table->size) : NULL;
	for (size_t i = 0; i < section->copied_count && values && site->sections[room]; i++)
		memcpy(values + section->copied[i].to, (const char *)site->sections[room] + section->copied[i].from, section->copied[i].size);
	return values;
}

static void read_keys(struct builder *builder, struct route *route, struct node *node, struct config_route *own)
{
	bool is_written[ROOM_COUNT] = { false };

	node_each(child, node) {
		const struct scope_key *found = scope_find(&builder->scopes[SCOPE_ROUTE], child->key->text);
		const struct scope_section *section;

		if (child->is_bad)
			continue;
		if (!found) {
			scope_complain(builder, SCOPE_ROUTE, child);
			continue;
		}
		if (found->room == ROOM_CONFIG) {
			apply_key(&builder->checker, found->key, child, (char *)own + found->key->offset);
			continue;
		}
		section = &builder->scopes[SCOPE_ROUTE].sections[found->room];
		if (!is_written[found->room] && route->sections[found->room])
			route->sections[found->room] = checker_copy(&builder->checker, route->sections[found->room], section->table->size);
		is_written[found->room] = true;
		if (route->sections[found->room])
			apply_key(&builder->checker, found->key, child, (char *)route->sections[found->room] + found->key->offset);
	}
}

static void read_route(struct builder *builder, struct route *route, struct node *node)
{
	struct config_route own = { SPAN_NONE };
	struct layers layers = { { node }, 1 };

	if (node->is_bad)
		return;
	if (node->kind != NODE_MAPPING) {
		checker_complain(&builder->checker, node_place(node), SPAN_NONE, "routes: found %s, expected a mapping (path, and what is to be done there)",
		                 node_describe(node).text);
		return;
	}
	read_keys(builder, route, node, &own);
	for (size_t room = 0; room < ROOM_COUNT; room++) {
		const struct key_table *table = builder->scopes[SCOPE_ROUTE].sections[room].table;
		const void *values = room == ROOM_CONFIG ? &own : route->sections[room];

		if (table && values)
			check_values(&builder->checker, table, values, &layers, node_place(node));
	}
	if (own.path.len)
		route->path = strip_slash(own.path);
}

/* Longest first; of one path, in the order they are written (index). */
static int compare_routes(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	if (x->path.len != y->path.len)
		return x->path.len < y->path.len ? 1 : -1;
	if (span_compare(x->path, y->path))
		return span_compare(x->path, y->path);
	return (x->index > y->index) - (x->index < y->index);
}

static bool selects(struct builder *builder, const struct node *node)
{
	node_each(child, node) {
		const struct scope_key *found = scope_find(&builder->scopes[SCOPE_ROUTE], child->key->text);

		if (found && found->key && found->key->flags & KEY_SELECTS)
			return true;
	}
	return false;
}

static const struct node *nth(const struct node *list, size_t index)
{
	const struct node *node = list->first;

	while (node && index--)
		node = node->next;
	return node;
}

/* A route that an earlier one of the same path takes everything from is a mistake. Sorted: equals are neighbours. */
static void check_same_paths(struct builder *builder, const struct route *routes, size_t count, const struct node *list)
{
	for (size_t i = 1; i < count; i++) {
		const struct node *first, *second;

		if (!routes[i].path.at || !span_equal(routes[i].path, routes[i - 1].path))
			continue;
		first = nth(list, routes[i - 1].index);
		second = nth(list, routes[i].index);
		if (first && second && !selects(builder, first))
			checker_complain(&builder->checker, node_place(second), SPAN_NONE,
			                 "routes: never used, the route at line %u has the same path %.*s", first->line, SPAN_ARG(routes[i].path));
	}
}

void routes_build(struct builder *builder, struct site *site, struct node *list)
{
	struct route whole = { .path = SPAN("/") };
	size_t count = list && list->kind == NODE_LIST ? list->count : 0, i = 0;

	if (list && list->kind != NODE_LIST)
		checker_complain(&builder->checker, node_place(list), SPAN_NONE, "routes: found %s, expected a list of routes", node_describe(list).text);
	if (count > ROUTES_MAX) {
		checker_complain(&builder->checker, node_place(list), SPAN_NONE, "routes: found %zu, expected at most %d", count, ROUTES_MAX);
		count = 0;
	}
	for (size_t room = 0; room < ROOM_COUNT; room++)
		whole.sections[room] = room == ROOM_CONFIG ? NULL : site_as_route(builder, site, room);
	site->routes = arena_new_array(builder->checker.arena, struct route, count + 1);
	if (!site->routes) {
		builder->checker.no_memory = true;
		return;
	}
	site->route_count = count + 1;
	for (struct node *node = count ? list->first : NULL; node; node = node->next, i++) {
		site->routes[i] = whole;
		site->routes[i].index = (unsigned)i;
		site->routes[i].path = SPAN_NONE;
		read_route(builder, &site->routes[i], node);
	}
	if (count)
		qsort(site->routes, count, sizeof(*site->routes), compare_routes);
	if (count)
		check_same_paths(builder, site->routes, count, list);
	site->routes[count] = whole;
	for (i = 0; i <= count; i++)
		site->routes[i].index = (unsigned)i;
}
