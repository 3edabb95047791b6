/* Whether more is asked of a request's origin than it can do, and what follows from that for whoever asks. */
#include "edge/observing/observing.h"

#include "base/hash.h"
#include "guard/challenge.h"
#include "message/path.h"
#include "source/entry.h"

#include "base/banned.h"

#define IN_VAIN_US 300000u   /* somebody was refused, or has waited in vain: where others would wait for nearly as long, it is the origin */

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

/* A /48 that is one source has one turn, too. Who would have been refused before would not be in anybody's way. */
struct admission_entry request_entry(const struct request *request)
{
	const struct caller *caller = &request->caller;
	struct source_key key = caller->key.kind == SOURCE_V6_WIDE ? caller->key : source_key_of(&request->source);

	return (struct admission_entry){ .entry = { .source = hash_span(hash_process_seed(), span_make((const char *)&key.bits, sizeof(key.bits))),
		                                    .lane = would_be_over(request) ? LANE_GREEDY : caller->lane },
		                         .is_priority = request_is_priority(request), .is_observed = observes(request) };
}

/* Where it might go, a bit for each member. None: nobody queues there. */
static uint64_t candidates(const struct request *request)
{
	struct pool_wish wish = request_wish(request);

	if (request->route->origins->concurrency.mode == CONCURRENCY_OFF || request_is_bypassed(request))
		return 0;
	return pool_candidates(request->route->pool, &wish);
}

static struct origin *take_first(const struct request *request, uint64_t *set)
{
	unsigned i = (unsigned)__builtin_ctzll(*set);

	*set &= *set - 1;
	return request->route->pool->members[i].origin;
}

bool request_would_wait(const struct request *request)
{
	uint64_t set = candidates(request);
	bool waits = set;

	while (set && waits)
		waits = gate_is_short(&take_first(request, &set)->gate);
	return waits;
}

/* Most of the time nobody waits, and no lock is taken to see that. */
static struct outlook look_at(struct gate *gate, const struct admission_entry *entry, uint64_t now_us)
{
	struct admission_entry newcomer = *entry;
	struct outlook outlook = { .is_pressed = gate_is_pressed(gate, now_us) };

	if (!gate_is_short(gate))
		return outlook;
	newcomer.entry.source = ~entry->entry.source;
	pthread_mutex_lock(&gate->lock);
	outlook.wait_us = admission_wait_us(&gate->admission, entry);
	outlook.newcomer_us = admission_wait_us(&gate->admission, &newcomer);
	pthread_mutex_unlock(&gate->lock);
	return outlook;
}

static struct outlook look_anew(const struct request *request)
{
	struct admission_entry entry = request_entry(request);
	struct outlook best = { .wait_us = UINT64_MAX, .newcomer_us = UINT64_MAX, .is_pressed = true };
	uint64_t set = candidates(request), now_us = request_worker(request)->loop.now_ns / 1000;

	if (!set)
		return (struct outlook){ 0 };
	while (set) {
		struct outlook outlook = look_at(&take_first(request, &set)->gate, &entry, now_us);

		best.wait_us = outlook.wait_us < best.wait_us ? outlook.wait_us : best.wait_us;
		best.newcomer_us = outlook.newcomer_us < best.newcomer_us ? outlook.newcomer_us : best.newcomer_us;
		best.is_pressed &= outlook.is_pressed;
	}
	return best;
}

/* Each look takes the lock of each origin. What is asked in one round of the loop is asked of one and the same outlook. */
static struct outlook *look_ahead(struct request *request)
{
	struct outlook *kept = &request->outlook;
	uint64_t now_ns = request_worker(request)->loop.now_ns;

	if (kept->looked_ns == now_ns && kept->lane == request->caller.lane)
		return kept;
	*kept = look_anew(request);
	kept->looked_ns = now_ns;
	kept->lane = request->caller.lane;
	return kept;
}

uint64_t request_projected_wait_us(struct request *request)
{
	return look_ahead(request)->wait_us;
}

/* All of them: or those that are not pressed would say that all is well, until they are as full. */
static void press(const struct request *request, struct outlook *outlook)
{
	const struct loop *loop = &request_worker(request)->loop;

	if (outlook->has_pressed)
		return;
	outlook->has_pressed = true;
	for (uint64_t set = candidates(request); set;) {
		struct origin *origin = take_first(request, &set);

		origin_press(origin, loop->now_ms);
		pthread_mutex_lock(&origin->gate.lock);
		demand_press(&origin->gate.demand, loop->now_ns / 1000);
		pthread_mutex_unlock(&origin->gate.lock);
	}
}

/* Whoever waits for what he asked for himself is asked himself, and nobody else. */
bool request_is_pressed(struct request *request)
{
	struct outlook *outlook = look_ahead(request);

	if (outlook->newcomer_us >= CHALLENGE_WAIT_US)
		press(request, outlook);
	return outlook->is_pressed || outlook->wait_us >= CHALLENGE_WAIT_US;
}

void request_press(struct request *request)
{
	struct outlook *outlook = look_ahead(request);

	if (outlook->newcomer_us >= IN_VAIN_US)
		press(request, outlook);
}

void request_hold_off(const struct request *request)
{
	const struct loop *loop = &request_worker(request)->loop;
	struct origin *least = NULL;

	request_count_pressure(request, true);
	for (uint64_t set = candidates(request); set;) {
		struct origin *origin = take_first(request, &set);

		origin_press(origin, loop->now_ms);
		if (!least || gate_until_us(&origin->gate) < gate_until_us(&least->gate))
			least = origin;
	}
	if (!least)
		return;
	pthread_mutex_lock(&least->gate.lock);
	demand_ask(&least->gate.demand, loop->now_ns / 1000);
	pthread_mutex_unlock(&least->gate.lock);
}
