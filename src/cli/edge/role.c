#include "cli/edge/role.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "cli/edge/audit.h"
#include "cli/edge/cache_disk.h"
#include "cli/edge/continuity.h"
#include "cli/edge/graduate.h"
#include "cli/edge/history.h"
#include "cli/edge/kept.h"
#include "cli/edge/level.h"
#include "cli/edge/link.h"
#include "cli/edge/maintenance.h"
#include "cli/edge/observed.h"
#include "cli/edge/orders.h"
#include "cli/edge/packet.h"
#include "cli/edge/pulse.h"
#include "cli/edge/retired.h"
#include "cli/edge/retreat.h"
#include "cli/edge/sources.h"
#include "cli/edge/start.h"
#include "net/tls_memory.h"

#include "base/banned.h"

#define TICK_MS 1000
#define ROTATE_S 60

static void orders_ready(struct watch *watch, uint32_t events)
{
	struct edge_state *state = list_entry(watch, struct edge_state, orders);
	struct edge_order order;
	enum result result;

	(void)events;
	while ((result = role_receive(state->link, &order)) == RESULT_OK)
		edge_obey(state, &order);
	if (result == RESULT_END)  /* the keeper is gone: nobody would ever stop us */
		loop_stop(&state->loop);
}

/* -- the clock of the service thread -- */

static bool are_drained(const struct edge_state *state)
{
	for (unsigned i = 0; i < state->worker_count; i++) {
		if (!__atomic_load_n(&state->workers[i]->loop.stop, __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

/* Once when the journal stops being written, once when it is again. */
static void say_journal(struct edge_state *state)
{
	int error = event_state(state->event).error;

	if (error == state->journal_error || state->is_draining)  /* draining: it is the next edge's to say */
		return;
	state->journal_error = error;
	if (error)
		fprintf(stderr, "bouclier: ALERT: the journal cannot be written: %s; requests are served on, lines that do not fit are counted\n",
		        strerror(error));
	else
		fprintf(stderr, "bouclier: the journal is written again\n");
}

static void tick(struct timer *timer)
{
	struct edge_state *state = list_entry(timer, struct edge_state, clock);
	struct loop *loop = &state->loop;

	if (state->tickets && loop->now_ms - state->rotated_ms > ROTATE_S * 1000) {
		state->rotated_ms = loop->now_ms;
		ticket_keys_rotate(state->tickets, loop->wall_ns / 1000000000u);
		if (state->common.challenge)
			challenge_memory_turn(state->common.challenge, loop->now_ns / 1000);
	}
	say_journal(state);
	edge_audit_tick(state);
	edge_graduates_tick(state->graduates);
	edge_retreat_tick(state);
	edge_sources_tick(state);
	edge_packet_tick(state->packet);
	edge_link_tick(state->line);
	edge_maintenance_tick(state);
	edge_continuity_tick(state);
	edge_cache_disk_tick(state);
	edge_levels_tick(state);
	edge_observed_tick(state);
	edge_kept_tick(state);
	edge_pulses_tick(state->pulses);
	edge_history_tick(state);
	origins_rest(&state->common.origins, loop->now_ms);
	edge_retired_sweep(state);
	if (state->is_draining && (are_drained(state) || loop->now_ms >= state->drain_until_ms)) {
		loop_stop(loop);
		return;
	}
	timer_set(&loop->timers, timer, loop->now_ms + (state->is_draining ? 20 : TICK_MS));
}

/* -- the life of an edge -- */

/* As many descriptors as the system allows: connections are what a shield is made of. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_ARENA_MAX, 4);
}

static void serve(struct edge_state *state)
{
	state->orders = (struct watch){ -1, orders_ready };
	timer_init(&state->clock, tick);
	timer_set(&state->loop.timers, &state->clock, state->loop.now_ms + TICK_MS);
	if (loop_watch(&state->loop, &state->orders, state->link->channel.fd, EPOLLIN) != RESULT_OK)
		return;
	orders_ready(&state->orders, 0);
	loop_run(&state->loop);
}

int role_edge(struct role_link *link)
{
	struct edge_state *state = calloc(1, sizeof(*state));
	enum result result;
	int exit_code = 1;

	if (!state)
		return 1;
	tls_memory_begin();
	state->link = link;
	raise_limits();
	if (role_receive_start(link, &state->start) != RESULT_OK || loop_init(&state->loop) != RESULT_OK) {
		free(state);
		return 1;
	}
	result = edge_open(state);
	if (result != RESULT_OK && !state->has_said_why)
		role_failed(link, SPAN("error: the edge could not start\n"));
	if (result == RESULT_OK && role_ready(link) == RESULT_OK) {
		edge_history_keep(state);
		serve(state);
		exit_code = state->exit_code;
	}
	edge_close(state);
	return exit_code;
}
