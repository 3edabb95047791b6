/* Macros: %{tx.score}, %{MATCHED_VAR_NAME} ... */
#include "waf/transaction.h"

#include "base/banned.h"

static enum result rule_word(const struct rule *rule, struct span selector, struct arena *arena, struct span *out)
{
	char digits[DECIMAL_MAX];

	*out = SPAN_NONE;
	if (!rule)
		return RESULT_OK;
	if (span_equal_nocase(selector, SPAN("msg")))
		*out = rule->msg.text;
	else if (span_equal_nocase(selector, SPAN("logdata")))
		*out = rule->log_data.text;
	else if (span_equal_nocase(selector, SPAN("rev")))
		*out = rule->rev;
	else if (span_equal_nocase(selector, SPAN("id")))
		*out = arena_copy(arena, span_make(digits, decimal_write(rule->id, digits)));
	else if (span_equal_nocase(selector, SPAN("severity")) && rule->severity >= 0)
		*out = arena_copy(arena, span_make(digits, decimal_write((uint64_t)rule->severity, digits)));
	return RESULT_OK;
}

/* The first value; nothing where there is none. */
static enum result reference(struct waf_transaction *transaction, const struct macro_piece *piece, const struct rule *rule, struct span *out)
{
	struct target target = { .variable = piece->variable, .kind = piece->selector.len ? SELECTOR_NAME : SELECTOR_NONE,
		                 .selector = piece->selector };
	struct values values = { 0 };
	enum result result;

	if (piece->variable == VARIABLE_RULE)
		return rule_word(rule, piece->selector, &transaction->arena, out);
	*out = SPAN_NONE;
	if (piece->variable == VARIABLE_TX || variable_kind(piece->variable) == VARIABLE_STORED) {
		const struct entry *entry = table_find(transaction, piece->variable, piece->selector);

		if (entry)
			*out = entry->value;
		return RESULT_OK;
	}
	result = gather_target(transaction, &target, NULL, &values);
	if (result == RESULT_OK && values.count)
		*out = values.list[0].cell->raw.bytes;
	return result;
}

enum result macro_expand(struct waf_transaction *transaction, const struct macro *macro, const struct rule *rule, struct span *out)
{
	struct span *parts;
	size_t len = 0;
	char *at;

	if (!macro->count) {
		*out = macro->text;
		return RESULT_OK;
	}
	parts = arena_new_array(&transaction->arena, struct span, 2 * (size_t)macro->count);
	if (!parts)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < macro->count; i++) {
		parts[2 * i] = macro->pieces[i].text;
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
