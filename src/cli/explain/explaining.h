/* What `bouclier explain` does beyond telling (event/explain/explained.h): it reads the rules, judges what a file has, and makes a page of it.
 *
 * Owns     as in explained.h
 * Threads  one at a time
 */
#ifndef BOUCLIER_CLI_EXPLAIN_EXPLAINING_H
#define BOUCLIER_CLI_EXPLAIN_EXPLAINING_H

#include "cli/loaded.h"
#include "event/explain/explained.h"

/* request.c: TEXT judged by the site that SITE names (empty: that its Host means). RESULT_OK: OUT is set; anything else has been
 * said on stderr. */
enum result explained_of_request(struct span text, struct span site, struct loaded *loaded, struct arena *arena, struct explained *out) must_check;

/* rules.c: the settings of the route that EXPLAINED went to, its thresholds, and what the rule set says of its rules. */
enum result explained_add_rules(struct explained *explained, struct loaded *loaded) must_check;
/* The route of SITE for METHOD and PATH. NULL: no memory. */
const struct route *explained_route(const struct site *site, enum method method, struct span path, struct arena *arena);
/* tell.c: for a person. */
enum result explained_tell(const struct explained *explained, bool has_color, struct buffer *out) must_check;

#endif
