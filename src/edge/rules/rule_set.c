#include "edge/rules/rule_set.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/rules/outside.h"
#include "edge/rules/waf_settings.h"

#include "base/banned.h"

#define RULES_BYTES_MAX ((size_t)128 << 20)
#define START_BYTES_MAX ((size_t)64 << 10)

/* What every CRS expects of the configuration around it: bodies are read, by the reader that their type asks for, and one that
 * cannot be read as such is refused; of an answer that is longer than rules read, the front is read. Numbers are those that
 * ModSecurity's recommended configuration has made known. */
static const char base_rules[] =
	"SecRuleEngine On\n"
	"SecRequestBodyAccess On\n"
	"SecResponseBodyLimitAction ProcessPartial\n"
	"SecRule REQUEST_HEADERS:Content-Type \"@rx ^(?:application(?:/soap\\+|/)|text/)xml\" "
	"\"id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML\"\n"
	"SecRule REQUEST_HEADERS:Content-Type \"@rx ^application/(?:[a-z0-9.-]+\\+)?json\" "
	"\"id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON\"\n"
	"SecRule REQBODY_ERROR \"!@eq 0\" \"id:200002,phase:2,t:none,log,deny,status:400,msg:'The body cannot be read as what it says it is',"
	"logdata:'%{reqbody_error_msg}',severity:2\"\n"
	"SecRule MULTIPART_STRICT_ERROR \"!@eq 0\" \"id:200003,phase:2,t:none,log,deny,status:400,msg:'A multipart body that is not strictly one'\"\n"
	"SecRule MULTIPART_UNMATCHED_BOUNDARY \"@eq 1\" \"id:200004,phase:2,t:none,log,deny,status:400,"
	"msg:'A multipart body with a line that looks like a boundary'\"\n"
	"SecRule TX:/^MSC_/ \"!@streq 0\" \"id:200005,phase:2,t:none,log,deny,status:403,msg:'The engine could not judge: %{MATCHED_VAR_NAME}'\"\n";

/* The paths of one pattern, kept while a set is read: rules ask for them one by one. */
struct listing {
	struct listing *next;
	struct span pattern;
	struct config_texts paths;
};

struct rule_reading {
	const struct rule_asker *asker;
	struct span start_name, start;
	struct listing *listings;
	struct arena arena;
	struct digest digest;
};

/* PATTERN behind FROM's folder, its "." and ".." taken out. */
static enum result resolve(struct rule_reading *reading, struct span from, struct span pattern, struct span *out)
{
	struct span folder = pattern.len && pattern.at[0] == '/' ? SPAN_NONE : span_take(from, span_find_last(from, '/'));
	size_t room = folder.len + pattern.len + 2, len = 0;
	char *at = arena_take(&reading->arena, room);
	struct span parts[2] = { folder, pattern };

	if (!at)
		return RESULT_NO_MEMORY;
	if (room > PATH_MAX || (pattern.len && memchr(pattern.at, 0, pattern.len)))
		return RESULT_MALFORMED;
	for (size_t i = 0; i < 2; i++) {
		while (parts[i].len) {
			struct span segment = span_cut(&parts[i], '/');

			if (!segment.len || span_equal(segment, SPAN(".")))
				continue;
			if (span_equal(segment, SPAN(".."))) {
				while (len && at[--len] != '/')
					continue;
				continue;
			}
			at[len++] = '/';
			memcpy(at + len, segment.at, segment.len);
			len += segment.len;
		}
	}
	*out = span_make(at, len);
	return RESULT_OK;
}

static enum result list(struct rule_reading *reading, struct span pattern, const struct config_texts **out)
{
	struct listing *listing = reading->listings;
	enum result result = RESULT_OK;

	while (listing && !span_equal(listing->pattern, pattern))
		listing = listing->next;
	if (!listing) {
		listing = arena_new(&reading->arena, struct listing);
		if (!listing)
			return RESULT_NO_MEMORY;
		listing->pattern = pattern;
		config_texts_init(&listing->paths);
		listing->next = reading->listings;
		reading->listings = listing;
		result = rule_files_list(reading->asker, pattern, &listing->paths);
	}
	*out = &listing->paths;
	return result;
}

static enum result read_text(struct rule_reading *reading, struct span path, struct span *text)
{
	enum result result = rule_file_read(reading->asker, path, text);

	if (result == RESULT_OK) {
		digest_add(&reading->digest, path);
		digest_add(&reading->digest, *text);
	}
	return result;
}

static enum result find_text(void *context, struct span from, struct span pattern, size_t index, struct span *name, struct span *text)
{
	struct rule_reading *reading = context;
	const struct config_texts *paths;
	struct span whole;
	enum result result;

	if (!from.len) {
		*name = reading->start_name;
		*text = reading->start;
		return index ? RESULT_NOT_FOUND : RESULT_OK;
	}
	result = resolve(reading, from, pattern, &whole);
	if (result == RESULT_OK)
		result = list(reading, whole, &paths);
	if (result != RESULT_OK)
		return result;
	if (index >= paths->count)
		return RESULT_NOT_FOUND;
	*name = paths->list[index].path;
	return read_text(reading, paths->list[index].path, text);
}

static enum result read_data(void *context, struct span from, struct span path, struct span *text)
{
	struct rule_reading *reading = context;
	struct span whole;
	enum result result = resolve(reading, from, path, &whole);

	return result == RESULT_OK ? read_text(reading, whole, text) : result;
}

/* -- what a name means -- */

static bool has_any(struct rule_reading *reading, struct span folder, const char *pattern, enum result *result)
{
	char text[PATH_MAX];
	int len = snprintf(text, sizeof(text), "%.*s/%s", SPAN_ARG(folder), pattern);
	const struct config_texts *paths;
	struct span kept = arena_copy(&reading->arena, span_make(text, len < 0 || len >= PATH_MAX ? 0 : (size_t)len));

	if (*result == RESULT_OK)
		*result = !kept.at ? RESULT_NO_MEMORY : !kept.len ? RESULT_LIMIT : list(reading, kept, &paths);
	return *result == RESULT_OK && paths->count;
}

/* A release of CRS as it is unpacked, or any folder of rules. */
static enum result start_of_folder(struct rule_reading *reading, struct span folder, struct buffer *out)
{
	enum result result = RESULT_OK;
	bool is_release = has_any(reading, folder, "rules/*.conf", &result), has_setup = has_any(reading, folder, "crs-setup.conf", &result);

	if (result != RESULT_OK)
		return result;
	if (!is_release)
		return buffer_print(out, "Include \"%.*s/*.conf\"\n", SPAN_ARG(folder));
	return buffer_print(out, "%sInclude \"%.*s/crs-setup.conf%s\"\nIncludeOptional \"%.*s/plugins/*-config.conf\"\n"
	                    "IncludeOptional \"%.*s/plugins/*-before.conf\"\nInclude \"%.*s/rules/*.conf\"\n"
	                    "IncludeOptional \"%.*s/plugins/*-after.conf\"\n", base_rules, SPAN_ARG(folder), has_setup ? "" : ".example",
	                    SPAN_ARG(folder), SPAN_ARG(folder), SPAN_ARG(folder), SPAN_ARG(folder));
}

/* As the recommended configuration has it: t:urlDecodeUni reads %u2039 as <, as some applications do. Availability, fails open:
 * without the file it keeps the low byte, as 2.9.7 does. */
static enum result start_of_crs(struct rule_reading *reading, struct buffer *out)
{
	const struct config_texts *maps;
	enum result result = list(reading, SPAN(CRS_MAP), &maps);

	if (result == RESULT_OK && maps->count)
		result = buffer_print(out, "SecUnicodeMapFile \"%s\" 20127\n", CRS_MAP);
	return result == RESULT_OK ? buffer_print(out, "%sInclude \"%s\"\n", base_rules, CRS_START) : result;
}

static enum result start_of(struct rule_reading *reading, struct span ruleset, struct buffer *out)
{
	if (span_equal(ruleset, SPAN(RULESET_CRS)))
		return start_of_crs(reading, out);
	if (span_ends(ruleset, SPAN(".conf")))
		return buffer_print(out, "Include \"%.*s\"\n", SPAN_ARG(ruleset));
	return start_of_folder(reading, ruleset, out);
}

static bool has_letter_of(struct span text, const char *letters)
{
	for (; *letters; letters++) {
		if (span_find(text, *letters) < text.len)
			return true;
	}
	return false;
}

/* The usual slips are told in words of their own; the reader would speak of a file that nobody wrote. */
static enum result check_there(struct rule_reading *reading, struct span ruleset)
{
	struct complaints *complaints = reading->asker->complaints;
	bool is_crs = span_equal(ruleset, SPAN(RULESET_CRS)), is_file = span_ends(ruleset, SPAN(".conf"));
	enum result result = RESULT_OK;
	const struct config_texts *paths;

	if (has_letter_of(ruleset, "\"\\*?[")) {
		complain(complaints, COMPLAINT_ERROR, reading->asker->place, SPAN_NONE,
		         "ruleset %.*s: a rule set's path has no quotes, backslashes, *, ? or [", SPAN_ARG(ruleset));
		return RESULT_REFUSED;
	}
	if (is_crs || is_file) {
		result = list(reading, is_crs ? SPAN(CRS_START) : ruleset, &paths);
		if (result == RESULT_OK && !paths->count)
			result = RESULT_NOT_FOUND;
	} else if (!has_any(reading, ruleset, "rules/*.conf", &result) && !has_any(reading, ruleset, "*.conf", &result) && result == RESULT_OK) {
		result = RESULT_NOT_FOUND;
	}
	if (result == RESULT_NOT_FOUND && is_crs)
		complain(complaints, COMPLAINT_ERROR, reading->asker->place, SPAN("install Debian's package modsecurity-crs"),
		         "ruleset crs: %s is not there", CRS_START);
	else if (result == RESULT_NOT_FOUND)
		complain(complaints, COMPLAINT_ERROR, reading->asker->place, SPAN_NONE,
		         is_file ? "ruleset %.*s: there is no such rule file" : "ruleset %.*s: there are no rule files (*.conf, or rules/*.conf) in this folder",
		         SPAN_ARG(ruleset));
	return result;
}

static enum result compile(struct rule_reading *reading, struct rule_set *set)
{
	const struct language_ports ports = { reading, find_text };
	struct language_birth birth = { .ports = &ports, .operator_ports = &set->ports, .complaints = reading->asker->complaints,
		                        .limit_bytes = RULES_BYTES_MAX };
	struct ruleset *ruleset = NULL;
	enum result result;

	set->ports = (struct operator_ports){ .context = reading, .file_read = read_data, .geo_find = outside_find_country,
		                              .rbl_ask = outside_ask_blocklist, .file_inspect = outside_inspect_file };
	digest_add(&reading->digest, reading->start);
	result = ruleset_read(&birth, reading->start_name, &ruleset);
	if (result == RESULT_OK)
		result = waf_rules_new(ruleset, reading->asker->complaints, &set->rules);
	set->ports.context = NULL;
	set->ports.file_read = NULL;
	return result;
}

static enum result read_start(struct rule_reading *reading, struct span ruleset, struct rule_set *set)
{
	struct buffer start;
	enum result result = check_there(reading, ruleset);

	buffer_init(&start, START_BYTES_MAX);
	if (result == RESULT_OK)
		result = start_of(reading, ruleset, &start);
	if (result == RESULT_OK) {
		reading->start = buffer_span(&start);
		result = compile(reading, set);
	}
	buffer_done(&start);
	return result;
}

/* What Debian's package warns of (a blocklist whose key nobody has set) is not for its users to mend: at each reload, at that. */
static void pass_on(const struct complaints *own, struct complaints *all)
{
	for (size_t i = 0; i < own->count; i++) {
		const struct complaint *said = &own->list[i];

		if (said->kind == COMPLAINT_ERROR || !span_starts(said->file, SPAN(CRS_RULES "/")))
			complain(all, said->kind, (struct place){ said->file, said->line, said->column }, said->suggestion, "%.*s", SPAN_ARG(said->text));
	}
	all->dropped += own->dropped;
	if (own->errors && own->dropped)
		all->errors++;
}

static enum result read_set(const struct rule_asker *asker, struct span ruleset, struct rule_set **out)
{
	struct rule_reading reading = { .asker = asker, .start_name = ruleset };
	struct rule_set *set = calloc(1, sizeof(*set));
	size_t errors = asker->complaints->errors;
	enum result result = set ? RESULT_OK : RESULT_NO_MEMORY, digested;

	arena_init(&reading.arena, (size_t)4 << 20, 16 * 1024);
	digest_init(&reading.digest);
	if (result == RESULT_OK) {
		set->holders = 1;
		result = read_start(&reading, ruleset, set);
	}
	digested = digest_end(&reading.digest, set ? set->digest : (unsigned char[DIGEST_LEN]){ 0 });
	result = result == RESULT_OK ? digested : result;
	for (struct listing *listing = reading.listings; listing; listing = listing->next)
		config_texts_done(&listing->paths);
	arena_done(&reading.arena);
	if (result == RESULT_OK) {
		*out = set;
		return RESULT_OK;
	}
	if (asker->complaints->errors == errors)
		complain(asker->complaints, COMPLAINT_ERROR, (struct place){ ruleset, 0, 0 }, SPAN_NONE, "the rules cannot be loaded: %s", result_name(result));
	if (set)
		rule_set_drop(set);
	return result;
}

enum result rule_set_read(const struct rule_asker *asker, struct span ruleset, struct rule_set **out)
{
	struct complaints own;
	const struct rule_asker inner = { asker->files, asker->tenant, asker->place, &own };
	enum result result;

	complaints_init(&own);
	result = read_set(&inner, ruleset, out);
	pass_on(&own, asker->complaints);
	complaints_done(&own);
	return result;
}

void rule_set_hold(struct rule_set *set)
{
	__atomic_add_fetch(&set->holders, 1, __ATOMIC_RELAXED);
}

void rule_set_drop(struct rule_set *set)
{
	if (__atomic_sub_fetch(&set->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	if (set->rules)
		waf_rules_free(set->rules);
	free(set);
}

const struct config_tenant *rule_set_tenant(const struct config_tenant *tenant, struct span ruleset)
{
	return tenant && rule_files_are_of(tenant, ruleset) ? tenant : NULL;
}
