#include "cli/admin/propose.h"

#include <stdio.h>

#include "base/clock.h"
#include "message/path.h"

#include "base/banned.h"

#define REASON_MAX 200u
#define SAID_PATH_MAX 1024u      /* as the key's own limit */
#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* Kinds of attack that prose, code and markup look like. */
static const char *const kinds[] = { "attack-xss", "attack-sqli", "attack-rce", "attack-lfi", "attack-injection-php", NULL };

static struct span kind_of(const struct rule *rule)
{
	for (unsigned i = 0; rule && kinds[i]; i++) {
		if (rule_has_tag(rule, span_of(kinds[i])))
			return span_of(kinds[i]);
	}
	return SPAN_NONE;
}

/* -- what the file has already -- */

static bool says_rule(const struct waf_exclusion_settings *said, const struct proposal *proposal)
{
	uint32_t first, last;

	if (waf_rule_ids(said->rule, &first, &last))
		return proposal->rule.id >= first && proposal->rule.id <= last;
	return proposal->rule.rule && rule_has_tag(proposal->rule.rule, said->rule);
}

/* By whole segments; "*" is any one. */
static bool says_path(struct span said, struct span path)
{
	char said_room[SAID_PATH_MAX], room[HITS_PATH_MAX];

	if (!said.len)
		return true;
	if (!path.len || said.len > sizeof(said_room) || path.len > sizeof(room))
		return false;
	said = span_skip(path_tidy(said, said_room), 1);
	path = span_skip(path_tidy(path, room), 1);
	while (said.len) {
		struct span segment = span_cut(&said, '/'), other = span_cut(&path, '/');

		if (!other.len || (!span_equal(segment, SPAN("*")) && !span_equal(segment, other)))
			return false;
	}
	return true;
}

static bool says_method(const struct list_value *said, struct span method)
{
	const struct span *methods = said->items;

	for (size_t i = 0; i < said->count; i++) {
		if (span_equal(methods[i], method))
			return true;
	}
	return !said->count;
}

static bool says_parameter(struct span said, struct span parameter)
{
	if (!said.len)
		return true;
	if (said.at[said.len - 1] == '*')
		return span_starts_nocase(parameter, span_take(said, said.len - 1));
	return span_equal_nocase(said, parameter);
}

static bool says(const struct waf_exclusion_settings *said, const struct proposal *proposal, int64_t now_ms)
{
	const struct exclusion *exclusion = &proposal->exclusion;

	return (!said->until_ms || now_ms < said->until_ms + DAY_MS) && says_rule(said, proposal) && says_path(said->path, exclusion->path) &&
	       says_method(&said->method, exclusion->method) && says_parameter(said->parameter, exclusion->parameter);
}

/* What was counted before is still told. */
static bool is_excused(const struct edge_site *site, const struct proposal *proposal, int64_t now_ms)
{
	for (size_t r = 0; r < site->site->route_count; r++) {
		const struct list_value *list = &site->routes[r].settings->waf.exclusions;
		const struct waf_exclusion_settings *said = list->items;

		for (size_t i = 0; i < list->count; i++) {
			if (says(&said[i], proposal, now_ms))
				return true;
		}
	}
	return false;
}

void propose(const struct edge_site *site, const struct hits_view *view, unsigned many, int64_t now_ms, struct proposal *out)
{
	for (unsigned i = 0; i < view->count; i++) {
		const struct hits_told *told = &view->list[i];
		struct proposal *proposal = &out[i];
		bool is_whole;

		*proposal = (struct proposal){ .told = told, .is_wanted = told->refused >= many };
		proposal->rule = (struct explained_rule){ .id = told->rule, .phase = told->phase, .severity = -1, .rule = edge_site_rule(site, told->rule) };
		proposal->rule.target = mask_target(span_make(told->target, told->target_len), 1, proposal->target, &is_whole);
		proposal->rule.is_masked = !is_whole;
		proposal->why = exclusion_at(&proposal->rule, span_make(told->path, told->path_len), method_name(told->method), &proposal->exclusion);
		proposal->kind = kind_of(proposal->rule.rule);
		proposal->is_excused = !proposal->why && is_excused(site, proposal, now_ms);
	}
}

/* -- the YAML -- */

static bool is_same_place(const struct exclusion *one, const struct exclusion *other)
{
	return span_equal(one->path, other->path) && span_equal(one->method, other->method) && span_equal(one->parameter, other->parameter);
}

/* A path holds for all below it: one without a word of its own, for the whole site. */
static bool is_everywhere(struct span path)
{
	for (size_t i = 0; i < path.len; i++) {
		if (path.at[i] != '/' && path.at[i] != '*')
			return false;
	}
	return true;
}

/* A rule about text that is told of a parameter. */
static bool is_of_text(const struct proposal *proposal)
{
	return proposal->is_wanted && !proposal->why && proposal->kind.len && proposal->exclusion.parameter.len && !is_everywhere(proposal->exclusion.path);
}

/* A rule may meet a parameter's name and its value: that is one. */
static bool has_come(const struct proposal *list, unsigned index)
{
	for (unsigned i = 0; i < index; i++) {
		if (list[i].is_wanted && !list[i].why && list[i].rule.id == list[index].rule.id && is_same_place(&list[i].exclusion, &list[index].exclusion))
			return true;
	}
	return false;
}

/* Rules about text, excused ones too, in the place of LIST[INDEX]. */
static bool is_field_of_text(const struct proposal *list, unsigned count, unsigned index)
{
	unsigned rules = 0;

	for (unsigned i = 0; i < count; i++)
		rules += is_of_text(&list[i]) && is_same_place(&list[i].exclusion, &list[index].exclusion) && !has_come(list, i);
	return is_of_text(&list[index]) && rules >= PROPOSE_RULES;
}

/* What one exclusion is for. */
struct company {
	unsigned rules, visitors;
	uint32_t first_s, last_s;
};

static void join(struct company *company, const struct hits_told *told)
{
	company->rules++;
	company->visitors = told->refused > company->visitors ? told->refused : company->visitors;
	company->first_s = !company->first_s || told->first_s < company->first_s ? told->first_s : company->first_s;
	company->last_s = told->last_s > company->last_s ? told->last_s : company->last_s;
}

/* All of LIST[INDEX]'s kind in its place. False: one before it has told them. */
static bool gather_kind(const struct proposal *list, unsigned count, unsigned index, struct company *out)
{
	for (unsigned i = 0; i < count; i++) {
		if (!is_of_text(&list[i]) || !span_equal(list[i].kind, list[index].kind) || !is_same_place(&list[i].exclusion, &list[index].exclusion) ||
		    has_come(list, i))
			continue;
		if (i < index && !list[i].is_excused)
			return false;
		join(out, list[i].told);
	}
	return true;
}

/* "7 ordinary visitors were taken for attackers here, 2026-11-20 to 2026-11-28; TO FILL IN: who checked it" */
static struct span reason_of(const struct company *company, char out[REASON_MAX])
{
	char first[CLOCK_ISO_LEN + 1], last[CLOCK_ISO_LEN + 1], by[40] = "";
	int len;

	clock_write_iso(company->first_s * (uint64_t)1000000000, first);
	clock_write_iso(company->last_s * (uint64_t)1000000000, last);
	if (company->rules > 1)
		snprintf(by, sizeof(by), " by %u rules", company->rules);
	len = snprintf(out, REASON_MAX, "%u ordinary %s here%s, %.10s to %.10s; TO FILL IN: who checked it", company->visitors,
	               company->visitors == 1 ? "visitor was taken for an attacker" : "visitors were taken for attackers", by, first, last);
	return span_make(out, (size_t)len);
}

static enum result write_one(const struct proposal *list, unsigned count, unsigned index, struct buffer *yaml)
{
	struct exclusion exclusion = list[index].exclusion;
	struct company company = { 0 };
	char reason[REASON_MAX];

	if (is_field_of_text(list, count, index)) {
		if (!gather_kind(list, count, index, &company))
			return RESULT_OK;
		exclusion.tag = list[index].kind;
	} else {
		join(&company, list[index].told);
	}
	exclusion.reason = reason_of(&company, reason);
	return exclusion_write(&exclusion, yaml);
}

enum result propose_write(const struct proposal *list, unsigned count, struct buffer *yaml)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < count && result == RESULT_OK; i++) {
		if (list[i].is_wanted && !list[i].why && !list[i].is_excused && !has_come(list, i))
			result = write_one(list, count, i, yaml);
	}
	return result;
}
