#include "edge/inspect/inspect_inner.h"

#include "base/banned.h"

bool inspect_is_blocking(const struct request *request)
{
	return request->rules->mode == WAF_MODE_BLOCK;
}

/* In `detect` nobody is kept from an origin for what the outside may say. */
bool inspect_may_wait(const struct request *request)
{
	return inspect_is_blocking(request) || request_is_probe(request);
}

/* -- taking turns -- */

static void turn_has_come(struct job *job)
{
	request_go_on(list_entry(job, struct request, inspect_job), job);
}

/* The rules gave the thread back: others of this worker have their turn first; or a rule pauses the request, or waits for the outside. */
enum step_outcome inspect_later(struct request *request)
{
	uint64_t pause_ms = waf_pause_ms(request->waf);

	inspect_end_pause(request);
	request->is_paused = pause_ms || outside_waits(request);
	if (pause_ms)
		request_set_clock(request, (int64_t)pause_ms);
	else if (request->is_paused)
		timer_cancel(&request->connection->worker->loop.timers, &request->timer);  /* what is waited for has a clock of its own */
	else
		loop_later(&request->connection->worker->loop, &request->inspect_job);
	return STEP_WAIT;
}

/* The clock that the pause took is the origin's again, if there is one. */
void inspect_end_pause(struct request *request)
{
	if (!request->is_paused)
		return;
	request->is_paused = false;
	if (request->origin)
		request_set_clock(request, request->route->settings->timeouts.idle_ms);
	else
		timer_cancel(&request->connection->worker->loop.timers, &request->timer);
}

/* -- the verdict -- */

static enum step_outcome redirect(struct request *request, const struct waf_verdict *verdict)
{
	struct span location = arena_copy(&request->arena, verdict->url);

	request->decision = DECISION_BLOCK;
	request->reason = REASON_RULES;
	if (!location.at)
		return request_answer(request, 403, DECISION_BLOCK, REASON_RULES);
	return request_answer_with(request, verdict->status, SPAN_NONE, SPAN_NONE, location);
}

enum step_outcome inspect_refuse(struct request *request)
{
	const struct waf_verdict *verdict = waf_verdict(request->waf);

	switch (verdict->kind) {
	case WAF_DROP:
		return request_hang_up(request, REASON_RULES);
	case WAF_REDIRECT:
		return redirect(request, verdict);
	case WAF_DENY:
	case WAF_PASS:
	case WAF_ALLOW:
		break;
	}
	switch (verdict->reason) {
	case WAF_NO_MEMORY:
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	case WAF_BODY_LIMIT:
		return request_answer(request, verdict->status, DECISION_BLOCK, REASON_BODY_LIMIT);
	case WAF_MATCH_LIMIT:
	case WAF_MATCH_ERROR:
	case WAF_TIME:
		return request_answer(request, 403, DECISION_BLOCK, REASON_RULES_LIMIT);
	case WAF_UNANSWERED:
		return request_answer(request, 503, DECISION_BLOCK, REASON_SCANNER);
	case WAF_RULE:
		break;
	}
	return request_answer(request, verdict->status, DECISION_BLOCK, REASON_RULES);
}

/* Nothing could be asked at all. Security: fails closed in `block`; in `detect` it fails open, for nothing would be refused. */
enum step_outcome inspect_fail(struct request *request)
{
	if (inspect_is_blocking(request))
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	inspect_end(request);
	request->inspect_stage = INSPECT_DONE;
	return STEP_NEXT;
}

/* -- holding -- */

void inspect_hold_init(const struct request *request, struct hold *hold)
{
	const struct edge_top_settings *top = request->binding->plan->top;
	const struct hold_disk disk = { .folder = top->state, .tenants = &request->connection->worker->common->tenants,
		                        .tenant = request->site->tenant };

	hold_init(hold, &disk);
}

enum step_outcome inspect_not_held(struct request *request, enum result result)
{
	return request_answer(request, 503, DECISION_LIMIT, result == RESULT_NO_MEMORY ? REASON_NO_MEMORY : REASON_HOLD);
}

/* -- the request -- */

enum step_outcome inspect_ask_head(struct request *request)
{
	const struct request_head *head = inspect_request_head(request);
	enum waf_answer answer;

	if (!head)
		return inspect_fail(request);
	outside_begin(request, inspect_may_wait(request));
	answer = waf_request_head(request->waf, head);
	if (answer == WAF_WAIT)
		return inspect_later(request);
	inspect_end_pause(request);
	return answer == WAF_STOP ? inspect_refuse(request) : STEP_NEXT;
}

static enum step_outcome ask_head(struct request *request)
{
	enum step_outcome outcome = inspect_ask_head(request);

	if (outcome != STEP_NEXT || !request->waf)
		return outcome;
	request->inspect_stage = INSPECT_PHASE_2;
	if (!request_body_is_left(request))
		return STEP_AGAIN;
	if (inspect_may_wait(request))  /* a probe passes nowhere: it is judged here, or not at all */
		return inspect_body_hold_begin(request);
	return inspect_body_pass_begin(request);
}

static enum step_outcome ask_phase_2(struct request *request)
{
	enum waf_answer answer;

	outside_begin(request, inspect_may_wait(request));
	answer = waf_request_body_end(request->waf);
	if (answer == WAF_WAIT)
		return inspect_later(request);
	inspect_end_pause(request);
	if (answer == WAF_STOP)
		return inspect_refuse(request);
	if (inspect_stream_is_wanted(request))
		return inspect_stream_begin(request);
	request->inspect_stage = INSPECT_REQUEST_DONE;
	return STEP_NEXT;
}

static enum step_outcome begin(struct request *request)
{
	if (inspect_begin(request) != RESULT_OK)
		return inspect_fail(request);
	job_init(&request->inspect_job, turn_has_come);
	request->inspect_stage = INSPECT_HEAD;
	return STEP_AGAIN;
}

static enum step_outcome ask(struct request *request)
{
	switch (request->inspect_stage) {
	case INSPECT_FIRST:
		return begin(request);
	case INSPECT_HEAD:
		return ask_head(request);
	case INSPECT_BODY:
		return inspect_body_hold(request);
	case INSPECT_STREAM_HEAD:
		return inspect_stream_ask_head(request);
	case INSPECT_PHASE_2:
		return ask_phase_2(request);
	default:
		return STEP_NEXT;
	}
}

/* Security: a path that origins may read in two ways gets the stricter of what is asked on either. */
static const struct edge_waf *rules_of(const struct request *request)
{
	const struct edge_waf *rules = edge_route_waf(request->site, request->route);
	const struct edge_waf *others = edge_route_waf(request->site, request->route_as_written);

	return others && (!rules || others->mode > rules->mode) ? others : rules;
}

void inspect_choose_rules(struct request *request)
{
	request->rules = rules_of(request);
}

bool inspect_is_due(const struct request *request)
{
	return !request_is_bypassed(request) && rules_of(request);
}

enum step_outcome step_inspect_request(struct request *request)
{
	enum step_outcome outcome = STEP_AGAIN;

	if (request->inspect_stage == INSPECT_FIRST && inspect_is_due(request))
		inspect_choose_rules(request);
	if (!request->rules)
		return STEP_NEXT;
	while (outcome == STEP_AGAIN && request->step == STEP_INSPECT_REQUEST)
		outcome = ask(request);
	return outcome;
}

/* -- what the reader refused -- */

#define REFUSED_TURNS_MAX 1024  /* more than the budget of time has slices: whoever waits longer waits for something else */

/* Security: the answer is a refusal whatever happens here, so what cannot be asked is left. */
static void begin_refused(struct request *request)
{
	bool is_asked = !request_is_bypassed(request) && inspect_begin(request) == RESULT_OK;

	if (is_asked)
		job_init(&request->inspect_job, turn_has_come);
	request->inspect_stage = is_asked ? INSPECT_HEAD : INSPECT_DONE;
}

static enum waf_answer ask_refused_head(struct request *request)
{
	const struct request_head *head = inspect_request_head(request);

	return head ? waf_request_head(request->waf, head) : WAF_STOP;
}

static enum step_outcome ask_refused(struct request *request)
{
	bool is_head = request->inspect_stage == INSPECT_HEAD;
	enum waf_answer answer;

	outside_begin(request, false);  /* it is refused whatever is said */
	answer = is_head ? ask_refused_head(request) : waf_request_body_end(request->waf);

	if (answer == WAF_WAIT && waf_pause_ms(request->waf)) {
		waf_pause_end(request->waf);  /* a refusal does not wait */
		return STEP_AGAIN;
	}
	/* HTTP/2: the stream is reset as soon as we return. */
	if (answer == WAF_WAIT)
		return request->is_h2 ? STEP_AGAIN : inspect_later(request);
	request->inspect_stage = is_head && answer == WAF_GO_ON && request_is_tolerant(request) ? INSPECT_PHASE_2 : INSPECT_DONE;
	return STEP_AGAIN;
}

enum step_outcome inspect_refused(struct request *request)
{
	enum step_outcome outcome = STEP_AGAIN;

	if (request->route && request->inspect_stage == INSPECT_FIRST)
		inspect_choose_rules(request);
	if (!request->rules)
		return STEP_NEXT;
	if (request->inspect_stage == INSPECT_FIRST)
		begin_refused(request);
	for (unsigned turns = 0; outcome == STEP_AGAIN && request->inspect_stage != INSPECT_DONE && turns < REFUSED_TURNS_MAX; turns++)
		outcome = ask_refused(request);
	return outcome == STEP_WAIT ? STEP_WAIT : STEP_NEXT;
}
