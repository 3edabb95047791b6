/* To the client: the response's head, then its body, as the client takes it. */
#include "edge/caller/reference.h"
#include "edge/challenge/challenge.h"
#include "edge/inspect/inject.h"
#include "edge/request.h"

#include "base/banned.h"

/* The response's head is out of the origin's buffer now: only its body is left there. */
static enum result begin(struct request *request)
{
	struct body_size size = request->response.body;
	bool was_known = request->is_own;
	enum result result;

	request->down_has_head = true;
	reference_of_request(request);
	if (!was_known)
		request->status = request->response.status;
	request->is_tunnel = request->wants_tunnel && !request->is_own;
	if (request->is_tunnel)
		size = (struct body_size){ BODY_TUNNEL, false, 0 };
	if (!request->down_has_feed || request->is_own)
		feed_init(&request->down, size, UINT64_MAX, &request->arena);
	request->down.reader.drops_trailers = true;
	if (!request->is_own && !request->is_tunnel && (response_has_body(request) || caching_fills(&request->caching)))
		inject_begin(request);
	if (request->is_injected)
		caching_give_up(request);
	result = response_send_head(request);
	if (!request->is_own && request->origin)
		buffer_consume(&request->origin->in, request->response_head_bytes);
	if (!response_has_body(request) && !request->is_tunnel) {
		request->page = SPAN_NONE;
		request->down_is_done = true;
	}
	if (request->is_tunnel) {
		feed_init(&request->up, size, UINT64_MAX, NULL);
		request->up_is_done = request->up_is_finished = false;
		request->up_is_chunked = false;
	}
	/* Not before its head is out of the origin's buffer. HTTP/1 says it when its own buffer is flushed. */
	if (request->is_h2 && request->down_is_done && !caching_fills(&request->caching))
		response_origin_done(request);
	return result;
}

static bool is_origin_reusable(const struct request *request)
{
	return request->up_is_done && !request->is_tunnel && !request->response.wants_close &&
	       body_reader_has_ended(&request->down.reader) && request->origin->origin->proxy_protocol == ORIGIN_PROXY_NONE;
}

/* All of the origin's response has gone on, or lies in our own buffers: somebody else can have the origin. */
void response_origin_done(struct request *request)
{
	if (!request->origin)
		return;
	origin_learn(request->member->origin, request->origin_status >= 500 && request->origin_status <= 504 && request->origin_status != 501 ?
	             ORIGIN_ERROR : ORIGIN_ANSWERED, request->connection->worker->loop.now_ms);
	/* The body of a request that was answered early is still on its way: this connection is of no use to anybody. */
	if (!request->up_is_done && !request->up_is_whole && !request->is_h2)
		request->connection->is_closing = request->connection->has_unread = true;
	request_release_origin(request, is_origin_reusable(request));
}

/* The client can have no more of it: what it has already cannot be told from a whole response, except by cutting. */
static enum step_outcome cut(struct request *request, enum reason reason)
{
	if (request->reason == REASON_NONE || request->reason == reason) {
		request->reason = reason;
		request->decision = DECISION_DROP;
	}
	request->connection->is_closing |= !request->is_h2;  /* the other streams go on, until the connection drains */
	request->is_cut = true;
	request_release_origin(request, false);
	return STEP_NEXT;
}

static enum step_outcome deliver_http1(struct request *request)
{
	switch ((int)http1_deliver(request)) {
	case RESULT_OK:
		if (request->is_tunnel || !body_reader_has_ended(&request->down.reader))
			request->connection->is_closing |= request->is_tunnel;
		response_origin_done(request);
		return STEP_NEXT;
	case RESULT_MORE:
		if (request->origin)
			response_set_idle_clock(request);
		return STEP_WAIT;
	case RESULT_MALFORMED:
		return cut(request, REASON_ORIGIN_BROKEN);
	default:
		return cut(request, REASON_CLIENT_GONE);
	}
}

enum step_outcome step_deliver(struct request *request)
{
	if (request->is_aborted)
		return STEP_NEXT;
	if (!request->down_has_head && challenge_leads_on(request))
		return STEP_AGAIN;
	if (!request->down_has_head) {
		enum result result = begin(request);

		if (result != RESULT_OK && result != RESULT_MORE)
			return cut(request, result == RESULT_IO ? REASON_CLIENT_GONE : REASON_NO_MEMORY);
	}
	if ((request->reason == REASON_ORIGIN_TIMEOUT || request->reason == REASON_CLIENT_SLOW) && request->origin)
		return cut(request, request->reason);
	if (request->origin) {  /* even when all of the client's body has come: the end of it may still wait for room */
		enum result up = request_pump_up(request);

		if (up == RESULT_MALFORMED || up == RESULT_REFUSED)
			return cut(request, up == RESULT_MALFORMED ? REASON_FAULT : REASON_CLIENT_SLOW);
		if (up == RESULT_NO_MEMORY)
			return cut(request, REASON_NO_MEMORY);
		caching_pull(request);  /* however slowly the client takes it */
		/* All of what a HEAD asks about is fetched, for others. */
		if (caching_fills(&request->caching) && request->head.method == METHOD_HEAD) {
			response_set_idle_clock(request);
			return STEP_WAIT;
		}
	}
	if (!request->is_h2)
		return deliver_http1(request);
	if (request->is_delivered || !request->stream)
		return STEP_NEXT;
	if (request->origin)
		response_set_idle_clock(request);
	http2_resume(request);
	return STEP_WAIT;
}
