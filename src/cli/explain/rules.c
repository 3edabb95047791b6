/* What the rule set says of the rules that a request met: points, transformations, thresholds. */
#include "cli/explain/explaining.h"
#include "edge/sites/plan.h"
#include "edge/sites/settings.h"
#include "message/path.h"

#include "base/banned.h"

/* -- where it went -- */

static const struct site *find_site(const struct snapshot *snapshot, struct span name)
{
	for (size_t i = 0; i < snapshot->site_count; i++) {
		if (span_equal(snapshot->sites[i].name, name))
			return &snapshot->sites[i];
	}
	return NULL;
}

const struct route *explained_route(const struct site *site, enum method method, struct span path, struct arena *arena)
{
	char *tidy = arena_take(arena, path.len + 1);
	const struct route *route;

	if (!tidy)
		return NULL;
	if (path.len && !path_is_plain(path))
		path = path_tidy(path, tidy);
	route = config_find_route(site, path);
	while (route) {
		uint64_t selects = plan_method_mask(&edge_settings_of(route->sections)->methods);

		if (!selects || selects >> method & 1)
			return route;
		route = config_next_route(site, route, path);
	}
	return &site->routes[site->route_count - 1];
}

static void add_thresholds(struct explained *explained)
{
	const struct waf_settings *settings = explained->settings;

	explained_usual_thresholds(explained);
	if (settings && settings->inbound_threshold)
		explained->thresholds[SCORE_INBOUND] = (unsigned)settings->inbound_threshold;
	if (settings && settings->outbound_threshold)
		explained->thresholds[SCORE_OUTBOUND] = (unsigned)settings->outbound_threshold;
}

enum result explained_add_rules(struct explained *explained, struct loaded *loaded)
{
	const struct site *site = loaded->snapshot ? find_site(loaded->snapshot, explained->site) : NULL;
	const struct route *route = site ? explained_route(site, method_of(explained->method), explained->path, &loaded->snapshot->arena) : NULL;
	const struct rule_set *set;

	if (site && !route)
		return RESULT_NO_MEMORY;
	if (route)
		explained->settings = &edge_settings_of(route->sections)->waf;
	add_thresholds(explained);
	set = explained->settings ? rule_check_find(&loaded->rules, loaded->snapshot, site, explained->settings) : NULL;
	explained->has_rules = set != NULL;
	for (unsigned i = 0; set && i < explained->rule_count; i++)
		explained->rules[i].rule = waf_rules_find(set->rules, explained->rules[i].id);
	return RESULT_OK;
}
