/* How full the line is: what came in over a sliding window, and a state that does not flap.
 *
 *   quiet -> filling   at `filling` percent of the capacity, or when the interface drops one packet in a thousand: at once
 *   filling -> full    at `full` percent, or one dropped packet in twenty: at once
 *   one step down      when it was below four fifths of that, and nothing was dropped, for LINK_CALM_MS without a break
 *
 * Units    bits, packets and drops per second; times in ms of one clock, the caller's
 * Limits   LINK_READINGS readings are kept: more frequent ones than the window's part of that replace the newest
 * Owns     nothing
 * Threads  one at a time
 *
 * What carriers drop before this machine is not seen: a line that is full to them looks full here as well, for the rest fills it.
 */
#ifndef BOUCLIER_PACKET_CARRIER_LINK_H
#define BOUCLIER_PACKET_CARRIER_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_READINGS 64u
#define LINK_LEAST_MS 900u          /* of a window that says something */
#define LINK_CALM_MS 30000u
#define LINK_DROPPED_FILLING 1u     /* packets of a thousand */
#define LINK_DROPPED_FULL 50u
#define LINK_AROUND_BYTES 24u       /* of Ethernet around each packet, which no counter has: checksum, preamble and the gap behind it (IEEE 802.3) */
#define LINK_DROPS_LEAST 10u        /* a second: what is less is a switch's chatter that no protocol wants */

enum link_state { LINK_QUIET, LINK_FILLING, LINK_FULL };

/* What the counters of the interfaces say, added up. */
struct link_reading {
	uint64_t at_ms;
	uint64_t bytes, packets, drops;
	uint64_t sent_bytes;
};

struct link_limits {
	uint64_t capacity;          /* 0: not known; only drops count then */
	unsigned filling, full;     /* percent */
	uint64_t window_ms;
};

struct link_view {
	uint64_t over_ms;           /* 0: nothing can be said yet */
	uint64_t bits_s, packets_s, drops_s;
	uint64_t sent_bits_s;
	unsigned percent;           /* of the capacity, with what is around the packets; 0 without one */
	unsigned dropped;           /* of a thousand packets */
};

struct link {
	struct link_limits limits;
	struct link_reading readings[LINK_READINGS];
	unsigned first, count;
	enum link_state state;
	uint64_t since_ms;          /* it has been quiet, or has not: from filling to full it goes on */
	uint64_t calm_ms;           /* since when one step down is due; 0: it is not */
};

struct link_settings;
/* As the configuration says. */
struct link_limits link_limits_of(const struct link_settings *settings);
void link_init(struct link *link, const struct link_limits *limits);
/* True: the state is another one now. Counters that went back begin a new window. */
bool link_take(struct link *link, const struct link_reading *reading);
/* Of the time between two readings; over_ms 0: too short, or they are of two lives of the interfaces. */
struct link_view link_between(const struct link_limits *limits, const struct link_reading *first, const struct link_reading *last);
struct link_view link_look(const struct link *link);
/* "quiet" "filling" "full" */
const char *link_state_name(enum link_state state);

#endif
