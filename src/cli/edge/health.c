#include "cli/edge/health.h"

#include <stdio.h>

#include "origin/health.h"

#include "base/banned.h"

static void changed(void *context, const struct health_change *change)
{
	struct edge_state *state = context;
	const struct notice notice = {
		.wall_ns = clock_wall_ns(), .action = change->is_down ? SPAN("origin-down") : SPAN("origin-up"),
		.origin = change->origin, .detail = change->why,
	};

	fprintf(stderr, "bouclier: the origin %.*s is %s: %.*s\n", SPAN_ARG(change->origin), change->is_down ? "down" : "well again",
	        SPAN_ARG(change->why));
	if (state->event)
		event_notice(state->event, &notice);
}

enum result edge_health_start(struct edge_state *state)
{
	state->health = health_new(&state->loop, &state->common.origins, (struct health_sink){ state, changed });
	if (!state->health)
		return RESULT_NO_MEMORY;
	edge_health_apply(state);
	return RESULT_OK;
}

void edge_health_apply(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	enum result result = RESULT_OK;

	if (state->is_draining)
		return;
	health_begin(state->health);
	for (size_t i = 0; i < plan->site_count; i++) {
		const struct edge_site *site = &plan->sites[i];

		for (size_t r = 0; r < site->site->route_count; r++) {
			enum result one = site->routes[r].owns_pool ? health_watch(state->health, site->routes[r].pool) : RESULT_OK;

			result = result == RESULT_OK ? one : result;
		}
	}
	health_end(state->health);
	if (result != RESULT_OK)
		fprintf(stderr, "bouclier: not every origin can be checked: %s\n", result_name(result));
}
