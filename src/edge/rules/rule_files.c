#include "edge/rules/rule_files.h"

#include <stdlib.h>

#include "config/tenant.h"

#include "base/banned.h"

struct rule_owner {
	struct rule_owner *next;
	struct config_source source;     /* what was read */
	struct config_texts given;       /* where it is read from, unless from disk */
	size_t bytes;
	struct span name;                /* behind the struct; empty: the administrator */
};

void rule_files_init(struct rule_files *files, bool is_from_disk)
{
	*files = (struct rule_files){ .is_from_disk = is_from_disk };
}

void rule_files_done(struct rule_files *files)
{
	while (files->first) {
		struct rule_owner *owner = files->first;

		files->first = owner->next;
		config_source_done(&owner->source);
		config_texts_done(&owner->given);
		free(owner);
	}
}

static struct rule_owner *find_owner(const struct rule_files *files, struct span name)
{
	struct rule_owner *owner = files->first;

	while (owner && !span_equal(owner->name, name))
		owner = owner->next;
	return owner;
}

static enum result owner_of(struct rule_files *files, struct span name, struct rule_owner **out)
{
	struct rule_owner *owner = find_owner(files, name);

	if (!owner) {
		owner = calloc(1, sizeof(*owner) + name.len);
		if (!owner || config_source_init(&owner->source, SPAN_NONE) != RESULT_OK) {
			free(owner);
			return RESULT_NO_MEMORY;
		}
		config_texts_init(&owner->given);
		owner->source.image = files->is_from_disk ? NULL : &owner->given;
		if (name.len)
			memcpy(owner + 1, name.at, name.len);
		owner->name = span_make((const char *)(owner + 1), name.len);
		owner->next = files->first;
		files->first = owner;
	}
	*out = owner;
	return RESULT_OK;
}

enum result rule_files_give(struct rule_files *files, struct span owner, struct span path, struct span text)
{
	struct rule_owner *found;
	enum result result = owner_of(files, owner, &found);

	return result == RESULT_OK ? config_texts_add(&found->given, path, text) : result;
}

enum result rule_files_go_back(struct rule_files *files, const struct rule_files *previous, struct span owner)
{
	const struct rule_owner *before = find_owner(previous, owner);
	struct rule_owner *found;
	enum result result = owner_of(files, owner, &found);

	if (result != RESULT_OK)
		return result;
	files->bytes -= found->bytes;
	found->bytes = 0;
	config_texts_done(&found->source.given);
	config_texts_done(&found->given);
	found->source.image = &found->given;
	for (size_t i = 0; before && i < before->given.count && result == RESULT_OK; i++)
		result = config_texts_add(&found->given, before->given.list[i].path, before->given.list[i].text);
	return result;
}

void rule_files_each(const struct rule_files *files, void (*each)(void *context, struct span owner, const struct config_text *text), void *context)
{
	for (const struct rule_owner *owner = files->first; owner; owner = owner->next) {
		for (size_t i = 0; i < owner->source.given.count; i++)
			each(context, owner->name, &owner->source.given.list[i]);
	}
}

/* The folder of TENANT's that PATH lies in; empty: none. */
static struct span own_folder(const struct config_tenant *tenant, struct span path)
{
	const struct span *granted = tenant->certificates.items;

	if (path_is_under(path, tenant->files))
		return tenant->files;
	for (size_t i = 0; i < tenant->certificates.count; i++) {
		if (path_is_under(path, granted[i]))
			return granted[i];
	}
	return SPAN_NONE;
}

bool rule_files_are_of(const struct config_tenant *tenant, struct span path)
{
	return own_folder(tenant, path).len > 0;
}

static bool has_double_dot(struct span path)
{
	while (path.at) {
		if (span_equal(span_cut(&path, '/'), SPAN("..")))
			return true;
	}
	return false;
}

/* Whose PATH is for ASKER, and the folder it may not be led out of. Security, fails closed: a tenant has no other files. */
static enum result whose(const struct rule_asker *asker, struct span path, struct rule_owner **owner, struct span *beneath)
{
	*beneath = asker->tenant ? own_folder(asker->tenant, path) : SPAN_NONE;
	if (beneath->len && !has_double_dot(path))
		return owner_of(asker->files, asker->tenant->name, owner);
	if (!asker->tenant || span_equal(path, SPAN(CRS_MAP)) ||
	    ((path_is_under(path, SPAN(CRS_RULES)) || path_is_under(path, SPAN(CRS_SETUP))) && !has_double_dot(path))) {
		*beneath = SPAN_NONE;
		return owner_of(asker->files, SPAN(""), owner);
	}
	complain(asker->complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE,
	         "rules of tenant %.*s may only name files in the folders granted to it, and those of " CRS_RULES,
	         SPAN_ARG(asker->tenant->name));
	return RESULT_REFUSED;
}

static enum result count(const struct rule_asker *asker, struct rule_owner *owner, struct span path, size_t bytes)
{
	size_t most = owner->name.len ? RULE_TENANT_BYTES_MAX : RULE_FILES_BYTES_MAX;

	owner->bytes += bytes;
	asker->files->bytes += bytes;
	if (owner->bytes <= most && asker->files->bytes <= RULE_FILES_BYTES_MAX)
		return RESULT_OK;
	complain(asker->complaints, COMPLAINT_ERROR, (struct place){ path, 0, 0 }, SPAN_NONE, "more than %zu MiB of rule files",
	         (owner->bytes > most ? most : RULE_FILES_BYTES_MAX) >> 20);
	return RESULT_LIMIT;
}

static bool is_wanted(void *context, struct span path)
{
	(void)context, (void)path;
	return true;
}

static bool is_excused(void *context, struct span folder, int error)
{
	(void)context, (void)folder, (void)error;
	return false;
}

static const struct config_lister lister = { NULL, is_wanted, is_excused };

static bool is_there(struct rule_owner *owner, struct span path, struct complaints *complaints)
{
	struct config_texts paths;
	bool is_found;

	config_texts_init(&paths);
	is_found = config_source_match(&owner->source, path, (struct place){ 0 }, &lister, complaints, &paths) == RESULT_OK && paths.count;
	config_texts_done(&paths);
	return is_found;
}

enum result rule_file_read(const struct rule_asker *asker, struct span path, struct span *text)
{
	const struct config_text *known;
	struct rule_owner *owner;
	struct span beneath;
	enum result result = whose(asker, path, &owner, &beneath);

	if (result != RESULT_OK)
		return result;
	known = config_texts_find(&owner->source.given, path);
	if (known) {
		*text = known->text;
		return RESULT_OK;
	}
	if (!is_there(owner, path, asker->complaints))
		return RESULT_NOT_FOUND;
	result = config_source_read(&owner->source, path, beneath, (struct place){ path, 0, 0 }, asker->complaints, text);
	if (result == RESULT_NOT_FOUND)
		return RESULT_REFUSED;  /* it is there, and may not be read: said */
	return result == RESULT_OK ? count(asker, owner, path, text->len) : result;
}

enum result rule_files_list(const struct rule_asker *asker, struct span pattern, struct config_texts *paths)
{
	struct rule_owner *owner;
	struct span beneath;
	enum result result = whose(asker, pattern, &owner, &beneath);

	return result == RESULT_OK ? config_source_match(&owner->source, pattern, (struct place){ 0 }, &lister, asker->complaints, paths) : result;
}
