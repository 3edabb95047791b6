#include "guard/share.h"

#include <assert.h>
#include <stdlib.h>

#include "base/banned.h"

static void init(struct share *share, uint64_t key)
{
	*share = (struct share){ .key = key };
	list_init(&share->bucket);
	list_init(&share->all);
	list_init(&share->yielding);
	list_init(&share->waiting);
	list_init(&share->turn);
}

void shares_init(struct shares *shares)
{
	*shares = (struct shares){ .running = NULL };
	for (unsigned i = 0; i < SHARE_BUCKETS; i++)
		list_init(&shares->buckets[i]);
	list_init(&shares->all);
	list_init(&shares->turns);
	init(&shares->strangers, 0);
}

/* Keys are hashes already. */
static struct list *bucket_of(struct shares *shares, uint64_t key)
{
	return &shares->buckets[key % SHARE_BUCKETS];
}

struct share *shares_of(struct shares *shares, uint64_t key)
{
	struct list *bucket = bucket_of(shares, key);
	struct share *share;

	if (!key)
		return &shares->strangers;
	list_each (node, bucket) {
		share = list_entry(node, struct share, bucket);
		if (share->key == key)
			return share;
	}
	share = malloc(sizeof(*share));
	if (!share)
		return &shares->strangers;
	init(share, key);
	list_add_first(bucket, &share->bucket);
	return share;
}

/* What is left without a connection of its own is made anew when one comes. */
static void free_if_empty(struct shares *shares, struct share *share)
{
	if (share->held[SHARE_CONNECTIONS] || !list_is_empty(&share->waiting) || share == shares->running)
		return;
	list_remove(&share->turn);
	list_remove(&share->bucket);
	free(share);
}

void share_take(struct shares *shares, struct share *share, enum share_thing thing)
{
	share->held[thing]++;
	if (share == &shares->strangers)
		return;
	shares->held[thing]++;
	if (share->held[thing] > 1)
		return;
	shares->holders[thing]++;
	if (thing == SHARE_CONNECTIONS)
		list_add_last(&shares->all, &share->all);
}

void share_give(struct shares *shares, struct share *share, enum share_thing thing)
{
	assert(share->held[thing]);
	share->held[thing]--;
	if (share == &shares->strangers)
		return;
	shares->held[thing]--;
	if (share->held[thing])
		return;
	shares->holders[thing]--;
	if (thing != SHARE_CONNECTIONS)
		return;
	list_remove(&share->all);
	free_if_empty(shares, share);
}

bool share_is_over(const struct shares *shares, const struct share *share, enum share_thing thing)
{
	unsigned parts = shares->holders[thing] > 2 ? shares->holders[thing] : 2;

	return (uint64_t)share->held[thing] * parts > shares->held[thing];
}

struct share *shares_yielding(struct shares *shares)
{
	struct share *most = list_is_empty(&shares->strangers.yielding) ? NULL : &shares->strangers;

	list_each (node, &shares->all) {
		struct share *share = list_entry(node, struct share, all);

		if (list_is_empty(&share->yielding) || (most && share->held[SHARE_CONNECTIONS] <= most->held[SHARE_CONNECTIONS]))
			continue;
		if (share_is_over(shares, share, SHARE_CONNECTIONS))
			most = share;
	}
	return most;
}

/* -- time -- */

void share_wait(struct shares *shares, struct share *share, struct list *node)
{
	assert(share != &shares->strangers);
	list_add_last(&share->waiting, node);
	if (list_is_empty(&share->turn))
		list_add_last(&shares->turns, &share->turn);
}

/* Who has nothing to do saves no time up for later. What it took too much it still owes, up to one turn: nobody else was kept waiting since. */
static void leave(struct shares *shares, struct share *share)
{
	if (!list_is_empty(&share->waiting) || share == shares->running)
		return;
	list_remove(&share->turn);
	if (share->credit_ns > 0)
		share->credit_ns = 0;
	if (share->credit_ns < -SHARE_TURN_NS)
		share->credit_ns = -SHARE_TURN_NS;
	free_if_empty(shares, share);
}

/* The first that has something to do; NULL: none has. */
static struct share *first_waiting(struct shares *shares)
{
	while (shares_wait(shares)) {
		struct share *first = list_entry(shares->turns.next, struct share, turn);

		if (!list_is_empty(&first->waiting))
			return first;
		leave(shares, first);
	}
	return NULL;
}

struct list *shares_next(struct shares *shares, struct share **share)
{
	struct share *next;

	assert(!shares->running);
	while ((next = first_waiting(shares))) {
		struct list *node = next->waiting.next;

		if (next->credit_ns <= 0) {
			next->credit_ns += SHARE_TURN_NS;
			list_remove(&next->turn);
			list_add_last(&shares->turns, &next->turn);
			continue;
		}
		list_remove(node);
		*share = shares->running = next;
		return node;
	}
	return NULL;
}

void shares_ran(struct shares *shares, struct share *share, uint64_t took_ns)
{
	int64_t least = -(int64_t)SHARE_DEBT_TURNS * SHARE_TURN_NS;

	shares->running = NULL;
	share->credit_ns = took_ns < INT64_MAX / 2 ? share->credit_ns - (int64_t)took_ns : least;
	if (share->credit_ns < least)
		share->credit_ns = least;
	leave(shares, share);
}

void shares_done(struct shares *shares)
{
	assert(list_is_empty(&shares->all) && !first_waiting(shares));
}
