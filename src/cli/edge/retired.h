/* Snapshots that serve no more and that a request, or what a connection does, still reads.
 *
 * The service thread holds each until it is the last, and frees it: thousands of pieces where it has rules. Were that left to the
 * worker whose request ends last, its visitors would wait meanwhile; and the pieces would stay in that thread's cache, of each size
 * 256, where the next build does not find them: the edge would grow by some with every reload.
 *
 * Owns     one hold of each snapshot
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_RETIRED_H
#define BOUCLIER_CLI_EDGE_RETIRED_H

#include "cli/edge/state.h"

/* Takes over the caller's hold. NULL: there was none. */
void edge_retired_add(struct edge_state *state, struct snapshot *snapshot);
/* Frees those that nobody else holds, and gives their pages back to the system. */
void edge_retired_sweep(struct edge_state *state);
/* Lets go of all of them: at the end, workers are gone by then. */
void edge_retired_forget(struct edge_state *state);

#endif
