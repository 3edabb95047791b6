#include "edge/plan.h"

#include <stdlib.h>

#include "base/hash.h"
#include "message/head.h"

#include "base/banned.h"

uint64_t plan_site_key(struct span site_name)
{
	/* A fixed seed: an administrator's own names attack nobody, and the key must be the same after a restart. */
	uint64_t key = hash_span((struct hash_seed){ 0x73697465u, 1 }, site_name);

	return key ? key : 1;
}

static uint64_t method_mask(const struct list_value *list)
{
	const struct span *methods = list->items;
	uint64_t mask = 0;

	for (size_t i = 0; i < list->count; i++)
		mask |= (uint64_t)1 << method_of(methods[i]);
	if (mask & (uint64_t)1 << METHOD_GET)
		mask |= (uint64_t)1 << METHOD_HEAD;  /* RFC 9110, 9.1: who has GET has HEAD */
	return mask;
}

static void widen(struct http_limits *widest, const struct edge_limits *limits)
{
	if ((size_t)limits->head_bytes > widest->head_bytes)
		widest->head_bytes = (size_t)limits->head_bytes;
	if ((size_t)limits->target_bytes > widest->target_bytes)
		widest->target_bytes = (size_t)limits->target_bytes;
	if ((unsigned)limits->fields > widest->fields)
		widest->fields = (unsigned)limits->fields;
}

static enum result make_route(struct plan *plan, const struct plan_needs *needs, struct edge_route *route, const struct edge_route *site_route,
                              bool is_passthrough)
{
	route->settings = edge_settings_of(route->route->sections);
	route->origins = origins_settings_of(route->route->sections);
	route->selects = method_mask(&route->settings->methods);
	route->methods = method_mask(&route->settings->allow_methods);
	widen(&plan->limits, &route->settings->limits);
	if (site_route && site_route != route && site_route->origins->origins.items == route->origins->origins.items &&
	    site_route->origins->balance == route->origins->balance) {
		route->pool = site_route->pool;  /* inherited */
		return RESULT_OK;
	}
	route->owns_pool = true;
	return pool_new(needs->origins, route->origins, needs->tls_client_of, needs->context, is_passthrough, &route->pool);
}

static enum result make_site(struct plan *plan, const struct plan_needs *needs, struct edge_site *out, const struct site *site)
{
	size_t last = site->route_count - 1;  /* "/": the site itself */
	enum result result;

	out->site = site;
	out->key = plan_site_key(site->name);
	out->net = net_site_settings(site);
	out->is_passthrough = out->net->tls.mode == TLS_PASSTHROUGH;
	out->is_self_signed = needs->is_self_signed && needs->is_self_signed(needs->context, site);
	out->routes = calloc(site->route_count, sizeof(*out->routes));
	if (!out->routes)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < site->route_count; i++)
		out->routes[i].route = &site->routes[i];
	result = make_route(plan, needs, &out->routes[last], NULL, out->is_passthrough);
	for (size_t i = 0; i < last && result == RESULT_OK; i++)
		result = make_route(plan, needs, &out->routes[i], &out->routes[last], out->is_passthrough);
	return result;
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
	}
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
	plan->top = snapshot->sections[ROOM_EDGE];
	plan->origins = needs->origins;
	plan->limits.body_bytes = INT64_MAX;
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
