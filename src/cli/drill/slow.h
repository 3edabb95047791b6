/* An attack that holds: connections whose request never ends, a line at a time.
 *
 * Owns     its connections, until slow_done
 * Threads  those of the stage's loop
 */
#ifndef BOUCLIER_CLI_DRILL_SLOW_H
#define BOUCLIER_CLI_DRILL_SLOW_H

#include "cli/drill/cast.h"
#include "cli/drill/client.h"
#include "cli/drill/stage.h"

#define SLOW_HANDS 60u

struct slow_hand {
	struct client client;
	struct slow *slow;
	unsigned number;
	struct timer next;
	bool has_begun;
};

struct slow {
	struct stage *stage;
	struct slow_hand hands[SLOW_HANDS];
};

void slow_init(struct slow *slow, struct stage *stage);
void slow_done(struct slow *slow);

#endif
