#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "hub/settings/oidc.h"
#include "hub/wire_inner.h"

#include "base/banned.h"

#define SOURCE SPAN("node")    /* the journal of this node, in the store */
#define COUNTRIES "/var/lib/location/database.db"
#define TICK_MS 1000u
#define PRUNE_TICKS 3600u

/* -- what one part asks of another -- */

static enum result look_outside(void *context, uint64_t *place, uint64_t until_s, void (*feed)(void *feed_context, const struct observation *observation),
                                void *feed_context)
{
	struct hub_parts *parts = context;

	return hub_probe_feed(parts->probe, place, until_s, feed, feed_context);
}

/* What was deleted for its age leaves a line. Where it cannot be written the deletion is done all the same: keeping too long is no better. */
static void on_deleted(void *context, const struct store_deleted *deleted)
{
	static const char *const whats[] = {
		[STORE_DELETED_EVENTS] = "events", [STORE_DELETED_FIELDS] = "addresses", [STORE_DELETED_MINUTES] = "minutes", [STORE_DELETED_HOURS] = "hours",
	};
	struct hub_parts *parts = context;
	char count[DECIMAL_MAX + 1] = "", from[CLOCK_ISO_LEN + 1], to[CLOCK_ISO_LEN + 1];
	struct audit_words words = AUDIT_SAY(DELETED, span_make(count, decimal_write(deleted->count, count)), span_make(from, CLOCK_ISO_LEN), span_make(to, CLOCK_ISO_LEN));

	clock_write_iso_ms(deleted->from_s * 1000, from);
	clock_write_iso_ms(deleted->to_s * 1000, to);
	if (audit_add(parts->audit, &(struct audit_action){ SPAN("hub"), SPAN("store.delete"), span_of(whats[deleted->what]), .words = words }, parts->wires.loop->wall_ns) != RESULT_OK)
		fprintf(stderr, "bouclier: the audit log could not be written: %s rows of %s, from %s to %s, were deleted for their age\n", count, whats[deleted->what], from, to);
}

static void on_noticed(void *context, const struct observation *observation, const struct follow_mark *mark)
{
	struct hub_parts *parts = context;

	parts_noticed(parts, observation, mark);
	if (parts->changes && span_equal(observation->notice.action, SPAN("config-went-back")))
		change_look(parts->changes);
}

static void on_changed(struct keep_watch *watch, const struct keep_change *change)
{
	struct hub_parts *parts = list_entry(watch, struct hub_parts, watch);

	if (parts->alerts)
		alerts_incident(parts->alerts, change->incident, parts_now_s(parts));
	if (parts->api)
		api_incident_changed(parts->api, change->incident);
}

static const struct person_view *api_asks_caller(void *context, const struct web_request *request)
{
	const struct hub_parts *parts = context;

	return people_caller(parts->people, request);
}

static bool api_logs(void *context, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail)
{
	struct hub_parts *parts = context;

	return people_log(parts->people, request, answer, what, object, detail);
}

static bool asks_sees_all(void *context, const struct web_request *request)
{
	const struct hub_parts *parts = context;

	return people_caller(parts->people, request)->tenants.is_all;
}

static bool asks_sees(void *context, const struct web_request *request, struct span tenant)
{
	const struct hub_parts *parts = context;

	return person_sees(people_caller(parts->people, request), tenant);
}

static struct group *api_asks_group(void *context)
{
	struct hub_parts *parts = context;

	return keep_group(parts->keep);
}

static enum result api_asks_incident(void *context, uint64_t id, struct incident *out)
{
	struct hub_parts *parts = context;

	return keep_incident(parts->keep, id, out, NULL);
}

static enum result api_orders(void *context, const struct keep_order *order, struct incident *out)
{
	struct hub_parts *parts = context;

	return keep_order(parts->keep, order, out, NULL);
}

static void api_asks_health(void *context, struct keep_health *out)
{
	struct hub_parts *parts = context;

	keep_health(parts->keep, out);
}

static size_t api_asks_seconds(void *context, struct span site, struct keep_second *out, size_t count)
{
	struct hub_parts *parts = context;

	return keep_seconds(parts->keep, site, out, count);
}

static void put_alerts(void *context, struct json_writer *json)
{
	struct hub_parts *parts = context;

	alerts_put_paths(parts->alerts, json);
}

static void tick(struct timer *timer)
{
	struct hub_parts *parts = list_entry(timer, struct hub_parts, timer);
	struct loop *loop = parts->wires.loop;
	uint64_t keep_ms = (uint64_t)parts->wires.config->hub->keep.minutes_ms, wall_ms = loop->wall_ns / 1000000;
	unsigned deleted;

	people_tick(parts->people, loop->wall_ns);
	parts_warn(parts);
	alerts_second(parts->alerts, parts_now_s(parts));
	if (parts->ticks++ % PRUNE_TICKS == 0 && wall_ms > keep_ms)
		(void)!hub_probe_prune(parts->probe, wall_ms - keep_ms, NULL, &deleted);  /* the rest in an hour */
	timer_set(&loop->timers, timer, loop->now_ms + TICK_MS);
}

/* -- birth -- */

static enum result open_store(struct hub_parts *parts, struct complaints *complaints)
{
	const struct hub_config *config = parts->wires.config;
	struct span audit = arena_print(&parts->arena, "%.*s/audit", SPAN_ARG(config->state));
	enum result result = audit.at ? store_open(config->state, complaints, &parts->store) : RESULT_NO_MEMORY;

	if (result == RESULT_OK)
		result = audit_open(audit, complaints, &parts->audit);
	if (result == RESULT_OK)
		result = hub_probe_new(parts->store, &config->hub->probes, config->sites, config->site_count, complaints, &parts->probe);
	return result;
}

static enum result open_keep(struct hub_parts *parts, struct complaints *complaints)
{
	const struct hub_config *config = parts->wires.config;
	const struct keep_birth birth = {
		.loop = parts->wires.loop, .store = parts->store, .journal_fd = parts->wires.journal_fd, .source = SOURCE, .settings = config->hub,
		.sites = config->sites, .site_count = config->site_count, .countries = COUNTRIES, .outside = look_outside, .deleted = on_deleted, .noticed = on_noticed, .context = parts,
	};
	enum result result = keep_new(&birth, complaints, &parts->keep);

	if (result == RESULT_OK)
		keep_watch(parts->keep, &parts->watch);
	return result;
}

static const char *text_of(struct hub_parts *parts, const char *before, struct span text, const char *after)
{
	return arena_print(&parts->arena, "%s%.*s%s", before, SPAN_ARG(text), after).at;
}

struct span parts_url(struct hub_parts *parts)
{
	const struct hub_settings *hub = parts->wires.config->hub;

	return arena_print(&parts->arena, "%s%.*s:%u", hub->certificate.len ? "https://" : "http://", SPAN_ARG(hub->name), hub->listen.port);
}

enum result parts_file(void *context, struct span path, struct span *out)
{
	const struct hub_parts *parts = context;
	struct image_file file;
	enum result result = image_find_file(&parts->wires.start->image, path, &file);

	if (result == RESULT_OK && !file.bytes.len && file.error)
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		*out = file.bytes;
	return result;
}

/* Security, fails closed: where a file that oidc names cannot be read, nobody logs in that way. NULL. */
static const struct people_oidc *read_oidc(struct hub_parts *parts)
{
	const struct hub_oidc_settings *oidc = parts->wires.config->hub->oidc;
	struct span secret = SPAN_NONE, ca = SPAN_NONE;

	if (!oidc)
		return NULL;
	if ((oidc->client_secret_file.len && parts_file(parts, oidc->client_secret_file, &secret) != RESULT_OK) || (oidc->ca.len && parts_file(parts, oidc->ca, &ca) != RESULT_OK) ||
	    (oidc->client_secret_file.len && !span_trim(span_cut(&(struct span){ secret.at, secret.len }, '\n')).len)) {
		fprintf(stderr, "bouclier: a file that hub.oidc names cannot be read, or is empty: nobody logs in that way\n");
		return NULL;
	}
	parts->oidc = (struct people_oidc){ oidc->issuer, oidc->client_id, span_trim(span_cut(&secret, '\n')), ca, oidc->acr_values, (unsigned)oidc->claim, oidc->is_insecure };
	return &parts->oidc;
}

static enum result open_people(struct hub_parts *parts, struct complaints *complaints)
{
	const struct hub_config *config = parts->wires.config;
	char code[PEOPLE_CODE_BYTES] = "";
	struct people_settings settings = { .hub_uid = geteuid(), .needs_second_factor = config->hub->second_factor == HUB_SECOND_REQUIRED, .announce = parts_announce, .announce_context = parts,
		                            .oidc = read_oidc(parts), .fetch = parts_fetch, .fetch_context = parts };
	struct stat journal;
	enum result result;

	settings.name = text_of(parts, "", config->hub->name, "");
	settings.url = parts_url(parts).at;
	settings.state = text_of(parts, "", config->state, "");
	settings.shield_uid = fstat(parts->wires.journal_fd, &journal) == 0 ? journal.st_uid : geteuid();
	if (!settings.name || !settings.url || !settings.state)
		return RESULT_NO_MEMORY;
	result = people_new(&settings, parts->wires.loop, parts->store, parts->audit, complaints, code, &parts->people);
	if (result == RESULT_OK && code[0])
		fprintf(stderr, "bouclier: the hub has no administrator yet: open %s and give this code, once: %s\n", settings.url, code);
	return result;
}

static enum result open_api(struct hub_parts *parts)
{
	const struct api_birth birth = {
		.loop = parts->wires.loop, .store = parts->store, .config = parts->wires.config, .streams = parts->streams, .context = parts,
		.caller = api_asks_caller, .log = api_logs, .group = api_asks_group, .incident = api_asks_incident, .order = api_orders, .health = api_asks_health, .seconds = api_asks_seconds,
		.put_alerts = put_alerts, .alerts = parts_count_alerts,
	};

	return api_new(&birth, &parts->api);
}

void parts_add_routes(struct hub_parts *parts, const struct web_route *list, size_t count, void *context)
{
	struct web_routes *routes = &parts->routes;

	routes->tables[routes->table_count].list = list;
	routes->tables[routes->table_count].count = count;
	routes->tables[routes->table_count++].context = context;
}

static void gather_routes(struct hub_parts *parts)
{
	struct web_routes *routes = &parts->routes;

	parts->alert_routes = (struct alert_routes){ parts->alerts, parts, asks_sees_all, api_logs };
	parts->probe_door = (struct hub_probe_door){ parts->probe, asks_sees, parts };
	people_routes(parts->people, routes);
	api_routes(parts->api, routes);
	change_routes(parts->changes, routes);
	parts_add_routes(parts, alert_routes, ALERT_ROUTES, &parts->alert_routes);
	parts_add_routes(parts, hub_probe_routes, hub_probe_route_count, &parts->probe_door);
	routes->admit = people_admit;
	routes->admit_context = parts->people;
}

static enum result open_changes(struct hub_parts *parts)
{
	const struct change_birth birth = {
		.loop = parts->wires.loop, .store = parts->store, .audit = parts->audit, .people = parts->people, .keeper = parts->wires.keeper,
		.admin = parts->wires.config->admin,
	};

	return change_new(&birth, &parts->changes);
}

void hub_parts_answer(struct hub_parts *parts, const struct edge_order *order)
{
	change_answer(parts->changes, order);
}

static enum result open_all(struct hub_parts *parts, struct complaints *complaints)
{
	enum result result = open_store(parts, complaints);

	if (result == RESULT_OK)
		result = parts_open_moves(parts);
	if (result == RESULT_OK)
		result = open_keep(parts, complaints);
	if (result == RESULT_OK)
		result = open_people(parts, complaints);
	if (result == RESULT_OK)
		result = parts_open_alerts(parts, complaints);
	if (result == RESULT_OK)
		result = parts_open_warn(parts);
	if (result == RESULT_OK) {
		parts->streams = web_streams_new(parts->wires.loop);
		result = parts->streams ? open_api(parts) : RESULT_NO_MEMORY;
	}
	if (result == RESULT_OK)
		result = open_changes(parts);
	if (result != RESULT_OK)
		return result;
	gather_routes(parts);
	return parts_open_server(parts, complaints);
}

enum result hub_parts_new(const struct hub_wires *wires, struct complaints *complaints, struct hub_parts **out)
{
	struct hub_parts *parts = calloc(1, sizeof(*parts));
	enum result result;

	if (!parts)
		return RESULT_NO_MEMORY;
	parts->wires = *wires;
	parts->watch.changed = on_changed;
	arena_init(&parts->arena, (size_t)1 << 20, 4096);
	timer_init(&parts->timer, tick);
	result = open_all(parts, complaints);
	if (result != RESULT_OK) {
		hub_parts_free(parts);
		return result;
	}
	timer_set(&wires->loop->timers, &parts->timer, wires->loop->now_ms + TICK_MS);
	*out = parts;
	return RESULT_OK;
}

void hub_parts_free(struct hub_parts *parts)
{
	if (!parts)
		return;
	timer_cancel(&parts->wires.loop->timers, &parts->timer);
	if (parts->keep)
		keep_unwatch(&parts->watch);
	change_free(parts->changes);
	api_free(parts->api);
	if (parts->streams)
		web_streams_free(parts->streams);
	if (parts->server)
		web_server_free(parts->server);
	warn_free(parts->warn);
	if (parts->alerts)
		alerts_free(parts->alerts);
	if (parts->people)
		people_free(parts->people);
	keep_free(parts->keep);
	if (parts->probe)
		hub_probe_free(parts->probe);
	if (parts->audit)
		audit_close(parts->audit);
	store_close(parts->store);
	arena_done(&parts->arena);
	free(parts);
}
