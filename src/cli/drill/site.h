/* The configuration of a drill: the site's own settings, under a name that is nobody's, in front of the drill's own portal.
 *
 * What is carried over is a list, in site.c: what protects, and nothing that names another machine, a file or a person. So no origin of the
 * configuration can be in it, whatever keys come to be: not those of the site, of its routes, of its health checks; no virus scanner, no
 * list on the network, no rules of somebody's own.
 *
 * Security, fails closed: what is not in that list stays behind.
 */
#ifndef BOUCLIER_CLI_DRILL_SITE_H
#define BOUCLIER_CLI_DRILL_SITE_H

#include "base/buffer.h"
#include "config/snapshot.h"

struct drill_ground;

/* What of the site's settings a verdict may have to do with. */
struct drill_settings {
	bool has_guard;                                  /* false: the site only observes; the drill was played as if it did not */
	bool has_challenge, has_admission, has_budgets;  /* false: switched off */
	bool has_source_limits;                          /* rate_limits that count what one address asks */
	bool has_patience;                               /* the longest wait is not longer than citizens wait */
	bool has_partners;                               /* an allowlist */
	bool leaves_rules;                               /* rules of the site's own were left out */
	bool leaves_routes;                              /* what routes say otherwise, too */
};

/* The site that WANTED names, by name or host; empty: the only one. NULL: said on stderr. */
const struct site *drill_site_find(const struct snapshot *snapshot, struct span wanted);
struct drill_settings drill_settings_of(const struct snapshot *snapshot, const struct site *site);
/* YAML for GROUND: the settings of SITE. RESULT_MALFORMED: said on stderr. */
enum result drill_site_write(const struct snapshot *snapshot, const struct site *site, const struct drill_ground *ground,
                             struct buffer *out) must_check;

#endif
