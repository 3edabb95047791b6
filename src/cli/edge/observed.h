/* What would have been done to the requests of sites that only observe (edge/observing/observed.h), in the keeper's memory.
 *
 * Owns     nothing
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_OBSERVED_H
#define BOUCLIER_CLI_EDGE_OBSERVED_H

#include "cli/edge/state.h"

/* Before the first build. Availability, fails open: without the memory nothing is counted, and the log says so. */
void edge_observed_open(struct edge_state *state);
/* The place of a site of SNAPSHOT that observes; NULL: there is none left for its tenant. */
struct observed_site *edge_observed_of(struct edge_state *state, const struct snapshot *snapshot, const struct edge_site *site);
/* STATE's snapshot serves: places of sites that do not observe any more are free again. */
void edge_observed_apply(struct edge_state *state);
/* Once a second: a new day begins. */
void edge_observed_tick(struct edge_state *state);

#endif
