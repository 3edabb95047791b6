/* Whether more is asked of a request's origin than it can do, and what follows from that for whoever asks. */
#include "edge/request.h"

#include "base/hash.h"
#include "guard/challenge.h"
#include "message/path.h"
#include "source/entry.h"

#include "base/banned.h"

void request_count_pressure(const struct request *request, bool is_refused)
{
	if (request->site->meter)
		meter_count_pressure(request->site->meter, request_worker(request)->index, is_refused);
}

/* A path that can be read in two ways has no priority. */
bool request_is_priority(const struct request *request)
{
	const struct list_value *list = request->site->priority;
	const struct span *paths = list->items;

	for (size_t i = 0; i < list->count; i++) {
		struct span path = paths[i].len > 1 && paths[i].at[paths[i].len - 1] == '/' ? span_take(paths[i], paths[i].len - 1) : paths[i];

		if (route_covers(path, request->head.path))
			return path_has_one_reading(request->head.path);
	}
	return false;
}

struct admission_entry request_entry(const struct request *request)
{
	struct source_key key = source_key_of(&request->source);

	return (struct admission_entry){ .entry = { .source = hash_span(hash_process_seed(), span_make((const char *)&key.bits, sizeof(key.bits))),
		                                    .lane = request->caller.lane }, .is_priority = request_is_priority(request) };
}

static bool is_queued(const struct request *request)
{
	return request->route->origins->concurrency.mode != CONCURRENCY_OFF && !request_is_bypassed(request);
}

bool request_would_wait(const struct request *request)
{
	const struct pool *pool = request->route->pool;
	bool waits = is_queued(request);

	for (unsigned i = 0; i < pool->count && waits; i++) {
		if (origin_is_available(pool->members[i].origin, request_worker(request)->loop.now_ms) && !gate_is_short(&pool->members[i].origin->gate))
			return false;
	}
	return waits;
}

/* Where a request that came now would wait least. */
struct outlook {
	struct origin *origin;           /* NULL: none is available, or nobody queues there */
	uint64_t wait_us;
	bool is_pressed;                 /* all that are available */
};

static uint64_t wait_at(struct gate *gate, const struct admission_entry *entry)
{
	uint64_t wait_us = 0;

	/* Most of the time nobody waits, and no lock is taken to see that. */
	if (!gate_is_short(gate))
		return 0;
	pthread_mutex_lock(&gate->lock);
	wait_us = admission_wait_us(&gate->admission, entry);
	pthread_mutex_unlock(&gate->lock);
	return wait_us;
}

static struct outlook look_ahead(const struct request *request)
{
	const struct pool *pool = request->route->pool;
	struct admission_entry entry = request_entry(request);
	struct outlook outlook = { .is_pressed = true };
	uint64_t now_us = request_worker(request)->loop.now_ns / 1000;

	for (unsigned i = 0; i < pool->count && is_queued(request); i++) {
		struct origin *origin = pool->members[i].origin;
		uint64_t wait_us;

		if (!origin_is_available(origin, request_worker(request)->loop.now_ms))
			continue;
		wait_us = wait_at(&origin->gate, &entry);
		outlook.is_pressed &= gate_is_pressed(&origin->gate, now_us);
		if (!outlook.origin || wait_us < outlook.wait_us) {
			outlook.origin = origin;
			outlook.wait_us = wait_us;
		}
	}
	outlook.is_pressed &= outlook.origin != NULL;
	return outlook;
}

void request_press(const struct request *request, struct origin *origin)
{
	const struct loop *loop = &request_worker(request)->loop;

	origin_press(origin, loop->now_ms);
	pthread_mutex_lock(&origin->gate.lock);
	demand_press(&origin->gate.demand, loop->now_ns / 1000);
	pthread_mutex_unlock(&origin->gate.lock);
}

uint64_t request_projected_wait_us(const struct request *request)
{
	return look_ahead(request).wait_us;
}

bool request_is_pressed(const struct request *request)
{
	struct outlook outlook = look_ahead(request);

	if (outlook.wait_us < CHALLENGE_WAIT_US)
		return outlook.is_pressed;
	request_press(request, outlook.origin);
	return true;
}

void request_hold_off(const struct request *request)
{
	struct origin *origin = look_ahead(request).origin;

	request_count_pressure(request, true);
	if (!origin)
		return;
	origin_press(origin, request_worker(request)->loop.now_ms);
	pthread_mutex_lock(&origin->gate.lock);
	demand_ask(&origin->gate.demand, request_worker(request)->loop.now_ns / 1000);
	pthread_mutex_unlock(&origin->gate.lock);
}
