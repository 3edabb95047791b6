#include <stdio.h>

#include "hub/alert/hours.h"
#include "hub/wire_inner.h"

#include "base/banned.h"

void hub_parts_prepare(void)
{
	hours_begin();
}

enum result parts_open_alerts(struct hub_parts *parts, struct complaints *complaints)
{
	const struct alerts_birth birth = { .loop = parts->wires.loop, .store = parts->store };
	const struct hub_settings *hub = parts->wires.config->hub;
	struct alert_plan plan;
	enum result result = alert_plan_make(hub->alerts, hub->name, parts_url(parts), parts_file, parts, &plan);

	return result == RESULT_OK ? alerts_new(&birth, &plan, complaints, &parts->alerts) : result;
}

void hub_parts_attach_send(struct hub_parts *parts, int fd)
{
	if (alerts_attach(parts->alerts, fd) != RESULT_OK)
		fputs("bouclier: the hub cannot talk to send: alerts wait\n", stderr);
}

/* A name that somebody keeps guessing at is in the audit log, and alarms nobody: any stranger would fill everybody's mail with it, and what alerts may be sent. */
void parts_announce(void *context, struct span who, struct span what)
{
	struct hub_parts *parts = context;

	if (span_equal(what, SPAN("login.locked")))
		return;
	alerts_warning(parts->alerts, WARNING_BREAK_GLASS, who, true, parts_now_s(parts));
}

static void warn_of_probes(struct hub_parts *parts, uint64_t now_s)
{
	struct hub_probe_state state;

	for (size_t i = 0; hub_probe_state(parts->probe, i, now_s, &state); i++)
		alerts_warning(parts->alerts, WARNING_PROBE_SILENT, state.name, state.is_silent, now_s);
}

void parts_warn(struct hub_parts *parts)
{
	uint64_t now_s = parts_now_s(parts);
	struct keep_health health;

	keep_health(parts->keep, &health);
	alerts_warning(parts->alerts, WARNING_STORE_FAILS, SPAN_NONE, health.is_stuck || !alerts_are_kept(parts->alerts), now_s);
	alerts_warning(parts->alerts, WARNING_JOURNAL_LAG, SPAN_NONE, health.is_behind, now_s);
	alerts_warning(parts->alerts, WARNING_EDGE_DOWN, SPAN_NONE, api_shield_is_away(parts->api), now_s);
	warn_of_probes(parts, now_s);
}
