/* `bouclier explain` for a person. */
#include "cli/explain/explaining.h"
#include "cli/page.h"
#include "event/mask.h"

#include "base/banned.h"

#define VALUE_SHOWN 400u

static const char *const severities[] = { "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug" };

static void put_target(struct page *page, const struct explained_rule *rule)
{
	page_print(page, "      where   ");
	if (!rule->phase)
		page_print(page, "not kept: only the id was");
	else if (!rule->target.len)
		page_print(page, "the request as a whole");
	else
		page_text(page, rule->target, 0);
	if (rule->is_masked)
		page_print(page, " (the name looks like a value: masked)");
	if (rule->target.len)
		page_print(page, ", %llu bytes", (unsigned long long)rule->length);
	page_print(page, rule->phase ? ", phase %u\n" : "\n", rule->phase);
}

static void put_transformations(struct page *page, const struct explained *explained, const struct explained_rule *rule)
{
	const struct rule *last = rule->rule;

	page_print(page, "      after   ");
	while (last && last->chained)
		last = last->chained;
	if (!last)
		page_print(page, "not known: %s", explained->has_rules ? "the rule set has no such rule now" : "the rule set could not be asked");
	else if (!last->transform_count)
		page_print(page, "no transformation");
	for (unsigned i = 0; last && i < last->transform_count; i++)
		page_print(page, "%s%s", i ? ", " : "", transform_name(last->transforms[i]));
	page_print(page, "\n");
}

static void put_data(struct page *page, const struct explained *explained, const struct explained_rule *rule)
{
	if (!rule->phase || !rule->target.len)
		return;
	if (explained->is_offline) {
		page_print(page, "      value   ");
		page_text(page, span_take(rule->value, VALUE_SHOWN), 0);
		page_print(page, rule->value.len > VALUE_SHOWN ? " ...\n" : "\n");
	}
	if (explained->is_offline && !rule->data.len)
		return;
	page_print(page, "      match   ");
	if (rule->data.len)
		page_text(page, span_take(rule->data, VALUE_SHOWN), 0);
	else if (!mask_keeps(rule->target))
		page_print(page, "not kept: no value is, of such a field");
	else
		page_print(page, "not kept: this rule does not say what it matched");
	page_print(page, "\n");
}

static void put_rule(struct page *page, const struct explained *explained, const struct explained_rule *rule)
{
	enum score_side side;
	unsigned points = explained_points(rule, &side);

	page_print(page, "  ");
	page_color(page, PAGE_BOLD, "%u", rule->id);
	page_print(page, "  ");
	page_text(page, rule->msg.len ? rule->msg : SPAN("(no message)"), 0);
	page_print(page, "\n");
	if (rule_is_sum(rule->id)) {
		page_print(page, "      a sum: it acts on what the other rules added up\n");
		return;
	}
	if (points)
		page_print(page, "      adds    %u to the %s score", points, side == SCORE_OUTBOUND ? "outbound" : "inbound");
	else
		page_print(page, "      adds    nothing to a score%s", explained_counts(rule) && rule->rule ? ": it refuses by itself" : "");
	if (rule->severity >= 0 && rule->severity <= 7)
		page_print(page, " (severity %s)", severities[rule->severity]);
	page_print(page, "\n");
	put_target(page, rule);
	put_transformations(page, explained, rule);
	put_data(page, explained, rule);
}

static void put_sum(struct page *page, const struct explained *explained, enum score_side wanted)
{
	unsigned sum = 0, said = explained_said_score(explained, wanted);

	for (unsigned i = 0; i < explained->rule_count; i++) {
		enum score_side side;
		unsigned points = explained_points(&explained->rules[i], &side);

		if (!points || side != wanted)
			continue;
		page_print(page, "%s%u (%u)", sum ? " + " : wanted == SCORE_OUTBOUND ? "Score, outbound  " : "Score  ", points, explained->rules[i].id);
		sum += points;
	}
	if (sum)
		page_print(page, " = %u; from %u on %s is refused%s\n", sum, explained->thresholds[wanted], wanted == SCORE_OUTBOUND ? "an answer" : "a request",
		           explained->is_cut ? " (not all rules were kept)" : "");
	if (said && said != sum)
		page_print(page, "The rules themselves counted %u: points that crs-setup.conf sets otherwise, or rules that are no longer as they were.\n", said);
}

static void put_exclusions(struct page *page, const struct explained *explained)
{
	struct buffer yaml;

	buffer_init(&yaml, (size_t)1 << 20);
	page->result = page->result == RESULT_OK ? exclusions_write(explained, &yaml) : page->result;
	if (buffer_len(&yaml))
		page_print(page, "\nIf this was no attack: the narrowest exclusions, to paste into the site (they hold for that very path; without `exact`\n"
		           "for all below it, too)\n\n%.*s", SPAN_ARG(buffer_span(&yaml)));
	buffer_done(&yaml);
	for (unsigned i = 0; i < explained->rule_count; i++) {
		const struct explained_rule *rule = &explained->rules[i];
		struct exclusion exclusion;
		const char *why = explained_counts(rule) ? exclusion_of(explained, rule, &exclusion) : NULL;

		if (why)
			page_print(page, "\nNo exclusion for %u: %s.\n", rule->id, why);
	}
}

static void put_head(struct page *page, const struct explained *explained)
{
	struct buffer sentence;

	if (explained->id.len) {
		page_color(page, PAGE_BOLD, "Request %.*s", SPAN_ARG(explained->id));
		page_print(page, ", %.*s\n", SPAN_ARG(explained->time));
	}
	page_text(page, explained->method, 0);
	page_print(page, " ");
	page_text(page, explained->host, 0);
	page_text(page, explained->path, 0);
	if (explained->site.len)
		page_print(page, "  (site %.*s)", SPAN_ARG(explained->site));
	page_print(page, "\n");
	buffer_init(&sentence, 4096);
	page->result = page->result == RESULT_OK ? explained_sentence(explained, &sentence) : page->result;
	page_color(page, explained_was_refused(explained) ? PAGE_RED : PAGE_PLAIN, "%.*s.\n", SPAN_ARG(buffer_span(&sentence)));
	buffer_done(&sentence);
	if (explained->trouble.len)
		page_print(page, "Note: %.*s.\n", SPAN_ARG(explained->trouble));
}

enum result explained_tell(const struct explained *explained, bool has_color, struct buffer *out)
{
	struct page page = { out, has_color, RESULT_OK };

	put_head(&page, explained);
	if (!explained->rule_count) {
		page_print(&page, "No rule matched%s.\n", explained->is_offline ? "" : ", or none was kept");
		return page.result;
	}
	page_print(&page, "\nRules that matched\n");
	for (unsigned i = 0; i < explained->rule_count; i++)
		put_rule(&page, explained, &explained->rules[i]);
	page_print(&page, "\n");
	put_sum(&page, explained, SCORE_INBOUND);
	put_sum(&page, explained, SCORE_OUTBOUND);
	put_exclusions(&page, explained);
	if (!explained->is_offline)
		page_print(&page, "\nNot kept: values beyond what a rule matched, and all of what looks like a secret. explain --request FILE shows them,\n"
		                  "where somebody has the request itself.\n");
	return page.result;
}
