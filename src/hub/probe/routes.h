/* The paths of the API that outside vantages have.
 *
 *   POST /api/v1/probes/report   a report; permit 0: its signature is the proof, and there is no session that a machine elsewhere could have
 *   GET  /api/v1/probes          how each does: {"probes":[{"name","heard","minute","taken","refused","asked","reached","silent"}]}; who does not see all gets those that look at
 *                                sites of his, and of what they saw his part
 *
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_PROBE_ROUTES_H
#define BOUCLIER_HUB_PROBE_ROUTES_H

#include "hub/probe/probe.h"
#include "hub/web/route.h"

/* The context of the table. SEES: may who asks know of what is TENANT's? An empty one is what belongs to none. */
struct hub_probe_door {
	struct hub_probe *probe;
	bool (*sees)(void *context, const struct web_request *request, struct span tenant);
	void *context;
};
extern const struct web_route hub_probe_routes[];
extern const size_t hub_probe_route_count;

#endif
