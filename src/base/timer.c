#include "base/timer.h"

#include "base/banned.h"

#define SPAN_MS ((uint64_t)TIMER_STEP_MS * TIMER_SLOTS)

void timers_init(struct timers *timers, uint64_t now_ms)
{
	for (unsigned i = 0; i < TIMER_SLOTS; i++)
		list_init(&timers->slots[i]);
	timers->done_ms = now_ms - now_ms % TIMER_STEP_MS;
	timers->armed = 0;
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
	list_init(&timer->node);
	timer->due_ms = timer->filed_ms = 0;
	timer->expired = expired;
}

static void file(struct timers *timers, struct timer *timer)
{
	uint64_t slot = (timer->due_ms + TIMER_STEP_MS - 1) / TIMER_STEP_MS * TIMER_STEP_MS;

	if (slot <= timers->done_ms)
		slot = timers->done_ms + TIMER_STEP_MS;
	if (slot > timers->done_ms + SPAN_MS - TIMER_STEP_MS)  /* beyond the wheel: look again on the way */
		slot = timers->done_ms + SPAN_MS - TIMER_STEP_MS;
	timer->filed_ms = slot;
	list_add_last(&timers->slots[slot / TIMER_STEP_MS % TIMER_SLOTS], &timer->node);
	timers->armed++;
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t due_ms)
{
	timer->due_ms = due_ms;
	if (timer->filed_ms && timer->filed_ms <= due_ms)
		return;  /* refiled when its slot comes round */
	timer_cancel(timers, timer);
	file(timers, timer);
}

void timer_cancel(struct timers *timers, struct timer *timer)
{
	if (!timer->filed_ms)
		return;
	list_remove(&timer->node);
	timer->filed_ms = 0;
	timers->armed--;
}

static void turn_slot(struct timers *timers, struct list *slot, uint64_t now_ms)
{
	struct list turning;

	/* The slot is emptied first: an expired timer may arm or free any other one, also of this slot. */
	if (list_is_empty(slot))
		return;
	list_init(&turning);
	list_add_first(slot, &turning);
	list_remove(slot);
	while (!list_is_empty(&turning)) {
		struct timer *timer = list_entry(turning.next, struct timer, node);

		list_remove(&timer->node);
		timer->filed_ms = 0;
		timers->armed--;
		if (timer->due_ms > now_ms)
			file(timers, timer);
		else
			timer->expired(timer);
	}
}

void timers_advance(struct timers *timers, uint64_t now_ms)
{
	uint64_t target_ms = now_ms - now_ms % TIMER_STEP_MS;

	/* Slept past a whole turn: one turn sees every slot. It is the last one before NOW, so that what is refiled on the way lies
	 * ahead of it: filed by an older turn, it would lie behind and wait for the wheel to come round again. */
	if (target_ms > timers->done_ms + SPAN_MS)
		timers->done_ms = target_ms - SPAN_MS;
	while (timers->done_ms < target_ms) {
		timers->done_ms += TIMER_STEP_MS;
		turn_slot(timers, &timers->slots[timers->done_ms / TIMER_STEP_MS % TIMER_SLOTS], now_ms);
	}
}

int timers_wait_ms(const struct timers *timers, uint64_t now_ms, int max_ms)
{
	uint64_t at = timers->done_ms;

	if (!timers->armed)
		return max_ms;
	for (unsigned i = 0; i < TIMER_SLOTS && at < now_ms + (uint64_t)max_ms; i++) {
		at += TIMER_STEP_MS;
		if (!list_is_empty(&timers->slots[at / TIMER_STEP_MS % TIMER_SLOTS]))
			break;
	}
	if (at <= now_ms)
		return 0;
	return at - now_ms < (uint64_t)max_ms ? (int)(at - now_ms) : max_ms;
}
