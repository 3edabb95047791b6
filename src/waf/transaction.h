/* What the engine's files share of one request. This header is for src/waf/ itself.
 *
 * Owns     everything lies in the transaction's arena, but for the body's reader
 * Threads  one at a time
 */
#ifndef BOUCLIER_WAF_TRANSACTION_H
#define BOUCLIER_WAF_TRANSACTION_H

#include "base/buffer.h"
#include "waf/body/reader.h"
#include "waf/program.h"

/* One form of a value, looked at once. */
struct computed {
	struct span bytes;
	bool is_scanned;
	struct byte_set set;
	uint64_t *hits;
};

/* Bytes and what transformations make of them; equal forms are one struct computed. */
struct cell {
	struct computed raw;
	struct computed **forms;     /* by node; NULL: none asked yet */
};

struct pair {
	struct pair *next;
	struct span name;
	struct cell name_cell, value;
};

struct pairs {
	struct pair *first, **last;
	unsigned count;
	uint64_t bytes;
};

/* A value that a target means. */
struct value {
	enum variable variable;
	bool is_count;
	struct span key;
	struct cell *cell;
};

struct values {
	struct value *list;
	unsigned count, room;
};

/* What the forms of many values hold and hit together. */
struct reach {
	struct computed all;         /* no bytes */
	uint16_t node;               /* from this one on, nothing changed any of them */
};

struct gathered {
	bool is_there;
	struct values values;
	const struct reach **reach;  /* by node */
};

/* TX, ENV, stored collections. */
struct entry {
	struct entry *next;          /* of its bucket */
	enum variable variable;
	struct span name, value;
	bool is_set;
};

#define BUCKETS 256

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
	const struct gathered *gathered;
	unsigned value, stage;
	uint16_t node;               /* the rule's last, or one before it that gives the same */
	bool has_matched;
};

struct waf_transaction {
	const struct waf_rules *rules;
	const struct settings *settings;
	struct operator_scratch *scratch;
	struct arena arena;
	struct endpoint source, destination;
	struct span unique_id;
	uint64_t start_ns, wall_ns;
	unsigned engine;             /* enum engine_mode */
	bool request_body_access, force_body, response_body_access;
	bool is_allowed_phase, is_allowed_request, is_allowed_all;

	const struct request_head *head;
	const struct response_head *response;
	struct span processor;       /* of the body; empty: none */
	struct reader *reader;
	struct buffer body, response_body;
	uint64_t body_bytes, request_body_limit, response_body_limit;
	bool is_body_done, is_body_too_long, is_response_cut;
	struct body_report query_report, cookie_report;
	struct pairs args_get, args_post, cookies, request_headers, response_headers, files, file_sizes, part_headers;
	struct span multipart_name, multipart_filename;

	struct cell *scalars[VARIABLE_COUNT];
	uint8_t scalar_phase[VARIABLE_COUNT];
	struct gathered *gathered;   /* by set */
	struct gathered own;         /* of a rule that asks for one TX: most of them */
	struct value own_value;
	struct cell own_cell;
	struct entry *buckets[BUCKETS];
	bool is_collection_there[VARIABLE_COUNT];
	uint8_t *removed;            /* by unit */
	struct removal **removals;   /* by unit; NULL: none at all */

	struct span matched_name, matched_value;
	struct pairs matched;        /* MATCHED_VARS: name, value */
	int highest_severity;

	struct walk walk;
	bool has_failed;             /* memory is out */
	bool has_met_limit;
	struct waf_verdict verdict;
	bool is_stopped;
	struct waf_match *first, **last;
};

/* transaction.c */
struct pair *pairs_add(struct waf_transaction *transaction, struct pairs *pairs, struct span name, struct span value) must_check;
const struct body_report *body_report_of(const struct waf_transaction *transaction);

/* table.c: any case of NAME. */
const struct entry *table_find(const struct waf_transaction *transaction, enum variable variable, struct span name);
/* NAME and VALUE are copied. */
enum result table_set(struct waf_transaction *transaction, enum variable variable, struct span name, struct span value) must_check;
void table_unset(struct waf_transaction *transaction, enum variable variable, struct span name);

/* compute.c: NULL: no memory. */
struct computed *compute(struct waf_transaction *transaction, struct cell *cell, uint16_t node) must_check;
enum result computed_scan(const struct waf_transaction *transaction, struct computed *computed, struct arena *arena) must_check;

/* variables.c: RESULT_NOT_FOUND: it has no value. */
enum result variable_get(struct waf_transaction *transaction, enum variable variable, struct span *out) must_check;

/* gather.c */
enum result gather(struct waf_transaction *transaction, const struct unit *unit, struct gathered **out) must_check;
/* All values of one target. */
enum result gather_target(struct waf_transaction *transaction, const struct target *target, const struct xml_path *path, struct values *out) must_check;
/* "ARGS:foo" */
enum result value_name(struct waf_transaction *transaction, const struct value *value, struct span *out) must_check;

/* expand.c. RULE: what %{rule...} means. */
enum result macro_expand(struct waf_transaction *transaction, const struct macro *macro, const struct rule *rule, struct span *out) must_check;

/* act.c */
enum result act_on_match(struct waf_transaction *transaction, const struct rule *rule) must_check;
/* The end of a chain: log, and disrupt. */
enum result act_on_end(struct waf_transaction *transaction, const struct rule *starter, const struct rule *last) must_check;

/* evaluate.c */
enum waf_answer evaluate(struct waf_transaction *transaction, uint8_t phase) must_check;

#endif
