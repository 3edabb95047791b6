/* One site: its own keys, every room's section, its routes. */
#include <stdlib.h>

#include "config/builder.h"
#include "config/tenant.h"

#include "base/banned.h"

/* A site as it is being read. */
struct draft {
	struct config_site own;
	struct site site;
	bool is_written[ROOM_COUNT];
	struct node *routes;
};

/* The section of ROOM to write into: its own copy of the defaults from the first key on. */
static char *section_for(struct builder *builder, struct draft *draft, enum config_room room)
{
	const struct scope_section *section = &builder->scopes[SCOPE_SITE].sections[room];

	if (room == ROOM_CONFIG)
		return (char *)&draft->own;
	if (!draft->is_written[room])
		draft->site.sections[room] = checker_copy(&builder->checker, section->defaults, section->table->size);
	draft->is_written[room] = draft->site.sections[room] != NULL;
	return draft->site.sections[room];
}

static void read_keys(struct builder *builder, struct node *node, struct draft *draft)
{
	node_each(child, node) {
		const struct scope_key *found = scope_find(&builder->scopes[SCOPE_SITE], child->key->text);
		char *values;

		if (child->is_bad)
			continue;
		if (!found) {
			scope_complain(builder, SCOPE_SITE, child);
		} else if (!found->key) {
			draft->routes = child;
		} else {
			values = section_for(builder, draft, found->room);
			if (values)
				apply_key(&builder->checker, found->key, child, values + found->key->offset);
		}
	}
}

static bool is_site_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.at[i] <= 0x20 || name.at[i] == '/' || name.at[i] == ',' || name.at[i] == '"')
			return false;
	}
	return name.len > 0;
}

static void take_name(struct builder *builder, const struct node *node, struct draft *draft)
{
	const struct node *written = node_find(node, SPAN("name"));
	const struct taken *taken;

	if (!draft->own.name.at)
		return;
	if (!is_site_name(draft->own.name))
		checker_complain(&builder->checker, node_place(written), SPAN_NONE,
		                 "name: found %s, expected a name without spaces, quotes, commas or slashes", node_describe(written).text);
	draft->site.name = draft->own.name;
	draft->site.place = node_place(written);
	taken = name_index_find(&builder->names, draft->own.name);
	if (taken)
		checker_complain(&builder->checker, node_place(written), SPAN_NONE,
		                 "name: another site is called \"%.*s\", at %.*s:%u", SPAN_ARG(taken->name), SPAN_ARG(taken->place.file), taken->place.line);
	else if (name_index_add(&builder->names, (struct taken){ draft->own.name, draft->own.name, node_place(written) }) != RESULT_OK)
		builder->checker.no_memory = true;
}

static const struct config_tenant *find_tenant(struct builder *builder, struct span name)
{
	const struct config_top *top = builder->snapshot->sections[ROOM_CONFIG];
	const struct config_tenant *tenants = top->tenants.items;

	for (size_t i = 0; i < top->tenants.count; i++) {
		if (span_equal(tenants[i].name, name))
			return &tenants[i];
	}
	return NULL;
}

static void take_tenant(struct builder *builder, const struct node *node, struct draft *draft)
{
	const struct config_tenant *own = builder->checker.tenant;
	const struct node *written = node_find(node, SPAN("tenant"));
	const struct config_tenant *named = find_tenant(builder, draft->own.tenant);

	draft->site.tenant = own ? own->name : named ? named->name : SPAN(TENANT_DEFAULT);
	if (!written || written->is_bad)
		return;
	if (own && !span_equal(draft->own.tenant, own->name))
		checker_complain(&builder->checker, node_place(written), SPAN_NONE,
		                 "tenant: found %s, but this file belongs to tenant %.*s", node_describe(written).text, SPAN_ARG(own->name));
	else if (!named && !span_equal(draft->own.tenant, SPAN(TENANT_DEFAULT)))
		checker_complain(&builder->checker, node_place(written), SPAN_NONE,
		                 "tenant: found %s, expected \"" TENANT_DEFAULT "\" or one that `tenants` has", node_describe(written).text);
}

static void take_host(struct builder *builder, const struct draft *draft, const struct node *node, struct span host)
{
	const struct taken *taken = name_index_find(&builder->hosts, host);

	if (builder->checker.tenant && !tenant_check_host(&builder->checker, node, host))
		return;
	if (taken)
		checker_complain(&builder->checker, node_place(node), SPAN_NONE, "hosts: \"%.*s\" is already site %.*s's, at %.*s:%u",
		                 SPAN_ARG(host), SPAN_ARG(taken->by), SPAN_ARG(taken->place.file), taken->place.line);
	else if (name_index_add(&builder->hosts, (struct taken){ host, draft->own.name, node_place(node) }) != RESULT_OK)
		builder->checker.no_memory = true;
}

/* The name, when no hosts are written. */
static void take_implied_host(struct builder *builder, const struct node *node, struct draft *draft)
{
	static const struct key host_key = { .name = "hosts", .type = KEY_HOST };
	const struct node *written = node_find(node, SPAN("name"));
	struct value_reader reader = { .pool = &builder->checker.pool };
	struct span *host = arena_new(builder->checker.arena, struct span);

	if (!host || !written || written->is_bad || !draft->own.name.at)
		return;
	if (value_read(&host_key, draft->own.name, &reader, host) != RESULT_OK) {
		checker_complain(&builder->checker, node_place(written), span_of(reader.words),
		                 "name: found %s, expected a host name where `hosts` is not written", node_describe(written).text);
		return;
	}
	if (span_equal(*host, draft->own.name))
		*host = draft->own.name;
	take_host(builder, draft, written, *host);
	draft->site.hosts = host;
	draft->site.host_count = 1;
}

static void take_hosts(struct builder *builder, const struct node *node, struct draft *draft)
{
	const struct node *written = node_find(node, SPAN("hosts"));
	const struct node *item;

	if (!written) {
		take_implied_host(builder, node, draft);
		return;
	}
	if (written->is_bad)
		return;
	if (draft->own.hosts.count == 0)
		checker_complain(&builder->checker, node_place(written), SPAN_NONE, "hosts: found an empty list, expected at least one host");
	draft->site.hosts = draft->own.hosts.items;
	draft->site.host_count = draft->own.hosts.count;
	item = written->kind == NODE_LIST ? written->first : written;
	for (size_t i = 0; i < draft->site.host_count; i++, item = item->next)
		take_host(builder, draft, item, draft->site.hosts[i]);
}

/* A struct that sites share is checked for the first of them; when it fails, for each, so that each is told. */
static void check_sections(struct builder *builder, const struct node *node, struct draft *draft)
{
	struct layers layers = { { node, builder->defaults }, builder->defaults ? 2 : 1 };

	for (size_t room = 0; room < ROOM_COUNT; room++) {
		struct scope_section *section = &builder->scopes[SCOPE_SITE].sections[room];
		size_t errors = builder->checker.complaints->errors;

		if (!section->table)
			continue;
		if (room == ROOM_CONFIG) {
			check_values(&builder->checker, section->table, &draft->own, &layers, node_place(node));
			continue;
		}
		if (!draft->is_written[room])
			draft->site.sections[room] = section->defaults;
		if (!draft->site.sections[room] || (!draft->is_written[room] && section->is_checked))
			continue;
		check_values(&builder->checker, section->table, draft->site.sections[room], &layers, node_place(node));
		if (!draft->is_written[room])
			section->is_checked = errors == builder->checker.complaints->errors;
	}
}

static void add_site(struct builder *builder, const struct site *site)
{
	struct snapshot *snapshot = builder->snapshot;

	if (snapshot->site_count == builder->site_size) {
		size_t size = builder->site_size ? builder->site_size * 2 : 64;
		struct site *sites = reallocarray(snapshot->sites, size, sizeof(*sites));

		if (!sites) {
			builder->checker.no_memory = true;
			return;
		}
		snapshot->sites = sites;
		builder->site_size = size;
	}
	snapshot->sites[snapshot->site_count] = *site;
	snapshot->sites[snapshot->site_count].index = (unsigned)snapshot->site_count;
	snapshot->site_count++;
}

void site_build(struct builder *builder, struct node *node)
{
	struct draft draft = { .own = *(struct config_site *)builder->scopes[SCOPE_SITE].sections[ROOM_CONFIG].defaults };

	if (node->is_bad)
		return;
	if (node->kind != NODE_MAPPING) {
		checker_complain(&builder->checker, node_place(node), SPAN_NONE, "sites: found %s, expected a mapping (name, certificate, origins)",
		                 node_describe(node).text);
		return;
	}
	read_keys(builder, node, &draft);
	check_sections(builder, node, &draft);
	take_name(builder, node, &draft);
	take_tenant(builder, node, &draft);
	take_hosts(builder, node, &draft);
	routes_build(builder, &draft.site, draft.routes);
	add_site(builder, &draft.site);
}
