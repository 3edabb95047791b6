#include "edge/caller/plan_sources.h"

#include <limits.h>
#include <stdlib.h>

#include "waf/rule.h"

#include "base/banned.h"

/* -- whom no ban may touch -- */

static size_t append(struct network *to, size_t count, const struct list_value *from)
{
	if (from->count)
		memcpy(to + count, from->items, from->count * sizeof(*to));
	return count + from->count;
}

/* This machine itself: its own monitoring, or a proxy in front of the shield that nobody named. */
static const char *const own_addresses[] = { "127.0.0.1", "::1" };
#define OWN_ADDRESSES (sizeof(own_addresses) / sizeof(*own_addresses))

static enum result make_exempt(struct plan *plan, const struct guard_top_settings *guard)
{
	size_t count = OWN_ADDRESSES + (guard ? guard->management.count : 0);
	struct network *list;

	for (size_t i = 0; i < plan->port_count; i++)
		count += plan->ports[i].trusted_proxies.count;
	list = arena_new_array(&plan->arena, struct network, count);
	if (!list)
		return RESULT_NO_MEMORY;
	for (count = 0; count < OWN_ADDRESSES; count++) {
		if (network_read(span_of(own_addresses[count]), &list[count]) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	if (guard)
		count = append(list, count, &guard->management);
	for (size_t i = 0; i < plan->port_count; i++) {
		/* Most listeners share the file's list. */
		if (i == 0 || plan->ports[i].trusted_proxies.items != plan->ports[i - 1].trusted_proxies.items)
			count = append(list, count, &plan->ports[i].trusted_proxies);
	}
	plan->exempt = (struct list_value){ list, count };
	return RESULT_OK;
}

/* -- a site's own -- */

/* Sites that say nothing of their own share the defaults' settings, and what is made of them. NULL: SITE is the first that has them. */
static const struct lists *find_lists(const struct plan *plan, const struct edge_site *site)
{
	for (const struct edge_site *before = plan->sites; before < site; before++) {
		if (before->lists && source_site_settings(before->site) == source_site_settings(site->site))
			return before->lists;
	}
	return NULL;
}

/* ALL, with room for one more, gets what is made. */
static enum result make_lists(struct plan *plan, struct edge_site *site, const struct lists **all, size_t *count)
{
	const struct source_site_settings *settings = source_site_settings(site->site);
	struct lists *lists;
	enum result result;

	if (!settings || (!settings->allowlist.count && !settings->denylist.count))
		return RESULT_OK;
	site->lists = find_lists(plan, site);
	if (site->lists)
		return RESULT_OK;
	result = lists_new(&plan->arena, settings, &lists);
	if (result != RESULT_OK)
		return result;
	site->lists = all[(*count)++] = lists;
	plan->needs_place |= lists_need_place(lists);
	return RESULT_OK;
}

static enum result make_bots(struct plan *plan, struct edge_site *site, const struct edge_site *before)
{
	const struct source_site_settings *settings = source_site_settings(site->site);
	struct bots bots, *kept;

	if (!settings || !bots_make(&settings->bots, &bots))
		return RESULT_OK;
	if (before && source_site_settings(before->site) == settings) {
		site->bots = before->bots;
		return RESULT_OK;
	}
	kept = arena_new(&plan->arena, struct bots);
	if (!kept)
		return RESULT_NO_MEMORY;
	*kept = bots;
	site->bots = kept;
	return RESULT_OK;
}

bool plan_site_observes(const struct site *site)
{
	const struct guard_site_settings *settings = guard_site_settings(site);

	return settings && settings->mode == GUARD_OBSERVE;
}

static enum result make_limits(struct plan *plan, struct edge_site *site)
{
	const struct guard_site_settings *settings = guard_site_settings(site->site);
	struct rate_limits *limits;
	enum result result;

	if (!settings || !settings->rate_limits.count)
		return RESULT_OK;
	result = rate_limits_new(&plan->arena, site->site->name, settings, &limits);
	if (result == RESULT_OK)
		site->rate_limits = limits;
	return result;
}

/* What requests of the site are counted in, for themselves. */
static enum result make_counters(struct plan *plan, struct edge_site *site)
{
	site->majority = arena_new(&plan->arena, struct majority);
	site->seen_after = arena_new(&plan->arena, uint64_t);
	if (!site->majority || !site->seen_after)
		return RESULT_NO_MEMORY;
	*site->majority = (struct majority){ 0 };
	*site->seen_after = 0;
	return RESULT_OK;
}

static enum result make_all_lists(struct plan *plan)
{
	const struct lists **all = malloc((plan->site_count + 1) * sizeof(struct lists *));
	enum result result = all ? RESULT_OK : RESULT_NO_MEMORY;
	struct lists *joined;
	size_t count = 0;

	for (size_t i = 0; i < plan->site_count && result == RESULT_OK; i++)
		result = make_lists(plan, &plan->sites[i], all, &count);
	if (result == RESULT_OK && count) {
		result = lists_join(&plan->arena, all, count, &joined);
		plan->partners = result == RESULT_OK ? joined : NULL;
	}
	free(all);
	return result;
}

enum result plan_make_sources(struct plan *plan, const struct snapshot *snapshot)
{
	const struct guard_top_settings *guard = guard_top_settings(snapshot);
	enum source_budget which;
	enum result result = guard ? source_budgets_make(&guard->budgets, &plan->budgets, &which) : RESULT_OK;

	if (result == RESULT_OK)
		result = make_exempt(plan, guard);
	if (result == RESULT_OK)
		result = make_all_lists(plan);
	for (size_t i = 0; i < plan->site_count && result == RESULT_OK; i++) {
		struct edge_site *site = &plan->sites[i];

		plan->observes |= site->observes;
		plan->has_tenants |= !span_equal(site->site->tenant, plan->sites[0].site->tenant);
		result = make_bots(plan, site, i ? site - 1 : NULL);
		if (result == RESULT_OK)
			result = make_limits(plan, site);
		if (result == RESULT_OK)
			result = make_counters(plan, site);
	}
	return result;
}

/* -- where somebody is -- */

static void complain_geo(const struct plan_needs *needs, struct place place, uint32_t rule, enum result result)
{
	const char *why = result == RESULT_NOT_FOUND   ? "the library libloc.so.1 is not here" :
	                  result == RESULT_MALFORMED ? "what `countries` names is no database of libloc" :
	                                               "the database that `countries` names cannot be opened";
	struct span how = SPAN("install Debian's packages libloc1 and libloc-database, or name a database with `countries`");

	if (rule)
		complain(needs->complaints, COMPLAINT_WARNING, place, how, "rule %u: @geoLookup never matches: %s", rule, why);
	else
		complain(needs->complaints, COMPLAINT_WARNING, place, how, "countries and autonomous systems of allowlist and denylist never match: %s", why);
}

/* The first site whose lists ask for it. */
static struct place place_of_lists(const struct plan *plan)
{
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].lists && lists_need_place(plan->sites[i].lists))
			return plan->sites[i].site->place;
	}
	return (struct place){ 0 };
}

enum result plan_open_geo(struct plan *plan, const struct plan_needs *needs)
{
	const struct rule *rule = plan->wafs ? edge_wafs_find_geo(plan->wafs) : NULL;
	char path[PATH_MAX];
	enum result result;

	if (!rule && !plan->needs_place)
		return RESULT_OK;
	result = span_to_text(plan->top->countries, path, sizeof(path));
	if (result == RESULT_OK)
		result = geo_open(path, &plan->geo);
	if (result == RESULT_OK || result == RESULT_NO_MEMORY || !needs->complaints)
		return result == RESULT_NO_MEMORY ? result : RESULT_OK;
	if (rule)
		complain_geo(needs, rule->place, rule->id, result);
	if (plan->needs_place)
		complain_geo(needs, place_of_lists(plan), 0, result);
	return RESULT_OK;
}
