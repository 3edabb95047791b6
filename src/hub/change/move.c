/* What becomes of a proposal: what every move of one is made of, and that it comes to serve. */
#include "hub/change/inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define CONFIRM_MS_MIN 10000u
#define CONFIRM_MS_MAX 86400000u

/* -- what moves are made of -- */

struct proposal *move_find(struct changes *changes, struct web_request *request, struct web_answer *answer)
{
	struct proposal *proposal;
	enum result result;
	uint64_t number;

	if (!part_number(request, answer, &number))
		return NULL;
	proposal = calloc(1, sizeof(*proposal));
	result = proposal ? proposal_find(changes->birth.store, number, proposal) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		return proposal;
	free(proposal);
	if (result == RESULT_NOT_FOUND)
		answer_not_found(answer, "proposal");
	else
		answer_store_failed(answer, result);
	return NULL;
}

void move_drop(struct proposal *proposal)
{
	proposal_done(proposal);
	free(proposal);
}

bool move_is_his(struct span who, const struct proposal *proposal)
{
	return span_equal(people_base_name(who), people_base_name(proposal->author));
}

struct span move_object(const struct proposal *proposal, char *out, size_t size)
{
	snprintf(out, size, "%llu: %.*s", (unsigned long long)proposal->number, SPAN_ARG(span_take(proposal->path, 200)));
	return span_of(out);
}

void move_answer(struct web_answer *answer, const struct proposal *proposal)
{
	struct json_writer json;

	answer_begin(answer, &json);
	proposal_put(&json, proposal);
	answer_end(answer, &json);
}

/* -- apply -- */

/* NULL: answered. */
static struct proposal *find_again(struct deed *deed)
{
	struct proposal *proposal = calloc(1, sizeof(*proposal));
	enum result result = proposal ? proposal_find(deed->changes->birth.store, deed->number, proposal) : RESULT_NO_MEMORY;

	if (result == RESULT_OK)
		return proposal;
	free(proposal);
	deed_refuse(deed, 503, "store-failed", "the proposal could not be read: %s", result_name(result));
	return NULL;
}

/* What came back refused is on its way no longer. */
static void not_applied(struct deed *deed)
{
	struct proposal *proposal = calloc(1, sizeof(*proposal));

	if (proposal && proposal_find(deed->changes->birth.store, deed->number, proposal) == RESULT_OK) {
		proposal->applying_ms = 0;
		(void)!proposal_keep(deed->changes->birth.store, proposal);  /* otherwise look.c finds out that it never served */
		proposal_done(proposal);
	}
	free(proposal);
}

static void applied(void *context, enum change_outcome outcome, struct span text)
{
	struct deed *deed = context;
	struct proposal *proposal;
	char object[256];
	enum result result;

	if (outcome != CHANGE_DONE) {
		snprintf(object, sizeof(object), "%llu: %.*s", (unsigned long long)deed->number, SPAN_ARG(span_take(deed->path, 200)));
		if (outcome == CHANGE_STALE)
			deed_log_stale(deed, "proposal.apply.failed", span_of(object));
		else
			deed_log_failed(deed, "proposal.apply.failed", span_of(object), span_take(text, 400));
		not_applied(deed);
		deed_refuse_outcome(deed, outcome, text);
		return;
	}
	proposal = find_again(deed);
	if (!proposal)
		return;
	proposal->state = PROPOSAL_APPLIED;
	result = proposal_keep(deed->changes->birth.store, proposal);
	if (result != RESULT_OK)
		fprintf(stderr, "bouclier: proposal %llu serves, and could not be marked so: %s\n", (unsigned long long)deed->number, result_name(result));
	if (deed->request)
		move_answer(deed->answer, proposal);
	move_drop(proposal);
	deed_end(deed);
}

/* What was read when he asked may have been decided since: it is read again. */
static bool may_apply(struct deed *deed, const struct proposal *proposal)
{
	if (proposal->state == PROPOSAL_APPROVED)
		return true;
	if (proposal->state != PROPOSAL_WAITS)
		deed_refuse(deed, 409, "not-possible", "it does not wait any more: it is %s", proposal_state_name(proposal->state));
	else if (proposal->takes_eyes && deed->has_others)
		deed_refuse(deed, 409, "needs-approval", "such a change takes a second person, who approves it");
	else if (!move_is_his(deed->who, proposal))
		deed_refuse(deed, 409, "needs-approval", "what somebody else proposed has to be approved first");
	else
		return true;
	return false;
}

/* Every file is what it was made from. */
static bool fill_files(struct deed *deed, const struct proposal *proposal)
{
	for (size_t i = 0; i < proposal->file_count; i++) {
		struct span serving = deed_serving(deed, proposal->files[i].path);
		struct span digest = serving.at ? deed_digest(deed, serving) : SPAN_NONE;

		if (!digest.at || !span_equal(digest, proposal->files[i].base)) {
			deed_refuse_outcome(deed, CHANGE_STALE, SPAN_NONE);
			return false;
		}
		deed->files[i] = (struct change_text){ deed_keep(deed, proposal->files[i].path), deed_keep(deed, proposal->files[i].text), serving };
		if (!deed->files[i].path.at || !deed->files[i].text.at) {
			deed_refuse(deed, 503, "busy", "there is no memory");
			return false;
		}
	}
	deed->file_count = proposal->file_count;
	return true;
}

/* Who: the author, and who approved; for the history, which is read where no audit log is. */
static struct span who_of(struct deed *deed, const struct proposal *proposal)
{
	if (proposal->state == PROPOSAL_APPROVED)
		return arena_print(&deed->arena, "%.*s, approved by %.*s", SPAN_ARG(proposal->author), SPAN_ARG(proposal->decided_by));
	return deed_keep(deed, proposal->author);
}

/* Should the hub end before it is told, the next one knows what to ask for. False: answered. */
static bool mark(struct deed *deed, struct proposal *proposal)
{
	enum result result;

	proposal->applying_ms = deed->changes->birth.loop->wall_ns / 1000000;
	result = proposal_keep(deed->changes->birth.store, proposal);
	if (result == RESULT_REFUSED)
		deed_refuse(deed, 409, "changed-meanwhile", "somebody else was faster");
	else if (result != RESULT_OK)
		deed_refuse(deed, 503, "store-failed", "the proposal could not be kept: %s", result_name(result));
	return result == RESULT_OK;
}

static bool log_apply(struct deed *deed, struct span object, bool is_alone, struct span why)
{
	return is_alone ? deed_log_words(deed, "proposal.apply", object, AUDIT_SAY(NOBODY_LOOKED)) : deed_log(deed, "proposal.apply", object, why);
}

static void apply_found(struct deed *deed, struct proposal *proposal)
{
	bool is_alone = proposal->state == PROPOSAL_WAITS && proposal->takes_eyes;
	struct span note;
	char object[256];

	if (!may_apply(deed, proposal) || !fill_files(deed, proposal))
		return;
	deed->path = deed_keep(deed, proposal->path);
	note = deed_note(deed, proposal->back_to != 0, who_of(deed, proposal), proposal->why);
	if (!note.at || !deed->path.at)
		deed_refuse(deed, 503, "busy", "there is no memory");
	else if (log_apply(deed, move_object(proposal, object, sizeof(object)), is_alone, proposal->why) && mark(deed, proposal))
		deed_try(deed, false, note, applied);
}

static void apply_with_serving(struct deed *deed)
{
	struct proposal *proposal = find_again(deed);

	if (!proposal)
		return;
	apply_found(deed, proposal);
	move_drop(proposal);
}

/* "0s": it stays at once. */
static uint64_t read_confirm(struct content *body)
{
	if (!content_has(body, "confirm"))
		return CHANGE_CONFIRM_MS;
	if (span_equal(json_text_of(json_find(body->root, "confirm")), SPAN("0s")))
		return 0;
	return content_length(body, "confirm", CONFIRM_MS_MIN, CONFIRM_MS_MAX);
}

void change_apply(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const members[] = { "confirm", NULL };
	struct changes *changes = context;
	struct proposal *proposal;
	struct content body;
	struct deed *deed;
	uint64_t confirm_ms;

	if (!change_may(changes, request, answer, PERMIT_PROPOSE) || !content_begin(&body, request, answer, members))
		return;
	confirm_ms = read_confirm(&body);
	proposal = body.is_bad ? NULL : move_find(changes, request, answer);
	content_end(&body);
	if (!proposal)
		return;
	deed = deed_begin(changes, request, answer);
	if (deed && !deed->may_alone) {
		deed_refuse(deed, 403, "forbidden", "to put a configuration in place takes the permit operate, too");
	} else if (deed) {
		deed->number = proposal->number;
		deed->confirm_ms = confirm_ms;
		deed_ask_serving(deed, apply_with_serving);
	}
	move_drop(proposal);
}
