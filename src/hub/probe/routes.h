/* The paths of the API that outside vantages have.
 *
 *   POST /api/v1/probes/report   a report; permit 0: its signature is the proof, and there is no session that a machine elsewhere could have
 *   GET  /api/v1/probes          how each does: {"probes":[{"name","heard","minute","taken","refused","asked","reached","silent"}]}
 *
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_PROBE_ROUTES_H
#define BOUCLIER_HUB_PROBE_ROUTES_H

#include "hub/probe/probe.h"
#include "hub/web/route.h"

/* The context of the table is a struct hub_probe. */
extern const struct web_route hub_probe_routes[];
extern const size_t hub_probe_route_count;

#endif
