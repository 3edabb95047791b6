#include "cli/edge/retired.h"

#include <malloc.h>

#include "cli/edge/aside.h"
#include "event/settings.h"

#include "base/banned.h"

void edge_retired_add(struct edge_state *state, struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	snapshot->next_retired = state->retired;
	state->retired = snapshot;
}

static void drop_all(void *list)
{
	struct snapshot *snapshot = list;

	while (snapshot) {
		struct snapshot *next = snapshot->next_retired;

		snapshot_drop(snapshot);
		snapshot = next;
	}
}

void edge_retired_sweep(struct edge_state *state)
{
	struct snapshot **at = &state->retired, *free_now = NULL;

	while (*at) {
		struct snapshot *snapshot = *at;

		if (!snapshot_is_held_once(snapshot)) {
			at = &snapshot->next_retired;
			continue;
		}
		*at = snapshot->next_retired;
		snapshot->next_retired = free_now;
		free_now = snapshot;
	}
	if (!free_now)
		return;
	edge_aside(drop_all, free_now);
	malloc_trim(0);
	/* Tenants that went with it leave their share of the audit log's memory to the others. */
	event_apply(state->event, event_settings_of(state->snapshot), edge_tenants_count(&state->common.tenants));
}

void edge_retired_forget(struct edge_state *state)
{
	drop_all(state->retired);
	state->retired = NULL;
}
