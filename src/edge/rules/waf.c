#include "edge/rules/waf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "message/head.h"
#include "message/path.h"
#include "waf/rule.h"

#include "base/banned.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define TX_MAX 32u

bool edge_waf_is_upload(const struct edge_waf *waf, struct span path)
{
	const struct span *routes = waf->upload_routes.items;

	/* Security, fails closed: "/up/../admin" is no upload. */
	if (!path_has_one_reading(path))
		return false;
	for (size_t i = 0; i < waf->upload_routes.count; i++) {
		size_t len = routes[i].len;

		while (len && routes[i].at[len - 1] == '/')
			len--;
		if (span_starts(path, span_take(routes[i], len)) && (path.len == len || path.at[len] == '/'))
			return true;
	}
	return false;
}

uint64_t edge_waf_body_limit(const struct edge_waf *waf, const struct fields *fields)
{
	const struct field *type = fields_find(fields, FIELD_CONTENT_TYPE);

	return type && span_starts_nocase(type->value, SPAN("multipart/form-data")) ? waf->upload_limit : waf->inspect_limit;
}

bool edge_waf_refuses(const struct waf_transaction *transaction)
{
	for (const struct waf_match *match = waf_matches(transaction); match; match = match->next) {
		if (match->rule->disruption == DISRUPT_DENY || match->rule->disruption == DISRUPT_DROP || match->rule->disruption == DISRUPT_REDIRECT)
			return true;
	}
	return false;
}

/* -- settings as the engine wants them -- */

struct overlay_draft {
	const struct waf_settings *settings;
	enum waf_mode mode;
	const struct rule_set *set;
	const struct waf_told *told;
	struct arena arena;
	struct waf_tx tx[TX_MAX];
	size_t tx_count;
	struct waf_exclusion *exclusions;
};

static void tell(const struct waf_told *told, enum complaint_kind kind, const char *what, struct span name, const char *why)
{
	struct buffer text;

	if (!told->complaints)
		return;
	buffer_init(&text, 2048);
	if (buffer_print(&text, "site %.*s: waf: %s %.*s: %s", SPAN_ARG(told->site), what, SPAN_ARG(name), why) == RESULT_OK &&
	    !complaints_have(told->complaints, told->place, buffer_span(&text)))  /* a route inherits what its site says */
		complain(told->complaints, kind, told->place, SPAN_NONE, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

/* TX:NAME is VALUE before the first rule, which is how rules know that an administrator has set it. */
static enum result add_tx(struct overlay_draft *draft, struct span name, int64_t value)
{
	char digits[DECIMAL_MAX];
	struct span text = arena_copy(&draft->arena, span_make(digits, decimal_write((uint64_t)value, digits)));

	if (!text.at)
		return RESULT_NO_MEMORY;
	draft->tx[draft->tx_count++] = (struct waf_tx){ name, text };
	return RESULT_OK;
}

/* CRS 3 has one paranoia level by this name, CRS 4 by the other. */
static const struct level_key {
	const char *key;
	size_t offset;
	struct span tx[2];
} level_keys[] = {
	{ "paranoia_level", offsetof(struct waf_settings, paranoia_level), { SPAN_INIT("paranoia_level"), SPAN_INIT("blocking_paranoia_level") } },
	{ "inbound_threshold", offsetof(struct waf_settings, inbound_threshold), { SPAN_INIT("inbound_anomaly_score_threshold") } },
	{ "outbound_threshold", offsetof(struct waf_settings, outbound_threshold), { SPAN_INIT("outbound_anomaly_score_threshold") } },
};

static void check_level(const struct overlay_draft *draft, const struct level_key *level)
{
	const struct waf_told *told = draft->told;
	bool is_known = false;

	for (size_t i = 0; i < 2 && level->tx[i].len; i++) {
		const struct rule *rule = waf_rules_set_tx(draft->set->rules, level->tx[i]);

		is_known |= waf_rules_ask_tx(draft->set->rules, level->tx[i]);
		if (rule && told->complaints)
			complain(told->complaints, COMPLAINT_WARNING, rule->place, SPAN("take this action out of the rules"),
			         "site %.*s: waf: %s has no effect: rule %u sets TX:%.*s again", SPAN_ARG(told->site), level->key, rule->id,
			         SPAN_ARG(level->tx[i]));
	}
	if (!is_known)
		tell(told, COMPLAINT_WARNING, "the key", span_of(level->key), "no rule of the set asks for it");
}

static enum result add_levels(struct overlay_draft *draft)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < sizeof(level_keys) / sizeof(*level_keys); i++) {
		const struct level_key *level = &level_keys[i];
		int64_t value;

		memcpy(&value, (const char *)draft->settings + level->offset, sizeof(value));
		if (!value)
			continue;
		check_level(draft, level);
		for (size_t name = 0; name < 2 && level->tx[name].len && result == RESULT_OK; name++)
			result = add_tx(draft, level->tx[name], value);
	}
	return result;
}

/* Who is to be told of a rule that cannot be asked, or of a scanner that no rule asks. */
#define SCANNED_BYTES_MAX (int64_t)(WAF_TRANSACTION_BYTES_MAX - (4u << 20))

static void check_scanner(const struct overlay_draft *draft)
{
	const struct rule *rule = waf_rules_with(draft->set->rules, OPERATOR_INSPECT_FILE, SPAN_NONE);
	const struct waf_told *told = draft->told;

	if (draft->settings->clamd.len && !rule)
		tell(told, COMPLAINT_WARNING, "the key", SPAN("clamd"), "no rule of the set asks @inspectFile");
	if (!draft->settings->clamd.len && rule && told->complaints)
		complain(told->complaints, COMPLAINT_WARNING, rule->place, SPAN("name one: waf: { clamd: unix:/run/clamav/clamd.ctl }"),
		         "site %.*s: waf: rule %u never matches: @inspectFile needs a virus scanner", SPAN_ARG(told->site), rule->id);
	if (!draft->settings->clamd.len || !rule)
		return;
	if (draft->settings->upload_limit > SCANNED_BYTES_MAX)
		tell(told, COMPLAINT_WARNING, "the key", SPAN("upload_limit"), "files are kept in memory for the virus scanner: more than 28 MiB of them is refused in block");
	if (draft->settings->over_limit != OVER_LIMIT_REJECT)
		tell(told, COMPLAINT_WARNING, "the key", SPAN("over_limit"), "the file that upload_limit cuts goes on, and the virus scanner is not shown it");
}

static bool has_application(const struct waf_settings *settings, int application)
{
	const int *list = settings->application.items;

	for (size_t i = 0; i < settings->application.count; i++) {
		if (list[i] == application)
			return true;
	}
	return false;
}

/* CRS 3 has the exclusions of an application where TX says so; CRS 4 has them as a plugin, which is on unless TX says no. */
static enum result add_application(struct overlay_draft *draft, int application)
{
	const char *word = waf_applications[application];
	bool is_wanted = has_application(draft->settings, application), is_known;
	char option[64], plugin[64];
	struct span names[2];
	enum result result = RESULT_OK;

	snprintf(option, sizeof(option), "crs_exclusions_%s", word);
	snprintf(plugin, sizeof(plugin), "%s-rule-exclusions-plugin_enabled", word);
	names[0] = arena_copy(&draft->arena, span_of(option));
	names[1] = arena_copy(&draft->arena, span_of(plugin));
	if (!names[0].at || !names[1].at)
		return RESULT_NO_MEMORY;
	is_known = waf_rules_ask_tx(draft->set->rules, names[1]);
	if (is_known)
		result = add_tx(draft, names[1], is_wanted);
	is_known |= waf_rules_ask_tx(draft->set->rules, names[0]);
	if (is_wanted && result == RESULT_OK)
		result = add_tx(draft, names[0], 1);
	if (is_wanted && !is_known)
		tell(draft->told, COMPLAINT_ERROR, "application", span_of(word), "the rule set has no exclusions for it; with CRS 4 they are a plugin");
	return result;
}

static uint64_t methods_of(const struct list_value *list)
{
	const struct span *methods = list->items;
	uint64_t mask = 0;

	for (size_t i = 0; i < list->count; i++)
		mask |= (uint64_t)1 << method_of(methods[i]);
	return mask;
}

static enum result add_exclusions(struct overlay_draft *draft)
{
	const struct waf_exclusion_settings *list = draft->settings->exclusions.items;
	size_t count = draft->settings->exclusions.count;

	draft->exclusions = arena_new_array(&draft->arena, struct waf_exclusion, count);
	if (!draft->exclusions)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct waf_exclusion *exclusion = &draft->exclusions[i];

		*exclusion = (struct waf_exclusion){ .path = list[i].path, .is_exact = list[i].exact, .methods = methods_of(&list[i].method),
			                             .parameter = list[i].parameter, .ends_ms = list[i].until_ms ? list[i].until_ms + DAY_MS : 0 };
		if (!waf_rule_ids(list[i].rule, &exclusion->first, &exclusion->last))
			exclusion->tag = list[i].rule;
	}
	return RESULT_OK;
}

static void no_rule(void *context, size_t exclusion)
{
	const struct overlay_draft *draft = context;
	const struct waf_exclusion_settings *list = draft->settings->exclusions.items;

	tell(draft->told, COMPLAINT_WARNING, "the exclusion of", list[exclusion].rule, "the rule set has no such rule, or tag");
}

static enum audit_engine audit_engine_of(const struct waf_settings *settings)
{
	switch ((enum waf_audit_log)settings->audit_log) {
	case WAF_AUDIT_LOG_RELEVANT: return AUDIT_RELEVANT_ONLY;
	case WAF_AUDIT_LOG_ALL: return AUDIT_ON;
	case WAF_AUDIT_LOG_OFF:
	default: return AUDIT_OFF;
	}
}

static enum result make_overlay(struct overlay_draft *draft, struct waf_overlay **out)
{
	const struct waf_settings *settings = draft->settings;
	const struct waf_overlay_ear ear = { draft, no_rule };
	struct waf_overlay_birth birth = {
		.rules = draft->set->rules, .engine = draft->mode == WAF_MODE_BLOCK ? ENGINE_ON : ENGINE_DETECTION_ONLY,
		.request_body_limit = (uint64_t)settings->upload_limit,
		.request_body_action = settings->over_limit == OVER_LIMIT_REJECT ? LIMIT_REJECT : LIMIT_PROCESS_PARTIAL,
		.response_bodies = settings->response_bodies, .audit_engine = audit_engine_of(settings), .tx = draft->tx, .exclusion_count = settings->exclusions.count,
	};
	enum result result = add_levels(draft);

	check_scanner(draft);
	if (settings->audit_log == WAF_AUDIT_LOG_OFF && waf_rules_ask_audit(draft->set->rules))
		tell(draft->told, COMPLAINT_WARNING, "the directive", SPAN("SecAuditEngine"), "no audit log is written unless the site says so (waf: audit_log)");
	for (int i = 0; waf_applications[i] && result == RESULT_OK; i++)
		result = add_application(draft, i);
	if (result == RESULT_OK)
		result = add_exclusions(draft);
	birth.tx_count = draft->tx_count;
	birth.exclusions = draft->exclusions;
	return result == RESULT_OK ? waf_overlay_new(&birth, &ear, out) : result;
}

enum result waf_overlay_make(const struct waf_settings *settings, enum waf_mode mode, const struct rule_set *set, const struct waf_told *told,
                             struct waf_overlay **out)
{
	struct overlay_draft draft = { .settings = settings, .mode = mode, .set = set, .told = told };
	enum result result;

	arena_init(&draft.arena, (size_t)64 << 20, 16 * 1024);
	result = make_overlay(&draft, out);
	if (result == RESULT_LIMIT)
		tell(told, COMPLAINT_ERROR, "an exclusion's", SPAN("path"), "it has too many segments");
	arena_done(&draft.arena);
	return result;
}

/* -- all of a plan's -- */

struct waf_kept {
	struct waf_kept *next;
	const struct waf_settings *settings;
	struct rule_set *set;
	struct waf_overlay *overlay;
	struct edge_waf waf;
};

struct edge_wafs {
	struct waf_kept *first;
};

struct edge_wafs *edge_wafs_new(void)
{
	return calloc(1, sizeof(struct edge_wafs));
}

void edge_wafs_free(struct edge_wafs *wafs)
{
	while (wafs->first) {
		struct waf_kept *kept = wafs->first;

		wafs->first = kept->next;
		waf_overlay_free(kept->overlay);
		rule_set_drop(kept->set);
		free(kept);
	}
	free(wafs);
}

/* Settings that are inherited are copied whole, lists by pointer: bytes tell. */
static bool is_same(const struct waf_kept *kept, const struct waf_settings *settings, enum waf_mode mode, const struct rule_set *set)
{
	return kept->set == set && kept->waf.mode == mode && memcmp(kept->settings, settings, sizeof(*settings)) == 0;
}

/* waf_settings.c has read it before. */
static void find_scanner(const struct waf_settings *settings, struct clamd_address *out)
{
	enum result result = settings->clamd.len ? clamd_address_read(settings->clamd, out) : RESULT_OK;

	assert(result == RESULT_OK);
}

enum result edge_wafs_find(struct edge_wafs *wafs, const struct waf_settings *settings, enum waf_mode mode, struct rule_set *set,
                           const struct edge_waf **out)
{
	const struct waf_told nobody = { .complaints = NULL };
	struct waf_kept *kept = wafs->first;
	enum result result;

	while (kept && !is_same(kept, settings, mode, set))
		kept = kept->next;
	if (!kept) {
		kept = calloc(1, sizeof(*kept));
		if (!kept)
			return RESULT_NO_MEMORY;
		result = waf_overlay_make(settings, mode, set, &nobody, &kept->overlay);
		if (result != RESULT_OK) {
			free(kept);
			return result;
		}
		rule_set_hold(set);
		kept->set = set;
		kept->settings = settings;
		kept->waf = (struct edge_waf){ .mode = mode, .rules = set->rules, .overlay = kept->overlay,
			                       .inspect_limit = (uint64_t)settings->inspect_limit, .upload_limit = (uint64_t)settings->upload_limit,
			                       .is_rejecting = settings->over_limit == OVER_LIMIT_REJECT,
			                       .response_bodies = settings->response_bodies, .is_audited = settings->audit_log != WAF_AUDIT_LOG_OFF,
			                       .upload_routes = settings->upload_routes,
			                       .ruleset = settings->ruleset, .digest = set->digest,
			                       .clamd_wait_ms = (uint64_t)settings->clamd_wait_ms };
		find_scanner(settings, &kept->waf.clamd);
		kept->next = wafs->first;
		wafs->first = kept;
	}
	*out = &kept->waf;
	return RESULT_OK;
}

/* CRS 3 has such a rule, which does nothing until somebody says which countries it is about. */
const struct rule *edge_wafs_find_geo(const struct edge_wafs *wafs)
{
	for (const struct waf_kept *kept = wafs->first; kept; kept = kept->next) {
		const struct rule *rule = waf_rules_with(kept->set->rules, OPERATOR_GEO_LOOKUP, SPAN(CRS_RULES "/"));

		if (!rule && waf_rules_set_tx(kept->set->rules, SPAN("high_risk_country_codes")))
			rule = waf_rules_with(kept->set->rules, OPERATOR_GEO_LOOKUP, SPAN_NONE);
		if (rule)
			return rule;
	}
	return NULL;
}
