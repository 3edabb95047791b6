/* Operators (SecLang's @rx, @pm, @lt ...): what a rule asks of a value.
 *
 * regex.c holds PCRE2 and scratch.c what a thread needs for it; expression.c is @rx; phrases.c looks for thousands of words at
 * once, phrase_text.c reads them, words.c is @pm; networks.c is @ipMatch; number.c and text.c compare; valid.c checks bytes and
 * encodings; verify.c checks card and social security numbers; outside.c asks the ports; injection.c asks libinjection, which
 * libinjection.c loads. kinds.c has the table of them all, and the sentences for what is refused.
 *
 * An operator is compiled once, when its rule is loaded, and asked many times by many threads. A parameter with %{...} in it
 * is not known before the request: operator_compile is told so, keeps what it can, and operator_match gets the expanded text.
 *
 * Source   ModSecurity 2.9.7 (reference), its reference manual's chapter "Operators"
 * Limits   struct operator_limits; a limit that is met is MATCH_LIMIT, never a silent no
 * Owns     compiled things live in the ruleset's arena, or are freed by operator_done (PCRE2 code, files' phrases)
 * Threads  a compiled operator is immutable; a struct operator_scratch belongs to one thread
 */
#ifndef BOUCLIER_WAF_OPERATOR_H
#define BOUCLIER_WAF_OPERATOR_H

#include "base/address.h"
#include "base/arena.h"
#include "base/complaint.h"
#include "waf/byte_set.h"

/* X(ID, "name") */
#define OPERATOR_LIST(X) \
	X(BEGINS_WITH, "beginsWith") \
	X(CONTAINS, "contains") \
	X(CONTAINS_WORD, "containsWord") \
	X(DETECT_SQLI, "detectSQLi") \
	X(DETECT_XSS, "detectXSS") \
	X(ENDS_WITH, "endsWith") \
	X(EQ, "eq") \
	X(GE, "ge") \
	X(GEO_LOOKUP, "geoLookup") \
	X(GT, "gt") \
	X(INSPECT_FILE, "inspectFile") \
	X(IP_MATCH, "ipMatch") \
	X(IP_MATCH_FROM_FILE, "ipMatchFromFile") \
	X(LE, "le") \
	X(LT, "lt") \
	X(NO_MATCH, "noMatch") \
	X(PM, "pm") \
	X(PM_FROM_FILE, "pmFromFile") \
	X(RBL, "rbl") \
	X(RSUB, "rsub") \
	X(RX, "rx") \
	X(RX_GLOBAL, "rxGlobal") \
	X(STREQ, "streq") \
	X(STR_MATCH, "strmatch") \
	X(UNCONDITIONAL_MATCH, "unconditionalMatch") \
	X(VALIDATE_BYTE_RANGE, "validateByteRange") \
	X(VALIDATE_DTD, "validateDTD") \
	X(VALIDATE_SCHEMA, "validateSchema") \
	X(VALIDATE_URL_ENCODING, "validateUrlEncoding") \
	X(VALIDATE_UTF8_ENCODING, "validateUtf8Encoding") \
	X(VERIFY_CC, "verifyCC") \
	X(VERIFY_CPF, "verifyCPF") \
	X(VERIFY_SSN, "verifySSN") \
	X(VERIFY_SVNR, "verifySVNR") \
	X(WITHIN, "within")

enum operator_id {
#define X(id, name) OPERATOR_##id,
	OPERATOR_LIST(X)
#undef X
	OPERATOR_COUNT,
};

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_LIMIT,
	MATCH_WAIT,
	MATCH_BROKEN, /* what judges has failed (PCRE2, libinjection): nothing is known of the value, and who asks fails closed */
	MATCH_UNANSWERED, /* the virus scanner did not say: the same */
	MATCH_ERROR,  /* the value cannot be judged (@ipMatch of what is no address): no match, and with ! no match either */
};

#define CAPTURES_MAX 10

/* What matching found: groups 0..count-1 (spans into the value, the compiled phrases or the transaction's arena), for TX:0 to
 * TX:9; `count` is 0 where the operator captures nothing. A group that took no part is empty. @geoLookup gives code, name and
 * continent of the country instead: they are for GEO, not for TX. */
struct captures {
	unsigned count;
	struct span list[CAPTURES_MAX];
};

/* Empty where it is not known. What is found lives as long as the transaction that asks. */
struct country {
	struct span code, name, continent;   /* "BE", "Belgium", "EU" */
};

/* What an operator may ask of the outside; any of these may be NULL: a rule that needs a file is refused at load then, one that
 * needs another of them gets a warning and never matches. Those that are asked while rules judge get the ASKER of the transaction,
 * and may answer RESULT_MORE: asked again later with the same arguments (the evaluation waits, the thread does not). */
struct operator_ports {
	void *context;                       /* of file_read */
	/* The text of a file that a rule names (@pmFromFile, @ipMatchFromFile): PATH as written, relative to the rule's file. */
	enum result (*file_read)(void *context, struct span rule_file, struct span path, struct span *text);
	/* Where an address is; RESULT_NOT_FOUND. */
	enum result (*geo_find)(void *asker, const struct address *address, struct country *out);
	/* NAME is what a DNS blocklist is asked ("4.3.2.1.zone"), ZONE which one ("zone"). RESULT_OK: listed, ANSWER is what it said (127.0.0.2 ...);
	 * RESULT_NOT_FOUND: not. Anything else is no match, negated or not: availability, fails open. */
	enum result (*rbl_ask)(void *asker, struct span name, struct span zone, struct address *answer);
	/* A file's content to the virus scanner. RESULT_REFUSED: infected, NAME says with what; RESULT_OK: clean; RESULT_NOT_FOUND:
	 * nobody was named to be asked, so the rule never matches. Anything else is MATCH_UNANSWERED: security, fails closed. */
	enum result (*file_inspect)(void *asker, struct span content, struct span *name);
};

struct operator_limits {
	uint32_t match_limit, depth_limit;   /* of PCRE2; 0: its own */
};

struct operator;

struct operator_birth {
	struct arena *arena;                 /* the ruleset's */
	const struct operator_ports *ports;
	const struct operator_limits *limits;
	struct place place;                  /* of the operator in its file */
	struct span rule_file;
	struct span http_bl_key;             /* SecHttpBlKey; empty: none */
	struct complaints *complaints;
};

/* NAME without its @, any case; old spellings (pmf, ipMatchF) too. RESULT_NOT_FOUND; RESULT_REFUSED: an operator of SecLang
 * that Bouclier does not have. */
enum result operator_find(struct span name, enum operator_id *out) must_check;
const char *operator_name(enum operator_id id);
/* The operator that was probably meant; NULL: none is near. */
const char *operator_suggest(struct span name);
/* Why NAME is refused and what to do instead, to stand behind "@NAME: "; NULL: it is not. */
const char *operator_refusal(struct span name);

/* PARAMETER as it stands in the rule, quotes and escapes of the file already resolved; HAS_MACRO: it will be expanded anew
 * for each request. RESULT_MALFORMED, RESULT_REFUSED (and a complaint that names the place), RESULT_NO_MEMORY. */
enum result operator_compile(enum operator_id id, struct span parameter, bool has_macro, const struct operator_birth *birth,
                             struct operator **out) must_check;
void operator_done(struct operator *operator);

/* One thread's memory for matching: PCRE2 match data, a JIT stack. */
struct operator_scratch;
struct operator_scratch *operator_scratch_new(void) must_check;
void operator_scratch_free(struct operator_scratch *scratch);

struct operator_call {
	struct operator_scratch *scratch;
	struct arena *arena;                 /* the transaction's */
	struct span parameter;               /* expanded; not looked at where it holds no macro */
	const struct byte_set *bytes;        /* those of the value; NULL: not known */
	struct span variable;                /* its name ("TX:real_ip"), for what @rbl tells in TX:0 */
	void *asker;                         /* of ports */
};

/* VALUE against OPERATOR. Negation is the caller's (see MATCH_ERROR). CAPTURES is set on MATCH_YES (and count 0 otherwise). */
enum match operator_match(const struct operator *operator, const struct operator_call *call, struct span value,
                          struct captures *captures) must_check;

/* For the prefilter. RX and its kin: the pattern's text, as PCRE2 got it; an empty span otherwise, and with macros. */
struct span operator_pattern(const struct operator *operator);
/* PM and its kin: its phrases, lower case; MATCH_YES if and only if the value, lower case, contains one of them. */
const struct span *operator_phrases(const struct operator *operator, size_t *count);
/* EQ and its kin with a number that is known: they need no call. A value matches that is less than it, equal, or greater. */
struct comparison {
	int64_t number;
	bool less, equal, greater;
};

bool operator_comparison(const struct operator *operator, struct comparison *out);
/* What they read of a value. */
int64_t operator_number(struct span value);
static inline bool comparison_match(const struct comparison *comparison, int64_t value)
{
	return value < comparison->number ? comparison->less : value == comparison->number ? comparison->equal : comparison->greater;
}

/* Bytes without one of which no value matches; false: that cannot be told. */
bool operator_bytes(const struct operator *operator, struct byte_set *out);

#endif
