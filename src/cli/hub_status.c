#include "cli/hub_status.h"

#include "base/clock.h"

#include "base/banned.h"

static const char *const states[] = {
	[SHARED_HUB_NONE] = "none", [SHARED_HUB_RUNS] = "running", [SHARED_HUB_RESTARTS] = "restarting", [SHARED_HUB_ABSENT] = "absent",
};
#define STATES (sizeof(states) / sizeof(*states))

void hub_status_put(struct json_writer *json, const struct shared *shared)
{
	const struct shared_hub *hub = shared_find(shared, "keeper-hub", SHARED_HUB_VERSION, sizeof(*hub));

	if (!hub)
		return;
	json_open(json, SPAN("hub"), '{');
	json_put_text(json, SPAN("state"), span_of(hub->state < STATES ? states[hub->state] : "none"));
	json_put_number(json, SPAN("pid"), hub->pid);
	json_put_number(json, SPAN("send_pid"), hub->send_pid);
	json_put_time(json, SPAN("started"), hub->started_wall_ns);
	json_put_number(json, SPAN("deaths"), hub->deaths);
	json_put_number(json, SPAN("send_deaths"), hub->send_deaths);
	json_put_time(json, SPAN("died"), hub->died_wall_ns);
	json_put_bool(json, SPAN("of_edge"), hub->is_of_edge != 0);
	json_put_bool(json, SPAN("listening"), !hub->is_deaf);
	json_close(json, '}');
}

static void print_deaths(struct page *page, const struct json *hub)
{
	unsigned long long deaths = json_number_of(json_find(hub, "deaths")), of_send = json_number_of(json_find(hub, "send_deaths"));

	if (deaths || of_send)
		page_print(page, ", died %llu time%s", deaths + of_send, deaths + of_send == 1 ? "" : "s");
}

/* One line, of what the hub said last. */
static void print_alerts(struct page *page, const struct json *alerts)
{
	struct span state = json_text_of(json_find(alerts, "state"));
	unsigned long long paths = json_number_of(json_find(alerts, "paths")), failing = json_number_of(json_find(alerts, "failing"));

	page_print(page, "  alerts       ");
	if (span_equal(state, SPAN("failing")))
		page_color(page, PAGE_RED, "FAILING: nobody can be told, on none of %llu path%s", paths, paths == 1 ? "" : "s");
	else if (span_equal(state, SPAN("ok")) && failing)
		page_color(page, PAGE_YELLOW, "%llu of %llu paths FAIL", failing, paths);
	else if (span_equal(state, SPAN("ok")))
		page_print(page, "ok, %llu path%s", paths, paths == 1 ? "" : "s");
	else if (json_has_text(json_find(alerts, "since")))
		page_print(page, "nobody is told: hub.alerts has no paths");
	else
		page_color(page, PAGE_YELLOW, "not known: the hub has not said anything of them for five minutes");
	page_print(page, "\n");
}

void hub_status_print(struct page *page, const struct json *status)
{
	const struct json *hub = json_find(status, "hub");
	struct span state = json_text_of(json_find(hub, "state"));

	if (!hub || span_equal(state, SPAN("none")))
		return;
	page_print(page, "  hub          ");
	if (span_equal(state, SPAN("running")))
		page_print(page, "running, process %llu", (unsigned long long)json_number_of(json_find(hub, "pid")));
	else if (span_equal(state, SPAN("absent")))
		page_color(page, PAGE_YELLOW, "NOT INSTALLED: bouclier-hub is not beside bouclier; the shield serves without it");
	else
		page_color(page, PAGE_YELLOW, "RESTARTING: the shield serves without it");
	print_deaths(page, hub);
	if (json_bool_of(json_find(hub, "of_edge")))
		page_print(page, "; as the edge's user: there is no bouclier-hub (make install makes it)");
	if (!json_bool_of(json_find(hub, "listening")))
		page_color(page, PAGE_YELLOW, "; its address is taken: it answers commands only");
	page_print(page, "\n");
	if (json_find(status, "alerts"))
		print_alerts(page, json_find(status, "alerts"));
}
