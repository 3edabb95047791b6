#include "cli/edge/observed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/build.h"
#include "cli/wiring.h"
#include "edge/observing/observed.h"

#include "base/banned.h"

static uint64_t now_s(void)
{
	return clock_wall_ns() / 1000000000u;
}

void edge_observed_open(struct edge_state *state)
{
	size_t size;

	state->observed = wiring_region(&state->start.shared, REGION_OBSERVED, &size);
	if (!state->observed)
		fprintf(stderr, "bouclier: what guard: observe would have done is not counted: the keeper has no memory for it (restart it)\n");
}

struct observed_site *edge_observed_of(struct edge_state *state, const struct snapshot *snapshot, const struct edge_site *site)
{
	unsigned share = edge_share_of(snapshot, OBSERVED_SITES);

	return state->observed ? observed_take(state->observed, site->key, plan_site_key(site->site->tenant), share, now_s()) : NULL;
}

void edge_observed_apply(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	uint64_t *keys = state->observed ? calloc(plan->site_count + 1, sizeof(*keys)) : NULL;
	size_t count = 0;

	if (!keys)
		return;  /* they are free at the next reload */
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].observed)
			keys[count++] = plan->sites[i].key;
	}
	observed_keep(state->observed, keys, count);
	free(keys);
}

void edge_observed_tick(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);

	for (size_t i = 0; i < plan->site_count && !state->is_draining; i++) {
		if (plan->sites[i].observed)
			observed_turn(plan->sites[i].observed, now_s());
	}
}
