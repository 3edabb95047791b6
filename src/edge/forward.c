/* To the origin: which one, a connection to it, the head re-written canonically; and its answer's head. */
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "net/proxy_protocol.h"

#include "base/banned.h"

#define TRIES_MAX 3
#define RESPONSE_FIELDS_MAX 256
#define INTERIMS_MAX 32

static uint64_t now_ns(const struct request *request)
{
	return request->connection->worker->loop.now_ns;
}

void request_release_origin(struct request *request, bool is_reusable)
{
	struct worker *worker = request->connection->worker;

	timer_cancel(&worker->loop.timers, &request->timer);
	if (request->origin) {
		if (is_reusable)
			origin_connection_keep(request->origin, request->route->origins);
		else
			origin_connection_close(request->origin);
		request->origin = NULL;
	}
	if (request->member) {
		request->held_ns += now_ns(request) - request->connect_ns;
		pool_give_back(request->member);
		request->member = NULL;
	}
	request_leave_place(request);
}

static void learn(struct request *request, enum origin_outcome outcome)
{
	if (request->member)
		origin_learn(request->member->origin, outcome, request->connection->worker->loop.now_ms);
}

/* RFC 9110, 9.2.2; a body is gone once it was sent. */
static bool is_safe_twice(const struct request *request)
{
	return method_is_idempotent(request->head.method) && request->head.body.framing == BODY_NONE;
}

/* May this request be sent once more? Nothing of its body has gone, and either nothing at all was sent, or the method says
 * that twice is as good as once (RFC 9110, 9.2.2). */
static bool is_repeatable(const struct request *request)
{
	return request->tries < TRIES_MAX && request->up_sent_bytes == 0 &&
	       (!request->forwarded_ns || is_safe_twice(request));
}

/* The origin failed before its response began. */
static enum step_outcome fail_origin(struct request *request, enum origin_outcome outcome)
{
	static const struct {
		unsigned status;
		enum reason reason;
	} answers[] = {
		[ORIGIN_UNREACHABLE] = { 502, REASON_ORIGIN_CONNECT },
		[ORIGIN_TIMED_OUT] = { 504, REASON_ORIGIN_TIMEOUT },
		[ORIGIN_ERROR] = { 502, REASON_ORIGIN_BROKEN },
	};
	bool was_old = request->origin && request->origin->is_reused;

	if (!was_old || outcome == ORIGIN_TIMED_OUT)  /* a kept connection that went away meanwhile says nothing about the origin */
		learn(request, outcome == ORIGIN_ERROR ? ORIGIN_UNREACHABLE : outcome);
	if (!was_old && request->member)
		request->tried |= (uint64_t)1 << (request->member - request->route->pool->members);
	request_release_origin(request, false);
	request->reason = REASON_NONE;
	request->failed_reason = answers[outcome].reason;
	/* After a timeout only what was not sent at all: an origin may be at work on the rest. */
	request->has_timed_out |= outcome == ORIGIN_TIMED_OUT;
	if ((outcome != ORIGIN_TIMED_OUT || !request->forwarded_ns) && is_repeatable(request)) {
		request->forwarded_ns = 0;
		request->up_is_done = request->up_has_begun = false;
		request->step = STEP_QUEUE;
		return STEP_AGAIN;
	}
	return request_answer_failed(request, answers[outcome].status, DECISION_DROP, answers[outcome].reason);
}

/* Ours is missing: no word about the origin. */
static enum step_outcome fail_memory(struct request *request)
{
	request_release_origin(request, false);
	return request_answer(request, 503, DECISION_LIMIT, REASON_NO_MEMORY);
}

enum result request_greet_origin(struct request *request)
{
	struct origin_connection *origin = request->origin;
	struct proxy_header header = { .source = request->connection->peer, .destination = *connection_reached(request->connection) };

	if (origin->origin->proxy_protocol == ORIGIN_PROXY_NONE)
		return RESULT_OK;
	header.source.address = request->source;
	return proxy_header_write(origin->origin->proxy_protocol == ORIGIN_PROXY_V1 ? 1 : 2, &header, &origin->out);
}

static enum step_outcome open_origin(struct request *request)
{
	struct worker *worker = request->connection->worker;
	enum result result;

	request->last_member = request->member;
	request->tries++;
	request->connect_ns = now_ns(request);
	request->origin = request->tries == 1 ? origin_connection_reuse(&worker->origins, request->member->origin, !is_safe_twice(request), request) : NULL;
	request->was_reused = request->origin != NULL;
	if (request->origin)
		return STEP_NEXT;
	result = origin_connection_open(&worker->origins, request->member->origin, request, &request->origin);
	/* A PROXY header belongs to a connection, so such connections are never kept (see is_origin_reusable in deliver/deliver.c). */
	if (result == RESULT_OK)
		result = request_greet_origin(request);
	if (result == RESULT_LIMIT || result == RESULT_NO_MEMORY)
		return fail_memory(request);
	if (result != RESULT_OK)
		return fail_origin(request, ORIGIN_UNREACHABLE);
	request_set_clock(request, request->route->settings->timeouts.connect_ms);
	return STEP_WAIT;
}

enum step_outcome step_connect(struct request *request)
{
	enum result result;

	if (!request->origin)
		return open_origin(request);
	if (request->reason == REASON_ORIGIN_TIMEOUT)
		return fail_origin(request, ORIGIN_TIMED_OUT);
	result = origin_connection_advance(request->origin);
	if (result == RESULT_MORE)
		return STEP_WAIT;
	if (result == RESULT_NO_MEMORY)
		return fail_memory(request);
	return result == RESULT_OK ? STEP_NEXT : fail_origin(request, ORIGIN_UNREACHABLE);
}

enum step_outcome step_forward(struct request *request)
{
	enum result result;

	request->connected_ns = now_ns(request);
	request->wants_tunnel = request_wants_tunnel(request);
	result = request_write_head(request);
	if (result != RESULT_OK) {
		request_release_origin(request, true);
		return request_answer(request, result == RESULT_LIMIT ? 431 : 503, DECISION_DROP, REASON_NO_MEMORY);
	}
	request->up_has_begun = true;
	/* Security: what a client sends behind an Upgrade stays here until the origin has said 101. */
	request->up_is_done = request->head.body.framing == BODY_NONE || request->wants_tunnel;
	if (!request->held)
		request_body_begin(request);
	head_reader_init(&request->response_reader);
	fields_init(&request->response.fields, &request->arena, RESPONSE_FIELDS_MAX);
	request->forwarded_ns = now_ns(request);
	request_set_origin_clock(request, request->route->settings->timeouts.first_byte_ms);
	return STEP_NEXT;
}

/* A head that came whole; 1xx are told on, or kept to ourselves. */
static enum step_outcome take_response_head(struct request *request)
{
	struct response_head *head = &request->response;
	enum step_outcome outcome;

	request->origin_status = head->status;
	if (head->status == 101 && request->wants_tunnel)
		return STEP_NEXT;
	if (head->status == 101)
		return fail_origin(request, ORIGIN_ERROR);
	if (head->status < 200) {
		/* An origin that never gets to the point would have a worker for itself, and fill a stalled client's queue. */
		if (++request->interims > INTERIMS_MAX)
			return request_answer(request, 502, DECISION_DROP, REASON_ORIGIN_BROKEN);
		if (head->status != 100 && request->head.version != HTTP_1_0)
			response_send_interim(request, head->status, &head->fields);
		buffer_consume(&request->origin->in, request->response_head_bytes);
		head_reader_init(&request->response_reader);
		return STEP_AGAIN;
	}
	outcome = inspect_stream_answered(request);
	if (outcome != STEP_NEXT)
		return outcome;
	/* To an extended CONNECT, 2xx says that there is a tunnel (RFC 8441, section 5), and the origin made none. */
	if (request->wants_tunnel && request->head.protocol.len && head->status < 300)
		return request_answer(request, 502, DECISION_DROP, REASON_ORIGIN_BROKEN);
	if (request->wants_tunnel) {  /* the origin answered the request itself: there is no tunnel */
		request->up_is_done = true;
		request->wants_tunnel = false;
	}
	return STEP_NEXT;
}

static enum step_outcome read_response_head(struct request *request)
{
	struct origin_connection *origin = request->origin;
	const struct http_limits limits = { .head_bytes = 60u * 1024, .fields = RESPONSE_FIELDS_MAX, .body_bytes = INT64_MAX };
	enum http_fault fault = HTTP_FAULT_NONE;
	size_t used = 0;
	enum step_outcome outcome;
	enum result result;

	request->response.fields.count = 0;  /* its arena memory serves every try */
	result = response_head_read(&request->response_reader, buffer_span(&origin->in), &limits, request_asked_method(request), &request->response, &used, &fault);
	if (result == RESULT_MORE)
		return STEP_WAIT;
	if (fault == HTTP_FAULT_NO_MEMORY)
		return fail_memory(request);
	if (result != RESULT_OK) {
		request->fault = fault;
		return fail_origin(request, ORIGIN_ERROR);
	}
	if (!request->first_byte_ns)
		request->first_byte_ns = now_ns(request);
	request->response_head_bytes = used;
	outcome = take_response_head(request);
	if (outcome == STEP_NEXT)
		request_hold_answer(request);
	return outcome;
}

enum step_outcome step_await(struct request *request)
{
	const struct edge_timeouts *timeouts = &request->route->settings->timeouts;
	uint64_t sent_bytes = request->up_sent_bytes;
	enum result up = request_pump_up(request);
	enum result result;

	if (request->reason == REASON_ORIGIN_TIMEOUT)
		return fail_origin(request, ORIGIN_TIMED_OUT);
	if (inspect_stream_is_refused(request))
		return inspect_stream_refuse(request);
	if (request->reason == REASON_CLIENT_SLOW || up == RESULT_REFUSED)
		return request_answer(request, 408, DECISION_DROP, REASON_CLIENT_SLOW);
	if (up == RESULT_NO_MEMORY)
		return fail_memory(request);
	if (up == RESULT_MALFORMED) {
		request_release_origin(request, false);
		return request_answer_fault(request, request->fault == HTTP_FAULT_NONE ? HTTP_FAULT_BODY_SHORT : request->fault);
	}
	/* An origin answers when it has the body: its time begins with the last byte; a slow client is http1.c's affair. */
	if (request->up_sent_bytes != sent_bytes && !request->is_paused)
		request_set_origin_clock(request, request->up_is_done ? timeouts->first_byte_ms : timeouts->idle_ms);
	request_hold_upload(request, up == RESULT_OK);
	/* An origin may answer and close before it read all of the body: its answer counts, not our broken write. */
	for (;;) {
		if (buffer_len(&request->origin->in)) {
			enum step_outcome outcome = read_response_head(request);

			if (outcome == STEP_AGAIN && request->step == STEP_AWAIT)
				continue;  /* an interim response: the next head may be here already */
			if (outcome != STEP_WAIT)
				return outcome;
		}
		result = origin_connection_fill(request->origin);
		if (result == RESULT_MORE)
			return up == RESULT_IO ? fail_origin(request, ORIGIN_ERROR) : STEP_WAIT;
		if (result == RESULT_NO_MEMORY)
			return fail_memory(request);
		if (result != RESULT_OK)
			return fail_origin(request, ORIGIN_ERROR);
	}
}
