#include "cli/edge/orders.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/admin/admin.h"
#include "cli/edge/build.h"
#include "cli/edge/cache_disk.h"
#include "cli/edge/certificates.h"
#include "cli/edge/collections.h"
#include "cli/edge/continuity.h"
#include "cli/edge/health.h"
#include "cli/edge/history.h"
#include "cli/edge/hits.h"
#include "cli/edge/level.h"
#include "cli/edge/names.h"
#include "cli/edge/observed.h"
#include "cli/edge/ocsp.h"
#include "cli/edge/packet.h"
#include "cli/edge/partners.h"
#include "cli/edge/retired.h"
#include "cli/edge/sources.h"
#include "cli/role_check.h"
#include "origin/health.h"

#include "base/banned.h"

#define WORKERS_WAIT_MS 1000

/* -- listeners -- */

static enum result post_listener(struct edge_state *state, const struct edge_listener *listener)
{
	if (listener->fd < 0)
		return RESULT_OK;  /* it is listened on already */
	if (listener->flags & PORT_METRICS)
		return admin_add_listener(state->admin, listener->fd, listener->id);
	return worker_post_listener(state->workers[listener->worker % state->worker_count], listener->fd, listener->id, &listener->endpoint);
}

enum result edge_post_listeners(struct edge_state *state, const struct edge_plan *plan)
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

void edge_print_warnings(const struct complaints *complaints)
{
	struct buffer text;

	buffer_init(&text, CHANNEL_TEXT_MAX);
	if (complaints->count && complaints_write(complaints, &text) == RESULT_OK)
		fprintf(stderr, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

void edge_share(struct edge_state *state)
{
	const struct edge_top_settings *top = plan_of(state->snapshot)->top;

	edge_tenants_set(&state->common.tenants, SHARED_DISK, (uint64_t)top->held_bytes);
	edge_tenants_set(&state->common.tenants, SHARED_FILES, (uint64_t)top->files_bytes);
	edge_tenants_set(&state->common.tenants, SHARED_CACHE, (uint64_t)top->cache_bytes);
}

static void use_snapshot(struct edge_state *state, struct snapshot *snapshot, struct edge_plan *plan)
{
	edge_partners_tell(state, state->snapshot, snapshot);
	edge_packet_reload(state->packet, state->snapshot, snapshot, state->event, state->packet_note);
	edge_retired_add(state, state->snapshot);
	state->snapshot = snapshot;
	edge_plan_done(&state->plan);
	state->plan = *plan;
	edge_collections_open(state);
	edge_share(state);
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
		result = edge_post_listeners(state, plan);
	if (result == RESULT_OK) {
		use_snapshot(state, snapshot, plan);
		edge_print_warnings(&complaints);
		wait_for_workers(state, state->plan.generation);
		edge_retired_sweep(state);
		result = role_built(state->link, state->plan.generation);
		edge_history_keep(state);
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
	if (order->is_ok && state->packet_note[0])
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s\n", state->packet_note);
	length = length < sizeof(text) ? length : sizeof(text) - 1;
	state->packet_note[0] = '\0';
	admin_reload_result(state->admin, order, span_make(text, length));
}

static void tell_answer(struct edge_state *state, const struct edge_order *order)
{
	char text[CHANNEL_TEXT_MAX];
	size_t length = 0;

	if (order->text_fd >= 0) {
		length = channel_text_read(order->text_fd, text, sizeof(text));
		close(order->text_fd);
	}
	if (order->id == state->confirm_id && order->outcome == CHANGE_DONE)
		edge_history_confirmed(state);
	admin_keeper_answer(state->admin, order, span_make(text, length));
}

void edge_obey(struct edge_state *state, struct edge_order *order)
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
	case ORDER_ANSWER:
		tell_answer(state, order);
		break;
	}
}
