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

/* Those of SecLang that Bouclier does not have, and what to do instead: the end of a complaint that begins with the name. */
static const struct { const char *name, *sentence; } refusals[] = {
	{ "fuzzyHash", "ssdeep's hashes are evaded by padding a file; use @inspectFile, which asks a virus scanner" },
	{ "gsbLookup", "Google's list is not asked about visitors of a public service; use @rbl or @pmFromFile" },
	{ "rsub", "Bouclier forwards the body that it inspected, unchanged; let the application write what it should, or reject with a rule" },
	{ "validateDTD", "Bouclier reads XML with DTDs off, because they let a document name files and other servers; check the document in "
	                 "the application, or look in XML: for what must not be there" },
	{ "validateHash", "Bouclier does not rewrite pages, so no link carries a hash; remove the rule" },
	{ "validateSchema", "Bouclier does not validate XML against a schema yet; check the document in the application, or look in XML: for "
	                    "what must not be there" },
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
