#include "cli/protect/origin_check.h"

#include <netdb.h>

#include "cli/protect/own_address.h"
#include "net/settings.h"
#include "origin/settings.h"

#include "base/banned.h"

/* Connecting to "any" ends at this machine too. */
static bool is_ours(const struct address *address)
{
	return address_is_any(address) || is_own_address(address);
}

static bool is_listener(const struct snapshot *snapshot, const struct endpoint *endpoint)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;

	for (size_t i = 0; i < net->listen.count; i++) {
		if (listen[i].address.port != endpoint->port)
			continue;
		if (address_equal(&listen[i].address.address, &endpoint->address) ||
		    (address_is_any(&listen[i].address.address) && is_ours(&endpoint->address)))
			return true;
	}
	return false;
}

static void check_endpoint(const struct snapshot *snapshot, const struct site *site, const struct url *url,
                           const struct endpoint *endpoint, struct complaints *complaints)
{
	char text[ENDPOINT_TEXT_MAX];

	if (!is_listener(snapshot, endpoint))
		return;
	endpoint_write(endpoint, text);
	complain(complaints, COMPLAINT_ERROR, site->place, SPAN("an origin is the portal's own server, not the shield"),
	         "site %.*s: the origin %.*s is %s, which this shield listens on itself", SPAN_ARG(site->name), SPAN_ARG(url->text), text);
}

static void check_name(const struct snapshot *snapshot, const struct site *site, const struct url *url, struct complaints *complaints)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	char host[256];
	int error;

	if (span_to_text(url->host, host, sizeof(host)) != RESULT_OK)
		return;
	error = getaddrinfo(host, NULL, &hints, &found);
	if (error) {
		complain(complaints, COMPLAINT_ERROR, site->place, SPAN_NONE, "site %.*s: the origin %.*s cannot be found: %s",
		         SPAN_ARG(site->name), SPAN_ARG(url->text), gai_strerror(error));
		return;
	}
	for (const struct addrinfo *each = found; each; each = each->ai_next) {
		struct endpoint endpoint;

		if (endpoint_from_socket(each->ai_addr, &endpoint) == RESULT_OK) {
			endpoint.port = url->port;
			check_endpoint(snapshot, site, url, &endpoint, complaints);
		}
	}
	freeaddrinfo(found);
}

static void check_list(const struct snapshot *snapshot, const struct site *site, const struct list_value *origins, struct complaints *complaints)
{
	const struct origin_settings *list = origins->items;

	for (size_t i = 0; i < origins->count; i++) {
		struct endpoint endpoint = { .port = list[i].url.port };

		if (address_read(list[i].url.host, &endpoint.address) == RESULT_OK)
			check_endpoint(snapshot, site, &list[i].url, &endpoint, complaints);
		else
			check_name(snapshot, site, &list[i].url, complaints);
	}
}

void origins_check_site(const struct snapshot *snapshot, const struct site *site, struct complaints *complaints)
{
	const void *last = NULL;

	for (size_t r = 0; r < site->route_count; r++) {
		const struct origins_settings *settings = origins_settings_of(site->routes[r].sections);

		if (settings->origins.items != last)
			check_list(snapshot, site, &settings->origins, complaints);
		last = settings->origins.items;
	}
}

bool origins_are_reachable(const struct snapshot *snapshot, struct complaints *complaints)
{
	size_t before = complaints->errors;

	for (size_t i = 0; i < snapshot->site_count; i++)
		origins_check_site(snapshot, &snapshot->sites[i], complaints);
	return complaints->errors == before;
}
