/* What the rule set says of the rules that a request met: points, transformations, thresholds. */
#include "cli/explain/explained.h"
#include "edge/sites/plan.h"
#include "edge/sites/settings.h"
#include "message/path.h"

#include "base/banned.h"

/* CRS's own, where a site says nothing. */
static const unsigned usual_thresholds[SCORE_SIDES] = { 5, 4 };

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

	memcpy(explained->thresholds, usual_thresholds, sizeof(usual_thresholds));
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

/* -- what a rule did -- */

unsigned explained_points(const struct explained_rule *rule, enum score_side *side)
{
	bool is_of_crs = rule->id >= 910000 && rule->id < 1000000;

	*side = rule->phase >= 3 || (rule->id >= 950000 && rule->id < 960000) ? SCORE_OUTBOUND : SCORE_INBOUND;
	if (rule_is_sum(rule->id))
		return 0;
	if (rule->rule)
		return rule_points(rule->rule, side);
	return is_of_crs ? severity_points(rule->severity) : 0;
}

bool explained_counts(const struct explained_rule *rule)
{
	enum score_side side;

	if (rule->rule)
		return rule_counts(rule->rule);
	if (rule_is_sum(rule->id))
		return false;
	/* Nobody knows what it does: told as one that may have counted. */
	return explained_points(rule, &side) || (rule->phase && !(rule->id >= 900000 && rule->id < 1000000));
}

/* "Inbound Anomaly Score Exceeded (Total Score: 5)": of 949110, and of 959100 for answers. */
unsigned explained_said_score(const struct explained *explained, enum score_side side)
{
	static const struct span words = SPAN_INIT("Total Score: ");

	for (unsigned i = 0; i < explained->rule_count; i++) {
		struct span msg = explained->rules[i].msg;
		uint64_t number;

		if (explained->rules[i].id / 1000 != (side == SCORE_OUTBOUND ? 959 : 949))
			continue;
		while (msg.len && !span_starts(msg, words))
			msg = span_skip(msg, 1);
		msg = span_skip(msg, words.len);
		if (msg.len && span_to_u64(span_take(msg, span_find(msg, ')')), 1000000, &number) == RESULT_OK)
			return (unsigned)number;
	}
	return 0;
}
