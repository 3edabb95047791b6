/* The walk through a phase's rules, which can stop at any value and go on there. */
#include "waf/transaction.h"

#include "base/banned.h"

enum outcome { OUTCOME_NO, OUTCOME_YES, OUTCOME_WAIT, OUTCOME_FAILED };

static bool has_bit(const uint64_t *hits, uint32_t bit)
{
	return hits[bit >> 6] >> (bit & 63) & 1;
}

static const struct reach *reach_make(struct waf_transaction *transaction, const struct gathered *gathered, uint16_t node)
{
	const struct waf_rules *rules = transaction->rules;
	struct reach *reach = arena_new(&transaction->arena, struct reach);

	if (!reach)
		return NULL;
	reach->node = node;
	reach->all.hits = arena_new_array(&transaction->arena, uint64_t, rules->words);
	if (!reach->all.hits)
		return NULL;
	for (unsigned i = 0; i < gathered->values.count; i++) {
		struct computed *computed = compute(transaction, gathered->values.list[i].cell, node);

		if (!computed || computed_scan(transaction, computed, &transaction->arena) != RESULT_OK)
			return NULL;
		for (size_t word = 0; word < rules->words; word++)
			reach->all.hits[word] |= computed->hits[word];
		for (size_t word = 0; word < 4; word++)
			reach->all.set.words[word] |= computed->set.words[word];
	}
	return reach;
}

/* What all values of GATHERED together hold and hit after NODE's transformations; NULL: no memory. A step that touches none of
 * the bytes that they hold is not asked of each. */
static const struct reach *reach_of(struct waf_transaction *transaction, struct gathered *gathered, uint16_t node)
{
	const struct node *nodes = transaction->rules->nodes.items;
	const struct byte_set *touches = node ? transform_touches(nodes[node].transform) : NULL;
	const struct reach *before;

	if (!gathered->reach)
		gathered->reach = arena_new_array(&transaction->arena, const struct reach *, transaction->rules->nodes.count);
	if (!gathered->reach)
		return NULL;
	if (gathered->reach[node])
		return gathered->reach[node];
	if (touches) {
		before = reach_of(transaction, gathered, nodes[node].parent);
		if (!before)
			return NULL;
		if (!byte_sets_meet(touches, &before->all.set))
			return gathered->reach[node] = before;
	}
	return gathered->reach[node] = reach_make(transaction, gathered, node);
}

/* Can UNIT match COMPUTED at all? */
static bool may_match(const struct unit *unit, const struct computed *computed)
{
	return (!unit->has_phrases || has_bit(computed->hits, unit->bit)) && (!unit->has_bytes || byte_sets_meet(&unit->bytes, &computed->set));
}

static enum result is_possible(struct waf_transaction *transaction, const struct unit *unit, struct computed *computed, bool *out)
{
	*out = true;
	if (!unit->has_phrases && !unit->has_bytes)
		return RESULT_OK;
	if (computed_scan(transaction, computed, &transaction->arena) != RESULT_OK)
		return RESULT_NO_MEMORY;
	*out = may_match(unit, computed);
	return RESULT_OK;
}

static enum result capture(struct waf_transaction *transaction, const struct unit *unit, const struct captures *captures)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < CAPTURES_MAX && result == RESULT_OK; i++) {
		char digit = (char)('0' + i);
		struct span name = span_make(&digit, 1);

		if (i < captures->count)
			result = table_set(transaction, VARIABLE_TX, name, captures->list[i]);
		else if (unit->rule->operator_id == OPERATOR_RX)
			table_unset(transaction, VARIABLE_TX, name);
	}
	return result;
}

static enum result geo(struct waf_transaction *transaction, const struct captures *captures)
{
	enum result result = table_set(transaction, VARIABLE_GEO, SPAN("COUNTRY_CODE"), captures->count ? captures->list[0] : SPAN(""));

	return result == RESULT_OK ? table_set(transaction, VARIABLE_GEO, SPAN("COUNTRY_NAME"), captures->count > 1 ? captures->list[1] : SPAN("")) :
	                             result;
}

/* NAME and BYTES become MATCHED_VAR and its kin, then the rule's actions run. */
static enum result take_match(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, struct span bytes)
{
	enum result result = value_name(transaction, value, &transaction->matched_name);

	if (result != RESULT_OK)
		return result;
	transaction->matched_value = bytes;
	if (!pairs_add(transaction, &transaction->matched, transaction->matched_name, bytes))
		return RESULT_NO_MEMORY;
	result = act_on_match(transaction, unit->rule);
	if (result == RESULT_OK && !unit->chained)
		result = act_on_end(transaction, transaction->walk.starter->rule, unit->rule);
	return result;
}

static enum result limit_met(struct waf_transaction *transaction)
{
	transaction->has_met_limit = true;
	return table_set(transaction, VARIABLE_TX, SPAN("MSC_PCRE_LIMITS_EXCEEDED"), SPAN("1"));
}

static enum outcome judge(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, struct computed *computed)
{
	struct operator_call call = { .scratch = transaction->scratch, .arena = &transaction->arena,
		                      .bytes = computed->is_scanned ? &computed->set : NULL };
	const struct rule *rule = unit->rule;
	struct captures captures = { 0 };
	enum match match;
	bool is_possible_here;

	if (!rule->is_negated) {
		if (is_possible(transaction, unit, computed, &is_possible_here) != RESULT_OK)
			return OUTCOME_FAILED;
		if (!is_possible_here)
			return OUTCOME_NO;
	}
	if (macro_expand(transaction, &rule->parameter, rule, &call.parameter) != RESULT_OK ||
	    (rule->operator_id == OPERATOR_RBL && value_name(transaction, value, &call.variable) != RESULT_OK))
		return OUTCOME_FAILED;
	match = operator_match(rule->operator, &call, computed->bytes, &captures);
	if (match == MATCH_WAIT)
		return OUTCOME_WAIT;
	if (match == MATCH_LIMIT)
		return limit_met(transaction) == RESULT_OK ? OUTCOME_NO : OUTCOME_FAILED;
	if (match == MATCH_ERROR || (match == MATCH_YES) == rule->is_negated)
		return OUTCOME_NO;
	if (match == MATCH_YES && rule->operator_id == OPERATOR_GEO_LOOKUP) {
		if (geo(transaction, &captures) != RESULT_OK)
			return OUTCOME_FAILED;
	} else if (match == MATCH_YES && rule->captures && capture(transaction, unit, &captures) != RESULT_OK) {
		return OUTCOME_FAILED;
	}
	return take_match(transaction, unit, value, computed->bytes) == RESULT_OK ? OUTCOME_YES : OUTCOME_FAILED;
}

/* With multiMatch each form that differs from the one before is judged; otherwise the last one only. */
static enum outcome judge_value(struct waf_transaction *transaction, const struct unit *unit, const struct value *value)
{
	struct walk *walk = &transaction->walk;
	struct computed *before = NULL;

	for (unsigned count = unit->rule->transform_count; walk->stage <= count; walk->stage++) {
		bool is_last = walk->stage == count;
		struct computed *computed;
		enum outcome outcome;

		if (!is_last && !unit->rule->is_multi_match)
			continue;
		computed = compute(transaction, value->cell, is_last ? walk->node : walk->stage ? unit->nodes[walk->stage - 1] : 0);
		if (!computed)
			return OUTCOME_FAILED;
		if (computed == before)
			continue;
		before = computed;
		outcome = judge(transaction, unit, value, computed);
		walk->has_matched |= outcome == OUTCOME_YES;
		if (outcome == OUTCOME_WAIT || outcome == OUTCOME_FAILED || transaction->is_stopped)
			return outcome;
	}
	walk->stage = 0;
	return OUTCOME_YES;
}

static enum outcome run_values(struct waf_transaction *transaction, const struct unit *unit)
{
	struct walk *walk = &transaction->walk;

	for (; walk->value < walk->gathered->values.count; walk->value++) {
		enum outcome outcome = judge_value(transaction, unit, &walk->gathered->values.list[walk->value]);

		if (outcome == OUTCOME_WAIT || outcome == OUTCOME_FAILED)
			return outcome;
		if (transaction->is_stopped)
			break;
	}
	walk->gathered = NULL;
	walk->value = walk->stage = 0;
	return walk->has_matched ? OUTCOME_YES : OUTCOME_NO;
}

/* A rule whose phrases are in none of its values is left at once. */
static enum outcome run_rule(struct waf_transaction *transaction, const struct unit *unit)
{
	struct walk *walk = &transaction->walk;
	struct gathered *gathered;

	if (walk->gathered)
		return run_values(transaction, unit);
	walk->has_matched = false;
	if (gather(transaction, unit, &gathered) != RESULT_OK)
		return OUTCOME_FAILED;
	if (!gathered->values.count)
		return OUTCOME_NO;
	walk->node = unit->node;
	if (!unit->rule->is_multi_match && (unit->has_phrases || unit->has_bytes || (unit->node && gathered->values.count > 1))) {
		const struct reach *reach = reach_of(transaction, gathered, unit->node);

		if (!reach)
			return OUTCOME_FAILED;
		if (!may_match(unit, &reach->all))
			return OUTCOME_NO;
		walk->node = reach->node;
	}
	walk->gathered = gathered;
	return run_values(transaction, unit);
}

static enum outcome run_action(struct waf_transaction *transaction, const struct unit *unit)
{
	transaction->matched_name = transaction->matched_value = SPAN_NONE;
	if (act_on_match(transaction, unit->rule) != RESULT_OK)
		return OUTCOME_FAILED;
	if (!unit->chained && act_on_end(transaction, transaction->walk.starter->rule, unit->rule) != RESULT_OK)
		return OUTCOME_FAILED;
	return OUTCOME_YES;
}

static void forget_matched(struct waf_transaction *transaction)
{
	transaction->matched = (struct pairs){ 0 };
}

/* The rule of the step, and those chained to it. */
static enum outcome run_step(struct waf_transaction *transaction, const struct unit *starter)
{
	struct walk *walk = &transaction->walk;
	enum outcome outcome = OUTCOME_NO;

	if (!walk->unit) {
		forget_matched(transaction);
		walk->unit = walk->starter = starter;
	}
	while (walk->unit) {
		outcome = walk->unit->rule->is_action ? run_action(transaction, walk->unit) : run_rule(transaction, walk->unit);
		if (outcome == OUTCOME_WAIT)
			return outcome;
		walk->unit = outcome == OUTCOME_YES && !transaction->is_stopped ? walk->unit->chained : NULL;
	}
	return outcome;
}

static uint32_t step_after(const struct waf_transaction *transaction, const struct unit *unit)
{
	const struct walk *walk = &transaction->walk;
	uint32_t step = walk->step + 1, count = transaction->rules->step_count[walk->phase];

	if (unit->rule->skip_after.len)
		return unit->skip_to == NO_STEP ? count : unit->skip_to;
	for (uint32_t left = unit->rule->skip; left && step < count; step++)
		left -= !transaction->rules->steps[walk->phase][step]->rule->is_marker;
	return step;
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
	else if (transaction->has_met_limit)
		deny(transaction, WAF_MATCH_LIMIT, 403);
}

static void begin(struct waf_transaction *transaction, uint8_t phase)
{
	transaction->walk = (struct walk){ .phase = phase };
	transaction->is_allowed_phase = false;
	for (size_t i = 0; i < transaction->rules->sets.count; i++)
		transaction->gathered[i].is_there = false;
}

static bool is_over(const struct waf_transaction *transaction)
{
	if (transaction->is_stopped || transaction->is_allowed_phase || transaction->has_failed || transaction->engine == ENGINE_OFF)
		return true;
	return transaction->walk.phase != 5 &&
	       (transaction->is_allowed_all || (transaction->is_allowed_request && transaction->walk.phase <= 2));
}

enum waf_answer evaluate(struct waf_transaction *transaction, uint8_t phase)
{
	const struct waf_rules *rules = transaction->rules;
	struct walk *walk = &transaction->walk;
	bool was_stopped = transaction->is_stopped;

	if (walk->phase != phase)
		begin(transaction, phase);
	if (phase == 5)
		transaction->is_stopped = false;
	while (walk->step < rules->step_count[phase] && !is_over(transaction)) {
		const struct unit *unit = rules->steps[phase][walk->step];
		enum outcome outcome = OUTCOME_NO;

		if (!unit->rule->is_marker && !(transaction->removed && transaction->removed[unit->number]))
			outcome = run_step(transaction, unit);
		if (outcome == OUTCOME_WAIT)
			return WAF_WAIT;
		if (outcome == OUTCOME_FAILED)
			transaction->has_failed = true;
		walk->step = outcome == OUTCOME_YES ? step_after(transaction, unit) : walk->step + 1;
	}
	judge_failures(transaction);
	if (phase == 5)
		transaction->is_stopped = was_stopped;
	return transaction->is_stopped ? WAF_STOP : WAF_GO_ON;
}
