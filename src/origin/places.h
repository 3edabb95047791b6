/* The places at one origin: guard/admission behind a lock, for all workers and all sites that name the origin.
 *
 * Units    microseconds of the monotonic clock
 * Owns     its queues; the entries in them are the edge's, which takes each of them out before the origin may go: whoever has a
 *          place or waits for one holds a snapshot that holds the origin
 * Threads  any; ADMISSION only with LOCK held, for a few instructions. is_short is atomic, for those who only look
 */
#ifndef BOUCLIER_ORIGIN_PLACES_H
#define BOUCLIER_ORIGIN_PLACES_H

#include <pthread.h>

#include "guard/admission.h"

struct places {
	pthread_mutex_t lock;
	struct admission admission;
	bool is_made;            /* has settings: is asked from now on */
	bool is_short;           /* who asked now would wait: a pool looks for another member first */
};

struct places_view {
	unsigned limit, at_work, waiting;
};

void places_init(struct places *places);
void places_done(struct places *places);
/* As of now: what was learned stays, within the new range. */
void places_set(struct places *places, const struct admission_settings *settings, uint64_t now_us);
/* With the lock held, after each change: what others see without it. */
void places_note(struct places *places);
struct places_view places_look(struct places *places);
bool places_is_short(const struct places *places);
/* Nobody had to wait for long: gives the memory of its queues back. */
void places_rest(struct places *places);

#endif
