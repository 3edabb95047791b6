#include "cli/hub_status.h"

#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

static const char *const states[] = {
	[SHARED_HUB_NONE] = "none", [SHARED_HUB_RUNS] = "running", [SHARED_HUB_RESTARTS] = "restarting", [SHARED_HUB_ABSENT] = "absent",
};
#define STATES (sizeof(states) / sizeof(*states))

/* The member NAME, where it is known. */
static void put_known(struct json_writer *json, const char *name, uint64_t number)
{
	if (number)
		json_put_number(json, span_of(name), number);
}

static void put_uptime(struct json_writer *json, const char *name, uint64_t pid, uint64_t started_wall_ns)
{
	uint64_t now_ns = clock_wall_ns();

	if (pid && started_wall_ns && now_ns >= started_wall_ns)
		json_put_number(json, span_of(name), (now_ns - started_wall_ns) / 1000000000);
}

void hub_status_put(struct json_writer *json, const struct shared *shared)
{
	static const struct shared_usage unknown;
	const struct shared_hub *hub = shared_find(shared, "keeper-hub", SHARED_HUB_VERSION, sizeof(*hub));
	const struct shared_usage *usage = shared_find(shared, "keeper-usage", SHARED_USAGE_VERSION, sizeof(*usage));

	if (!usage)
		usage = &unknown;
	put_known(json, "keeper_memory_bytes", usage->keeper_bytes);
	if (!hub)
		return;
	json_open(json, SPAN("hub"), '{');
	json_put_text(json, SPAN("state"), span_of(hub->state < STATES ? states[hub->state] : "none"));
	json_put_number(json, SPAN("pid"), hub->pid);
	json_put_number(json, SPAN("send_pid"), hub->send_pid);
	json_put_time(json, SPAN("started"), hub->started_wall_ns);
	put_uptime(json, "uptime_s", hub->pid, hub->started_wall_ns);
	put_known(json, "memory_bytes", hub->pid ? usage->hub_bytes : 0);
	json_put_number(json, SPAN("deaths"), hub->deaths);
	json_put_time(json, SPAN("send_started"), usage->send_started_wall_ns);
	put_uptime(json, "send_uptime_s", hub->send_pid, usage->send_started_wall_ns);
	put_known(json, "send_memory_bytes", hub->send_pid ? usage->send_bytes : 0);
	json_put_number(json, SPAN("send_deaths"), hub->send_deaths);
	json_put_time(json, SPAN("died"), hub->died_wall_ns);
	json_put_bool(json, SPAN("of_edge"), hub->is_of_edge != 0);
	json_put_bool(json, SPAN("listening"), !hub->is_deaf);
	json_close(json, '}');
}

/* ", up 3h, 24 MiB of memory, died 2 times", of members whose names begin with FRONT: what of it is known. */
static void print_process(struct page *page, const struct json *hub, const char *front)
{
	char name[32];
	const struct json *member;
	unsigned long long deaths;

	snprintf(name, sizeof(name), "%suptime_s", front);
	member = json_find(hub, name);
	if (member)
		page_print(page, ", up %s", short_seconds(json_number_of(member)).text);
	snprintf(name, sizeof(name), "%smemory_bytes", front);
	member = json_find(hub, name);
	if (member)
		page_print(page, ", %s of memory", short_bytes(json_number_of(member)).text);
	snprintf(name, sizeof(name), "%sdeaths", front);
	deaths = json_number_of(json_find(hub, name));
	if (deaths)
		page_print(page, ", died %llu time%s", deaths, deaths == 1 ? "" : "s");
}

static void print_send(struct page *page, const struct json *hub)
{
	unsigned long long pid = json_number_of(json_find(hub, "send_pid"));

	page_print(page, "  send         ");
	if (pid)
		page_print(page, "running, process %llu", pid);
	else
		page_color(page, PAGE_YELLOW, "RESTARTING: alerts wait");
	print_process(page, hub, "send_");
	page_print(page, "\n");
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
	print_process(page, hub, "");
	if (json_bool_of(json_find(hub, "of_edge")))
		page_print(page, "; as the edge's user: there is no bouclier-hub (make install makes it)");
	if (!json_bool_of(json_find(hub, "listening")))
		page_color(page, PAGE_YELLOW, "; its address is taken: it answers commands only");
	page_print(page, "\n");
	if (!span_equal(state, SPAN("absent")))
		print_send(page, hub);
	if (json_find(status, "alerts"))
		print_alerts(page, json_find(status, "alerts"));
}
