#include "waf/act_parts.h"

#include "waf/audit.h"

#include "base/banned.h"

enum result removal_of_rule(struct waf_transaction *transaction, const struct unit *unit)
{
	if (!transaction->removed)
		transaction->removed = arena_new_array(&transaction->arena, uint8_t, transaction->rules->units.count);
	if (!transaction->removed)
		return RESULT_NO_MEMORY;
	transaction->removed[unit->number] = 1;
	return RESULT_OK;
}

static enum result remove_rule(void *context, const struct unit *unit, const struct ctl *ctl)
{
	(void)ctl;
	return removal_of_rule(context, unit);
}

enum result removal_of_targets(struct waf_transaction *transaction, const struct unit *unit, const struct target *targets, unsigned count)
{
	struct removal *removal = arena_new(&transaction->arena, struct removal);

	if (!transaction->removals)
		transaction->removals = arena_new_array(&transaction->arena, struct removal *, transaction->rules->units.count);
	if (!removal || !transaction->removals)
		return RESULT_NO_MEMORY;
	*removal = (struct removal){ transaction->removals[unit->number], targets, count };
	transaction->removals[unit->number] = removal;
	return RESULT_OK;
}

/* 2.9.7: of a chain only the first rule looks at less; those chained to it have no id, no tag and no message. */
static enum result remove_targets(void *context, const struct unit *unit, const struct ctl *ctl)
{
	return removal_of_targets(context, unit, ctl->targets, ctl->target_count);
}

/* "+E", "-C", or a list of its own. */
static void change_parts(struct waf_transaction *transaction, struct span value)
{
	uint32_t parts = audit_parts_of(value);

	if (value.at[0] == '+')
		transaction->audit_parts |= parts;
	else if (value.at[0] == '-')
		transaction->audit_parts &= ~parts;
	else
		transaction->audit_parts = parts;
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
	case CTL_PARSE_XML_INTO_ARGS:
		transaction->parse_xml_into_args = (unsigned)ctl->number;
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
		return removal_each(transaction->rules, ctl, remove_rule, transaction);
	case CTL_RULE_REMOVE_TARGET_BY_ID:
	case CTL_RULE_REMOVE_TARGET_BY_MSG:
	case CTL_RULE_REMOVE_TARGET_BY_TAG:
		return removal_each(transaction->rules, ctl, remove_targets, transaction);
	case CTL_AUDIT_ENGINE:
		transaction->audit_engine = (unsigned)ctl->number;
		return RESULT_OK;
	case CTL_AUDIT_LOG_PARTS:
		change_parts(transaction, ctl->value);
		return RESULT_OK;
	case CTL_DEBUG_LOG_LEVEL:
	case CTL_HASH_ENGINE:
	case CTL_HASH_ENFORCEMENT:
		return RESULT_OK;
	}
	return RESULT_OK;
}
