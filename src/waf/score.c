#include "waf/score.h"

#include "base/banned.h"

/* By severity, as crs-setup.conf has them: emergency, alert, critical, error, warning, notice. */
static const unsigned usual_points[] = { 0, 0, 5, 4, 3, 2 };

bool rule_is_sum(uint32_t id)
{
	unsigned family = id / 1000;

	return family == 949 || family == 959 || family == 980;
}

unsigned severity_points(int severity)
{
	return severity >= 0 && severity < (int)(sizeof(usual_points) / sizeof(*usual_points)) ? usual_points[severity] : 0;
}

/* Any case: rules write names as they like. */
static bool says(struct span text, struct span word)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		if (span_equal_nocase(span_make(text.at + i, word.len), word))
			return true;
	}
	return false;
}

/* "%{tx.critical_anomaly_score}", or a number. */
static unsigned points_said(struct span text)
{
	static const struct span names[] = { SPAN_INIT("critical"), SPAN_INIT("error"), SPAN_INIT("warning"), SPAN_INIT("notice") };
	uint64_t number = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (says(text, names[i]))
			return usual_points[i + 2];
	}
	return span_to_u64(text, 10000, &number) == RESULT_OK ? (unsigned)number : 0;
}

static unsigned points_of_action(const struct action *action, enum score_side *side)
{
	const struct setvar *setvar = &action->setvar;

	if (action->kind != ACTION_SETVAR || setvar->kind != SETVAR_ADD || !says(setvar->name.text, SPAN("anomaly_score")))
		return 0;
	*side = says(setvar->name.text, SPAN("outbound")) ? SCORE_OUTBOUND : SCORE_INBOUND;
	return points_said(setvar->value.text);
}

unsigned rule_points(const struct rule *rule, enum score_side *side)
{
	unsigned points = 0;

	for (; rule; rule = rule->chained) {
		for (unsigned i = 0; i < rule->action_count && !points; i++)
			points = points_of_action(&rule->actions[i], side);
	}
	return points;
}

bool rule_counts(const struct rule *rule)
{
	enum score_side side;

	if (rule_is_sum(rule->id))
		return false;
	return rule_points(rule, &side) || rule->disruption == DISRUPT_DENY || rule->disruption == DISRUPT_DROP || rule->disruption == DISRUPT_REDIRECT;
}

bool rule_has_tag(const struct rule *rule, struct span tag)
{
	for (unsigned i = 0; i < rule->tag_count; i++) {
		if (span_equal_nocase(rule->tags[i].text, tag))
			return true;
	}
	return false;
}
