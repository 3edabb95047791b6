#include "edge/caller/plan_sources.h"

#include <stdlib.h>

#include "base/hash.h"
#include "message/head.h"
#include "waf/rule.h"

#include "base/banned.h"

uint64_t plan_site_key(struct span site_name)
{
	/* A fixed seed: an administrator's own names attack nobody, and the key must be the same after a restart. */
	uint64_t key = hash_span((struct hash_seed){ 0x73697465u, 1 }, site_name);

	return key ? key : 1;
}

const struct edge_site *plan_find_site(const struct plan *plan, uint64_t key)
{
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].key == key)
			return &plan->sites[i];
	}
	return NULL;
}

uint64_t plan_method_mask(const struct list_value *list)
{
	const struct span *methods = list->items;
	uint64_t mask = 0;

	for (size_t i = 0; i < list->count; i++)
		mask |= (uint64_t)1 << method_of(methods[i]);
	if (mask & (uint64_t)1 << METHOD_GET)
		mask |= (uint64_t)1 << METHOD_HEAD;  /* RFC 9110, 9.1: who has GET has HEAD */
	return mask;
}

/* What a reader takes even where every site wants less, or there is none yet: enough for the answer 421 to be given. */
static const struct http_limits least_limits = { .head_bytes = 8u * 1024, .target_bytes = 2048, .fields = 32, .body_bytes = INT64_MAX };

static void widen(struct http_limits *widest, const struct edge_limits *limits)
{
	if ((size_t)limits->head_bytes > widest->head_bytes)
		widest->head_bytes = (size_t)limits->head_bytes;
	if ((size_t)limits->target_bytes > widest->target_bytes)
		widest->target_bytes = (size_t)limits->target_bytes;
	if ((unsigned)limits->fields > widest->fields)
		widest->fields = (unsigned)limits->fields;
}

struct http_limits plan_limits(const struct snapshot *snapshot)
{
	struct http_limits widest = least_limits;

	for (size_t i = 0; i < snapshot->site_count; i++) {
		for (size_t r = 0; r < snapshot->sites[i].route_count; r++)
			widen(&widest, &edge_settings_of(snapshot->sites[i].routes[r].sections)->limits);
	}
	return widest;
}

enum http_fault edge_limits_fault(const struct edge_limits *limits, const struct request_head *head, size_t head_bytes)
{
	if (head_bytes > (size_t)limits->head_bytes)
		return HTTP_FAULT_HEAD_LONG;
	if (head->target.len > (size_t)limits->target_bytes)
		return HTTP_FAULT_TARGET_LONG;
	if (head->fields.count > (unsigned)limits->fields)
		return HTTP_FAULT_FIELDS_MANY;
	return HTTP_FAULT_NONE;
}

static bool is_same_health(const struct origin_health_settings *a, const struct origin_health_settings *b)
{
	return span_equal(a->path, b->path) && a->interval_ms == b->interval_ms && a->timeout_ms == b->timeout_ms && a->rise == b->rise &&
	       a->fall == b->fall && a->status.items == b->status.items;
}

/* Does the route say nothing of its own about its origins? */
static bool has_pool_of(const struct edge_route *route, const struct edge_route *site_route)
{
	const struct origins_settings *own = route->origins, *sites = site_route->origins;

	return own->origins.items == sites->origins.items && own->balance == sites->balance && is_same_health(&own->health, &sites->health);
}

static enum result find_waf(struct plan *plan, const struct plan_needs *needs, const struct site *site, struct edge_route *route)
{
	const struct waf_settings *settings = &route->settings->waf;
	struct rule_set *set;
	enum result result;

	if (settings->mode == WAF_MODE_OFF || !needs->rules_of)
		return RESULT_OK;
	if (!plan->wafs)
		plan->wafs = edge_wafs_new();
	if (!plan->wafs)
		return RESULT_NO_MEMORY;
	result = needs->rules_of(needs->context, site, settings, &set);
	if (result == RESULT_OK)
		result = edge_wafs_find(plan->wafs, settings, (enum waf_mode)settings->mode, set, &route->waf);
	if (result == RESULT_OK && settings->mode == WAF_MODE_DETECT && settings->graduate_ms)
		result = edge_wafs_find(plan->wafs, settings, WAF_MODE_BLOCK, set, &route->waf_moved);
	return result;
}

/* The site moves as a whole: when the most patient of its routes would. */
static void find_graduation(struct edge_site *site)
{
	for (size_t i = 0; i < site->site->route_count; i++) {
		const struct waf_settings *settings = &site->routes[i].settings->waf;
		uint32_t graduate_s = (uint32_t)((settings->graduate_ms + 999) / 1000), notice_s = (uint32_t)((settings->graduate_notice_ms + 999) / 1000);

		if (!site->routes[i].waf_moved)
			continue;
		site->graduate_s = graduate_s > site->graduate_s ? graduate_s : site->graduate_s;
		site->graduate_notice_s = notice_s > site->graduate_notice_s ? notice_s : site->graduate_notice_s;
	}
}

const struct edge_waf *edge_route_waf(const struct edge_site *site, const struct edge_route *route)
{
	return route->waf_moved && __atomic_load_n(&site->is_moved, __ATOMIC_RELAXED) ? route->waf_moved : route->waf;
}

static enum result make_route(const struct plan_needs *needs, const struct edge_site *site, struct edge_route *route, const struct edge_route *site_route)
{
	struct pool_needs pool = { .origins = needs->origins, .tls_of = needs->tls_client_of, .context = needs->context,
		                   .has_proxy = site->is_passthrough, .has_priority = site->priority->count };

	route->settings = edge_settings_of(route->route->sections);
	route->origins = origins_settings_of(route->route->sections);
	route->selects = plan_method_mask(&route->settings->methods);
	route->methods = plan_method_mask(&route->settings->allow_methods);
	if (site_route && site_route != route && has_pool_of(route, site_route)) {
		route->pool = site_route->pool;  /* inherited */
		return RESULT_OK;
	}
	route->owns_pool = true;
	pool.settings = route->origins;
	return pool_new(&pool, &route->pool);
}

const struct rule *edge_site_rule(const struct edge_site *site, uint32_t id)
{
	const struct rule *rule = NULL;

	for (size_t i = 0; i < site->site->route_count && !rule; i++)
		rule = site->routes[i].waf ? waf_rules_find(site->routes[i].waf->rules, id) : NULL;
	return rule;
}

bool edge_site_has_rules(const struct edge_site *site)
{
	for (size_t i = 0; i < site->site->route_count; i++) {
		if (site->routes[i].waf)
			return true;
	}
	return false;
}

static enum result make_site(struct plan *plan, const struct plan_needs *needs, struct edge_site *out, const struct site *site)
{
	size_t last = site->route_count - 1;  /* "/": the site itself */
	enum result result;

	out->site = site;
	out->key = plan_site_key(site->name);
	out->tenant = plan->tenants ? edge_tenant_hold(plan->tenants, plan_site_key(site->tenant)) : NULL;
	if (plan->tenants && !out->tenant)
		return RESULT_NO_MEMORY;
	out->net = net_site_settings(site);
	out->observes = plan_site_observes(site);
	out->priority = &origins_settings_of(site->sections)->priority_routes;
	out->is_passthrough = out->net->tls.mode == TLS_PASSTHROUGH;
	out->is_self_signed = needs->is_self_signed && needs->is_self_signed(needs->context, site);
	out->routes = calloc(site->route_count, sizeof(*out->routes));
	if (!out->routes)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < site->route_count; i++)
		out->routes[i].route = &site->routes[i];
	result = make_route(needs, out, &out->routes[last], NULL);
	out->is_tolerant = edge_settings_of(site->sections)->http == EDGE_HTTP_TOLERANT;
	for (size_t i = 0; i <= last && result == RESULT_OK && !out->is_passthrough; i++) {
		out->routes[i].settings = edge_settings_of(out->routes[i].route->sections);
		result = find_waf(plan, needs, site, &out->routes[i]);
	}
	if (result == RESULT_OK && !out->is_passthrough)
		find_graduation(out);
	if (result == RESULT_OK && needs->hits_of && edge_site_has_rules(out))
		out->hits = needs->hits_of(needs->context, out);
	if (result == RESULT_OK && needs->meter_of && !out->is_passthrough)
		out->meter = needs->meter_of(needs->context, out);
	if (result == RESULT_OK && needs->observed_of && out->observes)
		out->observed = needs->observed_of(needs->context, out);
	for (size_t i = 0; i < last && result == RESULT_OK; i++)
		result = make_route(needs, out, &out->routes[i], &out->routes[last]);
	return result;
}

static struct edge_site *find_tolerant(const struct plan *plan)
{
	struct edge_site *found = NULL;

	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].is_tolerant && found)
			return NULL;
		if (plan->sites[i].is_tolerant)
			found = &plan->sites[i];
	}
	return found;
}

static void free_sites(struct plan *plan)
{
	for (size_t i = 0; i < plan->site_count; i++) {
		struct edge_site *site = &plan->sites[i];

		for (size_t r = 0; site->routes && r < site->site->route_count; r++) {
			if (site->routes[r].owns_pool)
				pool_free(site->routes[r].pool);
		}
		free(site->routes);
		if (site->tenant)
			edge_tenant_drop(plan->tenants, site->tenant);
	}
	if (plan->wafs)
		edge_wafs_free(plan->wafs);
	geo_close(plan->geo);
	arena_done(&plan->arena);
	free(plan->sites);
	free(plan->ports);
	free(plan);
}

static void release(struct snapshot *snapshot)
{
	struct plan *plan = snapshot->built[ROOM_EDGE];

	if (plan->tls)
		tls_server_free(plan->tls);
	free_sites(plan);
}

enum result plan_make(struct snapshot *snapshot, const struct plan_needs *needs)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	enum result result = RESULT_NO_MEMORY;

	if (!plan)
		return RESULT_NO_MEMORY;
	arena_init(&plan->arena, (size_t)1 << 30, 4096);
	plan->top = snapshot->sections[ROOM_EDGE];
	plan->origins = needs->origins;
	plan->tenants = needs->tenants;
	plan->limits = plan_limits(snapshot);
	plan->sites = calloc(snapshot->site_count + 1, sizeof(*plan->sites));
	plan->ports = calloc(needs->port_count + 1, sizeof(*plan->ports));
	if (!plan->sites || !plan->ports)
		goto fail;
	if (needs->port_count)
		memcpy(plan->ports, needs->ports, needs->port_count * sizeof(*plan->ports));
	plan->port_count = needs->port_count;
	for (size_t i = 0; i < snapshot->site_count; i++) {
		plan->site_count = i + 1;
		result = make_site(plan, needs, &plan->sites[i], &snapshot->sites[i]);
		if (result != RESULT_OK)
			goto fail;
	}
	result = plan_make_sources(plan, snapshot);
	if (result == RESULT_OK)
		result = plan_open_geo(plan, needs);
	if (result != RESULT_OK)
		goto fail;
	plan->tolerant = find_tolerant(plan);
	plan->tls = needs->tls;
	snapshot->built[ROOM_EDGE] = plan;
	snapshot->release[ROOM_EDGE] = release;
	return RESULT_OK;
fail:
	free_sites(plan);
	return result;
}

const struct edge_port *plan_find_port(const struct plan *plan, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < plan->port_count; i++) {
		if (endpoint_equal(&plan->ports[i].endpoint, endpoint))
			return &plan->ports[i];
	}
	return NULL;
}
