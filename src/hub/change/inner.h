/* The inside of change.h, for its files alone.
 *
 * change.c     birth, tables of routes
 * deed.c       the beginning and the end of whatever somebody does, and what lies between
 * trial.c      config/check, and what becomes a proposal
 * judge.c      the list of them, approve, reject
 * move.c       apply
 * back.c       config/rollback
 * look.c       what became of them, where nobody was told
 * kept.c       proposals in the store
 * eyes.c       which of them take a second person
 * asks.c       the keeper
 * said.c       what it says
 */
#ifndef BOUCLIER_HUB_CHANGE_INNER_H
#define BOUCLIER_HUB_CHANGE_INNER_H

#include "base/arena.h"
#include "hub/api/ask/arguments.h"
#include "hub/api/shield/shield.h"
#include "hub/change/asks.h"
#include "hub/change/change.h"
#include "hub/change/eyes.h"
#include "hub/change/kept.h"
#include "hub/change/said.h"

struct changes {
	struct change_birth birth;
	struct asks asks;
	struct shield *shield;          /* NULL: there is no admin socket */
	struct list deeds;              /* struct deed */
	unsigned count;
	bool is_ending;
	struct timer look;
	unsigned looks;                 /* so many more, whatever is found */
};

/* What somebody does, from his request to its answer. */
struct deed {
	struct list node;
	struct changes *changes;
	struct web_request *request;    /* NULL: whoever asked has left */
	struct web_answer *answer;
	struct arena arena;             /* of all texts below */
	struct span who, why, path, text;
	bool has_others;                /* there is somebody else who could approve what he asks for */
	bool is_only_check;
	bool may_alone;
	uint64_t confirm_ms, number;    /* NUMBER: of the proposal, or of the configuration that he goes back to */
	struct json *serving;           /* what the shield told of GET /config, */
	struct json *old;               /* ... of POST /config/history */
	struct change_text files[CHANGE_FILES_MAX];
	size_t file_count;
	struct buffer diff;
	bool takes_eyes;
	/* What follows when SERVING is there. */
	void (*next)(struct deed *deed);
};

/* -- change.c -- */

/* Who asks sees all, there is no parameter, and the caller has one of PERMITS. False: answered. */
bool change_may(struct changes *changes, struct web_request *request, struct web_answer *answer, uint32_t permits);

/* -- deed.c -- */

/* NULL: answered. It asks for what serves, and then calls NEXT. */
struct deed *deed_begin(struct changes *changes, struct web_request *request, struct web_answer *answer);
void deed_ask_serving(struct deed *deed, void (*next)(struct deed *deed));
/* POST /config/history; DONE gets the answer. False: answered, and ended. */
bool deed_ask(struct deed *deed, const struct shield_question *question);
/* The text of PATH that serves; NULL pointer: no such file serves. */
struct span deed_serving(const struct deed *deed, struct span path);
/* Ends it; what is in its answer is sent, if there is still somebody. */
void deed_end(struct deed *deed);
/* Ends it with a refusal. */
void deed_refuse(struct deed *deed, unsigned status, const char *code, const char *format, ...) __attribute__((format(printf, 4, 5)));
struct span deed_keep(struct deed *deed, struct span text) must_check;
/* The entry of the audit log, before it is done. False: answered, ended. */
bool deed_log(struct deed *deed, const char *what, struct span object, struct span detail);
/* Of what was begun and did not come about. */
void deed_log_failed(struct deed *deed, const char *what, struct span object, struct span why);
/* The same two, of what we say ourselves: words.c. */
bool deed_log_words(struct deed *deed, const char *what, struct span object, struct audit_words words);
void deed_log_stale(struct deed *deed, const char *what, struct span object);
/* Hands FILES (with what they are made from as BASE) to the keeper. */
void deed_try(struct deed *deed, bool is_trial, struct span note, void (*done)(void *context, enum change_outcome outcome, struct span text));
/* Refuses with what OUTCOME, which is not CHANGE_DONE, means. */
void deed_refuse_outcome(struct deed *deed, enum change_outcome outcome, struct span text);
/* How it came to serve, by whom, why: for the history. Empty, with NULL: no memory. */
struct span deed_note(struct deed *deed, bool is_rollback, struct span who, struct span why);
/* In hexadecimal digits. An empty span with NULL: it could not be made. */
struct span deed_digest(struct deed *deed, struct span text) must_check;
/* The difference of FILES, and whether it takes eyes. False: answered, ended. */
bool deed_compare(struct deed *deed);

/* -- trial.c -- */
/* FILES become a proposal that waits; COMPLAINTS as check said them. */
bool trial_add(struct deed *deed, struct span complaints, struct proposal *out);
void change_check(void *context, struct web_request *request, struct web_answer *answer);
void change_propose(void *context, struct web_request *request, struct web_answer *answer);
/* -- judge.c -- */
void change_list(void *context, struct web_request *request, struct web_answer *answer);
void change_approve(void *context, struct web_request *request, struct web_answer *answer);
void change_reject(void *context, struct web_request *request, struct web_answer *answer);
/* -- move.c -- */
/* The proposal of the path; the caller drops it: struct proposal is too large for the stack of a handler that calls more. NULL: answered. */
struct proposal *move_find(struct changes *changes, struct web_request *request, struct web_answer *answer) must_check;
void move_drop(struct proposal *proposal);
bool move_is_his(struct span who, const struct proposal *proposal);
/* As the audit log names it; in OUT. */
struct span move_object(const struct proposal *proposal, char *out, size_t size);
void move_answer(struct web_answer *answer, const struct proposal *proposal);
void change_apply(void *context, struct web_request *request, struct web_answer *answer);
/* -- look.c -- */
void look_init(struct changes *changes);
void look_done(struct changes *changes);
/* -- back.c -- */
void change_roll_back(void *context, struct web_request *request, struct web_answer *answer);

#endif
