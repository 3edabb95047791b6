/* The engine: rules asked of a request and its answer, phase by phase.
 *
 * language/ reads rule files into struct ruleset; program.c arranges it for walking; transaction.c keeps what is known of one
 * request; gather.c finds the values that a rule's targets mean, variables.c those that are one value each; compute.c
 * transforms each value once for all rules and scans it, reach.c all values of a target side by side; evaluate.c walks the
 * rules of a phase, judge.c asks one of one value, pace.c looks at the clock; act.c does what a match asks; expand.c fills in
 * macros; table.c keeps TX and its kin; collection.c loads and stores IP, SESSION and theirs through a port, which store.c can
 * be.
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

#include "base/buffer.h"
#include "message/head.h"
#include "waf/language/ruleset.h"
#include "waf/ports.h"

struct waf_overlay;  /* overlay.h */
struct waf_rules;
struct waf_transaction;

enum waf_answer {
	WAF_GO_ON,
	WAF_WAIT,    /* an operator waits, the slice is over, or a rule pauses (waf_pause_ms): call the same function again, a body's
	                piece empty */
	WAF_STOP,    /* the verdict is set */
};

enum waf_verdict_kind { WAF_PASS, WAF_DENY, WAF_DROP, WAF_REDIRECT, WAF_ALLOW };
enum waf_reason { WAF_RULE, WAF_NO_MEMORY, WAF_MATCH_LIMIT, WAF_BODY_LIMIT, WAF_MATCH_ERROR, WAF_TIME, WAF_UNANSWERED };

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
	struct span captured;    /* with `capture`: what of VALUE matched, after transformations (TX:0); of a chain, its last rule's */
	struct span msg, log_data;
	const struct span *tags;
	unsigned tag_count;
};

/* Takes RULESET, also when it fails. RESULT_NO_MEMORY; RESULT_MALFORMED: an XPath that is none, and a complaint. */
enum result waf_rules_new(struct ruleset *ruleset, struct complaints *complaints, struct waf_rules **out) must_check;
void waf_rules_free(struct waf_rules *rules);

/* The first in the order of the files, markers among them; `next` of a rule has the others. NULL: there is none. */
const struct rule *waf_rules_first(const struct waf_rules *rules);
/* NULL: there is no rule with that ID. */
const struct rule *waf_rules_find(const struct waf_rules *rules, uint32_t id);

/* How long a transaction may work. Time in which it waits does not count.
 *
 * Units    nanoseconds; 0: no limit
 * Limits   looked at between values: a value of MiB, or one expression, may take longer than a slice
 */
struct waf_time {
	uint64_t (*now_ns)(void *context);  /* NULL: CLOCK_MONOTONIC */
	void *context;
	uint64_t slice_ns;                  /* then WAF_WAIT gives the thread back */
	uint64_t budget_ns;                 /* of phases 1 to 4 together: beyond it the verdict is WAF_DENY with WAF_TIME */
	uint32_t look_bytes;                /* how much is judged between two looks at the clock; 0: LOOK_BYTES */
};

#define LOOK_BYTES (16 * 1024)

/* Memory of transactions that have ended, for the next ones: while no more than MAX live at a time, an ordinary one asks for
 * none but for its body. Each keeps about 70 KiB. Belongs to one thread. NULL: no memory. */
struct waf_spares;
struct waf_spares *waf_spares_new(unsigned max) must_check;
/* No transaction that was born with them may live. */
void waf_spares_free(struct waf_spares *spares);

/* RULE adds to no anomaly score for what matches in TARGET ("ARGS:message"): it is logged, and that is all. */
struct waf_retreat {
	uint32_t rule;
	struct span target;
};

struct waf_birth {
	const struct waf_rules *rules;
	const struct waf_overlay *overlay;  /* made of RULES; NULL: the rules as they are */
	struct operator_scratch *scratch;   /* the thread's */
	void *asker;                        /* what ports are asked with (operator/operator.h) */
	struct waf_spares *spares;          /* the thread's; NULL: the memory goes when the transaction does */
	struct waf_time time;
	bool asks_all;                      /* for tests: every rule is asked of every value, whatever a scan says of them */
	size_t limit_bytes;
	struct endpoint source, destination;
	struct span unique_id;
	/* Whose stored collections are meant, and where they are kept; NULL: they live as long as the request. */
	struct span tenant, site;
	const struct collection_port *collections;
	uint64_t wall_ns;                   /* when the request came; 0: now */
	const struct waf_retreat *retreats; /* they live as long as the transaction */
	unsigned retreat_count;
	bool is_audited;                    /* waf_audit_write may be asked: what it may have to say is kept */
	bool is_screened;                   /* and it will be asked with a screen: no body is kept for it but a form */
};

/* NULL: no memory. */
struct waf_transaction *waf_transaction_new(const struct waf_birth *birth) must_check;
void waf_transaction_free(struct waf_transaction *transaction);

enum waf_answer waf_request_head(struct waf_transaction *transaction, const struct request_head *head) must_check;

/* After waf_request_head: what a body would be read as. */
enum waf_body_kind {
	WAF_BODY_BYTES,   /* no names and values: shown as it is, or not at all */
	WAF_BODY_FIELDS,  /* a form without files, JSON, XML; and bytes that a rule wants to see all the same (ctl:forceRequestBodyVariable) */
	WAF_BODY_FORM,    /* multipart: fields, and files among them */
};
enum waf_body_kind waf_request_body_kind(const struct waf_transaction *transaction);
/* Before the first piece of a FORM that may be of any length: contents of its files are not kept, whatever rules look at, and count
 * towards no limit; the rest has SecRequestBodyNoFilesLimit. */
void waf_request_body_stream(struct waf_transaction *transaction);
/* Does a rule want contents of files of this FORM? They are kept in memory then, and until the transaction ends. */
bool waf_keeps_files(const struct waf_transaction *transaction);
/* ... but from now on they are not, for want of memory: rules see the files that were whole before. */
void waf_request_files_leave(struct waf_transaction *transaction);
/* Of a FORM: its reader learns no more from what follows, for the closing boundary has come, or a fault. */
enum waf_form_end { WAF_FORM_GOES_ON, WAF_FORM_CLOSED, WAF_FORM_BROKEN };
enum waf_form_end waf_request_form_end(const struct waf_transaction *transaction);
enum waf_answer waf_request_body(struct waf_transaction *transaction, struct span piece) must_check;
/* The rest of the body is not shown: what was is judged for itself, and is no broken body for ending where it does. */
void waf_request_body_cut(struct waf_transaction *transaction);
enum waf_answer waf_request_body_end(struct waf_transaction *transaction) must_check;
enum waf_answer waf_response_head(struct waf_transaction *transaction, const struct response_head *head) must_check;
/* After waf_response_head: is the body of this answer looked at? Otherwise its pieces need not be shown. */
bool waf_reads_response_body(const struct waf_transaction *transaction);
enum waf_answer waf_response_body(struct waf_transaction *transaction, struct span piece) must_check;
enum waf_answer waf_response_end(struct waf_transaction *transaction) must_check;
/* Phase 5, which never disrupts; then what rules changed of stored collections is stored. */
enum waf_answer waf_log(struct waf_transaction *transaction) must_check;

/* How long a rule's pause still lasts; 0: none does. A verdict holds after it. Time that it takes is no work. */
uint64_t waf_pause_ms(const struct waf_transaction *transaction);
/* For who cannot wait: it is over. */
void waf_pause_end(struct waf_transaction *transaction);

/* What rules want in front of and behind the response's body, with SecContentInjection on; empty otherwise. */
struct waf_injection {
	struct span prepended, appended;
};
struct waf_injection waf_injection(const struct waf_transaction *transaction);

const struct waf_verdict *waf_verdict(const struct waf_transaction *transaction);
/* In the order of the matches. */
const struct waf_match *waf_matches(const struct waf_transaction *transaction);

/* The audit log (SecAuditEngine, SecAuditLogFormat ...), after waf_log; STATUS is what the client got, 0: nothing. Only of a
 * transaction that was born is_audited. audit.c has its story. */
bool waf_audit_is_wanted(const struct waf_transaction *transaction, unsigned status);

/* What a client, an origin, or a rule that quotes them has brought into an audit log. */
enum waf_audit_kind {
	WAF_AUDIT_CLIENT,                   /* the text of its address */
	WAF_AUDIT_REQUEST_LINE,
	WAF_AUDIT_NAME,                     /* of a header or a form's field */
	WAF_AUDIT_REQUEST_FIELD, WAF_AUDIT_RESPONSE_FIELD,  /* the value of the header NAME */
	WAF_AUDIT_FORM,                     /* a body, URL encoded */
	WAF_AUDIT_ARGUMENT,                 /* the value of a form's field */
	WAF_AUDIT_BODY,                     /* of an answer */
	WAF_AUDIT_FILE,                     /* the name of one that was uploaded */
	WAF_AUDIT_SECRET,                   /* who a session or a user is, where a redirection leads */
	WAF_AUDIT_MATCH_NAME, WAF_AUDIT_MATCH_MSG, WAF_AUDIT_MATCH_DATA, WAF_AUDIT_MATCH_TAG,  /* of MATCH; of its tag NUMBER */
};

struct waf_audit_text {
	enum waf_audit_kind kind;
	struct span name, text;             /* TEXT as rules left it: what they sanitise is masked already */
	const struct waf_match *match;
	unsigned number;
};

/* What is written of each such text: SHOW appends it to OUT, which is empty. Privacy, fails closed: a text that is not shown is not
 * written. */
struct waf_audit_screen {
	void *context;
	enum result (*show)(void *context, const struct waf_audit_text *text, struct buffer *out);
};

/* Appends what the log is to say, masked as rules want it, and nothing that could not be masked. SCREEN may be NULL, but of a transaction
 * that was born is_screened. RESULT_LIMIT: OUT is too small; RESULT_NO_MEMORY. What was appended before a failure stays: the caller
 * discards it. */
enum result waf_audit_write(struct waf_transaction *transaction, unsigned status, const struct waf_audit_screen *screen, struct buffer *out) must_check;
/* The line of the index that SecAuditLogType Concurrent keeps, up to where the file's name stands; the same screen and results. */
enum result waf_audit_index(struct waf_transaction *transaction, unsigned status, uint64_t response_bytes, const struct waf_audit_screen *screen,
                            struct buffer *out) must_check;
/* Has the log a file for each transaction, and an index of them? */
bool waf_audit_is_concurrent(const struct waf_transaction *transaction);

#endif
