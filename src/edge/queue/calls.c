#include "edge/queue/calls.h"

#include "edge/request.h"

#include "base/banned.h"

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
	list_init(&worker->turns.abandoned);
	job_init(&worker->turns.job, run_job);
	job_init(&worker->turns.posted_job, run_posted);
}

void turns_done(struct worker *worker)
{
	abandoned_done(worker);
	pthread_mutex_destroy(&worker->turns.lock);
}

void calls_begin(struct calls *calls, struct worker *worker, struct gate *gate)
{
	*calls = (struct calls){ .worker = worker, .gate = gate };
	list_init(&calls->posts);
	pthread_mutex_lock(&calls->gate->lock);
}

void calls_end(struct calls *calls)
{
	gate_note(calls->gate);
	pthread_mutex_unlock(&calls->gate->lock);
	while (!list_is_empty(&calls->posts)) {
		struct worker *owner = list_entry(calls->posts.next, struct worker, turns.posted_job.node);

		list_remove(&owner->turns.posted_job.node);
		loop_post(&owner->loop, &owner->turns.posted_job);
	}
}

void calls_begin_hold(const struct calls *calls, struct turn *turn)
{
	turn->state = TURN_HELD;
	turn->held_ns = calls->worker->loop.now_ns;
	turn->at_work = admission_at_work(&calls->gate->admission);
}

void calls_tell(struct calls *calls, struct admission_entry *entry, enum turn_state state)
{
	struct request *request = list_entry(entry, struct request, turn.entry);
	struct worker *owner = request_worker(request);

	if (state == TURN_HELD)
		calls_begin_hold(calls, &request->turn);
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

void calls_next(struct calls *calls)
{
	struct admission_entry *entry;

	while ((entry = admission_next(&calls->gate->admission)))
		calls_tell(calls, entry, TURN_HELD);
}
