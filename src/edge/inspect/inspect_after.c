#include "edge/inspect/inspect_after.h"

#include "edge/challenge/challenge.h"
#include "edge/inspect/inspect_inner.h"

#include "base/banned.h"

#define OF_WORKER (3 * INSPECT_AFTER_A_SECOND)
#define COUNT_BITS 16u

bool inspect_after_takes(uint64_t *second, uint64_t now_s, unsigned max)
{
	uint64_t seen = __atomic_load_n(second, __ATOMIC_RELAXED), next;

	do {
		unsigned count = seen >> COUNT_BITS == now_s ? (unsigned)(seen & ((1u << COUNT_BITS) - 1)) : 0;

		if (count >= max)
			return false;
		next = now_s << COUNT_BITS | (count + 1);
	} while (!__atomic_compare_exchange_n(second, &seen, next, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

/* Refused for who asks, or for how many do, and not for what was asked. */
static bool is_of_guard(const struct request *request)
{
	if (!request->is_own || !request->down_has_head || request->is_passthrough)
		return false;
	switch ((int)request->reason) {
	case REASON_BANNED: case REASON_RATE_LIMIT: case REASON_BUDGET: case REASON_CONNECTIONS: case REASON_QUEUE_FULL: case REASON_QUEUE_LATE:
		return true;
	case REASON_CHALLENGED: case REASON_WAITING:
		return !challenge_is_admit(request);  /* an answer to our own page */
	default:
		return false;
	}
}

static bool is_wanted(const struct request *request)
{
	struct worker *worker = request_worker(request);
	uint64_t now_s = worker->loop.now_ms / 1000;

	if (!request->site || !is_of_guard(request) || request->is_aborted || request->inspect_stage != INSPECT_FIRST || request_is_probe(request) ||
	    !inspect_is_due(request) || quarantine_holds(&worker->common->quarantine, request))
		return false;
	/* Its site's first: what one site has too many of takes nothing from the others. */
	return inspect_after_takes(request->site->seen_after, now_s, INSPECT_AFTER_A_SECOND) && inspect_after_takes(&worker->seen_after, now_s, OF_WORKER);
}

static void turn_has_come(struct job *job)
{
	request_wake(list_entry(job, struct request, inspect_job));
}

/* Of a body nothing was read: rules are told so, and do not miss what was never shown. */
static void ask(struct request *request)
{
	const struct request_head *head = inspect_request_head(request);
	enum waf_answer answer = WAF_WAIT;

	if (!head)
		return;
	outside_begin(request, false);
	while ((answer = waf_request_head(request->waf, head)) == WAF_WAIT)
		waf_pause_end(request->waf);
	waf_request_body_cut(request->waf);
	if (answer == WAF_GO_ON)
		inspect_at_once(request, waf_request_body_end);
}

/* In HTTP/2 it outlasts its stream: its connection looked at its own clock while it was still at work, and has to look again. */
static void tell_connection(struct connection *connection)
{
	if (connection->stage == CONNECTION_HTTP_2)
		connection_later(connection);
}

enum step_outcome inspect_after(struct request *request)
{
	if (request->inspect_stage == INSPECT_AFTER) {
		list_remove(&request->inspect_job.node);  /* its client's next request may have woken it */
		if (inspect_begin(request) == RESULT_OK)
			ask(request);
		request->inspect_stage = INSPECT_SEEN_AFTER;
		tell_connection(request->connection);
		return STEP_NEXT;
	}
	if (!is_wanted(request))
		return STEP_NEXT;
	inspect_choose_rules(request);
	job_init(&request->inspect_job, turn_has_come);
	loop_later(&request_worker(request)->loop, &request->inspect_job);
	request->inspect_stage = INSPECT_AFTER;
	return STEP_WAIT;
}

enum seen_after inspect_seen_after(const struct request *request)
{
	if (request->inspect_stage != INSPECT_SEEN_AFTER || !request->waf)
		return SEEN_NOT;
	return inspect_is_refusal(request) ? SEEN_ATTACK : SEEN_CLEAN;
}
