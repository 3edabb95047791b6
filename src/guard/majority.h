/* Does one source send most of a site's requests? Then it may be a proxy that somebody forgot to trust, with everybody behind it.
 *
 * Shape    the majority vote of Boyer and Moore over a minute: one candidate, which others vote down; what it sent since it is the
 *          candidate is counted, which is never more than it sent
 * Units    microseconds of a clock that does not step
 * Limits   asks for MAJORITY_REQUESTS in the minute. Two threads at the same moment: one of them is not counted
 * Threads  any
 * Source   Boyer, Moore: MJRTY, a fast majority vote algorithm (1981)
 */
#ifndef BOUCLIER_GUARD_MAJORITY_H
#define BOUCLIER_GUARD_MAJORITY_H

#include "source/entry.h"

#define MAJORITY_REQUESTS 1000u
#define MAJORITY_WINDOW_US ((uint64_t)60000000)

struct majority {
	uint32_t is_taken;         /* a lock that nobody waits for but majority_find */
	uint32_t total, votes, candidates;
	uint64_t since_us;
	struct source_key candidate;
	bool is_shared;                  /* several clients were seen behind the candidate */
};

/* A request of SOURCE, which IS_SHARED or not, has come. */
void majority_note(struct majority *majority, struct source_key source, bool is_shared, uint64_t now_us);
/* More than half of this minute's requests came from one shared source. */
bool majority_find(struct majority *majority, uint64_t now_us, struct source_key *out);

#endif
