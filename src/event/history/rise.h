/* Has the share of failed answers risen clearly above what it was? For a reload that waits to be confirmed: one that breaks a site is gone back from before
 * anybody says so.
 *
 * Shape    two windows of one site: before the reload, and since it. A failure is an answer of 500 and above to a request that was served
 * Units    shares in thousandths
 * Threads  pure
 */
#ifndef BOUCLIER_EVENT_HISTORY_RISE_H
#define BOUCLIER_EVENT_HISTORY_RISE_H

#include <stdbool.h>
#include <stdint.h>

#define RISE_BEFORE_MIN 50u     /* requests: of fewer nobody knows what was usual, and nothing is judged */
#define RISE_AFTER_MIN 50u      /* requests */
#define RISE_ERRORS_MIN 20u
#define RISE_SHARE_MIN 100u     /* one in ten */
#define RISE_STEP_MIN 50u       /* and so much above twice what it was */
#define RISE_DEVIATIONS 5u      /* and no chance: so many standard deviations of the difference of two shares */

struct rise_window {
	uint64_t requests, errors;
};

/* Thousandths, rounded; 0 of no requests. */
unsigned rise_share(struct rise_window window);
bool rise_is_clear(struct rise_window before, struct rise_window after);

#endif
