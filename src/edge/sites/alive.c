#include "edge/sites/alive.h"

#include "base/clock.h"
#include "edge/request.h"
#include "edge/sites/settings.h"

#include "base/banned.h"

#define TEXT_MAX 128u

static const struct span names[ALIVE_COUNT] = {
#define X(id, name) SPAN_INIT(name),
	ALIVE_LIST(X)
#undef X
};

struct span alive_name(unsigned state)
{
	return names[state < ALIVE_COUNT ? state : ALIVE_UNKNOWN];
}

enum alive_alerts alive_find(struct span name)
{
	unsigned state = 0;

	while (state < ALIVE_COUNT && !span_equal(names[state], name))
		state++;
	return (enum alive_alerts)state;
}

void alive_tell(struct alive *alive, enum alive_alerts state, uint32_t paths, uint32_t failing, uint64_t now_ms)
{
	struct alive before = alive_look(alive, now_ms);

	if (before.state != state || !before.since_ms)
		__atomic_store_n(&alive->since_ms, now_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&alive->paths, paths, __ATOMIC_RELAXED);
	__atomic_store_n(&alive->failing, failing, __ATOMIC_RELAXED);
	__atomic_store_n(&alive->state, (uint32_t)state, __ATOMIC_RELAXED);
	__atomic_store_n(&alive->told_ms, now_ms, __ATOMIC_RELAXED);
}

struct alive alive_look(const struct alive *alive, uint64_t now_ms)
{
	struct alive out = {
		.state = __atomic_load_n(&alive->state, __ATOMIC_RELAXED), .paths = __atomic_load_n(&alive->paths, __ATOMIC_RELAXED),
		.failing = __atomic_load_n(&alive->failing, __ATOMIC_RELAXED), .since_ms = __atomic_load_n(&alive->since_ms, __ATOMIC_RELAXED),
		.told_ms = __atomic_load_n(&alive->told_ms, __ATOMIC_RELAXED),
	};

	/* A clock that was put back does not make an old word younger. */
	if (out.told_ms > now_ms || now_ms - out.told_ms > ALIVE_FORGET_MS)
		out = (struct alive){ .told_ms = out.told_ms };
	return out;
}

bool alive_is_asked(const struct request *request)
{
	return span_equal(request->head.path, SPAN(ALIVE_PATH)) && edge_settings_of(request->site->site->sections)->watchable &&
	       (request->head.method == METHOD_GET || request->head.method == METHOD_HEAD);
}

static struct span write_text(struct request *request, const struct alive *alive)
{
	char moment[CLOCK_ISO_LEN + 1];

	if (!alive->since_ms || alive->state == ALIVE_UNKNOWN)
		return arena_print(&request->arena, "{\"shield\":\"alive\",\"alerts\":\"%.*s\",\"since\":null}\n", SPAN_ARG(alive_name(alive->state)));
	clock_write_iso_ms(alive->since_ms, moment);
	return arena_print(&request->arena, "{\"shield\":\"alive\",\"alerts\":\"%.*s\",\"since\":\"%s\"}\n", SPAN_ARG(alive_name(alive->state)), moment);
}

enum step_outcome alive_answer(struct request *request)
{
	struct alive alive = alive_look(&request->connection->worker->common->alive, request->wall_ns / 1000000);
	struct span text = write_text(request, &alive);

	if (!text.len)
		return request_answer(request, 503, DECISION_DROP, REASON_NO_MEMORY);
	request->decision = DECISION_ALLOW;
	return request_answer_with(request, 200, SPAN("application/json"), text, SPAN_NONE);
}
