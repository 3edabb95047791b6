/* What the exclusions of a site's file say already of one place: a path, a method, a parameter.
 *
 * Limits   SAID_MAX that hold there; what a file has beyond that is not seen, and the place counts as watched
 * Owns     nothing: points into the site's settings
 */
#ifndef BOUCLIER_CLI_ADMIN_SAID_H
#define BOUCLIER_CLI_ADMIN_SAID_H

#include "event/explain/explained.h"
#include "edge/sites/plan.h"

#define SAID_MAX 64u

struct said {
	const struct waf_exclusion_settings *list[SAID_MAX];
	unsigned count;
};

/* Those of SITE that hold in all of PLACE, as of NOW_MS (wall clock). */
void said_in(const struct edge_site *site, const struct exclusion *place, int64_t now_ms, struct said *out);
/* Do they excuse the rule with ID (RULE: as the rule set has it; NULL: it has none such)? */
bool said_rule(const struct said *said, uint32_t id, const struct rule *rule);

#endif
