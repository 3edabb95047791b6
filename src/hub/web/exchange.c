/* From a head to an answer: is it for us, which route, who may, the handler. */
#include <stdlib.h>

#include "hub/web/assets.h"
#include "hub/web/connection.h"
#include "hub/web/origin.h"

#include "base/banned.h"

/* Fields of a head, its path twice, and what the handler keeps. */
#define ARENA_BYTES (WEB_HEAD_FIELDS * sizeof(struct field) * 3 + 2 * WEB_TARGET_BYTES + WEB_ARENA_MAX)
#define ARENA_STEP 4096u

struct web_exchange *exchange_new(struct connection *connection)
{
	struct web_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return NULL;
	exchange->connection = connection;
	arena_init(&exchange->arena, ARENA_BYTES, ARENA_STEP);
	fields_init(&exchange->head.fields, &exchange->arena, WEB_HEAD_FIELDS);
	buffer_init_secret(&exchange->body, WEB_BODY_MAX);
	buffer_init_secret(&exchange->answer.body, WEB_ANSWER_MAX);
	head_reader_init(&connection->reader);
	return exchange;
}

/* Whoever was promised a word gets it, once. */
static void tell_gone(struct web_exchange *exchange)
{
	if (exchange->is_waiting && !exchange->is_finished) {
		exchange->is_waiting = false;
		exchange->gone(exchange->gone_context, &exchange->request);
	}
	if (exchange->pieces.gone) {
		void (*gone)(void *context) = exchange->pieces.gone;

		exchange->pieces.gone = NULL;
		gone(exchange->pieces.context);
	}
}

void exchange_free(struct web_exchange *exchange)
{
	struct web_counts *counts = &exchange->connection->server->counts;

	tell_gone(exchange);
	counts->body_bytes -= exchange->body_held;
	counts->answer_bytes -= exchange->answer_held;
	buffer_done(&exchange->head_bytes);
	buffer_done(&exchange->body);
	buffer_done(&exchange->answer.body);
	arena_done(&exchange->arena);
	free(exchange);
}

/* -- the answer -- */

/* What was said so far is forgotten. */
static void answer_reset(struct web_answer *answer)
{
	buffer_reset(&answer->body);
	answer->status = 0;
	answer->type = answer->lasting = SPAN_NONE;
	answer->field_count = 0;
	answer->is_spoilt = false;
}

static void replace(struct web_exchange *exchange, unsigned status, const char *code, const char *text)
{
	struct web_pieces pieces = exchange->pieces;

	exchange->pieces = (struct web_pieces){ 0 };
	answer_reset(&exchange->answer);
	web_refuse(&exchange->answer, status, code, "%s", text);
	if (pieces.gone)
		pieces.gone(pieces.context);
}

/* What cannot be sent becomes what can. */
static void settle(struct web_exchange *exchange)
{
	struct web_counts *counts = &exchange->connection->server->counts;
	size_t held = buffer_len(&exchange->answer.body);

	if (exchange->answer.status < 200 || exchange->answer.status > 599 || exchange->answer.is_spoilt) {
		replace(exchange, 500, "internal", "the hub could not write its answer");
	} else if (held > WEB_ANSWERS_TOTAL - counts->answer_bytes) {
		buffer_done(&exchange->answer.body);  /* the memory itself, not only what it says */
		replace(exchange, 503, "busy", "too many long answers are on their way: ask again");
	}
	if (exchange->pieces.more) {  /* they are the body */
		buffer_reset(&exchange->answer.body);
		exchange->answer.lasting = SPAN_NONE;
	}
	exchange->answer_held = buffer_len(&exchange->answer.body);
	if (exchange->answer_held > WEB_ANSWERS_TOTAL - counts->answer_bytes)
		exchange->answer_held = 0;  /* a refusal, some hundred bytes: it is sent all the same */
	counts->answer_bytes += exchange->answer_held;
}

void exchange_send(struct web_exchange *exchange)
{
	struct connection *connection = exchange->connection;
	bool is_head = exchange->head.method == METHOD_HEAD, is_old = exchange->head.version == HTTP_1_0;
	unsigned status;

	settle(exchange);
	status = exchange->answer.status;
	exchange->has_no_body = status == 204 || status == 304;
	exchange->closes |= exchange->head.wants_close || is_old;
	exchange->is_chunked = exchange->pieces.more && !exchange->has_no_body && !is_old;
	connection->phase = CONNECTION_ANSWER;
	connection_clock(connection, connection->server->clocks.send_ms);
	if (answer_head_write(exchange, exchange->has_no_body ? 0 : answer_body(&exchange->answer).len, &connection->out) != RESULT_OK) {
		web_connection_close(connection, true);
		return;
	}
	if (is_head || exchange->has_no_body) {
		exchange->sent = answer_body(&exchange->answer).len;
		exchange->is_over = true;
	}
}

void exchange_refuse(struct web_exchange *exchange, unsigned status, const char *code, const char *text)
{
	exchange->connection->server->counts.faults++;
	exchange->closes = true;
	replace(exchange, status, code, text);
	exchange_send(exchange);
}

void exchange_fault(struct web_exchange *exchange, enum http_fault fault)
{
	exchange_refuse(exchange, http_fault_status(fault), http_fault_name(fault), http_fault_text(fault));
}

void exchange_expire(struct web_exchange *exchange)
{
	exchange->is_waiting = false;
	exchange->gone(exchange->gone_context, &exchange->request);
	replace(exchange, 503, "took-too-long", "what this needed did not come in time: ask again");
	exchange_send(exchange);
}

/* -- the question -- */

/* A refusal before the body was read: the connection ends, for what follows is no head. */
static void refuse_early(struct web_exchange *exchange)
{
	exchange->closes |= exchange->head.body.framing != BODY_NONE;
	exchange_send(exchange);
}

static void allow(struct web_exchange *exchange, uint32_t methods)
{
	struct web_answer *answer = &exchange->answer;
	char text[WEB_ALLOW_MAX];

	if (exchange->head.method == METHOD_OPTIONS)
		answer->status = 204;
	else
		web_refuse(answer, 405, "method-not-allowed", "this path is not asked like that");
	(void)web_field(&exchange->request, answer, SPAN("Allow"), web_allow_write(methods, text));
	refuse_early(exchange);
}

static bool is_read(enum method method)
{
	return method == METHOD_GET || method == METHOD_HEAD;
}

/* No route has the path: the console's files, which anybody may see, have the rest. */
static void answer_file(struct web_exchange *exchange)
{
	const struct web_assets *assets = exchange->connection->server->assets;
	bool is_api = span_equal(exchange->path.segments[0], SPAN("api"));

	if (assets && !is_api && !is_read(exchange->head.method)) {
		allow(exchange, 1u << METHOD_GET);
		return;
	}
	if (!assets || is_api || !web_assets_answer(assets, &exchange->request, &exchange->answer)) {
		answer_reset(&exchange->answer);
		web_refuse(&exchange->answer, 404, "not-found", "there is nothing at this path");
	}
	refuse_early(exchange);
}

static void begin_body(struct web_exchange *exchange)
{
	struct connection *connection = exchange->connection;
	static const struct span go_on = SPAN_INIT("HTTP/1.1 100 Continue\r\n\r\n");

	body_reader_init(&exchange->reader, exchange->head.body, WEB_BODY_MAX, NULL);
	connection->phase = CONNECTION_BODY;
	connection_clock(connection, connection->server->clocks.body_ms);
	if (exchange->head.expects_continue && !body_reader_has_ended(&exchange->reader) && buffer_len(&connection->in) == 0 && buffer_append(&connection->out, go_on) != RESULT_OK)
		web_connection_close(connection, true);
}

static void route(struct web_exchange *exchange)
{
	struct web_request *request = &exchange->request;

	switch ((int)web_routing_find(exchange->connection->server->routes, exchange->head.method, &exchange->path, &exchange->routing)) {
	case RESULT_OK:
		memcpy(request->parts, exchange->routing.parts, sizeof(request->parts));
		begin_body(exchange);
		break;
	case RESULT_REFUSED:
		allow(exchange, exchange->routing.methods);
		break;
	default:
		answer_file(exchange);
	}
}

/* The head is whole and well formed: is it for us? */
static void judge(struct web_exchange *exchange)
{
	struct connection *connection = exchange->connection;
	struct web_server *server = connection->server;
	enum result result;

	exchange->request = (struct web_request){ .exchange = exchange, .head = &exchange->head, .door = connection->door, .peer_uid = connection->peer_uid,
		.source = connection->source, .client_certificate = transport_client_certificate(&connection->transport), .wall_ns = server->loop->wall_ns };
	server->counts.requests++;
	if (!web_host_is_ours(exchange->head.host, span_make(server->name, server->name_len))) {
		exchange_refuse(exchange, 421, "misdirected", "this hub has another name");
		return;
	}
	if (span_equal(exchange->head.path, SPAN("*"))) {
		allow(exchange, 0);
		return;
	}
	result = web_path_read(exchange->head.path, &exchange->arena, &exchange->path);
	if (result == RESULT_OK) {
		exchange->request.path = exchange->path.text;
		route(exchange);
	} else if (result == RESULT_LIMIT) {
		web_refuse(&exchange->answer, 404, "not-found", "there is nothing at this path");
		refuse_early(exchange);
	} else {
		exchange_refuse(exchange, result == RESULT_NO_MEMORY ? 503 : 400, result == RESULT_NO_MEMORY ? "no-memory" : "path", "this path has more than one meaning");
	}
}

/* HEAD's spans point into the bytes: they become the exchange's, and what follows them the connection's. */
static enum result keep_head(struct web_exchange *exchange, size_t used)
{
	struct connection *connection = exchange->connection;

	exchange->head_bytes = connection->in;
	buffer_init_secret(&connection->in, CONNECTION_IN_MAX);
	return buffer_append(&connection->in, span_skip(buffer_span(&exchange->head_bytes), used));
}

enum result exchange_head(struct web_exchange *exchange)
{
	static const struct http_limits limits = { WEB_HEAD_BYTES, WEB_TARGET_BYTES, WEB_HEAD_FIELDS, WEB_BODY_MAX };
	struct connection *connection = exchange->connection;
	enum http_fault fault = HTTP_FAULT_NONE;
	size_t used = 0;
	enum result result = request_head_read(&connection->reader, buffer_span(&connection->in), &limits, &exchange->head, &used, &fault);

	if (result == RESULT_MALFORMED) {
		exchange_fault(exchange, fault);
		return RESULT_OK;
	}
	if (result == RESULT_OK)
		result = keep_head(exchange, used);
	if (result == RESULT_OK)
		judge(exchange);
	return result;
}

void exchange_ask(struct web_exchange *exchange)
{
	const struct web_routes *routes = exchange->connection->server->routes;
	struct web_request *request = &exchange->request;
	const struct web_route *route = exchange->routing.route;

	request->body = buffer_span(&exchange->body);
	if (!routes->admit)
		web_refuse(&exchange->answer, 403, "refused", "nobody may ask anything here");
	else if (routes->admit(routes->admit_context, request, route->permit, &exchange->answer))
		route->answer(exchange->routing.context, request, &exchange->answer);
	if (!exchange->is_waiting || exchange->is_finished) {
		exchange_send(exchange);
		return;
	}
	exchange->connection->phase = CONNECTION_WAIT;
	connection_clock(exchange->connection, exchange->connection->server->clocks.wait_ms);
}
