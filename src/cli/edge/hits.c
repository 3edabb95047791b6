#include "cli/edge/hits.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/edge/build.h"
#include "cli/wiring.h"

#include "base/banned.h"

void edge_hits_open(struct edge_state *state)
{
	size_t size;

	state->hits = wiring_region(&state->start.shared, REGION_HITS, &size);
	if (!state->hits)
		fprintf(stderr, "bouclier: what rules hit is not counted: the keeper has no memory for it (restart it)\n");
}

struct hits_site *edge_hits_of(struct edge_state *state, const struct snapshot *snapshot, const struct edge_site *site)
{
	unsigned share = edge_share_of(snapshot, HITS_SITES);

	return state->hits ? hits_site_take(state->hits, site->key, plan_site_key(site->site->tenant), share) : NULL;
}

void edge_hits_apply(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	bool is_counted = state->hits && !state->common.is_reduced;  /* no site of a reduced edge has a place, and none loses it for that */
	uint64_t *keys = is_counted ? calloc(plan->site_count + 1, sizeof(*keys)) : NULL;
	size_t count = 0;

	if (!keys)
		return;  /* they are given back at the next reload */
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].hits)
			keys[count++] = plan->sites[i].key;
	}
	hits_sites_keep(state->hits, keys, count);
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].hits)
			hits_site_set_window(plan->sites[i].hits, plan->sites[i].key, plan->sites[i].graduate_s);
	}
	free(keys);
}
