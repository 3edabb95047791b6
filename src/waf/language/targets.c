#include "waf/language/targets.h"

#include "base/banned.h"

struct target_list {
	struct reader *reader;
	const struct word *word;
	size_t offset;
	enum target_use use;
	struct bag *out;
};

static struct place place_of(const struct target_list *list, size_t offset)
{
	return word_place(list->word, list->offset + offset);
}

enum result variable_read(struct span name, enum variable *out, struct span *selector)
{
	enum result result = variable_find(name, out);

	if (result == RESULT_OK || name.len <= 5 || !span_starts(name, SPAN("HTTP_")))
		return result;
	*out = VARIABLE_REQUEST_HEADERS;
	*selector = span_skip(name, 5);
	return RESULT_OK;
}

static bool is_expression(struct span text)
{
	return text.len > 2 && text.at[0] == '/' && text.at[text.len - 1] == '/';
}

static enum result read_selector(struct target_list *list, const struct item *item, struct target *target)
{
	if (!item->value.len)
		return fault(list->reader, place_of(list, item->value_offset), SPAN_NONE, "nothing behind \"%.*s:\"", SPAN_ARG(item->name));
	target->selector = item->value;
	target->kind = SELECTOR_NAME;
	if (target->variable == VARIABLE_XML) {
		target->kind = SELECTOR_XPATH;
	} else if (is_expression(item->value)) {
		target->kind = SELECTOR_REGEX;
		return reader_compile(list->reader, span_make(item->value.at + 1, item->value.len - 2), true,
		                      place_of(list, item->value_offset), &target->regex);
	}
	return RESULT_OK;
}

/* Whether the variable can have what was written of it. */
static enum result check_form(struct target_list *list, const struct item *item, const struct target *target)
{
	enum variable_kind kind = variable_kind(target->variable);
	const char *name = variable_name(target->variable);
	bool has_selector = target->kind != SELECTOR_NONE;

	if (has_selector && (kind == VARIABLE_SCALAR || kind == VARIABLE_SEQUENCE))
		return fault(list->reader, place_of(list, item->value_offset), SPAN_NONE, "%s has no named values: nothing may follow its name", name);
	if (!has_selector && (kind == VARIABLE_NAMED || kind == VARIABLE_STORED) && list->use != TARGETS_TO_REMOVE)
		return fault(list->reader, place_of(list, item->name_offset), SPAN_NONE,
		             "%s needs the name of one of its values, as in %s:name or %s:/expression/", name, name, name);
	if (target->is_count && kind == VARIABLE_SCALAR)
		return fault(list->reader, place_of(list, item->name_offset), SPAN_NONE, "%s is one value and cannot be counted with &", name);
	return RESULT_OK;
}

static enum result read_name(struct target_list *list, const struct item *item, struct target *target)
{
	struct span name = item->name, selector = SPAN_NONE;
	size_t offset = item->name_offset;

	if (name.at[0] == '!' || name.at[0] == '&') {
		if (list->use == TARGETS_TO_REMOVE)
			return fault(list->reader, place_of(list, offset), SPAN_NONE, "a target that is removed is named without ! or &");
		target->is_excluded = name.at[0] == '!';
		target->is_count = name.at[0] == '&';
		name = span_skip(name, 1);
		offset++;
	}
	if (variable_read(name, &target->variable, &selector) != RESULT_OK)
		return fault(list->reader, place_of(list, offset), did_you_mean(list->reader, "", variable_suggest(name)),
		             "unknown variable \"%.*s\"", SPAN_ARG(name));
	if (selector.len) {
		target->kind = SELECTOR_NAME;
		target->selector = selector;
	}
	return RESULT_OK;
}

/* Variables of a server that runs scripts and logs users in, and of what 2.9.7 measures of itself. */
static bool has_no_value(enum variable variable)
{
	switch ((int)variable) {
	case VARIABLE_PERF_ALL:
	case VARIABLE_PERF_COMBINED:
	case VARIABLE_PERF_GC:
	case VARIABLE_PERF_LOGGING:
	case VARIABLE_PERF_PHASE1:
	case VARIABLE_PERF_PHASE2:
	case VARIABLE_PERF_PHASE3:
	case VARIABLE_PERF_PHASE4:
	case VARIABLE_PERF_PHASE5:
	case VARIABLE_PERF_RULES:
	case VARIABLE_PERF_SREAD:
	case VARIABLE_PERF_SWRITE:
	case VARIABLE_REMOTE_USER:
	case VARIABLE_SCRIPT_GID:
	case VARIABLE_SCRIPT_GROUPNAME:
	case VARIABLE_SCRIPT_MODE:
	case VARIABLE_SCRIPT_UID:
	case VARIABLE_SCRIPT_USERNAME:
	case VARIABLE_WEBSERVER_ERROR_LOG:
		return true;
	default:
		return false;
	}
}

static enum result read_target(struct target_list *list, const struct item *item)
{
	struct target target = { 0 }, *kept;
	enum result result = read_name(list, item, &target);

	if (result == RESULT_OK && item->has_value && target.kind != SELECTOR_NONE)
		result = fault(list->reader, place_of(list, item->value_offset), SPAN_NONE, "\"%.*s\" names a header already",
		               SPAN_ARG(item->name));
	else if (result == RESULT_OK && item->has_value)
		result = read_selector(list, item, &target);
	if (result == RESULT_OK)
		result = check_form(list, item, &target);
	if (result == RESULT_OK && target.variable == VARIABLE_TX && target.kind == SELECTOR_NAME)
		result = names_number(&list->reader->ruleset->names, &list->reader->ruleset->arena, target.selector, &target.slot);
	if (result != RESULT_OK)
		return result;
	if (has_no_value(target.variable))
		remark(list->reader, place_of(list, item->name_offset), SPAN_NONE, "%s has no value here: nothing matches it",
		       variable_name(target.variable));
	kept = bag_add(list->out, &list->reader->scratch, sizeof(*kept));
	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = target;
	return RESULT_OK;
}

bool targets_have_included(const struct bag *targets)
{
	const struct target *list = targets->items;

	for (size_t i = 0; i < targets->count; i++) {
		if (!list[i].is_excluded)
			return true;
	}
	return false;
}

enum result targets_read(struct reader *reader, const struct word *word, struct span text, size_t offset, enum target_use use,
                         struct bag *out)
{
	struct target_list list = { reader, word, offset, use, out };
	struct item_fault found;
	struct bag items = { 0 };
	enum result result = items_read(text, &reader->ruleset->arena, &items, &found);

	if (result == RESULT_MALFORMED)
		result = fault(reader, word_place(word, offset + found.offset), SPAN_NONE, "%s", found.what);
	for (size_t i = 0; i < items.count && result != RESULT_NO_MEMORY; i++)
		result = worse(result, read_target(&list, &((struct item *)items.items)[i]));
	if (result == RESULT_OK && (!out->count || (use == TARGETS_OF_RULE && !targets_have_included(out))))
		return fault(reader, word_place(word, offset), SPAN_NONE,
		             out->count ? "nothing but exclusions: the rule would look at nothing" : "a target is missing");
	return result;
}
