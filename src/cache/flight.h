/* Equal requests at the same time: one leads to the origin, and the others wait for what it brings.
 *
 * Who leads is replaced after FLIGHT_LEAD_MS by the next who asks, who takes those that wait with him: nobody keeps a page from others
 * by being slow. Where an answer was not for everybody, nobody waits for the next one to that address, for FLIGHT_PASS_MS.
 *
 * Units    milliseconds of CLOCK_MONOTONIC; a worker's may be a little behind another's
 * Owns     nothing: a flight is embedded in its request, and left or ended before that goes; its key lives as long
 * Threads  any; WAKE is called under a lock, by the thread of whoever led: it may only tell the waiter's own thread, which finds `told`
 */
#ifndef BOUCLIER_CACHE_FLIGHT_H
#define BOUCLIER_CACHE_FLIGHT_H

#include "base/list.h"
#include "base/span.h"

#define FLIGHT_LEAD_MS 2000u
#define FLIGHT_PASS_MS 60000u

enum flight_role {
	FLIGHT_NONE,
	FLIGHT_LEADS,
	FLIGHT_WAITS,
	FLIGHT_LED,       /* another leads, and this one does not wait */
	FLIGHT_PASSES,    /* answers to this are not for everybody */
};

/* What whoever led found; who waits sees it in `told`. */
enum flight_end {
	FLIGHT_UNTOLD,
	FLIGHT_KEPT,      /* look it up */
	FLIGHT_LOST,      /* it came to nothing: look it up, and lead */
	FLIGHT_PASS,      /* it is not for everybody: go alone */
	FLIGHT_ALONE,     /* it is not, but only for what the one said who asked: go alone; the next ones may wait */
};

struct cache_flight {
	struct list node;             /* of flights, or of those that wait for one */
	struct list waiting;
	struct span key;
	uint64_t hash, begun_ms;
	enum flight_role role;        /* its own thread's, but that a leader becomes FLIGHT_LED by being replaced: under the lock */
	enum flight_end told;         /* atomic */
	void (*wake)(struct cache_flight *waiter);
	void *context;
};

struct cache_flights;

struct cache_flights *cache_flights_new(void) must_check;
void cache_flights_free(struct cache_flights *flights);
void cache_flight_init(struct cache_flight *flight, void (*wake)(struct cache_flight *waiter), void *context);
/* Asks for KEY, whose hash is HASH. MAY_WAIT, MAY_LEAD: otherwise it is FLIGHT_LED, or FLIGHT_NONE when nobody leads. */
enum flight_role cache_flight_join(struct cache_flights *flights, struct cache_flight *flight, uint64_t now_ms, bool may_wait, bool may_lead) must_check;
/* Leads no more, or waits no more. HOW is told to those who wait for it; of a waiter nobody waits. Doing it again does nothing. */
void cache_flight_end(struct cache_flights *flights, struct cache_flight *flight, enum flight_end how, uint64_t now_ms);
static inline enum flight_end cache_flight_told(const struct cache_flight *flight)
{
	return __atomic_load_n(&flight->told, __ATOMIC_ACQUIRE);
}

#endif
