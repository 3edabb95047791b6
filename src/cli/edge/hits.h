/* Where the edge counts what rules hit (edge/hits/hits.h): a place for each site that has rules, in the keeper's memory.
 *
 * Owns     nothing
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_HITS_H
#define BOUCLIER_CLI_EDGE_HITS_H

#include "cli/edge/state.h"

/* Before the first build. Availability, fails open: without the memory nothing is counted, and the log says so. */
void edge_hits_open(struct edge_state *state);
/* The place of a site of SNAPSHOT; NULL: there is none left for its tenant. */
struct hits_site *edge_hits_of(struct edge_state *state, const struct snapshot *snapshot, const struct edge_site *site);
/* STATE's snapshot serves: places of sites that it does not have are given back. */
void edge_hits_apply(struct edge_state *state);

#endif
