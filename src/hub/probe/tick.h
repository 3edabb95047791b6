/* What vantages told goes into incidents, with the place up to which it did, as one change: killed at any moment, nothing of it is counted twice, or not at all.
 *
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_PROBE_TICK_H
#define BOUCLIER_HUB_PROBE_TICK_H

#include "hub/keep/keep.h"
#include "hub/probe/probe.h"

/* Once a second. Availability: RESULT_TIMEOUT, KEEP has just begun, and others of the store: the same is tried in the next one. */
enum result hub_probe_tick(struct hub_probe *probe, struct keep *keep) must_check;

#endif
