/* Macros: %{tx.score}, %{MATCHED_VAR_NAME} ... */
#include "waf/transaction.h"

#include "base/banned.h"

#define FEW_PIECES 4

/* 2.9.7: of a chain it is the first rule that RULE means; its words are told as they are written, macros and all. */
enum result rule_member(struct waf_transaction *transaction, const struct rule *rule, struct span selector, struct span *out)
{
	char digits[DECIMAL_MAX];
	uint64_t number;

	*out = SPAN_NONE;
	if (transaction->walk.starter)
		rule = transaction->walk.starter->rule;
	if (!rule)
		return RESULT_OK;
	if (span_equal_nocase(selector, SPAN("msg")))
		*out = rule->msg.text;
	if (span_equal_nocase(selector, SPAN("logdata")))
		*out = rule->log_data.text;
	if (span_equal_nocase(selector, SPAN("rev")))
		*out = rule->rev;
	if (span_equal_nocase(selector, SPAN("ver")))
		*out = rule->ver;
	if (span_equal_nocase(selector, SPAN("id")))
		number = rule->id;
	else if (span_equal_nocase(selector, SPAN("severity")) && rule->severity >= 0)
		number = (uint64_t)rule->severity;
	else if (span_equal_nocase(selector, SPAN("accuracy")) && rule->accuracy)
		number = rule->accuracy;
	else if (span_equal_nocase(selector, SPAN("maturity")) && rule->maturity)
		number = rule->maturity;
	else
		return RESULT_OK;
	*out = arena_copy(&transaction->arena, span_make(digits, decimal_write(number, digits)));
	return out->at ? RESULT_OK : RESULT_NO_MEMORY;
}

/* The first value; nothing where there is none. */
static enum result reference(struct waf_transaction *transaction, const struct macro_piece *piece, const struct rule *rule, struct span *out)
{
	struct target target = { .variable = piece->variable, .kind = piece->selector.len ? SELECTOR_NAME : SELECTOR_NONE,
		                 .selector = piece->selector };
	struct source source = { .target = &target };
	struct values values = { 0 };
	enum result result;

	if (piece->variable == VARIABLE_RULE)
		return rule_member(transaction, rule, piece->selector, out);
	*out = SPAN_NONE;
	if (piece->slot) {
		const struct slot *slot = tx_find(transaction, piece->slot);

		*out = slot ? slot->value : SPAN_NONE;
		return RESULT_OK;
	}
	if (piece->variable == VARIABLE_TX || variable_kind(piece->variable) == VARIABLE_STORED) {
		const struct entry *entry = table_find(transaction, piece->variable, piece->selector);

		*out = entry ? entry->value : SPAN_NONE;
		return RESULT_OK;
	}
	result = gather(transaction, &source, &values);
	if (result == RESULT_OK && values.count)
		*out = values.list[0].raw->bytes;
	return result;
}

enum result macro_expand(struct waf_transaction *transaction, const struct macro *macro, const struct rule *rule, struct span *out)
{
	struct span few[2 * FEW_PIECES], *parts = few;
	size_t len = 0;
	char *at;

	if (!macro->count) {
		*out = macro->text;
		return RESULT_OK;
	}
	if (macro->count == 1 && !macro->pieces->text.len && macro->pieces->has_reference)
		return reference(transaction, macro->pieces, rule, out);
	if (macro->count > FEW_PIECES)
		parts = arena_take(&transaction->arena, 2 * (size_t)macro->count * sizeof(*parts));
	if (!parts)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < macro->count; i++) {
		parts[2 * i] = macro->pieces[i].text;
		parts[2 * i + 1] = SPAN_NONE;
		if (macro->pieces[i].has_reference && reference(transaction, &macro->pieces[i], rule, &parts[2 * i + 1]) != RESULT_OK)
			return RESULT_NO_MEMORY;
		len += parts[2 * i].len + parts[2 * i + 1].len;
	}
	at = arena_take(&transaction->arena, len);
	if (!at)
		return RESULT_NO_MEMORY;
	*out = span_make(at, len);
	for (unsigned i = 0; i < 2 * macro->count; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].at, parts[i].len);
		at += parts[i].len;
	}
	return RESULT_OK;
}
