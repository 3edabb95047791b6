/* How the shield itself is. */
#include <sys/statvfs.h>
#include <unistd.h>

#include "hub/api/inner.h"

#include "base/banned.h"

#define PATH_MAX_BYTES 4096u

/* -- processes: of the node, so of who sees all -- */

/* One row: what the shield says under these names, of those that it says. PID 0: it is not there. */
struct process_row {
	const char *name, *pid, *since, *deaths, *memory;
};

static void put_member(struct json_writer *json, const char *name, const struct json *value)
{
	if (value)
		json_put_value(json, span_of(name), value);
}

static void put_process(const struct json *from, const struct process_row *row, struct json_writer *json)
{
	const struct json *pid = json_find(from, row->pid);
	bool is_up = json_number_of(pid) != 0;

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("name"), span_of(row->name));
	json_put_text(json, SPAN("state"), is_up ? SPAN("up") : SPAN("down"));
	if (is_up) {
		put_member(json, "pid", pid);
		put_member(json, "since", json_find(from, row->since));
		put_member(json, "memory_bytes", json_find(from, row->memory));
	}
	put_member(json, "deaths", row->deaths ? json_find(from, row->deaths) : NULL);
	json_close(json, '}');
}

/* The hub itself, while the shield does not say what it knows of it. */
static void put_self(const struct api *api, struct json_writer *json)
{
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("name"), SPAN("hub"));
	json_put_text(json, SPAN("state"), SPAN("up"));
	json_put_number(json, SPAN("pid"), (uint64_t)getpid());
	json_put_time(json, SPAN("since"), api->born_wall_ns);
	json_close(json, '}');
}

/* A keeper that died takes all others with it: how often is nobody's to say here. */
static void put_processes(struct api *api, struct json_writer *json)
{
	static const struct process_row edge = { "edge", "pid", "started", "edge_deaths", "memory_bytes" }, keeper = { "keeper", "keeper_pid", "keeper_started", NULL, "keeper_memory_bytes" };
	static const struct process_row of_hub[] = { { "hub", "pid", "started", "deaths", "memory_bytes" }, { "send", "send_pid", "send_started", "send_deaths", "send_memory_bytes" } };
	const struct json *root = api->status.root, *hub = json_find(root, "hub");

	put_process(root, &edge, json);
	if (root)
		put_process(root, &keeper, json);
	if (!hub)
		put_self(api, json);
	for (size_t i = 0; hub && i < sizeof(of_hub) / sizeof(of_hub[0]); i++)
		put_process(hub, &of_hub[i], json);
}

static void put_journal(struct api *api, const struct keep_health *health, struct json_writer *json)
{
	const struct store_position *detail = &health->positions[0], *counts = &health->positions[1];

	json_open(json, SPAN("journal"), '{');
	json_put_null(json, SPAN("lag_lines"));
	json_put_number(json, SPAN("lag_s"), health->lag_s);
	json_put_number(json, SPAN("missing"), detail->missing + counts->missing);
	json_put_number(json, SPAN("damaged"), detail->damaged + counts->damaged);
	json_put_number(json, SPAN("lost"), json_number_of(json_find(json_find(api->status.root, "journal"), "lost")));
	json_close(json, '}');
}

static void put_store(const struct keep_health *health, struct json_writer *json)
{
	json_open(json, SPAN("store"), '{');
	json_put_bool(json, SPAN("writing"), !health->is_stuck);
	json_put_text(json, SPAN("error"), span_make(health->why, strnlen(health->why, sizeof(health->why))));
	json_put_number(json, SPAN("lines"), health->positions[0].lines + health->positions[1].lines);
	json_put_number(json, SPAN("incidents_followed"), health->followed);
	json_put_number(json, SPAN("incidents_left"), health->gave_place + health->refused);
	json_close(json, '}');
}

/* What cannot be asked is not told. */
static void put_disk(struct span what, struct span folder, struct json_writer *json)
{
	char path[PATH_MAX_BYTES];
	struct statvfs disk;

	if (!folder.len || span_to_text(folder, path, sizeof(path)) != RESULT_OK || statvfs(path, &disk) != 0)
		return;
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("what"), what);
	json_put_number(json, SPAN("free_bytes"), (uint64_t)disk.f_bavail * disk.f_frsize);
	json_put_number(json, SPAN("total_bytes"), (uint64_t)disk.f_blocks * disk.f_frsize);
	json_close(json, '}');
}

static void put_certificates(struct api *api, const struct store_tenants *tenants, struct json_writer *json)
{
	for (size_t i = 0; i < api->config->site_count; i++) {
		const struct hub_site *site = &api->config->sites[i];
		const struct status_site *status = status_find(&api->status, site->name);
		const struct json *certificate = status ? json_find(status->object, "certificate") : NULL;

		if (!certificate || !tenants_see(tenants, site->tenant))
			continue;
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("site"), site->name);
		sites_put_certificate(api, certificate, json);
		json_close(json, '}');
	}
}

void health_put(struct api *api, const struct store_tenants *tenants, struct json_writer *json, bool has_journal)
{
	struct keep_health health;
	bool is_all = tenants->is_all;

	api->birth.health(api->birth.context, &health);
	json_open(json, SPAN("processes"), '[');
	if (is_all)
		put_processes(api, json);
	json_close(json, ']');
	if (is_all && has_journal)
		put_journal(api, &health, json);
	else
		json_put_null(json, SPAN("journal"));
	json_open(json, SPAN("disk"), '[');
	if (is_all && has_journal) {
		put_disk(SPAN("journal"), api->config->journal, json);
		put_disk(SPAN("hub"), api->config->state, json);
	}
	json_close(json, ']');
	json_open(json, SPAN("certificates"), '[');
	put_certificates(api, tenants, json);
	json_close(json, ']');
	json_put_value(json, SPAN("kernel_filter"), is_all ? json_find(api->status.root, "filter") : NULL);
	json_open(json, SPAN("alerts"), '[');
	if (is_all && api->birth.put_alerts)
		api->birth.put_alerts(api->birth.context, json);
	json_close(json, ']');
	if (is_all && has_journal)
		put_store(&health, json);
	else
		json_put_null(json, SPAN("store"));
	json_put_text(json, SPAN("version"), SPAN(BOUCLIER_VERSION));
}

void api_get_health(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const names[] = { NULL };
	struct api *api = context;
	struct arguments arguments;
	struct json_writer json;

	if (!arguments_begin(&arguments, request, answer, names))
		return;
	answer_begin(answer, &json);
	health_put(api, &api_caller(api, request)->tenants, &json, true);
	answer_end(answer, &json);
}
