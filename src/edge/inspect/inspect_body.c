/* The request's body on its way to the rules (shown_body.h): held in `block`, going by in `detect`.
 *
 * Limits   files that rules want to see whole: what tenants share of memory (SHARED_FILES), twice their bytes, for a buffer grows by doubling;
 *          forms of up to HOLD_MEMORY_BYTES are not concerned
 */
#include "edge/inspect/inspect_inner.h"

#include "base/banned.h"

#define HELD_A_ROUND_BYTES (512u * 1024)
#define FILES_STEP_BYTES (64u * 1024)

static struct edge_tenants *tenants_of(const struct request *request)
{
	return &request->connection->worker->common->tenants;
}

/* Memory for the files among the first BYTES of the body. */
static bool take_files(struct request *request, uint64_t bytes)
{
	struct body_inspection *seen = request->seen;
	uint64_t need = bytes <= HOLD_MEMORY_BYTES ? 0 : 2 * ((bytes + FILES_STEP_BYTES - 1) / FILES_STEP_BYTES * FILES_STEP_BYTES);

	if (need <= seen->files_bytes)
		return true;
	if (!edge_tenant_take(tenants_of(request), request->site->tenant, SHARED_FILES, need - seen->files_bytes))
		return false;
	seen->files_bytes = need;
	return true;
}

/* Security, fails closed in `block`: RESULT_REFUSED. In `detect` the file goes on unseen, and the journal says so. */
static enum result make_room_for_files(void *context, size_t more)
{
	struct request *request = context;
	struct body_inspection *seen = request->seen;

	if (!waf_keeps_files(request->waf) || take_files(request, seen->shown.shown_bytes + more))
		return RESULT_OK;
	if (request->held)
		return RESULT_REFUSED;
	waf_request_files_leave(request->waf);
	seen->are_files_left = true;
	return RESULT_OK;
}

static enum result begin(struct request *request, bool is_held)
{
	enum result result;

	request->seen = arena_new(&request->arena, struct body_inspection);
	if (!request->seen)
		return RESULT_NO_MEMORY;
	result = shown_body_init(&request->seen->shown, request->waf, request->rules, &request->head, is_held);
	request->seen->shown.make_room = make_room_for_files;
	request->seen->shown.room_context = request;
	return result;
}

void inspect_body_end(struct request *request)
{
	if (request->held) {
		hold_done(request->held);
		request->held = NULL;
	}
	if (request->seen) {
		if (request->seen->files_bytes)
			edge_tenant_give(tenants_of(request), request->site->tenant, SHARED_FILES, request->seen->files_bytes);
		shown_body_done(&request->seen->shown);
		buffer_done(&request->seen->back);
		request->seen = NULL;
	}
}

/* -- holding -- */

static enum step_outcome refuse(struct request *request, enum result why)
{
	enum reason reason;
	unsigned status = shown_body_status(why, &reason);

	return request_answer(request, status, DECISION_BLOCK, reason);
}

enum step_outcome inspect_body_hold_begin(struct request *request)
{
	const struct body_size *body = &request->head.body;
	enum result result = begin(request, true);

	if (result == RESULT_REFUSED)
		return refuse(request, result);
	if (result != RESULT_OK)
		return inspect_fail(request);
	if (shown_body_is_long(&request->seen->shown, body))
		return refuse(request, RESULT_LIMIT);
	request->held = arena_new(&request->arena, struct hold);
	if (!request->held)
		return inspect_fail(request);
	inspect_hold_init(request, request->held);
	request_body_begin(request);
	request->is_holding = request->up_has_begun = true;
	request->inspect_stage = INSPECT_BODY;
	request_set_clock(request, request->route->settings->timeouts.idle_ms);
	return STEP_AGAIN;
}

static enum step_outcome end_holding(struct request *request)
{
	enum result result = hold_rewind(request->held);

	request->is_holding = request->up_has_begun = false;
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);
	if (result != RESULT_OK)
		return inspect_not_held(request, result);
	request->inspect_stage = INSPECT_PHASE_2;
	return STEP_AGAIN;
}

/* The piece is kept, and then shown. */
static enum step_outcome hold_piece(struct request *request, struct span piece)
{
	enum waf_answer answer = WAF_GO_ON;
	enum result result = hold_add(request->held, piece);

	if (result != RESULT_OK)
		return inspect_not_held(request, result);
	result = shown_body_add(&request->seen->shown, piece, &answer);
	request_body_take(request, piece.len);
	if (answer == WAF_STOP)
		return inspect_refuse(request);
	if (result == RESULT_NO_MEMORY || result == RESULT_REFUSED)
		return inspect_not_held(request, result);
	return result == RESULT_OK ? STEP_NEXT : refuse(request, result);
}

static enum step_outcome wait_for_body(struct request *request)
{
	request_body_ask(request);
	if (request->reason == REASON_CLIENT_SLOW || request_body_is_slow(request))
		return request_answer(request, 408, DECISION_DROP, REASON_CLIENT_SLOW);
	return STEP_WAIT;
}

/* There is more than is held. */
static enum step_outcome stop_holding(struct request *request)
{
	enum result result = shown_body_stop(&request->seen->shown);

	return result == RESULT_OK ? end_holding(request) : refuse(request, result);  /* the rest streams behind the verdict */
}

static enum step_outcome hold_whole(struct request *request)
{
	enum result result = shown_body_end(&request->seen->shown);

	request->up_is_whole = true;
	return result == RESULT_OK ? end_holding(request) : refuse(request, result);
}

/* The body has no more to give just now, or for good. */
static enum step_outcome hold_no_more(struct request *request, enum result result, bool has_moved)
{
	switch ((int)result) {
	case RESULT_END:
		return hold_whole(request);
	case RESULT_MORE:
		if (has_moved)
			request_set_clock(request, request->route->settings->timeouts.idle_ms);
		return wait_for_body(request);
	case RESULT_MALFORMED:
	case RESULT_LIMIT:
		return request_answer_fault(request, request->fault == HTTP_FAULT_NONE ? HTTP_FAULT_BODY_SHORT : request->fault);
	default:
		return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
	}
}

enum step_outcome inspect_body_hold(struct request *request)
{
	uint64_t limit = request->seen->shown.limit_bytes, before = request->up_bytes, until = before + HELD_A_ROUND_BYTES;

	for (;;) {
		struct span piece;
		enum result result = request_body_peek(request, &piece);
		enum step_outcome outcome;

		if (result != RESULT_OK)
			return hold_no_more(request, result, request->up_bytes != before);
		if (request->up_bytes == limit)
			return stop_holding(request);
		if (request->up_bytes >= until) {  /* others of this worker wait too */
			request_set_clock(request, request->route->settings->timeouts.idle_ms);
			loop_later(&request->connection->worker->loop, &request->inspect_job);
			return STEP_WAIT;
		}
		outcome = hold_piece(request, span_take(piece, (size_t)(limit - request->up_bytes)));
		if (outcome != STEP_NEXT)
			return outcome;
	}
}

/* -- going by -- */

/* Nothing is refused: what cannot be read is not shown, and the fact says that `block` would have refused it. */
enum step_outcome inspect_body_pass_begin(struct request *request)
{
	enum result result = begin(request, false);

	if (result == RESULT_NO_MEMORY)
		return inspect_fail(request);
	request->seen->damage = result;
	if (request->seen->shown.is_form_streamed)
		waf_request_body_stream(request->waf);
	request->inspect_stage = INSPECT_PASSING;
	return STEP_NEXT;
}

static bool passes(const struct request *request)
{
	return request->waf && request->inspect_stage == INSPECT_PASSING && request->seen->damage == RESULT_OK;
}

void inspect_passing(struct request *request, struct span piece)
{
	enum waf_answer answer = WAF_GO_ON;

	if (passes(request))
		request->seen->damage = shown_body_add(&request->seen->shown, piece, &answer);
}

void inspect_passed(struct request *request)
{
	if (passes(request))
		request->seen->damage = shown_body_end(&request->seen->shown);
	if (!request->waf || request->inspect_stage != INSPECT_PASSING)
		return;
	request->inspect_stage = INSPECT_PASSED;
	(void)inspect_ask_passed(request);
}

bool inspect_is_damaged(const struct request *request)
{
	return request->seen && (request->seen->damage == RESULT_REFUSED || request->seen->damage == RESULT_MALFORMED);
}
