/* A place at an origin goes from one worker's request to another's: what a worker does under the lock of the origin's gate, whom it has to tell when the lock is
 * given back, and places that are still taken when their requests are gone.
 *
 * Owns     abandoned places are their worker's, until their timers ring or it ends
 * Threads  the worker's; GATE is held between calls_begin and calls_end
 */
#ifndef BOUCLIER_EDGE_CALLS_H
#define BOUCLIER_EDGE_CALLS_H

#include "edge/queue/queue.h"

struct calls {
	struct worker *worker;
	struct gate *gate;
	struct list posts;           /* struct worker, turns.posted_job.node */
};

void calls_begin(struct calls *calls, struct worker *worker, struct gate *gate);
void calls_end(struct calls *calls);
/* TURN has a place from now on. */
void calls_begin_hold(const struct calls *calls, struct turn *turn);
/* ENTRY's request waits no more: STATE is what it is told. */
void calls_tell(struct calls *calls, struct admission_entry *entry, enum turn_state state);
/* Whoever waits, and for whom there is a place, has it. */
void calls_next(struct calls *calls);

/* -- abandoned.c -- */

/* For how long the origin will work on, of what it usually takes, for a request that has held its place for HELD_US and is gone. 0: it is done. */
uint64_t abandoned_us(const struct calls *calls, const struct request *request, uint64_t held_us);
/* Its place stays taken for FOR_US. Whoever asks and hangs up, again and again, would have an origin work on more than it can, while all its places look
 * free. What is shorter than the timers' step is gathered until it makes one. False: so it is, or there is no memory, and the caller gives the place back
 * (availability: fails open). */
bool abandoned_begin(const struct calls *calls, const struct request *request, uint64_t for_us) must_check;
/* All of the worker's are given back; or forgotten, where nobody needs them any more. */
void abandoned_give_back(struct worker *worker);
void abandoned_done(struct worker *worker);

#endif
