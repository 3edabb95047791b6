#include "edge/request.h"

#include <assert.h>
#include <stdlib.h>

#include "edge/inspect/inspect.h"
#include "edge/page.h"
#include "edge/sites/shares.h"

#include "base/banned.h"

#define ARENA_LIMIT_BYTES (512u * 1024)
#define ARENA_BLOCK_BYTES (8u * 1024)
#define STREAM_BODY_MAX_BYTES (256u * 1024)
#define FREE_REQUESTS_MAX 256u

void request_wake(struct request *request)
{
	if (request->is_h2)
		request_advance(request);
	else
		connection_advance(request->connection);
}

void request_set_clock(struct request *request, int64_t in_ms)
{
	struct loop *loop = &request->connection->worker->loop;

	request->turn.due_ms = 0;
	timer_set(&loop->timers, &request->timer, loop->now_ms + (uint64_t)in_ms);
}

/* Our buffer and the kernel's are full of what the client takes at its own pace, and no edge tells of that. The connection's
 * clock judges how fast it goes. */
static bool is_judged_elsewhere(const struct request *request)
{
	const struct connection *connection = request->connection;

	return request->step == STEP_DELIVER && !request->is_tunnel && request->route->settings->timeouts.body_rate &&
	       (buffer_len(&connection->out) || connection->waits_to_send);
}

/* Nothing has moved at the origin. Whose turn was it? An origin is not blamed, and not taken out, for a client that does not
 * send its body or take its response. */
static void nothing_moved(struct timer *timer)
{
	struct request *request = list_entry(timer, struct request, timer);
	bool is_client = request_awaits_body(request) ||
	                 (request->step == STEP_DELIVER && request->origin && buffer_len(&request->origin->in));

	if (request->is_paused || (request->step == STEP_QUEUE && !(request->is_holding && request->head.body.is_known && !request->is_h2))) {
		request_wake(request);
		return;
	}
	if (request_outlasts(request))
		return;
	if (is_judged_elsewhere(request)) {
		request_set_origin_clock(request, request->route->settings->timeouts.idle_ms);
		return;
	}
	request->reason = is_client ? REASON_CLIENT_SLOW : REASON_ORIGIN_TIMEOUT;
	request_wake(request);
}

static void turn_has_come(struct job *job)
{
	request_go_on(list_entry(job, struct request, turn_job), job);
}

void request_go_on(struct request *request, struct job *job)
{
	if (!connection_awaits_turn(request->connection, job))
		request_wake(request);
}

static void reset(struct request *request)
{
	struct arena arena = request->arena;

	*request = (struct request){ .arena = arena };
	list_init(&request->node);
	list_init(&request->turn.node);
	timer_init(&request->timer, nothing_moved);
	job_init(&request->turn_job, turn_has_come);
	buffer_init(&request->stream_body, STREAM_BODY_MAX_BYTES);
	request->caller.lane = LANE_PLAUSIBLE;
	outside_init(request);
	caching_init(request);
}

struct request *request_new(struct worker *worker)
{
	struct request *request;

	if (!list_is_empty(&worker->free_requests)) {
		request = list_entry(worker->free_requests.next, struct request, node);
		list_remove(&request->node);
		worker->free_request_count--;
	} else {
		request = malloc(sizeof(*request));
		if (!request)
			return NULL;
		arena_init(&request->arena, ARENA_LIMIT_BYTES, ARENA_BLOCK_BYTES);
	}
	reset(request);
	return request;
}

void request_free(struct request *request, struct worker *worker)
{
	buffer_done(&request->stream_body);
	caching_end(request, worker);
	inspect_end(request);
	timer_cancel(&worker->loop.timers, &request->timer);
	list_remove(&request->turn_job.node);
	if (request->binding)
		binding_drop(request->binding);
	if (worker->free_request_count == FREE_REQUESTS_MAX) {
		arena_done(&request->arena);
		free(request);
		return;
	}
	arena_reset(&request->arena);
	list_add_first(&worker->free_requests, &request->node);
	worker->free_request_count++;
}

void request_attach(struct request *request, struct connection *connection)
{
	struct worker *worker = connection->worker;

	request->connection = connection;
	request->binding = connection->binding;
	binding_hold(request->binding);
	request->start_ns = worker->loop.now_ns;
	request->wall_ns = worker->loop.wall_ns;
	request->source = connection->peer.address;
	worker_next_id(worker, request->id);
	worker->gauges.requests_at_work++;
}

void request_begin(struct request *request, struct connection *connection)
{
	request_attach(request, connection);
	request->step = STEP_IDENTIFY;
	request_advance(request);
}

typedef enum step_outcome (*step_function)(struct request *request);

static const step_function steps[] = {
#define X(id, function) step_##function,
	STEP_LIST(X)
#undef X
};

void request_advance(struct request *request)
{
	enum step_outcome outcome = STEP_AGAIN;
	struct worker *worker = request->connection->worker;
	struct request *outer = worker->at_work;  /* what one request gives back may wake another */

	if (request->is_advancing)
		return;  /* a step caused an edge of its own: it is still there to see it */
	request->is_advancing = true;
	worker->at_work = request;
	while (outcome != STEP_WAIT) {
		outcome = steps[request->step](request);
		if (outcome == STEP_OVER)
			break;
		if (outcome == STEP_NEXT)
			request->step++;
	}
	worker->at_work = outer;
	if (outcome == STEP_WAIT)
		request->is_advancing = false;
}

/* One that is asked, or waited for. */
static bool has_origin(const struct request *request)
{
	return request->origin || request->member || request->turn.member;
}

void request_abort(struct request *request, enum reason reason)
{
	if (request->is_aborted)
		return;
	request->is_aborted = true;
	if (request->reason == REASON_NONE) {
		request->reason = reason;
		request->decision = request->status ? request->decision : DECISION_DROP;
	}
	if (has_origin(request))
		request_release_origin(request, false);
	request->step = STEP_RECORD;
	if (!request->is_advancing)
		request_advance(request);
}

bool request_body_is_left(const struct request *request)
{
	const struct body_size *body = &request->head.body;
	bool has_body = body->framing != BODY_NONE && !(body->is_known && body->bytes == 0);

	return has_body && !request->up_is_done && !request->up_is_whole;
}

enum step_outcome request_answer_with(struct request *request, unsigned status, struct span type, struct span body, struct span location)
{
	struct fields *fields = &request->response.fields;

	if (has_origin(request))
		request_release_origin(request, false);
	timer_cancel(&request->connection->worker->loop.timers, &request->timer);  /* nobody is waited for any more */
	caching_land(request, FLIGHT_LOST);  /* what we say is for nobody else */
	request->is_own = true;
	request->response = (struct response_head){ .status = status, .version = HTTP_1_1 };
	fields_init(fields, &request->arena, 16);
	if ((type.len && fields_add(fields, FIELD_CONTENT_TYPE, SPAN("Content-Type"), type) != RESULT_OK) ||
	    (location.len && fields_add(fields, FIELD_LOCATION, SPAN("Location"), location) != RESULT_OK)) {
		request_abort(request, REASON_NO_MEMORY);
		return STEP_AGAIN;
	}
	request->page = body;
	request->response.body = (struct body_size){ body.len ? BODY_LENGTH : BODY_NONE, true, body.len };
	request->status = status;
	/* A body that was not asked for whole is not read: this connection cannot be used again. */
	if (!request->is_h2 && request_body_is_left(request))
		request->connection->is_closing = request->connection->has_unread = true;
	request->step = STEP_DELIVER;
	return STEP_AGAIN;
}

enum step_outcome request_answer(struct request *request, unsigned status, enum decision decision, enum reason reason)
{
	struct page page;

	request->decision = decision;
	request->reason = reason;
	page_make(request, status, &page);
	return request_answer_with(request, status, page.type, page.body, SPAN_NONE);
}

bool request_is_tolerant(const struct request *request)
{
	return request->site && request->site->is_tolerant;
}

/* RFC 9110, 9.3.6: a host and a port. */
static bool has_place(const struct request_head *head)
{
	struct span host;
	uint16_t port;

	return authority_read(head->target.len ? head->target : head->authority, &host, &port) == RESULT_OK && port;
}

/* A tolerant site answers as Apache does: there is no other status for a version, and a CONNECT to nowhere is no request. */
static unsigned fault_status(const struct request *request, enum http_fault fault)
{
	bool is_plain = fault == HTTP_FAULT_VERSION || (fault == HTTP_FAULT_CONNECT && !has_place(&request->head));

	return is_plain && request_is_tolerant(request) ? 400 : http_fault_status(fault);
}

enum step_outcome request_answer_fault(struct request *request, enum http_fault fault)
{
	request->fault = fault;
	if (!request->is_h2)
		request->connection->is_closing = request->connection->has_unread = true;
	return request_answer(request, fault_status(request, fault), DECISION_BLOCK, REASON_FAULT);
}

enum step_outcome request_hang_up(struct request *request, enum reason reason)
{
	request->decision = DECISION_DROP;
	request->reason = reason;
	request->connection->is_closing |= !request->is_h2;  /* the other streams go on */
	request->is_cut = true;
	if (has_origin(request))
		request_release_origin(request, false);
	request->step = STEP_RECORD;
	return STEP_AGAIN;
}

bool request_is_bypassed(const struct request *request)
{
	struct edge_common *common = request->connection->worker->common;

	return __atomic_load_n(&common->bypasses, __ATOMIC_RELAXED) && request->site &&
	       common->is_bypassed(common, request->site->key, request->wall_ns / 1000000);
}

void request_client_moved(struct request *request, size_t count)
{
	request->connection->pace.bytes += count;
}
