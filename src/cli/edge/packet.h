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
/* Has what was told of a ban or a lift just now reached the filter? LAPSES_NS of AWAY: when the filter asks for no ban any more that it was told before, of CLOCK_MONOTONIC;
 * perhaps in the past. For the service thread. */
enum edge_packet_line {
	EDGE_PACKET_NONE,                    /* the configuration wants no filter */
	EDGE_PACKET_TOLD, EDGE_PACKET_OWED,  /* OWED: it is told within a second */
	EDGE_PACKET_AWAY,                    /* no controller */
};
enum edge_packet_line edge_packet_line(struct edge_packet *packet, uint64_t *lapses_ns);
/* Orders that are not bans, COUNT of them (PACKET_ORDERS_MAX at most). False: nobody had them, and they are not owed. For the service thread. */
bool edge_packet_order(struct edge_packet *packet, const struct packet_order *orders, unsigned count) must_check;

#define EDGE_PACKET_NOTE_MAX sizeof(((struct edge_state *)0)->packet_note)
/* What the configuration AFTER changes of the filter against BEFORE (packet_reload.c): told to the controller, or said on stderr and to EVENT (NULL: nobody). NOTE is what a person is to do; empty: nothing.
 * For the service thread. */
void edge_packet_reload(struct edge_packet *packet, const struct snapshot *before, const struct snapshot *after, struct event *event, char note[EDGE_PACKET_NOTE_MAX]);
/* All that SNAPSHOT lets through, as orders that may be given again: how many. What one message has no room for waits for a person, as all does without a controller. */
unsigned edge_packet_openings(const struct snapshot *snapshot, struct packet_order out[PACKET_ORDERS_MAX]) must_check;
/* What was heard last; NULL: nothing, or nobody to hear. */
const struct packet_news *edge_packet_news(const struct edge_packet *packet);

#endif
