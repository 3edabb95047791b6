/* The keys that config/ itself reads: what sites there are, whose they are, and where the rest of the text is. */
#ifndef BOUCLIER_CONFIG_SETTINGS_H
#define BOUCLIER_CONFIG_SETTINGS_H

#include "config/key.h"
#include "config/snapshot.h"

#define TENANT_DEFAULT "default"

/* A tenant's files may say nothing but sites, within what is granted here. Nothing granted: nothing allowed, except
 * ports, where nothing means any. */
struct config_tenant {
	struct span name;
	struct span files;                  /* folder */
	struct list_value hosts;            /* struct span: names, and "*.x" */
	struct list_value certificates;     /* struct span: folders that every path of the tenant's must lie in */
	struct list_value origins;          /* struct network */
	struct list_value ports;            /* int64_t: of origins */
};

/* snapshot->sections[ROOM_CONFIG] */
struct config_top {
	struct list_value include;          /* struct span: patterns */
	struct list_value tenants;          /* struct config_tenant, sorted by name */
};

/* What a site says to config/; copied to struct site. */
struct config_site {
	struct span name, tenant;
	struct list_value hosts;
};

struct config_route {
	struct span path;
};

extern const struct key_table config_top_table, config_site_table, config_route_table;

/* Keys whose values are whole scopes: no table can describe them. */
struct structural_key {
	enum config_scope scope;            /* where it stands */
	const char *name;
	enum config_scope holds;            /* what it contains */
	bool is_list;
	const char *help;
};
enum structural { STRUCTURAL_DEFAULTS, STRUCTURAL_SITES, STRUCTURAL_ROUTES, STRUCTURAL_COUNT };
extern const struct structural_key structural_keys[STRUCTURAL_COUNT];

#endif
