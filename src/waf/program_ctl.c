/* Which rules a ctl means that takes rules or targets away. Found once, at load: CRS 4 takes a target away from all rules of a tag in
 * nearly every request, and to ask each tag of each rule an expression costs more than all its rules together. */
#include "waf/program.h"

#include <assert.h>

#include "waf/operator/regex.h"

#include "base/banned.h"

#define WORD_BITS 64

static bool takes_targets(const struct ctl *ctl)
{
	return ctl->kind == CTL_RULE_REMOVE_TARGET_BY_ID || ctl->kind == CTL_RULE_REMOVE_TARGET_BY_MSG || ctl->kind == CTL_RULE_REMOVE_TARGET_BY_TAG;
}

static bool is_by_message(const struct ctl *ctl)
{
	return ctl->kind == CTL_RULE_REMOVE_BY_MSG || ctl->kind == CTL_RULE_REMOVE_TARGET_BY_MSG;
}

static bool means_id(const struct ctl *ctl, uint32_t id)
{
	for (unsigned i = 0; i < ctl->id_count; i++) {
		if (id && id >= ctl->ids[i].from && id <= ctl->ids[i].to)
			return true;
	}
	return false;
}

static bool means_tag(struct arranging *arranging, const struct ctl *ctl, const struct rule *rule)
{
	for (unsigned i = 0; i < rule->tag_count; i++) {
		if (regex_match(ctl->regex, arranging->scratch, rule->tags[i].text, 0, 0, NULL) == MATCH_YES)
			return true;
	}
	return false;
}

/* By id, by one of its tags, or by its message? A SecAction has no targets. */
static bool means(struct arranging *arranging, const struct ctl *ctl, const struct rule *rule)
{
	if (rule->is_marker || (rule->is_action && takes_targets(ctl)))
		return false;
	if (!ctl->regex)
		return means_id(ctl, rule->id);
	if (is_by_message(ctl))
		return rule->msg.text.len && regex_match(ctl->regex, arranging->scratch, rule->msg.text, 0, 0, NULL) == MATCH_YES;
	return means_tag(arranging, ctl, rule);
}

/* One that means the same was there before? Sets of exclusions name one tag hundreds of times. NULL: none. */
static uint64_t *find_same(const struct waf_rules *rules, const struct ctl *ctl)
{
	for (uint32_t i = 0; ctl->regex && i < ctl->removal; i++) {
		const struct removing *before = &rules->removing[i];

		if (before->units && before->ctl->kind == ctl->kind && span_equal(before->ctl->value, ctl->value))
			return before->units;
	}
	return NULL;
}

static enum result take(struct arranging *arranging, const struct ctl *ctl)
{
	struct waf_rules *rules = arranging->rules;
	struct removing *removing = &rules->removing[ctl->removal];

	*removing = (struct removing){ ctl, find_same(rules, ctl) };
	if (removing->units)
		return RESULT_OK;
	removing->units = arena_new_array(&rules->arena, uint64_t, rules->units.count / WORD_BITS + 1);
	if (!removing->units)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < rules->units.count; i++) {
		if (means(arranging, ctl, unit_at(rules, i)->rule))
			removing->units[i / WORD_BITS] |= (uint64_t)1 << i % WORD_BITS;
	}
	return RESULT_OK;
}

enum result removals_take(struct arranging *arranging)
{
	struct waf_rules *rules = arranging->rules;
	enum result result = RESULT_OK;

	rules->removing = arena_new_array(&rules->arena, struct removing, rules->ruleset->removals);
	if (!rules->removing)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < rules->units.count; i++) {
		const struct rule *rule = unit_at(rules, i)->rule;

		for (unsigned j = 0; j < rule->action_count && result == RESULT_OK; j++) {
			const struct action *action = &rule->actions[j];

			if (action->kind == ACTION_CTL && (action->ctl.regex || action->ctl.id_count))
				result = take(arranging, &action->ctl);
		}
	}
	return result;
}

enum result removal_each(const struct waf_rules *rules, const struct ctl *ctl, removal_use *use, void *context)
{
	const uint64_t *units = rules->removing[ctl->removal].units;
	enum result result = RESULT_OK;

	assert(ctl->regex || ctl->id_count);
	for (size_t i = 0; i <= rules->units.count / WORD_BITS; i++) {
		for (uint64_t bits = units[i]; bits && result == RESULT_OK; bits &= bits - 1)
			result = use(context, unit_at(rules, i * WORD_BITS + (size_t)__builtin_ctzll(bits)), ctl);
	}
	return result;
}
