/* What is announced to the carrier: added and withdrawn by persons, taken back by itself when its time is over.
 *
 *   a change    takes the lock, reads the include file, writes it anew (whole or not at all), has BIRD configure itself, and counts what is in BIRD's
 *               tables then. Of an addition that BIRD does not take over nothing is left; a withdrawal stays in the file, and where BIRD cannot read
 *               its configuration, its protocols with our routes are turned off
 *   the watch   one process, which withdraws what is over, everything when BIRD ends (its routes have ended with it, and what a person wanted
 *               an hour ago does not come back by itself), and everything when it is itself told to end. Without it nothing can be added
 *
 * Units    ms since 1970
 * Owns     struct bgp: the lock and a text, until bgp_close. struct bgp_watch: a connection, and the watch's lock
 * Threads  one at a time each; any number of processes
 *
 * Security, fails closed: whatever is unclear (a file changed by hand, a clock set back, another BIRD than the one that was told) is withdrawn, and
 * so is what stands in the file and may not be announced (bounds.h).
 */
#ifndef BOUCLIER_PACKET_CARRIER_BGP_H
#define BOUCLIER_PACKET_CARRIER_BGP_H

#include "packet/carrier/bgp_file.h"
#include "packet/carrier/bird.h"
#include "packet/carrier/bounds.h"
#include "packet/carrier/bgp_include.h"

struct bgp {
	const struct bgp_settings *settings;
	int lock_fd, folder_fd;
	bool is_watched, is_reached;       /* somebody takes back what is over; and BIRD answers him */
	bool is_damaged;                   /* the file was not as it was written: `include` is empty */
	struct bgp_include include;
	struct buffer text;                /* what the file holds */
	char path[4096], error[BGP_ERROR_MAX];   /* a sentence, after a failure */
};

/* Locks and reads. RESULT_NOT_FOUND: there is no such file; RESULT_TIMEOUT: somebody else holds the lock; RESULT_IO, RESULT_NO_MEMORY, RESULT_LIMIT.
 * RESULT_REFUSED: another could write there (bgp_file.h). BGP needs bgp_close whatever the result; after it, what was read may still be looked at. */
enum result bgp_open(const struct bgp_settings *settings, struct bgp *bgp) must_check;
void bgp_close(struct bgp *bgp);

/* WISH was judged (bounds.h) but for what is announced already. REFUSAL is set, and RESULT_REFUSED the result, where that speaks against it; RESULT_REFUSED
 * with BOUNDS_NONE, and others: `error` says why. */
enum result bgp_add(struct bgp *bgp, struct bird *bird, const struct bgp_wish *wish, uint64_t wall_ms, uint32_t *id, enum bounds_refusal *refusal) must_check;
/* ID 0: all. BIRD NULL: none is reached; what it announces, if one runs, stays so. COUNT is how many were withdrawn. RESULT_NOT_FOUND: there is no such route. */
enum result bgp_withdraw(struct bgp *bgp, struct bird *bird, uint32_t id, unsigned *count) must_check;

struct bgp_watch {
	const struct bounds *bounds;
	const struct bgp_settings *settings;
	struct bird bird;
	int lock_fd;
	bool is_connected, has_complained;
	bool is_absent;                    /* nobody listens where BIRD should: it announces nothing. Another failure to reach it says nothing about that */
	uint64_t latest_ms;                /* that was ever seen: a clock that falls behind it was set back */
	uint64_t again_ms;                 /* what failed is tried again */
	void *context;
	void (*tell)(void *context, const char *sentence);
	void (*gone)(void *context, const struct bgp_route *route, const char *why);   /* withdrawn by the watch; NULL: nobody is told of each */
};

/* BOUNDS must stay. RESULT_REFUSED: another process watches already. RESULT_NOT_FOUND, RESULT_IO: ERROR has a sentence. WATCH is untouched unless RESULT_OK. */
enum result bgp_watch_open(const struct bounds *bounds, struct bgp_watch *watch, char error[BGP_ERROR_MAX]) must_check;
/* A configuration anew: its bounds are asked from the next turn on, of what stands in the file as well. BOUNDS must stay. RESULT_REFUSED: it names another
 * socket or another file, for which this watch is to be done with and another one opened; nothing is changed. */
enum result bgp_watch_apply(struct bgp_watch *watch, const struct bounds *bounds) must_check;
/* To be called once a second, and when the connection to BIRD is readable. */
void bgp_watch_turn(struct bgp_watch *watch, uint64_t wall_ms);
/* Withdraws everything, and lets go. */
void bgp_watch_done(struct bgp_watch *watch);

#endif
