/* What happens to each site, counted by all workers of all edges, and the level that follows from it (guard/level.h), in memory that outlives
 * them: a new edge goes on where the last one was.
 *
 * Shape    a header and METERS places, zero at birth; no pointer in it
 * Limits   METERS sites, of a tenant no more than its share; a site without a meter has no level (availability, fails open)
 * Owns     nothing: the memory is the keeper's, aligned to a line of the cache
 * Threads  counting: any, of any processes. Taking, keeping and ticking: one thread, of the edge that is not draining
 */
#ifndef BOUCLIER_EDGE_METER_H
#define BOUCLIER_EDGE_METER_H

#include <stddef.h>

#include "guard/kinds.h"
#include "guard/level.h"

#define METERS 4096u
#define METERS_VERSION 5u
#define METER_SHARDS 4u

/* One line of the cache; each worker adds to one. */
struct meter_counts {
	uint64_t latency_us;         /* summed, of those that follow */
	uint32_t latencies;
	uint32_t shapes[LEVEL_SHAPES];
	uint32_t strangers, errors, misses, waited, refused;
};

struct meter {
	struct meter_counts counts[METER_SHARDS] __attribute__((aligned(64)));
	struct level_state state;
	uint32_t level;              /* enum level, to be read by any thread */
	struct kinds kinds;          /* of its clients: learned while the level is normal and nobody waits */
};

struct meters {
	uint64_t keys[METERS], tenants[METERS];  /* edge/sites/places.h */
	struct meter list[METERS];
};

/* What one request was. */
struct meter_request {
	unsigned status;
	uint64_t latency_us;         /* of the origin, to its first byte; 0: none answered */
	bool is_stranger, has_query, has_body, is_h2;
};

size_t meters_bytes(void);
/* The meter of the site KEY of TENANT, which is there or begins; NULL: all are taken, or TENANT has SHARE of them. */
struct meter *meter_take(struct meters *meters, uint64_t key, uint64_t tenant, unsigned share);
/* Those that are not among KEYS are free again. */
void meters_keep(struct meters *meters, const uint64_t *keys, size_t count);

void meter_count(struct meter *meter, unsigned worker, const struct meter_request *request);
/* Somebody waits so long for a place at an origin that a citizen notices; or is refused for want of one. */
void meter_count_pressure(struct meter *meter, unsigned worker, bool is_refused);

/* ELAPSED_MS (not 0, about METER_TICK_MS) have gone by since the last time. True: MOVE tells that the level has changed. */
#define METER_TICK_MS 1000u
bool meter_tick(struct meter *meter, uint64_t elapsed_ms, struct level_move *move);
/* What was counted since the last time is not what is usual: it is forgotten, and the level stays. */
void meter_skip(struct meter *meter);
/* As a person says. AUTO: as the detector does. True: it has changed. */
bool meter_force(struct meter *meter, bool is_auto, enum level level, struct level_move *move);
bool meter_set_least(struct meter *meter, enum level least, struct level_move *move);
/* LEVEL_NORMAL without a meter. */
enum level meter_level(const struct meter *meter);

#endif
