/* What a match does: its actions for each value that matches, log, pause and disruption at the end of a chain. */
#include "base/clock.h"
#include "waf/act_parts.h"
#include "waf/collection.h"
#include "waf/mask.h"

#include "base/banned.h"

#define PAUSE_MAX_MS 3600000

/* After that many milliseconds the walk goes on, or the verdict holds. */
static enum result pause_for(struct waf_transaction *transaction, const struct rule *rule)
{
	struct span text;
	int64_t wait_ms;

	if (!rule->pause_ms.text.len || transaction->engine != ENGINE_ON)
		return RESULT_OK;
	if (macro_expand(transaction, &rule->pause_ms, rule, &text) != RESULT_OK)
		return RESULT_NO_MEMORY;
	wait_ms = integer_of(text);
	if (wait_ms > 0)
		transaction->pause_until_ms = clock_mono_ms() + (uint64_t)(wait_ms < PAUSE_MAX_MS ? wait_ms : PAUSE_MAX_MS);
	return RESULT_OK;
}

static enum result inject(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	return macro_expand(transaction, &action->text, rule, action->kind == ACTION_PREPEND ? &transaction->prepended : &transaction->appended);
}

static enum result act(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	switch (action->kind) {
	case ACTION_CTL:
		return act_ctl(transaction, &action->ctl);
	case ACTION_SANITISE:
		return mask_add(transaction, action, rule);
	case ACTION_PREPEND:
	case ACTION_APPEND:
		return inject(transaction, action, rule);
	case ACTION_SETVAR:
	case ACTION_SETENV:
	case ACTION_INITCOL:
	case ACTION_SETSID:
	case ACTION_SETUID:
	case ACTION_SETRSC:
	case ACTION_EXPIREVAR:
	case ACTION_DEPRECATEVAR:
		break;
	}
	return act_set(transaction, action, rule);
}

/* Does the rule that is walked add to no score for the value that matched? Security, fails closed: without memory for its name it does. */
static bool has_retreated(struct waf_transaction *transaction)
{
	struct span name;

	for (unsigned i = 0; i < transaction->retreat_count; i++) {
		if (transaction->retreats[i].rule == transaction->walk.starter->rule->id && matched_name(transaction, transaction->matched, &name) == RESULT_OK &&
		    span_equal(name, transaction->retreats[i].target))
			return true;
	}
	return false;
}

static bool adds_score(const struct action *action)
{
	return action->kind == ACTION_SETVAR && action->setvar.kind == SETVAR_ADD && action->setvar.collection == VARIABLE_TX;
}

enum result act_on_match(struct waf_transaction *transaction, const struct rule *rule)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < rule->action_count && result == RESULT_OK; i++) {
		if (transaction->retreat_count && adds_score(&rule->actions[i]) && has_retreated(transaction))
			continue;
		result = act(transaction, &rule->actions[i], rule);
	}
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

static struct span captured_by(const struct waf_transaction *transaction, const struct rule *rule)
{
	const struct slot *slot;

	while (rule->chained)
		rule = rule->chained;
	slot = rule->captures ? tx_find(transaction, NAME_CAPTURE) : NULL;
	return slot ? slot->value : SPAN_NONE;
}

static enum result tell(struct waf_transaction *transaction, const struct rule *rule)
{
	struct waf_match *match = arena_new(&transaction->arena, struct waf_match);

	if (!match)
		return RESULT_NO_MEMORY;
	match->rule = rule;
	match->phase = transaction->walk.phase;
	match->value = matched_bytes(transaction);
	match->captured = captured_by(transaction, rule);
	if (matched_name(transaction, transaction->matched, &match->name) != RESULT_OK ||
	    macro_expand(transaction, &rule->msg, rule, &match->msg) != RESULT_OK ||
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
	transaction->is_relevant |= starter->is_audited;
	if (starter->severity >= 0 && starter->severity < transaction->highest_severity)
		transaction->highest_severity = starter->severity;
	if (starter->is_logged)
		result = tell(transaction, starter);
	if (result == RESULT_OK)
		result = pause_for(transaction, starter);
	return result == RESULT_OK ? disrupt(transaction, starter) : result;
}
