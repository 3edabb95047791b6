/* The body of a response: where what is left of it lies, and taking it from there. */
#include "edge/inspect/inspect.h"
#include "edge/request.h"

#include "base/banned.h"

void response_set_idle_clock(struct request *request)
{
	const struct edge_timeouts *timeouts = &request->route->settings->timeouts;

	request_hold_download(request);
	request_set_origin_clock(request, request->is_tunnel ? timeouts->tunnel_ms : timeouts->idle_ms);
}

static enum result peek_origin(struct request *request, struct span *piece)
{
	if (inspect_held_answer(request))
		return hold_peek(inspect_held_answer(request), piece);
	if (!request->origin)
		return RESULT_END;
	for (;;) {
		enum result result = feed_peek(&request->down, &request->origin->in, piece, &request->fault);

		if (result != RESULT_MORE)
			return result == RESULT_OK || result == RESULT_END ? result : RESULT_IO;
		result = origin_connection_fill(request->origin);
		if (result == RESULT_END)
			return body_reader_finish(&request->down.reader, &request->fault) == RESULT_OK ? RESULT_END : RESULT_IO;
		if (result != RESULT_OK)
			return result == RESULT_MORE ? RESULT_MORE : RESULT_IO;
	}
}

enum result response_peek_origin(struct request *request, struct span *piece)
{
	enum result result = peek_origin(request, piece);

	if (result == RESULT_OK)
		learning_look(request, *piece);
	else if (result == RESULT_END)
		learning_finish(request);
	return result;
}

static enum result peek_body(struct request *request, struct span *piece)
{
	return caching_has_body(&request->caching) ? caching_peek(request, piece) : response_peek_origin(request, piece);
}

enum result response_peek(struct request *request, struct span *piece)
{
	enum result result;

	if (request->is_own) {
		*piece = request->page;
		return request->page.len ? RESULT_OK : RESULT_END;
	}
	if (request->before.len) {
		*piece = request->before;
		return RESULT_OK;
	}
	result = request->is_behind ? RESULT_END : peek_body(request, piece);
	if (result != RESULT_END || !request->after.len)
		return result;
	request->is_behind = true;
	*piece = request->after;
	return RESULT_OK;
}

static void take_passing(struct request *request, size_t count)
{
	inspect_response_passing(request, span_take(buffer_span(&request->origin->in), count));
	feed_take(&request->down, &request->origin->in, count);
}

void response_take_origin(struct request *request, size_t count)
{
	learning_take(request, count);
	if (inspect_held_answer(request))
		hold_take(inspect_held_answer(request), count);
	else
		take_passing(request, count);
}

void response_take(struct request *request, size_t count)
{
	request->down_bytes += count;
	/* A client that takes it, however slowly, is not an origin that is silent: no edge of the origin's tells of that. */
	if (request->is_h2 && request->origin)
		response_set_idle_clock(request);
	if (request->is_own)
		request->page = span_skip(request->page, count);
	else if (request->before.len)
		request->before = span_skip(request->before, count);
	else if (request->is_behind)
		request->after = span_skip(request->after, count);
	else if (caching_has_body(&request->caching))
		caching_take(request, count);
	else
		response_take_origin(request, count);
}
