/* Is something wrong with a site, by its counts alone? Two signals, with hysteresis: rules refuse far more than usual; the portal fails.
 *
 *   scanned   over the last SIGNALS_WINDOW_S rules refused SIGNALS_SCAN_LEAST, and more than SIGNALS_SCAN_TIMES what is usual in that time and SIGNALS_SCAN_SWINGS times
 *             how much that swings; over when it is less than a half of that
 *   failing   for SIGNALS_FAILING_S, without a break, of at least SIGNALS_ASKED_LEAST requests to the portal in the window SIGNALS_FAILING_PERCENT failed; over when for as
 *             long less than SIGNALS_WELL_PERCENT did
 *
 * What is usual is learned by the minute, and never while a signal is up or the caller says that something is wrong. But what has been far above it for
 * SIGNALS_ACCEPT_S without a break is how things are now.
 *
 * Shape    signals_second each second
 * Limits   no pointers, fixed size
 * Threads  one at a time
 */
#ifndef BOUCLIER_INCIDENT_SIGNALS_H
#define BOUCLIER_INCIDENT_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

#define SIGNALS_WINDOW_S 60u
#define SIGNALS_SCAN_LEAST 60u
#define SIGNALS_SCAN_TIMES 5.0
#define SIGNALS_SCAN_SWINGS 8.0
#define SIGNALS_MEMORY 1440.0        /* minutes */
#define SIGNALS_ACCEPT_S 259200u
#define SIGNALS_FAILING_S 60u
#define SIGNALS_ASKED_LEAST 20u
#define SIGNALS_FAILING_PERCENT 20u
#define SIGNALS_WELL_PERCENT 5u

/* Sums of a number over the last minute. */
struct window {
	uint64_t seconds[SIGNALS_WINDOW_S], sum;
};

/* A number's sum over the window that is far above what it usually is. */
struct excess {
	struct window window;
	double usual, swing;
	uint32_t minutes, second;   /* learned; of the minute that goes on */
	uint32_t up_for_s;
	bool is_up;
};

struct signals {
	struct excess rules;
	struct window asked, failed;
	unsigned at;
	uint32_t failing_for_s, well_for_s;
	bool is_failing;
};

/* Below LEAST nothing is far above. AT: the second of the window, 0 to SIGNALS_WINDOW_S - 1, in turn. */
void excess_second(struct excess *excess, unsigned at, uint64_t count, uint64_t least, bool may_learn);
/* What a second brought: refused by rules; requests that the portal was asked, and those of them that it did not answer as it should. */
void signals_second(struct signals *signals, uint64_t refused, uint64_t asked, uint64_t failed, bool may_learn);
static inline bool signals_is_scanned(const struct signals *signals)
{
	return signals->rules.is_up;
}

#endif
