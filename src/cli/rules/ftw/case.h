/* Regression tests of rules, in the form that CRS has them: what to send, and which rules are to fire. `bouclier rules test` asks them of the
 * running shield.
 *
 *   read.c      a file of tests -> cases, or everything that is wrong with it, with its place
 *   request.c   a stage -> the bytes that go out
 *   ask.c       those bytes to the shield, which stops them before an origin, and what its rules said back over the admin socket
 *   judge.c     what was expected, and what came
 *
 * Shape    YAML as the documentation of go-ftw (schema of CRS 4) and of CRS 3.3 (python-ftw, `stage:` below `stages:`) has it
 * Limits   FTW_..._MAX below, and those of config/document.h: depth and values of a file. A key that is not known is an error: what it asks
 *          for would not be tested
 * Owns     a suite owns its cases and texts
 * Threads  one at a time
 */
#ifndef BOUCLIER_CLI_RULES_FTW_CASE_H
#define BOUCLIER_CLI_RULES_FTW_CASE_H

#include "config/document.h"

#define FTW_FILE_BYTES_MAX ((size_t)4 << 20)
#define FTW_NODES_MAX 200000u        /* of a file */
#define FTW_FILES_MAX 4096u
#define FTW_CASES_MAX 50000u
#define FTW_STAGES_MAX 32u
#define FTW_IDS_MAX 64u              /* of one expectation */
#define FTW_REQUEST_BYTES_MAX ((size_t)4 << 20)

struct ftw_ids {
	uint32_t list[FTW_IDS_MAX];
	unsigned count;
};

struct ftw_field {
	struct span name, value;
};

struct ftw_input {
	bool is_go;                      /* as go-ftw sends it; otherwise as python-ftw does */
	struct span method, uri, version;
	const struct node *headers;      /* a mapping, or a list of {name, value}; NULL: none */
	const struct node *data;         /* text, or lines; NULL: none */
	struct span encoded_data, encoded_request, raw_request;   /* empty: not said */
	bool autocompletes;
};

struct ftw_output {
	struct ftw_ids statuses, expect_ids, no_expect_ids;
	struct span contains, not_contains;                       /* expressions over what would stand in an error log; empty: not said */
	bool has_error, expects_error;                            /* a connection that ends without an answer */
	bool is_isolated, retries;
	bool asks_for_answer;            /* what an origin answers: nothing that a probe comes to */
};

struct ftw_stage {
	struct ftw_stage *next;
	struct ftw_input input;
	struct ftw_output output;
	const char *skip;                /* why it cannot be asked; NULL: it can */
};

struct ftw_case {
	struct ftw_case *next;
	struct place place;
	struct span title;               /* "942100-1" */
	const char *skip;                /* why it is not asked; NULL: it is */
	struct ftw_stage *stages;
};

struct ftw_suite {
	struct document document;        /* texts and nodes */
	struct complaints *complaints;
	struct ftw_case *first, **last;
	size_t count;
};

void ftw_suite_init(struct ftw_suite *suite, struct complaints *complaints);
void ftw_suite_done(struct ftw_suite *suite);
/* The cases of TEXT, which is called NAME, behind those that are there. RESULT_MALFORMED: nothing was added, complaints say why.
 * RESULT_LIMIT, RESULT_NO_MEMORY. A file without `tests` holds none. */
enum result ftw_read(struct ftw_suite *suite, struct span name, struct span text) must_check;

/* request.c: appends what goes out. RESULT_MALFORMED: base64 that is none; RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result ftw_request_write(const struct ftw_input *input, struct buffer *out) must_check;

#endif
