/* GET /status: the running edge as one JSON object, from which `bouclier status` and `bouclier top` make their pages. */
#include "cli/admin/inner.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cli/edge/link.h"
#include "cli/hub_status.h"
#include "edge/caller/bot_names.h"
#include "event/format.h"

#include "base/banned.h"

#define WAF_DIGEST_SHOWN 8
#define LEARNED_SHOWN 64u

static void put_keeper(struct json_writer *json, const struct shared_keeper *keeper)
{
	json_put_number(json, SPAN("generation"), keeper->generation);
	json_put_time(json, SPAN("keeper_started"), keeper->started_wall_ns);
	json_put_number(json, SPAN("keeper_uptime_s"), (clock_wall_ns() - keeper->started_wall_ns) / 1000000000);
	json_put_number(json, SPAN("reloads"), keeper->reloads);
	json_put_number(json, SPAN("reload_failures"), keeper->reload_failures);
	json_put_time(json, SPAN("reloaded"), keeper->reloaded_wall_ns);
	json_put_number(json, SPAN("edge_starts"), keeper->edge_starts);
	json_put_number(json, SPAN("edge_deaths"), keeper->edge_deaths);
	json_put_time(json, SPAN("edge_died"), keeper->edge_died_wall_ns);
	json_put_bool(json, SPAN("fallen_back"), keeper->is_fallen_back != 0);
	json_put_time(json, SPAN("confirm_until"), keeper->confirm_until_wall_ns);
	json_put_number(json, SPAN("went_back"), keeper->went_back);
	json_put_number(json, SPAN("upgrades"), keeper->upgrades);
}

static void put_process(struct json_writer *json, const struct edge_state *state)
{
	json_put_text(json, SPAN("version"), SPAN(BOUCLIER_VERSION));
	json_put_text(json, SPAN("node"), span_of(state->common.node));
	json_put_number(json, SPAN("pid"), (uint64_t)getpid());
	json_put_number(json, SPAN("keeper_pid"), (uint64_t)getppid());
	json_put_time(json, SPAN("now"), clock_wall_ns());
	json_put_time(json, SPAN("started"), state->started_wall_ns);
	json_put_number(json, SPAN("uptime_s"), (clock_wall_ns() - state->started_wall_ns) / 1000000000);
	json_put_number(json, SPAN("workers"), state->worker_count);
	json_put_number(json, SPAN("memory_bytes"), admin_memory_bytes());
	json_put_bool(json, SPAN("reduced"), state->common.is_reduced);
	json_put_bool(json, SPAN("draining"), state->is_draining);
	json_put_number(json, SPAN("admitted"), admin_count_admitted(state));
	if (state->keeper)
		put_keeper(json, state->keeper);
	hub_status_put(json, &state->start.shared);
}

static void put_connections(struct json_writer *json, const struct edge_state *state)
{
	struct worker_gauges gauges = admin_gauges(state);

	json_open(json, SPAN("connections"), '{');
	json_put_number(json, SPAN("open"), gauges.connections);
	json_put_number(json, SPAN("tls"), gauges.tls_connections);
	json_put_number(json, SPAN("h2"), gauges.h2_connections);
	json_put_number(json, SPAN("accepted"), __atomic_load_n(&state->common.accepted, __ATOMIC_RELAXED));
	json_put_number(json, SPAN("over_limit"), __atomic_load_n(&state->common.refused, __ATOMIC_RELAXED));
	json_put_number(json, SPAN("requests_at_work"), gauges.requests_at_work);
	json_put_number(json, SPAN("origin"), gauges.origin_connections);
	json_put_number(json, SPAN("origin_idle"), gauges.origin_idle);
	json_close(json, '}');
}

static void put_journal(struct json_writer *json, struct admin *admin, const struct counts_view *view)
{
	struct event *event = admin->state->event;
	const struct tally *tally = event_tally(event);
	struct losses losses = event_losses(event);

	json_open(json, SPAN("journal"), '{');
	json_put_bool(json, SPAN("writing"), event_state(event).is_writing);
	json_put_number(json, SPAN("errno"), (uint64_t)event_state(event).error);
	json_put_number(json, SPAN("detail_lines"), tally->numbers[TALLY_DETAIL_LINES]);
	json_put_number(json, SPAN("counts_lines"), tally->numbers[TALLY_COUNTS_LINES]);
	json_put_number(json, SPAN("lost"), losses_sum(&losses));
	json_put_number(json, SPAN("lost_ring_full"), losses.ring_full);
	json_put_number(json, SPAN("lost_ring_damaged"), losses.ring_damaged);
	json_put_number(json, SPAN("lost_disk"), losses.disk);
	json_put_number(json, SPAN("lost_torn"), losses.torn);
	json_put_number(json, SPAN("filtered"), view->filtered);
	json_close(json, '}');
}

static void put_audit(struct json_writer *json, struct admin *admin)
{
	struct audit_state audit;

	if (event_audit_state(admin->state->event, &audit) != RESULT_OK)
		return;
	json_open(json, SPAN("audit_log"), '{');
	json_put_bool(json, SPAN("writing"), !audit.error);
	json_put_number(json, SPAN("errno"), (uint64_t)audit.error);
	json_put_number(json, SPAN("written"), audit.written);
	json_put_number(json, SPAN("lost"), audit.lost);
	json_put_number(json, SPAN("bytes"), audit.bytes);
	json_put_number(json, SPAN("dropped_bytes"), audit.dropped_bytes);
	json_close(json, '}');
}

static void put_bypass(struct json_writer *json, const struct site_switch *found)
{
	json_open(json, SPAN("bypass"), '{');
	json_put_time_ms(json, SPAN("until"), found->bypass_until_ms);
	json_put_text(json, SPAN("reason"), span_make(found->reason, strnlen(found->reason, sizeof(found->reason))));
	json_close(json, '}');
}

static void put_origin(struct json_writer *json, const struct pool_member *member)
{
	const struct origin *origin = member->origin;
	struct gate_view gate = gate_look(&member->origin->gate);

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("origin"), origin->text);
	json_put_bool(json, SPAN("up"), !origin->is_down);
	json_put_bool(json, SPAN("checked"), origin->has_checks);
	if (origin->check_says[0])
		json_put_text(json, SPAN("check"), span_of(origin->check_says));
	json_put_bool(json, SPAN("backup"), member->settings->is_backup);
	json_put_bool(json, SPAN("draining"), member->settings->is_draining);
	json_put_number(json, SPAN("at_work"), origin->at_work);
	json_put_number(json, SPAN("limit"), gate.limit);
	json_put_number(json, SPAN("held"), gate.at_work);
	json_put_number(json, SPAN("waiting"), gate.waiting);
	json_put_number(json, SPAN("requests"), origin->requests);
	json_put_number(json, SPAN("errors"), origin->errors);
	json_close(json, '}');
}

/* Of every pool of the site: a route without origins of its own shares the site's. */
static void put_origins(struct json_writer *json, const struct edge_site *site)
{
	json_open(json, SPAN("origins"), '[');
	for (size_t i = 0; i < site->site->route_count; i++) {
		const struct edge_route *route = &site->routes[i];

		for (unsigned m = 0; route->owns_pool && route->pool && m < route->pool->count; m++)
			put_origin(json, &route->pool->members[m]);
	}
	json_close(json, ']');
}

/* {"allow": 5, "block": 2}, requests and connections together. */
static void put_decisions(struct json_writer *json, const uint64_t *numbers)
{
	json_open(json, SPAN("decisions"), '{');
	for (unsigned d = 0; d < DECISION_COUNT; d++) {
		uint64_t sum = numbers[COUNTS_CONNECTIONS + d];

		for (unsigned c = 0; c < COUNTS_CLASSES; c++)
			sum += numbers[COUNTS_DECISIONS + d * COUNTS_CLASSES + c];
		if (sum)
			json_put_number(json, format_decision((enum decision)d), sum);
	}
	json_close(json, '}');
}

static void put_classes(struct json_writer *json, const uint64_t *numbers)
{
	static const struct span names[COUNTS_CLASSES] = { SPAN_INIT("none"), SPAN_INIT("1xx"), SPAN_INIT("2xx"),
		                                           SPAN_INIT("3xx"), SPAN_INIT("4xx"), SPAN_INIT("5xx") };

	json_open(json, SPAN("statuses"), '{');
	for (unsigned c = 0; c < COUNTS_CLASSES; c++) {
		uint64_t sum = 0;

		for (unsigned d = 0; d < DECISION_COUNT; d++)
			sum += numbers[COUNTS_DECISIONS + d * COUNTS_CLASSES + c];
		if (sum)
			json_put_number(json, names[c], sum);
	}
	json_close(json, '}');
}

static void put_reasons(struct json_writer *json, const uint64_t *numbers)
{
	json_open(json, SPAN("reasons"), '{');
	for (unsigned r = REASON_NONE + 1; r < REASON_COUNT; r++) {
		if (numbers[COUNTS_REASONS + r])
			json_put_number(json, format_reason((enum reason)r), numbers[COUNTS_REASONS + r]);
	}
	json_close(json, '}');
}

static void put_counts(struct json_writer *json, const struct counts_total *total)
{
	put_decisions(json, total->numbers);
	put_classes(json, total->numbers);
	put_reasons(json, total->numbers);
	json_put_number(json, SPAN("request_bytes"), total->numbers[COUNTS_REQUEST_BYTES]);
	json_put_number(json, SPAN("response_bytes"), total->numbers[COUNTS_RESPONSE_BYTES]);
	json_put_number(json, SPAN("total_us"), total->numbers[COUNTS_TOTAL_US]);
	if (total->numbers[COUNTS_AUDIT_LOST])
		json_put_number(json, SPAN("audit_lost"), total->numbers[COUNTS_AUDIT_LOST]);
}

static void put_certificate(struct json_writer *json, struct certificate_view view)
{
	if (!view.not_after_ms)
		return;
	json_open(json, SPAN("certificate"), '{');
	json_put_time_ms(json, SPAN("not_after"), (uint64_t)view.not_after_ms);
	json_put_bool(json, SPAN("self_signed"), view.is_self_signed);
	json_close(json, '}');
}

/* The totals by name: ten thousand sites are looked up for one page. */
struct total_index {
	const struct counts_total **list;
	size_t count;
};

static int compare_totals(const void *a, const void *b)
{
	return span_compare((*(const struct counts_total *const *)a)->name, (*(const struct counts_total *const *)b)->name);
}

/* Without memory the page has no counts by site, and the rest of it. */
static void index_totals(const struct counts_view *view, struct total_index *index)
{
	index->list = calloc(view->count + 1, sizeof(*index->list));
	index->count = index->list ? view->count : 0;
	for (size_t i = 0; i < index->count; i++)
		index->list[i] = &view->totals[i];
	if (index->count)
		qsort(index->list, index->count, sizeof(*index->list), compare_totals);
}

static const struct counts_total *find_total(const struct total_index *index, struct span name)
{
	struct counts_total wanted = { .name = name };
	const struct counts_total *key = &wanted, **found;

	found = index->count ? bsearch(&key, index->list, index->count, sizeof(*index->list), compare_totals) : NULL;
	return found ? *found : NULL;
}

/* DIGEST: rules that have the same are the same, byte by byte. */
static void put_waf(struct json_writer *json, const struct admin *admin, const struct edge_site *site, const struct edge_waf *waf)
{
	char digest[2 * WAF_DIGEST_SHOWN];

	json_open(json, SPAN("waf"), '{');
	json_put_text(json, SPAN("mode"), waf_mode_name(waf->mode));
	json_put_text(json, SPAN("ruleset"), waf->ruleset);
	hex_write(waf->digest, WAF_DIGEST_SHOWN, digest);
	json_put_text(json, SPAN("rules"), span_make(digest, sizeof(digest)));
	admin_put_graduation(json, admin, site);
	admin_put_retreats(json, site);
	json_close(json, '}');
}

static void put_site(struct json_writer *json, struct admin *admin, const struct edge_site *site, const struct total_index *index)
{
	const struct counts_total *total = find_total(index, site->site->name);
	const struct site_switch *bypass = admin_find_bypass(admin->state, site->key, clock_wall_ns() / 1000000);
	const struct edge_waf *waf = edge_route_waf(site, &site->routes[site->site->route_count - 1]);

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), site->site->name);
	json_put_text(json, SPAN("tenant"), site->site->tenant);
	json_open(json, SPAN("hosts"), '[');
	for (size_t i = 0; i < site->site->host_count; i++)
		json_put_text(json, SPAN_NONE, site->site->hosts[i]);
	json_close(json, ']');
	json_put_bool(json, SPAN("inspected"), !site->is_passthrough);
	if (waf)
		put_waf(json, admin, site, waf);
	admin_put_level(json, site);
	admin_put_guard(json, site);
	admin_put_kinds(json, site);
	put_origins(json, site);
	put_certificate(json, admin_certificate(admin, site->site));
	if (bypass)
		put_bypass(json, bypass);
	admin_put_maintenance(json, admin, site);
	admin_put_continuity(json, admin, site);
	if (total)
		put_counts(json, total);
	json_close(json, '}');
}

static void put_sites(struct json_writer *json, struct admin *admin, const struct counts_view *view)
{
	const struct plan *plan = plan_of(admin->state->snapshot);
	struct total_index index;

	index_totals(view, &index);
	json_open(json, SPAN("sites"), '[');
	for (size_t i = 0; i < plan->site_count && json->result == RESULT_OK; i++)
		put_site(json, admin, &plan->sites[i], &index);
	json_close(json, ']');
	free(index.list);
}

static struct span site_name(const struct plan *plan, uint64_t key)
{
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].key == key)
			return plan->sites[i].site->name;
	}
	return SPAN_NONE;
}

/* Pages that are shared though their origins declare nothing: those that are asked for most. */
static void put_learned(struct json_writer *json, const struct edge_state *state)
{
	__attribute__((uninitialized)) struct learn_view list[LEARNED_SHOWN];
	size_t learned = 0, count;

	if (!state->common.cache)
		return;
	count = cache_learner_view(state->common.cache->learner, list, LEARNED_SHOWN, &learned);
	json_open(json, SPAN("learned"), '{');
	json_put_number(json, SPAN("pages"), learned);
	json_open(json, SPAN("routes"), '[');
	for (size_t i = 0; i < count; i++) {
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("site"), site_name(plan_of(state->snapshot), list[i].site));
		json_put_text(json, SPAN("url"), span_make(list[i].url, list[i].url_len));
		json_put_number(json, SPAN("shared"), list[i].shared);
		json_put_number(json, SPAN("learned_s"), (clock_mono_ms() - list[i].learned_ms) / 1000);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static void put_cache_disk(struct json_writer *json, const struct edge_state *state)
{
	struct copies_state disk;

	if (!state->common.cache || !state->common.cache->disk)
		return;
	disk = copies_state(state->common.cache->disk);
	json_open(json, SPAN("cache_disk"), '{');
	json_put_number(json, SPAN("answers"), disk.copies);
	json_put_number(json, SPAN("bytes"), disk.bytes);
	json_put_number(json, SPAN("limit"), (uint64_t)plan_of(state->snapshot)->top->cache_disk_bytes);
	json_put_number(json, SPAN("given"), disk.given);
	json_put_number(json, SPAN("written"), disk.written);
	json_put_number(json, SPAN("skipped"), disk.skipped);
	json_put_number(json, SPAN("late"), disk.late);
	json_put_number(json, SPAN("damaged"), disk.damaged);
	if (disk.has_bad_key || disk.error)
		json_put_text(json, SPAN("error"), disk.has_bad_key ? SPAN("its key is not one that the shield alone may read") : span_of(strerror(disk.error)));
	json_close(json, '}');
}

/* Who says to be a good bot, since this edge began. */
static void put_bots(struct json_writer *json, struct bot_names *names)
{
	struct bot_counts counts;

	if (!names)
		return;
	counts = bot_names_counts(names);
	json_open(json, SPAN("bots"), '{');
	json_put_number(json, SPAN("proven"), counts.proven);
	json_put_number(json, SPAN("refuted"), counts.refuted);
	json_put_number(json, SPAN("requests"), counts.requests);
	json_put_number(json, SPAN("questions"), counts.asked);
	json_put_number(json, SPAN("unanswered"), counts.failed);
	json_put_number(json, SPAN("left_out"), counts.left_out);
	json_close(json, '}');
}

static void put_listeners(struct json_writer *json, const struct plan *plan)
{
	json_open(json, SPAN("listeners"), '[');
	for (size_t i = 0; i < plan->port_count; i++) {
		char text[ENDPOINT_TEXT_MAX];

		endpoint_write(&plan->ports[i].endpoint, text);
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("address"), span_of(text));
		json_put_bool(json, SPAN("tls"), plan->ports[i].is_tls);
		json_put_bool(json, SPAN("redirects"), plan->ports[i].redirects);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_tenant_problems(struct json_writer *json, const struct snapshot *snapshot)
{
	json_open(json, SPAN("tenant_problems"), '[');
	for (size_t i = 0; i < snapshot->problem_count; i++) {
		const struct tenant_problem *problem = &snapshot->problems[i];

		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("tenant"), problem->tenant);
		json_put_number(json, SPAN("errors"), problem->errors);
		json_put_bool(json, SPAN("previous_version_serves"), problem->has_previous);
		json_put_text(json, SPAN("report"), problem->report);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* What no site got: unknown hosts, connections that never said a name. */
static void put_unnamed(struct json_writer *json, const struct counts_view *view)
{
	json_open(json, SPAN("no_site"), '{');
	if (view->count)
		put_counts(json, &view->totals[0]);
	json_close(json, '}');
}

void admin_answer_status(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	const struct edge_state *state = admin->state;
	const struct counts_view *view = event_counts(state->event);
	const struct site_switch *bypass = admin_find_bypass(state, EVERY_SITE, clock_wall_ns() / 1000000);
	struct line_told line;
	struct json_writer json;

	(void)request;
	if (!view || !state->snapshot) {
		admin_refuse(answer, 503, view ? "no configuration is loaded" : "out of memory");
		return;
	}
	admin_begin_json(answer, &json);
	put_process(&json, state);
	put_connections(&json, state);
	if (edge_link_look(state->line, &line))
		line_put(&json, &line);
	admin_put_filter(&json, state);
	admin_put_alerts(&json, state);
	put_journal(&json, admin, view);
	put_audit(&json, admin);
	if (bypass)
		put_bypass(&json, bypass);
	put_tenant_problems(&json, state->snapshot);
	put_unnamed(&json, view);
	put_sites(&json, admin, view);
	put_learned(&json, state);
	put_cache_disk(&json, state);
	put_bots(&json, state->common.bot_names);
	put_listeners(&json, plan_of(state->snapshot));
	admin_finish_json(answer, &json);
}
