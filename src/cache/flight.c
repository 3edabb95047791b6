#include "cache/flight.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/banned.h"

#define SHARDS 64u
#define BUCKETS 64u
#define PASSES 256u

/* Answers to HASH are not for everybody. Others with the same place take it away: then somebody waits once for nothing. */
struct pass {
	uint64_t hash, until_ms;
};

struct shard {
	pthread_mutex_t lock;
	struct list buckets[BUCKETS];
	struct pass passes[PASSES];
};

struct cache_flights {
	struct shard shards[SHARDS];
};

struct cache_flights *cache_flights_new(void)
{
	struct cache_flights *flights = calloc(1, sizeof(*flights));

	for (unsigned i = 0; flights && i < SHARDS; i++) {
		pthread_mutex_init(&flights->shards[i].lock, NULL);
		for (unsigned bucket = 0; bucket < BUCKETS; bucket++)
			list_init(&flights->shards[i].buckets[bucket]);
	}
	return flights;
}

void cache_flights_free(struct cache_flights *flights)
{
	for (unsigned i = 0; flights && i < SHARDS; i++)
		pthread_mutex_destroy(&flights->shards[i].lock);
	free(flights);
}

void cache_flight_init(struct cache_flight *flight, void (*wake)(struct cache_flight *waiter), void *context)
{
	*flight = (struct cache_flight){ .wake = wake, .context = context };
	list_init(&flight->node);
	list_init(&flight->waiting);
}

static struct shard *shard_of(struct cache_flights *flights, uint64_t hash)
{
	return &flights->shards[hash >> 58 & (SHARDS - 1)];
}

static struct pass *pass_of(struct shard *shard, uint64_t hash)
{
	return &shard->passes[hash >> 8 & (PASSES - 1)];
}

static struct cache_flight *find(struct shard *shard, const struct cache_flight *like)
{
	list_each (node, &shard->buckets[like->hash & (BUCKETS - 1)]) {
		struct cache_flight *other = list_entry(node, struct cache_flight, node);

		if (other->hash == like->hash && span_equal(other->key, like->key))
			return other;
	}
	return NULL;
}

/* Under the lock: FLIGHT is in front of the origin from now on, and of those who waited for BEFORE (NULL: nobody). */
static void lead(struct shard *shard, struct cache_flight *flight, struct cache_flight *before, uint64_t now_ms)
{
	flight->role = FLIGHT_LEADS;
	flight->begun_ms = now_ms;
	list_add_first(&shard->buckets[flight->hash & (BUCKETS - 1)], &flight->node);
	if (!before)
		return;
	list_remove(&before->node);
	before->role = FLIGHT_LED;
	list_each_safe (node, next, &before->waiting) {
		list_remove(node);
		list_add_last(&flight->waiting, node);
	}
}

enum flight_role cache_flight_join(struct cache_flights *flights, struct cache_flight *flight, uint64_t now_ms, bool may_wait, bool may_lead)
{
	struct shard *shard = shard_of(flights, flight->hash);
	enum flight_role role;
	struct cache_flight *leader;
	struct pass *pass;

	pthread_mutex_lock(&shard->lock);
	leader = find(shard, flight);
	pass = pass_of(shard, flight->hash);
	flight->told = FLIGHT_UNTOLD;
	if (pass->hash == flight->hash && now_ms < pass->until_ms)
		flight->role = FLIGHT_PASSES;
	else if (may_lead && (!leader || now_ms >= leader->begun_ms + FLIGHT_LEAD_MS))
		lead(shard, flight, leader, now_ms);
	else if (leader && may_wait) {
		flight->role = FLIGHT_WAITS;
		list_add_last(&leader->waiting, &flight->node);
	} else {
		flight->role = leader ? FLIGHT_LED : FLIGHT_NONE;
	}
	role = flight->role;
	pthread_mutex_unlock(&shard->lock);
	return role;
}

void cache_flight_end(struct cache_flights *flights, struct cache_flight *flight, enum flight_end how, uint64_t now_ms)
{
	struct shard *shard = shard_of(flights, flight->hash);

	pthread_mutex_lock(&shard->lock);
	list_remove(&flight->node);
	if (how == FLIGHT_PASS)
		*pass_of(shard, flight->hash) = (struct pass){ flight->hash, now_ms + FLIGHT_PASS_MS };
	else if (how == FLIGHT_KEPT && pass_of(shard, flight->hash)->hash == flight->hash)
		*pass_of(shard, flight->hash) = (struct pass){ 0 };
	list_each_safe (node, next, &flight->waiting) {
		struct cache_flight *waiter = list_entry(node, struct cache_flight, node);

		list_remove(node);
		__atomic_store_n(&waiter->told, how, __ATOMIC_RELEASE);
		waiter->wake(waiter);
	}
	flight->role = FLIGHT_NONE;
	pthread_mutex_unlock(&shard->lock);
}
