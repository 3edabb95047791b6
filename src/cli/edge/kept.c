#include "cli/edge/kept.h"

#include <stdio.h>

#include "cli/wiring.h"
#include "origin/kept.h"

#include "base/banned.h"

void edge_kept_open(struct edge_state *state)
{
	size_t size;

	state->common.origins.kept = wiring_region(&state->start.shared, REGION_ORIGINS, &size);
	if (!state->common.origins.kept)
		fprintf(stderr, "bouclier: limits of origins are learned anew when an edge dies: the keeper has no memory for them (restart it)\n");
}

static void write_one(void *context, struct origin *origin)
{
	const struct edge_state *state = context;

	kept_write(state->common.origins.kept, origin, state->loop.now_ns / 1000);
}

/* Whoever drains leaves it to the next one, which is asked more. */
void edge_kept_tick(struct edge_state *state)
{
	if (state->common.origins.kept && !state->is_draining)
		origins_each(&state->common.origins, write_one, state);
}
