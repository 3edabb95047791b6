#include "origin/pool.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "origin/kept.h"

#include "base/banned.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

/* The last that names an origin says how many requests it is given at once. */
static enum result add_member(struct pool *pool, const struct pool_needs *needs, const struct origin_settings *settings)
{
	struct pool_member *member = &pool->members[pool->count];
	struct admission_settings admission = origin_admission_settings(needs->settings, settings->limit, needs->has_priority);
	struct origin_settings origin = *settings;
	uint64_t now_us = clock_mono_ns() / 1000;
	struct tls_client *tls = settings->url.is_tls ? needs->tls_of(needs->context, settings) : NULL;

	if (settings->url.is_tls && !tls)
		return RESULT_REFUSED;
	member->settings = settings;
	if (needs->has_proxy && origin.proxy_protocol == ORIGIN_PROXY_NONE)
		origin.proxy_protocol = ORIGIN_PROXY_V2;
	member->origin = origins_hold(needs->origins, &origin, &needs->settings->health, tls);
	if (!member->origin)
		return RESULT_NO_MEMORY;
	if (gate_set(&member->origin->gate, &admission, now_us) && needs->origins->kept)
		(void)kept_take_up(needs->origins->kept, member->origin, now_us);
	member->key = member->origin->key;
	pool->count++;
	return RESULT_OK;
}

enum result pool_new(const struct pool_needs *needs, struct pool **out)
{
	const struct list_value *list = &needs->settings->origins;
	struct pool *pool = calloc(1, sizeof(*pool));
	enum result result = RESULT_OK;

	if (!pool)
		return RESULT_NO_MEMORY;
	*pool = (struct pool){ .origins = needs->origins, .settings = needs->settings, .members = calloc(list->count + 1, sizeof(*pool->members)) };
	if (!pool->members)
		result = RESULT_NO_MEMORY;
	for (size_t i = 0; i < list->count && i < POOL_MEMBERS_MAX && result == RESULT_OK; i++)
		result = add_member(pool, needs, (const struct origin_settings *)list->items + i);
	if (result == RESULT_OK)
		*out = pool;
	else
		pool_free(pool);
	return result;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (unsigned i = 0; i < pool->count; i++)
		origins_drop(pool->origins, pool->members[i].origin);
	free(pool->members);
	free(pool);
}

static bool has_room(const struct pool_member *member)
{
	return member->settings->limit == 0 || LOAD(member->origin->at_work) < (unsigned)member->settings->limit;
}

/* Weight in thousandths, less while the origin starts slowly. */
static uint64_t weight_now(const struct pool_member *member, uint64_t now_ms)
{
	uint64_t weight = (uint64_t)member->settings->weight * 1000;
	uint64_t slow_ms = (uint64_t)member->settings->slow_start_ms;
	uint64_t up_since_ms = LOAD(member->origin->up_since_ms);
	uint64_t up_ms = now_ms > up_since_ms ? now_ms - up_since_ms : 0;  /* another worker's clock may be a round ahead */

	if (!slow_ms || !up_since_ms || up_ms >= slow_ms)
		return weight;
	return weight / 10 + weight * 9 / 10 * up_ms / slow_ms;
}

static uint64_t total_weight(const struct pool *pool, uint64_t set, uint64_t now_ms)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < pool->count; i++)
		total += set >> i & 1 ? weight_now(&pool->members[i], now_ms) : 0;
	return total;
}

/* Turns are spread by the golden ratio, so that a heavy member's turns do not come in a row. */
static unsigned pick_turn(struct pool *pool, uint64_t set, const struct pool_wish *wish)
{
	uint64_t turn = __atomic_fetch_add(&pool->turn, 1u, __ATOMIC_RELAXED);
	uint64_t total = total_weight(pool, set, wish->now_ms);
	uint64_t at = (uint64_t)(((unsigned __int128)(turn * 0x9e3779b97f4a7c15u) * total) >> 64);

	for (unsigned i = 0; i < pool->count; i++) {
		uint64_t weight = set >> i & 1 ? weight_now(&pool->members[i], wish->now_ms) : 0;

		if (at < weight)
			return i;
		at -= weight;
	}
	return (unsigned)__builtin_ctzll(set);
}

static unsigned pick_least(struct pool *pool, uint64_t set, const struct pool_wish *wish)
{
	unsigned start = __atomic_fetch_add(&pool->turn, 1u, __ATOMIC_RELAXED) % pool->count;
	unsigned best = pool->count;
	uint64_t best_load = UINT64_MAX;

	for (unsigned n = 0; n < pool->count; n++) {
		unsigned i = (start + n) % pool->count;  /* equals take turns */
		uint64_t weight = weight_now(&pool->members[i], wish->now_ms);
		uint64_t load = ((uint64_t)LOAD(pool->members[i].origin->at_work) + 1) * 1000000u / (weight ? weight : 1);

		if (set >> i & 1 && load < best_load) {
			best = i;
			best_load = load;
		}
	}
	return best;
}

/* Of this house for ever: a visitor keeps its member through restarts, and on every node. */
static const struct hash_seed visitor_seed = { 1, 2 };

/* Rendezvous hashing (Thaler, Ravishankar 1998), weighted: a member that goes moves only its own visitors. */
static unsigned pick_hash(const struct pool *pool, uint64_t set, const struct pool_wish *wish)
{
	unsigned best = (unsigned)__builtin_ctzll(set);
	double best_score = -1;
	uint64_t visitor = hash_u64(hash_span(visitor_seed, wish->visitor));

	for (unsigned i = 0; i < pool->count; i++) {
		uint64_t draw = hash_u64(pool->members[i].key ^ visitor) >> 11;
		double unit = ((double)draw + 1) / 9007199254740994.0;  /* (0, 1) */
		double score = (double)pool->members[i].settings->weight / -log(unit);

		if (set >> i & 1 && score > best_score) {
			best = i;
			best_score = score;
		}
	}
	return best;
}

/* Of those who may wait, each has room in the end. */
enum room { ROOM_NOW, ROOM_LATER };

static bool is_for(const struct pool_member *member, const struct pool_wish *wish, enum room room)
{
	return (wish->may_wait && room == ROOM_LATER) || (has_room(member) && !(wish->may_wait && gate_is_short(&member->origin->gate)));
}

static uint64_t usable(const struct pool *pool, const struct pool_wish *wish, enum room room, bool want_backup, bool want_down)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < pool->count; i++) {
		const struct pool_member *member = &pool->members[i];

		if (wish->tried >> i & 1 || member->settings->is_draining || !is_for(member, wish, room))
			continue;
		if (want_down || (member->settings->is_backup == want_backup && origin_is_available(member->origin, wish->now_ms)))
			set |= (uint64_t)1 << i;
	}
	return set;
}

/* One that is only full is well: whoever finds no place there is told to come again, not sent to one that is ill. */
static bool is_any_well(const struct pool *pool, const struct pool_wish *wish)
{
	for (unsigned i = 0; i < pool->count; i++) {
		const struct pool_member *member = &pool->members[i];

		if (!(wish->tried >> i & 1) && !member->settings->is_draining && origin_is_available(member->origin, wish->now_ms))
			return true;
	}
	return false;
}

/* pool->count: none. */
static unsigned pick_sticky(const struct pool *pool, const struct pool_wish *wish)
{
	for (unsigned i = 0; i < pool->count; i++) {
		const struct pool_member *member = &pool->members[i];

		if (member->key == wish->sticky && !(wish->tried >> i & 1) && is_for(member, wish, ROOM_LATER) &&
		    origin_is_available(member->origin, wish->now_ms))
			return i;
	}
	return pool->count;
}

/* Where nobody has room now. */
static uint64_t usable_later(const struct pool *pool, const struct pool_wish *wish)
{
	uint64_t set = wish->may_wait ? usable(pool, wish, ROOM_LATER, false, false) : 0;

	if (!set)
		set = usable(pool, wish, ROOM_LATER, true, false);
	if (!set && !is_any_well(pool, wish))
		set = usable(pool, wish, ROOM_LATER, false, true);  /* availability fails open: an origin that looks ill beats none */
	return set;
}

uint64_t pool_candidates(const struct pool *pool, const struct pool_wish *wish)
{
	struct pool_wish later = *wish;
	unsigned sticky;

	later.may_wait = true;
	sticky = later.sticky ? pick_sticky(pool, &later) : pool->count;
	return sticky < pool->count ? (uint64_t)1 << sticky : usable_later(pool, &later);
}

static unsigned pick(struct pool *pool, const struct pool_wish *wish)
{
	unsigned sticky = wish->sticky ? pick_sticky(pool, wish) : pool->count;
	uint64_t set;

	if (sticky < pool->count)
		return sticky;
	set = usable(pool, wish, ROOM_NOW, false, false);
	if (!set)
		set = usable_later(pool, wish);
	if (!set)
		return pool->count;
	if (!(set & (set - 1)))
		return (unsigned)__builtin_ctzll(set);
	switch ((enum origin_balance)pool->settings->balance) {
	case BALANCE_LEAST_CONNECTIONS: return pick_least(pool, set, wish);
	case BALANCE_HASH: return pick_hash(pool, set, wish);
	case BALANCE_ROUND_ROBIN: break;
	}
	return pick_turn(pool, set, wish);
}

/* Counted first and looked at then: two workers that both saw the last place free do not both get it. */
bool pool_enter(const struct pool_member *member)
{
	unsigned at_work = __atomic_add_fetch(&member->origin->at_work, 1u, __ATOMIC_RELAXED);

	if (!member->settings->limit || at_work <= (unsigned)member->settings->limit)
		return true;
	pool_give_back(member);
	return false;
}

const struct pool_member *pool_take(struct pool *pool, const struct pool_wish *wish)
{
	struct pool_wish left = *wish;
	unsigned i;

	while ((i = pick(pool, &left)) < pool->count) {
		if (pool_enter(&pool->members[i]))
			return &pool->members[i];
		left.tried |= (uint64_t)1 << i;
	}
	return NULL;
}

const struct pool_member *pool_choose(struct pool *pool, const struct pool_wish *wish)
{
	unsigned i = pick(pool, wish);

	return i < pool->count ? &pool->members[i] : NULL;
}

void pool_give_back(const struct pool_member *member)
{
	__atomic_sub_fetch(&member->origin->at_work, 1u, __ATOMIC_RELAXED);
}

bool pool_is_full(const struct pool *pool, uint64_t now_ms)
{
	for (unsigned i = 0; i < pool->count; i++) {
		if (origin_is_available(pool->members[i].origin, now_ms) && !has_room(&pool->members[i]))
			return true;
	}
	return false;
}
