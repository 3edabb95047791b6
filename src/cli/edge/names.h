/* Keeps the addresses of named origins fresh: asks the resolve process at the start, when a name is new, and every half
 * minute; an answer without an address leaves the old ones standing (availability fails open). What blocklists are asked, and
 * which names good bots have, goes through the same socket: common.blocklist and common.bot_names live as long as the names. */
#ifndef BOUCLIER_CLI_EDGE_NAMES_H
#define BOUCLIER_CLI_EDGE_NAMES_H

#include "cli/edge/state.h"

#define NAMES_WAIT_MS 5000   /* nobody waits longer for a new configuration */

struct edge_names;

/* NULL: no memory. */
struct edge_names *edge_names_new(struct edge_state *state) must_check;
void edge_names_free(struct edge_names *names);
/* Waits, at most WAIT_MS, until every origin that was never resolved has been: before workers see a new snapshot.
 * RESULT_NOT_FOUND: a name has no address; COMPLAINTS says which, as an error or (KIND) a warning. */
enum result edge_names_wait(struct edge_names *names, int wait_ms, enum complaint_kind kind, struct complaints *complaints) must_check;

#endif
