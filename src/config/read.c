#include "config/read.h"

#include <stdlib.h>

#include "config/builder.h"
#include "config/host_table.h"
#include "config/tenant.h"

#include "base/banned.h"

#define ARENA_LIMIT ((size_t)1 << 30)
#define ARENA_BLOCK ((size_t)32 * 1024)
#define REPORT_MAX ((size_t)64 * 1024)
#define TENANT_FILES_MAX 64u
#define TENANT_NODES_MAX 20000u

/* How far the snapshot has been built: what a broken tenant added is taken back to here. */
struct mark {
	size_t sites, names, hosts, files, texts;
};

static struct mark mark_now(const struct builder *builder)
{
	return (struct mark){ builder->snapshot->site_count, builder->names.count, builder->hosts.count,
		              builder->checker.file_count, builder->source->given.count };
}

static void take_back(struct builder *builder, struct mark mark)
{
	builder->snapshot->site_count = mark.sites;
	name_index_cut(&builder->names, mark.names);
	name_index_cut(&builder->hosts, mark.hosts);
	builder->checker.file_count = mark.files;
	builder->source->given.count = mark.texts;
}

static struct span folder_of(struct span path)
{
	return span_take(path, span_find_last(path, '/'));
}

/* The file's name in the snapshot's memory: places in nodes, complaints and struct config_file point to it. */
static const struct span *keep_file(struct builder *builder, struct span path)
{
	struct span *kept = arena_new(builder->checker.arena, struct span);

	if (kept)
		*kept = text_pool_copy(&builder->checker.pool, path);
	if (!kept || !kept->at) {
		builder->checker.no_memory = true;
		return NULL;
	}
	return kept;
}

/* The tree of one text; NULL when there is nothing to go on with (which has been complained about, or holds nothing). */
static struct node *read_tree(struct builder *builder, struct span path, struct span text, struct node **root)
{
	const struct span *file = keep_file(builder, path);
	enum result result;

	*root = NULL;
	if (!file)
		return NULL;
	builder->checker.folder = folder_of(*file);
	result = document_read(&builder->document, file, text, builder->checker.complaints, root);
	builder->checker.no_memory |= result == RESULT_NO_MEMORY;
	if (*root && (*root)->kind != NODE_MAPPING) {
		checker_complain(&builder->checker, node_place(*root), SPAN_NONE, "found %s, expected a mapping (key: value)",
		                 node_describe(*root).text);
		*root = NULL;
	}
	return *root;
}

static void build_sites(struct builder *builder, struct node *list)
{
	if (list->is_bad)
		return;
	if (list->kind != NODE_LIST) {
		checker_complain(&builder->checker, node_place(list), SPAN_NONE, "sites: found %s, expected a list of sites", node_describe(list).text);
		return;
	}
	node_each(child, list)
		site_build(builder, child);
}

/* `defaults`: values for sites, laid over the fallbacks. */
static void read_defaults(struct builder *builder, struct node *node)
{
	const struct scope *scope = &builder->scopes[SCOPE_SITE];

	if (node->kind != NODE_MAPPING) {
		checker_complain(&builder->checker, node_place(node), SPAN_NONE, "defaults: found %s, expected a mapping", node_describe(node).text);
		return;
	}
	builder->defaults = node;
	node_each(child, node) {
		const struct scope_key *found = scope_find(scope, child->key->text);

		if (child->is_bad)
			continue;
		if (!found) {
			scope_complain(builder, SCOPE_SITE, child);
		} else if (!found->key || found->key->flags & KEY_NO_DEFAULT) {
			checker_complain(&builder->checker, node_place(child->key), SPAN_NONE,
			                 "%.*s may not stand under `defaults`: each site has its own", SPAN_ARG(found->name));
			child->is_bad = true;
		} else if (scope->sections[found->room].defaults) {
			apply_key(&builder->checker, found->key, child, (char *)scope->sections[found->room].defaults + found->key->offset);
		}
	}
}

static void check_top(struct builder *builder, const struct node *root)
{
	struct layers layers = { { root }, 1 };
	const struct node *tenants = node_find(root, SPAN("tenants"));

	for (size_t room = 0; room < ROOM_COUNT; room++) {
		const struct scope_section *section = &builder->scopes[SCOPE_TOP].sections[room];

		if (section->table && section->defaults)
			check_values(&builder->checker, section->table, section->defaults, &layers, node_place(root));
	}
	if (tenants)
		tenants_check(&builder->checker, builder->snapshot->sections[ROOM_CONFIG], tenants);
}

/* The top keys first, then `defaults`, then the sites, in whatever order they are written. */
static void build_main(struct builder *builder, struct node *root)
{
	struct node *structural[STRUCTURAL_COUNT] = { NULL };

	node_each(child, root) {
		const struct scope_key *found = scope_find(&builder->scopes[SCOPE_TOP], child->key->text);

		if (child->is_bad)
			continue;
		if (!found)
			scope_complain(builder, SCOPE_TOP, child);
		else if (!found->key)
			structural[span_equal(found->name, SPAN("sites")) ? STRUCTURAL_SITES : STRUCTURAL_DEFAULTS] = child;
		else if (builder->snapshot->sections[found->room])
			apply_key(&builder->checker, found->key, child, (char *)builder->snapshot->sections[found->room] + found->key->offset);
	}
	check_top(builder, root);
	if (structural[STRUCTURAL_DEFAULTS])
		read_defaults(builder, structural[STRUCTURAL_DEFAULTS]);
	scopes_inherit(builder);
	if (structural[STRUCTURAL_SITES])
		build_sites(builder, structural[STRUCTURAL_SITES]);
}

static void read_main(struct builder *builder, const struct node **top)
{
	struct config_source *source = builder->source;
	struct place place = { source->path, 0, 0 };
	struct span text;
	size_t errors = builder->checker.complaints->errors;
	struct node *root;

	if (config_source_read(source, source->path, SPAN_NONE, place, builder->checker.complaints, &text) != RESULT_OK)
		return;
	if (read_tree(builder, source->path, text, &root)) {
		*top = root;
		build_main(builder, root);
	} else if (errors == builder->checker.complaints->errors) {
		checker_complain(&builder->checker, (struct place){ source->path, 1, 1 }, SPAN_NONE, "the configuration is empty");
	}
	builder->is_sound = errors == builder->checker.complaints->errors;
}

/* An included file: sites, nothing else. */
static void build_included(struct builder *builder, struct span path, struct span text)
{
	struct node *root;

	if (!read_tree(builder, path, text, &root))
		return;
	node_each(child, root) {
		struct span key = child->key->text;

		if (child->is_bad)
			continue;
		if (span_equal(key, SPAN("sites")))
			build_sites(builder, child);
		else if (scope_find(&builder->scopes[SCOPE_TOP], key))
			checker_complain(&builder->checker, node_place(child->key), SPAN_NONE,
			                 "%.*s belongs in the main file: an included file may only contain `sites`", SPAN_ARG(key));
		else
			complain_unknown(&builder->checker, child, "an included file", (const struct span[]){ SPAN("sites"), SPAN_NONE });
	}
}

static struct tenant_share *share_of(struct builder *builder, const struct config_tenant *tenant)
{
	const struct config_top *own = builder->snapshot->sections[ROOM_CONFIG];

	return builder->shares + (tenant - (const struct config_tenant *)own->tenants.items);
}

static bool is_wanted(void *context, struct span path)
{
	struct builder *builder = context;
	const struct config_tenant *tenant = tenant_of_file(builder->snapshot->sections[ROOM_CONFIG], path);

	return !tenant || share_of(builder, tenant)->files++ < TENANT_FILES_MAX;
}

static bool is_excused(void *context, struct span folder, int error)
{
	struct builder *builder = context;
	const struct config_tenant *tenant = tenant_of_file(builder->snapshot->sections[ROOM_CONFIG], folder);

	if (tenant)
		share_of(builder, tenant)->error = error;
	return tenant != NULL;
}

static void list_included(struct builder *builder, const struct node *top, struct config_texts *paths)
{
	const struct config_top *own = builder->snapshot->sections[ROOM_CONFIG];
	const struct node *node = top ? node_find(top, SPAN("include")) : NULL, *item;
	const struct span *patterns = own->include.items;
	const struct config_lister lister = { builder, is_wanted, is_excused };

	if (!node || node->is_bad)
		return;
	item = node->kind == NODE_LIST ? node->first : node;
	for (size_t i = 0; i < own->include.count && item; i++, item = item->next) {
		enum result result = config_source_list(builder->source, patterns[i], node_place(item), &lister, builder->checker.complaints, paths);

		builder->checker.no_memory |= result == RESULT_NO_MEMORY;
	}
}

/* False: what it has is more than its share, or cannot be seen. */
static bool has_room(struct builder *builder, const struct config_tenant *tenant, size_t more)
{
	struct tenant_share *share = share_of(builder, tenant);
	struct place place = { tenant->files, 0, 0 };

	share->bytes += more;
	if (share->error)
		checker_complain(&builder->checker, place, SPAN_NONE, "cannot be listed: %s", strerrordesc_np(share->error));
	else if (share->files > TENANT_FILES_MAX)
		checker_complain(&builder->checker, place, SPAN_NONE, "more than %u files", TENANT_FILES_MAX);
	else if (share->bytes > TENANT_TEXT_MAX_BYTES)
		checker_complain(&builder->checker, place, SPAN_NONE, "more than %zu KiB in all", TENANT_TEXT_MAX_BYTES >> 10);
	else
		return true;
	return false;
}

/* The included files of TENANT (NULL: those of no tenant). */
static void build_files(struct builder *builder, const struct config_texts *paths, const struct config_tenant *tenant, struct place place)
{
	const struct config_top *own = builder->snapshot->sections[ROOM_CONFIG];

	for (size_t i = 0; i < paths->count && !builder->checker.no_memory; i++) {
		struct span path = paths->list[i].path, text;
		enum result result;

		if (tenant_of_file(own, path) != tenant)
			continue;
		result = config_source_read(builder->source, path, tenant ? tenant->files : SPAN_NONE, place, builder->checker.complaints, &text);
		builder->checker.no_memory |= result == RESULT_NO_MEMORY;
		if (result == RESULT_OK && tenant && !has_room(builder, tenant, text.len))
			return;
		if (result == RESULT_OK)
			build_included(builder, path, text);
	}
}

/* The same from the last good texts. */
static void build_previous(struct builder *builder, const struct config_tenant *tenant)
{
	const struct config_texts *previous = builder->source->previous;

	for (size_t i = 0; i < previous->count && !builder->checker.no_memory; i++) {
		struct span path = previous->list[i].path;

		if (!path_is_under(path, tenant->files))
			continue;
		if (config_texts_add(&builder->source->given, path, previous->list[i].text) != RESULT_OK) {
			builder->checker.no_memory = true;
			return;
		}
		build_included(builder, path, previous->list[i].text);
	}
}

static bool has_previous(const struct builder *builder, const struct config_tenant *tenant)
{
	const struct config_texts *previous = builder->source->previous;

	for (size_t i = 0; previous && i < previous->count; i++) {
		if (path_is_under(previous->list[i].path, tenant->files))
			return true;
	}
	return false;
}

/* A tenant's complaints go on to whoever reads the whole: as errors for `check`, as warnings for a running shield. */
static void pass_on(const struct builder *builder, const struct config_tenant *tenant, const struct complaints *own, struct complaints *all)
{
	enum complaint_kind kind = builder->source->is_strict ? COMPLAINT_ERROR : COMPLAINT_WARNING;
	size_t errors = all->errors;

	for (size_t i = 0; i < own->count; i++) {
		const struct complaint *said = &own->list[i];

		complain(all, said->kind == COMPLAINT_ERROR ? kind : COMPLAINT_WARNING, (struct place){ said->file, said->line, said->column },
		         said->suggestion, "tenant %.*s: %.*s", SPAN_ARG(tenant->name), SPAN_ARG(said->text));
	}
	all->dropped += own->dropped;
	if (builder->source->is_strict && own->errors && all->errors == errors)
		all->errors++;  /* only what was dropped was an error */
}

static struct span write_report(struct builder *builder, const struct complaints *own)
{
	struct buffer text;
	struct span report;

	buffer_init(&text, REPORT_MAX);
	if (complaints_write(own, &text) == RESULT_NO_MEMORY)  /* too long: what fits is enough */
		builder->checker.no_memory = true;
	report = arena_copy(builder->checker.arena, buffer_span(&text));
	buffer_done(&text);
	return report;
}

static void note_problem(struct builder *builder, const struct config_tenant *tenant, const struct complaints *own, bool is_kept,
                         struct complaints *all)
{
	struct snapshot *snapshot = builder->snapshot;

	snapshot->problems[snapshot->problem_count++] = (struct tenant_problem){
		.tenant = tenant->name, .report = write_report(builder, own), .errors = own->errors, .has_previous = is_kept,
	};
	pass_on(builder, tenant, own, all);
	if (!builder->source->is_strict)
		complain(all, COMPLAINT_WARNING, (struct place){ tenant->files, 0, 0 }, SPAN_NONE,
		         is_kept ? "tenant %.*s: its last good version stays in place" : "tenant %.*s: its sites are left out, there is no good version of them",
		         SPAN_ARG(tenant->name));
}

static void check_sites(struct builder *builder, size_t first, bool is_previous, struct complaints *all)
{
	struct site_question question = { builder->snapshot, NULL, builder->checker.tenant, is_previous, builder->checker.complaints, all };

	for (size_t i = first; builder->source->check_site && i < builder->snapshot->site_count; i++) {
		question.site = &builder->snapshot->sites[i];
		builder->source->check_site(builder->source->check_context, &question);
	}
}

/* Builds the tenant's last good version instead. False when that does not hold either (its grants may have changed). */
static bool fall_back(struct builder *builder, const struct config_tenant *tenant, struct mark mark, struct complaints *all)
{
	struct complaints own, *kept = builder->checker.complaints;
	bool is_good;

	if (!has_previous(builder, tenant))
		return false;
	complaints_init(&own);
	builder->checker.complaints = &own;
	document_allow(&builder->document, TENANT_NODES_MAX);
	build_previous(builder, tenant);
	check_sites(builder, mark.sites, true, all);
	is_good = own.errors == 0;
	if (!is_good)
		take_back(builder, mark);
	builder->checker.complaints = kept;
	complaints_done(&own);
	return is_good;
}

static void build_tenant(struct builder *builder, const struct config_texts *paths, const struct config_tenant *tenant)
{
	struct complaints own, *all = builder->checker.complaints;
	struct mark mark = mark_now(builder);

	complaints_init(&own);
	builder->checker.complaints = &own;
	builder->checker.tenant = tenant;
	document_allow(&builder->document, TENANT_NODES_MAX);
	if (has_room(builder, tenant, 0))
		build_files(builder, paths, tenant, (struct place){ tenant->files, 0, 0 });
	check_sites(builder, mark.sites, false, all);
	if (own.errors) {
		take_back(builder, mark);
		note_problem(builder, tenant, &own, fall_back(builder, tenant, mark, all), all);
	} else {
		pass_on(builder, tenant, &own, all);
	}
	builder->checker.complaints = all;
	builder->checker.tenant = NULL;
	complaints_done(&own);
}

static void read_included(struct builder *builder, const struct node *top)
{
	const struct config_top *own = builder->snapshot->sections[ROOM_CONFIG];
	const struct config_tenant *tenants = own->tenants.items;
	size_t errors = builder->checker.complaints->errors;
	struct config_texts paths;
	bool is_sound;

	builder->shares = calloc(own->tenants.count + 1, sizeof(*builder->shares));
	if (!builder->shares) {
		builder->checker.no_memory = true;
		return;
	}
	config_texts_init(&paths);
	list_included(builder, top, &paths);
	build_files(builder, &paths, NULL, (struct place){ builder->source->path, 0, 0 });
	check_sites(builder, 0, false, builder->checker.complaints);
	builder->snapshot->problems = arena_new_array(builder->checker.arena, struct tenant_problem, own->tenants.count);
	builder->checker.no_memory |= !builder->snapshot->problems;
	/* With an error in the main file the grants may be what is wrong: no tenant is blamed for that. */
	is_sound = builder->is_sound && errors == builder->checker.complaints->errors;
	for (size_t i = 0; i < own->tenants.count && !builder->checker.no_memory && is_sound; i++)
		build_tenant(builder, &paths, &tenants[i]);
	config_texts_done(&paths);
}

struct ranked { struct complaint complaint; size_t rank, file_rank; };

static int compare_complaints(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->file_rank != y->file_rank)
		return x->file_rank < y->file_rank ? -1 : 1;
	if (x->complaint.line != y->complaint.line)
		return x->complaint.line < y->complaint.line ? -1 : 1;
	if (x->complaint.column != y->complaint.column)
		return x->complaint.column < y->complaint.column ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

/* In the order a person goes through the files. Without memory they stay as they came. */
static void sort_complaints(struct complaints *complaints, size_t first)
{
	size_t count = complaints->count - first;
	struct complaint *list = complaints->list ? complaints->list + first : NULL;
	struct ranked *ranked = count > 1 ? calloc(count, sizeof(*ranked)) : NULL;

	if (!ranked)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (!span_equal(list[j].file, list[i].file))
			j++;
		ranked[i] = (struct ranked){ list[i], i, j };
	}
	qsort(ranked, count, sizeof(*ranked), compare_complaints);
	for (size_t i = 0; i < count; i++)
		list[i] = ranked[i].complaint;
	free(ranked);
}

/* What grew in malloc'ed memory moves into the snapshot's own. */
static enum result settle(struct builder *builder)
{
	struct snapshot *snapshot = builder->snapshot;
	struct site *sites = snapshot->sites;

	snapshot->sites = arena_new_array(&snapshot->arena, struct site, snapshot->site_count);
	if (snapshot->sites && snapshot->site_count)
		memcpy(snapshot->sites, sites, snapshot->site_count * sizeof(*sites));
	free(sites);
	snapshot->files = arena_new_array(&snapshot->arena, struct config_file, builder->checker.file_count);
	if (snapshot->files && builder->checker.file_count)
		memcpy(snapshot->files, builder->checker.files, builder->checker.file_count * sizeof(struct config_file));
	snapshot->file_count = builder->checker.file_count;
	if (!snapshot->sites || !snapshot->files) {
		snapshot->site_count = 0;
		return RESULT_NO_MEMORY;
	}
	return host_table_build(snapshot);
}

static void build(struct builder *builder, config_sections sections)
{
	const struct node *top = NULL;

	scopes_init(builder, sections);
	for (size_t room = 0; room < ROOM_COUNT; room++)
		builder->snapshot->sections[room] = builder->scopes[SCOPE_TOP].sections[room].defaults;
	if (builder->checker.no_memory)
		return;
	read_main(builder, &top);
	if (top)
		read_included(builder, top);
}

enum result config_read(struct config_source *source, config_sections sections, struct complaints *complaints, struct snapshot **out)
{
	struct builder *builder = calloc(1, sizeof(*builder));
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	size_t errors = complaints->errors, first = complaints->count;
	enum result result;

	if (!builder || !snapshot) {
		free(builder);
		free(snapshot);
		return RESULT_NO_MEMORY;
	}
	arena_init(&snapshot->arena, ARENA_LIMIT, ARENA_BLOCK);
	snapshot->holders = 1;
	builder->source = source;
	builder->snapshot = snapshot;
	document_init(&builder->document);
	checker_init(&builder->checker, &snapshot->arena, &builder->document, complaints);
	build(builder, sections);
	result = settle(builder);
	if (result != RESULT_OK || builder->checker.no_memory)
		result = RESULT_NO_MEMORY;
	else if (complaints->errors > errors)
		result = RESULT_REFUSED;
	sort_complaints(complaints, first);
	checker_done(&builder->checker);
	document_done(&builder->document);
	name_index_done(&builder->names);
	name_index_done(&builder->hosts);
	free(builder->shares);
	free(builder);
	if (result == RESULT_OK)
		*out = snapshot;
	else
		snapshot_drop(snapshot);
	return result;
}
