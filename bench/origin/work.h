/* The portal's processor: one page after the other, each WORK_US long.
 *
 * Shape   a queue of clients, first come first served; the clock computes, not this core: a page is done when its time has passed, so
 *         that the portal's capacity is exact on a machine where generator and origin share a core
 * Owns    the log. A client in the queue is its caller's, and may not be freed while it is there
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "client.h"

struct work {
	uint64_t each_ns;          /* 0: nothing is ever computed */
	struct client *first, *last;
	uint64_t until_ns;         /* when the first is done */
	FILE *log;                 /* "DONE_US SOURCE" a line, on the monotonic clock; NULL: none */
};

bool work_init(struct work *work, unsigned long each_us, const char *log);
void work_end(struct work *work);
void work_add(struct work *work, struct client *client);
bool work_has(const struct work *work, const struct client *client);

/* The next that is done by now, out of the queue; NULL: none. */
struct client *work_done(struct work *work);

/* How long the poller may rest; NULL: for ever. */
const struct timespec *work_rest(const struct work *work, struct timespec *rest);
