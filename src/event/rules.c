#include "event/rules.h"

#include "event/mask.h"
#include "waf/rule.h"

#include "base/banned.h"

#define MSG_MAX_BYTES 120u
#define RULE_ROOM (2 * MASK_TEXT_MAX + MSG_MAX_BYTES + 128)
#define ID_ROOM 10u
#define MORE_ROOM(count) (32 + ID_ROOM * ((count) < RULES_MORE_MAX ? (count) : RULES_MORE_MAX))

/* Sums of scores and what was set: what a rule says of anything else may be a client's own bytes. */
static bool is_of_rules(const struct macro_piece *piece)
{
	return !piece->has_reference || (piece->variable == VARIABLE_TX && (span_contains(piece->selector, SPAN("score")) ||
	                                                                    span_contains(piece->selector, SPAN("SCORE")) ||
	                                                                    span_contains(piece->selector, SPAN("threshold"))));
}

struct span rule_text_of(const struct macro *macro, struct span expanded)
{
	for (unsigned i = 0; i < macro->count; i++) {
		if (!is_of_rules(&macro->pieces[i]))
			return macro->text;
	}
	return expanded;
}

static void add_target(struct line *line, const struct waf_match *match)
{
	char text[MASK_TEXT_MAX];
	bool is_whole;
	struct span target = mask_target(match->name, match->value.len, text, &is_whole);

	line_member_text(line, SPAN(",\"target\":"), target, MASK_TEXT_MAX);
	if (!is_whole)
		line_raw(line, SPAN(",\"masked\":true"));
	line_member_count(line, SPAN(",\"length\":"), match->value.len);
	if (mask_keeps(match->name))
		line_member_text(line, SPAN(",\"data\":"), mask_match(match->captured, text), MASK_TEXT_MAX);
}

static void add_rule(struct line *line, const struct waf_match *match)
{
	line_raw(line, SPAN("{\"id\":"));
	line_number(line, match->rule->id);
	line_member_number(line, SPAN(",\"phase\":"), match->phase);
	if (match->rule->severity >= 0)
		line_member_number(line, SPAN(",\"severity\":"), (uint64_t)match->rule->severity);
	add_target(line, match);
	line_member_text(line, SPAN(",\"msg\":"), rule_text_of(&match->rule->msg, match->msg), MSG_MAX_BYTES);
	line_raw(line, SPAN("}"));
}

static unsigned count_of(const struct waf_match *match)
{
	unsigned count = 0;

	for (; match; match = match->next)
		count++;
	return count;
}

/* Those for which there is no room: their ids, so that a sum of scores can still be followed. */
static void add_more(struct line *line, const struct waf_match *match)
{
	line_raw(line, SPAN(",\"bouclier.rules_more\":["));
	for (unsigned i = 0; match && i < RULES_MORE_MAX; i++, match = match->next) {
		if (i)
			line_raw(line, SPAN(","));
		line_number(line, match->rule->id);
	}
	line_raw(line, SPAN("]"));
	line->is_cut |= match != NULL;
}

void line_rules(struct line *line, const struct waf_transaction *transaction)
{
	const struct waf_match *match = transaction ? waf_matches(transaction) : NULL;
	unsigned left = count_of(match);
	const char *end = line->at + RULES_BYTES_MAX;

	if (!match)
		return;
	if (line_room(line) < RULES_BYTES_MAX) {
		line->is_cut = true;
		return;
	}
	line_raw(line, SPAN(",\"bouclier.rules\":["));
	add_rule(line, match);
	for (match = match->next, left--; match && (size_t)(end - line->at) > RULE_ROOM + MORE_ROOM(left); match = match->next, left--) {
		line_raw(line, SPAN(","));
		add_rule(line, match);
	}
	line_raw(line, SPAN("]"));
	if (match)
		add_more(line, match);
}
