/* The keys of all rooms side by side, scope by scope, and the names that sites have taken. */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "config/builder.h"

#include "base/banned.h"

static void add_key(struct scope *scope, struct span name, const struct key *key, enum config_room room)
{
	assert(scope->key_count < SCOPE_KEYS_MAX);
	assert(!scope_find(scope, name));  /* two rooms may not use one name */
	scope->keys[scope->key_count++] = (struct scope_key){ name, key, room };
}

static void add_section(struct builder *builder, const struct config_section *section)
{
	struct scope *scope = &builder->scopes[section->scope];
	struct scope_section *kept = &scope->sections[section->room];
	const void *defaults = checker_defaults(&builder->checker, section->table);

	assert(!kept->table);
	kept->table = section->table;
	/* A copy: `defaults` of the file is laid over it, and a table may serve elsewhere too. */
	kept->defaults = defaults ? checker_copy(&builder->checker, defaults, section->table->size) : NULL;
	for (const struct key *key = section->table->keys; key->name; key++)
		add_key(scope, span_of(key->name), key, section->room);
}

void scopes_init(struct builder *builder, config_sections sections)
{
	static const struct config_section own[] = {
		{ ROOM_CONFIG, SCOPE_TOP, &config_top_table },
		{ ROOM_CONFIG, SCOPE_SITE, &config_site_table },
		{ ROOM_CONFIG, SCOPE_ROUTE, &config_route_table },
	};

	builder->scopes[SCOPE_TOP].where = "the configuration";
	builder->scopes[SCOPE_SITE].where = "a site";
	builder->scopes[SCOPE_ROUTE].where = "a route";
	for (size_t i = 0; i < SCOPE_COUNT; i++)
		add_section(builder, &own[i]);
	for (size_t i = 0; i < STRUCTURAL_COUNT; i++)
		add_key(&builder->scopes[structural_keys[i].scope], span_of(structural_keys[i].name), NULL, ROOM_CONFIG);
	for (; sections->table; sections++)
		add_section(builder, sections);
}

const struct scope_key *scope_find(const struct scope *scope, struct span name)
{
	for (size_t i = 0; i < scope->key_count; i++) {
		if (span_equal(scope->keys[i].name, name))
			return &scope->keys[i];
	}
	return NULL;
}

void scope_complain(struct builder *builder, enum config_scope scope, const struct node *node)
{
	const struct scope *in = &builder->scopes[scope];
	struct span names[SCOPE_KEYS_MAX + 1] = { SPAN_NONE };

	for (size_t i = 0; i < in->key_count; i++)
		names[i] = in->keys[i].name;
	complain_unknown(&builder->checker, node, in->where, names);
}

static const struct key *find_same(const struct key_table *table, const struct key *key)
{
	for (const struct key *other = table->keys; other->name; other++) {
		if (strcmp(other->name, key->name) == 0 && other->type == key->type && other->table == key->table &&
		    (other->flags & (KEY_LIST | KEY_OPTIONAL)) == (key->flags & (KEY_LIST | KEY_OPTIONAL)))
			return other;
	}
	return NULL;
}

static void pair_fields(const struct scope_section *site, struct scope_section *route)
{
	if (!site->table || !route->table)
		return;
	for (const struct key *key = route->table->keys; key->name; key++) {
		const struct key *same = find_same(site->table, key);

		if (!same)
			continue;
		assert(route->copied_count < COPIED_MAX);
		route->copied[route->copied_count++] = (struct copied_field){ same->offset, key->offset, key_size(key) };
	}
}

void scopes_inherit(struct builder *builder)
{
	for (size_t room = 0; room < ROOM_COUNT; room++) {
		struct scope_section *site = &builder->scopes[SCOPE_SITE].sections[room];
		struct scope_section *route = &builder->scopes[SCOPE_ROUTE].sections[room];

		if (room != ROOM_CONFIG)
			pair_fields(site, route);
		for (size_t i = 0; i < route->copied_count && site->defaults && route->defaults; i++)
			memcpy((char *)route->defaults + route->copied[i].to, (char *)site->defaults + route->copied[i].from, route->copied[i].size);
	}
}

static size_t slot_of(const struct name_index *index, struct span name)
{
	size_t at = hash_span(hash_process_seed(), name) & (index->slot_count - 1);

	while (index->slots[at] && !span_equal(index->list[index->slots[at] - 1].name, name))
		at = (at + 1) & (index->slot_count - 1);
	return at;
}

const struct taken *name_index_find(const struct name_index *index, struct span name)
{
	size_t at;

	if (!index->slot_count)
		return NULL;
	at = slot_of(index, name);
	return index->slots[at] ? &index->list[index->slots[at] - 1] : NULL;
}

static void refill(struct name_index *index)
{
	memset(index->slots, 0, index->slot_count * sizeof(*index->slots));
	for (size_t i = 0; i < index->count; i++)
		index->slots[slot_of(index, index->list[i].name)] = (uint32_t)i + 1;
}

static enum result index_grow(struct name_index *index)
{
	size_t size = index->size ? index->size * 2 : 64;
	struct taken *list = reallocarray(index->list, size, sizeof(*list));
	uint32_t *slots;

	if (!list)
		return RESULT_NO_MEMORY;
	index->list = list;
	slots = reallocarray(index->slots, size * 2, sizeof(*slots));
	if (!slots)
		return RESULT_NO_MEMORY;
	index->slots = slots;
	index->size = size;
	index->slot_count = size * 2;
	refill(index);
	return RESULT_OK;
}

enum result name_index_add(struct name_index *index, struct taken taken)
{
	if (index->count == index->size && index_grow(index) != RESULT_OK)
		return RESULT_NO_MEMORY;
	index->list[index->count++] = taken;
	index->slots[slot_of(index, taken.name)] = (uint32_t)index->count;
	return RESULT_OK;
}

void name_index_cut(struct name_index *index, size_t count)
{
	if (index->count == count)
		return;
	index->count = count;
	refill(index);
}

void name_index_done(struct name_index *index)
{
	free(index->list);
	free(index->slots);
}
