/* A place at an origin while it is held: what it teaches, and who gives it back before the end. */
#include "edge/request.h"

#include "base/clock.h"
#include "base/hash.h"

#include "base/banned.h"

#define SLOW_CLIENT_MS 1000

void request_leave_place(struct request *request)
{
	struct turn *turn = &request->turn;

	if (turn->member)
		turn_leave(request, TURN_NONE);
	turn->member = NULL;
	turn->sent_ns = turn->first_ns = 0;
}

#define PATH_CLASSES (LIMIT_KINDS / 8)

/* A folder of a route's: what lies in it is made the same way, for the most part. What lies in none is one of them. */
static unsigned path_class(const struct request *request)
{
	struct span path = span_skip(request->head.path, 1);
	size_t end = span_find(path, '/');
	struct span folder = end < path.len ? span_take(path, end) : SPAN_NONE;

	return (unsigned)(hash_span((struct hash_seed){ request->site->key, request->route->route->index }, folder) % PATH_CLASSES);
}

static bool is_found(const struct request *request)
{
	return request->origin_status >= 200 && request->origin_status < 300;
}

static bool is_page(const struct request *request)
{
	const struct field *type = fields_find(&request->response.fields, FIELD_CONTENT_TYPE);

	return is_found(request) && type && span_starts_nocase(type->value, SPAN("text/html"));
}

unsigned place_kind_asked(const struct request *request)
{
	return path_class(request) * 8 + method_is_safe(request->head.method) * 4u;
}

/* How long an answer of its kind takes: a page, what else is found, what is not. Kinds of one path class never share a place of the table; folders do, when
 * there are many. */
static unsigned kind_of(const struct request *request)
{
	unsigned other = is_found(request) ? 1u : request->origin_status < 400 ? 2u : 3u;

	return place_kind_asked(request) + (is_page(request) ? 0u : other);
}

void request_hold_upload(struct request *request, bool is_sent)
{
	struct turn *turn = &request->turn;

	if (!turn->member || turn->sent_ns)
		return;
	if (!is_sent) {
		if (turn->state == TURN_HELD && request_awaits_body(request))
			turn_leave(request, TURN_AWAY);
		return;
	}
	turn->sent_ns = clock_mono_ns();
	if (turn->state == TURN_AWAY)
		turn_come_back(request);
}

static bool is_stream(const struct request *request)
{
	const struct field *type = fields_find(&request->response.fields, FIELD_CONTENT_TYPE);

	return request->wants_tunnel || (type && span_starts_nocase(type->value, SPAN("text/event-stream")));
}

/* The round began when the kernel told of the answer: later than that is our own delay. */
void request_hold_answer(struct request *request)
{
	struct turn *turn = &request->turn;
	uint64_t round_ns = request_worker(request)->loop.now_ns;

	turn->is_page = is_page(request);
	if (turn->state != TURN_HELD)
		return;
	turn->first_ns = round_ns > turn->sent_ns ? round_ns : clock_mono_ns();
	turn->kind = kind_of(request);
	if (is_stream(request))
		turn_leave(request, TURN_AWAY);
}

void request_hold_download(struct request *request)
{
	const struct connection *connection = request->connection;
	struct turn *turn = &request->turn;
	uint64_t now_ns = request_worker(request)->loop.now_ns, age_ms;
	bool is_clients_turn;

	if (turn->state != TURN_HELD || !request->origin || !turn->first_ns)
		return;
	age_ms = now_ns > turn->first_ns ? (now_ns - turn->first_ns) / 1000000 : 0;
	is_clients_turn = request->is_h2 ? age_ms >= SLOW_CLIENT_MS && buffer_len(&request->origin->in) :
	                  buffer_len(&connection->out) || connection->waits_to_send;
	if (is_clients_turn || age_ms >= TURN_HELD_MAX_MS)
		turn_leave(request, TURN_AWAY);
}

void request_set_origin_clock(struct request *request, int64_t in_ms)
{
	struct turn *turn = &request->turn;
	int64_t look_ms = request->step == STEP_DELIVER ? SLOW_CLIENT_MS : TURN_HELD_MAX_MS;

	if (turn->state != TURN_HELD || look_ms >= in_ms) {
		request_set_clock(request, in_ms);
		return;
	}
	request_set_clock(request, look_ms);
	turn->due_ms = request_worker(request)->loop.now_ms + (uint64_t)in_ms;
}

bool request_outlasts(struct request *request)
{
	struct turn *turn = &request->turn;
	uint64_t now_ms = request_worker(request)->loop.now_ms, due_ms = turn->due_ms;

	if (now_ms >= due_ms)
		return false;
	if (turn->state == TURN_HELD && request->step == STEP_DELIVER)
		request_hold_download(request);
	else if (turn->state == TURN_HELD)
		turn_leave(request, TURN_AWAY);
	request_set_origin_clock(request, (int64_t)(due_ms - now_ms));
	return true;
}
