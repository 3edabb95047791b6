/* ctl:name=value, what a rule changes for the rest of its request. */
#include "waf/body/xml.h"
#include "waf/language/action_row.h"
#include "waf/language/directive.h"
#include "waf/language/targets.h"
#include "waf/nearest.h"

#include "base/banned.h"

struct ctl_reader {
	struct action_reader *action;
	struct ctl *ctl;
	struct span name, value;
	size_t value_offset;     /* in the word */
};

struct ctl_row {
	struct span name;
	enum ctl_kind kind;
	enum result (*read)(struct ctl_reader *reader);
};

static struct place place_of(const struct ctl_reader *reader)
{
	return word_place(reader->action->word, reader->value_offset);
}

static enum result refuse(struct ctl_reader *reader, const char *wanted)
{
	return fault(reader->action->reader, place_of(reader), SPAN_NONE, "ctl:%.*s is %s, not \"%.*s\"", SPAN_ARG(reader->name), wanted,
	             SPAN_ARG(reader->value));
}

/* CHOICES: each with a NUL behind it. The number is the place in the list. */
static bool choose(struct ctl_reader *reader, const char *choices)
{
	for (uint64_t index = 0; *choices; choices += strlen(choices) + 1, index++) {
		if (span_equal_nocase(reader->value, span_of(choices))) {
			reader->ctl->number = index;
			return true;
		}
	}
	return false;
}

static enum result read_switch(struct ctl_reader *reader)
{
	return choose(reader, "Off\0On\0") ? RESULT_OK : refuse(reader, "On or Off");
}

static enum result read_rule_engine(struct ctl_reader *reader)
{
	return choose(reader, "Off\0On\0DetectionOnly\0") ? RESULT_OK : refuse(reader, "On, Off or DetectionOnly");
}

static enum result read_audit_engine(struct ctl_reader *reader)
{
	return choose(reader, "Off\0On\0RelevantOnly\0") ? RESULT_OK : refuse(reader, "On, Off or RelevantOnly");
}

static enum result read_xml_arguments(struct ctl_reader *reader)
{
	return choose(reader, "Off\0On\0OnlyArgs\0") ? RESULT_OK : refuse(reader, "On, Off or OnlyArgs");
}

static enum result read_parts(struct ctl_reader *reader)
{
	bool is_change = reader->value.len > 1 && (reader->value.at[0] == '+' || reader->value.at[0] == '-');

	return audit_parts_are_valid(span_skip(reader->value, is_change)) ? RESULT_OK :
	       refuse(reader, "a list of parts (letters A to K, and Z), perhaps behind a + or a -");
}

static enum result read_number(struct ctl_reader *reader)
{
	return span_to_u64(reader->value, (uint64_t)1 << 40, &reader->ctl->number) == RESULT_OK ? RESULT_OK : refuse(reader, "a number of bytes");
}

/* Refused while rules are read: their documents would all be errors, and nothing is loaded in a request. */
static enum result want_xml(struct ctl_reader *reader)
{
	const char *why = NULL;

	if (xml_is_here(&why))
		return RESULT_OK;
	return fault(reader->action->reader, place_of(reader), SPAN(XML_ADVICE), "ctl:%.*s=XML: %s", SPAN_ARG(reader->name), why);
}

static enum result read_processor(struct ctl_reader *reader)
{
	static const struct span names[] = { SPAN_INIT("URLENCODED"), SPAN_INIT("MULTIPART"), SPAN_INIT("XML"), SPAN_INIT("JSON") };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_equal_nocase(reader->value, names[i])) {
			reader->ctl->value = names[i];
			return span_equal(names[i], SPAN("XML")) ? want_xml(reader) : RESULT_OK;
		}
	}
	return refuse(reader, "URLENCODED, MULTIPART, XML or JSON");
}

static enum result read_debug_level(struct ctl_reader *reader)
{
	remark(reader->action->reader, place_of(reader), SPAN_NONE, "ctl:debugLogLevel does nothing here: bouclier explain shows what a rule saw");
	return RESULT_OK;
}

static enum result read_hash(struct ctl_reader *reader)
{
	return fault(reader->action->reader, place_of(reader), SPAN_NONE,
	             "ctl:%.*s: links are not signed here; let the application check what it is sent", SPAN_ARG(reader->name));
}

static enum result read_ids_of(struct ctl_reader *reader, struct span text)
{
	struct bag ids = { 0 };
	enum result result = id_ranges_read(reader->action->reader, text, place_of(reader), &ids);

	reader->ctl->ids = ids.items;
	reader->ctl->id_count = (unsigned)ids.count;
	return result;
}

static enum result read_ids(struct ctl_reader *reader)
{
	return read_ids_of(reader, reader->value);
}

static enum result read_expression_of(struct ctl_reader *reader, struct span text)
{
	if (!text.len)
		return refuse(reader, "an expression");
	return reader_compile(reader->action->reader, text, false, place_of(reader), &reader->ctl->regex);
}

static enum result read_expression(struct ctl_reader *reader)
{
	return read_expression_of(reader, reader->value);
}

/* "which;TARGET,TARGET" */
static enum result read_targets(struct ctl_reader *reader)
{
	struct span rest = reader->value, which = span_cut(&rest, ';');
	struct bag targets = { 0 };
	enum result result;

	if (!rest.at)
		return refuse(reader, "rules, a semicolon and a target, as in 942100;ARGS:text");
	reader->ctl->value = which;
	result = reader->ctl->kind == CTL_RULE_REMOVE_TARGET_BY_ID ? read_ids_of(reader, which) : read_expression_of(reader, which);
	if (result != RESULT_NO_MEMORY)
		result = worse(result, targets_read(reader->action->reader, reader->action->word, rest, reader->value_offset + which.len + 1,
		                                    TARGETS_TO_REMOVE, &targets));
	if (result != RESULT_OK)
		return result;
	reader->ctl->targets = bag_copy(&targets, &reader->action->reader->ruleset->arena, sizeof(struct target));
	reader->ctl->target_count = (unsigned)targets.count;
	return reader->ctl->targets ? RESULT_OK : RESULT_NO_MEMORY;
}

static const struct ctl_row rows[] = {
	{ SPAN_INIT("auditEngine"), CTL_AUDIT_ENGINE, read_audit_engine },
	{ SPAN_INIT("auditLogParts"), CTL_AUDIT_LOG_PARTS, read_parts },
	{ SPAN_INIT("debugLogLevel"), CTL_DEBUG_LOG_LEVEL, read_debug_level },
	{ SPAN_INIT("forceRequestBodyVariable"), CTL_FORCE_REQUEST_BODY_VARIABLE, read_switch },
	{ SPAN_INIT("hashEnforcement"), CTL_HASH_ENFORCEMENT, read_hash },
	{ SPAN_INIT("hashEngine"), CTL_HASH_ENGINE, read_hash },
	{ SPAN_INIT("parseXmlIntoArgs"), CTL_PARSE_XML_INTO_ARGS, read_xml_arguments },
	{ SPAN_INIT("requestBodyAccess"), CTL_REQUEST_BODY_ACCESS, read_switch },
	{ SPAN_INIT("requestBodyLimit"), CTL_REQUEST_BODY_LIMIT, read_number },
	{ SPAN_INIT("requestBodyProcessor"), CTL_REQUEST_BODY_PROCESSOR, read_processor },
	{ SPAN_INIT("responseBodyAccess"), CTL_RESPONSE_BODY_ACCESS, read_switch },
	{ SPAN_INIT("responseBodyLimit"), CTL_RESPONSE_BODY_LIMIT, read_number },
	{ SPAN_INIT("ruleEngine"), CTL_RULE_ENGINE, read_rule_engine },
	{ SPAN_INIT("ruleRemoveById"), CTL_RULE_REMOVE_BY_ID, read_ids },
	{ SPAN_INIT("ruleRemoveByMsg"), CTL_RULE_REMOVE_BY_MSG, read_expression },
	{ SPAN_INIT("ruleRemoveByTag"), CTL_RULE_REMOVE_BY_TAG, read_expression },
	{ SPAN_INIT("ruleRemoveTargetById"), CTL_RULE_REMOVE_TARGET_BY_ID, read_targets },
	{ SPAN_INIT("ruleRemoveTargetByMsg"), CTL_RULE_REMOVE_TARGET_BY_MSG, read_targets },
	{ SPAN_INIT("ruleRemoveTargetByTag"), CTL_RULE_REMOVE_TARGET_BY_TAG, read_targets },
};

#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static const char *row_name_at(size_t index)
{
	return rows[index].name.at;
}

static const struct ctl_row *row_find(struct span name)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (span_equal_nocase(name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

enum result read_ctl(struct action_reader *action)
{
	struct span rest = action->item->value, name = span_cut(&rest, '=');
	const struct ctl_row *row = row_find(name);
	struct ctl ctl = { .value = rest };
	struct ctl_reader reader = { action, &ctl, name, rest, action->item->value_offset + name.len + 1 };
	struct action *kept;
	enum result result;

	if (!row)
		return fault(action->reader, value_place(action), did_you_mean(action->reader, "ctl:", nearest_name(name, row_name_at, ROW_COUNT)),
		             "unknown ctl \"%.*s\"", SPAN_ARG(name));
	if (!rest.len)
		return fault(action->reader, value_place(action), SPAN_NONE, "ctl:%.*s needs = and a value", SPAN_ARG(name));
	ctl.kind = row->kind;
	result = row->read(&reader);
	if (result != RESULT_OK || ctl.kind == CTL_DEBUG_LOG_LEVEL)
		return result;
	kept = action_add(action, ACTION_CTL);
	if (!kept)
		return RESULT_NO_MEMORY;
	if (ctl.regex || ctl.id_count)
		ctl.removal = action->reader->ruleset->removals++;
	kept->ctl = ctl;
	return RESULT_OK;
}
