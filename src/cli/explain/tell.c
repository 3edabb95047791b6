/* `bouclier explain` for a person. */
#include "cli/explain/explained.h"
#include "cli/page.h"
#include "event/mask.h"

#include "base/banned.h"

#define VALUE_SHOWN 400u

static const char *const severities[] = { "emergency", "alert", "critical", "error", "warning", "notice", "info", "debug" };

/* -- what was decided -- */

static const char *fault_text(struct span name)
{
	for (unsigned i = 0; i < HTTP_FAULT_COUNT; i++) {
		if (span_equal(span_of(http_fault_name((enum http_fault)i)), name))
			return http_fault_text((enum http_fault)i);
	}
	return "the message was malformed";
}

static bool was_refused(const struct explained *explained)
{
	return span_equal(explained->decision, SPAN("block")) || span_equal(explained->decision, SPAN("drop")) ||
	       span_equal(explained->decision, SPAN("limit"));
}

static enum result add_why(const struct explained *explained, struct buffer *out)
{
	static const struct {
		enum reason reason;
		const char *text;
	} words[] = {
		{ REASON_RULES, "the rules took it for an attack" },
		{ REASON_RULES_LIMIT, "the rules could not judge it within their limits, and what is not judged is refused" },
		{ REASON_SCANNER, "the virus scanner did not say that its files are clean, and what is not judged is refused" },
		{ REASON_BODY_LIMIT, "its body is longer than is allowed, or than rules look at" },
		{ REASON_NO_SITE, "no site answers for this host" },
		{ REASON_ALLOW_FROM, "its address is not among those that are let in" },
		{ REASON_METHOD, "the method is not allowed there" },
		{ REASON_CLIENT_SLOW, "the client sent too slowly" },
		{ REASON_BANNED, "its address is banned, or a network that it is in (bouclier bans)" },
		{ REASON_DENYLIST, "the site's denylist names its address, its network or its country" },
		{ REASON_RATE_LIMIT, "more came than one of the site's rate_limits lets pass" },
		{ REASON_BUDGET, "its address takes more than source_budgets give to one" },
		{ REASON_QUARANTINE, "a request like it ended the shield before" },
		{ REASON_MAINTENANCE, "the site is in maintenance" },
		{ REASON_CODING, "its body is in a coding that rules cannot read, or does not decode to its end" },
		{ REASON_HOLD, "there was no room on disk to hold a body until the rules had judged it" },
		{ REASON_NO_ORIGIN, "no origin was well" },
		{ REASON_QUEUE_FULL, "its origin had more to do than it can, and it would have waited too long" },
		{ REASON_QUEUE_LATE, "it waited for its origin as long as `patience` allows" },
		{ REASON_CHALLENGED, "there was no room for all, and nobody knew him" },
		{ REASON_PROBE, "it was a probe of the shield by itself" },
	};

	if (explained->fault.len)
		return buffer_print(out, ": %s (%.*s)", fault_text(explained->fault), SPAN_ARG(explained->fault));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal(explained->reason, span_of(reason_name(words[i].reason))))
			return buffer_print(out, ": %s", words[i].text);
	}
	return explained->reason.len ? buffer_print(out, ": %.*s", SPAN_ARG(explained->reason)) : RESULT_OK;
}

enum result explained_sentence(const struct explained *explained, struct buffer *out)
{
	const char *tense = explained->is_offline ? "would be" : "was";
	bool is_of_rules = span_equal(explained->reason, span_of(reason_name(REASON_RULES)));
	enum result result;

	if (span_equal(explained->decision, SPAN("log")) && explained->would.len && !is_of_rules) {
		result = buffer_print(out, "It was let through, for guard only observes there; turned on it would have %s", span_equal(explained->would, SPAN("queue")) ?
		                      "had it wait" : span_equal(explained->would, SPAN("challenge")) ? "asked its sender to prove himself" : "refused it");
		return result == RESULT_OK ? add_why(explained, out) : result;
	}
	if (span_equal(explained->decision, SPAN("log")) && !is_of_rules) {
		result = buffer_print(out, "It %s let through, for the site only observes; in block it would be refused", tense);
		return result == RESULT_OK ? add_why(explained, out) : result;
	}
	if (span_equal(explained->decision, SPAN("log")))
		return buffer_print(out, "It %s let through, for the site only observes; in block the rules would refuse it", tense);
	if (!was_refused(explained)) {
		result = buffer_print(out, "It %s let through", tense);
		return result == RESULT_OK && explained->reason.len ? add_why(explained, out) : result;
	}
	result = buffer_print(out, "It %s %s", tense, span_equal(explained->decision, SPAN("drop")) && !explained->status ? "cut off" : "refused");
	if (result == RESULT_OK && explained->status)
		result = buffer_print(out, " with %u", explained->status);
	return result == RESULT_OK ? add_why(explained, out) : result;
}

/* -- rules -- */

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
	page_color(page, was_refused(explained) ? PAGE_RED : PAGE_PLAIN, "%.*s.\n", SPAN_ARG(buffer_span(&sentence)));
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
