/* Continuity copies (cache/continuity/copies.h) of a running edge: opened, told of each configuration, and watched.
 *
 * Owns     the copies, which the cache's readers see in struct edge_cache; what was said of them
 * Threads  the service thread's. An edge that drains for another writes no more
 *
 * Availability, fails open: without a state folder, a key or a disk the portals are served without copies, and a person hears of it once.
 */
#ifndef BOUCLIER_CLI_EDGE_CONTINUITY_H
#define BOUCLIER_CLI_EDGE_CONTINUITY_H

#include "cli/edge/state.h"

/* The cache is open, and nobody serves yet. */
void edge_continuity_open(struct edge_state *state);
/* The snapshot serves. */
void edge_continuity_apply(struct edge_state *state);
/* Once a second: what has begun, what is over, and what goes wrong is told. */
void edge_continuity_tick(struct edge_state *state);
/* Another edge serves from now on. */
void edge_continuity_leave(struct edge_state *state);
/* Workers have ended. */
void edge_continuity_close(struct edge_state *state);
/* Visitors of the site with this key get copies now. */
bool edge_continuity_is_giving(const struct edge_state *state, uint64_t site);

#endif
