/* Which connection asks next, and when.
 *
 *            ring: connections at rest or closed, longest first
 *          +--------------------------------------------------+
 *   take ->| c c c c c c ...                                  |<- answered, broken
 *          +--------------------------------------------------+
 *
 * Closed loop  a request starts whenever fewer than IN_FLIGHT are under way
 * Open loop    request number n is due at start + n / rate, and its wait is counted from there whenever it really
 *              starts: a slow server cannot slow the clock down (no co-ordinated omission)
 * Prepared     before the clock starts every connection is opened and makes one request; then we say "ready" and
 *              wait for a line on stdin, so that the driver measures the kept connections alone
 * Told to stop SIGTERM: nothing more is asked, and the end is the last answer, or ten seconds later without it
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "options.h"
#include "tally.h"

struct schedule {
	const struct options *options;
	struct connection_plan plan;
	struct tally tally;
	struct connection *connections;
	struct connection **ring;
	unsigned ring_first, ring_count;
	struct connection **fallen;  /* broken in this turn: they rest until the next, or a dead server spins us */
	unsigned fallen_count;
	unsigned in_flight, in_flight_max;
	uint64_t started, to_start;  /* to_start: the limit of this phase, 0: none */
	uint64_t start_ns, stop_ns;  /* stop_ns: when we were told to, 0: not yet */
	double rate;
};

bool schedule_init(struct schedule *schedule, const struct options *options);
void schedule_done(struct schedule *schedule);

/* Runs to the end and leaves the count in TALLY. */
void schedule_run(struct schedule *schedule);
