#include "guard/majority.h"

#include "base/banned.h"

static bool try_take(struct majority *majority)
{
	return !__atomic_exchange_n(&majority->is_taken, 1u, __ATOMIC_ACQUIRE);
}

static void give(struct majority *majority)
{
	__atomic_store_n(&majority->is_taken, 0u, __ATOMIC_RELEASE);
}

static bool is_over(const struct majority *majority, uint64_t now_us)
{
	return now_us > majority->since_us + MAJORITY_WINDOW_US;
}

static bool is_candidate(const struct majority *majority, struct source_key source)
{
	return majority->candidate.bits == source.bits && majority->candidate.kind == source.kind;
}

void majority_note(struct majority *majority, struct source_key source, bool is_shared, uint64_t now_us)
{
	if (!try_take(majority))
		return;
	if (is_over(majority, now_us)) {
		majority->total = majority->votes = majority->candidates = 0;
		majority->since_us = now_us;
	}
	majority->total++;
	if (majority->votes && !is_candidate(majority, source)) {
		majority->votes--;
	} else {
		majority->candidates = majority->votes ? majority->candidates + 1 : 1;
		majority->votes++;
		majority->candidate = source;
		majority->is_shared = is_shared;
	}
	give(majority);
}

bool majority_find(struct majority *majority, uint64_t now_us, struct source_key *out)
{
	bool is_found;

	while (!try_take(majority))
		;  /* a few instructions of a worker */
	is_found = !is_over(majority, now_us) && majority->total >= MAJORITY_REQUESTS && majority->candidates > majority->total / 2 && majority->is_shared;
	if (is_found)
		*out = majority->candidate;
	give(majority);
	return is_found;
}
