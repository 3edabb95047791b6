/* The narrowest exclusion that would have let a request pass: one rule, that very path, one method, one parameter. */
#include "base/encode.h"
#include "event/explain/explained.h"
#include "message/path.h"

#include "base/banned.h"

#define REASON_TO_FILL_IN "TO FILL IN: why this is no attack"

static const char *const path_is_read_twice = "the path can be read in more than one way: exclusions hold for paths with one reading";

static bool can_be_written(struct span text)
{
	while (text.len) {
		size_t len = utf8_length(text);

		if (!len || (unsigned char)text.at[0] < 0x20 || text.at[0] == 0x7f)
			return false;
		text = span_skip(text, len);
	}
	return true;
}

static bool is_of_arguments(enum variable variable)
{
	switch ((int)variable) {
	case VARIABLE_ARGS: case VARIABLE_ARGS_GET: case VARIABLE_ARGS_POST:
	case VARIABLE_ARGS_NAMES: case VARIABLE_ARGS_GET_NAMES: case VARIABLE_ARGS_POST_NAMES:
		return true;
	default:
		return false;
	}
}

/* Exclusions take targets from the rule that begins a chain: does that one look there at all? */
static bool looks_at(const struct rule *rule, enum variable variable)
{
	for (unsigned i = 0; i < rule->target_count; i++) {
		if (rule->targets[i].variable == variable || (is_of_arguments(variable) && is_of_arguments(rule->targets[i].variable)))
			return true;
	}
	return false;
}

/* What exclusions call the target's value; empty: only the whole rule can be excused. */
static struct span parameter_of(const struct explained_rule *rule)
{
	struct span name = rule->target, variable_name = span_cut(&name, ':');
	enum variable variable, other;

	if (!variable_name.len || variable_find(variable_name, &variable) != RESULT_OK || variable == VARIABLE_TX || variable == VARIABLE_ENV)
		return SPAN_NONE;
	if (rule->rule && rule->rule->chained && !looks_at(rule->rule, variable))
		return SPAN_NONE;
	if (variable == VARIABLE_XML)
		return SPAN("XML");
	if (!is_of_arguments(variable) || !name.len)
		return rule->target;
	/* A parameter that is called like a variable would be taken for it. */
	return variable_find(span_take(name, span_find(name, ':')), &other) == RESULT_OK ? rule->target : name;
}

const char *exclusion_at(const struct explained_rule *rule, struct span path, struct span method, struct exclusion *out)
{
	*out = (struct exclusion){ .rule = rule->id, .path = path, .is_exact = true, .parameter = parameter_of(rule) };
	if (method_of(method) != METHOD_OTHER)
		out->method = method;
	if (!rule->phase)
		return "only its id was kept: explain --request FILE tells where it matched";
	if (rule->is_masked)
		return "the name of the parameter looks like a value and was not kept: explain --request FILE tells it";
	if (!out->path.len || out->path.at[0] != '/' || !path_has_one_reading(out->path) || !can_be_written(out->path))
		return path_is_read_twice;
	if (!can_be_written(out->parameter))
		return "the name of the parameter is no text";
	/* Security: a visitor's own "*" is no pattern, and one at the end would excuse whatever begins so. */
	if (out->parameter.len && out->parameter.at[out->parameter.len - 1] == '*')
		return "the name of the parameter ends with *, which would mean all that begin so";
	return NULL;
}

/* A request's own "*" is no pattern. */
const char *exclusion_of(const struct explained *explained, const struct explained_rule *rule, struct exclusion *out)
{
	const char *why = exclusion_at(rule, explained->path, explained->method, out);

	return !why && span_find(out->path, '*') < out->path.len ? path_is_read_twice : why;
}

static enum result write_text(struct span text, struct buffer *out)
{
	enum result result = buffer_append_byte(out, '"');

	for (size_t i = 0; i < text.len && result == RESULT_OK; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			result = buffer_append_byte(out, '\\');
		if (result == RESULT_OK)
			result = buffer_append_byte(out, text.at[i]);
	}
	return result == RESULT_OK ? buffer_append_byte(out, '"') : result;
}

static enum result write_key(const char *key, struct span text, struct buffer *out)
{
	enum result result;

	if (!text.len)
		return RESULT_OK;
	result = buffer_print(out, "      %s: ", key);
	if (result == RESULT_OK)
		result = write_text(text, out);
	return result == RESULT_OK ? buffer_append_byte(out, '\n') : result;
}

enum result exclusion_write(const struct exclusion *exclusion, struct buffer *out)
{
	enum result result = buffer_append(out, buffer_len(out) ? SPAN("") : SPAN("waf:\n  exclusions:\n"));

	if (result == RESULT_OK && exclusion->note.len)
		result = buffer_print(out, "    # %.*s\n", SPAN_ARG(exclusion->note));
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN("    - rule: "));
	if (result == RESULT_OK)
		result = exclusion->tag.len ? buffer_append(out, exclusion->tag) : buffer_print(out, "%u", exclusion->rule);
	if (result == RESULT_OK)
		result = buffer_append_byte(out, '\n');
	if (result == RESULT_OK)
		result = write_key("path", exclusion->path, out);
	if (result == RESULT_OK && exclusion->is_exact)
		result = buffer_append(out, SPAN("      exact: true\n"));
	if (result == RESULT_OK)
		result = write_key("method", exclusion->method, out);
	if (result == RESULT_OK)
		result = write_key("parameter", exclusion->parameter, out);
	return result == RESULT_OK ? write_key("reason", exclusion->reason.len ? exclusion->reason : SPAN(REASON_TO_FILL_IN), out) : result;
}

static bool has_come(const struct explained *explained, unsigned index, const struct exclusion *exclusion)
{
	for (unsigned i = 0; i < index; i++) {
		struct exclusion other;

		if (explained_counts(&explained->rules[i]) && !exclusion_of(explained, &explained->rules[i], &other) && other.rule == exclusion->rule &&
		    span_equal(other.parameter, exclusion->parameter))
			return true;
	}
	return false;
}

enum result exclusions_write(const struct explained *explained, struct buffer *out)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < explained->rule_count && result == RESULT_OK; i++) {
		struct exclusion exclusion;

		if (explained_counts(&explained->rules[i]) && !exclusion_of(explained, &explained->rules[i], &exclusion) &&
		    !has_come(explained, i, &exclusion))
			result = exclusion_write(&exclusion, out);
	}
	return result;
}
