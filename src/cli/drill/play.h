/* All players together, on one clock: citizens come and go, attackers come in the second act.
 *
 * Limits   as many connections as descriptors are left, and no more than cast.h says
 */
#ifndef BOUCLIER_CLI_DRILL_PLAY_H
#define BOUCLIER_CLI_DRILL_PLAY_H

#include "cli/drill/drill.h"

struct play_plan {
	uint16_t port;        /* of the drill's shield */
	unsigned rate;        /* the attackers' requests a second */
	bool has_partners;
};

/* Three acts, as TALLY has them; once in the life of a process. 0; 1: it could not begin. */
int play_run(const struct play_plan *plan, struct drill_tally *tally);

#endif
