/* The slowest routes of late, from the lines of the journal: by site and first segment of the path.
 *
 * Limits   ROUTES_MAX routes; the quietest makes room for a new one. Old requests count half as much every ROUTES_HALF_MS
 */
#ifndef BOUCLIER_CLI_TOP_ROUTES_H
#define BOUCLIER_CLI_TOP_ROUTES_H

#include "event/read.h"

#define ROUTES_MAX 256u
#define ROUTES_HALF_MS 10000
#define ROUTE_TEXT_MAX 160

struct route_sum {
	char text[ROUTE_TEXT_MAX];   /* "site /path" */
	double requests, us;
};

struct top_routes {
	struct journal_reader reader;
	int folder_fd;               /* -1: there is no journal to read */
	struct route_sum list[ROUTES_MAX];
	unsigned count;
	uint64_t aged_ms;
};

/* Begins at the end of the journal in FOLDER. One that cannot be opened is no failure. */
void top_routes_init(struct top_routes *routes, const char *folder);
void top_routes_done(struct top_routes *routes);
/* Takes what was written since, and sorts: the slowest first. */
void top_routes_update(struct top_routes *routes, uint64_t now_ms);

#endif
