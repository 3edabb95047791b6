/* The disk of the cache (cache/continuity/tier.h) of a running edge: opened once `cache_disk` is said, told of each configuration, and watched.
 *
 * One process at a time has the folder (FOLDER_ALONE, cache/continuity/folder.h): an edge that is to replace another gets it when that one drains, and is served
 * from memory and the origins until then.
 *
 * Owns     the copies, which the cache's readers see in struct edge_cache
 * Threads  the service thread's
 *
 * Availability, fails open: without it portals are served all the same, and a person hears of it once.
 */
#ifndef BOUCLIER_CLI_EDGE_CACHE_DISK_H
#define BOUCLIER_CLI_EDGE_CACHE_DISK_H

#include "cli/edge/state.h"

/* The snapshot serves, or is about to. */
void edge_cache_disk_apply(struct edge_state *state);
/* Once a second. */
void edge_cache_disk_tick(struct edge_state *state);
/* Another edge serves from now on. */
void edge_cache_disk_leave(struct edge_state *state);
/* Workers have ended. */
void edge_cache_disk_close(struct edge_state *state);

#endif
