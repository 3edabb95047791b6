/* Which function answers which request: tables, that the rooms of the API hand over at birth.
 *
 * Shape    {"/api/v1/incidents/{id}", METHOD_GET, PERMIT_SEE, handler}. A part in braces stands for one segment of the path
 * Errors   no such path: 404; another method: 405 with Allow; who may not: what `admit` says
 * Threads  tables are constant
 */
#ifndef BOUCLIER_HUB_WEB_ROUTE_H
#define BOUCLIER_HUB_WEB_ROUTE_H

#include "hub/web/request.h"

struct web_route {
	const char *pattern;
	enum method method;
	uint32_t permit;                         /* what one must be allowed: hub/people/permit.h. 0: everybody, and it says so in its table why */
	void (*answer)(void *context, struct web_request *request, struct web_answer *answer);
};

#define WEB_TABLES_MAX 16u

struct web_routes {
	struct { const struct web_route *list; size_t count; void *context; } tables[WEB_TABLES_MAX];
	size_t table_count;
	/* Security, fails closed: asked before every handler, those of permit 0 too (for CSRF and rate limits). False: ANSWER is the refusal. NULL refuses all. */
	bool (*admit)(void *context, struct web_request *request, uint32_t permit, struct web_answer *answer);
	void *admit_context;
};

#endif
