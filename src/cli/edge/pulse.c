#include "cli/edge/pulse.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

struct pulse {
	struct job job;          /* in the worker's hands from the post until it has run */
	bool is_owed;            /* cleared by the worker */
	unsigned silent_ticks;
};

struct edge_pulses {
	struct edge_state *state;
	struct pulse list[EDGE_WORKERS_MAX];
};

static void beat(struct job *job)
{
	struct pulse *pulse = list_entry(job, struct pulse, job);

	__atomic_store_n(&pulse->is_owed, false, __ATOMIC_RELEASE);
}

struct edge_pulses *edge_pulses_new(struct edge_state *state)
{
	struct edge_pulses *pulses = calloc(1, sizeof(*pulses));

	if (!pulses)
		return NULL;
	pulses->state = state;
	for (unsigned i = 0; i < EDGE_WORKERS_MAX; i++)
		job_init(&pulses->list[i].job, beat);
	return pulses;
}

void edge_pulses_free(struct edge_pulses *pulses)
{
	free(pulses);
}

/* The signal is the thread's own, so that the record of the crash names the request it was at. */
static void end_hung(const struct worker *worker)
{
	fprintf(stderr, "bouclier: ALERT: worker %u of the edge hangs, for %u seconds now: the edge is ended, a new one starts\n", worker->index,
	        PULSE_SILENT_TICKS);
	pthread_kill(worker->thread, SIGABRT);
}

void edge_pulses_tick(struct edge_pulses *pulses)
{
	const struct edge_state *state = pulses->state;

	if (state->is_draining)
		return;  /* has an end of its own */
	for (unsigned i = 0; i < state->worker_count; i++) {
		struct pulse *pulse = &pulses->list[i];

		if (!__atomic_load_n(&pulse->is_owed, __ATOMIC_ACQUIRE)) {
			pulse->silent_ticks = 0;
			pulse->is_owed = true;
			loop_post(&state->workers[i]->loop, &pulse->job);
		} else if (++pulse->silent_ticks == PULSE_SILENT_TICKS) {
			end_hung(state->workers[i]);
		}
	}
}
