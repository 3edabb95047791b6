#include "waf/mask.h"

#include "base/encode.h"

#include "base/banned.h"

struct mask {
	struct mask *next;
	enum mask_kind kind;
	struct span name;
	struct span bytes;           /* of its value; none: all of it */
	size_t first, last;          /* how many of them stay */
};

static enum result add(struct waf_transaction *transaction, struct mask mask)
{
	struct mask *kept = arena_new(&transaction->arena, struct mask);

	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = mask;
	kept->next = transaction->masks;
	transaction->masks = kept;
	return RESULT_OK;
}

/* "ARGS:foo" is an argument, "REQUEST_HEADERS:foo" a header; what else matched came from neither, or was made of one. */
static bool kind_of(struct span variable, enum mask_kind *out)
{
	static const struct { struct span name; enum mask_kind kind; } rows[] = {
		{ SPAN_INIT("ARGS"), MASK_ARGUMENT }, { SPAN_INIT("ARGS_GET"), MASK_ARGUMENT }, { SPAN_INIT("ARGS_POST"), MASK_ARGUMENT },
		{ SPAN_INIT("ARGS_NAMES"), MASK_ARGUMENT }, { SPAN_INIT("REQUEST_HEADERS"), MASK_REQUEST_HEADER },
		{ SPAN_INIT("RESPONSE_HEADERS"), MASK_RESPONSE_HEADER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (span_equal(variable, rows[i].name)) {
			*out = rows[i].kind;
			return true;
		}
	}
	return false;
}

static uint64_t number_of(struct span text)
{
	uint64_t number = 0;

	return span_to_u64(text, UINT32_MAX, &number) == RESULT_OK ? number : 0;
}

static enum result add_matched(struct waf_transaction *transaction, const struct action *action, struct span text)
{
	const struct slot *captured = tx_find(transaction, NAME_CAPTURE);
	struct span first = span_cut(&text, '/'), variable;
	struct mask mask = { 0 };

	if (matched_name(transaction, transaction->matched, &mask.name) != RESULT_OK)
		return RESULT_NO_MEMORY;
	variable = span_cut(&mask.name, ':');
	if (!mask.name.at || !kind_of(variable, &mask.kind))
		return RESULT_OK;
	if (action->sanitise == SANITISE_MATCHED_BYTES) {
		mask.bytes = captured && span_contains(matched_bytes(transaction), captured->value) ? captured->value : SPAN_NONE;
		mask.first = number_of(first);
		mask.last = text.at ? number_of(text) : 0;
	}
	return add(transaction, mask);
}

enum result mask_add(struct waf_transaction *transaction, const struct action *action, const struct rule *rule)
{
	struct span text = SPAN("");

	if (macro_expand(transaction, &action->text, rule, &text) != RESULT_OK)
		return RESULT_NO_MEMORY;
	switch (action->sanitise) {
	case SANITISE_ARG:
		return add(transaction, (struct mask){ .kind = MASK_ARGUMENT, .name = text });
	case SANITISE_REQUEST_HEADER:
		return add(transaction, (struct mask){ .kind = MASK_REQUEST_HEADER, .name = text });
	case SANITISE_RESPONSE_HEADER:
		return add(transaction, (struct mask){ .kind = MASK_RESPONSE_HEADER, .name = text });
	case SANITISE_MATCHED:
	case SANITISE_MATCHED_BYTES:
		break;
	}
	return add_matched(transaction, action, text);
}

static void blot(char *at, size_t len, const struct mask *mask)
{
	size_t first = mask->first < len ? mask->first : 0, last = mask->last < len - first ? mask->last : 0;

	memset(at + first, '*', len - first - last);
}

/* All that PART is of TEXT, also where it stands twice. */
static void blot_part(char *text, size_t len, struct span part, const struct mask *mask)
{
	for (size_t i = 0; part.len && i + part.len <= len; i++) {
		if (memcmp(text + i, part.at, part.len) == 0)
			blot(text + i, part.len, mask);
	}
}

enum result mask_apply(struct waf_transaction *transaction, enum mask_kind kind, struct span name, struct span value, struct span *out)
{
	char *copy = NULL;

	for (const struct mask *mask = transaction->masks; mask && value.len; mask = mask->next) {
		if (mask->kind != kind || !span_equal_nocase(mask->name, name))
			continue;
		if (!copy && !(copy = arena_take(&transaction->arena, value.len)))
			return RESULT_NO_MEMORY;
		if (copy && value.at != copy) {
			memcpy(copy, value.at, value.len);
			value.at = copy;
		}
		if (mask->bytes.len)
			blot_part(copy, value.len, mask->bytes, mask);
		else
			blot(copy, value.len, mask);
	}
	*out = value;
	return RESULT_OK;
}

static const struct pairs *pairs_of(const struct waf_transaction *transaction, enum mask_kind kind, bool is_second)
{
	switch (kind) {
	case MASK_ARGUMENT:
		return is_second ? &transaction->args_post : &transaction->args_get;
	case MASK_REQUEST_HEADER:
		return &transaction->request_headers;
	case MASK_RESPONSE_HEADER:
		break;
	}
	return &transaction->response_headers;
}

/* TEXT where there is nothing to blot out, and COPY is NULL; or a copy of it. */
static enum result begin_copy(struct waf_transaction *transaction, struct span text, struct span *out, char **copy)
{
	*out = text;
	*copy = NULL;
	if (!transaction->masks || !text.len)
		return RESULT_OK;
	*copy = arena_take(&transaction->arena, text.len);
	if (!*copy)
		return RESULT_NO_MEMORY;
	memcpy(*copy, text.at, text.len);
	*out = span_make(*copy, text.len);
	return RESULT_OK;
}

enum result mask_text(struct waf_transaction *transaction, struct span text, struct span *out)
{
	char *copy;
	enum result result = begin_copy(transaction, text, out, &copy);

	if (!copy)
		return result;
	for (const struct mask *mask = transaction->masks; mask; mask = mask->next) {
		for (int second = 0; second < 2; second++) {
			for (const struct pair *pair = pairs_of(transaction, mask->kind, second)->first; pair; pair = pair->next) {
				if (span_equal_nocase(pair->name->bytes, mask->name))
					blot_part(copy, text.len, mask->bytes.len ? mask->bytes : pair->value->bytes, mask);
			}
		}
	}
	return RESULT_OK;
}

/* Is NAME, as it is written in a form, the name of MASK? */
static bool is_named(struct span name, const struct mask *mask)
{
	size_t at = 0;

	for (size_t i = 0; i < name.len; at++) {
		bool is_space = name.at[i] == '+';
		char byte = percent_byte(name, &i);

		byte = is_space ? ' ' : byte;
		if (at >= mask->name.len || ascii_lower(mask->name.at[at]) != ascii_lower(byte))
			return false;
	}
	return at == mask->name.len;
}

/* The value of one pair; encoded, so that it cannot be told which of its bytes may stay. */
static void blot_pair(const struct waf_transaction *transaction, char *at, size_t len)
{
	size_t equals = span_find(span_make(at, len), '=');

	for (const struct mask *mask = transaction->masks; mask && equals < len; mask = mask->next) {
		if (mask->kind == MASK_ARGUMENT && is_named(span_make(at, equals), mask))
			memset(at + equals + 1, '*', len - equals - 1);
	}
}

enum result mask_form(struct waf_transaction *transaction, struct span text, struct span *out)
{
	char *copy;
	enum result result = begin_copy(transaction, text, out, &copy);

	if (!copy)
		return result;
	for (size_t start = 0; start < text.len;) {
		size_t len = span_find(span_make(copy + start, text.len - start), transaction->settings->argument_separator);

		blot_pair(transaction, copy + start, len);
		start += len + 1;
	}
	return RESULT_OK;
}

bool mask_has_arguments(const struct waf_transaction *transaction)
{
	const struct mask *mask = transaction->masks;

	while (mask && mask->kind != MASK_ARGUMENT)
		mask = mask->next;
	return mask != NULL;
}
