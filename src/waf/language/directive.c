#include "waf/language/directive.h"

#include "waf/nearest.h"

#include "base/banned.h"

enum directive_id {
	DO_RULE, DO_ACTION, DO_MARKER, DO_DEFAULT_ACTION, DO_INCLUDE, DO_INCLUDE_OPTIONAL, DO_REMOVE_BY_ID, DO_REMOVE_BY_TAG,
	DO_REMOVE_BY_MSG, DO_TARGET_BY_ID, DO_TARGET_BY_TAG, DO_TARGET_BY_MSG, DO_ACTION_BY_ID, DO_IGNORE, DO_REFUSE,
	DO_REFUSE_UNLESS_OFF,
};

struct directive {
	struct span name;
	enum directive_id id;
	uint16_t least, most;    /* arguments */
	const char *sentence;    /* IGNORE, REFUSE: why, and what to do */
};

#define IGNORE(name, sentence) { SPAN_INIT(name), DO_IGNORE, 0, WORDS_MAX, sentence }
#define REFUSE(name, sentence) { SPAN_INIT(name), DO_REFUSE, 0, WORDS_MAX, sentence }
#define REFUSE_UNLESS_OFF(name, sentence) { SPAN_INIT(name), DO_REFUSE_UNLESS_OFF, 0, WORDS_MAX, sentence }

static const struct directive table[] = {
	{ SPAN_INIT("SecRule"), DO_RULE, 2, 3, NULL },
	{ SPAN_INIT("SecAction"), DO_ACTION, 1, 1, NULL },
	{ SPAN_INIT("SecMarker"), DO_MARKER, 1, 1, NULL },
	{ SPAN_INIT("SecDefaultAction"), DO_DEFAULT_ACTION, 1, 1, NULL },
	{ SPAN_INIT("Include"), DO_INCLUDE, 1, 1, NULL },
	{ SPAN_INIT("IncludeOptional"), DO_INCLUDE_OPTIONAL, 1, 1, NULL },
	{ SPAN_INIT("SecRuleRemoveById"), DO_REMOVE_BY_ID, 1, WORDS_MAX, NULL },
	{ SPAN_INIT("SecRuleRemoveByTag"), DO_REMOVE_BY_TAG, 1, WORDS_MAX, NULL },
	{ SPAN_INIT("SecRuleRemoveByMsg"), DO_REMOVE_BY_MSG, 1, WORDS_MAX, NULL },
	{ SPAN_INIT("SecRuleUpdateTargetById"), DO_TARGET_BY_ID, 2, 3, NULL },
	{ SPAN_INIT("SecRuleUpdateTargetByTag"), DO_TARGET_BY_TAG, 2, 3, NULL },
	{ SPAN_INIT("SecRuleUpdateTargetByMsg"), DO_TARGET_BY_MSG, 2, 3, NULL },
	{ SPAN_INIT("SecRuleUpdateActionById"), DO_ACTION_BY_ID, 2, 2, NULL },

	IGNORE("SecAuditLogPrefix", "audit logs are the shield's own to name, below audit/ of its state folder"),
	IGNORE("SecCacheTransformations", "each transformation of a value is computed once, always"),
	IGNORE("SecChrootDir", "the edge confines itself (seccomp, Landlock)"),
	IGNORE("SecConnEngine", "connections are the site's budgets to limit"),
	IGNORE("SecConnReadStateLimit", "slow clients are limited by the site's timeouts"),
	IGNORE("SecConnWriteStateLimit", "slow clients are limited by the site's timeouts"),
	IGNORE("SecDebugLog", "bouclier explain shows what a rule saw"),
	IGNORE("SecDebugLogLevel", "bouclier explain shows what a rule saw"),
	IGNORE("SecDisableBackendCompression", "Accept-Encoding is reduced where responses are inspected"),
	IGNORE("SecReadStateLimit", "slow clients are limited by the site's timeouts"),
	IGNORE("SecRemoteRulesFailAction", "there are no remote rules"),
	IGNORE("SecRequestEncoding", "bodies are read as UTF-8 and as bytes"),
	IGNORE("SecResponseBodyJsonDepthLimit", "answers are read as text, whatever they are"),
	IGNORE("SecRuleInheritance", "there are no nested contexts: a site's exclusions say what differs"),
	IGNORE("SecRulePerfTime", "what each rule costs is measured anyway"),
	IGNORE("SecRxPreFilter", "expressions are filtered before they are asked, always"),
	IGNORE("SecServerSignature", "the Server header is the site's to set"),
	IGNORE("SecStatusEngine", "nothing is reported to anybody"),
	IGNORE("SecWriteStateLimit", "slow clients are limited by the site's timeouts"),

	REFUSE("SecDataset", "write its words into a file, a line each, and ask @pmFromFile or @ipMatchFromFile"),
	REFUSE("SecGsbLookupDB", "Google's list is not asked about visitors of a public service; use @rbl or @pmFromFile"),
	REFUSE("SecGuardianLog", "a program in a pipe sees every request; follow the journal instead (bouclier log --follow)"),
	REFUSE("SecRemoteRules", "rules that somebody else's server can change at any time are not loaded; download them, read them, and "
	                         "install them with bouclier rules update"),
	REFUSE("SecRuleScript", "scripts run with the edge's rights on an attacker's data; write it as SecRule, or ask the application"),
	REFUSE_UNLESS_OFF("SecHashEngine", "links are not signed here; let the application check what it is sent"),
	REFUSE("SecHashKey", "links are not signed here; let the application check what it is sent"),
	REFUSE("SecHashMethodPm", "links are not signed here; let the application check what it is sent"),
	REFUSE("SecHashMethodRx", "links are not signed here; let the application check what it is sent"),
	REFUSE("SecHashParam", "links are not signed here; let the application check what it is sent"),
	REFUSE_UNLESS_OFF("SecIgnoreRuleCompilationErrors", "a rule that is left out silently protects nobody; bouclier check names each that is wrong"),
	REFUSE_UNLESS_OFF("SecXmlExternalEntity", "an XML document that names files or addresses could read yours; it stays off"),
	REFUSE("SecPersistenceEngine", "collections are kept by the shield itself; remove the line"),
	REFUSE("Define", "variables of Apache's configuration are not known here; write the value itself"),
};

#define ROW_COUNT (sizeof(table) / sizeof(*table))

static const char *name_at(size_t index)
{
	return index < ROW_COUNT ? table[index].name.at : setting_name((enum setting)(index - ROW_COUNT));
}

bool audit_parts_are_valid(struct span parts)
{
	for (size_t i = 0; i < parts.len; i++) {
		if ((parts.at[i] < 'A' || parts.at[i] > 'K') && parts.at[i] != 'Z')
			return false;
	}
	return parts.len > 0;
}

static enum result check_arity(struct reader *reader, const struct statement *statement, const char *name, size_t least, size_t most)
{
	if (statement->count >= least && statement->count <= most)
		return RESULT_OK;
	if (statement->count > most)
		return fault(reader, word_place(&statement->words[most], 0), SPAN_NONE, "%s takes at most %zu argument%s, and here are %zu", name,
		             most, most == 1 ? "" : "s", statement->count);
	return fault(reader, statement->place, SPAN_NONE, "%s needs at least %zu argument%s, and here %s %zu", name, least,
	             least == 1 ? "" : "s", statement->count == 1 ? "is" : "are", statement->count);
}

/* To Apache a last argument of "" is none: chained rules are written so when they have no actions. */
static struct statement without_empty_end(const struct statement *statement)
{
	struct statement trimmed = *statement;

	if (trimmed.count && !trimmed.words[trimmed.count - 1].text.len)
		trimmed.count--;
	return trimmed;
}

static enum result check_words(struct reader *reader, const struct statement *statement)
{
	for (size_t i = 0; i < statement->count; i++) {
		if (!statement->words[i].text.len)
			return fault(reader, word_place(&statement->words[i], 0), SPAN_NONE, "an empty argument");
	}
	return RESULT_OK;
}

static bool says_off(const struct statement *statement)
{
	return statement->count == 1 && span_equal_nocase(statement->words[0].text, SPAN("off"));
}

static enum result refuse(struct reader *reader, const struct statement *statement, const struct directive *directive)
{
	return fault(reader, statement->place, SPAN_NONE, "%s: %s", directive->name.at, directive->sentence);
}

static enum result perform(struct reader *reader, const struct statement *statement, const struct directive *directive)
{
	switch (directive->id) {
	case DO_RULE:
		return rule_read(reader, statement);
	case DO_ACTION:
		return action_rule_read(reader, statement);
	case DO_MARKER:
		return marker_read(reader, statement);
	case DO_DEFAULT_ACTION:
		return default_action_read(reader, statement);
	case DO_INCLUDE:
	case DO_INCLUDE_OPTIONAL:
		return include_read(reader, statement, directive->id == DO_INCLUDE_OPTIONAL);
	case DO_REMOVE_BY_ID:
		return remove_read(reader, statement, UPDATE_BY_ID);
	case DO_REMOVE_BY_TAG:
		return remove_read(reader, statement, UPDATE_BY_TAG);
	case DO_REMOVE_BY_MSG:
		return remove_read(reader, statement, UPDATE_BY_MSG);
	case DO_TARGET_BY_ID:
		return update_targets_read(reader, statement, UPDATE_BY_ID);
	case DO_TARGET_BY_TAG:
		return update_targets_read(reader, statement, UPDATE_BY_TAG);
	case DO_TARGET_BY_MSG:
		return update_targets_read(reader, statement, UPDATE_BY_MSG);
	case DO_ACTION_BY_ID:
		return update_actions_read(reader, statement);
	case DO_IGNORE:
		remark(reader, statement->place, SPAN_NONE, "%s does nothing here: %s", directive->name.at, directive->sentence);
		return RESULT_OK;
	case DO_REFUSE:
		return refuse(reader, statement, directive);
	case DO_REFUSE_UNLESS_OFF:
		return says_off(statement) ? RESULT_OK : refuse(reader, statement, directive);
	}
	return RESULT_MALFORMED;
}

static enum result perform_setting(struct reader *reader, const struct statement *statement, enum setting setting)
{
	size_t least, most;
	enum result result;

	setting_arity(setting, &least, &most);
	result = check_arity(reader, statement, setting_name(setting), least, most);
	if (result == RESULT_OK)
		result = check_words(reader, statement);
	return result == RESULT_OK ? setting_read(reader, statement, setting) : result;
}

enum result directive_read(struct reader *reader, const struct statement *written)
{
	const struct statement trimmed = without_empty_end(written), *statement = &trimmed;
	struct span name = statement->name.text;
	enum result result;

	if (!reader->chain_end)
		reader->rule_id = 0;
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (!span_equal_nocase(name, table[i].name))
			continue;
		result = check_arity(reader, statement, table[i].name.at, table[i].least, table[i].most);
		if (result == RESULT_OK && table[i].id != DO_IGNORE && table[i].id != DO_REFUSE)
			result = check_words(reader, statement);
		return result == RESULT_OK ? perform(reader, statement, &table[i]) : result;
	}
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (span_equal_nocase(name, span_of(setting_name((enum setting)i))))
			return perform_setting(reader, statement, (enum setting)i);
	}
	return fault(reader, statement->place, did_you_mean(reader, "", nearest_name(name, name_at, ROW_COUNT + SETTING_COUNT)),
	             "unknown directive \"%.*s\"", SPAN_ARG(name));
}
