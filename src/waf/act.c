/* What a match does: setvar and its kin for each value that matches, log and disruption at the end of a chain. */
#include "waf/act_ctl.h"
#include "waf/transaction.h"

#include "base/banned.h"

/* As atoi: a sign, digits, and whatever follows. */
static int64_t integer_of(struct span text)
{
	int64_t value = 0;
	bool is_negative = false;

	text = span_trim(text);
	if (text.len && (text.at[0] == '-' || text.at[0] == '+')) {
		is_negative = text.at[0] == '-';
		text = span_skip(text, 1);
	}
	for (size_t i = 0; i < text.len && is_digit(text.at[i]) && value < INT32_MAX; i++)
		value = value * 10 + (text.at[i] - '0');
	return is_negative ? -value : value;
}

/* 2.9.7: never below 0. */
static enum result add(struct waf_transaction *transaction, const struct setvar *setvar, struct span name, int64_t change)
{
	const struct entry *entry = table_find(transaction, setvar->collection, name);
	int64_t value = (entry ? integer_of(entry->value) : 0) + (setvar->kind == SETVAR_SUBTRACT ? -change : change);
	char digits[DECIMAL_MAX];

	return table_set(transaction, setvar->collection, name, span_make(digits, decimal_write(value < 0 ? 0 : (uint64_t)value, digits)));
}

static enum result set(struct waf_transaction *transaction, const struct setvar *setvar, const struct rule *rule)
{
	struct span name, value;

	if (macro_expand(transaction, &setvar->name, rule, &name) != RESULT_OK ||
	    macro_expand(transaction, &setvar->value, rule, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (setvar->collection != VARIABLE_TX && !transaction->is_collection_there[setvar->collection])
		return RESULT_OK;
	switch (setvar->kind) {
	case SETVAR_ASSIGN:
		return table_set(transaction, setvar->collection, name, value);
	case SETVAR_UNSET:
		table_unset(transaction, setvar->collection, name);
		return RESULT_OK;
	case SETVAR_ADD:
	case SETVAR_SUBTRACT:
		return add(transaction, setvar, name, integer_of(value));
	}
	return RESULT_OK;
}

static enum result set_environment(struct waf_transaction *transaction, const struct setvar *setvar, const struct rule *rule)
{
	struct span name, value;

	if (macro_expand(transaction, &setvar->name, rule, &name) != RESULT_OK ||
	    macro_expand(transaction, &setvar->value, rule, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	return table_set(transaction, VARIABLE_ENV, name, value);
}

static enum result act(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	switch (action->kind) {
	case ACTION_SETVAR:
		return set(transaction, &action->setvar, rule);
	case ACTION_CTL:
		return act_ctl(transaction, &action->ctl);
	case ACTION_SETENV:
		return set_environment(transaction, &action->setvar, rule);
	case ACTION_INITCOL:
		transaction->is_collection_there[action->collection] = true;
		return RESULT_OK;
	case ACTION_SETSID:
		transaction->is_collection_there[VARIABLE_SESSION] = true;
		return RESULT_OK;
	case ACTION_SETUID:
		transaction->is_collection_there[VARIABLE_USER] = true;
		return RESULT_OK;
	case ACTION_SETRSC:
		transaction->is_collection_there[VARIABLE_RESOURCE] = true;
		return RESULT_OK;
	case ACTION_EXPIREVAR:
	case ACTION_DEPRECATEVAR:
	case ACTION_SANITISE:
	case ACTION_PREPEND:
	case ACTION_APPEND:
		return RESULT_OK;
	}
	return RESULT_OK;
}

enum result act_on_match(struct waf_transaction *transaction, const struct rule *rule)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < rule->action_count && result == RESULT_OK; i++)
		result = act(transaction, &rule->actions[i], rule);
	return result;
}

static enum result tell_tags(struct waf_transaction *transaction, const struct rule *rule, struct waf_match *match)
{
	struct span *tags = arena_new_array(&transaction->arena, struct span, rule->tag_count);
	enum result result = tags ? RESULT_OK : RESULT_NO_MEMORY;

	for (unsigned i = 0; i < rule->tag_count && result == RESULT_OK; i++)
		result = macro_expand(transaction, &rule->tags[i], rule, &tags[i]);
	match->tags = tags;
	match->tag_count = rule->tag_count;
	return result;
}

static enum result tell(struct waf_transaction *transaction, const struct rule *rule)
{
	struct waf_match *match = arena_new(&transaction->arena, struct waf_match);

	if (!match)
		return RESULT_NO_MEMORY;
	match->rule = rule;
	match->phase = transaction->walk.phase;
	match->name = transaction->matched_name;
	match->value = transaction->matched_value;
	if (macro_expand(transaction, &rule->msg, rule, &match->msg) != RESULT_OK ||
	    macro_expand(transaction, &rule->log_data, rule, &match->log_data) != RESULT_OK)
		return RESULT_NO_MEMORY;
	*transaction->last = match;
	transaction->last = (struct waf_match **)(void *)&match->next;
	return tell_tags(transaction, rule, match);
}

static enum result stop(struct waf_transaction *transaction, const struct rule *rule, enum waf_verdict_kind kind)
{
	struct span url = SPAN_NONE;

	if (kind == WAF_REDIRECT && macro_expand(transaction, &rule->redirect, rule, &url) != RESULT_OK)
		return RESULT_NO_MEMORY;
	transaction->verdict = (struct waf_verdict){ .kind = kind, .status = rule->status, .rule_id = rule->id,
		                                     .phase = transaction->walk.phase, .url = url };
	transaction->is_stopped = true;
	return RESULT_OK;
}

/* 2.9.7: nothing disrupts, be it to allow, while the engine only detects, nor in phase 5. */
static enum result disrupt(struct waf_transaction *transaction, const struct rule *rule)
{
	if (transaction->engine != ENGINE_ON || transaction->walk.phase == 5)
		return RESULT_OK;
	switch (rule->disruption) {
	case DISRUPT_UNSET:
	case DISRUPT_BLOCK:
	case DISRUPT_PASS:
		return RESULT_OK;
	case DISRUPT_DENY:
		return stop(transaction, rule, WAF_DENY);
	case DISRUPT_DROP:
		return stop(transaction, rule, WAF_DROP);
	case DISRUPT_REDIRECT:
		return stop(transaction, rule, WAF_REDIRECT);
	case DISRUPT_ALLOW:
		transaction->is_allowed_all = true;
		break;
	case DISRUPT_ALLOW_PHASE:
		break;
	case DISRUPT_ALLOW_REQUEST:
		transaction->is_allowed_request = true;
		break;
	}
	transaction->is_allowed_phase = true;
	transaction->verdict = (struct waf_verdict){ .kind = WAF_ALLOW, .rule_id = rule->id, .phase = transaction->walk.phase };
	return RESULT_OK;
}

enum result act_on_end(struct waf_transaction *transaction, const struct rule *starter, const struct rule *last)
{
	enum result result = RESULT_OK;

	(void)last;
	if (starter->severity >= 0 && starter->severity < transaction->highest_severity)
		transaction->highest_severity = starter->severity;
	if (starter->is_logged)
		result = tell(transaction, starter);
	return result == RESULT_OK ? disrupt(transaction, starter) : result;
}
