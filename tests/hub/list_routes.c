/* Prints the tables of routes, a line each: METHOD, pattern, permits. For tests/hub/test_openapi.py, which holds them against docs/api/openapi.yaml. */
#include <stdio.h>
#include <stdlib.h>

#include "hub/alert/routes.h"
#include "hub/api/api.h"
#include "hub/change/change.h"
#include "hub/people/people.h"
#include "hub/probe/routes.h"

static void print(const struct web_route *route)
{
	const char *after = " ";

	printf("%.*s %s", SPAN_ARG(method_name(route->method)), route->pattern);
	for (unsigned i = 0; i < PERMIT_COUNT; i++) {
		if (route->permit >> i & 1) {
			printf("%s%s", after, permit_name(i));
			after = ",";
		}
	}
	printf("%s\n", route->permit & PERMIT_SELF ? " self" : !route->permit ? " none" : "");
}

int main(void)
{
	struct web_routes routes = { .table_count = 0 };

	api_routes(NULL, &routes);
	change_routes(NULL, &routes);
	people_routes(NULL, &routes);
	routes.tables[routes.table_count].list = alert_routes;
	routes.tables[routes.table_count++].count = ALERT_ROUTES;
	routes.tables[routes.table_count].list = hub_probe_routes;
	routes.tables[routes.table_count++].count = hub_probe_route_count;
	for (size_t i = 0; i < routes.table_count; i++) {
		for (size_t r = 0; r < routes.tables[i].count; r++)
			print(&routes.tables[i].list[r]);
	}
	return EXIT_SUCCESS;
}
