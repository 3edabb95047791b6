/* setvar and its kin: TX, ENV and stored collections. */
#include "waf/act_parts.h"
#include "waf/collection.h"

#include "base/banned.h"

/* What comes of SETVAR_ADD and SETVAR_SUBTRACT. 2.9.7: never below 0. Nor beyond 32 bits, where a counter would begin anew. */
static int64_t sum_of(const struct setvar *setvar, int64_t before, int64_t change)
{
	int64_t after = before + (setvar->kind == SETVAR_SUBTRACT ? -change : change);

	return after < 0 ? 0 : after > INT32_MAX ? INT32_MAX : after;
}

static enum result add(struct waf_transaction *transaction, const struct setvar *setvar, struct span name, int64_t change)
{
	const struct entry *entry = table_find(transaction, setvar->collection, name);
	int64_t before = entry ? integer_of(entry->value) : 0, after = sum_of(setvar, before, change);
	char digits[DECIMAL_MAX];
	struct span value = span_make(digits, decimal_write((uint64_t)after, digits));

	if (setvar->collection == VARIABLE_TX)
		return table_set(transaction, VARIABLE_TX, name, value);
	return collection_count(transaction, setvar->collection, name, value, after - before);
}

/* TX by a name that stands in the rule: nothing is looked for, and no value is copied. */
static enum result set_numbered(struct waf_transaction *transaction, const struct setvar *setvar, const struct rule *rule)
{
	const struct slot *before = tx_find(transaction, setvar->slot);
	char digits[DECIMAL_MAX];
	struct span value;
	int64_t number;

	if (setvar->kind == SETVAR_UNSET) {
		tx_unset(transaction, setvar->slot);
		return RESULT_OK;
	}
	if (macro_expand(transaction, &setvar->value, rule, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (setvar->kind != SETVAR_ASSIGN) {
		number = sum_of(setvar, before ? integer_of(before->value) : 0, integer_of(value));
		value = arena_copy(&transaction->arena, span_make(digits, decimal_write((uint64_t)number, digits)));
		if (!value.at)
			return RESULT_NO_MEMORY;
	}
	tx_set(transaction, setvar->slot, value);
	return RESULT_OK;
}

static enum result assign(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value)
{
	return variable_kind(variable) == VARIABLE_STORED ? collection_set(transaction, variable, name, value) :
	                                                     table_put(transaction, variable, name, value);
}

static enum result take_away(struct waf_transaction *transaction, enum variable variable, struct span name)
{
	if (variable_kind(variable) == VARIABLE_STORED)
		return collection_unset(transaction, variable, name);
	table_unset(transaction, variable, name);
	return RESULT_OK;
}

static enum result expand_both(struct waf_transaction *transaction, const struct setvar *setvar, const struct rule *rule, struct span *name,
                               struct span *value)
{
	enum result result = macro_expand(transaction, &setvar->name, rule, name);

	return result == RESULT_OK ? macro_expand(transaction, &setvar->value, rule, value) : result;
}

/* What changes a collection that no rule has opened changes nothing (2.9.7). */
static bool is_open(const struct waf_transaction *transaction, const struct setvar *setvar)
{
	return setvar->collection == VARIABLE_TX || collection_is_open(transaction, setvar->collection);
}

static enum result set(struct waf_transaction *transaction, const struct setvar *setvar, const struct rule *rule)
{
	struct span name, value;

	if (setvar->slot)
		return set_numbered(transaction, setvar, rule);
	if (expand_both(transaction, setvar, rule, &name, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (!is_open(transaction, setvar))
		return RESULT_OK;
	switch (setvar->kind) {
	case SETVAR_ASSIGN:
		return assign(transaction, setvar->collection, name, value);
	case SETVAR_UNSET:
		return take_away(transaction, setvar->collection, name);
	case SETVAR_ADD:
	case SETVAR_SUBTRACT:
		return add(transaction, setvar, name, integer_of(value));
	}
	return RESULT_OK;
}

static enum result set_environment(struct waf_transaction *transaction, const struct setvar *setvar, const struct rule *rule)
{
	struct span name, value;

	if (expand_both(transaction, setvar, rule, &name, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	return setvar->kind == SETVAR_UNSET ? take_away(transaction, VARIABLE_ENV, name) : table_put(transaction, VARIABLE_ENV, name, value);
}

/* expirevar and deprecatevar; TX is gone with its request anyway. */
static enum result age(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	const struct setvar *setvar = &action->setvar;
	struct span name, value;

	if (expand_both(transaction, setvar, rule, &name, &value) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (setvar->collection == VARIABLE_TX || !collection_is_open(transaction, setvar->collection))
		return RESULT_OK;
	if (action->kind == ACTION_EXPIREVAR)
		return collection_expire(transaction, setvar->collection, name, integer_of(value));
	return collection_deprecate(transaction, setvar->collection, name, value);
}

/* Applications share what initcol opens; what setsid and its kin open is an application's own (SecWebAppId), as in 2.9.7. */
static enum result open_own(struct waf_transaction *transaction, enum variable variable, struct span key)
{
	struct span application = web_app_id(transaction->settings), kind = span_of(variable_name(variable));
	size_t len = application.len + 1 + kind.len;
	char *at = arena_take(&transaction->arena, len);

	if (!at)
		return RESULT_NO_MEMORY;
	memcpy(at, application.at, application.len);
	at[application.len] = '_';
	memcpy(at + application.len + 1, kind.at, kind.len);
	return collection_open(transaction, variable, span_make(at, len), key);
}

static enum result open_collection(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	struct span key;

	if (macro_expand(transaction, &action->text, rule, &key) != RESULT_OK)
		return RESULT_NO_MEMORY;
	switch ((int)action->kind) {
	case ACTION_SETSID:
		transaction->session_id = key;
		return open_own(transaction, VARIABLE_SESSION, key);
	case ACTION_SETUID:
		transaction->user_id = key;
		return open_own(transaction, VARIABLE_USER, key);
	case ACTION_SETRSC:
		return open_own(transaction, VARIABLE_RESOURCE, key);
	default:
		return collection_open(transaction, action->collection, span_of(variable_name(action->collection)), key);
	}
}

enum result act_set(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	switch ((int)action->kind) {
	case ACTION_SETVAR:
		return set(transaction, &action->setvar, rule);
	case ACTION_SETENV:
		return set_environment(transaction, &action->setvar, rule);
	case ACTION_EXPIREVAR:
	case ACTION_DEPRECATEVAR:
		return age(transaction, action, rule);
	default:
		return open_collection(transaction, action, rule);
	}
}
