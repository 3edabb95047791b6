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
	alerts_warning(parts->alerts, span_equal(what, SPAN("person.code")) ? WARNING_NEW_CODE : WARNING_BREAK_GLASS, who, true, parts_now_s(parts));
}

enum result parts_fetch(void *context, const struct people_fetch *fetch)
{
	struct hub_parts *parts = context;

	return alerts_fetch(parts->alerts, &(struct alerts_fetch){ fetch->url, fetch->ca, fetch->authorization, fetch->form, fetch->is_clear, fetch->done, fetch->context });
}

void parts_count_alerts(void *context, struct api_alerts *out)
{
	const struct hub_parts *parts = context;
	const struct alert_plan *plan = alerts_plan(parts->alerts);

	*out = (struct api_alerts){ .paths = plan->path_count, .can_send = alerts_can_send(parts->alerts) };
	for (unsigned i = 0; i < plan->path_count; i++)
		out->failing += alerts_path(parts->alerts, i)->state == PATH_STATE_FAILS;
}
