/* The levels of sites (edge/sites/meter.h): looked at once a second, and moved by the detector or by a person. Every move is a notice in the journal.
 *
 * Owns     nothing: meters are in the keeper's memory
 * Threads  the service thread's. An edge that drains leaves the levels to the next one
 */
#ifndef BOUCLIER_CLI_EDGE_LEVEL_H
#define BOUCLIER_CLI_EDGE_LEVEL_H

#include "cli/edge/state.h"

/* Before the first build. Availability, fails open: without the memory no site has a level, and the log says so. */
void edge_levels_open(struct edge_state *state);
/* The meter of a site of SNAPSHOT; NULL: there is none left for its tenant. */
struct meter *edge_level_meter_of(struct edge_state *state, const struct snapshot *snapshot, const struct edge_site *site);
/* STATE's snapshot serves: its floors hold, and meters of sites that it does not have are free again. */
void edge_levels_apply(struct edge_state *state);
/* Once a second. A site in maintenance stays where it is. */
void edge_levels_tick(struct edge_state *state);
/* A person says LEVEL; IS_AUTO: leaves it to the detector. RESULT_NOT_FOUND: SITE has no meter. */
enum result edge_level_order(struct edge_state *state, const struct edge_site *site, bool is_auto, enum level level) must_check;
/* "requests, pressure": at most LEVEL_REASONS_MAX bytes with NUL. */
#define LEVEL_REASONS_MAX 128u
void edge_level_reasons(uint32_t reasons, char out[LEVEL_REASONS_MAX]);

#endif
