#include "cli/edge/level.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/build.h"
#include "cli/edge/maintenance.h"
#include "cli/wiring.h"
#include "guard/settings.h"

#include "base/banned.h"

void edge_levels_open(struct edge_state *state)
{
	size_t size;

	state->meters = wiring_region(&state->start.shared, REGION_METERS, &size);
	if (!state->meters)
		fprintf(stderr, "bouclier: no site has a level: the keeper has no memory for it (restart it)\n");
}

struct meter *edge_level_meter_of(struct edge_state *state, const struct snapshot *snapshot, const struct edge_site *site)
{
	unsigned share = edge_share_of(snapshot, METERS);

	return state->meters ? meter_take(state->meters, site->key, plan_site_key(site->site->tenant), share) : NULL;
}

static void keep_in_use(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	uint64_t *keys = state->meters ? calloc(plan->site_count + 1, sizeof(*keys)) : NULL;
	size_t count = 0;

	if (!keys)
		return;  /* they are free at the next reload */
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].meter)
			keys[count++] = plan->sites[i].key;
	}
	meters_keep(state->meters, keys, count);
	free(keys);
}

void edge_level_reasons(uint32_t reasons, char out[LEVEL_REASONS_MAX])
{
	size_t len = 0;

	out[0] = 0;
	for (unsigned bit = 0; bit < LEVEL_FOR_COUNT; bit++) {
		if (reasons >> bit & 1 && len < LEVEL_REASONS_MAX)
			len += (size_t)snprintf(out + len, LEVEL_REASONS_MAX - len, "%s%s", len ? ", " : "", level_reason_name(bit));
	}
}

static void tell(struct edge_state *state, const struct edge_site *site, const struct level_move *move)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = SPAN("level"), .site = site->site->name };
	char text[256], reasons[LEVEL_REASONS_MAX];

	edge_level_reasons(move->reasons, reasons);
	snprintf(text, sizeof(text), "from %s to %s%s%s", level_name(move->from), level_name(move->to), reasons[0] ? ": " : "", reasons);
	notice.detail = span_of(text);
	fprintf(stderr, "bouclier: the level of %.*s goes %s\n", SPAN_ARG(site->site->name), text);
	if (state->event)
		event_notice(state->event, &notice);
}

void edge_levels_apply(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	struct level_move move;

	keep_in_use(state);
	for (size_t i = 0; i < plan->site_count; i++) {
		const struct edge_site *site = &plan->sites[i];

		if (site->meter && meter_set_least(site->meter, (enum level)guard_site_settings(site->site)->level_floor, &move))
			tell(state, site, &move);
	}
}

/* What comes to a closed site is not what is usual there, and its answers are no errors: nothing is learned, and nobody is alarmed. */
static void tick_site(struct edge_state *state, const struct edge_site *site, uint64_t elapsed_ms)
{
	struct level_move move;

	if (edge_maintenance_is_on(state, site))
		meter_skip(site->meter);
	else if (meter_tick(site->meter, elapsed_ms, &move))
		tell(state, site, &move);
}

void edge_levels_tick(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	uint64_t elapsed_ms = state->loop.now_ms - state->metered_ms;

	if (state->is_draining || elapsed_ms < METER_TICK_MS)
		return;
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].meter)
			tick_site(state, &plan->sites[i], elapsed_ms);
	}
	state->metered_ms = state->loop.now_ms;
}

enum result edge_level_order(struct edge_state *state, const struct edge_site *site, bool is_auto, enum level level)
{
	struct level_move move;

	if (!site->meter)
		return RESULT_NOT_FOUND;
	if (meter_force(site->meter, is_auto, level, &move))
		tell(state, site, &move);
	return RESULT_OK;
}
