#include "cli/edge/retreat.h"

#include <stdio.h>

#include "base/clock.h"
#include "waf/score.h"

#include "base/banned.h"

static bool is_of_protocol(const struct rule *rule)
{
	return (rule->id >= 920000 && rule->id < 923000) || rule_has_tag(rule, SPAN("attack-protocol"));
}

/* Security, fails closed: a rule that refuses by itself is somebody's own decision. */
bool edge_retreat_may(const struct rule *rule)
{
	enum score_side side;

	return rule && rule_points(rule, &side) && !is_of_protocol(rule) && rule->disruption != DISRUPT_DENY && rule->disruption != DISRUPT_DROP &&
	       rule->disruption != DISRUPT_REDIRECT;
}

static const struct edge_route *route_of(const struct edge_site *site, enum method method, struct span path)
{
	const struct route *route = config_find_route(site->site, path);

	while (route && site->routes[route->index].selects && !(site->routes[route->index].selects >> method & 1))
		route = config_next_route(site->site, route, path);
	return route ? &site->routes[route->index] : &site->routes[site->site->route_count - 1];
}

/* A route that says `retreat: false` now has none to announce, whatever was counted before it said so. */
static bool may(void *context, uint32_t id, enum method method, struct span path)
{
	const struct edge_site *site = context;

	return route_of(site, method, path)->settings->waf.retreat && edge_retreat_may(edge_site_rule(site, id));
}

static void tell(struct edge_state *state, const struct edge_site *site, const struct retreat *retreat, bool is_over)
{
	char until[CLOCK_ISO_LEN + 1], text[512];
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = is_over ? SPAN("waf-rule-enforced") : SPAN("waf-rule-retreated"),
		                 .site = site->site->name };
	struct span method = method_name((enum method)retreat->method);

	clock_write_iso(retreat->until_s * (uint64_t)1000000000, until);
	if (is_over)
		snprintf(text, sizeof(text), "rule %u is in block again for %.*s %.*s", retreat->rule, SPAN_ARG(method), retreat->path_len, retreat->path);
	else
		snprintf(text, sizeof(text), "rule %u refused %u known visitors and more: it only observes %.*s %.*s until %.10s "
		         "(bouclier rules tune; bouclier rules enforce ends it)", retreat->rule, RETREAT_CLIENTS, SPAN_ARG(method), retreat->path_len,
		         retreat->path, until);
	notice.detail = span_of(text);
	fprintf(stderr, "bouclier: %s%.*s: %s\n", is_over ? "" : "ALERT: ", SPAN_ARG(site->site->name), text);
	if (state->event)
		event_notice(state->event, &notice);
}

static bool is_blocking(const struct edge_site *site)
{
	for (size_t i = 0; i < site->site->route_count; i++) {
		const struct edge_waf *waf = edge_route_waf(site, &site->routes[i]);

		if (waf && waf->mode == WAF_MODE_BLOCK && site->routes[i].settings->waf.retreat)
			return true;
	}
	return false;
}

static void look(struct edge_state *state, struct edge_site *site, uint32_t now_s)
{
	const struct retreat_judge judge = { site, may };
	struct retreat news[RETREATS_MAX];
	unsigned count = retreat_is_any(site->hits) ? retreat_expire(site->hits, site->key, now_s, news) : 0;

	for (unsigned i = 0; i < count; i++)
		tell(state, site, &news[i], true);
	count = is_blocking(site) ? retreat_look(site->hits, site->key, now_s, &judge, news) : 0;
	for (unsigned i = 0; i < count; i++)
		tell(state, site, &news[i], false);
}

void edge_retreat_tick(struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);

	if (state->is_draining || state->common.is_reduced)
		return;
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].hits)
			look(state, &plan->sites[i], (uint32_t)(clock_wall_ns() / 1000000000u));
	}
}

enum result edge_retreat_enforce(struct edge_state *state, struct edge_site *site, uint32_t rule)
{
	struct retreat list[RETREATS_MAX];
	unsigned count = site->hits ? retreat_list(site->hits, site->key, list) : 0;

	if (!count || !retreat_enforce(site->hits, site->key, (uint32_t)(clock_wall_ns() / 1000000000u), rule))
		return RESULT_NOT_FOUND;
	for (unsigned i = 0; i < count; i++) {
		if (list[i].rule == rule && !list[i].is_enforced)
			tell(state, site, &list[i], true);
	}
	return RESULT_OK;
}
