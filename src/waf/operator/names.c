/* How operators are called, and why some are not here. */
#include "base/suggest.h"
#include "waf/operator/operator.h"

#include "base/banned.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const names[OPERATOR_COUNT] = {
#define X(id, name) [OPERATOR_##id] = (name),
	OPERATOR_LIST(X)
#undef X
};

static const struct { const char *name; enum operator_id id; } aliases[] = {
	{ "ipMatchF", OPERATOR_IP_MATCH_FROM_FILE },
	{ "pmf", OPERATOR_PM_FROM_FILE },
};

/* Those of SecLang that Bouclier does not have: the sentence ends a complaint about the rule. */
static const struct { const char *name, *sentence; } refusals[] = {
	{ "fuzzyHash", "@fuzzyHash compares with hashes of known files, which one changed byte in many places defeats, and needs a library "
	               "(ssdeep) that reads what attackers send; let @inspectFile ask a virus scanner instead" },
	{ "gsbLookup", "@gsbLookup needs a Google Safe Browsing database of a format that Google gave up in 2011; remove the rule, or use "
	               "@rbl with a blocklist of names" },
	{ "rsub", "@rsub rewrites bodies while they pass, and Bouclier forwards what it inspected, unchanged; let the portal write what it "
	          "should, or reject with a rule" },
	{ "validateDTD", "@validateDTD needs a DTD, and Bouclier reads XML with DTDs off, because they let a document name files and other "
	                 "servers; check the document in the application, or look for what must not be in it with XML: targets" },
	{ "validateHash", "@validateHash needs pages that were rewritten with hashes (SecHashEngine), and Bouclier does not rewrite pages; "
	                  "remove the rule" },
	{ "validateSchema", "@validateSchema is not there yet: Bouclier does not validate XML against a schema; check the document in the "
	                    "application, or look for what must not be in it with XML: targets" },
};

enum result operator_find(struct span name, enum operator_id *out)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		if (span_equal_nocase(name, span_of(names[i]))) {
			*out = (enum operator_id)i;
			return RESULT_OK;
		}
	}
	for (size_t i = 0; i < COUNT(aliases); i++) {
		if (span_equal_nocase(name, span_of(aliases[i].name))) {
			*out = aliases[i].id;
			return RESULT_OK;
		}
	}
	return operator_refusal(name) ? RESULT_REFUSED : RESULT_NOT_FOUND;
}

const char *operator_name(enum operator_id id)
{
	return id < OPERATOR_COUNT ? names[id] : "?";
}

const char *operator_suggest(struct span name)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < COUNT(names); i++)
		suggestion_offer(&suggestion, span_of(names[i]));
	return suggestion.best.at;
}

const char *operator_refusal(struct span name)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (span_equal_nocase(name, span_of(refusals[i].name)))
			return refusals[i].sentence;
	}
	return NULL;
}
