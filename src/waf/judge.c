/* One value and one rule: what the operator says, and what follows from a match. */
#include "waf/transaction.h"

#include "base/banned.h"

#define JUDGING_BYTES 64      /* what a question costs beside the bytes of the value */

struct span matched_bytes(const struct waf_transaction *transaction)
{
	return transaction->matched ? transaction->matched->bytes : SPAN_NONE;
}

enum result matched_name(struct waf_transaction *transaction, struct matched *matched, struct span *out)
{
	*out = SPAN_NONE;
	if (!matched)
		return RESULT_OK;
	if (!matched->name.at && value_name(transaction, &matched->value, &matched->name) != RESULT_OK)
		return RESULT_NO_MEMORY;
	*out = matched->name;
	return RESULT_OK;
}

static void capture(struct waf_transaction *transaction, const struct unit *unit, const struct captures *captures)
{
	for (unsigned i = 0; i < CAPTURES_MAX; i++) {
		if (i < captures->count)
			tx_set(transaction, (uint16_t)(NAME_CAPTURE + i), captures->list[i]);
		else if (unit->rule->operator_id == OPERATOR_RX)
			tx_unset(transaction, (uint16_t)(NAME_CAPTURE + i));
	}
}

static enum result geo(struct waf_transaction *transaction, const struct captures *captures)
{
	static const struct span names[] = { SPAN_INIT("COUNTRY_CODE"), SPAN_INIT("COUNTRY_NAME"), SPAN_INIT("COUNTRY_CONTINENT") };
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < captures->count && result == RESULT_OK; i++)
		result = table_set(transaction, VARIABLE_GEO, names[i], captures->list[i].at ? captures->list[i] : SPAN(""));
	return result;
}

/* VALUE and BYTES become MATCHED_VAR and its kin, then the rule's actions run. */
static enum result take_match(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, struct span bytes)
{
	struct matched *matched = arena_take(&transaction->arena, sizeof(*matched));
	enum result result;

	if (!matched)
		return RESULT_NO_MEMORY;
	*matched = (struct matched){ .value = *value, .bytes = bytes };
	transaction->matched = *transaction->matched_last = matched;
	transaction->has_action_matched = false;
	transaction->matched_last = &matched->next;
	transaction->walk.has_matched = true;
	result = act_on_match(transaction, unit->rule);
	if (result == RESULT_OK && !unit->chained)
		result = act_on_end(transaction, transaction->walk.starter->rule, unit->rule);
	return result;
}

static enum match ask(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, const struct computed *computed,
                      struct captures *captures)
{
	struct operator_call call = { .scratch = transaction->scratch, .arena = &transaction->arena, .asker = transaction->asker,
		                      .bytes = computed->is_scanned ? &computed->traits.bytes : NULL };

	if ((unit->has_macro && macro_expand(transaction, &unit->rule->parameter, unit->rule, &call.parameter) != RESULT_OK) ||
	    (unit->is_rbl && value_name(transaction, value, &call.variable) != RESULT_OK)) {
		transaction->has_failed = true;
		return MATCH_ERROR;
	}
	return operator_match(unit->operator, &call, computed->bytes, captures);
}

static enum outcome refused(const struct unit *unit, struct computed *computed)
{
	if (!unit->has_macro)
		computed->refused_by = unit->number + 1;
	return OUTCOME_NO;
}

/* Whether the value matches is not known: the walk goes on, and the end of the phase denies. */
static enum outcome not_known(struct waf_transaction *transaction, enum match match)
{
	transaction->has_met_error |= match == MATCH_BROKEN;
	transaction->has_met_silence |= match == MATCH_UNANSWERED;
	transaction->has_met_limit |= match == MATCH_LIMIT;
	if (match == MATCH_LIMIT)
		tx_set(transaction, NAME_PCRE_LIMITS, SPAN("1"));
	return OUTCOME_NO;
}

/* A form that did not match before, of another value, does not match now, unless the question has changed. */
enum outcome judge(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, struct computed *computed)
{
	struct captures captures __attribute__((uninitialized));  /* operator_match sets its count first */
	enum pace_answer pace;
	enum match match;

	if (computed->refused_by == unit->number + 1 && !transaction->asks_all)
		return OUTCOME_NO;
	if (is_taken_away(transaction, unit, value))
		return OUTCOME_NO;
	pace = pace_ask(transaction, JUDGING_BYTES + computed->bytes.len);
	if (pace != PACE_ON)
		return pace == PACE_WAIT ? OUTCOME_WAIT : OUTCOME_FAILED;
	match = ask(transaction, unit, value, computed, &captures);
	if (transaction->has_failed)
		return OUTCOME_FAILED;
	if (match == MATCH_WAIT)
		return OUTCOME_WAIT;
	if (match == MATCH_LIMIT || match == MATCH_BROKEN || match == MATCH_UNANSWERED)
		return not_known(transaction, match);
	if (match == MATCH_ERROR || (match == MATCH_YES) == unit->is_negated)
		return refused(unit, computed);
	if (match == MATCH_YES && unit->is_geo) {
		if (geo(transaction, &captures) != RESULT_OK)
			return OUTCOME_FAILED;
	} else if (match == MATCH_YES && unit->captures) {
		capture(transaction, unit, &captures);
	}
	return take_match(transaction, unit, value, computed->bytes) == RESULT_OK ? OUTCOME_YES : OUTCOME_FAILED;
}

/* multiMatch: each form that differs from the one before is judged. */
enum outcome judge_forms(struct waf_transaction *transaction, const struct unit *unit, const struct value *value)
{
	struct walk *walk = &transaction->walk;
	struct computed *before = NULL;
	enum outcome outcome;

	for (; walk->stage <= unit->rule->transform_count; walk->stage++) {
		struct computed *computed = compute(transaction, value->raw, walk->stage ? unit->nodes[walk->stage - 1] : 0);

		if (!computed)
			return OUTCOME_FAILED;
		if (computed == before || (unit->is_filtered && !transaction->asks_all && computed->is_scanned && !may_match(unit, &computed->traits)))
			continue;
		before = computed;
		outcome = judge(transaction, unit, value, computed);
		if (outcome == OUTCOME_WAIT || outcome == OUTCOME_FAILED)
			return outcome;
		if (transaction->is_stopped)
			break;
	}
	walk->stage = 0;
	return OUTCOME_NO;
}
