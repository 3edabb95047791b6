#include "cli/edge/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/admin/admin.h"
#include "cli/edge/build.h"
#include "cli/edge/cache_disk.h"
#include "cli/edge/certificates.h"
#include "cli/edge/collections.h"
#include "cli/edge/continuity.h"
#include "cli/edge/folders.h"
#include "cli/edge/graduate.h"
#include "cli/edge/health.h"
#include "cli/edge/history.h"
#include "cli/edge/hits.h"
#include "cli/edge/kept.h"
#include "cli/edge/level.h"
#include "cli/edge/link.h"
#include "cli/edge/maintenance.h"
#include "cli/edge/names.h"
#include "cli/edge/observed.h"
#include "cli/edge/ocsp.h"
#include "cli/edge/orders.h"
#include "cli/edge/packet.h"
#include "cli/edge/pulse.h"
#include "cli/edge/retired.h"
#include "cli/edge/sources.h"
#include "cli/role_check.h"
#include "cli/wiring.h"
#include "origin/health.h"

#include "base/banned.h"

#define NAMES_TAKE_OVER_MS 500

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

/* A reduced edge keeps nothing: it may be the cache that killed those before it. Availability, fails open: nor does one without the memory. */
static void open_cache(struct edge_state *state)
{
	if (state->snapshot && !state->start.is_reduced)
		state->common.cache = edge_cache_new(&state->common.tenants, (uint64_t)plan_of(state->snapshot)->top->cache_bytes);
	edge_continuity_open(state);
	if (state->snapshot)
		edge_cache_disk_apply(state);
}

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
		edge_print_warnings(&complaints);
	complaints_done(&complaints);
	state->plan = state->start.plan;
	state->start.plan = (struct edge_plan){ 0 };
	return result;
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

enum result edge_open(struct edge_state *state)
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
		edge_share(state);
	}
	open_cache(state);
	if (result == RESULT_OK)
		result = open_memory(state);
	edge_history_open(state);
	if (result == RESULT_OK)
		edge_levels_apply(state);  /* its moves are lines of the journal */
	state->packet = edge_packet_new(state);
	state->line = edge_link_new(state);
	state->pulses = edge_pulses_new(state);
	if (result == RESULT_OK)
		result = state->packet && state->line && state->pulses ? start_workers(state) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = edge_health_start(state);
	if (result == RESULT_OK)
		result = edge_certificates_start(state);
	if (result == RESULT_OK) {
		edge_ocsp_start(state->ocsp);
		state->admin = admin_new(state);
		result = state->admin ? edge_post_listeners(state, &state->plan) : RESULT_NO_MEMORY;
	}
	if (result == RESULT_OK)
		limit_memory(state);
	return result;
}

/* What still runs when the time to drain is over is cut; lines are flushed. In the reverse order of the start, which may
 * have stopped anywhere. */
void edge_close(struct edge_state *state)
{
	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		loop_stop(&state->workers[i]->loop);
	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		worker_join(state->workers[i]);
	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		worker_free(state->workers[i]);
	edge_link_free(state->line);
	edge_packet_free(state->packet);
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
