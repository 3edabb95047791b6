/* From an image, which the keeper checked and the check process wrote, to a snapshot that can serve: TLS contexts, pools,
 * ports. The same at the start and at every reload; whatever fails, what runs goes on. */
#ifndef BOUCLIER_CLI_EDGE_BUILD_H
#define BOUCLIER_CLI_EDGE_BUILD_H

#include "cli/edge/state.h"

/* OUT has one holder. Anything but RESULT_OK: COMPLAINTS says why. */
enum result edge_build(struct edge_state *state, const struct edge_plan *plan, struct complaints *complaints, struct snapshot **out) must_check;

/* The keeper has called a generation live, and this edge has built none yet: it takes over from one that served. */
bool edge_takes_over(const struct edge_state *state);

/* How many of PLACES, which all sites share, the sites of one tenant may take: nobody's thousand sites take those of others. */
unsigned edge_share_of(const struct snapshot *snapshot, unsigned places);

/* At the end: the files of tenants that were kept for the day they break. */
void edge_files_forget(struct edge_state *state);
/* And the rule sets of the last snapshot. */
void edge_rules_forget(struct edge_state *state);

#endif
