/* Places whose requests are gone, while the origin goes on with them. */
#include "edge/queue/calls.h"

#include <stdlib.h>

#include "edge/request.h"

#include "base/banned.h"

struct abandoned {
	struct list node;            /* in struct turns */
	struct timer timer;
	struct worker *worker;
	struct binding *binding;     /* the gate is its */
	struct gate *gate;
	struct admission_entry entry;
};

static void free_abandoned(struct abandoned *abandoned)
{
	timer_cancel(&abandoned->worker->loop.timers, &abandoned->timer);
	list_remove(&abandoned->node);
	binding_drop(abandoned->binding);
	free(abandoned);
}

void abandoned_done(struct worker *worker)
{
	while (!list_is_empty(&worker->turns.abandoned))
		free_abandoned(list_entry(worker->turns.abandoned.next, struct abandoned, node));
}

/* It does not see that nobody waits any more, or not before it answers. */
uint64_t abandoned_us(const struct calls *calls, const struct request *request, uint64_t held_us)
{
	double usually_us = calls->gate->admission.held_us;

	if (!request->is_aborted || !request->turn.sent_ns || request->turn.first_ns || usually_us <= (double)held_us)
		return 0;
	return (uint64_t)usually_us - held_us;
}

static void origin_is_done(struct timer *timer)
{
	struct abandoned *abandoned = list_entry(timer, struct abandoned, timer);
	struct calls calls;

	calls_begin(&calls, abandoned->worker, abandoned->gate);
	admission_break_off(&calls.gate->admission, &abandoned->entry, 0);
	calls_next(&calls);
	calls_end(&calls);
	free_abandoned(abandoned);
}

bool abandon(const struct calls *calls, const struct request *request, uint64_t for_us)
{
	struct abandoned *abandoned = malloc(sizeof(*abandoned));
	uint64_t for_ms = for_us / 1000 < TURN_HELD_MAX_MS ? for_us / 1000 : TURN_HELD_MAX_MS;

	if (!abandoned)
		return false;
	*abandoned = (struct abandoned){ .worker = calls->worker, .binding = request->binding, .gate = calls->gate, .entry = request->turn.entry };
	binding_hold(abandoned->binding);
	list_add_last(&calls->worker->turns.abandoned, &abandoned->node);
	timer_init(&abandoned->timer, origin_is_done);
	timer_set(&calls->worker->loop.timers, &abandoned->timer, calls->worker->loop.now_ms + for_ms);
	return true;
}
