/* What the API says of alerts: GET /api/v1/alerts, POST /api/v1/alerts/test; and POST /api/v1/watch, by which `bouclier watch` on this machine
 * tells of another's shield. docs/api/openapi.yaml is the contract.
 *
 * Paths and what waits are the hub's, not a tenant's, so only who sees all tenants sees them: what a mail server refused, and numbers of others' incidents, are in them.
 * Who sees some only is told none, and has none tested.
 *
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_ALERT_ROUTES_H
#define BOUCLIER_HUB_ALERT_ROUTES_H

#include "event/json.h"
#include "hub/alert/alerts.h"
#include "hub/web/route.h"

struct alert_routes {
	struct alerts *alerts;
	void *context;
	/* Does whoever asks see all tenants? */
	bool (*sees_all)(void *context, const struct web_request *request);
	/* Writes down what is about to be done (people_log). False: answered, and nothing may be done. */
	bool (*log)(void *context, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail);
};

#define ALERT_ROUTES 3u
/* Its context in struct web_routes is a struct alert_routes, which outlives the server. */
extern const struct web_route alert_routes[ALERT_ROUTES];

/* The paths, as objects of a list that is open: for whoever tells of the hub's health. ALERTS is a struct alerts. */
void alerts_put_paths(void *alerts, struct json_writer *json);

#endif
