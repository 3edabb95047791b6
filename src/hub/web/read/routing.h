/* Which route of the tables a request means.
 *
 * Threads  any: tables are constant
 */
#ifndef BOUCLIER_HUB_WEB_READ_ROUTING_H
#define BOUCLIER_HUB_WEB_READ_ROUTING_H

#include "hub/web/read/path.h"
#include "hub/web/route.h"

_Static_assert(WEB_PARTS_MAX == WEB_PATTERN_PARTS_MAX, "a request carries what a pattern has");

struct web_routing {
	const struct web_route *route;   /* with RESULT_OK */
	void *context;
	struct span parts[WEB_PARTS_MAX];
	uint32_t methods;                /* 1 << enum method, of all routes of this path */
};

/* RESULT_OK; RESULT_REFUSED: the path is there, not for this method; RESULT_NOT_FOUND. HEAD finds the routes of GET. */
enum result web_routing_find(const struct web_routes *routes, enum method method, const struct web_path *path, struct web_routing *out) must_check;
/* Every pattern is one, has a function, and stands once for its method: false is our bug. */
bool web_routes_are_valid(const struct web_routes *routes);

#define WEB_ALLOW_MAX 256u
/* "GET, HEAD, OPTIONS" */
struct span web_allow_write(uint32_t methods, char out[WEB_ALLOW_MAX]);

#endif
