/* What a handler asks of its request, and what it puts off. */
#include "hub/web/connection.h"
#include "hub/web/read/decode.h"
#include "hub/web/read/value.h"

#include "base/banned.h"

struct span web_keep(struct web_request *request, struct span text)
{
	return arena_copy(&request->exchange->arena, text);
}

struct span web_cookie(const struct web_request *request, struct span name)
{
	struct span value = SPAN_NONE;

	return web_cookie_find(&request->head->fields, name, &value) == 1 ? value : SPAN_NONE;
}

static bool is_form(const struct web_request *request)
{
	const struct field *type = fields_find(&request->head->fields, FIELD_CONTENT_TYPE);
	struct span rest = type ? type->value : SPAN_NONE;

	return span_equal_nocase(span_trim(span_cut(&rest, ';')), SPAN("application/x-www-form-urlencoded"));
}

enum result web_query(struct web_request *request, struct span name, struct span *out)
{
	struct span raw = SPAN_NONE;
	unsigned count = web_value_find(request->head->query, name, &raw);

	if (is_form(request))
		count += web_value_find(request->body, name, &raw);
	if (count > 1)
		return RESULT_MALFORMED;
	if (count == 1)
		return percent_decode(raw, DECODE_VALUE, &request->exchange->arena, out);
	*out = SPAN_NONE;
	return RESULT_OK;
}

/* -- what a handler puts off -- */

void web_wait(struct web_request *request, void (*gone)(void *context, struct web_request *request), void *context)
{
	request->exchange->is_waiting = true;
	request->exchange->gone = gone;
	request->exchange->gone_context = context;
}

void web_finish(struct web_request *request)
{
	struct connection *connection = request->exchange->connection;

	request->exchange->is_finished = true;
	loop_later(connection->server->loop, &connection->job);
}

void web_pieces(struct web_request *request, struct web_pieces pieces)
{
	request->exchange->pieces = pieces;
}

void web_pieces_wake(struct web_request *request)
{
	struct connection *connection = request->exchange->connection;

	request->exchange->is_idle = false;
	loop_later(connection->server->loop, &connection->job);
}

void web_pieces_break(struct web_request *request)
{
	struct connection *connection = request->exchange->connection;

	request->exchange->is_broken = true;
	loop_later(connection->server->loop, &connection->job);
}
