/* The start of an edge, part by part, and its end in the reverse order.
 *
 * Owns     all that is in the state; the state itself is role.c's until edge_close
 * Threads  the service thread's: workers are started last, and have ended before anything that they use goes
 */
#ifndef BOUCLIER_CLI_EDGE_START_H
#define BOUCLIER_CLI_EDGE_START_H

#include "cli/edge/state.h"

/* The state's link, start and loop are there. From the keeper's word to workers that serve; what fails is said to the keeper (has_said_why), or is this
 * result. */
enum result edge_open(struct edge_state *state) must_check;
/* What still runs when the time to drain is over is cut; lines are flushed. The start may have stopped anywhere. Frees STATE. */
void edge_close(struct edge_state *state);

#endif
