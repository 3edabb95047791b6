/* The origins of one site or route, and whose turn it is.
 *
 * Owns     its members; holds their origins
 * Threads  immutable but for the turn counter, which is atomic
 */
#ifndef BOUCLIER_ORIGIN_POOL_H
#define BOUCLIER_ORIGIN_POOL_H

#include "origin/origin.h"

#define POOL_MEMBERS_MAX 64

struct pool_member {
	struct origin *origin;
	const struct origin_settings *settings;
	uint64_t key;         /* for hashing and the sticky cookie: of the identity, the same after a restart */
};

struct pool {
	struct origins *origins;
	const struct origins_settings *settings;
	struct pool_member *members;
	unsigned count;
	unsigned turn;
};

struct pool_wish {
	struct span visitor;  /* BALANCE_HASH: what has the same bytes stays together */
	uint64_t sticky;      /* a member's key from the visitor's cookie; 0: none */
	uint64_t tried;       /* bit per member that this request has tried already */
	uint64_t now_ms;
	bool may_wait;        /* for a place at an origin that is short of them, if all are */
};

/* Holds an origin for every entry of SETTINGS. HAS_PROXY: each is greeted with a PROXY header (v2), whether its entry says so
 * or not. HAS_PRIORITY: some places are for priority routes alone. TLS_OF makes the TLS client of an https entry (complaining itself). */
struct pool_needs {
	struct origins *origins;
	const struct origins_settings *settings;
	struct tls_client *(*tls_of)(void *context, const struct origin_settings *settings);
	void *context;
	bool has_proxy, has_priority;
};
enum result pool_new(const struct pool_needs *needs, struct pool **out) must_check;
void pool_free(struct pool *pool);

/* The next member, its origin's at_work counted up; NULL when all were tried or are full. Order: sticky, then members that
 * are well, then backups that are well, then (fails open) those that are down. */
const struct pool_member *pool_take(struct pool *pool, const struct pool_wish *wish) must_check;
/* The same without counting; with MAY_WAIT full ones are not left out, but come last. */
const struct pool_member *pool_choose(struct pool *pool, const struct pool_wish *wish) must_check;
/* A bit for each member that it would be one of, had nobody room now. */
uint64_t pool_candidates(const struct pool *pool, const struct pool_wish *wish);
/* Counts one more at work there; false: it has reached its `limit`. */
bool pool_enter(const struct pool_member *member) must_check;
/* The request has left the origin. */
void pool_give_back(const struct pool_member *member);
/* Why pool_take found nothing: true when some member was well but at its limit. */
bool pool_is_full(const struct pool *pool, uint64_t now_ms);

#endif
