#include "waf/act_ctl.h"

#include "waf/operator/regex.h"

#include "base/banned.h"

/* Does CTL mean RULE: by id, by one of its tags, or by its message? */
static bool means(const struct waf_transaction *transaction, const struct ctl *ctl, const struct rule *rule)
{
	if (ctl->id_count) {
		for (unsigned i = 0; i < ctl->id_count; i++) {
			if (rule->id && rule->id >= ctl->ids[i].from && rule->id <= ctl->ids[i].to)
				return true;
		}
		return false;
	}
	if (!ctl->regex)
		return false;
	if (ctl->kind == CTL_RULE_REMOVE_BY_MSG || ctl->kind == CTL_RULE_REMOVE_TARGET_BY_MSG)
		return rule->msg.text.len && regex_match(ctl->regex, transaction->scratch, rule->msg.text, 0, 0, NULL) == MATCH_YES;
	for (unsigned i = 0; i < rule->tag_count; i++) {
		if (regex_match(ctl->regex, transaction->scratch, rule->tags[i].text, 0, 0, NULL) == MATCH_YES)
			return true;
	}
	return false;
}

static enum result remove_rules(struct waf_transaction *transaction, const struct ctl *ctl)
{
	size_t count = transaction->rules->units.count;

	if (!transaction->removed)
		transaction->removed = arena_new_array(&transaction->arena, uint8_t, count);
	if (!transaction->removed)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = unit_at(transaction->rules, i)->rule;

		if (!rule->is_marker && means(transaction, ctl, rule))
			transaction->removed[i] = 1;
	}
	return RESULT_OK;
}

/* Targets are taken from the whole chain of a rule that is meant. */
static enum result remove_targets_of(struct waf_transaction *transaction, const struct ctl *ctl, const struct unit *unit)
{
	for (; unit; unit = unit->chained) {
		struct removal *removal = arena_new(&transaction->arena, struct removal);

		if (!removal)
			return RESULT_NO_MEMORY;
		*removal = (struct removal){ transaction->removals[unit->number], ctl->targets, ctl->target_count };
		transaction->removals[unit->number] = removal;
	}
	return RESULT_OK;
}

static enum result remove_targets(struct waf_transaction *transaction, const struct ctl *ctl)
{
	size_t count = transaction->rules->units.count;
	enum result result = RESULT_OK;

	if (!transaction->removals)
		transaction->removals = arena_new_array(&transaction->arena, struct removal *, count);
	if (!transaction->removals)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		const struct unit *unit = unit_at(transaction->rules, i);

		if (!unit->rule->is_marker && !unit->rule->is_action && means(transaction, ctl, unit->rule))
			result = remove_targets_of(transaction, ctl, unit);
	}
	return result;
}

enum result act_ctl(struct waf_transaction *transaction, const struct ctl *ctl)
{
	switch (ctl->kind) {
	case CTL_RULE_ENGINE:
		transaction->engine = (unsigned)ctl->number;
		return RESULT_OK;
	case CTL_REQUEST_BODY_ACCESS:
		transaction->request_body_access = ctl->number != 0;
		return RESULT_OK;
	case CTL_RESPONSE_BODY_ACCESS:
		transaction->response_body_access = ctl->number != 0;
		return RESULT_OK;
	case CTL_FORCE_REQUEST_BODY_VARIABLE:
		transaction->force_body = ctl->number != 0;
		return RESULT_OK;
	case CTL_REQUEST_BODY_PROCESSOR:
		transaction->processor = ctl->value;
		return RESULT_OK;
	case CTL_REQUEST_BODY_LIMIT:
		transaction->request_body_limit = ctl->number;
		return RESULT_OK;
	case CTL_RESPONSE_BODY_LIMIT:
		transaction->response_body_limit = ctl->number;
		return RESULT_OK;
	case CTL_RULE_REMOVE_BY_ID:
	case CTL_RULE_REMOVE_BY_MSG:
	case CTL_RULE_REMOVE_BY_TAG:
		return remove_rules(transaction, ctl);
	case CTL_RULE_REMOVE_TARGET_BY_ID:
	case CTL_RULE_REMOVE_TARGET_BY_MSG:
	case CTL_RULE_REMOVE_TARGET_BY_TAG:
		return remove_targets(transaction, ctl);
	case CTL_AUDIT_ENGINE:
	case CTL_AUDIT_LOG_PARTS:
	case CTL_DEBUG_LOG_LEVEL:
	case CTL_HASH_ENGINE:
	case CTL_HASH_ENFORCEMENT:
		return RESULT_OK;
	}
	return RESULT_OK;
}
