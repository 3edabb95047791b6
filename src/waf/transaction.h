/* What the engine's files share of one request. This header is for src/waf/ itself.
 *
 * Owns     everything lies in the transaction's arena, but for the body's reader
 * Threads  one at a time
 */
#ifndef BOUCLIER_WAF_TRANSACTION_H
#define BOUCLIER_WAF_TRANSACTION_H

#include "base/buffer.h"
#include "waf/body/reader.h"
#include "waf/form.h"

/* TX by the number of its name: small, as every transaction has one of each. */
struct slot {
	struct span value;
	int32_t number;              /* what comparisons read of it, if they did and it is that small */
	bool is_set, has_number;
};

/* The rest of TX, ENV, stored collections. */
struct entry {
	struct entry *next;          /* of its bucket */
	struct entry *later;         /* of all */
	uint64_t hash;
	struct span name, value;
	enum variable variable;
	bool is_set;
};

/* Names that are not numbered at load. */
struct table {
	struct entry **buckets;      /* NULL: nothing was set yet */
	struct entry *first, **last; /* in the order in which they were first set */
	uint32_t count, size;        /* size: a power of two */
};

/* A value that matched. */
struct matched {
	struct matched *next;
	struct value value;          /* of its `raw` nothing is meant */
	struct span bytes;
	struct span name;            /* "ARGS:foo"; NULL: nobody asked yet */
};

/* What ctl took away of targets. */
struct removal {
	struct removal *next;
	const struct target *targets;
	unsigned count;
};

/* Where the walk is, so that it can go on there. */
struct walk {
	uint8_t phase;               /* 0: none has begun */
	uint32_t step;
	const struct unit *starter, *unit;   /* NULL: the step's own rule is next */
	bool is_inside;              /* of the unit's values */
	unsigned part, value, stage;
	bool has_matched;
};

/* What was worked, and how long. */
struct pace {
	struct waf_time time;
	uint64_t spent_ns, since_ns;
	uint64_t work_bytes;         /* since the clock was looked at */
	bool has_moved;              /* since the thread was given to it: it never waits twice at the same place */
	bool is_over;                /* the budget is used up */
};

#define LATELY_COUNT 256

struct waf_transaction {
	struct waf_transaction *next_spare;
	struct waf_spares *spares;
	const struct waf_rules *rules;
	const struct waf_overlay *overlay;   /* NULL: none */
	struct overlay_visit *visit;         /* overlay_ask.c; NULL: it has no exclusions */
	const struct settings *settings;
	struct operator_scratch *scratch;
	void *asker;                 /* of ports */
	struct arena arena;
	struct endpoint source, destination;
	struct span unique_id;
	uint64_t start_ns, wall_ns;
	unsigned engine;             /* enum engine_mode */
	unsigned request_body_action;        /* enum limit_action */
	bool request_body_access, force_body, response_body_access;
	bool asks_all;               /* for tests: nothing is left without being asked */
	bool is_allowed_phase, is_allowed_request, is_allowed_all;

	const struct request_head *head;
	const struct response_head *response;
	struct span processor;       /* of the body; empty: none */
	unsigned parse_xml_into_args; /* enum xml_arguments of body/reader.h */
	struct reader *reader;
	struct buffer body, response_body, file;   /* FILE: of an upload, while it comes */
	uint64_t body_bytes, request_body_limit, response_body_limit;
	bool is_body_shown;          /* REQUEST_BODY has it */
	bool is_json;                /* the reader is that of JSON */
	bool is_body_streamed;       /* contents of files pass: not kept, not counted */
	bool are_files_left;         /* not kept any more */
	bool is_body_cut;            /* by whoever asks: it is longer than they show */
	bool is_body_done, is_body_too_long, is_form_too_long, is_response_cut;
	struct body_report query_report, cookie_report;
	struct pairs args_get, args_post, cookies, request_headers, response_headers, files, file_sizes, file_contents, part_headers;
	struct span multipart_name, multipart_filename;

	struct computed *lately[LATELY_COUNT];   /* texts that came lately, by a hash */
	struct computed *scalars[VARIABLE_COUNT];
	uint8_t scalar_phase[VARIABLE_COUNT];
	struct sourced *sourced;     /* by source */
	struct grouped **grouped;    /* by group; NULL: not asked in this phase */
	struct values own;           /* of the volatile rule that is walked */
	struct value own_value;      /* of the numbered one */
	struct computed own_form;
	struct slot *tx;             /* by number of the name */
	struct entry found;          /* one of them as an entry: table_find */
	struct table table;
	struct collection *collections;                   /* those that rules opened */
	const struct collection_port *collection_port;    /* NULL: they live as long as the request */
	struct span tenant, site, session_id, user_id;
	struct span prepended, appended;                  /* to the response (SecContentInjection) */
	struct mask *masks;                               /* what logs may not show */
	bool is_audited;                                  /* somebody may ask for its audit log */
	bool is_screened;                                 /* and will not be told bodies */
	const struct waf_audit_screen *screen;            /* while it is written; NULL: none */
	unsigned audit_engine;                            /* enum audit_engine */
	uint32_t audit_parts;                             /* bit: letter, from A */
	bool is_relevant;                                 /* a rule with auditlog matched */
	uint64_t pause_until_ms;                          /* monotonic; 0: none */
	const struct waf_retreat *retreats;
	unsigned retreat_count;
	uint8_t *removed;            /* by unit */
	struct removal **removals;   /* by unit; NULL: none at all */

	struct matched *matched;     /* the last value that matched; NULL: none, or what matched was no value */
	bool has_action_matched;     /* 2.9.7: a SecAction looks at REMOTE_ADDR */
	struct matched *matched_first, **matched_last;   /* MATCHED_VARS: of this step's rules */
	int highest_severity;

	struct walk walk;
	bool has_failed;             /* memory is out */
	bool has_met_limit, has_met_error, has_met_silence;  /* of a match */
	struct pace pace;
	struct waf_verdict verdict;
	bool is_stopped;
	struct waf_match *first, **last;
};

/* transaction.c */
struct pair *pairs_add(struct waf_transaction *transaction, struct pairs *pairs, struct span name, struct span value) must_check;
const struct body_report *body_report_of(const struct waf_transaction *transaction);

/* table.c: any case of NAME. What is found of TX is good until the next such question. */
const struct entry *table_find(struct waf_transaction *transaction, enum variable variable, struct span name);
/* NAME and VALUE are copied. */
enum result table_set(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value) must_check;
/* The same, but they are not copied: they live as long as the transaction. */
enum result table_put(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value) must_check;
void table_unset(struct waf_transaction *transaction, enum variable variable, struct span name);
/* Of TX, by the number of its name. VALUE is not copied: it lives as long as the transaction. */
const struct slot *tx_find(const struct waf_transaction *transaction, uint16_t slot);
void tx_set(struct waf_transaction *transaction, uint16_t slot, struct span value);
void tx_unset(struct waf_transaction *transaction, uint16_t slot);

/* compute.c: NULL: no memory. */
struct computed *computed_of(struct waf_transaction *transaction, struct span bytes) must_check;
struct computed *compute(struct waf_transaction *transaction, struct computed *raw, uint16_t node) must_check;
struct computed *computed_step(struct waf_transaction *transaction, struct computed *before, enum transform transform) must_check;
enum result computed_scan(struct waf_transaction *transaction, struct computed *computed) must_check;

/* reach.c: NULL: no memory. */
const struct grouped *group_get(struct waf_transaction *transaction, uint16_t number) must_check;
/* Its traits are set. */
const struct grouped *group_look(struct waf_transaction *transaction, uint16_t number) must_check;

/* variables.c: RESULT_NOT_FOUND: it has no value. */
enum result variable_get(struct waf_transaction *transaction, enum variable variable, struct span *out) must_check;

/* gather.c: all values of a source are added to OUT. */
enum result gather(struct waf_transaction *transaction, const struct source *source, struct values *out) must_check;
/* Did the rule, or a ctl, take VALUE away from UNIT? */
bool is_taken_away(const struct waf_transaction *transaction, const struct unit *unit, const struct value *value);
/* "ARGS:foo" */
enum result value_name(struct waf_transaction *transaction, const struct value *value, struct span *out) must_check;

/* pace.c: the thread is given to TRANSACTION, and given back. */
void pace_start(struct waf_transaction *transaction);
void pace_stop(struct waf_transaction *transaction);
enum pace_answer { PACE_ON, PACE_WAIT, PACE_OVER };
/* Before something is done that costs about as much as judging BYTES. */
enum pace_answer pace_ask(struct waf_transaction *transaction, size_t bytes) must_check;

/* judge.c: what an operator says of a value, or of each of its forms; then the rule's actions run. */
enum outcome { OUTCOME_NO, OUTCOME_YES, OUTCOME_WAIT, OUTCOME_FAILED };
enum outcome judge(struct waf_transaction *transaction, const struct unit *unit, const struct value *value, struct computed *computed) must_check;
enum outcome judge_forms(struct waf_transaction *transaction, const struct unit *unit, const struct value *value) must_check;
/* MATCHED_VAR and MATCHED_VAR_NAME; empty where nothing has matched. */
struct span matched_bytes(const struct waf_transaction *transaction);
enum result matched_name(struct waf_transaction *transaction, struct matched *matched, struct span *out) must_check;

/* expand.c. RULE: what %{rule...} means. */
enum result macro_expand(struct waf_transaction *transaction, const struct macro *macro, const struct rule *rule, struct span *out) must_check;

/* A member of RULE (id, msg ...): of the walk's rule, or else of RULE. None: OUT has no bytes. */
enum result rule_member(struct waf_transaction *transaction, const struct rule *rule, struct span selector, struct span *out) must_check;

/* act.c */
enum result act_on_match(struct waf_transaction *transaction, const struct rule *rule) must_check;
/* The end of a chain: log, and disrupt. */
enum result act_on_end(struct waf_transaction *transaction, const struct rule *starter, const struct rule *last) must_check;

/* evaluate.c */
enum waf_answer evaluate(struct waf_transaction *transaction, uint8_t phase) must_check;

#endif
