/* Places at origins, as workers pass them on to one another. */
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

/* -- waking -- */

static void wake_called(struct worker *worker)
{
	struct turns *turns = &worker->turns;

	for (;;) {
		struct request *request = NULL;

		pthread_mutex_lock(&turns->lock);
		if (!list_is_empty(&turns->called)) {
			request = list_entry(turns->called.next, struct request, turn.node);
			list_remove(&request->turn.node);
		}
		pthread_mutex_unlock(&turns->lock);
		if (!request)
			return;
		request_wake(request);
	}
}

static void run_job(struct job *job)
{
	wake_called(list_entry(job, struct worker, turns.job));
}

static void run_posted(struct job *job)
{
	struct worker *worker = list_entry(job, struct worker, turns.posted_job);

	(void)__atomic_exchange_n(&worker->turns.is_posted, false, __ATOMIC_SEQ_CST);  /* before looking, not after */
	wake_called(worker);
}

void turns_init(struct worker *worker)
{
	pthread_mutex_init(&worker->turns.lock, NULL);
	list_init(&worker->turns.called);
	job_init(&worker->turns.job, run_job);
	job_init(&worker->turns.posted_job, run_posted);
}

void turns_done(struct worker *worker)
{
	pthread_mutex_destroy(&worker->turns.lock);
}

/* What WORKER does under the lock of a gate: whom to tell when it is given back. */
struct calls {
	struct worker *worker;
	struct gate *gate;
	struct list posts;           /* struct worker, turns.posted_job.node */
};

static void calls_begin(struct calls *calls, struct request *request)
{
	*calls = (struct calls){ .worker = request_worker(request), .gate = gate_of(request) };
	list_init(&calls->posts);
	pthread_mutex_lock(&calls->gate->lock);
}

static void calls_end(struct calls *calls)
{
	gate_note(calls->gate);
	pthread_mutex_unlock(&calls->gate->lock);
	while (!list_is_empty(&calls->posts)) {
		struct worker *owner = list_entry(calls->posts.next, struct worker, turns.posted_job.node);

		list_remove(&owner->turns.posted_job.node);
		loop_post(&owner->loop, &owner->turns.posted_job);
	}
}

static void begin_hold(struct calls *calls, struct turn *turn)
{
	turn->state = TURN_HELD;
	turn->held_ns = calls->worker->loop.now_ns;
	turn->at_work = admission_at_work(&calls->gate->admission);
}

/* ENTRY's request waits no more. */
static void call(struct calls *calls, struct admission_entry *entry, enum turn_state state)
{
	struct request *request = list_entry(entry, struct request, turn.entry);
	struct worker *owner = request_worker(request);

	if (state == TURN_HELD)
		begin_hold(calls, &request->turn);
	else
		request->turn.state = state;
	pthread_mutex_lock(&owner->turns.lock);
	list_add_last(&owner->turns.called, &request->turn.node);
	pthread_mutex_unlock(&owner->turns.lock);
	if (owner == calls->worker)
		loop_later(&owner->loop, &owner->turns.job);
	else if (!__atomic_exchange_n(&owner->turns.is_posted, true, __ATOMIC_ACQ_REL))
		list_add_last(&calls->posts, &owner->turns.posted_job.node);
}

static void call_next(struct calls *calls)
{
	struct admission_entry *entry;

	while ((entry = admission_next(&calls->gate->admission)))
		call(calls, entry, TURN_HELD);
}

/* -- a place -- */

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

	calls_begin(&calls, request);
	/* What is normal is not learned from a flood. */
	limit_freeze(&calls.gate->admission.limit, meter_level(request->site->meter) != LEVEL_NORMAL);
	answer = turn->entry.is_observed ? observe_gate(&calls, request) : ask_gate(&calls, request, &pushed_out);
	turn->state = answer == ADMISSION_WAIT ? TURN_WAITS : TURN_NONE;
	if (answer == ADMISSION_GO || turn->entry.is_observed)
		begin_hold(&calls, turn);
	if (pushed_out)
		call(&calls, pushed_out, TURN_PUSHED_OUT);
	calls_end(&calls);
	return answer;
}

/* A long poll says nothing of the origin, nor does a body that it did not wait for. */
static void learn(struct calls *calls, const struct request *request)
{
	const struct turn *turn = &request->turn;
	struct limit_answer answer = { turn->kind, turn->sent_ns / 1000, turn->first_ns / 1000, turn->at_work };

	if (turn->sent_ns && turn->first_ns > turn->sent_ns && turn->first_ns - turn->sent_ns < (uint64_t)TURN_HELD_MAX_MS * 1000000)
		limit_learn(&calls->gate->admission.limit, &answer);
}

/* Of an origin that works on several at once, its part. */
static void charge_spared(struct calls *calls, const struct turn *turn, uint64_t held_ns)
{
	if (turn->entry.entry.lane == LANE_GREEDY && !turn->entry.is_observed && turn->at_work)
		demand_took(&calls->gate->demand, turn->held_ns / 1000, held_ns / 1000 / turn->at_work);
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

static void give_back(struct calls *calls, const struct turn *turn, uint64_t held_ns)
{
	struct admission *admission = &calls->gate->admission;

	if (turn->first_ns)
		admission_done(admission, &turn->entry, turn->sent_ns ? held_ns / 1000 : 0);
	else
		admission_break_off(admission, &turn->entry, turn->sent_ns ? held_ns / 1000 : 0);
}

void turn_leave(struct request *request, enum turn_state next)
{
	struct turn *turn = &request->turn;
	struct turns *turns = &request_worker(request)->turns;
	struct calls calls;
	uint64_t now_ns = request_worker(request)->loop.now_ns, held_ns = now_ns > turn->held_ns ? now_ns - turn->held_ns : 0;

	calls_begin(&calls, request);
	if (turn->state == TURN_WAITS)
		admission_give_up(&calls.gate->admission, &turn->entry);
	if (turn->state == TURN_HELD) {
		learn(&calls, request);
		count_answer(&calls, request);
		charge_spared(&calls, turn, held_ns);
		turn->took_ns += held_ns;
		give_back(&calls, turn, held_ns);
	}
	turn->state = next;
	call_next(&calls);
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

	calls_begin(&calls, request);
	admission_come_back(&calls.gate->admission, &request->turn.entry);
	begin_hold(&calls, &request->turn);
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
