/* One page of `top`, from two answers of the shield and the routes between them. */
#ifndef BOUCLIER_CLI_TOP_PAGE_H
#define BOUCLIER_CLI_TOP_PAGE_H

#include "cli/page.h"
#include "cli/top/routes.h"

struct top_view {
	const struct json *before, *now;   /* /status */
	double seconds;                    /* between them */
	const struct top_routes *routes;
	unsigned columns;                  /* of the terminal; 0: no limit */
};

void top_print(struct page *page, const struct top_view *view);

#endif
