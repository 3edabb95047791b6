/* Places at origins: asked for, taken and given back. */
#include "edge/queue/calls.h"

#include "edge/request.h"

#include "base/banned.h"

static uint64_t now_us(const struct request *request)
{
	return request_worker(request)->loop.now_ns / 1000;
}

static struct gate *gate_of(const struct request *request)
{
	return &request->turn.member->origin->gate;
}

static void begin(struct calls *calls, const struct request *request)
{
	calls_begin(calls, request_worker(request), gate_of(request));
}

/* A flood with tokens has next to nothing of the origin, also of what nobody else needs. */
static enum admission_answer ask_gate(struct calls *calls, struct request *request, struct admission_entry **pushed_out)
{
	struct turn *turn = &request->turn;
	struct demand *demand = &calls->gate->demand;

	*pushed_out = NULL;
	demand_ask(demand, now_us(request));
	if (turn->entry.entry.lane == LANE_GREEDY && !demand_spares(demand, now_us(request), request->caller.is_watched))
		return ADMISSION_REFUSE;
	return admission_ask(&calls->gate->admission, &turn->entry, pushed_out);
}

/* It goes in any case, and counts as at work. What the others may have it leaves to them. */
static enum admission_answer observe_gate(struct calls *calls, struct request *request)
{
	struct turn *turn = &request->turn;
	struct demand *demand = &calls->gate->demand;
	enum admission_answer answer = admission_observe(&calls->gate->admission, &turn->entry);

	demand_ask(demand, now_us(request));
	return turn->entry.entry.lane == LANE_GREEDY && !demand_would_spare(demand, &calls->gate->observed_us, now_us(request), request->caller.is_watched) ? ADMISSION_REFUSE : answer;
}

enum admission_answer turn_ask(struct request *request)
{
	struct turn *turn = &request->turn;
	struct admission_entry *pushed_out = NULL;
	enum admission_answer answer;
	struct calls calls;

	begin(&calls, request);
	/* What is normal is not learned from a flood. */
	limit_freeze(&calls.gate->admission.limit, meter_level(request->site->meter) != LEVEL_NORMAL);
	answer = turn->entry.is_observed ? observe_gate(&calls, request) : ask_gate(&calls, request, &pushed_out);
	turn->state = answer == ADMISSION_WAIT ? TURN_WAITS : TURN_NONE;
	if (answer == ADMISSION_GO || turn->entry.is_observed)
		calls_begin_hold(&calls, turn);
	if (pushed_out)
		calls_tell(&calls, pushed_out, TURN_PUSHED_OUT);
	calls_end(&calls);
	return answer;
}

static void average(double *mean_us, uint64_t took_us)
{
	*mean_us += ((double)took_us - *mean_us) * (*mean_us > 0 ? 1.0 / 16 : 1);
}

/* A long poll says nothing of the origin, nor does a body that it did not wait for. */
static void learn(struct calls *calls, const struct request *request)
{
	const struct turn *turn = &request->turn;
	struct limit_answer answer = { turn->kind, turn->sent_ns / 1000, turn->first_ns / 1000, turn->at_work };

	if (!turn->sent_ns || turn->first_ns <= turn->sent_ns || turn->first_ns - turn->sent_ns >= (uint64_t)TURN_HELD_MAX_MS * 1000000)
		return;
	limit_learn(&calls->gate->admission.limit, &answer);
	average(&calls->gate->answered_us[turn->kind], answer.first_byte_us - answer.sent_us);
}

/* Of an origin that works on several at once, its part. */
static void charge_spared(struct calls *calls, const struct turn *turn, uint64_t took_us)
{
	if (turn->entry.entry.lane == LANE_GREEDY && !turn->entry.is_observed && turn->at_work)
		demand_took(&calls->gate->demand, turn->held_ns / 1000, took_us / turn->at_work);
}

/* As far as the origin answered. */
static void count_answer(struct calls *calls, const struct request *request)
{
	const struct admission *admission = &calls->gate->admission;
	struct demand_answer answer = { admission_keeps_waiting(admission), admission->limit.is_frozen, admission_each_us(admission), admission->held_us };

	if (request->turn.first_ns)
		demand_answer(&calls->gate->demand, now_us(request), &answer);
	else if (!answer.others_wait)
		demand_rest(&calls->gate->demand);
}

static void give_back(struct calls *calls, const struct turn *turn, uint64_t held_us)
{
	struct admission *admission = &calls->gate->admission;

	if (turn->first_ns)
		admission_done(admission, &turn->entry, turn->sent_ns ? held_us : 0);
	else
		admission_break_off(admission, &turn->entry, turn->sent_ns ? held_us : 0);
}

static void leave_held(struct calls *calls, struct request *request)
{
	struct turn *turn = &request->turn;
	uint64_t now_ns = calls->worker->loop.now_ns, held_ns = now_ns > turn->held_ns ? now_ns - turn->held_ns : 0, held_us = held_ns / 1000;
	uint64_t works_on = abandoned_us(calls, request, held_us);

	learn(calls, request);
	count_answer(calls, request);
	charge_spared(calls, turn, held_us + works_on);
	turn->took_ns += held_ns;
	if (!works_on || !abandoned_begin(calls, request, works_on))
		give_back(calls, turn, held_us);
}

/* He has not waited: for his turn, or for the answer. */
static bool has_hung_up(const struct turn *turn, const struct request *request)
{
	return (request->is_aborted || turn->is_given_up) && (turn->state == TURN_WAITS || turn->state == TURN_HELD) && !turn->first_ns;
}

void turn_leave(struct request *request, enum turn_state next)
{
	struct turn *turn = &request->turn;
	struct turns *turns = &request_worker(request)->turns;
	struct calls calls;

	begin(&calls, request);
	if (has_hung_up(turn, request) && admission_is_short(&calls.gate->admission))
		demand_hang_up(&calls.gate->demand, now_us(request));
	if (turn->state == TURN_WAITS)
		admission_give_up(&calls.gate->admission, &turn->entry);
	if (turn->state == TURN_HELD)
		leave_held(&calls, request);
	turn->state = next;
	calls_next(&calls);
	if (turn->has_waited) {
		pthread_mutex_lock(&turns->lock);
		list_remove(&turn->node);
		pthread_mutex_unlock(&turns->lock);
	}
	calls_end(&calls);
}

void turn_come_back(struct request *request)
{
	struct calls calls;

	begin(&calls, request);
	admission_come_back(&calls.gate->admission, &request->turn.entry);
	calls_begin_hold(&calls, &request->turn);
	calls_end(&calls);
}

enum turn_state turn_look(const struct request *request)
{
	struct gate *gate = gate_of(request);
	enum turn_state state;

	pthread_mutex_lock(&gate->lock);
	state = request->turn.state;
	pthread_mutex_unlock(&gate->lock);
	return state;
}
