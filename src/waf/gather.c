/* Targets become values. What cannot change within a phase is gathered once for all rules that have the same targets. */
#include "waf/collection.h"
#include "waf/operator/regex.h"

#include "base/banned.h"

static enum result reserve(struct waf_transaction *transaction, struct values *values, unsigned more)
{
	unsigned room = values->room ? 2 * values->room : 1;
	struct value *list;

	if (values->room - values->count >= more)
		return RESULT_OK;
	if (room < values->count + more)
		room = values->count + more;
	list = arena_take(&transaction->arena, room * sizeof(*list));
	if (!list)
		return RESULT_NO_MEMORY;
	if (values->count)
		memcpy(list, values->list, values->count * sizeof(*list));
	*values = (struct values){ list, values->count, room };
	return RESULT_OK;
}

static enum result add(struct waf_transaction *transaction, struct values *values, struct value value)
{
	if (reserve(transaction, values, 1) != RESULT_OK)
		return RESULT_NO_MEMORY;
	values->list[values->count++] = value;
	return RESULT_OK;
}

static enum result add_span(struct waf_transaction *transaction, struct values *values, const struct target *target, struct span key,
                            struct span bytes)
{
	struct computed *raw = arena_take(&transaction->arena, sizeof(*raw));

	if (!raw)
		return RESULT_NO_MEMORY;
	computed_start(raw, bytes);
	return add(transaction, values, (struct value){ target->variable, false, key, raw });
}

/* What an expression does not tell (a limit, an error) is looked at: a rule never sees less. */
static bool selects(const struct waf_transaction *transaction, const struct target *target, struct span key)
{
	switch (target->kind) {
	case SELECTOR_NONE:
	case SELECTOR_XPATH:
		return true;
	case SELECTOR_NAME:
		return target->selector.len == key.len && span_equal_nocase(target->selector, key);
	case SELECTOR_REGEX:
		return regex_match(target->regex, transaction->scratch, key, 0, 0, NULL) != MATCH_NO;
	}
	return false;
}

static enum result add_pairs(struct waf_transaction *transaction, struct values *values, const struct target *target, struct pairs *pairs,
                             bool is_names)
{
	if (target->kind == SELECTOR_NONE && reserve(transaction, values, pairs->count) != RESULT_OK)
		return RESULT_NO_MEMORY;
	for (struct pair *pair = pairs->first; pair; pair = pair->next) {
		struct value value = { target->variable, false, pair->name->bytes, is_names ? pair->name : pair->value };

		if (selects(transaction, target, pair->name->bytes) && add(transaction, values, value) != RESULT_OK)
			return RESULT_NO_MEMORY;
	}
	return RESULT_OK;
}

static enum result add_entry(struct waf_transaction *transaction, struct values *values, const struct target *target, const struct entry *entry)
{
	return entry && entry->is_set ? add_span(transaction, values, target, entry->name, entry->value) : RESULT_OK;
}

static enum result add_slot(struct waf_transaction *transaction, struct values *values, const struct target *target, uint16_t number)
{
	const struct slot *slot = tx_find(transaction, number);

	return slot ? add_span(transaction, values, target, transaction->rules->ruleset->names.list[number], slot->value) : RESULT_OK;
}

/* Those that have a number, of which the expression was asked at load, and then the others. */
static enum result add_all_entries(struct waf_transaction *transaction, struct values *values, const struct source *source)
{
	const struct target *target = source->target;
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < source->slot_count && result == RESULT_OK; i++)
		result = add_slot(transaction, values, target, source->slots[i]);
	for (const struct entry *entry = transaction->table.first; entry && result == RESULT_OK; entry = entry->later) {
		if (entry->variable == target->variable && selects(transaction, target, entry->name))
			result = add_entry(transaction, values, target, entry);
	}
	return result;
}

static enum result add_table(struct waf_transaction *transaction, struct values *values, const struct source *source)
{
	const struct target *target = source->target;

	if (target->kind != SELECTOR_NAME)
		return add_all_entries(transaction, values, source);
	if (target->slot)
		return add_slot(transaction, values, target, target->slot);
	return add_entry(transaction, values, target, table_find(transaction, target->variable, target->selector));
}

static enum result add_matched(struct waf_transaction *transaction, struct values *values, const struct target *target)
{
	bool is_names = target->variable == VARIABLE_MATCHED_VARS_NAMES;

	for (struct matched *matched = transaction->matched_first; matched; matched = matched->next) {
		struct span name;

		if (matched_name(transaction, matched, &name) != RESULT_OK ||
		    (selects(transaction, target, name) &&
		     add_span(transaction, values, target, name, is_names ? name : matched->bytes) != RESULT_OK))
			return RESULT_NO_MEMORY;
	}
	return RESULT_OK;
}

/* What may differ from one phase to the next is looked up anew in each. */
static enum result add_scalar(struct waf_transaction *transaction, struct values *values, const struct target *target, bool is_fixed)
{
	enum variable variable = target->variable;
	struct computed *raw = transaction->scalars[variable];
	struct span bytes;
	enum result result;

	if (!raw || !is_fixed || transaction->scalar_phase[variable] != transaction->walk.phase) {
		result = variable_get(transaction, variable, &bytes);
		if (result != RESULT_OK)
			return result == RESULT_NOT_FOUND ? RESULT_OK : result;
		if (!raw || !is_fixed || !span_equal(raw->bytes, bytes)) {
			raw = arena_take(&transaction->arena, sizeof(*raw));
			if (!raw)
				return RESULT_NO_MEMORY;
			computed_start(raw, bytes);
		}
		transaction->scalars[variable] = raw;
		transaction->scalar_phase[variable] = transaction->walk.phase;
	}
	return add(transaction, values, (struct value){ variable, false, SPAN_NONE, raw });
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

static enum result add_rule(struct waf_transaction *transaction, struct values *values, const struct target *target)
{
	struct span value;
	enum result result = rule_member(transaction, NULL, target->selector, &value);

	return result == RESULT_OK && value.at ? add_span(transaction, values, target, target->selector, value) : result;
}

static enum result both_args(struct waf_transaction *transaction, struct values *values, const struct target *target, bool is_names)
{
	enum result result = add_pairs(transaction, values, target, &transaction->args_get, is_names);

	return result == RESULT_OK ? add_pairs(transaction, values, target, &transaction->args_post, is_names) : result;
}

static enum result gather_target(struct waf_transaction *transaction, const struct source *source, struct values *out)
{
	const struct target *target = source->target;

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
		if (transaction->is_json)
			return RESULT_OK;  /* 2.9.7: what JSON says is in ARGS, and in nothing else */
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
	case VARIABLE_FILES_TMPNAMES:
	case VARIABLE_FILES_TMP_CONTENT:
		return add_pairs(transaction, out, target, &transaction->file_contents, false);
	case VARIABLE_RULE:
		return add_rule(transaction, out, target);
	case VARIABLE_FILES_SIZES:
		return add_pairs(transaction, out, target, &transaction->file_sizes, false);
	case VARIABLE_MULTIPART_PART_HEADERS:
		return add_pairs(transaction, out, target, &transaction->part_headers, false);
	case VARIABLE_MATCHED_VARS:
	case VARIABLE_MATCHED_VARS_NAMES:
		return add_matched(transaction, out, target);
	case VARIABLE_XML:
		return add_xml(transaction, out, target, source->path);
	case VARIABLE_REQBODY_PROCESSOR:
	case VARIABLE_DURATION:
	case VARIABLE_HIGHEST_SEVERITY:
	case VARIABLE_MATCHED_VAR:
	case VARIABLE_MATCHED_VAR_NAME:
	case VARIABLE_SESSIONID:
	case VARIABLE_USERID:
		return add_scalar(transaction, out, target, false);
	case VARIABLE_TX:
	case VARIABLE_ENV:
	case VARIABLE_GEO:
		return add_table(transaction, out, source);
	default:
		if (variable_kind(target->variable) == VARIABLE_STORED)
			return collection_is_open(transaction, target->variable) ? add_table(transaction, out, source) : RESULT_OK;
		return add_scalar(transaction, out, target, true);
	}
}

static enum result count(struct waf_transaction *transaction, const struct source *source, struct values *out)
{
	const struct target *target = source->target;
	struct values counted = { 0 };
	enum result result = gather_target(transaction, source, &counted);
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

enum result gather(struct waf_transaction *transaction, const struct source *source, struct values *out)
{
	return source->target->is_count ? count(transaction, source, out) : gather_target(transaction, source, out);
}

static bool excludes(const struct waf_transaction *transaction, const struct target *target, const struct value *value)
{
	if (value->variable != target->variable)
		return false;
	if (target->kind == SELECTOR_REGEX)
		return regex_match(target->regex, transaction->scratch, value->key, 0, 0, NULL) == MATCH_YES;
	return selects(transaction, target, value->key);
}

bool is_taken_away(const struct waf_transaction *transaction, const struct unit *unit, const struct value *value)
{
	const struct target_set *set = set_at(transaction->rules, unit->set);
	const struct removal *removal = transaction->removals ? transaction->removals[unit->number] : NULL;

	if (value->is_count)
		return false;
	for (unsigned i = 0; set->has_exclusions && i < set->count; i++) {
		if (set->targets[i].is_excluded && excludes(transaction, &set->targets[i], value))
			return true;
	}
	for (; removal; removal = removal->next) {
		for (unsigned i = 0; i < removal->count; i++) {
			if (excludes(transaction, &removal->targets[i], value))
				return true;
		}
	}
	return false;
}

static const char hex_digits[] = "0123456789abcdef";

/* One byte of a name as 2.9.7 writes it into names: at most four. */
static size_t escape(unsigned char byte, char out[4])
{
	static const char letters[] = "\b\n\r\t\v\\", names[] = "bnrtv\\";
	const char *letter = byte ? strchr(letters, byte) : NULL;

	if (letter) {
		out[0] = '\\';
		out[1] = names[letter - letters];
		return 2;
	}
	if (byte >= 0x20 && byte < 0x7f) {
		out[0] = (char)byte;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex_digits[byte >> 4];
	out[3] = hex_digits[byte & 15];
	return 4;
}

/* 2.9.7: of a count, the variable alone; a name that is empty keeps its colon; bytes that are not printed are escaped; what
 * matched before keeps the name that it had. */
enum result value_name(struct waf_transaction *transaction, const struct value *value, struct span *out)
{
	struct span name = span_of(variable_name(value->variable));
	size_t len = name.len + 1;
	char *at, bytes[4];

	*out = name;
	if (value->is_count || !value->key.at)
		return RESULT_OK;
	if (value->variable == VARIABLE_MATCHED_VARS || value->variable == VARIABLE_MATCHED_VARS_NAMES) {
		*out = value->key;
		return RESULT_OK;
	}
	for (size_t i = 0; i < value->key.len; i++)
		len += escape((unsigned char)value->key.at[i], bytes);
	at = arena_take(&transaction->arena, len + sizeof(bytes));
	if (!at)
		return RESULT_NO_MEMORY;
	*out = span_make(at, len);
	memcpy(at, name.at, name.len);
	at += name.len;
	*at++ = ':';
	for (size_t i = 0; i < value->key.len; i++)
		at += escape((unsigned char)value->key.at[i], at);
	return RESULT_OK;
}
