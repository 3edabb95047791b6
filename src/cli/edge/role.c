#include "cli/edge/audit.h"
#include "cli/edge/role.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/admin/admin.h"
#include "cli/edge/build.h"
#include "cli/edge/certificates.h"
#include "cli/edge/collections.h"
#include "cli/edge/cache_disk.h"
#include "cli/edge/continuity.h"
#include "cli/edge/folders.h"
#include "cli/edge/graduate.h"
#include "cli/edge/health.h"
#include "cli/edge/hits.h"
#include "cli/edge/kept.h"
#include "cli/edge/level.h"
#include "cli/edge/maintenance.h"
#include "cli/edge/names.h"
#include "cli/edge/observed.h"
#include "cli/edge/ocsp.h"
#include "cli/edge/pulse.h"
#include "cli/edge/retired.h"
#include "cli/edge/retreat.h"
#include "cli/edge/sources.h"
#include "cli/role_check.h"
#include "cli/wiring.h"
#include "net/tls_memory.h"
#include "origin/health.h"

#include "base/banned.h"

#define NAMES_WAIT_MS 5000
#define NAMES_TAKE_OVER_MS 500
#define WORKERS_WAIT_MS 1000
#define TICK_MS 1000
#define ROTATE_S 60

/* -- talking to the keeper -- */

static void say_failed(struct edge_state *state, const struct complaints *complaints)
{
	struct buffer text;

	state->has_said_why = true;
	buffer_init(&text, CHANNEL_TEXT_MAX);
	if (complaints_write(complaints, &text) != RESULT_OK || !buffer_len(&text))
		role_failed(state->link, SPAN("error: the edge could not start\n"));
	else
		role_failed(state->link, buffer_span(&text));
	buffer_done(&text);
}

/* What is wrong and yet serves: said once for each configuration. */
static void print_warnings(const struct complaints *complaints)
{
	struct buffer text;

	buffer_init(&text, CHANNEL_TEXT_MAX);
	if (complaints->count && complaints_write(complaints, &text) == RESULT_OK)
		fprintf(stderr, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

/* -- listeners -- */

static enum result post_listener(struct edge_state *state, const struct edge_listener *listener)
{
	if (listener->fd < 0)
		return RESULT_OK;  /* it is listened on already */
	if (listener->flags & PORT_METRICS)
		return admin_add_listener(state->admin, listener->fd, listener->id);
	return worker_post_listener(state->workers[listener->worker % state->worker_count], listener->fd, listener->id, &listener->endpoint);
}

static enum result post_listeners(struct edge_state *state, const struct edge_plan *plan)
{
	uint64_t *ids = calloc(plan->listener_count + 1, sizeof(*ids));
	enum result result = ids ? RESULT_OK : RESULT_NO_MEMORY;

	for (size_t i = 0; i < plan->listener_count && result == RESULT_OK; i++) {
		ids[i] = plan->listeners[i].id;
		result = post_listener(state, &plan->listeners[i]);
	}
	if (result == RESULT_OK)
		admin_keep_listeners(state->admin, ids, plan->listener_count);
	for (unsigned w = 0; w < state->worker_count && result == RESULT_OK; w++)
		result = worker_post_listeners_kept(state->workers[w], ids, plan->listener_count);
	free(ids);
	return result;
}

/* -- a new configuration -- */

static void share(struct edge_state *state)
{
	const struct edge_top_settings *top = plan_of(state->snapshot)->top;

	edge_tenants_set(&state->common.tenants, SHARED_DISK, (uint64_t)top->held_bytes);
	edge_tenants_set(&state->common.tenants, SHARED_FILES, (uint64_t)top->files_bytes);
	edge_tenants_set(&state->common.tenants, SHARED_CACHE, (uint64_t)top->cache_bytes);
}

/* A reduced edge keeps nothing: it may be the cache that killed those before it. Availability, fails open: nor does one without the memory. */
static void open_cache(struct edge_state *state)
{
	if (state->snapshot && !state->start.is_reduced)
		state->common.cache = edge_cache_new(&state->common.tenants, (uint64_t)plan_of(state->snapshot)->top->cache_bytes);
	edge_continuity_open(state);
	if (state->snapshot)
		edge_cache_disk_apply(state);
}

static void use_snapshot(struct edge_state *state, struct snapshot *snapshot, struct edge_plan *plan)
{
	edge_retired_add(state, state->snapshot);
	state->snapshot = snapshot;
	edge_plan_done(&state->plan);
	state->plan = *plan;
	edge_collections_open(state);
	share(state);
	edge_cache_apply(state->common.cache, plan_of(snapshot));
	edge_continuity_apply(state);
	edge_cache_disk_apply(state);
	event_apply(state->event, event_settings_of(snapshot), edge_tenants_count(&state->common.tenants));
	edge_hits_apply(state);
	edge_sources_apply(state);
	edge_levels_apply(state);
	edge_observed_apply(state);
	edge_health_apply(state);
	edge_certificates_apply(state);
	edge_ocsp_apply(state->ocsp);
}

/* "In force" is said when it is: whoever revokes a certificate and hears it must not see one more request let in. A worker takes
 * what was posted at its next turn; for one that is stuck nobody waits long.
 */
static void wait_for_workers(struct edge_state *state, uint64_t generation)
{
	const struct timespec pause = { .tv_nsec = 500000 };
	uint64_t end_ms = clock_mono_ms() + WORKERS_WAIT_MS;

	for (unsigned i = 0; i < state->worker_count; i++) {
		if (worker_post_generation(state->workers[i], generation) != RESULT_OK)
			return;  /* said a moment early */
	}
	for (unsigned i = 0; i < state->worker_count; i++) {
		while (!worker_has_reached(state->workers[i], generation) && clock_mono_ms() < end_ms)
			nanosleep(&pause, NULL);
	}
}

static void prepare(struct edge_state *state, struct edge_plan *plan)
{
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	enum result result;

	complaints_init(&complaints);
	result = edge_build(state, plan, &complaints, &snapshot);
	if (result == RESULT_OK && state->names)
		result = edge_names_wait(state->names, NAMES_WAIT_MS, COMPLAINT_ERROR, &complaints);
	for (unsigned i = 0; result == RESULT_OK && i < state->worker_count; i++)
		result = worker_post_snapshot(state->workers[i], snapshot);
	if (result == RESULT_OK)
		result = post_listeners(state, plan);
	if (result == RESULT_OK) {
		use_snapshot(state, snapshot, plan);
		print_warnings(&complaints);
		wait_for_workers(state, state->plan.generation);
		edge_retired_sweep(state);
		result = role_built(state->link, state->plan.generation);
	} else {
		struct buffer text;

		buffer_init(&text, CHANNEL_TEXT_MAX);
		if (complaints_write(&complaints, &text) != RESULT_OK)
			buffer_reset(&text);
		if (role_build_failed(state->link, plan->generation, buffer_span(&text)) != RESULT_OK)
			state->exit_code = 1;
		buffer_done(&text);
		if (snapshot)
			snapshot_drop(snapshot);
		edge_plan_done(plan);
	}
	complaints_done(&complaints);
}

static void begin_drain(struct edge_state *state, const struct edge_order *order)
{
	if (state->is_draining)
		return;
	state->is_draining = true;
	health_stop(state->health);
	state->drain_until_ms = state->loop.now_ms + order->drain_ms;
	for (unsigned i = 0; i < state->worker_count; i++) {
		if (worker_post_drain(state->workers[i]) != RESULT_OK)
			loop_stop(&state->loop);
	}
	if (order->is_replaced) {  /* behind the above: it waits for the disk, and workers need not */
		event_hand_over(state->event);
		edge_continuity_leave(state);
		edge_cache_disk_leave(state);
		admin_leave(state->admin);
	}
}

static void tell_reload_result(struct edge_state *state, const struct edge_order *order)
{
	char text[CHANNEL_TEXT_MAX];
	size_t length = 0;

	if (order->text_fd >= 0) {
		length = channel_text_read(order->text_fd, text, sizeof(text));
		close(order->text_fd);
	}
	admin_reload_result(state->admin, order, span_make(text, length));
}

static void take_order(struct edge_state *state, struct edge_order *order)
{
	switch (order->kind) {
	case ORDER_PREPARE:
		prepare(state, &order->plan);
		break;
	case ORDER_DRAIN:
		begin_drain(state, order);
		break;
	case ORDER_RELOAD_RESULT:
		tell_reload_result(state, order);
		break;
	}
}

static void orders_ready(struct watch *watch, uint32_t events)
{
	struct edge_state *state = list_entry(watch, struct edge_state, orders);
	struct edge_order order;
	enum result result;

	(void)events;
	while ((result = role_receive(state->link, &order)) == RESULT_OK)
		take_order(state, &order);
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
	edge_maintenance_tick(state);
	edge_continuity_tick(state);
	edge_cache_disk_tick(state);
	edge_levels_tick(state);
	edge_observed_tick(state);
	edge_kept_tick(state);
	edge_pulses_tick(state->pulses);
	origins_rest(&state->common.origins, loop->now_ms);
	edge_retired_sweep(state);
	if (state->is_draining && (are_drained(state) || loop->now_ms >= state->drain_until_ms)) {
		loop_stop(loop);
		return;
	}
	timer_set(&loop->timers, timer, loop->now_ms + (state->is_draining ? 20 : TICK_MS));
}

/* -- the start -- */

/* What the edges before this one died on. */
static void learn_quarantine(struct edge_state *state)
{
	struct quarantine *quarantine = &state->common.quarantine;
	size_t size;

	quarantine_learn(quarantine, wiring_region(&state->start.shared, REGION_QUARANTINE, &size), state->loop.now_ms);
	for (unsigned i = 0; i < quarantine->count; i++)
		fprintf(stderr, "bouclier: ALERT: a request killed the edge again and again; for ten minutes it is answered 503: %.*s\n",
		        (int)QUARANTINE_TEXT_MAX, quarantine->list[i].text);
}

static enum result open_memory(struct edge_state *state)
{
	struct event_birth birth = { .workers = state->worker_count, .folder_fd = state->journal_fd, .audit_fd = state->audit_fd,
		                     .node = span_of(state->common.node), .settings = event_settings_of(state->snapshot),
		                     .tenants = edge_tenants_count(&state->common.tenants) };
	size_t size;

	state->keeper = shared_find(&state->start.shared, "keeper", SHARED_KEEPER_VERSION, sizeof(struct shared_keeper));
	birth.memory = wiring_region(&state->start.shared, REGION_EVENTS, &birth.memory_bytes);
	birth.audit_memory = wiring_region(&state->start.shared, REGION_AUDIT, &size);
	if (!birth.audit_memory)
		fprintf(stderr, "bouclier: no audit log is written: the keeper has no memory for it (restart it)\n");
	state->switches = wiring_region(&state->start.shared, REGION_SWITCHES, &size);
	if (!birth.memory || !state->switches || !state->tickets)
		return RESULT_REFUSED;
	learn_quarantine(state);
	birth.first_worker = state->start.seat * EDGE_SLOTS;
	return event_new(&birth, &state->event);
}

static enum result start_workers(struct edge_state *state)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < state->worker_count && result == RESULT_OK; i++) {
		struct worker_needs needs = { .common = &state->common, .index = i, .sink = event_sink(state->event, i),
			                      .snapshot = state->snapshot };

		state->workers[i] = worker_new(&needs);
		result = state->workers[i] ? worker_start(state->workers[i]) : RESULT_NO_MEMORY;
	}
	return result;
}

/* Availability: an edge that takes over from a dead one does not ask the name servers for leave. What they do not say now they
 * may say in a moment; until then the sites of that origin are refused, and all others are served. */
static enum result find_names(struct edge_state *state, bool takes_over, struct complaints *complaints)
{
	enum complaint_kind kind = takes_over ? COMPLAINT_WARNING : COMPLAINT_ERROR;
	enum result result;

	state->names = edge_names_new(state);
	if (!state->names)
		return RESULT_NO_MEMORY;
	result = edge_names_wait(state->names, takes_over ? NAMES_TAKE_OVER_MS : NAMES_WAIT_MS, kind, complaints);
	return takes_over && result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result build_first(struct edge_state *state)
{
	struct complaints complaints;
	bool takes_over = edge_takes_over(state);
	size_t size;
	enum result result;

	edge_hits_open(state);
	edge_sources_open(state);
	edge_levels_open(state);
	edge_observed_open(state);
	edge_kept_open(state);
	edge_maintenance_open(state);
	state->graduates = edge_graduates_new(state);
	if (!state->graduates)
		return RESULT_NO_MEMORY;
	complaints_init(&complaints);
	state->tickets = wiring_region(&state->start.shared, REGION_TICKETS, &size);
	if (state->tickets)
		ticket_keys_rotate(state->tickets, state->loop.wall_ns / 1000000000u);
	result = edge_build(state, &state->start.plan, &complaints, &state->snapshot);
	if (result == RESULT_OK)
		result = find_names(state, takes_over, &complaints);
	if (result != RESULT_OK)
		say_failed(state, &complaints);
	else
		print_warnings(&complaints);
	complaints_done(&complaints);
	state->plan = state->start.plan;
	state->start.plan = (struct edge_plan){ 0 };
	return result;
}

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

/* `memory`: what the edge has now, plus what it may take. The allocator then says no, and what asked is refused; without a
 * limit the kernel would end the whole process instead. */
static void limit_memory(const struct edge_state *state)
{
	const struct edge_top_settings *top = state->snapshot->sections[ROOM_EDGE];
	char text[256];
	int fd = top->memory_bytes ? open("/proc/self/statm", O_RDONLY | O_CLOEXEC) : -1;
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	struct span rest = span_make(text, got > 0 ? (size_t)got : 0);
	struct span data = SPAN_NONE;
	uint64_t pages = 0;

	if (fd >= 0)
		close(fd);
	for (int field = 0; field < 6; field++)  /* the sixth: data and stack */
		data = span_cut(&rest, ' ');
	if (span_to_u64(data, UINT32_MAX, &pages) != RESULT_OK)
		return;
	pages *= (uint64_t)sysconf(_SC_PAGESIZE);
	if (setrlimit(RLIMIT_DATA, &(struct rlimit){ pages + (uint64_t)top->memory_bytes, pages + (uint64_t)top->memory_bytes }) < 0)
		fprintf(stderr, "bouclier: the memory limit could not be set: %s\n", strerror(errno));
}

static enum result start(struct edge_state *state)
{
	enum result result;

	origins_init(&state->common.origins);
	edge_tenants_init(&state->common.tenants);
	probe_log_init(&state->common.probes);
	state->common.is_reduced = state->start.is_reduced;
	state->worker_count = state->start.workers < EDGE_WORKERS_MAX ? state->start.workers : EDGE_WORKERS_MAX;
	state->started_wall_ns = state->loop.wall_ns;
	edge_open_folders(state);
	edge_name_node(state);
	state->ocsp = edge_ocsp_new(state);
	result = state->ocsp ? role_confine(state->link, &state->start) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = build_first(state);
	if (result == RESULT_OK) {
		edge_collections_open(state);
		edge_hits_apply(state);
		edge_sources_apply(state);
		edge_observed_apply(state);
		share(state);
	}
	open_cache(state);
	if (result == RESULT_OK)
		result = open_memory(state);
	if (result == RESULT_OK)
		edge_levels_apply(state);  /* its moves are lines of the journal */
	state->pulses = edge_pulses_new(state);
	if (result == RESULT_OK)
		result = state->pulses ? start_workers(state) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = edge_health_start(state);
	if (result == RESULT_OK)
		result = edge_certificates_start(state);
	if (result == RESULT_OK) {
		edge_ocsp_start(state->ocsp);
		state->admin = admin_new(state);
		result = state->admin ? post_listeners(state, &state->plan) : RESULT_NO_MEMORY;
	}
	if (result == RESULT_OK)
		limit_memory(state);
	return result;
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

/* What still runs when the time to drain is over is cut; lines are flushed. In the reverse order of the start, which may
 * have stopped anywhere. */
static void end(struct edge_state *state)
{
	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		loop_stop(&state->workers[i]->loop);
	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		worker_join(state->workers[i]);
	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		worker_free(state->workers[i]);
	edge_sources_close(state);
	edge_pulses_free(state->pulses);
	admin_free(state->admin);
	edge_graduates_free(state->graduates);
	edge_certificates_free(state->certificates);
	edge_ocsp_free(state->ocsp);
	health_free(state->health);
	edge_names_free(state->names);
	if (state->event)
		event_free(state->event);
	if (state->snapshot)
		snapshot_drop(state->snapshot);
	edge_retired_forget(state);
	edge_continuity_close(state);
	edge_cache_disk_close(state);
	edge_cache_free(state->common.cache);
	origins_done(&state->common.origins);
	edge_tenants_done(&state->common.tenants);
	edge_files_forget(state);
	edge_rules_forget(state);
	edge_plan_done(&state->plan);
	edge_plan_done(&state->start.plan);
	loop_done(&state->loop);
	free(state);
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
	result = start(state);
	if (result != RESULT_OK && !state->has_said_why)
		role_failed(link, SPAN("error: the edge could not start\n"));
	if (result == RESULT_OK && role_ready(link) == RESULT_OK) {
		serve(state);
		exit_code = state->exit_code;
	}
	end(state);
	return exit_code;
}
