/* The configuration as the other rooms see it: one immutable snapshot, of sites, of routes. Each room finds its own keys
 * in its own section and never looks at another's.
 *
 * Threads  immutable once made; counted by the edge's workers (snapshot_hold, snapshot_drop are atomic)
 * Owns     everything of a snapshot lives in its arena and goes when the last holder drops it
 */
#ifndef BOUCLIER_CONFIG_SNAPSHOT_H
#define BOUCLIER_CONFIG_SNAPSHOT_H

#include "config/key.h"

enum config_scope {
	SCOPE_TOP,       /* once a file */
	SCOPE_SITE,      /* each site; may stand under `defaults` */
	SCOPE_ROUTE,     /* each route of a site; what it does not say, it takes from the site where both have the key */
	SCOPE_COUNT,
};

/* The rooms that have sections; a room has at most one a scope. */
enum config_room { ROOM_CONFIG, ROOM_PROCESS, ROOM_NET, ROOM_HTTP, ROOM_SOURCE, ROOM_ORIGIN, ROOM_EDGE, ROOM_EVENT, ROOM_COUNT };

/* One room's keys at one scope. Keys of all rooms stand side by side in one YAML mapping; two rooms may not use one name. */
struct config_section {
	enum config_room room;
	enum config_scope scope;
	const struct key_table *table;
};

/* Gathered by cli/, ended by a section without table. */
typedef const struct config_section *config_sections;

struct route {
	unsigned index;             /* in its site; the last one is the site itself, path "/" */
	struct span path;           /* prefix by whole segments: "/a" matches "/a" and "/a/b", not "/ab" */
	void *sections[ROOM_COUNT]; /* a route's sections: see SCOPE_ROUTE */
};

struct site {
	unsigned index;             /* in the snapshot */
	struct span name, tenant;
	struct span *hosts;         /* lower case; "*.x" allowed */
	size_t host_count;
	struct route *routes;       /* longest path first; always at least one: "/" */
	size_t route_count;
	void *sections[ROOM_COUNT];
};

struct snapshot {
	struct arena arena;
	uint64_t generation;        /* 1, 2, 3 ... : set by whoever reads it in */
	struct site *sites;
	size_t site_count;
	void *sections[ROOM_COUNT];
	void *built[ROOM_COUNT];    /* what rooms made of their settings: TLS contexts, pools; freed by `release` */
	void (*release[ROOM_COUNT])(struct snapshot *snapshot);
	unsigned holders;
};

/* Counted; born with one holder. */
void snapshot_hold(struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot);

#endif
