/* Which events become a line, when there are more than the journal takes.
 *
 * Shape    Each second a worker may write its share: RATE lines divided by the number of workers. Half of the share goes to
 *          whoever comes first. The other half is kept for rare things: each (class, group of sites) may take a few lines
 *          from it, so that a flood of one kind on one site does not push out the others.
 *          Class: the reason; without one, the status class (2xx, 3xx, ...). Groups: sites hashed into SAMPLE_GROUPS.
 * Units    lines a second
 * Threads  one struct a worker
 */
#ifndef BOUCLIER_EVENT_SAMPLE_H
#define BOUCLIER_EVENT_SAMPLE_H

#include "edge/fact.h"

#define SAMPLE_GROUPS 16u
#define SAMPLE_CLASSES (REASON_COUNT + 6u)

struct sample_cell {
	uint32_t second, lines;     /* lines counts within that second */
};

struct sample {
	uint32_t share, few;        /* lines a second of this worker; of one cell, from the kept half */
	uint32_t second;
	uint32_t open_left, kept_left;
	struct sample_cell cells[SAMPLE_CLASSES][SAMPLE_GROUPS];
};

void sample_init(struct sample *sample);
/* SHARE is at least 1. */
void sample_set_share(struct sample *sample, unsigned share);
/* May this event be a line? SECOND is of a clock that only goes forward. */
bool sample_take(struct sample *sample, uint32_t second, enum reason reason, unsigned status, unsigned group);

#endif
