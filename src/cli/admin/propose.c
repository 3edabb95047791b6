#include "cli/admin/propose.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/admin/said.h"
#include "cli/admin/watch.h"

#include "base/banned.h"

#define REASON_MAX 200u
#define NOTE_MAX 512u

const struct span propose_kinds[PROPOSE_KINDS] = { SPAN_INIT("attack-xss"), SPAN_INIT("attack-sqli"), SPAN_INIT("attack-rce"), SPAN_INIT("attack-lfi"),
	                                           SPAN_INIT("attack-injection-php") };

static struct span kind_of(const struct rule *rule)
{
	for (unsigned i = 0; rule && i < PROPOSE_KINDS; i++) {
		if (rule_has_tag(rule, propose_kinds[i]))
			return propose_kinds[i];
	}
	return SPAN_NONE;
}

/* What was counted before is still told. */
static bool is_excused(const struct edge_site *site, const struct proposal *proposal, int64_t now_ms)
{
	struct said said;

	said_in(site, &proposal->exclusion, now_ms, &said);
	return said_rule(&said, proposal->rule.id, proposal->rule.rule);
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
		proposal->exclusion.is_exact = !told->is_cut;
		proposal->kind = kind_of(proposal->rule.rule);
		proposal->is_excused = !proposal->why && is_excused(site, proposal, now_ms);
	}
}

/* -- the YAML -- */

bool proposal_is_same_place(const struct exclusion *one, const struct exclusion *other)
{
	return span_equal(one->path, other->path) && one->is_exact == other->is_exact && span_equal(one->method, other->method) && span_equal(one->parameter, other->parameter);
}

/* A path without a word of its own may be any page of the site. The front page is one. */
static bool is_anywhere(const struct exclusion *exclusion)
{
	struct span path = exclusion->path;

	if (exclusion->is_exact && span_equal(path, SPAN("/")))
		return false;
	for (size_t i = 0; i < path.len; i++) {
		if (path.at[i] != '/' && path.at[i] != '*')
			return false;
	}
	return true;
}

/* A rule about text that is told of a parameter. */
static bool is_of_text(const struct proposal *proposal)
{
	return proposal->is_wanted && !proposal->why && proposal->kind.len && proposal->exclusion.parameter.len && !is_anywhere(&proposal->exclusion);
}

/* A rule may meet a parameter's name and its value: that is one. */
static bool has_come(const struct proposal *list, unsigned index)
{
	for (unsigned i = 0; i < index; i++) {
		if (list[i].is_wanted && !list[i].why && list[i].rule.id == list[index].rule.id && proposal_is_same_place(&list[i].exclusion, &list[index].exclusion))
			return true;
	}
	return false;
}

static bool is_of_same_field(const struct proposal *one, const struct proposal *other)
{
	return is_of_text(one) && proposal_is_same_place(&one->exclusion, &other->exclusion);
}

static bool is_of_same_kind(const struct proposal *one, const struct proposal *other)
{
	return is_of_same_field(one, other) && span_equal(one->kind, other->kind);
}

/* Rules that the file excuses count too: it is what people write there. */
bool proposal_is_of_kind(const struct proposal *list, unsigned count, unsigned index)
{
	unsigned rules = 0, of_kind = 0;

	for (unsigned i = 0; i < count && is_of_text(&list[index]); i++) {
		if (!is_of_same_field(&list[i], &list[index]) || has_come(list, i))
			continue;
		rules++;
		of_kind += is_of_same_kind(&list[i], &list[index]);
	}
	return rules >= PROPOSE_RULES && of_kind >= PROPOSE_OF_KIND;
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
		if (!is_of_same_kind(&list[i], &list[index]) || has_come(list, i))
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

bool proposal_is_written(const struct proposal *list, unsigned index)
{
	return list[index].is_wanted && !list[index].why && !list[index].is_excused && !has_come(list, index);
}

static enum result write_kind(const struct edge_site *site, const struct proposal *list, unsigned count, unsigned index, int64_t now_ms, struct buffer *yaml)
{
	struct exclusion exclusion = list[index].exclusion;
	struct company company = { 0 };
	char reason[REASON_MAX];
	struct buffer note;
	enum result result;

	if (!gather_kind(list, count, index, &company))
		return RESULT_OK;
	exclusion.tag = list[index].kind;
	exclusion.reason = reason_of(&company, reason);
	buffer_init(&note, NOTE_MAX);
	result = watch_write(site, list, count, index, now_ms, &note);
	exclusion.note = buffer_span(&note);
	if (result == RESULT_OK)
		result = exclusion_write(&exclusion, yaml);
	buffer_done(&note);
	return result;
}

static enum result write_rule(const struct proposal *proposal, struct buffer *yaml)
{
	struct exclusion exclusion = proposal->exclusion;
	struct company company = { 0 };
	char reason[REASON_MAX];

	join(&company, proposal->told);
	exclusion.reason = reason_of(&company, reason);
	return exclusion_write(&exclusion, yaml);
}

enum result propose_write(const struct edge_site *site, const struct proposal *list, unsigned count, int64_t now_ms, struct buffer *yaml)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < count && result == RESULT_OK; i++) {
		if (!proposal_is_written(list, i))
			continue;
		result = proposal_is_of_kind(list, count, i) ? write_kind(site, list, count, i, now_ms, yaml) : write_rule(&list[i], yaml);
	}
	return result;
}
