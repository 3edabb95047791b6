#include "cli/rules/check.h"

#include <stdlib.h>

#include "config/tenant.h"
#include "edge/sites/settings.h"
#include "edge/rules/waf.h"
#include "net/settings.h"

#include "base/banned.h"

#define RULE_SETS_MAX 64u  /* distinct ones: each takes time to compile, and memory in the edge */
#define HELD_MAX 8u        /* ... compiled at once; one that is asked for again later is compiled again */

struct rule_check_entry {
	struct rule_check_entry *next;
	struct rule_set *set;            /* NULL: broken, and told; or given back */
	bool is_good;
	unsigned char digest[DIGEST_LEN];
	struct span ruleset;             /* behind the struct, with the owner's name before it */
	struct span owner;
};

static enum result take_previous(struct rule_check *rules, const struct image *previous)
{
	struct image_record record;
	enum result result = RESULT_OK;
	size_t at = 0;

	while (!image_is_empty(previous) && result == RESULT_OK && image_next(previous, IMAGE_RULE_TEXT, &at, &record))
		result = rule_files_give(&rules->previous, image_rules_owner(&record), record.name, image_rules_bytes(&record));
	return result;
}

enum result rule_check_init(struct rule_check *rules, const struct image *previous)
{
	*rules = (struct rule_check){ .first = NULL };
	rule_files_init(&rules->files, true);
	rule_files_init(&rules->previous, false);
	return take_previous(rules, previous);
}

static void forget(struct rule_check *rules, struct rule_check_entry **at)
{
	struct rule_check_entry *entry = *at;

	*at = entry->next;
	if (entry->set)
		rule_set_drop(entry->set);
	free(entry);
	rules->count--;
}

void rule_check_done(struct rule_check *rules)
{
	while (rules->first)
		forget(rules, &rules->first);
	rule_files_done(&rules->files);
	rule_files_done(&rules->previous);
}

static struct span owner_of(const struct config_tenant *tenant)
{
	return tenant ? tenant->name : SPAN("");
}

static struct rule_check_entry *find(const struct rule_check *rules, struct span owner, struct span ruleset)
{
	struct rule_check_entry *entry = rules->first;

	while (entry && !(span_equal(entry->owner, owner) && span_equal(entry->ruleset, ruleset)))
		entry = entry->next;
	return entry;
}

/* Its texts are gone, or replaced: what was read of TENANT's own is read anew. */
static void go_back(struct rule_check *rules, const struct site_question *question)
{
	struct rule_check_entry **at = &rules->first;

	rules->gone_back = question->tenant;
	rules->last = NULL;
	while (*at) {
		if (span_equal((*at)->owner, question->tenant->name))
			forget(rules, at);
		else
			at = &(*at)->next;
	}
	if (rule_files_go_back(&rules->files, &rules->previous, question->tenant->name) != RESULT_OK)
		complain(question->complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "there is no memory for rule files");
}

static struct rule_check_entry *add(struct rule_check *rules, struct span owner, struct span ruleset)
{
	struct rule_check_entry *entry = calloc(1, sizeof(*entry) + owner.len + ruleset.len);
	char *text = (char *)(entry + 1);

	if (!entry)
		return NULL;
	if (owner.len)
		memcpy(text, owner.at, owner.len);
	memcpy(text + owner.len, ruleset.at, ruleset.len);
	entry->owner = span_make(text, owner.len);
	entry->ruleset = span_make(text + owner.len, ruleset.len);
	entry->next = rules->first;
	rules->first = entry;
	rules->count++;
	return entry;
}

/* Room for one more compiled set. The newest come first. */
static void give_back(struct rule_check *rules)
{
	unsigned held = 0;

	for (struct rule_check_entry *entry = rules->first; entry; entry = entry->next) {
		held += entry->set != NULL;
		if (entry->set && held >= HELD_MAX) {
			rule_set_drop(entry->set);
			entry->set = NULL;
		}
	}
}

/* A set that is compiled again has had its warnings told. */
static void compile(struct rule_check *rules, struct rule_check_entry *entry, const struct rule_asker *asker)
{
	struct complaints quiet;
	struct rule_asker again = *asker;
	bool is_again = entry->is_good;

	complaints_init(&quiet);
	again.complaints = &quiet;
	give_back(rules);
	entry->is_good = rule_set_read(is_again ? &again : asker, entry->ruleset, &entry->set) == RESULT_OK;
	if (!entry->is_good)
		entry->set = NULL;  /* said */
	else
		memcpy(entry->digest, entry->set->digest, DIGEST_LEN);
	if (is_again && !entry->is_good)
		complain(asker->complaints, COMPLAINT_ERROR, asker->place, SPAN_NONE, "there is no memory for the rules of %.*s", SPAN_ARG(entry->ruleset));
	complaints_done(&quiet);
}

static struct rule_check_entry *read_set(struct rule_check *rules, const struct site_question *question, struct span ruleset)
{
	const struct config_tenant *tenant = rule_set_tenant(question->tenant, ruleset);
	/* A set that all share is not a tenant's to break. */
	struct rule_asker asker = { &rules->files, tenant, question->site->place, tenant ? question->complaints : question->all };
	struct rule_check_entry *entry = find(rules, owner_of(tenant), ruleset);

	if (entry && (entry->set || !entry->is_good))
		return entry;
	if (!entry && rules->count < RULE_SETS_MAX)
		entry = add(rules, owner_of(tenant), ruleset);
	if (!entry) {
		complain(asker.complaints, COMPLAINT_ERROR, question->site->place, SPAN_NONE, "site %.*s: there is no room for another rule set, after %u",
		         SPAN_ARG(question->site->name), rules->count);
		return NULL;
	}
	compile(rules, entry, &asker);
	return entry;
}

static void check_settings(struct rule_check *rules, const struct site_question *question, const struct waf_settings *settings)
{
	const struct waf_told told = { question->complaints, question->site->place, question->site->name };
	const struct rule_check_entry *entry = read_set(rules, question, settings->ruleset);
	struct waf_overlay *overlay;
	enum result result;

	if (!entry || !entry->set)
		return;
	result = waf_overlay_make(settings, (enum waf_mode)settings->mode, entry->set, &told, &overlay);
	if (result == RESULT_OK)
		waf_overlay_free(overlay);
	else if (result == RESULT_NO_MEMORY)
		complain(question->complaints, COMPLAINT_ERROR, question->site->place, SPAN_NONE, "there is no memory for the exclusions of site %.*s",
		         SPAN_ARG(question->site->name));
}

/* What is in there nobody sees: "block" would be a promise that is not kept. */
static void warn_passthrough(const struct site_question *question)
{
	const struct site *site = question->site;
	const struct edge_settings *settings = site->route_count ? edge_settings_of(site->routes[site->route_count - 1].sections) : NULL;

	if (settings && settings->waf.mode != WAF_MODE_OFF)
		complain(question->complaints, COMPLAINT_WARNING, site->place, SPAN("say waf: { mode: off } there"),
		         "site %.*s: waf: its TLS is passed through, no rule can be asked", SPAN_ARG(site->name));
}

void rule_check_site(struct rule_check *rules, const struct site_question *question)
{
	const struct site *site = question->site;

	if (net_site_settings(site)->tls.mode == TLS_PASSTHROUGH) {
		warn_passthrough(question);
		return;
	}
	if (question->is_previous && rules->gone_back != question->tenant)
		go_back(rules, question);
	for (size_t i = site->route_count; i-- > 0;) {  /* the site itself comes last */
		const struct edge_settings *settings = edge_settings_of(site->routes[i].sections);

		if (!settings || settings->waf.mode == WAF_MODE_OFF || !settings->waf.ruleset.len ||
		    (rules->last_tenant == question->tenant && rules->last && memcmp(rules->last, &settings->waf, sizeof(*rules->last)) == 0))
			continue;
		rules->last = &settings->waf;
		rules->last_tenant = question->tenant;
		check_settings(rules, question, rules->last);
	}
}

struct rule_set *rule_check_find(const struct rule_check *rules, const struct snapshot *snapshot, const struct site *site,
                                 const struct waf_settings *settings)
{
	const struct config_tenant *tenant = tenant_of_file(snapshot->sections[ROOM_CONFIG], site->place.file);
	const struct rule_check_entry *entry = find(rules, owner_of(rule_set_tenant(tenant, settings->ruleset)), settings->ruleset);

	return entry && settings->mode != WAF_MODE_OFF ? entry->set : NULL;
}

static void write_text(void *context, struct span owner, const struct config_text *text)
{
	image_write_rules(context, IMAGE_RULE_TEXT, owner, text->path, text->text);
}

void rule_check_write(const struct rule_check *rules, struct image_writer *image)
{
	rule_files_each(&rules->files, write_text, image);
	for (const struct rule_check_entry *entry = rules->first; entry; entry = entry->next) {
		if (entry->is_good)
			image_write_rules(image, IMAGE_RULE_SET, entry->owner, entry->ruleset, span_make((const char *)entry->digest, DIGEST_LEN));
	}
}
