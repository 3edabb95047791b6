/* What the kernel refused the shield's processes (packet/egress/watch.h), into its journal. */
#ifndef BOUCLIER_CLI_EDGE_EGRESS_H
#define BOUCLIER_CLI_EDGE_EGRESS_H

#include "cli/edge/state.h"
#include "packet/egress/watch.h"

/* The controller does not look names up; an edge has. Where an origin leads is an alarm, whatever the controller took it for, and is said on stderr too. */
void edge_egress_write(struct edge_state *state, const struct egress_news *news);

#endif
