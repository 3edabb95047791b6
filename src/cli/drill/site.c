#include "cli/drill/site.h"

#include <stdio.h>

#include "cli/command.h"
#include "cli/drill/cast.h"
#include "cli/drill/ground.h"
#include "cli/wiring.h"
#include "config/dump.h"
#include "config/read.h"
#include "edge/sites/settings.h"
#include "guard/settings.h"
#include "net/settings.h"
#include "origin/settings.h"
#include "source/settings.h"

#include "base/banned.h"

#define FRAME_BYTES_MAX ((size_t)16 << 10)
#define WORKERS_MAX 4

/* -- which site -- */

static bool has_host(const struct site *site, struct span host)
{
	for (size_t i = 0; i < site->host_count; i++) {
		if (span_equal_nocase(site->hosts[i], host))
			return true;
	}
	return span_equal_nocase(site->name, host);
}

static const struct site *find_only(const struct snapshot *snapshot)
{
	if (snapshot->site_count == 1)
		return &snapshot->sites[0];
	command_failed(snapshot->site_count ? "the configuration has %zu sites: name the one to try (bouclier drill SITE)" : "the configuration has no site",
	               snapshot->site_count);
	return NULL;
}

static const struct site *find_named(const struct snapshot *snapshot, struct span wanted)
{
	for (size_t i = 0; i < snapshot->site_count; i++) {
		if (has_host(&snapshot->sites[i], wanted))
			return &snapshot->sites[i];
	}
	command_failed("there is no site %.*s in the configuration", SPAN_ARG(wanted));
	return NULL;
}

const struct site *drill_site_find(const struct snapshot *snapshot, struct span wanted)
{
	const struct site *site = wanted.len ? find_named(snapshot, wanted) : find_only(snapshot);

	if (site && net_site_settings(site)->tls.mode == TLS_PASSTHROUGH) {
		command_failed("the connections of %.*s are passed on as they are (tls: mode: passthrough): the shield has no say in them, and there is nothing "
		               "to try", SPAN_ARG(site->name));
		return NULL;
	}
	return site;
}

/* -- what its settings are -- */

static bool has_source_limits(const struct site *site)
{
	const struct list_value *list = &guard_site_settings(site)->rate_limits;
	const struct rate_limit_settings *limits = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (limits[i].per == RATE_PER_SOURCE)
			return true;
	}
	return false;
}

static bool has_own_rules(const struct waf_settings *waf)
{
	return waf->mode != WAF_MODE_OFF && !span_equal(waf->ruleset, SPAN(RULESET_CRS));
}

struct drill_settings drill_settings_of(const struct snapshot *snapshot, const struct site *site)
{
	const struct edge_settings *edge = edge_settings_of(site->sections);
	const struct origin_concurrency_settings *concurrency = &origins_settings_of(site->sections)->concurrency;

	return (struct drill_settings){
		.has_guard = guard_site_settings(site)->mode == GUARD_ON,
		.has_challenge = edge->challenge != EDGE_CHALLENGE_OFF,
		.has_admission = concurrency->mode == CONCURRENCY_AUTO,
		.has_budgets = guard_top_settings(snapshot)->budgets.mode == SOURCE_BUDGETS_ON,
		.has_source_limits = has_source_limits(site),
		.has_patience = concurrency->patience_ms <= (int64_t)DRILL_IN_TIME_MS,
		.has_partners = source_site_settings(site)->allowlist.count > 0,
		.leaves_rules = has_own_rules(&edge->waf),
		.leaves_routes = site->route_count > 1,
	};
}

/* -- the drill's own -- */

static enum result write_frame(const struct drill_ground *ground, bool has_partners, struct buffer *out)
{
	return buffer_print(out,
	                    "listen: [{ address: \"127.0.0.1:%u\", tls: false }]\n"
	                    "state: %s\n"
	                    "drain: 100ms\n"
	                    "log: { requests: errors, rate: 10/s, disk: 32MiB, audit_disk: 1MiB }\n"
	                    "admin: { socket: %s, metrics: \"127.0.0.1:%u\" }\n"
	                    "sites: [{ name: " DRILL_HOST ", origins: [\"http://127.0.0.1:%u\"]%s }]\n",
	                    ground->shield_port, ground->state, ground->socket, ground->metrics_port, ground->portal_port,
	                    has_partners ? ", allowlist: [{ networks: [\"" CAST_PARTNERS "\"] }]" : "");
}

/* The frame as values, with every default. */
static enum result read_frame(const struct drill_ground *ground, struct span text, struct snapshot **out)
{
	struct config_source source;
	struct complaints complaints;
	enum result result = ground_write_config(ground, text);

	if (result != RESULT_OK)
		return result;
	complaints_init(&complaints);
	result = config_source_init(&source, span_of(ground->config));
	if (result == RESULT_OK) {
		result = config_read(&source, wiring_sections(), &complaints, out);
		command_complain(&complaints);
		config_source_done(&source);
	}
	complaints_done(&complaints);
	return result;
}

/* -- what is carried over -- */

static void carry_waf(const struct waf_settings *from, struct waf_settings *to)
{
	if (has_own_rules(from))
		return;
	to->mode = from->mode;
	to->ruleset = from->ruleset;
	to->paranoia_level = from->paranoia_level;
	to->inbound_threshold = from->inbound_threshold;
	to->outbound_threshold = from->outbound_threshold;
	to->application = from->application;
	to->inspect_limit = from->inspect_limit;
	to->response_bodies = from->response_bodies;
}

/* Not `guard`: what a site that observes wants to know is what would become of it if it did not; the report says that it does. */
static void carry_guard(const struct guard_site_settings *from, struct guard_site_settings *to)
{
	to->rate_limits = from->rate_limits;
	to->level_floor = from->level_floor;
}

static void carry_site(const struct site *from, struct site *to)
{
	const struct edge_settings *edge = edge_settings_of(from->sections);
	const struct origins_settings *origins = origins_settings_of(from->sections);
	struct edge_settings *to_edge = to->sections[ROOM_EDGE];
	struct origins_settings *to_origins = to->sections[ROOM_ORIGIN];

	to_edge->timeouts = edge->timeouts;
	to_edge->limits = edge->limits;
	to_edge->http = edge->http;
	to_edge->challenge = edge->challenge;
	to_edge->cache = edge->cache;
	carry_waf(&edge->waf, &to_edge->waf);
	to_origins->concurrency = origins->concurrency;
	to_origins->priority_routes = origins->priority_routes;
	carry_guard(guard_site_settings(from), to->sections[ROOM_GUARD]);
}

static void carry_top(const struct snapshot *from, struct snapshot *to)
{
	const struct edge_top_settings *edge = from->sections[ROOM_EDGE];
	struct edge_top_settings *to_edge = to->sections[ROOM_EDGE];
	struct guard_top_settings *to_guard = to->sections[ROOM_GUARD];

	/* The machine serves others meanwhile. */
	to_edge->workers = edge->workers < 1 ? 1 : edge->workers < WORKERS_MAX ? edge->workers : WORKERS_MAX;
	to_edge->connections = edge->connections;
	to_edge->cache_bytes = edge->cache_bytes;
	to_edge->memory_bytes = edge->memory_bytes;
	to_guard->budgets = guard_top_settings(from)->budgets;
}

enum result drill_site_write(const struct snapshot *snapshot, const struct site *site, const struct drill_ground *ground, struct buffer *out)
{
	struct snapshot *frame = NULL;
	struct buffer text;
	enum result result;

	buffer_init(&text, FRAME_BYTES_MAX);
	result = write_frame(ground, drill_settings_of(snapshot, site).has_partners, &text);
	if (result == RESULT_OK)
		result = read_frame(ground, buffer_span(&text), &frame);
	if (result == RESULT_OK) {
		carry_top(snapshot, frame);
		carry_site(site, &frame->sites[0]);
		result = config_dump(frame, wiring_sections(), DUMP_YAML, out);
	}
	if (frame)
		snapshot_drop(frame);
	buffer_done(&text);
	return result;
}
