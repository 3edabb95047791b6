#include "edge/sites/meter.h"

#include <string.h>

#include "edge/sites/places.h"

#include "base/banned.h"

_Static_assert(sizeof(struct meter_counts) == 64, "what a worker adds to is one line of the cache");

size_t meters_bytes(void)
{
	return sizeof(struct meters);
}

static void begin(struct meter *meter)
{
	memset(meter->counts, 0, sizeof(meter->counts));
	level_init(&meter->state, LEVEL_NORMAL);
	meter->level = LEVEL_NORMAL;
	memset(&meter->kinds, 0, sizeof(meter->kinds));
}

struct meter *meter_take(struct meters *meters, uint64_t key, uint64_t tenant, unsigned share)
{
	unsigned place = places_find(&(struct places){ meters->keys, meters->tenants, METERS }, key, tenant, share);

	if (place == METERS)
		return NULL;
	if (meters->keys[place] != key) {
		begin(&meters->list[place]);
		meters->tenants[place] = tenant;
		meters->keys[place] = key;
	}
	return &meters->list[place];
}

void meters_keep(struct meters *meters, const uint64_t *keys, size_t count)
{
	for (unsigned i = 0; i < METERS; i++) {
		if (meters->keys[i] && !places_have(keys, count, meters->keys[i]))
			meters->keys[i] = 0;
	}
}

static void add(uint32_t *count, uint32_t value)
{
	__atomic_fetch_add(count, value, __ATOMIC_RELAXED);
}

void meter_count(struct meter *meter, unsigned worker, const struct meter_request *request)
{
	struct meter_counts *counts = &meter->counts[worker % METER_SHARDS];

	add(&counts->shapes[request->has_query | request->has_body << 1 | request->is_h2 << 2], 1);
	if (request->is_stranger)
		add(&counts->strangers, 1);
	if (request->status >= 500)
		add(&counts->errors, 1);
	if (request->status == 404)
		add(&counts->misses, 1);
	if (request->latency_us) {
		add(&counts->latencies, 1);
		__atomic_fetch_add(&counts->latency_us, request->latency_us, __ATOMIC_RELAXED);
	}
}

void meter_count_pressure(struct meter *meter, unsigned worker, bool is_refused)
{
	struct meter_counts *counts = &meter->counts[worker % METER_SHARDS];

	add(is_refused ? &counts->refused : &counts->waited, 1);
}

static uint32_t take(uint32_t *count)
{
	return __atomic_exchange_n(count, 0, __ATOMIC_RELAXED);
}

/* What was counted since the last time. A latency whose count is taken a moment later is off by one request's. */
static struct level_sample collect(struct meter *meter, double seconds)
{
	struct level_sample sample = { 0 };
	double latency_us = 0, latencies = 0, strangers = 0, errors = 0, misses = 0, requests = 0;

	for (unsigned i = 0; i < METER_SHARDS; i++) {
		struct meter_counts *counts = &meter->counts[i];

		for (unsigned k = 0; k < LEVEL_SHAPES; k++)
			sample.shapes[k] += take(&counts->shapes[k]);
		latency_us += (double)__atomic_exchange_n(&counts->latency_us, 0, __ATOMIC_RELAXED);
		latencies += take(&counts->latencies);
		strangers += take(&counts->strangers);
		errors += take(&counts->errors);
		misses += take(&counts->misses);
		sample.waited += take(&counts->waited);
		sample.refused += take(&counts->refused);
	}
	for (unsigned k = 0; k < LEVEL_SHAPES; k++)
		requests += sample.shapes[k];
	sample.measures[LEVEL_OF_REQUESTS] = requests / seconds;
	sample.measures[LEVEL_OF_STRANGERS] = strangers / seconds;
	sample.measures[LEVEL_OF_ERRORS] = errors / seconds;
	sample.measures[LEVEL_OF_MISSES] = misses / seconds;
	sample.measures[LEVEL_OF_LATENCY] = latencies > 0 ? latency_us / latencies : 0;
	return sample;
}

void meter_skip(struct meter *meter)
{
	(void)collect(meter, 1);
}

static bool publish(struct meter *meter, bool has_moved)
{
	__atomic_store_n(&meter->level, meter->state.level, __ATOMIC_RELAXED);
	return has_moved;
}

bool meter_tick(struct meter *meter, uint64_t elapsed_ms, struct level_move *move)
{
	double seconds = (double)elapsed_ms / 1000;
	struct level_sample sample = collect(meter, seconds);
	bool has_moved = publish(meter, level_learn(&meter->state, &sample, move));

	kinds_tick(&meter->kinds, seconds, meter->state.level > meter->state.least || meter->state.level == LEVEL_ATTACK || sample.waited || sample.refused);
	return has_moved;
}

bool meter_force(struct meter *meter, bool is_auto, enum level level, struct level_move *move)
{
	if (is_auto) {
		level_release(&meter->state);
		return false;
	}
	return publish(meter, level_force(&meter->state, level, move));
}

bool meter_set_least(struct meter *meter, enum level least, struct level_move *move)
{
	return publish(meter, level_set_least(&meter->state, least, move));
}

enum level meter_level(const struct meter *meter)
{
	uint32_t level = meter ? __atomic_load_n(&meter->level, __ATOMIC_RELAXED) : LEVEL_NORMAL;

	return level < LEVEL_COUNT ? (enum level)level : LEVEL_NORMAL;
}
