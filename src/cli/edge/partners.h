/* Which partners have tokens (guard/partner.h): what a reload changed of that is told in the journal.
 *
 * Owns     nothing
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_PARTNERS_H
#define BOUCLIER_CLI_EDGE_PARTNERS_H

#include "cli/edge/state.h"

/* AFTER serves in the place of BEFORE; NULL: it is the first one of this edge, and nobody knows what was before. */
void edge_partners_tell(struct edge_state *state, const struct snapshot *before, const struct snapshot *after);

#endif
