/* The edge's line to the kernel filter's controller (packet/control/serve.h): guard/'s bans and lifts go to it as they are made, and it tells once a
 * second what the filter counted, and at once what egress refused, which goes into the journal.
 *
 * Availability, fails open: without a filter, or while its controller is away, bans hold at accept as ever. When it is back it is told all that are on.
 *
 * Owns     the connection
 * Threads  the sink is called from any; the rest is the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_PACKET_H
#define BOUCLIER_CLI_EDGE_PACKET_H

#include "cli/edge/state.h"
#include "packet/control/orders.h"

struct edge_packet;

/* Sets the sink of STATE's bans. NULL: no memory. */
struct edge_packet *edge_packet_new(struct edge_state *state) must_check;
void edge_packet_free(struct edge_packet *packet);
/* Each second: connects where the configuration wants a filter or egress, tells what is owed, hears what was counted. */
void edge_packet_tick(struct edge_packet *packet);
/* What was heard last; NULL: nothing, or nobody to hear. */
const struct packet_news *edge_packet_news(const struct edge_packet *packet);

#endif
