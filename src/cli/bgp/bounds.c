#include "cli/bgp/bounds.h"

#include "cli/served_ports.h"
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

static void add_ports(struct bounds *bounds, const struct snapshot *snapshot)
{
	struct served_ports served;

	served_ports_gather(snapshot, &served);
	for (unsigned i = 0; i < served.count; i++)
		(void)served_ports_add(bounds->ports, &bounds->port_count, BOUNDS_PORTS_MAX, served.list[i]);
	(void)served_ports_add(bounds->ports, &bounds->port_count, BOUNDS_PORTS_MAX, 80);
	(void)served_ports_add(bounds->ports, &bounds->port_count, BOUNDS_PORTS_MAX, 443);  /* whatever stands in front, and leads elsewhere */
}

static void spare_list(struct bounds *bounds, const struct list_value *networks)
{
	const struct network *list = networks->items;

	for (size_t i = 0; i < networks->count; i++)
		spared_add(&bounds->spared, &list[i], SPARED_MANAGEMENT);
}

/* Origins that the configuration names by address: a name may have another one in the middle of an attack. */
static void spare_origins(struct bounds *bounds, const struct site *site)
{
	const struct origins_settings *origins = origins_settings_of(site->sections);
	const struct origin_settings *list = origins->origins.items;

	for (size_t i = 0; i < origins->origins.count; i++) {
		struct network network;

		if (network_read(list[i].url.host, &network) == RESULT_OK)
			spared_add(&bounds->spared, &network, SPARED_MANAGEMENT);
	}
}

static void spare(struct bounds *bounds, const struct snapshot *snapshot)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;
	struct complaints complaints;

	spared_init(&bounds->spared);
	spare_list(bounds, &net->trusted_proxies);
	for (size_t i = 0; i < net->listen.count; i++)
		spare_list(bounds, &listen[i].trusted_proxies);
	for (size_t i = 0; i < snapshot->site_count; i++)
		spare_origins(bounds, &snapshot->sites[i]);
	complaints_init(&complaints);  /* of files that need not be there */
	spared_look(&bounds->spared, NULL, &complaints);
	complaints_done(&complaints);
}

enum result bgp_bounds_make(const struct snapshot *snapshot, struct bounds *bounds, struct span *wrong)
{
	const struct link_settings *link = link_settings_of(snapshot);
	const struct served_settings *served = link->served.items;
	enum result result = RESULT_OK;

	*bounds = (struct bounds){ .link = link, .management = &guard_top_settings(snapshot)->management };
	for (size_t i = 0; i < link->served.count && i < LINK_SERVED_MAX && result == RESULT_OK; i++)
		result = look_at_served(snapshot, &served[i], &bounds->has_priority[i], wrong);
	add_ports(bounds, snapshot);
	spare(bounds, snapshot);
	return result;
}
