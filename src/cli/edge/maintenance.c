#include "cli/edge/maintenance.h"

#include <stdio.h>

#include "base/clock.h"
#include "cli/wiring.h"

#include "base/banned.h"

static uint64_t now_ms(void)
{
	return clock_wall_ns() / 1000000;
}

void edge_maintenance_open(struct edge_state *state)
{
	size_t size;

	state->maintenances = wiring_region(&state->start.shared, REGION_MAINTENANCE, &size);
	state->common.maintenances = state->maintenances;
	if (!state->maintenances)
		fprintf(stderr, "bouclier: no site can be closed by `maintenance`: the keeper has no memory for it (restart it)\n");
}

static void tell(struct edge_state *state, struct span action, struct span site, const char *text)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = action, .site = site, .detail = span_of(text) };

	fprintf(stderr, "bouclier: %.*s: %s\n", SPAN_ARG(site), text);
	if (state->event)
		event_notice(state->event, &notice);
}

void edge_maintenance_tick(struct edge_state *state)
{
	struct maintenance over;

	while (state->maintenances && !state->is_draining && maintenance_take_over(state->maintenances, now_ms(), &over)) {
		const struct edge_site *site = plan_find_site(plan_of(state->snapshot), over.site);

		if (site)
			tell(state, SPAN("maintenance-over"), site->site->name, "its maintenance is over: its time has come");
	}
}

bool edge_maintenance_is_on(const struct edge_state *state, const struct edge_site *site)
{
	const struct edge_route *rest = &site->routes[site->site->route_count - 1];
	struct maintenance closed;

	return rest->settings->maintenance || maintenance_find(state->maintenances, site->key, now_ms(), &closed);
}

static void tell_begin(struct edge_state *state, const struct edge_site *site, const struct maintenance *wish)
{
	char text[MAINTENANCE_MESSAGE_MAX + 128], until[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms(wish->until_ms, until);
	snprintf(text, sizeof(text), "in maintenance until %s, %u networks are let in%s%.*s", until, wish->allow_count, wish->message_len ? ": " : "",
	         (int)wish->message_len, wish->message);
	tell(state, SPAN("maintenance"), site->site->name, text);
}

enum result edge_maintenance_begin(struct edge_state *state, const struct edge_site *site, const struct maintenance *wish)
{
	enum result result;

	edge_maintenance_tick(state);  /* or what is over would make room and not be told */
	result = state->maintenances ? maintenance_begin(state->maintenances, wish, now_ms()) : RESULT_NOT_FOUND;

	if (result == RESULT_OK)
		tell_begin(state, site, wish);
	return result;
}

enum result edge_maintenance_end(struct edge_state *state, const struct edge_site *site)
{
	struct maintenance ended;
	enum result result = state->maintenances ? maintenance_end(state->maintenances, site->key, now_ms(), &ended) : RESULT_NOT_FOUND;

	if (result == RESULT_OK)
		tell(state, SPAN("maintenance-over"), site->site->name, "its maintenance is over: a person ended it");
	return result;
}
