/* Places whose requests are gone, while the origin goes on with them. */
#include "edge/queue/calls.h"

#include <stdlib.h>

#include "edge/request.h"

#include "base/banned.h"

#define MEANS_MOST 4.0

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

static void give_back(struct abandoned *abandoned)
{
	struct calls calls;

	calls_begin(&calls, abandoned->worker, abandoned->gate);
	admission_break_off(&calls.gate->admission, &abandoned->entry, 0);
	calls_next(&calls);
	calls_end(&calls);
	free_abandoned(abandoned);
}

void abandoned_give_back(struct worker *worker)
{
	while (!list_is_empty(&worker->turns.abandoned))
		give_back(list_entry(worker->turns.abandoned.next, struct abandoned, node));
}

static void origin_is_done(struct timer *timer)
{
	give_back(list_entry(timer, struct abandoned, timer));
}

/* What an answer in his folder usually takes: he may have asked for a page, whatever it looked like. Where none was seen, what answers take in the mean; never
 * many times as long, for a kind that is seldom seen may have been slow on one bad day. */
static double usual_us(const struct gate *gate, unsigned kind)
{
	double page_us = gate->answered_us[kind], other_us = gate->answered_us[kind + 1], mean_us = gate->admission.held_us;
	double most_us = page_us > other_us ? page_us : other_us;

	if (most_us <= 0)
		return mean_us;
	return mean_us > 0 && most_us > MEANS_MOST * mean_us ? MEANS_MOST * mean_us : most_us;
}

/* It does not see that nobody waits any more, or not before it answers. Who is only observed goes past the places in any case, and would take others'. */
uint64_t abandoned_us(const struct calls *calls, const struct request *request, uint64_t held_us)
{
	const struct turn *turn = &request->turn;
	double usually_us;

	if (!request->is_aborted || !turn->sent_ns || turn->first_ns || turn->entry.is_observed)
		return 0;
	usually_us = usual_us(calls->gate, place_kind_asked(request));
	return usually_us > (double)held_us ? (uint64_t)usually_us - held_us : 0;
}

bool abandoned_begin(const struct calls *calls, const struct request *request, uint64_t for_us)
{
	uint64_t gathered_us = calls->gate->abandoned_us + for_us, for_ms = gathered_us / 1000;
	struct abandoned *abandoned;

	calls->gate->abandoned_us = for_ms < TIMER_STEP_MS ? gathered_us : 0;
	abandoned = for_ms < TIMER_STEP_MS ? NULL : malloc(sizeof(*abandoned));
	if (!abandoned)
		return false;
	*abandoned = (struct abandoned){ .worker = calls->worker, .binding = request->binding, .gate = calls->gate, .entry = request->turn.entry };
	binding_hold(abandoned->binding);
	list_add_last(&calls->worker->turns.abandoned, &abandoned->node);
	timer_init(&abandoned->timer, origin_is_done);
	timer_set(&calls->worker->loop.timers, &abandoned->timer, calls->worker->loop.now_ms + (for_ms < TURN_HELD_MAX_MS ? for_ms : TURN_HELD_MAX_MS));
	return true;
}
