/* The places at one origin, and what is asked of it: guard/admission and guard/demand behind a lock, for all workers and all sites that
 * name the origin.
 *
 * Units    microseconds of the monotonic clock
 * Owns     its queues; the entries in them are the edge's, which takes each of them out before the origin may go: whoever has a
 *          place or waits for one holds a snapshot that holds the origin
 * Threads  any; ADMISSION and DEMAND only with LOCK held, for a few instructions. is_short and what is_pressed looks at are atomic, for those
 *          who only look
 */
#ifndef BOUCLIER_ORIGIN_GATE_H
#define BOUCLIER_ORIGIN_GATE_H

#include <pthread.h>

#include "guard/admission.h"
#include "guard/demand.h"

struct gate {
	pthread_mutex_t lock;
	struct admission admission;
	struct demand demand;
	uint64_t observed_us;    /* when the next one of the greedy might go of those who are only observed: as demand.spared_us, which is of the others */
	double answered_us[LIMIT_KINDS];  /* how long it takes until an answer of a kind (struct limit) begins, in the mean of the last ones; 0: none was seen */
	uint64_t abandoned_us;   /* for so long it works for who is gone, in parts too short for a timer */
	bool is_made;            /* has settings: is asked from now on */
	bool is_short;           /* who asked now would wait: a pool looks for another member first */
};

/* What outlives a process. No pointer in it. */
struct gate_learned {
	struct limit limit;
	struct demand demand;
	double held_us;
};

struct gate_view {
	unsigned limit, at_work, waiting;
};

void gate_init(struct gate *gate);
void gate_done(struct gate *gate);
/* As of now: what was learned stays, within the new range. */
/* True: it is the first time. */
bool gate_set(struct gate *gate, const struct admission_settings *settings, uint64_t now_us);
/* What was learned so far; false: it has no settings, and nothing was. */
bool gate_tell_learned(struct gate *gate, struct gate_learned *out) must_check;
/* It goes on from there, within its own range. False: that is not what a gate tells, and nothing has changed. */
bool gate_take_up(struct gate *gate, const struct gate_learned *learned, uint64_t now_us) must_check;
/* With the lock held, after each change: what others see without it. */
void gate_note(struct gate *gate);
struct gate_view gate_look(struct gate *gate);
bool gate_is_short(const struct gate *gate);
/* More is asked of it than it can do: strangers are asked first. */
/* When all that was asked for would be done (guard/demand.h). */
uint64_t gate_until_us(const struct gate *gate);
bool gate_is_pressed(const struct gate *gate, uint64_t now_us);
/* Nobody had to wait for long: gives the memory of its queues back. */
void gate_rest(struct gate *gate);

#endif
