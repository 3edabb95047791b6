/* Where what the filter drops or answers comes from: the last minute's samples, for each reason the most frequent networks and UDP source ports.
 *
 * The program tells PACKET_EVENTS_S packets of each reason a second and CPU (layout.h). Of these the most frequent are kept, each with a counter, and a new one takes
 * over that of the least: who has more than one in TOP_NETWORKS is not missing, and nobody's counter is too high by more than that.
 *
 * Shape    TOP_SLOTS slots of TOP_SLOT_S seconds, of which the oldest is given up for a new one: what is answered is of the last 45 to 60 s
 * Units    times in ns of CLOCK_MONOTONIC
 * Source   Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k Elements in Data Streams (2005)
 * Limits   TOP_NETWORKS networks and TOP_PORTS ports, for each reason and slot
 * Owns     all of it, until top_free
 * Threads  one at a time
 *
 * Privacy: networks (/24 of IPv4, /48 of IPv6), never single addresses, and only of what did not pass.
 */
#ifndef BOUCLIER_PACKET_CONTROL_TOP_H
#define BOUCLIER_PACKET_CONTROL_TOP_H

#include "packet/control/orders.h"

#define TOP_SLOTS 4u
#define TOP_SLOT_S 15u
#define TOP_NETWORKS 64u
#define TOP_PORTS 32u

struct top;

/* NULL: no memory. */
struct top *top_new(uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT]) must_check;
void top_free(struct top *top);
/* Each second or so; COUNTS: the program's own, by which a slot knows how many packets its samples are of. */
void top_turn(struct top *top, uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT]);
/* One sampled packet. Of a reason that this program does not know: nothing. */
void top_add(struct top *top, const struct packet_event *event);
/* The most frequent, most first. Sets of OUT what is of the samples, and `layout` and `reasons`. */
void top_tell(const struct top *top, uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT], struct packet_top *out);

#endif
