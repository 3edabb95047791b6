#include "config/settings.h"

#include "config/value.h"

#include "base/banned.h"

static void check_tenant(const void *values, struct key_check *check)
{
	const struct config_tenant *tenant = values;
	const int64_t *ports = tenant->ports.items;

	if (span_equal(tenant->name, SPAN(TENANT_DEFAULT)))
		key_complain(check, "name", SPAN_NONE, "name: \"" TENANT_DEFAULT "\" is the administrator's own tenant");
	if (tenant->files.len == 1)
		key_complain(check, "files", SPAN_NONE, "files: found \"/\", expected a folder that is this tenant's alone");
	for (size_t i = 0; i < tenant->ports.count; i++) {
		if (ports[i] == 0)
			key_complain(check, "ports", SPAN_NONE, "ports: found 0, expected a number from 1 to 65535");
	}
}

static const struct key tenant_keys[] = {
	{ .name = "name", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = offsetof(struct config_tenant, name), .min = 1,
	  .max = 64, .help = "The tenant's name, as sites, events and reports show it." },
	{ .name = "files", .type = KEY_PATH, .flags = KEY_REQUIRED, .offset = offsetof(struct config_tenant, files),
	  .help = "The folder whose included files are this tenant's. They may only contain sites, and are "
	          "at most 64 files of 512 KiB together." },
	{ .name = "hosts", .type = KEY_HOST, .flags = KEY_LIST, .offset = offsetof(struct config_tenant, hosts),
	  .help = "The hosts its sites may have. \"*.x\" grants every name below x." },
	{ .name = "certificates", .type = KEY_PATH, .flags = KEY_LIST, .offset = offsetof(struct config_tenant, certificates),
	  .help = "The folders that its certificates, keys and other files must lie in; together at most 1 MiB." },
	{ .name = "origins", .type = KEY_NETWORK, .flags = KEY_LIST, .offset = offsetof(struct config_tenant, origins),
	  .help = "The networks that its origins must be in; they are then written as addresses, not as names." },
	{ .name = "ports", .type = KEY_NUMBER, .flags = KEY_LIST, .offset = offsetof(struct config_tenant, ports), .max = 65535,
	  .help = "The ports that its origins may use. Nothing here: any." },
	{ 0 },
};

static const struct key_table tenant_table = {
	.name = "tenant", .keys = tenant_keys, .size = sizeof(struct config_tenant), .check = check_tenant,
	.help = "An institution that writes its own sites, confined to the hosts, files and networks granted here.",
};

static const struct key top_keys[] = {
	{ .name = "include", .type = KEY_PATH, .flags = KEY_LIST, .offset = offsetof(struct config_top, include),
	  .help = "Further files with sites, as a path or a pattern (sites.d/*/*.yaml), read in the order of their names." },
	{ .name = "tenants", .type = KEY_MAP, .flags = KEY_LIST, .offset = offsetof(struct config_top, tenants),
	  .table = &tenant_table, .help = "The tenants, and what each may do." },
	{ 0 },
};

const struct key_table config_top_table = { .name = "configuration", .keys = top_keys, .size = sizeof(struct config_top) };

static const struct key site_keys[] = {
	{ .name = "name", .type = KEY_TEXT, .flags = KEY_REQUIRED | KEY_NO_DEFAULT, .offset = offsetof(struct config_site, name),
	  .min = 1, .max = KEY_HOST_MAX, .help = "The site's name: in events, in reports, on the command line. Usually its first host." },
	{ .name = "tenant", .type = KEY_TEXT, .flags = KEY_NO_DEFAULT, .offset = offsetof(struct config_site, tenant),
	  .fallback = TENANT_DEFAULT, .min = 1, .max = 64, .help = "Whose site it is. In a tenant's own file, that tenant's." },
	{ .name = "hosts", .type = KEY_HOST, .flags = KEY_LIST | KEY_NO_DEFAULT, .offset = offsetof(struct config_site, hosts),
	  .help = "The hosts it answers for; \"*.x\" means one label or more in front of x. By default its name." },
	{ 0 },
};

const struct key_table config_site_table = { .name = "site", .keys = site_keys, .size = sizeof(struct config_site) };

static void check_route(const void *values, struct key_check *check)
{
	const struct config_route *route = values;
	struct span path = route->path;

	if (!path.len || path.at[0] != '/' || span_find(path, '?') < path.len || span_find(path, '#') < path.len ||
	    span_contains(path, SPAN("//")))
		key_complain(check, "path", SPAN_NONE, "path: found \"%.*s\", expected a path that begins with /, without // ? or #",
		             SPAN_ARG(path));
}

static const struct key route_keys[] = {
	{ .name = "path", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = offsetof(struct config_route, path), .min = 1,
	  .help = "Where the route begins, by whole segments: /a is for /a and /a/b, not for /ab. The longest path wins." },
	{ 0 },
};

const struct key_table config_route_table = {
	.name = "route", .keys = route_keys, .size = sizeof(struct config_route), .check = check_route,
};

const struct structural_key structural_keys[STRUCTURAL_COUNT] = {
	[STRUCTURAL_DEFAULTS] = { SCOPE_TOP, "defaults", SCOPE_SITE, false, "What a site has that it does not say itself: any key of a site but its name, tenant, hosts, routes and the like." },
	[STRUCTURAL_SITES] = { SCOPE_TOP, "sites", SCOPE_SITE, true, "The sites." },
	[STRUCTURAL_ROUTES] = { SCOPE_SITE, "routes", SCOPE_ROUTE, true, "Parts of the site that are handled in their own way. What a route does not say, it takes from its site." },
};
