#include "waf/language/operation.h"

#include "waf/language/macro.h"

#include "base/banned.h"

struct operation {
	struct span name, parameter;
	size_t name_offset, parameter_offset;
	bool is_negated;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t pass_blanks(struct span text, size_t at)
{
	while (at < text.len && is_blank(text.at[at]))
		at++;
	return at;
}

static void cut(struct span text, struct operation *out)
{
	size_t at = 0, start;

	*out = (struct operation){ .name = SPAN("rx") };
	if (text.len && text.at[0] == '!') {
		out->is_negated = true;
		at = pass_blanks(text, 1);
	}
	out->name_offset = at;
	if (at < text.len && text.at[at] == '@') {
		start = ++at;
		while (at < text.len && !is_blank(text.at[at]))
			at++;
		out->name = span_make(text.at + start, at - start);
		at = pass_blanks(text, at);
	}
	out->parameter = span_make(text.at + at, text.len - at);
	out->parameter_offset = at;
}

/* 2.9.7 takes " @pm x" for an expression with a space and an @ in it: such a rule never matches, and nobody is told. */
static bool hides_an_operator(struct span text)
{
	struct operation inner;
	enum operator_id id;
	size_t at = pass_blanks(text, 0);

	if (!at)
		return false;
	cut(span_skip(text, at), &inner);
	return inner.parameter_offset > inner.name_offset && operator_find(inner.name, &id) == RESULT_OK;
}

static enum result unknown(struct reader *reader, struct place place, struct span name)
{
	const char *sentence = operator_refusal(name);

	if (sentence)
		return fault(reader, place, SPAN_NONE, "%s", sentence);
	return fault(reader, place, did_you_mean(reader, "@", operator_suggest(name)), "unknown operator @%.*s", SPAN_ARG(name));
}

static enum result compile(struct reader *reader, const struct word *word, const struct operation *operation, struct draft *out)
{
	struct operator **kept = bag_add(&reader->ruleset->operators, &reader->ruleset->arena, sizeof(*kept));
	size_t count = reader->complaints->count;
	struct operator_birth birth = { .arena = &reader->ruleset->arena, .ports = reader->birth->operator_ports,
		                        .limits = &reader->ruleset->operator_limits, .rule_file = word->file,
		                        .place = word_place(word, operation->parameter_offset),
		                        .http_bl_key = reader->ruleset->settings.http_bl_key, .complaints = reader->complaints };
	enum result result;

	if (!kept)
		return RESULT_NO_MEMORY;
	result = operator_compile(out->operator_id, operation->parameter, out->parameter.count > 0, &birth, kept);
	out->operator = *kept;
	if (result != RESULT_OK && result != RESULT_NO_MEMORY)
		return fault_was_told(reader, count);
	name_rule_in(reader, count);  /* of warnings */
	return result;
}

enum result operation_read(struct reader *reader, const struct word *word, struct draft *out)
{
	struct operation operation;
	enum result result;

	cut(word->text, &operation);
	if (hides_an_operator(word->text))
		return fault(reader, word_place(word, 0), SPAN_NONE, "white space before the @: this would be an expression, not an operator");
	out->is_negated = operation.is_negated;
	if (operator_find(operation.name, &out->operator_id) != RESULT_OK)
		return unknown(reader, word_place(word, operation.name_offset), operation.name);
	result = macro_read(reader, word, operation.parameter, operation.parameter_offset, MACRO_DECIDES, &out->parameter);
	return result == RESULT_OK ? compile(reader, word, &operation, out) : result;
}
