/* How many requests an origin is given at once, learned from how long its answers take. Pure: the time is told.
 *
 * What queues inside an origin is counted by Little's law: of the answers of one window, the time that each took beyond what
 * its kind takes on an origin without load, summed and divided by the length of the window, is the mean number that waited there. The
 * limit grows while fewer wait than it takes to keep the origin busy, and falls by those that are too many; who is not let
 * in waits here, where it is known who he is.
 *
 * What a kind of request takes without load is learned while few are at work. Of a kind that is first seen in an attack no more is believed than
 * what the others take in the mean. While an attack lasts it is frozen, so that a flood
 * does not become what is normal: it falls, but rises only by what was seen at the floor, or by a probe: for one window half as many are
 * let in, and answers that are surely no quicker then did not queue before. After a deep fall of the limit there is a probe soon: were other
 * answers asked for than before (slower ones, behind a burst of quick ones), it falls for nothing, and is taken back to where it was.
 *
 * Units    microseconds of a clock that does not step; a latency is from the last byte of a request sent to the first of its answer
 * Limits   LIMIT_KINDS kinds (routes, or what else tells answers of different lengths apart); more share one
 * Threads  one at a time
 *
 * Source   the shape is TCP Vegas's (Brakmo, Peterson 1995); probing is BBR's (RFC draft-cardwell-iccrg-bbr-congestion-control)
 */
#ifndef BOUCLIER_GUARD_LIMIT_H
#define BOUCLIER_GUARD_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

#define LIMIT_KINDS 64u
#define LIMIT_FLOOR 4u    /* without a word of the administrator's */
#define LIMIT_START 8u
#define LIMIT_CEILING 1024u

struct limit_range {
	unsigned floor, start, ceiling;  /* 1 <= floor <= start <= ceiling */
};

struct limit_kind {
	double calm_us;          /* without load; 0: not known */
	double usual_us;         /* in the last windows that were no probe */
	double sum_us, squares;  /* of this window, as the next */
	unsigned count;
	double roomy_sum_us;     /* the same of answers to what was sent while no more than the floor was at work */
	unsigned roomy_count;
};

/* No pointers: it may be kept and taken up again by another process. */
struct limit {
	struct limit_range range;
	double allowed, highest;  /* now, and at most since the last probe */
	struct limit_kind kinds[LIMIT_KINDS];
	uint64_t begun_us;       /* of the window: answers to what was sent before do not count */
	unsigned count, most_at_work;
	unsigned usual_at_work;  /* at most, in the last window that was no probe */
	uint64_t probe_us;       /* when the next one is due */
	uint64_t probe_wait_us;  /* and how long after it the one that follows */
	uint64_t probed_us;      /* the last one ended; 0: there was none */
	bool was_short;          /* in this window somebody had to wait, or was refused */
	bool is_starting;        /* doubles as long as nothing waits */
	bool is_probing, is_frozen;
};

struct limit_answer {
	unsigned kind;
	uint64_t sent_us, first_byte_us;
	unsigned at_work;        /* with it, when it was sent */
};

void limit_init(struct limit *limit, const struct limit_range *range, uint64_t now_us);
/* What is allowed, and was learned, stays within RANGE. */
void limit_set_range(struct limit *limit, const struct limit_range *range);
/* What another process learned, as it left it: taken up within RANGE, from NOW_US on. False, and nothing of it is: it is not what this writes. */
bool limit_take_up(struct limit *limit, const struct limit *from, uint64_t now_us) must_check;
/* How many may be at work. */
unsigned limit_get(const struct limit *limit);
/* Somebody who asked had no place: the limit is what holds him back, also where not all of it is his to have. */
void limit_hold_back(struct limit *limit);
/* An answer has begun. Long polls, streams, tunnels and bodies that clients send slowly are not told: they say nothing of the origin. */
void limit_learn(struct limit *limit, const struct limit_answer *answer);
/* The site is attacked, or no longer: what is calm only falls, or is learned. */
void limit_freeze(struct limit *limit, bool is_frozen);

#endif
