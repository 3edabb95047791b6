/* Whether more is asked of an origin than it can do, counted also while those who ask are held off.
 *
 * A queue tells of a flood only as long as the flood is let into it. Who is asked for proof instead is gone from it, and the queue says
 * that all is well: asked by the queue alone, strangers would be let in again until it is full, and so on, and have all that citizens
 * leave. So from the moment that somebody would wait for too long, the origin's work is counted as if everybody who asks were let
 * in: each of them adds what one answer takes of a busy origin, time takes it off again, and while something is left strangers are asked first.
 *
 *     demand_press     somebody would wait for too long: it begins
 *     demand_ask       somebody asks for the origin, and is let in or not
 *     demand_hang_up   somebody did not wait, for a place or for an answer, while no place was free: it begins, too, where DEMAND_GONE more do so than are
 *                      answered; a flood that hangs up leaves the queue as soon as it has come, and the queue tells nothing of it
 *     demand_answer    the origin has answered: what an answer takes of it
 *     demand_spares    who takes more than his token has has one part in DEMAND_SPARED_OF of the origin's time meanwhile
 *     demand_took      what one of them really took of it
 *
 * What an answer takes is the time between two of them while somebody waits all the time. Where nobody waits that cannot be seen: what was seen is
 * believed less and less, from the most that it can be at once down to the least; slowly while so much is asked that no doubt would change anything, and
 * hardly at all in an attack. Is that too little, strangers wait again for a moment, and it is seen.
 *
 * Units    microseconds of a clock that does not step
 *          Workers' clocks may be a round apart
 * Limits   DEMAND_OWED_MAX_US of work is remembered: so long after a flood has ended, on an idle origin, nobody is asked any more
 * Threads  one at a time; UNTIL_US may be read by anybody, atomically
 */
#ifndef BOUCLIER_GUARD_DEMAND_H
#define BOUCLIER_GUARD_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

#define DEMAND_OWED_MAX_US 10000000u
#define DEMAND_OWED_MIN_US 1000000u     /* once it begins */
#define DEMAND_SPARED_OF 200u           /* one of so much time */
#define DEMAND_GONE 16u

struct demand {
	uint64_t until_us;       /* when all that was asked for would be done; in the past: it is calm */
	uint64_t spared_us;      /* when the next one of the greedy may go */
	double each_us;          /* what an answer takes of a busy origin, as far as it is still believed; 0: not known */
	double last_each_us;     /* as it was last seen, and when */
	uint64_t last_each_at_us;
	uint64_t seen_us;        /* the last answer */
	uint64_t begun_us;       /* since when somebody waited at every answer; 0: nobody does */
	unsigned answers;        /* since then */
	unsigned gone;           /* so many more have hung up than were answered; twice DEMAND_GONE at most */
};

struct demand_answer {
	bool others_wait;        /* for a place */
	bool is_attacked;        /* the site's level says so */
	double at_least_us;      /* the mean time that a place is held, over all the places */
	double at_most_us;       /* the mean time that a place is held; 0: not known */
};

static inline bool demand_is_pressed(uint64_t until_us, uint64_t now_us)
{
	return until_us > now_us;
}

/* What another process left: false, and nothing of it is taken up: it is not what this writes. */
bool demand_take_up(struct demand *demand, const struct demand *from, uint64_t now_us) must_check;
void demand_press(struct demand *demand, uint64_t now_us);
void demand_ask(struct demand *demand, uint64_t now_us);
void demand_hang_up(struct demand *demand, uint64_t now_us);
/* The origin has answered. */
void demand_answer(struct demand *demand, uint64_t now_us, const struct demand_answer *answer);
/* A place is free that brought no answer, and nobody waits: it says nothing, and what was counted is over. */
void demand_rest(struct demand *demand);
/* True: and one has gone. While nobody else waits all may go, unless IS_HELD. */
bool demand_spares(struct demand *demand, uint64_t now_us, bool is_held);
/* The one that went at BEGUN_US took so much of the origin: pages take longer than what belongs to them, which is what most answers are. */
void demand_took(struct demand *demand, uint64_t begun_us, uint64_t took_us);
/* The same of those who go in any case, and take nothing from the others: NEXT_US is when the next one of them might have gone. */
bool demand_would_spare(const struct demand *demand, uint64_t *next_us, uint64_t now_us, bool is_held);

#endif
