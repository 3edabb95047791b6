/* The walk through a phase's rules, which can stop at any value and go on there. */
#include "waf/transaction.h"

#include "base/banned.h"

/* WAIT, FAILED: at this value; otherwise the walk goes on. */
static enum outcome judge_value(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, struct computed *form)
{
	if (unit->is_multi_match)
		return judge_forms(transaction, unit, value);
	if (!form)
		form = compute(transaction, value->raw, unit->node);
	return form ? judge(transaction, unit, value, form) : OUTCOME_FAILED;
}

static bool is_filtered(const struct waf_transaction *transaction, const struct unit *unit)
{
	return unit->is_filtered && !transaction->asks_all;
}

/* Those of a part's values of which UNIT cannot be left at once. */
static enum outcome run_part(struct waf_transaction *transaction, const struct unit *unit, const struct reach *part)
{
	bool filtered = is_filtered(transaction, unit) && !unit->is_multi_match;
	struct walk *walk = &transaction->walk;

	if (filtered && !may_match(unit, part->traits))
		return OUTCOME_NO;
	for (; walk->value < part->count; walk->value++) {
		struct computed *form = part->forms[walk->value];
		enum outcome outcome;

		if (filtered && part->blocks && walk->value % REACH_BLOCK == 0 && !may_match(unit, &part->blocks[walk->value / REACH_BLOCK])) {
			walk->value += REACH_BLOCK - 1;
			continue;
		}
		if (filtered && !may_match(unit, &form->traits))
			continue;
		outcome = judge_value(transaction, unit, &part->values[walk->value], form);
		if (outcome == OUTCOME_WAIT || outcome == OUTCOME_FAILED)
			return outcome;
		if (transaction->is_stopped)
			break;
	}
	walk->value = 0;
	return OUTCOME_NO;
}

/* Does any value of the groups of UNIT hold what it needs? */
static enum result is_possible(struct waf_transaction *transaction, const struct unit *unit, bool *out)
{
	*out = false;
	for (unsigned i = 0; i < unit->group_count && !*out; i++) {
		const struct grouped *grouped = group_look(transaction, unit->groups[i]);

		if (!grouped)
			return RESULT_NO_MEMORY;
		*out = may_match(unit, grouped->traits);
	}
	return RESULT_OK;
}

static enum outcome run_grouped(struct waf_transaction *transaction, const struct unit *unit)
{
	const struct target_set *set = set_at(transaction->rules, unit->set);
	const struct grouped *grouped;
	struct walk *walk = &transaction->walk;
	bool possible = true;

	if (!walk->is_inside && is_filtered(transaction, unit) && is_possible(transaction, unit, &possible) != RESULT_OK)
		return OUTCOME_FAILED;
	if (!possible)
		return OUTCOME_NO;
	grouped = group_get(transaction, unit->group);
	if (!grouped)
		return OUTCOME_FAILED;
	for (; walk->part < set->source_count && !transaction->is_stopped; walk->part++) {
		enum outcome outcome = run_part(transaction, unit, grouped->parts[walk->part]);

		if (outcome != OUTCOME_NO)
			return outcome;
	}
	return OUTCOME_NO;
}

static enum outcome run_volatile(struct waf_transaction *transaction, const struct unit *unit)
{
	const struct target_set *set = set_at(transaction->rules, unit->set);
	struct walk *walk = &transaction->walk;

	if (!walk->is_inside) {
		transaction->own.count = 0;
		for (unsigned i = 0; i < set->source_count; i++) {
			if (gather(transaction, source_at(transaction->rules, set->sources[i]), &transaction->own) != RESULT_OK)
				return OUTCOME_FAILED;
		}
	}
	for (; walk->value < transaction->own.count && !transaction->is_stopped; walk->value++) {
		enum outcome outcome = judge_value(transaction, unit, &transaction->own.list[walk->value], NULL);

		if (outcome == OUTCOME_WAIT || outcome == OUTCOME_FAILED)
			return outcome;
	}
	return OUTCOME_NO;
}

/* TX:name and &TX:name: most rules that no value of a request reaches. */
static enum outcome run_numbered(struct waf_transaction *transaction, const struct unit *unit)
{
	const struct slot *slot = tx_find(transaction, unit->slot);
	const struct target *target = unit->rule->targets;

	if (!slot && !target->is_count)
		return OUTCOME_NO;
	if (!transaction->walk.is_inside) {
		computed_start(&transaction->own_form, !target->is_count ? slot->value : slot ? SPAN("1") : SPAN("0"));
		transaction->own_value = (struct value){ VARIABLE_TX, target->is_count,
			target->is_count ? target->selector : transaction->rules->ruleset->names.list[unit->slot], &transaction->own_form };
	}
	return judge_value(transaction, unit, &transaction->own_value, NULL);
}

static enum outcome run_rule(struct waf_transaction *transaction, const struct unit *unit)
{
	struct walk *walk = &transaction->walk;
	enum outcome outcome;

	if (!walk->is_inside) {
		walk->part = walk->value = walk->stage = 0;
		walk->has_matched = false;
	}
	outcome = unit->kind == UNIT_GROUPED  ? run_grouped(transaction, unit) :
	          unit->kind == UNIT_NUMBERED ? run_numbered(transaction, unit) :
	                                        run_volatile(transaction, unit);
	walk->is_inside = outcome == OUTCOME_WAIT;
	if (outcome == OUTCOME_WAIT || outcome == OUTCOME_FAILED)
		return outcome;
	return walk->has_matched ? OUTCOME_YES : OUTCOME_NO;
}

static enum outcome run_action(struct waf_transaction *transaction, const struct unit *unit)
{
	transaction->matched = NULL;
	transaction->has_action_matched = true;
	if (act_on_match(transaction, unit->rule) != RESULT_OK)
		return OUTCOME_FAILED;
	if (!unit->chained && act_on_end(transaction, transaction->walk.starter->rule, unit->rule) != RESULT_OK)
		return OUTCOME_FAILED;
	return OUTCOME_YES;
}

/* The rule of the step, and those chained to it. */
static enum outcome run_step(struct waf_transaction *transaction, const struct unit *starter)
{
	struct walk *walk = &transaction->walk;
	enum outcome outcome = OUTCOME_NO;

	if (!walk->unit) {
		transaction->matched_first = NULL;
		transaction->matched_last = &transaction->matched_first;
		walk->unit = walk->starter = starter;
	}
	while (walk->unit) {
		outcome = walk->unit->kind == UNIT_ACTION ? run_action(transaction, walk->unit) : run_rule(transaction, walk->unit);
		if (outcome == OUTCOME_WAIT)
			return outcome;
		walk->unit = outcome == OUTCOME_YES && !transaction->is_stopped ? walk->unit->chained : NULL;
	}
	return outcome;
}

static uint32_t step_after(const struct waf_transaction *transaction, const struct unit *unit)
{
	uint32_t step = transaction->walk.step + 1, count = transaction->rules->step_count[transaction->walk.phase];

	if (!unit->skips)
		return step;
	if (unit->rule->skip_after.len)
		return unit->skip_to == NO_STEP ? count : unit->skip_to;
	return unit->rule->skip < count - step ? step + unit->rule->skip : count;
}

static void deny(struct waf_transaction *transaction, enum waf_reason reason, uint16_t status)
{
	const struct unit *unit = transaction->walk.starter;

	transaction->verdict = (struct waf_verdict){ .kind = WAF_DENY, .reason = reason, .status = status, .phase = transaction->walk.phase,
		                                     .rule_id = unit ? unit->rule->id : 0 };
	transaction->is_stopped = true;
}

/* What could not be judged is denied while the engine is on; phase 5 is too late for that. */
static void judge_failures(struct waf_transaction *transaction)
{
	if (transaction->is_stopped || transaction->engine != ENGINE_ON || transaction->walk.phase == 5)
		return;
	if (transaction->has_failed)
		deny(transaction, WAF_NO_MEMORY, 503);
	else if (transaction->pace.is_over)
		deny(transaction, WAF_TIME, 503);
	else if (transaction->has_met_error)
		deny(transaction, WAF_MATCH_ERROR, 403);
	else if (transaction->has_met_silence)
		deny(transaction, WAF_UNANSWERED, 503);
	else if (transaction->has_met_limit)
		deny(transaction, WAF_MATCH_LIMIT, 403);
}

static void begin(struct waf_transaction *transaction, uint8_t phase)
{
	transaction->walk = (struct walk){ .phase = phase };
	transaction->is_allowed_phase = false;
	memset(transaction->grouped, 0, transaction->rules->groups.count * sizeof(*transaction->grouped));
}

static bool is_over(const struct waf_transaction *transaction)
{
	if (transaction->is_stopped || transaction->is_allowed_phase || transaction->has_failed || transaction->engine == ENGINE_OFF)
		return true;
	return transaction->walk.phase != 5 &&
	       (transaction->pace.is_over || transaction->is_allowed_all || (transaction->is_allowed_request && transaction->walk.phase <= 2));
}

/* Phase 5 is told, not waited for. */
static bool is_pausing(const struct waf_transaction *transaction)
{
	return transaction->walk.phase != 5 && transaction->pause_until_ms && waf_pause_ms(transaction);
}

static int64_t slot_number(struct slot *slot)
{
	int64_t number = slot->has_number ? slot->number : operator_number(slot->value);

	slot->has_number = number >= INT32_MIN && number <= INT32_MAX;
	slot->number = slot->has_number ? (int32_t)number : 0;
	return number;
}

static bool is_compared_in_vain(struct waf_transaction *transaction, const struct step *step)
{
	struct slot *slot = &transaction->tx[step->slot];

	if (step->is_count)
		return comparison_match(&step->comparison, slot->is_set) == step->is_negated;
	if (!slot->is_set)
		return true;
	return comparison_match(&step->comparison, slot_number(slot)) == step->is_negated;
}

static bool holds_what_it_needs(const struct waf_transaction *transaction, const struct unit *unit, uint16_t group)
{
	const struct grouped *grouped = transaction->grouped[group];

	return !grouped || !grouped->traits || may_match(unit, grouped->traits);
}

/* What can be told of a rule at once: ctl removed it, or nothing that it looks at holds what it needs. */
static bool is_passed_by(struct waf_transaction *transaction, const struct step *step)
{
	if (transaction->removed && transaction->removed[step->number])
		return true;
	if (transaction->asks_all)
		return false;
	switch ((enum step_check)step->check) {
	case CHECK_NOTHING:
		break;
	case CHECK_NUMBER:
		return is_compared_in_vain(transaction, step);
	case CHECK_GROUP:
		return !holds_what_it_needs(transaction, step->unit, step->group);
	case CHECK_FORMS:
		for (unsigned i = 0; i < step->unit->group_count; i++) {
			if (holds_what_it_needs(transaction, step->unit, step->unit->groups[i]))
				return false;
		}
		return true;
	}
	return false;
}

static const struct unit *next_unit(struct waf_transaction *transaction)
{
	struct walk *walk = &transaction->walk;
	const struct step *steps = transaction->rules->steps[walk->phase];
	uint32_t count = transaction->rules->step_count[walk->phase];

	if (walk->unit)
		return steps[walk->step].unit;
	while (walk->step < count && is_passed_by(transaction, &steps[walk->step]))
		walk->step++;
	return walk->step < count ? steps[walk->step].unit : NULL;
}

static enum waf_answer walk_phase(struct waf_transaction *transaction)
{
	struct walk *walk = &transaction->walk;

	while (!is_over(transaction) && !is_pausing(transaction)) {
		const struct unit *unit = next_unit(transaction);
		enum outcome outcome;

		if (!unit)
			break;
		if (!walk->unit && pace_ask(transaction, 0) == PACE_WAIT)
			return WAF_WAIT;
		outcome = run_step(transaction, unit);
		if (outcome == OUTCOME_WAIT)
			return WAF_WAIT;
		if (outcome == OUTCOME_FAILED && !transaction->pace.is_over)
			transaction->has_failed = true;
		walk->step = outcome == OUTCOME_YES ? step_after(transaction, unit) : walk->step + 1;
	}
	if (is_pausing(transaction))
		return WAF_WAIT;
	judge_failures(transaction);
	return transaction->is_stopped ? WAF_STOP : WAF_GO_ON;
}

enum waf_answer evaluate(struct waf_transaction *transaction, uint8_t phase)
{
	bool was_stopped = transaction->is_stopped;
	enum waf_answer answer;

	if (transaction->walk.phase != phase)
		begin(transaction, phase);
	if (phase == 5)
		transaction->is_stopped = false;
	pace_start(transaction);
	answer = walk_phase(transaction);
	pace_stop(transaction);
	if (phase == 5)
		transaction->is_stopped = was_stopped;
	return answer == WAF_WAIT ? answer : transaction->is_stopped ? WAF_STOP : WAF_GO_ON;
}
