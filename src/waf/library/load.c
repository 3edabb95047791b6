/* Rules from texts that a program has, and from files. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/read_file.h"
#include "waf/language/texts.h"
#include "waf/library/library.h"

#include "base/banned.h"

#define RULES_BYTES_MAX ((size_t)128 << 20)
#define TEXTS_BYTES_MAX ((size_t)64 << 20)
#define START_BYTES_MAX ((size_t)1 << 20)
#define SAID_BYTES_MAX ((size_t)8 << 20)
#define START_NAME SPAN("(what was added)")

struct bouclier_waf_loader {
	struct texts own, read;          /* what was given; what was read of files, each once */
	struct buffer start;             /* an Include for each thing that was added */
	struct buffer said;
	struct arena arena;
	glob_t found;                    /* of the pattern that was asked for last */
	struct span found_pattern;
	bool has_found, is_used;
};

const char *bouclier_waf_version(void)
{
	return BOUCLIER_VERSION;
}

struct bouclier_waf_loader *bouclier_waf_loader_new(void)
{
	struct bouclier_waf_loader *loader = calloc(1, sizeof(*loader));

	if (!loader)
		return NULL;
	texts_init(&loader->own, TEXTS_BYTES_MAX);
	texts_init(&loader->read, TEXTS_BYTES_MAX);
	arena_init(&loader->arena, TEXTS_BYTES_MAX, 16 * 1024);
	buffer_init(&loader->start, START_BYTES_MAX);
	buffer_init(&loader->said, SAID_BYTES_MAX);
	return loader;
}

static void forget_found(struct bouclier_waf_loader *loader)
{
	if (loader->has_found)
		globfree(&loader->found);
	loader->has_found = false;
}

void bouclier_waf_loader_free(struct bouclier_waf_loader *loader)
{
	if (!loader)
		return;
	forget_found(loader);
	texts_done(&loader->own);
	texts_done(&loader->read);
	arena_done(&loader->arena);
	buffer_done(&loader->start);
	buffer_done(&loader->said);
	free(loader);
}

static bool include(struct bouclier_waf_loader *loader, const char *path)
{
	return !loader->is_used && *path && !strpbrk(path, "\"\\\r\n") &&
	       buffer_print(&loader->start, "Include \"%s\"\n", path) == RESULT_OK;
}

bool bouclier_waf_add_text(struct bouclier_waf_loader *loader, const char *name, const char *bytes, size_t len)
{
	return !strpbrk(name, "*?[") && texts_add(&loader->own, span_of(name), span_make(bytes, len)) == RESULT_OK && include(loader, name);
}

bool bouclier_waf_add_file(struct bouclier_waf_loader *loader, const char *path)
{
	return include(loader, path);
}

/* -- files -- */

/* What is there, and is no file, is not there. */
static enum result take_file(struct bouclier_waf_loader *loader, const char *path)
{
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, TEXT_BYTES_MAX + 64 * 1024);
	result = read_file(path, &bytes);
	if (result == RESULT_OK)
		result = texts_add(&loader->read, span_of(path), buffer_span(&bytes));
	buffer_done(&bytes);
	return result == RESULT_REFUSED ? RESULT_NOT_FOUND : result;
}

static enum result file_text(struct bouclier_waf_loader *loader, const char *path, struct span *name, struct span *bytes)
{
	enum result result;

	if (texts_get(&loader->read, span_of(path), name, bytes) == RESULT_OK)
		return RESULT_OK;
	result = take_file(loader, path);
	return result == RESULT_OK ? texts_get(&loader->read, span_of(path), name, bytes) : result;
}

/* The paths of PATTERN, looked up once: the reader asks for them one by one. */
static enum result look_up(struct bouclier_waf_loader *loader, const char *pattern)
{
	int code;

	if (loader->has_found && span_equal(loader->found_pattern, span_of(pattern)))
		return RESULT_OK;
	forget_found(loader);
	loader->found_pattern = arena_copy(&loader->arena, span_of(pattern));
	if (!loader->found_pattern.at)
		return RESULT_NO_MEMORY;
	code = glob(pattern, 0, NULL, &loader->found);
	if (code == GLOB_NOMATCH)
		return RESULT_NOT_FOUND;
	loader->has_found = code == 0;
	return code == 0 ? RESULT_OK : code == GLOB_NOSPACE ? RESULT_NO_MEMORY : RESULT_IO;
}

static enum result find_text(void *context, struct span from, struct span pattern, size_t index, struct span *name, struct span *bytes)
{
	struct bouclier_waf_loader *loader = context;
	char path[PATH_MAX];
	enum result result;

	if (!from.len) {
		*name = START_NAME;
		*bytes = buffer_span(&loader->start);
		return index ? RESULT_NOT_FOUND : RESULT_OK;
	}
	if (texts_get(&loader->own, pattern, name, bytes) == RESULT_OK)
		return index ? RESULT_NOT_FOUND : RESULT_OK;
	result = texts_resolve(from, pattern, path);
	if (result == RESULT_OK)
		result = look_up(loader, path);
	if (result == RESULT_OK && index >= loader->found.gl_pathc)
		result = RESULT_NOT_FOUND;
	if (result != RESULT_OK)
		return result;
	result = file_text(loader, loader->found.gl_pathv[index], name, bytes);
	return result == RESULT_NOT_FOUND ? RESULT_IO : result;  /* it is there, and rules behind it too: the list does not end here */
}

/* What a rule names (@pmFromFile): no glob. */
static enum result find_data(void *context, struct span from, struct span pattern, struct span *bytes)
{
	struct bouclier_waf_loader *loader = context;
	struct span name;
	char path[PATH_MAX];
	enum result result = texts_resolve(from, pattern, path);

	return result == RESULT_OK ? file_text(loader, path, &name, bytes) : result;
}

/* -- the load -- */

static enum result compile(struct bouclier_waf_loader *loader, struct bouclier_waf_rules *rules, struct complaints *complaints)
{
	const struct language_ports ports = { loader, find_text };
	const struct language_birth birth = { .ports = &ports, .operator_ports = &rules->ports, .complaints = complaints,
		                              .limit_bytes = RULES_BYTES_MAX };
	struct ruleset *ruleset = NULL;
	enum result result;

	rules->ports = (struct operator_ports){ .context = loader, .file_read = find_data };
	result = ruleset_read(&birth, START_NAME, &ruleset);
	if (result == RESULT_OK)
		result = waf_rules_new(ruleset, complaints, &rules->rules);
	rules->ports = (struct operator_ports){ 0 };
	if (result != RESULT_OK && !complaints->errors)
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "the rules cannot be loaded: %s", result_name(result));
	return result;
}

struct bouclier_waf_rules *bouclier_waf_load(struct bouclier_waf_loader *loader)
{
	struct bouclier_waf_rules *rules = loader->is_used ? NULL : calloc(1, sizeof(*rules));
	struct complaints complaints;
	enum result result;

	if (!rules)
		return NULL;
	loader->is_used = true;
	complaints_init(&complaints);
	result = compile(loader, rules, &complaints);
	if (complaints_write(&complaints, &loader->said) != RESULT_OK || buffer_append_byte(&loader->said, 0) != RESULT_OK)
		buffer_reset(&loader->said);
	complaints_done(&complaints);
	if (result == RESULT_OK)
		return rules;
	free(rules);
	return NULL;
}

const char *bouclier_waf_complaints(const struct bouclier_waf_loader *loader)
{
	return buffer_len(&loader->said) ? buffer_span(&loader->said).at : loader->is_used ? "there is no memory to say what is wrong\n" : "";
}

void bouclier_waf_rules_free(struct bouclier_waf_rules *rules)
{
	if (!rules)
		return;
	waf_rules_free(rules->rules);
	free(rules);
}
