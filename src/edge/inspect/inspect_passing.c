/* Rules that refuse nothing any more: what passes by in `detect`, what comes after the verdict, and the end. */
#include "edge/inspect/inspect_inner.h"

#include "base/banned.h"

/* -- what passes by -- */

/* A few rules more than a turn are not worth a stop: in `detect` the request is on its way. Nor is it paused any more, though a
 * rule turn the engine on. */
void inspect_at_once(struct request *request, enum waf_answer (*question)(struct waf_transaction *transaction))
{
	outside_begin(request, false);
	while (question(request->waf) == WAF_WAIT)
		waf_pause_end(request->waf);
}

/* What the outside is asked takes its time while the origin works: only the answer waits for it. */
bool inspect_ask_passed(struct request *request)
{
	outside_begin(request, true);
	while (waf_request_body_end(request->waf) == WAF_WAIT) {
		if (outside_waits(request))
			return false;
		waf_pause_end(request->waf);
	}
	request->inspect_stage = INSPECT_REQUEST_DONE;
	return true;
}

/* -- the end -- */

void inspect_response_passed(struct request *request)
{
	if (!request->waf || request->inspect_stage != INSPECT_RESPONSE_PASSING)
		return;
	inspect_at_once(request, waf_response_end);
	request->inspect_stage = INSPECT_DONE;
}

void inspect_log(struct request *request)
{
	if (!request->waf)
		return;
	if (request->inspect_stage == INSPECT_PASSED)  /* there was no answer that could have waited */
		inspect_at_once(request, waf_request_body_end);
	inspect_response_passed(request);
	inspect_at_once(request, waf_log);
	if (request->decision == DECISION_ALLOW && (inspect_is_refusal(request) || inspect_is_damaged(request))) {
		request->decision = DECISION_LOG;
		if (request->reason == REASON_NONE)
			request->reason = inspect_is_refusal(request) ? REASON_RULES : REASON_CODING;
	}
	if (request->decision == DECISION_ALLOW && request->seen && request->seen->are_files_left) {
		request->decision = DECISION_LOG;
		request->reason = request->reason == REASON_NONE ? REASON_HOLD : request->reason;
	}
}

bool inspect_is_refusal(const struct request *request)
{
	return edge_waf_refuses(request->waf);
}

void inspect_end(struct request *request)
{
	outside_end(request);
	if (request->waf) {
		list_remove(&request->inspect_job.node);
		waf_transaction_free(request->waf);
		request->waf = NULL;
	}
	inspect_response_end(request);
	inspect_body_end(request);
}
