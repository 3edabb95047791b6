/* What the files of inspection share; for nobody else. */
#ifndef BOUCLIER_EDGE_INSPECT_INNER_H
#define BOUCLIER_EDGE_INSPECT_INNER_H

#include "edge/inspect/inspect.h"
#include "edge/request.h"
#include "edge/inspect/shown_body.h"

/* What the next call of a step does; it may be called many times for each. */
enum inspect_stage {
	INSPECT_FIRST,          /* nothing has been asked */
	INSPECT_HEAD,           /* phase 1 */
	INSPECT_BODY,           /* the body comes here, and is held */
	INSPECT_PASSING,        /* the body goes by */
	INSPECT_PASSED,         /* it has: phase 2, while the origin works */
	INSPECT_PHASE_2,
	INSPECT_STREAM_HEAD,    /* inspect_stream.c: phase 1 once more */
	INSPECT_STREAM,         /* the rest of an upload goes by, but for its end */
	INSPECT_REQUEST_DONE,
	INSPECT_PHASE_3,
	INSPECT_RESPONSE_BODY,  /* the answer's body comes here, and is held */
	INSPECT_RESPONSE_PASSING,
	INSPECT_PHASE_4,
	INSPECT_DONE,
	INSPECT_AFTER,          /* inspect_after.c: answered without rules; they see it in a moment */
	INSPECT_SEEN_AFTER,     /* ... they have */
};

/* What rules have seen of the request's body. */
struct body_inspection {
	struct shown_body shown;
	uint64_t files_bytes;             /* taken of SHARED_FILES */
	bool are_files_left;              /* there was no memory for contents of files, and they went on */
	enum result damage;               /* of what passes in `detect`: for this `block` would have refused it. RESULT_OK: for nothing */
	struct buffer back;               /* inspect_stream.c: shown, and not sent */
	enum stream_refusal { STREAM_PASSES, STREAM_RULES, STREAM_LONG } refusal;
};

bool inspect_is_blocking(const struct request *request);
/* Which are asked. */
void inspect_choose_rules(struct request *request);
/* May it be kept from going on until the outside has answered? */
bool inspect_may_wait(const struct request *request);
/* The rules gave the thread back: others of this worker have their turn first; or a rule pauses the request, or waits for the outside. */
enum step_outcome inspect_later(struct request *request);
/* They have answered: if it was paused, it is no more. */
void inspect_end_pause(struct request *request);
/* The answer that the verdict asks for. */
enum step_outcome inspect_refuse(struct request *request);
/* Nothing could be asked at all. Security: fails closed in `block`; in `detect` it fails open, for nothing would be refused. */
enum step_outcome inspect_fail(struct request *request);
/* A question whose answer changes nothing any more: the rules take no turns. */
void inspect_at_once(struct request *request, enum waf_answer (*question)(struct waf_transaction *transaction));
/* What passed would have been refused for what it is encoded in. */
bool inspect_is_damaged(const struct request *request);
/* inspect_passing.c: phase 2 of a body that went by. False: it waits for the outside, which wakes the request. */
bool inspect_ask_passed(struct request *request);
/* A hold for a body of this request. */
void inspect_hold_init(const struct request *request, struct hold *hold);
/* The answer where RESULT (of hold.h, or RESULT_REFUSED: other files have the memory) says that a body could not be held. Security: fails closed, nothing of it has gone on. */
enum step_outcome inspect_not_held(struct request *request, enum result result);

/* inspect_body.c: the request's body is read here and held. The step's outcome, as for the others. */
enum step_outcome inspect_body_hold_begin(struct request *request);
enum step_outcome inspect_body_hold(struct request *request);
/* In `detect`: it will go by. */
enum step_outcome inspect_body_pass_begin(struct request *request);
void inspect_body_end(struct request *request);

/* Phase 1. STEP_NEXT: go on; without `waf`, nothing could be asked in `detect`. */
enum step_outcome inspect_ask_head(struct request *request);

/* inspect_stream.c: the front of an upload was judged; is there more of it, with fields to judge? */
bool inspect_stream_is_wanted(const struct request *request);
enum step_outcome inspect_stream_begin(struct request *request);
enum step_outcome inspect_stream_ask_head(struct request *request);

/* inspect_response.c: gives back what the answer's body needed. */
void inspect_response_end(struct request *request);

/* inspect_begin.c: a transaction, and the request as the rules see it. RESULT_NO_MEMORY. */
enum result inspect_begin(struct request *request) must_check;
/* The head that came; HTTP/2 says in :authority what rules look for in Host. */
const struct request_head *inspect_request_head(struct request *request) must_check;
/* A copy, since the origin's buffer moves on. NULL: no memory. */
const struct response_head *inspect_response_head(struct request *request) must_check;

#endif
