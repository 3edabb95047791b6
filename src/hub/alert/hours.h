/* The machine's own time: when quiet hours are, and when the weekly self-test is due.
 *
 * Shape    what C's localtime_r says, of /etc/localtime or TZ: summer and winter are its business. Quiet hours are told by the clock on the wall: of an hour that
 *          comes twice both are quiet, and one that does not come is not missed
 * Threads  any; hours_begin once, before the process may no longer read /etc/localtime
 */
#ifndef BOUCLIER_HUB_ALERT_HOURS_H
#define BOUCLIER_HUB_ALERT_HOURS_H

#include "hub/alert/plan.h"

#define HOURS_TEXT_BYTES 32u

void hours_begin(void);
bool hours_are_quiet(const struct alert_plan *plan, uint64_t now_s);
/* Is the self-test due that was last done at LAST_S? Not one that is a day late: the machine was off, and the next will come. */
bool hours_self_test_is_due(const struct alert_plan *plan, uint64_t last_s, uint64_t now_s);
/* "2026-01-31 04:12 +0100" */
void hours_write(uint64_t at_s, char out[HOURS_TEXT_BYTES]);

#endif
