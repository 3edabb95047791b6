/* Who asks, and which site and route it is for. */
#include "edge/request.h"
#include "http/represent.h"
#include "message/path.h"
#include "source/source.h"

#include "base/banned.h"

enum step_outcome step_identify(struct request *request)
{
	const struct connection *connection = request->connection;
	const struct list_value *trusted = &connection->port->trusted_proxies;

	request->is_source_trusted = trusted->count && source_is_trusted(trusted, &connection->peer.address);
	/* Of a head that was refused: only the fields before the fault are believed (they are represented later). */
	if (request->is_source_trusted)
		request->source = source_identify(&connection->peer.address, trusted, &request->head.fields);
	caller_identify(request);
	return STEP_NEXT;
}

/* Our own name in Via or CDN-Loop: the request has been here before (RFC 9110, 7.6.3; RFC 8586). */
static bool is_loop(const struct request *request)
{
	const struct fields *fields = &request->head.fields;
	struct span node = span_of(request->connection->worker->common->node);

	for (unsigned i = 0; i < fields->count; i++) {
		enum field_id id = fields->list[i].id;

		if ((id == FIELD_VIA || id == FIELD_CDN_LOOP) && span_contains(fields->list[i].value, node))
			return true;
	}
	return false;
}

/* HTTP/2 heads are read within the widest limit of all sites, and what they would be in HTTP/1 is what this site's limit means. */
static size_t head_size(const struct request *request, size_t limit)
{
	const struct fields *fields = &request->head.fields;
	size_t size = request->head.target.len;

	if (!request->is_h2 || limit >= request->binding->plan->limits.head_bytes)
		return request->head_bytes;
	for (unsigned i = 0; i < fields->count; i++)
		size += fields->list[i].name.len + fields->list[i].value.len + sizeof(": \r\n") - 1;
	return size;
}

static enum http_fault past_limits(const struct request *request)
{
	const struct edge_limits *limits = &request->route->settings->limits;

	return edge_limits_fault(limits, &request->head, head_size(request, (size_t)limits->head_bytes));
}

static const struct edge_route *find_route(const struct request *request, const struct site *site, struct span path)
{
	const struct route *route = config_find_route(site, path);

	while (route) {
		const struct edge_route *found = &request->site->routes[route->index];

		if (!found->selects || found->selects >> request_method(request) & 1)
			return found;
		route = config_next_route(site, route, path);
	}
	return &request->site->routes[site->route_count - 1];
}

/* The route of the path as most origins read it; and, where that is another, the one of the path as it stands. */
static enum result find_routes(struct request *request, const struct site *site)
{
	struct span path = request->head.path;
	char *tidy;

	request->route = request->route_as_written = find_route(request, site, path);
	if (site->route_count == 1 || path_is_plain(path))
		return RESULT_OK;
	tidy = arena_take(&request->arena, path.len);
	if (!tidy)
		return RESULT_NO_MEMORY;
	request->route = find_route(request, site, path_tidy(path, tidy));
	return RESULT_OK;
}

/* A listener without TLS, or a connection from before a reload, shows no certificate: there the site is not. */
static bool lacks_certificate(const struct request *request)
{
	struct connection *connection = request->connection;

	return request->site->net->tls.client_certificate.mode == TLS_CLIENT_REQUIRE && !connection->port->redirects &&
	       !transport_client_certificate(&connection->transport).len;
}

/* The first of its names that can stand in Host; empty: none. */
static struct span host_of(const struct site *site)
{
	for (size_t i = 0; i < site->host_count; i++) {
		if (!span_starts(site->hosts[i], SPAN("*.")))
			return site->hosts[i];
	}
	return SPAN_NONE;
}

/* Who knew no Host yet means the one site that is for such clients; it goes to the origin with a Host, like any request. A Host
 * that is nobody's stays nobody's. */
static const struct site *adopt(struct request *request)
{
	const struct edge_site *tolerant = request->binding->plan->tolerant;
	struct request_head *head = &request->head;

	if (!tolerant || (request->fault == HTTP_FAULT_NONE && head->authority.len))
		return NULL;
	if (request->fault == HTTP_FAULT_NONE)
		head->host = head->authority = host_of(tolerant->site);
	return request->fault != HTTP_FAULT_NONE || head->host.len ? tolerant->site : NULL;
}

enum step_outcome step_route(struct request *request)
{
	const struct binding *binding = request->binding;
	const struct site *site;
	enum result result = RESULT_OK;
	enum step_outcome outcome;

	if (request->refused.len && request->fault != HTTP_FAULT_NO_MEMORY)
		request_represent(request->refused, &binding->plan->limits, &request->head);
	caller_take_partner(request);
	site = request->head.host.len ? config_find_site(binding->snapshot, request->head.host) : NULL;
	if (request->connection->probe)
		site = request_probed_site(request);
	else if (!site)
		site = adopt(request);
	if (site) {
		request->site = &binding->plan->sites[site->index];
		result = find_routes(request, site);
	}
	if (request->fault != HTTP_FAULT_NONE)
		return STEP_NEXT;
	outcome = screen_connection(request);
	if (outcome != STEP_NEXT)
		return outcome;
	if (!site)
		return request_answer(request, 421, DECISION_BLOCK, REASON_NO_SITE);
	if (result != RESULT_OK)
		return request_answer(request, 503, DECISION_DROP, REASON_NO_MEMORY);
	if (quarantine_holds(&request->connection->worker->common->quarantine, request))
		return request_answer(request, 503, DECISION_BLOCK, REASON_QUARANTINE);
	/* Security, fails closed: a certificate of one site never carries requests for another. */
	if (request->connection->tls_site && request->connection->tls_site != request->site->key)
		return request_answer(request, 421, DECISION_BLOCK, REASON_MISDIRECTED);
	/* What is passed through is reached through TLS alone: in clear it would be another site, with other rules. */
	if (request->site->is_passthrough && !request->connection->port->redirects)
		return request_answer(request, 421, DECISION_BLOCK, REASON_MISDIRECTED);
	if (lacks_certificate(request)) {
		request->connection->is_closing |= !request->is_h2;  /* the next connection may show one */
		return request_answer(request, 421, DECISION_BLOCK, REASON_MISDIRECTED);
	}
	if (is_loop(request))
		return request_answer(request, 508, DECISION_BLOCK, REASON_LOOP);
	request->fault = past_limits(request);
	return STEP_NEXT;
}
