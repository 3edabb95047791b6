#include "packet/carrier/settings.h"

#include <net/if.h>

#include "packet/settings.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)
#define SOCKET_PATH_MAX 107  /* sockaddr_un, without its NUL */

static const char *const language_names[] = { "en", "nl", "fr", "de", NULL };
static const char *const bgp_modes[] = { "off", "on", NULL };

static const struct key provider_keys[] = {
	{ .name = "name", .type = KEY_TEXT, .offset = AT(provider_settings, name), .max = 100, .help = "Who carries the line." },
	{ .name = "telephone", .type = KEY_TEXT, .offset = AT(provider_settings, telephone), .max = 60,
	  .help = "The desk that answers day and night: it stands above the message." },
	{ .name = "email", .type = KEY_TEXT, .offset = AT(provider_settings, email), .max = 200, .help = "Where the message goes in writing." },
	{ .name = "contract", .type = KEY_TEXT, .offset = AT(provider_settings, contract), .max = 100, .help = "The number that the desk asks for first." },
	{ 0 },
};
static const struct key_table provider_table = {
	.name = "provider", .keys = provider_keys, .size = sizeof(struct provider_settings), .help = "The carrier, and how it is reached during an attack.",
};

static void check_served(const void *values, struct key_check *check)
{
	const struct served_settings *served = values;

	if (served->network.prefix < (address_is_v4(&served->network.address) ? 96 + 8 : 16))
		key_complain(check, "network", SPAN_NONE, "network: more than any administration has (IPv4: /8 at the widest, IPv6: /16)");
}

static const struct key served_keys[] = {
	{ .name = "network", .type = KEY_NETWORK, .flags = KEY_REQUIRED, .offset = AT(served_settings, network), .help = "An address, or a network." },
	{ .name = "sites", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(served_settings, sites), .max = 253, .help = "The names of the sites there; without it, all." },
	{ 0 },
};
static const struct key_table served_table = {
	.name = "served", .keys = served_keys, .size = sizeof(struct served_settings), .shorthand = "network", .check = check_served,
	.help = "Addresses that citizens reach the sites at.",
};

static const struct key bgp_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(bgp_settings, mode), .fallback = "off", .choices = bgp_modes,
	  .help = "on: bouclier packet bgp may announce rules and routes to the carrier, through BIRD on this machine." },
	{ .name = "socket", .type = KEY_PATH, .offset = AT(bgp_settings, socket), .fallback = BGP_SOCKET_DEFAULT, .help = "BIRD's control socket." },
	{ .name = "include", .type = KEY_PATH, .offset = AT(bgp_settings, include), .fallback = BGP_INCLUDE_DEFAULT,
	  .help = "The file that is written, and that BIRD's configuration includes. It must be there, readable to BIRD, in a folder that root owns and nobody else writes." },
	{ .name = "community", .type = KEY_TEXT, .offset = AT(bgp_settings, community), .fallback = BGP_COMMUNITY_DEFAULT, .max = 11,
	  .help = "The community by which the carrier drops all that is sent to an address (RTBH): that of RFC 7999, or the one in its contract." },
	{ .name = "routes", .type = KEY_NUMBER, .offset = AT(bgp_settings, routes), .fallback = "16", .min = 1, .max = BGP_ROUTES_MAX, .help = "At most so many at once." },
	{ .name = "flow_for", .type = KEY_DURATION, .offset = AT(bgp_settings, flow_ms), .fallback = "2h", .min = 60000, .max = 24 * 3600000,
	  .help = "A FlowSpec rule lasts so long at most." },
	{ .name = "unreachable_for", .type = KEY_DURATION, .offset = AT(bgp_settings, unreachable_ms), .fallback = "30m", .min = 60000, .max = BGP_UNREACHABLE_MS_MAX,
	  .help = "What makes a portal unreachable lasts so long at most." },
	{ .name = "flow_from", .type = KEY_NUMBER, .offset = AT(bgp_settings, flow_from), .fallback = "70", .min = 0, .max = 100,
	  .help = "A FlowSpec rule is added only while the line carries so many percent of its capacity, or drops packets. 0: always." },
	{ .name = "unreachable_from", .type = KEY_NUMBER, .offset = AT(bgp_settings, unreachable_from), .fallback = "90", .min = 0, .max = 100,
	  .help = "The same, of what makes a portal unreachable." },
	{ .name = "prefix", .type = KEY_NUMBER, .offset = AT(bgp_settings, prefix_v4), .fallback = "24", .min = 8, .max = 32,
	  .help = "No rule is about a larger IPv4 network than one with so many bits, neither as its target nor as its source." },
	{ .name = "prefix_v6", .type = KEY_NUMBER, .offset = AT(bgp_settings, prefix_v6), .fallback = "48", .min = 16, .max = 128, .help = "The same, of IPv6." },
	{ .name = "persons", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(bgp_settings, persons), .min = 1, .max = 60,
	  .help = "The names of those who may make a portal unreachable. Nobody: it cannot be done." },
	{ .name = "management_ports", .type = KEY_NUMBER, .flags = KEY_LIST, .offset = AT(bgp_settings, management_ports), .fallback = "[22]", .min = 1, .max = 65535,
	  .help = "Where this machine is run from: no rule about TCP covers them for the networks of `management`." },
	{ 0 },
};

static void check_bgp(const void *values, struct key_check *check)
{
	const struct bgp_settings *bgp = values;
	const struct span *persons = bgp->persons.items;
	struct bgp_community community;

	if (bgp->socket.len > SOCKET_PATH_MAX)
		key_complain(check, "socket", SPAN_NONE, "socket: the path of a unix socket has at most %d bytes", SOCKET_PATH_MAX);
	if (bgp_community_read(bgp->community, &community) != RESULT_OK)
		key_complain(check, "community", SPAN_NONE, "community: found \"%.*s\", expected two numbers up to 65535 (65535:666)", SPAN_ARG(bgp->community));
	if (bgp->unreachable_from < bgp->flow_from)
		key_complain(check, "unreachable_from", SPAN_NONE, "unreachable_from is less than flow_from: what is worse would be allowed sooner");
	if (bgp->persons.count > BGP_PERSONS_MAX)
		key_complain(check, "persons", SPAN_NONE, "persons: found %zu, expected at most %u", bgp->persons.count, BGP_PERSONS_MAX);
	for (size_t i = 0; i < bgp->persons.count; i++) {
		if (span_find(persons[i], '"') < persons[i].len)
			key_complain_item(check, "persons", i, SPAN_NONE, "persons: a name without \"");
	}
	if (bgp->management_ports.count > BGP_PORTS_MAX)
		key_complain(check, "management_ports", SPAN_NONE, "management_ports: found %zu, expected at most %u", bgp->management_ports.count, BGP_PORTS_MAX);
}

static const struct key_table bgp_table = {
	.name = "bgp", .keys = bgp_keys, .size = sizeof(struct bgp_settings), .shorthand = "mode", .check = check_bgp,
	.help = "Rules (FlowSpec) and routes (RTBH) for the carrier, where there is a BGP session with it. Off unless it is turned on.",
};

static const struct key link_keys[] = {
	{ .name = "capacity", .type = KEY_BANDWIDTH, .offset = AT(link_settings, capacity), .min = 1000, .max = 100000000000000,
	  .help = "What the contract says that the line carries towards this machine." },
	{ .name = "interface", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(link_settings, interfaces), .min = 1, .max = IFNAMSIZ - 1,
	  .help = "The network interface, or several that share the line. Without it, the one of the default route." },
	{ .name = "filling", .type = KEY_NUMBER, .offset = AT(link_settings, filling), .fallback = "70", .min = 1, .max = 100,
	  .help = "From so many percent of the capacity on, the carrier should be told: the message for its desk is drafted." },
	{ .name = "full", .type = KEY_NUMBER, .offset = AT(link_settings, full), .fallback = "95", .min = 1, .max = 100, .help = "From so many percent on, the line counts as full." },
	{ .name = "window", .type = KEY_DURATION, .offset = AT(link_settings, window_ms), .fallback = "10s", .min = 1000, .max = 60000,
	  .help = "The time that is measured over." },
	{ .name = "language", .type = KEY_CHOICE, .offset = AT(link_settings, language), .fallback = "en", .choices = language_names,
	  .help = "The administration's language: the message is in it, and in English." },
	{ .name = "provider", .type = KEY_MAP, .offset = AT(link_settings, provider), .table = &provider_table, .help = "The carrier." },
	{ .name = "served", .type = KEY_MAP, .flags = KEY_LIST, .offset = AT(link_settings, served), .table = &served_table,
	  .help = "The public addresses of the sites: they stand in the message, and nothing else is ever announced over BGP." },
	{ .name = "bgp", .type = KEY_MAP, .offset = AT(link_settings, bgp), .table = &bgp_table, .help = "Rules and routes for the carrier. Off unless it is turned on." },
	{ 0 },
};

static void check_link(const void *values, struct key_check *check)
{
	const struct link_settings *link = values;
	const struct span *interfaces = link->interfaces.items;

	if (link->full < link->filling)
		key_complain(check, "full", SPAN_NONE, "full is less than filling: a line is filling before it is full");
	if (link->interfaces.count > LINK_INTERFACES_MAX)
		key_complain(check, "interface", SPAN_NONE, "interface: found %zu, expected at most %u", link->interfaces.count, LINK_INTERFACES_MAX);
	for (size_t i = 0; i < link->interfaces.count; i++) {
		if (!interface_name_is_good(interfaces[i]))
			key_complain_item(check, "interface", i, SPAN_NONE, "interface: found \"%.*s\", expected the name of a network interface (eth0)", SPAN_ARG(interfaces[i]));
	}
	if (link->served.count > LINK_SERVED_MAX)
		key_complain(check, "served", SPAN_NONE, "served: found %zu, expected at most %u", link->served.count, LINK_SERVED_MAX);
	if (link->bgp.mode == BGP_ON && !link->served.count)
		key_complain(check, "bgp", SPAN("served: [192.0.2.10, \"2001:db8::10\"]"), "bgp is on, and no address is served: nothing could be announced");
	if (link->bgp.mode == BGP_ON && !link->capacity && (link->bgp.flow_from || link->bgp.unreachable_from))
		key_complain(check, "capacity", SPAN("capacity: 1Gbit/s"), "bgp is on, and it is not said what the line carries: nothing could be announced before drops are seen");
}

const struct key_table link_table = {
	.name = "link", .keys = link_keys, .size = sizeof(struct link_settings), .check = check_link, .help = "The line to the internet.",
};

enum result bgp_community_read(struct span text, struct bgp_community *out)
{
	uint64_t as, value;
	struct span rest = text, first = span_cut(&rest, ':');

	if (span_to_u64(first, UINT16_MAX, &as) != RESULT_OK || span_to_u64(rest, UINT16_MAX, &value) != RESULT_OK)
		return RESULT_MALFORMED;
	*out = (struct bgp_community){ (uint16_t)as, (uint16_t)value };
	return RESULT_OK;
}
