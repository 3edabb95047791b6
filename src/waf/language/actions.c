/* Every action of ModSecurity 2.9.7, but those with a language of their own (setvar.c, ctl.c). */
#include "waf/language/action_row.h"
#include "waf/language/macro.h"
#include "waf/nearest.h"

#include "base/banned.h"

static struct span value_of(const struct action_reader *reader)
{
	return reader->item->value;
}

/* Beside an action that says what to do, `block` says nothing, whichever stands first (2.9.7): deny must not become what the default is. */
static bool is_block_of_nothing(const struct action_reader *reader)
{
	return reader->row->detail == DISRUPT_BLOCK && set_has(reader->set, PART_DISRUPTION) && !reader->set->is_block;
}

static enum result read_disruption(struct action_reader *reader)
{
	bool is_said = is_block_of_nothing(reader);

	action_give(reader, PART_DISRUPTION);
	if (is_said)
		return RESULT_OK;
	reader->set->is_block = reader->row->detail == DISRUPT_BLOCK;
	reader->set->disruption = (enum disruption)reader->row->detail;
	return RESULT_OK;
}

static enum result read_allow(struct action_reader *reader)
{
	struct span value = value_of(reader);

	action_give(reader, PART_DISRUPTION);
	reader->set->is_block = false;
	if (!reader->item->has_value)
		reader->set->disruption = DISRUPT_ALLOW;
	else if (span_equal_nocase(value, SPAN("phase")))
		reader->set->disruption = DISRUPT_ALLOW_PHASE;
	else if (span_equal_nocase(value, SPAN("request")))
		reader->set->disruption = DISRUPT_ALLOW_REQUEST;
	else
		return fault(reader->reader, value_place(reader), SPAN_NONE, "allow takes phase, request or nothing, not \"%.*s\"", SPAN_ARG(value));
	return RESULT_OK;
}

static enum result read_macro(struct action_reader *reader, enum macro_use use, struct macro *out)
{
	return macro_read(reader->reader, reader->word, value_of(reader), reader->item->value_offset, use, out);
}

static enum result read_redirect(struct action_reader *reader)
{
	action_give(reader, PART_DISRUPTION);
	reader->set->is_block = false;
	reader->set->disruption = DISRUPT_REDIRECT;
	return read_macro(reader, MACRO_DECIDES, &reader->set->redirect);
}

static enum result read_pause(struct action_reader *reader)
{
	uint64_t number;

	action_give(reader, PART_PAUSE);
	if (!span_contains(value_of(reader), SPAN("%{")) && span_to_u64(value_of(reader), 3600000, &number) != RESULT_OK)
		return fault(reader->reader, value_place(reader), SPAN_NONE, "pause is milliseconds, at most 3600000, or a macro, not \"%.*s\"",
		             SPAN_ARG(value_of(reader)));
	return read_macro(reader, MACRO_DECIDES, &reader->set->pause_ms);
}

/* nolog takes the audit log with it; auditlog behind it gives that back (2.9.7). */
static enum result read_log(struct action_reader *reader)
{
	bool says_yes = reader->row->detail > 0, is_audit = reader->row->detail == 2 || reader->row->detail == -2;

	if (!is_audit) {
		reader->set->is_logged = says_yes;
		reader->set->given |= 1u << PART_LOG;
	}
	if (is_audit || !says_yes) {
		reader->set->is_audited = says_yes;
		reader->set->given |= 1u << PART_AUDIT;
	}
	return RESULT_OK;
}

static enum result read_words(struct action_reader *reader)
{
	action_give(reader, (enum part)reader->row->detail);
	return read_macro(reader, MACRO_TELLS, reader->row->detail == PART_MSG ? &reader->set->msg : &reader->set->log_data);
}

static enum result read_version(struct action_reader *reader)
{
	action_give(reader, (enum part)reader->row->detail);
	*(reader->row->detail == PART_REV ? &reader->set->rev : &reader->set->ver) = value_of(reader);
	return RESULT_OK;
}

static enum result read_tag(struct action_reader *reader)
{
	struct macro *tag = bag_add(&reader->set->tags, &reader->reader->scratch, sizeof(*tag));

	reader->set->given |= 1u << PART_TAG;
	return tag ? read_macro(reader, MACRO_TELLS, tag) : RESULT_NO_MEMORY;
}

static enum result read_flag(struct action_reader *reader)
{
	reader->set->given |= 1u << reader->row->detail;
	return RESULT_OK;
}

static enum result read_transform(struct action_reader *reader)
{
	struct transform_step step = { .is_none = span_equal_nocase(value_of(reader), SPAN("none")) }, *kept;

	if (!step.is_none && transform_find(value_of(reader), &step.transform) != RESULT_OK)
		return fault(reader->reader, value_place(reader), did_you_mean(reader->reader, "t:", transform_suggest(value_of(reader))),
		             "unknown transformation \"%.*s\"", SPAN_ARG(value_of(reader)));
	kept = bag_add(&reader->set->transforms, &reader->reader->scratch, sizeof(*kept));
	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = step;
	return RESULT_OK;
}

static enum result read_xmlns(struct action_reader *reader)
{
	size_t equals = span_find(value_of(reader), '=');
	struct span *kept;

	if (!equals || equals + 1 >= value_of(reader).len)
		return fault(reader->reader, value_place(reader), SPAN_NONE, "xmlns is prefix=address, not \"%.*s\"", SPAN_ARG(value_of(reader)));
	kept = bag_add(&reader->set->xmlns, &reader->reader->scratch, sizeof(*kept));
	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = value_of(reader);
	return RESULT_OK;
}

static enum result read_text_action(struct action_reader *reader)
{
	struct action *action = action_add(reader, (enum action_kind)reader->row->detail);

	return action ? read_macro(reader, MACRO_DECIDES, &action->text) : RESULT_NO_MEMORY;
}

static enum result read_sanitise(struct action_reader *reader)
{
	struct action *action = action_add(reader, ACTION_SANITISE);

	if (!action)
		return RESULT_NO_MEMORY;
	action->sanitise = (enum sanitise_kind)reader->row->detail;
	return reader->item->has_value ? read_macro(reader, MACRO_DECIDES, &action->text) : RESULT_OK;
}

static enum result read_refused(struct action_reader *reader)
{
	return fault(reader->reader, word_place(reader->word, reader->item->name_offset), SPAN_NONE, "%.*s: %s",
	             SPAN_ARG(reader->row->name), reader->row->sentence);
}

#define ROW(name, argument, read, detail) { SPAN_INIT(name), ARGUMENT_##argument, read, detail, NULL }
static const struct action_row rows[] = {
	ROW("accuracy", REQUIRED, read_grade, PART_ACCURACY),
	ROW("allow", OPTIONAL, read_allow, 0),
	ROW("append", REQUIRED, read_text_action, ACTION_APPEND),
	ROW("auditlog", NONE, read_log, 2),
	ROW("block", NONE, read_disruption, DISRUPT_BLOCK),
	ROW("capture", NONE, read_flag, PART_CAPTURE),
	ROW("chain", NONE, read_flag, PART_CHAIN),
	ROW("ctl", REQUIRED, read_ctl, 0),
	ROW("deny", NONE, read_disruption, DISRUPT_DENY),
	ROW("deprecatevar", REQUIRED, read_expiry, ACTION_DEPRECATEVAR),
	ROW("drop", NONE, read_disruption, DISRUPT_DROP),
	{ SPAN_INIT("exec"), ARGUMENT_OPTIONAL, read_refused, 0,
	  "a shield that starts programs can be made to start an attacker's; let the rule log, and act on the event "
	  "(bouclier log --follow --output json)" },
	ROW("expirevar", REQUIRED, read_expiry, ACTION_EXPIREVAR),
	ROW("id", REQUIRED, read_id, 0),
	ROW("initcol", REQUIRED, read_initcol, 0),
	ROW("log", NONE, read_log, 1),
	ROW("logdata", REQUIRED, read_words, PART_LOG_DATA),
	ROW("maturity", REQUIRED, read_grade, PART_MATURITY),
	ROW("msg", REQUIRED, read_words, PART_MSG),
	ROW("multiMatch", NONE, read_flag, PART_MULTI_MATCH),
	ROW("noauditlog", NONE, read_log, -2),
	ROW("nolog", NONE, read_log, -1),
	ROW("pass", NONE, read_disruption, DISRUPT_PASS),
	ROW("pause", REQUIRED, read_pause, 0),
	ROW("phase", REQUIRED, read_phase, 0),
	ROW("prepend", REQUIRED, read_text_action, ACTION_PREPEND),
	{ SPAN_INIT("proxy"), ARGUMENT_OPTIONAL, read_refused, 0,
	  "where a request goes is for the site's origins and routes to say, not for a rule; use deny or redirect" },
	ROW("redirect", REQUIRED, read_redirect, 0),
	ROW("rev", REQUIRED, read_version, PART_REV),
	ROW("sanitiseArg", REQUIRED, read_sanitise, SANITISE_ARG),
	ROW("sanitiseMatched", NONE, read_sanitise, SANITISE_MATCHED),
	ROW("sanitiseMatchedBytes", OPTIONAL, read_sanitise, SANITISE_MATCHED_BYTES),
	ROW("sanitiseRequestHeader", REQUIRED, read_sanitise, SANITISE_REQUEST_HEADER),
	ROW("sanitiseResponseHeader", REQUIRED, read_sanitise, SANITISE_RESPONSE_HEADER),
	ROW("sanitizeArg", REQUIRED, read_sanitise, SANITISE_ARG),
	ROW("sanitizeMatched", NONE, read_sanitise, SANITISE_MATCHED),
	ROW("sanitizeMatchedBytes", OPTIONAL, read_sanitise, SANITISE_MATCHED_BYTES),
	ROW("sanitizeRequestHeader", REQUIRED, read_sanitise, SANITISE_REQUEST_HEADER),
	ROW("sanitizeResponseHeader", REQUIRED, read_sanitise, SANITISE_RESPONSE_HEADER),
	ROW("setenv", REQUIRED, read_setenv, 0),
	ROW("setrsc", REQUIRED, read_text_action, ACTION_SETRSC),
	ROW("setsid", REQUIRED, read_text_action, ACTION_SETSID),
	ROW("setuid", REQUIRED, read_text_action, ACTION_SETUID),
	ROW("setvar", REQUIRED, read_setvar, 0),
	ROW("severity", REQUIRED, read_severity, 0),
	ROW("skip", REQUIRED, read_skip, 0),
	ROW("skipAfter", REQUIRED, read_skip_after, 0),
	ROW("status", REQUIRED, read_status, 0),
	ROW("t", REQUIRED, read_transform, 0),
	ROW("tag", REQUIRED, read_tag, 0),
	ROW("ver", REQUIRED, read_version, PART_VER),
	ROW("xmlns", REQUIRED, read_xmlns, 0),
};

#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static const char *row_name_at(size_t index)
{
	return rows[index].name.at;
}

static const struct action_row *row_find(struct span name)
{
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (span_equal_nocase(name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

static enum result read_action(struct reader *reader, const struct word *word, struct action_set *set, const struct item *item)
{
	struct action_reader action = { reader, word, set, item, row_find(item->name) };

	if (!action.row)
		return fault(reader, word_place(word, item->name_offset), did_you_mean(reader, "", nearest_name(item->name, row_name_at, ROW_COUNT)),
		             "unknown action \"%.*s\"", SPAN_ARG(item->name));
	if (action.row->argument == ARGUMENT_NONE && item->has_value)
		return fault(reader, word_place(word, item->value_offset), SPAN_NONE, "%s takes nothing behind a colon", action.row->name.at);
	if (action.row->argument == ARGUMENT_REQUIRED && !item->value.len)
		return fault(reader, word_place(word, item->name_offset), SPAN_NONE, "%s needs something behind a colon", action.row->name.at);
	return action.row->read(&action);
}

enum result action_set_read(struct reader *reader, const struct word *word, struct action_set *out)
{
	struct bag items = { 0 };
	enum result result = word_items(reader, word, &items);

	*out = (struct action_set){ .severity = -1, .is_logged = true, .is_audited = true };
	for (size_t i = 0; i < items.count && result != RESULT_NO_MEMORY; i++)
		result = worse(result, read_action(reader, word, out, &((const struct item *)items.items)[i]));
	/* A list that broke off may have had its `chain` behind the break: without it, every rule of the chain would seem wrong. */
	if (result == RESULT_MALFORMED && span_contains(word->text, SPAN("chain")) && span_ends(span_trim(word->text), SPAN("chain")))
		out->given |= 1u << PART_CHAIN;
	return result;
}

uint32_t action_id_peek(const struct word *word, struct arena *arena)
{
	struct item_fault found;
	struct bag items = { 0 };
	uint64_t id = 0;

	if (items_read(word->text, arena, &items, &found) == RESULT_NO_MEMORY)
		return 0;
	for (size_t i = 0; i < items.count; i++) {
		const struct item *item = &((const struct item *)items.items)[i];

		if (span_equal_nocase(item->name, SPAN("id")) && span_to_u64(item->value, INT32_MAX, &id) == RESULT_OK)
			break;
	}
	return (uint32_t)id;
}
