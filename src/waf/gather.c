/* Targets become values. What cannot change within a phase is gathered once for all rules that have the same targets. */
#include "waf/operator/regex.h"
#include "waf/transaction.h"

#include "base/banned.h"

static enum result add(struct waf_transaction *transaction, struct values *values, struct value value)
{
	if (values->count == values->room) {
		unsigned room = values->room ? 2 * values->room : 4;
		struct value *list = arena_take(&transaction->arena, room * sizeof(*list));

		if (!list)
			return RESULT_NO_MEMORY;
		if (values->count)
			memcpy(list, values->list, values->count * sizeof(*list));
		*values = (struct values){ list, values->count, room };
	}
	values->list[values->count++] = value;
	return RESULT_OK;
}

static enum result add_span(struct waf_transaction *transaction, struct values *values, const struct target *target, struct span key,
                            struct span bytes)
{
	struct cell *cell = arena_new(&transaction->arena, struct cell);

	if (!cell)
		return RESULT_NO_MEMORY;
	cell->raw.bytes = bytes;
	return add(transaction, values, (struct value){ target->variable, false, key, cell });
}

static bool selects(const struct waf_transaction *transaction, const struct target *target, struct span key)
{
	switch (target->kind) {
	case SELECTOR_NONE:
	case SELECTOR_XPATH:
		return true;
	case SELECTOR_NAME:
		return span_equal_nocase(target->selector, key);
	case SELECTOR_REGEX:
		return regex_match(target->regex, transaction->scratch, key, 0, 0, NULL) == MATCH_YES;
	}
	return false;
}

static enum result add_pairs(struct waf_transaction *transaction, struct values *values, const struct target *target, struct pairs *pairs,
                             bool is_names)
{
	enum result result = RESULT_OK;

	for (struct pair *pair = pairs->first; pair && result == RESULT_OK; pair = pair->next) {
		if (selects(transaction, target, pair->name))
			result = add(transaction, values, (struct value){ target->variable, false, pair->name,
			                                                  is_names ? &pair->name_cell : &pair->value });
	}
	return result;
}

static enum result add_table(struct waf_transaction *transaction, struct values *values, const struct target *target)
{
	const struct entry *entry;
	enum result result = RESULT_OK;

	if (target->kind == SELECTOR_NAME) {
		entry = table_find(transaction, target->variable, target->selector);
		return entry ? add_span(transaction, values, target, entry->name, entry->value) : RESULT_OK;
	}
	for (unsigned i = 0; i < BUCKETS; i++) {
		for (entry = transaction->buckets[i]; entry && result == RESULT_OK; entry = entry->next) {
			if (entry->is_set && entry->variable == target->variable && selects(transaction, target, entry->name))
				result = add_span(transaction, values, target, entry->name, entry->value);
		}
	}
	return result;
}

/* What may differ from one phase to the next is looked up anew in each. */
static enum result add_scalar(struct waf_transaction *transaction, struct values *values, const struct target *target, bool is_fixed)
{
	enum variable variable = target->variable;
	struct cell *cell = transaction->scalars[variable];
	struct span bytes;
	enum result result;

	if (!cell || !is_fixed || transaction->scalar_phase[variable] != transaction->walk.phase) {
		result = variable_get(transaction, variable, &bytes);
		if (result != RESULT_OK)
			return result == RESULT_NOT_FOUND ? RESULT_OK : result;
		if (!cell || !is_fixed || cell->raw.bytes.at != bytes.at || cell->raw.bytes.len != bytes.len) {
			cell = arena_new(&transaction->arena, struct cell);
			if (!cell)
				return RESULT_NO_MEMORY;
			cell->raw.bytes = bytes;
		}
		transaction->scalars[variable] = cell;
		transaction->scalar_phase[variable] = transaction->walk.phase;
	}
	return add(transaction, values, (struct value){ variable, false, SPAN_NONE, cell });
}

struct finding {
	struct waf_transaction *transaction;
	struct values *values;
	const struct target *target;
};

static enum result found(void *context, struct span value)
{
	struct finding *finding = context;
	struct span kept = arena_copy(&finding->transaction->arena, value);

	return kept.at ? add_span(finding->transaction, finding->values, finding->target, SPAN_NONE, kept) : RESULT_NO_MEMORY;
}

/* A path that takes too long finds nothing, and the request is judged as one whose match met a limit. */
static enum result add_xml(struct waf_transaction *transaction, struct values *values, const struct target *target, const struct xml_path *path)
{
	struct xml_document *document = transaction->reader && transaction->is_body_done ? reader_document(transaction->reader) : NULL;
	struct finding finding = { transaction, values, target };
	struct xml_sink sink = { &finding, found };
	enum result result;

	if (!document || !path)
		return RESULT_OK;
	result = xml_find(document, path, &sink);
	if (result == RESULT_LIMIT)
		transaction->has_met_limit = true;
	return result == RESULT_NO_MEMORY ? result : RESULT_OK;
}

static enum result both_args(struct waf_transaction *transaction, struct values *values, const struct target *target, bool is_names)
{
	enum result result = add_pairs(transaction, values, target, &transaction->args_get, is_names);

	return result == RESULT_OK ? add_pairs(transaction, values, target, &transaction->args_post, is_names) : result;
}

enum result gather_target(struct waf_transaction *transaction, const struct target *target, const struct xml_path *path, struct values *out)
{
	switch ((int)target->variable) {
	case VARIABLE_ARGS:
		return both_args(transaction, out, target, false);
	case VARIABLE_ARGS_NAMES:
		return both_args(transaction, out, target, true);
	case VARIABLE_ARGS_GET:
	case VARIABLE_ARGS_GET_NAMES:
		return add_pairs(transaction, out, target, &transaction->args_get, target->variable == VARIABLE_ARGS_GET_NAMES);
	case VARIABLE_ARGS_POST:
	case VARIABLE_ARGS_POST_NAMES:
		return add_pairs(transaction, out, target, &transaction->args_post, target->variable == VARIABLE_ARGS_POST_NAMES);
	case VARIABLE_REQUEST_COOKIES:
	case VARIABLE_REQUEST_COOKIES_NAMES:
		return add_pairs(transaction, out, target, &transaction->cookies, target->variable == VARIABLE_REQUEST_COOKIES_NAMES);
	case VARIABLE_REQUEST_HEADERS:
	case VARIABLE_REQUEST_HEADERS_NAMES:
		return add_pairs(transaction, out, target, &transaction->request_headers, target->variable == VARIABLE_REQUEST_HEADERS_NAMES);
	case VARIABLE_RESPONSE_HEADERS:
	case VARIABLE_RESPONSE_HEADERS_NAMES:
		return add_pairs(transaction, out, target, &transaction->response_headers, target->variable == VARIABLE_RESPONSE_HEADERS_NAMES);
	case VARIABLE_FILES:
	case VARIABLE_FILES_NAMES:
		return add_pairs(transaction, out, target, &transaction->files, target->variable == VARIABLE_FILES_NAMES);
	case VARIABLE_FILES_SIZES:
		return add_pairs(transaction, out, target, &transaction->file_sizes, false);
	case VARIABLE_MULTIPART_PART_HEADERS:
		return add_pairs(transaction, out, target, &transaction->part_headers, false);
	case VARIABLE_MATCHED_VARS:
	case VARIABLE_MATCHED_VARS_NAMES:
		return add_pairs(transaction, out, target, &transaction->matched, target->variable == VARIABLE_MATCHED_VARS_NAMES);
	case VARIABLE_XML:
		return add_xml(transaction, out, target, path);
	case VARIABLE_REQBODY_PROCESSOR:
	case VARIABLE_DURATION:
	case VARIABLE_HIGHEST_SEVERITY:
	case VARIABLE_MATCHED_VAR:
	case VARIABLE_MATCHED_VAR_NAME:
		return add_scalar(transaction, out, target, false);
	case VARIABLE_TX:
	case VARIABLE_ENV:
		return add_table(transaction, out, target);
	default:
		if (variable_kind(target->variable) == VARIABLE_STORED)
			return transaction->is_collection_there[target->variable] ? add_table(transaction, out, target) : RESULT_OK;
		return add_scalar(transaction, out, target, true);
	}
}

static enum result count_target(struct waf_transaction *transaction, const struct target *target, const struct xml_path *path,
                                struct values *out)
{
	struct values counted = { 0 };
	enum result result = gather_target(transaction, target, path, &counted);
	char digits[DECIMAL_MAX];
	struct span text;

	if (result != RESULT_OK)
		return result;
	text = arena_copy(&transaction->arena, span_make(digits, decimal_write(counted.count, digits)));
	result = text.at ? add_span(transaction, out, target, target->kind == SELECTOR_NONE ? SPAN_NONE : target->selector, text) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		out->list[out->count - 1].is_count = true;
	return result;
}

static void exclude(struct waf_transaction *transaction, const struct target *target, struct values *values)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < values->count; i++) {
		const struct value *value = &values->list[i];

		if (value->is_count || value->variable != target->variable || !selects(transaction, target, value->key))
			values->list[kept++] = *value;
	}
	values->count = kept;
}

static enum result gather_set(struct waf_transaction *transaction, const struct target_set *set, struct values *out)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < set->count && result == RESULT_OK; i++) {
		const struct target *target = &set->targets[i];

		if (target->is_count)
			result = count_target(transaction, target, set->paths[i], out);
		else if (!target->is_excluded)
			result = gather_target(transaction, target, set->paths[i], out);
	}
	for (unsigned i = 0; i < set->count; i++) {
		if (set->targets[i].is_excluded)
			exclude(transaction, &set->targets[i], out);
	}
	return result;
}

static enum result gather_own(struct waf_transaction *transaction, const struct target_set *set, const struct removal *removal,
                              struct gathered **out)
{
	enum result result;

	*out = arena_new(&transaction->arena, struct gathered);
	if (!*out)
		return RESULT_NO_MEMORY;
	result = gather_set(transaction, set, &(*out)->values);
	for (; removal; removal = removal->next) {
		for (unsigned i = 0; i < removal->count; i++)
			exclude(transaction, &removal->targets[i], &(*out)->values);
	}
	return result;
}

static bool is_plain_tx(const struct target_set *set)
{
	return set->count == 1 && set->targets->variable == VARIABLE_TX && set->targets->kind == SELECTOR_NAME;
}

/* TX:name and &TX:name, in memory that the next such rule takes again. */
static struct gathered *gather_tx(struct waf_transaction *transaction, const struct target *target)
{
	const struct entry *entry = table_find(transaction, VARIABLE_TX, target->selector);
	struct gathered *own = &transaction->own;

	*own = (struct gathered){ .is_there = true, .values = { &transaction->own_value, 0, 0 } };
	if (!entry && !target->is_count)
		return own;
	transaction->own_cell = (struct cell){ 0 };
	transaction->own_cell.raw.bytes = target->is_count ? (entry ? SPAN("1") : SPAN("0")) : entry->value;
	transaction->own_value = (struct value){ VARIABLE_TX, target->is_count, target->is_count ? target->selector : entry->name,
		                                 &transaction->own_cell };
	own->values.count = 1;
	return own;
}

enum result gather(struct waf_transaction *transaction, const struct unit *unit, struct gathered **out)
{
	const struct target_set *set = (const struct target_set *)transaction->rules->sets.items + unit->set;
	const struct removal *removal = transaction->removals ? transaction->removals[unit->number] : NULL;
	enum result result = RESULT_OK;

	if (!removal && is_plain_tx(set)) {
		*out = gather_tx(transaction, set->targets);
		return RESULT_OK;
	}
	if (set->is_volatile || removal)
		return gather_own(transaction, set, removal, out);
	*out = &transaction->gathered[unit->set];
	if (!(*out)->is_there) {
		(*out)->values = (struct values){ 0 };
		(*out)->reach = NULL;
		result = gather_set(transaction, set, &(*out)->values);
		(*out)->is_there = result == RESULT_OK;
	}
	return result;
}

enum result value_name(struct waf_transaction *transaction, const struct value *value, struct span *out)
{
	struct span name = span_of(variable_name(value->variable));
	size_t len = value->is_count + name.len + (value->key.len ? value->key.len + 1 : 0);
	char *at;

	*out = name;
	if (len == name.len)
		return RESULT_OK;
	at = arena_take(&transaction->arena, len);
	if (!at)
		return RESULT_NO_MEMORY;
	*out = span_make(at, len);
	if (value->is_count)
		*at++ = '&';
	memcpy(at, name.at, name.len);
	if (value->key.len) {
		at[name.len] = ':';
		memcpy(at + name.len + 1, value->key.at, value->key.len);
	}
	return RESULT_OK;
}
