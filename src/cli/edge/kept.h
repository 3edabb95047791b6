/* What was learned of origins (origin/kept.h), in the keeper's memory.
 *
 * Owns     nothing
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_KEPT_H
#define BOUCLIER_CLI_EDGE_KEPT_H

#include "cli/edge/state.h"

/* Before the first build, which takes up what an edge before this one learned. Availability, fails open: without the memory all is learned anew, and
 * the log says so. */
void edge_kept_open(struct edge_state *state);
/* Once a second. */
void edge_kept_tick(struct edge_state *state);

#endif
