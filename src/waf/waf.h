/* The engine: rules asked of a request and its answer, phase by phase.
 *
 * language/ reads rule files into struct ruleset; program.c arranges it for walking; transaction.c keeps what is known of one
 * request; gather.c finds the values that a rule's targets mean, variables.c those that are one value each; compute.c
 * transforms each value once for all rules and scans it; evaluate.c walks the rules of a phase; act.c does what a match asks;
 * expand.c fills in macros; table.c keeps TX and its kin.
 *
 * Source   ModSecurity 2.9.7 is the reference
 * Limits   a transaction has an arena of LIMIT bytes; past it the verdict is WAF_DENY with WAF_NO_MEMORY
 * Owns     struct waf_rules owns the ruleset it was made of; a transaction's spans live as long as it. What is passed to it
 *          (heads, bytes of a query) must live as long too, but for pieces of bodies
 * Threads  struct waf_rules is immutable, a transaction belongs to one thread at a time
 *
 * Security, fails closed: whatever cannot be judged while the engine is On is denied, and the verdict says why.
 */
#ifndef BOUCLIER_WAF_WAF_H
#define BOUCLIER_WAF_WAF_H

#include "message/head.h"
#include "waf/language/ruleset.h"

struct waf_rules;
struct waf_transaction;

enum waf_answer {
	WAF_GO_ON,
	WAF_WAIT,    /* an operator waits: call the same function again, a body's piece empty */
	WAF_STOP,    /* the verdict is set */
};

enum waf_verdict_kind { WAF_PASS, WAF_DENY, WAF_DROP, WAF_REDIRECT, WAF_ALLOW };
enum waf_reason { WAF_RULE, WAF_NO_MEMORY, WAF_MATCH_LIMIT, WAF_BODY_LIMIT };

struct waf_verdict {
	enum waf_verdict_kind kind;
	enum waf_reason reason;
	uint16_t status;
	uint32_t rule_id;
	uint8_t phase;
	struct span url;         /* of WAF_REDIRECT */
};

/* A rule that matched and is to be logged; macros are expanded as of then. */
struct waf_match {
	const struct waf_match *next;
	const struct rule *rule;
	uint8_t phase;
	struct span name, value; /* of what matched: "ARGS:foo"; empty of a SecAction */
	struct span msg, log_data;
	const struct span *tags;
	unsigned tag_count;
};

/* Takes RULESET, also when it fails. RESULT_NO_MEMORY; RESULT_MALFORMED: an XPath that is none, and a complaint. */
enum result waf_rules_new(struct ruleset *ruleset, struct complaints *complaints, struct waf_rules **out) must_check;
void waf_rules_free(struct waf_rules *rules);

struct waf_birth {
	const struct waf_rules *rules;
	struct operator_scratch *scratch;   /* the thread's */
	size_t limit_bytes;
	struct endpoint source, destination;
	struct span unique_id;
};

/* NULL: no memory. */
struct waf_transaction *waf_transaction_new(const struct waf_birth *birth) must_check;
void waf_transaction_free(struct waf_transaction *transaction);

enum waf_answer waf_request_head(struct waf_transaction *transaction, const struct request_head *head) must_check;
enum waf_answer waf_request_body(struct waf_transaction *transaction, struct span piece) must_check;
enum waf_answer waf_request_body_end(struct waf_transaction *transaction) must_check;
enum waf_answer waf_response_head(struct waf_transaction *transaction, const struct response_head *head) must_check;
enum waf_answer waf_response_body(struct waf_transaction *transaction, struct span piece) must_check;
enum waf_answer waf_response_end(struct waf_transaction *transaction) must_check;
/* Phase 5, which never disrupts. */
enum waf_answer waf_log(struct waf_transaction *transaction) must_check;

const struct waf_verdict *waf_verdict(const struct waf_transaction *transaction);
/* In the order of the matches. */
const struct waf_match *waf_matches(const struct waf_transaction *transaction);

#endif
