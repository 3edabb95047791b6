/* Runs origin/health.h for the edge: which origins are checked follows the snapshot; what changes goes to the journal and
 * to stderr. */
#ifndef BOUCLIER_CLI_EDGE_HEALTH_H
#define BOUCLIER_CLI_EDGE_HEALTH_H

#include "cli/edge/state.h"

/* Fills state->health; state->event and state->snapshot are there. */
enum result edge_health_start(struct edge_state *state) must_check;
/* state->snapshot is a new one. What cannot be checked for want of memory is said on stderr, and stays as it is. */
void edge_health_apply(struct edge_state *state);

#endif
