/* What sites have of one worker: its connections, its TLS handshakes, its time. Whoever has much gives, when there is no room for all: first what
 * it does not use, then what it would have next; never what another has.
 *
 *     held      connections and handshakes. A site is *over* when it has more than an even part of what all sites have now; one that is alone
 *               leaves something for the next: it is
 *     yielding  what may be taken back without harm: connections that rest. The longest at rest is first
 *     waiting   what a site has to do, while there is more to do than time. Sites take turns, each for as long as the others (deficit round
 *               robin over measured nanoseconds): one with a thousand requests does not make another's one wait behind them. What need wait no
 *               more is taken out of its list (list_remove) by whoever knows it; a share that is left with nothing to do is so found when its turn comes
 *
 * Those who have not said yet whom they came for are strangers, a share of their own. It has no part that is owed to it: while all places are taken
 * the one that is silent for longest makes room.
 *
 * Limits   a share for each site that has a connection, and the strangers'. A turn that takes longer than it should is paid off in the next ones, up to
 *          SHARE_DEBT_TURNS of them, and one when nothing of the site waits any more
 * Owns     its shares; nodes of what yields and waits are the caller's
 * Threads  a worker's
 * Source   Shreedhar and Varghese, Efficient fair queueing using deficit round robin, 1995
 */
#ifndef BOUCLIER_GUARD_SHARE_H
#define BOUCLIER_GUARD_SHARE_H

#include <stdint.h>

#include "base/list.h"
#include "base/result.h"

#define SHARE_TURN_NS 250000
#define SHARE_DEBT_TURNS 40
#define SHARE_BUCKETS 64u

enum share_thing { SHARE_CONNECTIONS, SHARE_HANDSHAKES, SHARE_THINGS };

struct share {
	struct list bucket, all;
	uint64_t key;             /* of the site; 0: the strangers' */
	unsigned held[SHARE_THINGS];
	struct list yielding, waiting;
	struct list turn;         /* among those who wait for time */
	int64_t credit_ns;
};

struct shares {
	struct list buckets[SHARE_BUCKETS];
	struct list all;          /* sites that have connections */
	struct list turns;        /* that wait for time: the next one first */
	struct share strangers;
	struct share *running;    /* has its turn: it is not freed meanwhile */
	unsigned held[SHARE_THINGS], holders[SHARE_THINGS];  /* of sites */
};

void shares_init(struct shares *shares);
/* Nobody holds anything any more, and nothing waits. */
void shares_done(struct shares *shares);

/* The share of the site with KEY, which is about to take a connection. No memory: the strangers' (availability: fails open). */
struct share *shares_of(struct shares *shares, uint64_t key);
void share_take(struct shares *shares, struct share *share, enum share_thing thing);
/* THING was taken. A site's share is gone with its last connection, when nothing of it waits. */
void share_give(struct shares *shares, struct share *share, enum share_thing thing);
bool share_is_over(const struct shares *shares, const struct share *share, enum share_thing thing);
/* Who has to give a connection that yields: of the sites that are over, and the strangers, the one that has most. NULL: nobody. */
struct share *shares_yielding(struct shares *shares);

/* NODE has something to do in SHARE's time, which is not the strangers'. It waits nowhere else. */
void share_wait(struct shares *shares, struct share *share, struct list *node);
/* Whose turn it is: the node, which waits no more, and its SHARE; until shares_ran. NULL: nothing waits. */
struct list *shares_next(struct shares *shares, struct share **share) must_check;
/* That took so long. */
void shares_ran(struct shares *shares, struct share *share, uint64_t took_ns);
/* Something waits, or did a moment ago. */
static inline bool shares_wait(const struct shares *shares)
{
	return !list_is_empty(&shares->turns);
}

#endif
