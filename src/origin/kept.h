/* What was learned of origins, in memory that outlives an edge: a new one goes on where the last one was, in the middle of an attack too. Written
 * once a second, as a copy: what an edge learned in its last second dies with it.
 *
 * Shape    KEPT_PLACES places, found by the hash of an origin's identity; in each two copies, of which the older is written, so that one is whole
 *          whenever a writer is killed. No pointer in it; zero is none
 * Units    microseconds and milliseconds of the monotonic clock, which all processes of a machine agree on
 * Limits   KEPT_PLACES origins, KEPT_WAYS places for each: of more that meet there the one that was written longest ago makes room
 * Owns     nothing: the memory is the keeper's
 * Threads  writing and taking up: one thread, of the edge that is not draining
 *
 * Availability, fails open: what is half written, of another origin, too old, or not what an edge would write, is not taken up; the origin is
 * learned anew.
 */
#ifndef BOUCLIER_ORIGIN_KEPT_H
#define BOUCLIER_ORIGIN_KEPT_H

#include <stddef.h>

#include "origin/origin.h"

#define KEPT_VERSION 2u
#define KEPT_PLACES 4096u
#define KEPT_WAYS 8u
#define KEPT_FRESH_US 600000000u   /* an origin is another after ten minutes */

struct kept_copy {
	uint64_t sum;              /* of what follows, with the place's key: it is whole */
	uint64_t at_us;            /* when it was written */
	uint64_t pressed_ms, press_began_ms;
	struct gate_learned learned;
};

struct kept_place {
	uint64_t key;
	struct kept_copy copies[2];
};

struct kept_origins {
	struct kept_place places[KEPT_PLACES];
};

/* What is known of ORIGIN now. */
void kept_write(struct kept_origins *kept, struct origin *origin, uint64_t now_us);
/* ORIGIN, which nobody has asked for anything yet, knows what was kept of it. False: nothing was. */
bool kept_take_up(const struct kept_origins *kept, struct origin *origin, uint64_t now_us);

#endif
