/* Sites that a person closes until a time (edge/sites/maintenance.h). Beginning and end are notices in the journal.
 *
 * Owns     nothing: the list is in the keeper's memory
 * Threads  the service thread's. An edge that drains leaves the list to the next one
 */
#ifndef BOUCLIER_CLI_EDGE_MAINTENANCE_H
#define BOUCLIER_CLI_EDGE_MAINTENANCE_H

#include "cli/edge/state.h"

/* Availability, fails open: without the memory no site can be closed so, and the log says it. */
void edge_maintenance_open(struct edge_state *state);
/* Once a second: what is over is told, and forgotten. */
void edge_maintenance_tick(struct edge_state *state);
/* All of SITE is closed now, by its file or by a person. */
bool edge_maintenance_is_on(const struct edge_state *state, const struct edge_site *site);
/* WISH begins, for SITE. RESULT_LIMIT: as many sites are closed as can be; RESULT_NOT_FOUND: there is no memory. */
enum result edge_maintenance_begin(struct edge_state *state, const struct edge_site *site, const struct maintenance *wish) must_check;
/* RESULT_NOT_FOUND: no person closed it. */
enum result edge_maintenance_end(struct edge_state *state, const struct edge_site *site) must_check;

#endif
