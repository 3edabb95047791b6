/* Where rules keep what they count between requests (waf/store.h), in the keeper's memory.
 *
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_COLLECTIONS_H
#define BOUCLIER_CLI_EDGE_COLLECTIONS_H

#include "cli/edge/state.h"

/* With the first snapshot that has rules. Availability, fails open: without it rules count within a request only, and the log says so. */
void edge_collections_open(struct edge_state *state);

#endif
