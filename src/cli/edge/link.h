/* The line to the internet, looked at each second: when it fills, loses packets or is calm again, the journal and stderr say so; status and metrics show it.
 *
 * Here, for the edge has the journal, the metrics and the status, and needs no right for it: below its own /proc/self, which it sees anyhow, are the counters
 * of all interfaces (packet/carrier/link_files.h). The keeper is root and parses nothing, the controller of the kernel filter has a network namespace of its
 * own, and neither it nor the watch of BGP need run.
 *
 * Availability, fails open: a line that cannot be read is told once, and portals are served.
 *
 * Owns     a descriptor
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_LINK_H
#define BOUCLIER_CLI_EDGE_LINK_H

#include "cli/edge/state.h"
#include "cli/line.h"

struct edge_link;

/* NULL: no memory. */
struct edge_link *edge_link_new(struct edge_state *state) must_check;
void edge_link_free(struct edge_link *link);
/* Each second, after edge_packet_tick. */
void edge_link_tick(struct edge_link *link);
/* False: no line is known, or it has not been measured yet. What it points to lives until the next tick. */
bool edge_link_look(const struct edge_link *link, struct line_told *out);

#endif
