#include "cli/served_ports.h"

#include "net/settings.h"

#include "base/banned.h"

bool served_ports_add(uint16_t *list, unsigned *count, unsigned most, uint16_t port)
{
	for (unsigned i = 0; i < *count; i++) {
		if (list[i] == port)
			return true;
	}
	if (*count == most)
		return false;
	list[(*count)++] = port;
	return true;
}

void served_ports_gather(const struct snapshot *snapshot, struct served_ports *out)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;
	struct endpoint redirects[SERVED_PORTS_MAX];
	size_t count = redirect_endpoints(net, redirects, SERVED_PORTS_MAX);
	bool is_whole = count < SERVED_PORTS_MAX, is_public = false;

	out->count = 0;
	for (size_t i = 0; i < net->listen.count; i++) {
		bool is_inside = address_is_loopback(&listen[i].address.address);

		is_public |= listen[i].public_port > 0 || !is_inside;
		if (!is_inside)
			is_whole &= served_ports_add(out->list, &out->count, SERVED_PORTS_MAX, listen[i].address.port);
		if (listen[i].public_port > 0)
			is_whole &= served_ports_add(out->list, &out->count, SERVED_PORTS_MAX, (uint16_t)listen[i].public_port);
	}
	for (size_t i = 0; i < count; i++) {
		if (!address_is_loopback(&redirects[i].address))
			is_whole &= served_ports_add(out->list, &out->count, SERVED_PORTS_MAX, redirects[i].port);
	}
	out->is_known = is_whole && is_public;
}

void served_ports_listened(const struct snapshot *snapshot, struct served_ports *out)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;

	served_ports_gather(snapshot, out);
	for (size_t i = 0; i < net->listen.count; i++)
		out->is_known &= served_ports_add(out->list, &out->count, SERVED_PORTS_MAX, listen[i].address.port);
}

void served_ports_own(const struct snapshot *snapshot, struct served_ports *out)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;
	struct endpoint redirects[SERVED_PORTS_MAX];
	size_t count = redirect_endpoints(net, redirects, SERVED_PORTS_MAX);

	out->count = 0;
	out->is_known = count < SERVED_PORTS_MAX;
	for (size_t i = 0; i < net->listen.count; i++)
		out->is_known &= served_ports_add(out->list, &out->count, SERVED_PORTS_MAX, listen[i].address.port);
	for (size_t i = 0; i < count; i++)
		out->is_known &= served_ports_add(out->list, &out->count, SERVED_PORTS_MAX, redirects[i].port);
}

bool served_ports_have(const struct served_ports *served, uint16_t port)
{
	for (unsigned i = 0; i < served->count; i++) {
		if (served->list[i] == port)
			return true;
	}
	return false;
}
