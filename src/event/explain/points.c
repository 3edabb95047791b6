/* What a rule added to a score, as far as can be said without the rule set: CRS's usual points. */
#include "event/explain/explained.h"

#include "base/banned.h"

void explained_usual_thresholds(struct explained *explained)
{
	static const unsigned usual[SCORE_SIDES] = { 5, 4 };

	memcpy(explained->thresholds, usual, sizeof(usual));
}

unsigned explained_points(const struct explained_rule *rule, enum score_side *side)
{
	bool is_of_crs = rule->id >= 910000 && rule->id < 1000000;

	*side = rule->phase >= 3 || (rule->id >= 950000 && rule->id < 960000) ? SCORE_OUTBOUND : SCORE_INBOUND;
	if (rule_is_sum(rule->id))
		return 0;
	if (rule->rule)
		return rule_points(rule->rule, side);
	return is_of_crs ? severity_points(rule->severity) : 0;
}

bool explained_counts(const struct explained_rule *rule)
{
	enum score_side side;

	if (rule->rule)
		return rule_counts(rule->rule);
	if (rule_is_sum(rule->id))
		return false;
	/* Nobody knows what it does: told as one that may have counted. */
	return explained_points(rule, &side) || (rule->phase && !(rule->id >= 900000 && rule->id < 1000000));
}

/* "Inbound Anomaly Score Exceeded (Total Score: 5)": of 949110, and of 959100 for answers. */
unsigned explained_said_score(const struct explained *explained, enum score_side side)
{
	static const struct span words = SPAN_INIT("Total Score: ");

	for (unsigned i = 0; i < explained->rule_count; i++) {
		struct span msg = explained->rules[i].msg;
		uint64_t number;

		if (explained->rules[i].id / 1000 != (side == SCORE_OUTBOUND ? 959 : 949))
			continue;
		while (msg.len && !span_starts(msg, words))
			msg = span_skip(msg, 1);
		msg = span_skip(msg, words.len);
		if (msg.len && span_to_u64(span_take(msg, span_find(msg, ')')), 1000000, &number) == RESULT_OK)
			return (unsigned)number;
	}
	return 0;
}
