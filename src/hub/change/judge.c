/* Who looks at proposals, and says yes or no. */
#include "hub/change/inner.h"

#include "base/banned.h"

/* -- the list -- */

static void put_one(void *context, const struct proposal *proposal)
{
	struct json_writer *json = context;

	json_open(json, SPAN_NONE, '{');
	proposal_put(json, proposal);
	json_close(json, '}');
}

void change_list(void *context, struct web_request *request, struct web_answer *answer)
{
	struct changes *changes = context;
	struct json_writer json;
	enum result result;

	if (!change_may(changes, request, answer, PERMIT_PROPOSE | PERMIT_APPROVE))
		return;
	answer_begin(answer, &json);
	json_open(&json, SPAN("proposals"), '[');
	result = proposal_each(changes->birth.store, put_one, &json);
	json_close(&json, ']');
	if (result == RESULT_OK)
		answer_end(answer, &json);
	else
		answer_store_failed(answer, result);
}

/* -- approve, reject -- */

/* Security, fails closed: by whatever door he comes, nobody approves what he asked for. */
static bool may_judge(const struct person_view *caller, const struct proposal *proposal, bool is_yes, struct web_answer *answer)
{
	bool is_own = move_is_his(caller->name, proposal);

	if (is_yes && is_own)
		web_refuse(answer, 403, "own-approval", "whoever proposed it cannot approve it: that is what four eyes are for");
	else if (!is_yes && !is_own && !person_may(caller, PERMIT_APPROVE))
		web_refuse(answer, 403, "forbidden", "a proposal is rejected by who may approve it, or taken back by who made it");
	else if (proposal->state != PROPOSAL_WAITS && (is_yes || proposal->state != PROPOSAL_APPROVED))
		web_refuse(answer, 409, "not-possible", "it does not wait any more: it is %s", proposal_state_name(proposal->state));
	else
		return true;
	return false;
}

static void judge(struct changes *changes, struct web_request *request, struct web_answer *answer, struct proposal *proposal, bool is_yes)
{
	static const char *const members[] = { "why", NULL };
	const struct person_view *caller = people_caller(changes->birth.people, request);
	struct content body;
	char object[256];
	enum result result;

	if (!content_begin(&body, request, answer, members))
		return;
	proposal->decided_why = content_text(&body, "why", is_yes ? 0 : 1, API_WHY_MAX, false);
	if (!body.is_bad && may_judge(caller, proposal, is_yes, answer) &&
	    people_log(changes->birth.people, request, answer, is_yes ? "proposal.approve" : "proposal.reject", move_object(proposal, object, sizeof(object)), proposal->decided_why)) {
		proposal->state = is_yes ? PROPOSAL_APPROVED : PROPOSAL_REJECTED;
		proposal->decided_by = caller->name;
		proposal->decided_ms = request->wall_ns / 1000000;
		result = proposal_keep(changes->birth.store, proposal);
		if (result == RESULT_OK)
			move_answer(answer, proposal);
		else if (result == RESULT_REFUSED)
			web_refuse(answer, 409, "changed-meanwhile", "somebody else was faster");
		else
			answer_store_failed(answer, result);
	}
	content_end(&body);
}

static void read_and_judge(struct changes *changes, struct web_request *request, struct web_answer *answer, bool is_yes)
{
	struct proposal *proposal;

	if (!change_may(changes, request, answer, is_yes ? PERMIT_APPROVE : PERMIT_APPROVE | PERMIT_PROPOSE) || !(proposal = move_find(changes, request, answer)))
		return;
	judge(changes, request, answer, proposal, is_yes);
	move_drop(proposal);
}

void change_approve(void *context, struct web_request *request, struct web_answer *answer)
{
	read_and_judge(context, request, answer, true);
}

void change_reject(void *context, struct web_request *request, struct web_answer *answer)
{
	read_and_judge(context, request, answer, false);
}
