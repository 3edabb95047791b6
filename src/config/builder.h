/* The workshop behind config_read: what is shared while sites are made, and thrown away after. */
#ifndef BOUCLIER_CONFIG_BUILDER_H
#define BOUCLIER_CONFIG_BUILDER_H

#include "config/check.h"
#include "config/read.h"

#define SCOPE_KEYS_MAX 192
#define COPIED_MAX 64

/* A route's field that takes what the site's has. */
struct copied_field {
	size_t from, to, size;
};

/* One room at one scope. */
struct scope_section {
	const struct key_table *table;     /* NULL: the room has none here */
	void *defaults;                    /* the struct of those that say nothing: fallbacks, and `defaults` over them */
	bool is_checked;                   /* `defaults` has passed the table's own check once: sharing it needs no other */
	struct copied_field copied[COPIED_MAX];  /* SCOPE_ROUTE */
	size_t copied_count;
};

struct scope_key {
	struct span name;
	const struct key *key;             /* NULL: structural */
	enum config_room room;
};

struct scope {
	struct scope_section sections[ROOM_COUNT];
	struct scope_key keys[SCOPE_KEYS_MAX];
	size_t key_count;
	const char *where;                 /* "a site" */
};

/* Names already taken, and where. */
struct taken {
	struct span name, by;
	struct place place;
};

struct name_index {
	struct taken *list;
	size_t count, size;
	uint32_t *slots;                   /* index + 1 into LIST */
	size_t slot_count;
};

/* What a tenant has taken of what all share: files, bytes, and (document_allow) values. */
struct tenant_share {
	unsigned files;
	size_t bytes;
	int error;                         /* errno: its folder cannot be listed */
};

struct builder {
	struct config_source *source;
	struct snapshot *snapshot;
	struct document document;
	struct checker checker;
	struct scope scopes[SCOPE_COUNT];
	const struct node *defaults;       /* NULL: none written */
	struct name_index names, hosts;
	size_t site_size;                  /* of snapshot->sites while it grows (malloc'ed) */
	bool is_sound;                     /* the main file has no error */
	struct tenant_share *shares;       /* one a tenant; malloc'ed */
};

void scopes_init(struct builder *builder, config_sections sections);
const struct scope_key *scope_find(const struct scope *scope, struct span name);
/* Every name of SCOPE, for complain_unknown. */
void scope_complain(struct builder *builder, enum config_scope scope, const struct node *node);
/* The defaults of sites and routes, once DEFAULTS has been read. */
void scopes_inherit(struct builder *builder);

void name_index_done(struct name_index *index);
/* The entry of NAME; NULL when it is free. */
const struct taken *name_index_find(const struct name_index *index, struct span name);
enum result name_index_add(struct name_index *index, struct taken taken) must_check;
/* Forgets all but the first COUNT. */
void name_index_cut(struct name_index *index, size_t count);

/* Makes the site of NODE and adds it to the snapshot; complains of what is wrong. */
void site_build(struct builder *builder, struct node *node);
/* The routes of SITE (whose sections are there), from LIST (NULL: none are written). */
void routes_build(struct builder *builder, struct site *site, struct node *list);

#endif
