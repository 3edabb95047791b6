/* How fast a client moves bytes while it is the client's turn, judged window by window: a fast beginning buys no slow end.
 * Availability: slow is not yet guilty, so nothing is said before a whole window is over.
 *
 * Units    milliseconds of the loop's clock; bytes a second
 */
#ifndef BOUCLIER_EDGE_PACE_H
#define BOUCLIER_EDGE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_WINDOW_MS 10000u

struct pace {
	uint64_t since_ms;     /* begin of this window; 0: not waiting for the client */
	uint64_t bytes;        /* moved in it */
	uint64_t confirmed;    /* what the client's kernel had of us when the window was young; 0: not asked yet */
};

/* Slower than RATE (0: any speed will do) in a window that is over. When it is over and was fast enough, the next begins. */
bool pace_is_too_slow(struct pace *pace, uint64_t now_ms, int64_t rate);

#endif
