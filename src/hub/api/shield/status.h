/* What the shield last said of itself (GET /status of its admin socket), by site.
 *
 * Limits   JSON_READ_BYTES_MAX; sites as many as there are
 * Owns     the text's tree; spans and objects point into it, until the next status_take
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_API_SHIELD_STATUS_H
#define BOUCLIER_HUB_API_SHIELD_STATUS_H

#include "event/json.h"

struct status_site {
	struct span name, tenant;
	const struct json *object;
};

struct status {
	struct json *root;                       /* NULL: nothing is known */
	struct status_site *sites;               /* by name */
	size_t site_count;
	uint64_t at_ms;                          /* of the monotonic clock */
};

/* TEXT is what there is from now on. RESULT_MALFORMED: no status, RESULT_NO_MEMORY: STATUS is as it was. */
enum result status_take(struct status *status, struct span text, uint64_t now_ms) must_check;
/* Nothing is known any more. */
void status_forget(struct status *status);
/* NULL: it has no such site. */
const struct status_site *status_find(const struct status *status, struct span name);

#endif
