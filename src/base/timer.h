/* A wheel of timers. Moving a timer later, which every request does several times, is one store: the timer is refiled
 * when its old slot comes round.
 *
 * Units    milliseconds of CLOCK_MONOTONIC
 * Limits   fires up to TIMER_STEP_MS late, never early
 * Owns     nothing: timers are embedded in what they watch
 * Threads  one wheel a thread
 */
#ifndef BOUCLIER_BASE_TIMER_H
#define BOUCLIER_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

#define TIMER_STEP_MS 8u
#define TIMER_SLOTS 2048u

struct timer {
	struct list node;
	uint64_t due_ms;    /* when it is to fire */
	uint64_t filed_ms;  /* the slot it lies in; 0: not armed */
	void (*expired)(struct timer *timer);
};

struct timers {
	struct list slots[TIMER_SLOTS];
	uint64_t done_ms;   /* every slot up to here has been looked at */
	unsigned armed;
};

void timers_init(struct timers *timers, uint64_t now_ms);
/* Born disarmed; EXPIRED is called once per arming, and may free or re-arm the timer. */
void timer_init(struct timer *timer, void (*expired)(struct timer *timer));
void timer_set(struct timers *timers, struct timer *timer, uint64_t due_ms);
void timer_cancel(struct timers *timers, struct timer *timer);
static inline bool timer_is_armed(const struct timer *timer)
{
	return timer->filed_ms != 0;
}

/* Fires what is due. */
void timers_advance(struct timers *timers, uint64_t now_ms);
/* How long epoll may sleep: milliseconds until the next filed slot, at most MAX_MS. */
int timers_wait_ms(const struct timers *timers, uint64_t now_ms, int max_ms);

#endif
