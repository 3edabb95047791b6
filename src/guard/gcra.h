/* The generic cell rate algorithm: how often somebody may, with one number to remember.
 *
 * That number is the theoretical arrival time (TAT): when the next would come from somebody who comes exactly at the rate. Who
 * comes later has nothing to pay; who comes earlier than TAT by more than the tolerance is refused, and may come back
 * after `retry_after`, to the tick: at that moment it is let in, a tick before it is not.
 *
 * Units    ticks, of whatever length the caller chose for `interval`: microseconds, nanoseconds
 * Limits   in any window of t ticks at most burst + t / interval are let in. Intervals are rounded up to whole ticks: never more than the
 *          rate; noticeably less when it is over a hundredth of a tick's inverse: weigh such things (bytes) by the thousand
 * Threads  pure functions
 * Source   ITU-T I.371, annex A (virtual scheduling)
 *
 * A clock that is set back: nobody owes more than `most`, whatever the number says, so that nobody waits longer than that.
 */
#ifndef BOUCLIER_GUARD_GCRA_H
#define BOUCLIER_GUARD_GCRA_H

#include <stdbool.h>

#include "config/key.h"

#define GCRA_BURST_MAX 1000000
#define GCRA_NEVER UINT64_MAX

struct gcra {
	uint64_t interval;    /* between two that come at the rate */
	uint64_t tolerance;   /* how much earlier than that one may come: (burst - 1) * interval */
	uint64_t most;        /* TAT is never farther away than this */
};

struct gcra_answer {
	bool is_allowed;
	uint64_t tat;         /* to be remembered, also when refused: it is what it was then, unless the clock was set back */
	uint64_t retry_after; /* 0 when allowed; GCRA_NEVER: the weight is larger than the burst */
};

/* BURST (1 or more) may come at once; what is charged afterwards may take it DEBT further into the red. Of a rate with
 * TICKS_PER_MS ticks a millisecond.
 * RESULT_LIMIT: a rate or a burst of 0, a burst over GCRA_BURST_MAX, or TAT could be more than MOST_MAX ticks away. */
enum result gcra_make(const struct rate *rate, uint64_t burst, uint64_t debt, uint64_t ticks_per_ms, uint64_t most_max, struct gcra *out) must_check;
/* May something of WEIGHT (1: one of them) come NOW? TAT of somebody new is 0. */
struct gcra_answer gcra_ask(const struct gcra *gcra, uint64_t tat, uint64_t now, uint64_t weight);
/* It has come, and weighed that much: the new TAT. For what is known afterwards only (bytes, the origin's time). */
uint64_t gcra_charge(const struct gcra *gcra, uint64_t tat, uint64_t now, uint64_t weight);

#endif
