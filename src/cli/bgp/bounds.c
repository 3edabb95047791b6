#include "cli/bgp/bounds.h"

#include "guard/settings.h"
#include "net/settings.h"
#include "origin/settings.h"
#include "packet/settings.h"

#include "base/banned.h"

static bool site_has_priority(const struct site *site)
{
	return origins_settings_of(site->sections)->priority_routes.count > 0;
}

static const struct site *find_site(const struct snapshot *snapshot, struct span name)
{
	for (size_t i = 0; i < snapshot->site_count; i++) {
		if (span_equal(snapshot->sites[i].name, name))
			return &snapshot->sites[i];
	}
	return NULL;
}

static bool any_has_priority(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->site_count; i++) {
		if (site_has_priority(&snapshot->sites[i]))
			return true;
	}
	return false;
}

static enum result look_at_served(const struct snapshot *snapshot, const struct served_settings *served, bool *has_priority, struct span *wrong)
{
	const struct span *names = served->sites.items;

	*has_priority = !served->sites.count && any_has_priority(snapshot);
	for (size_t i = 0; i < served->sites.count; i++) {
		const struct site *site = find_site(snapshot, names[i]);

		if (!site) {
			*wrong = names[i];
			return RESULT_NOT_FOUND;
		}
		*has_priority |= site_has_priority(site);
	}
	return RESULT_OK;
}

static void add_port(struct bounds *bounds, int64_t port)
{
	for (unsigned i = 0; i < bounds->port_count; i++) {
		if (bounds->ports[i] == port)
			return;
	}
	if (bounds->port_count < BOUNDS_PORTS_MAX)
		bounds->ports[bounds->port_count++] = (uint16_t)port;
}

static void add_ports(struct bounds *bounds, const struct net_settings *net)
{
	const struct listen_settings *listen = net->listen.items;

	add_port(bounds, 80);
	add_port(bounds, 443);  /* whatever stands in front, and leads elsewhere */
	for (size_t i = 0; i < net->listen.count; i++) {
		add_port(bounds, listen[i].address.port);
		if (listen[i].public_port > 0)
			add_port(bounds, listen[i].public_port);
	}
}

enum result bgp_bounds_make(const struct snapshot *snapshot, struct bounds *bounds, struct span *wrong)
{
	const struct link_settings *link = link_settings_of(snapshot);
	const struct served_settings *served = link->served.items;
	enum result result = RESULT_OK;

	*bounds = (struct bounds){ .link = link, .management = &guard_top_settings(snapshot)->management };
	for (size_t i = 0; i < link->served.count && i < LINK_SERVED_MAX && result == RESULT_OK; i++)
		result = look_at_served(snapshot, &served[i], &bounds->has_priority[i], wrong);
	add_ports(bounds, net_settings(snapshot));
	return result;
}
