/* The configuration as the other rooms see it: one immutable snapshot, of sites, of routes. Each room finds its own keys
 * in its own section and never looks at another's.
 *
 * Threads  immutable once made; counted by the edge's workers (snapshot_hold, snapshot_drop are atomic)
 * Owns     everything of a snapshot lives in its arena and goes when the last holder drops it
 */
#ifndef BOUCLIER_CONFIG_SNAPSHOT_H
#define BOUCLIER_CONFIG_SNAPSHOT_H

#include "base/arena.h"
#include "base/hash.h"
#include "config/key.h"

struct config_tenant;  /* config/settings.h */

enum config_scope {
	SCOPE_TOP,       /* once a file */
	SCOPE_SITE,      /* each site; may stand under `defaults` */
	SCOPE_ROUTE,     /* each route of a site; what it does not say, it takes from the site where both have the key */
	SCOPE_COUNT,
};

/* The rooms that have sections; a room has at most one a scope. */
enum config_room { ROOM_CONFIG, ROOM_PROCESS, ROOM_PACKET, ROOM_NET, ROOM_HTTP, ROOM_SOURCE, ROOM_GUARD, ROOM_ORIGIN, ROOM_EDGE, ROOM_EVENT, ROOM_HUB, ROOM_COUNT };

/* One room's keys at one scope. Keys of all rooms stand side by side in one YAML mapping; two rooms may not use one name. */
struct config_section {
	enum config_room room;
	enum config_scope scope;
	const struct key_table *table;
};

/* Gathered by cli/, ended by a section without table. ROOM_CONFIG's own are known to config_read already. */
typedef const struct config_section *config_sections;

struct route {
	unsigned index;             /* in its site; the last one is the site itself, path "/" */
	struct span path;           /* prefix by whole segments: "/a" matches "/a" and "/a/b", not "/ab" */
	void *sections[ROOM_COUNT]; /* a route's sections: see SCOPE_ROUTE. One that says nothing of a room shares its site's */
};

struct site {
	unsigned index;             /* in the snapshot */
	struct span name, tenant;
	struct place place;         /* where its name is written */
	struct span *hosts;         /* lower case; "*.x" allowed */
	size_t host_count;
	struct route *routes;       /* longest path first; always at least one: "/" */
	size_t route_count;
	void *sections[ROOM_COUNT]; /* a site that says nothing of a room shares the defaults' struct: compare pointers to tell */
};

/* A file that some key names and the keeper is to open (KEY_FILE). */
struct config_file {
	struct span path;
	struct place place;                  /* where it is named */
	const struct config_tenant *tenant;  /* whose file names it: open it beneath the tenant's folders; NULL: the administrator */
};

/* A tenant whose files are wrong; everything else goes on. */
struct tenant_problem {
	struct span tenant;
	struct span report;                  /* its complaints, a line each, as complaints_write has them */
	size_t errors;
	bool has_previous;                   /* its last good version serves; otherwise its sites are left out */
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
	struct snapshot *next_retired;       /* of whoever keeps those that serve no more */
	struct config_file *files;
	size_t file_count;
	struct tenant_problem *problems;
	size_t problem_count;
	struct host_slot *host_slots;        /* config_find_site's table; a power of two */
	size_t host_slot_count;
	struct hash_seed seed;
};

/* Counted; born with one holder. */
void snapshot_hold(struct snapshot *snapshot);
void snapshot_drop(struct snapshot *snapshot);
/* Only the caller holds SNAPSHOT, and nobody can reach it any more but through him: true stays true. */
bool snapshot_is_held_once(const struct snapshot *snapshot);

/* The site that answers for HOST (no port; any case; a final dot is forgiven): its exact name, else the longest "*.x"
 * that it ends in. IPv6 in brackets may be written in any way. NULL: nobody's. One hash look-up a label. */
const struct site *config_find_site(const struct snapshot *snapshot, struct span host);
/* The route for PATH: the longest that it begins with, by whole segments; the site's last ("/") when there is no other.
 * Never NULL. */
const struct route *config_find_route(const struct site *site, struct span path);
/* The next best after ROUTE: where ROUTE takes only some requests (KEY_SELECTS) and this is none of them. NULL after "/". */
const struct route *config_next_route(const struct site *site, const struct route *route, struct span path);
/* PATH begins with PREFIX by whole segments: "/a" covers "/a" and "/a/b", not "/ab". PREFIX does not end in / unless it is "/". */
bool route_covers(struct span prefix, struct span path);
/* Calls EACH for every file that a key names. */
void config_files(const struct snapshot *snapshot, void (*each)(const struct config_file *file, void *context), void *context);

#endif
