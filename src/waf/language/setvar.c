/* Actions that set something: setvar, expirevar, deprecatevar, initcol, setenv. */
#include "waf/language/action_row.h"
#include "waf/language/macro.h"

#include "base/banned.h"

/* "COLLECTION.name=value" cut; offsets are in the word. */
struct assignment {
	bool is_unset, has_value;
	struct span name, value;
	size_t name_offset, value_offset;
};

static void cut(const struct item *item, struct assignment *out)
{
	struct span rest = item->value;
	size_t equals;

	*out = (struct assignment){ .name_offset = item->value_offset };
	if (rest.len && rest.at[0] == '!') {
		out->is_unset = true;
		out->name_offset++;
		rest = span_skip(rest, 1);
	}
	equals = span_find(rest, '=');
	out->has_value = equals < rest.len;
	out->name = span_take(rest, equals);
	out->value = out->has_value ? span_skip(rest, equals + 1) : SPAN("1");
	out->value_offset = out->has_value ? out->name_offset + equals + 1 : out->name_offset;
	while (out->value.len && (out->value.at[0] == ' ' || out->value.at[0] == '\t')) {   /* 2.9.7 */
		out->value = span_skip(out->value, 1);
		out->value_offset++;
	}
}

static bool is_kept(enum variable variable)
{
	return variable == VARIABLE_TX || variable_kind(variable) == VARIABLE_STORED;
}

/* Takes "COLLECTION." off the name. */
static enum result cut_collection(struct action_reader *reader, struct assignment *assignment, enum variable *out)
{
	struct span rest = assignment->name, collection = span_cut(&rest, '.');

	if (!rest.at || !rest.len)
		return fault(reader->reader, word_place(reader->word, assignment->name_offset), SPAN_NONE,
		             "%.*s needs a collection, a dot and a name, as in tx.score, not \"%.*s\"",
		             SPAN_ARG(reader->row->name), SPAN_ARG(assignment->name));
	if (variable_find(collection, out) != RESULT_OK || !is_kept(*out))
		return fault(reader->reader, word_place(reader->word, assignment->name_offset), SPAN_NONE,
		             "\"%.*s\" cannot be set: it is none of TX, GLOBAL, IP, RESOURCE, SESSION, USER",
		             SPAN_ARG(collection));
	assignment->name_offset += collection.len + 1;
	assignment->name = rest;
	return RESULT_OK;
}

static enum result read_macros(struct action_reader *reader, const struct assignment *assignment, struct setvar *out)
{
	enum result name = macro_read(reader->reader, reader->word, assignment->name, assignment->name_offset, MACRO_DECIDES, &out->name);
	enum result value = macro_read(reader->reader, reader->word, assignment->value, assignment->value_offset, MACRO_DECIDES,
	                               &out->value);

	if (worse(name, value) == RESULT_OK && out->collection == VARIABLE_TX && !out->name.count)
		return names_number(&reader->reader->ruleset->names, &reader->reader->ruleset->arena, assignment->name, &out->slot);
	return worse(name, value);
}

static enum result refuse_value_of_unset(struct action_reader *reader, const struct assignment *assignment)
{
	return fault(reader->reader, word_place(reader->word, assignment->value_offset), SPAN_NONE,
	             "! removes \"%.*s\": no value may follow", SPAN_ARG(assignment->name));
}

enum result read_setvar(struct action_reader *reader)
{
	struct action *action = action_add(reader, ACTION_SETVAR);
	struct assignment assignment;
	enum result result;

	if (!action)
		return RESULT_NO_MEMORY;
	cut(reader->item, &assignment);
	result = cut_collection(reader, &assignment, &action->setvar.collection);
	if (result != RESULT_OK)
		return result;
	if (assignment.is_unset && assignment.has_value)
		return refuse_value_of_unset(reader, &assignment);
	action->setvar.kind = assignment.is_unset ? SETVAR_UNSET : SETVAR_ASSIGN;
	if (assignment.value.len && (assignment.value.at[0] == '+' || assignment.value.at[0] == '-')) {
		action->setvar.kind = assignment.value.at[0] == '+' ? SETVAR_ADD : SETVAR_SUBTRACT;
		assignment.value = span_skip(assignment.value, 1);
		assignment.value_offset++;
	}
	return read_macros(reader, &assignment, &action->setvar);
}

enum result read_setenv(struct action_reader *reader)
{
	struct action *action = action_add(reader, ACTION_SETENV);
	struct assignment assignment;

	if (!action)
		return RESULT_NO_MEMORY;
	cut(reader->item, &assignment);
	if (!assignment.name.len)
		return fault(reader->reader, value_place(reader), SPAN_NONE, "setenv needs a name");
	if (assignment.is_unset && assignment.has_value)
		return refuse_value_of_unset(reader, &assignment);
	action->setvar.kind = assignment.is_unset ? SETVAR_UNSET : SETVAR_ASSIGN;
	return read_macros(reader, &assignment, &action->setvar);
}

static bool is_number(struct span text)
{
	uint64_t number;

	return span_to_u64(text, UINT32_MAX, &number) == RESULT_OK;
}

/* "60", and "60/300" of deprecatevar. A macro is told apart later, when it has become text. */
static bool is_expiry(struct span value, bool has_period)
{
	struct span rest = value, first;

	if (span_contains(value, SPAN("%{")))
		return true;
	if (!has_period)
		return is_number(value);
	first = span_cut(&rest, '/');
	return rest.at && is_number(first) && is_number(rest);
}

enum result read_expiry(struct action_reader *reader)
{
	enum action_kind kind = (enum action_kind)reader->row->detail;
	struct action *action = action_add(reader, kind);
	struct assignment assignment;
	enum result result;

	if (!action)
		return RESULT_NO_MEMORY;
	cut(reader->item, &assignment);
	if (!assignment.has_value && kind == ACTION_EXPIREVAR)
		assignment.value = SPAN("60");
	result = cut_collection(reader, &assignment, &action->setvar.collection);
	if (result != RESULT_OK)
		return result;
	if (assignment.is_unset || !is_expiry(assignment.value, kind == ACTION_DEPRECATEVAR))
		return fault(reader->reader, value_place(reader), SPAN_NONE,
		             kind == ACTION_EXPIREVAR ? "expirevar is collection.name=seconds, not \"%.*s\""
		                                      : "deprecatevar is collection.name=amount/seconds, not \"%.*s\"",
		             SPAN_ARG(reader->item->value));
	return read_macros(reader, &assignment, &action->setvar);
}

enum result read_initcol(struct action_reader *reader)
{
	struct action *action = action_add(reader, ACTION_INITCOL);
	struct assignment assignment;

	if (!action)
		return RESULT_NO_MEMORY;
	cut(reader->item, &assignment);
	if (!assignment.has_value || !assignment.value.len || assignment.is_unset)
		return fault(reader->reader, value_place(reader), SPAN_NONE, "initcol is collection=key, not \"%.*s\"",
		             SPAN_ARG(reader->item->value));
	if (variable_find(assignment.name, &action->collection) != RESULT_OK || variable_kind(action->collection) != VARIABLE_STORED)
		return fault(reader->reader, value_place(reader), SPAN_NONE,
		             "\"%.*s\" is not a stored collection: GLOBAL, IP, RESOURCE, SESSION, USER", SPAN_ARG(assignment.name));
	return macro_read(reader->reader, reader->word, assignment.value, assignment.value_offset, MACRO_DECIDES, &action->text);
}
