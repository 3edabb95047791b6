#include "packet/settings.h"

#include <net/if.h>

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)
#define BURST_MAX 10000000
#define BURST_NS_MAX 86400000000000u  /* a day: more is no bound, and would wrap */

static const char *const mode_words[] = { "observe", "enforce", NULL };

static const struct key expose_keys[] = {
	{ .name = "tcp", .type = KEY_NUMBER, .flags = KEY_LIST, .offset = AT(packet_expose_settings, tcp), .min = 1, .max = 65535,
	  .help = "TCP ports that may be reached from outside. The ports of `listen` and sshd's are among them by themselves." },
	{ .name = "udp", .type = KEY_NUMBER, .flags = KEY_LIST, .offset = AT(packet_expose_settings, udp), .min = 1, .max = 65535,
	  .help = "UDP ports that may be reached from outside." },
	{ 0 },
};

static const struct key_table expose_table = {
	.name = "expose", .keys = expose_keys, .size = sizeof(struct packet_expose_settings),
	.help = "Ports that may be reached; packets to all others are dropped. Without a port here nothing is dropped for its port.",
};

/* Wide: what an office of a thousand behind one address sends is far from it. */
static const struct key budget_keys[] = {
	{ .name = "packets", .type = KEY_RATE, .offset = AT(packet_budget_settings, packets), .fallback = "50000/s", .min = 1, .max = 10000000,
	  .help = "How many packets, in the long run, of a source that has a connection or has brought a valid cookie." },
	{ .name = "packets_burst", .type = KEY_NUMBER, .offset = AT(packet_budget_settings, packets_burst), .fallback = "100000", .min = 1, .max = BURST_MAX,
	  .help = "How many at once." },
	{ .name = "unproven", .type = KEY_RATE, .offset = AT(packet_budget_settings, unproven), .fallback = "20000/s", .min = 1, .max = 10000000,
	  .help = "How many packets of UDP and ICMP, in the long run, of a source that has not shown that it is there. What a connected socket asked for is not cut." },
	{ .name = "unproven_burst", .type = KEY_NUMBER, .offset = AT(packet_budget_settings, unproven_burst), .fallback = "40000", .min = 1, .max = BURST_MAX,
	  .help = "How many at once." },
	{ 0 },
};

static const struct key_table budget_table = {
	.name = "source_budget", .keys = budget_keys, .size = sizeof(struct packet_budget_settings), .shorthand = "packets",
	.help = "How many packets one source (an IPv4 address, an IPv6 /64) may send.",
};

static const struct key filter_keys[] = {
	{ .name = "interfaces", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(packet_filter_settings, interfaces), .min = 1, .max = IFNAMSIZ - 1,
	  .help = "Where packets are looked at (eth0). Of a bond its members where it takes no program itself; of a VLAN the interface below it. `bouclier packet attach` does it." },
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(packet_filter_settings, mode), .fallback = "observe", .choices = mode_words,
	  .help = "observe: everything is counted, and nothing dropped or answered. enforce: what speaks against a packet drops it." },
	{ .name = "socket", .type = KEY_PATH, .flags = KEY_RESTART, .offset = AT(packet_filter_settings, socket), .fallback = PACKET_SOCKET,
	  .help = "The unix socket of `bouclier packet run`, through which the shield hands its bans to the filter and reads its counters." },
	{ .name = "expose", .type = KEY_MAP, .offset = AT(packet_filter_settings, expose), .table = &expose_table,
	  .help = "Ports that may be reached; packets to all others are dropped. Without a port here nothing is dropped for its port." },
	{ .name = "reflectors", .type = KEY_NUMBER, .flags = KEY_LIST, .offset = AT(packet_filter_settings, reflectors), .min = 1, .max = 65535,
	  .fallback = "[17, 19, 53, 69, 111, 137, 161, 427, 520, 1900, 3283, 3702, 5353, 5683, 10001, 11211, 27015, 33848, 37810]",
	  .help = "UDP source ports of services that attackers have answer to their victims. What a connected socket of this machine asked for passes, and so do its "
	          "resolvers (resolv.conf). 123 (NTP) and 389 (CLDAP) are to be added where time servers and domain controllers are networks of `management`, or are not asked: they are "
	          "asked from sockets that are not connected. 53 is to be left out where a resolver of its own asks so (dnsmasq)." },
	{ .name = "strict", .type = KEY_BOOL, .offset = AT(packet_filter_settings, is_strict), .fallback = "false",
	  .help = "While a flood comes from addresses that have, or had, a connection: TCP to the shield's ports is asked for its connection each time, and not only until its source has shown "
	          "one, and UDP and ICMP of such a source have the budget of strangers. It costs each packet a look for its socket." },
	{ .name = "source_budget", .type = KEY_MAP, .offset = AT(packet_filter_settings, budget), .table = &budget_table,
	  .help = "How many packets one source (an IPv4 address, an IPv6 /64) may send." },
	{ .name = "egress", .type = KEY_MAP, .offset = AT(packet_filter_settings, egress), .table = &packet_egress_table,
	  .help = "Who the shield's own processes may contact, seen and enforced by the kernel." },
	{ 0 },
};

bool interface_name_is_good(struct span name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@";

	for (size_t i = 0; i < name.len; i++) {
		if (!memchr(allowed, name.at[i], sizeof(allowed) - 1))
			return false;
	}
	return !span_equal(name, SPAN(".")) && !span_equal(name, SPAN(".."));
}

static void check_filter(const void *values, struct key_check *check)
{
	const struct packet_filter_settings *settings = values;
	const struct span *names = settings->interfaces.items;

	if (settings->interfaces.count > PACKET_INTERFACES_MAX)
		key_complain(check, "interfaces", SPAN_NONE, "interfaces: found %zu, expected at most %u", settings->interfaces.count, PACKET_INTERFACES_MAX);
	for (size_t i = 0; i < settings->interfaces.count; i++) {
		if (!interface_name_is_good(names[i]))
			key_complain_item(check, "interfaces", i, SPAN_NONE, "interfaces: found \"%.*s\", expected the name of an interface, as ip link shows it",
			                  SPAN_ARG(names[i]));
		for (size_t j = 0; j < i; j++) {
			if (span_equal(names[i], names[j]))
				key_complain_item(check, "interfaces", i, SPAN_NONE, "interfaces: %.*s is named already", SPAN_ARG(names[i]));
		}
	}
}

static const struct key_table filter_table = {
	.name = "packet", .keys = filter_keys, .size = sizeof(struct packet_filter_settings), .check = check_filter,
	.help = "The kernel filter: packets that nobody needs are dropped before they cost anything.",
};

static const struct key top_keys[] = {
	{ .name = "packet", .type = KEY_MAP, .offset = AT(packet_top_settings, filter), .table = &filter_table,
	  .help = "The kernel filter: packets that nobody needs are dropped before they cost anything. It is attached by `bouclier packet attach`." },
	{ .name = "link", .type = KEY_MAP, .offset = AT(packet_top_settings, link), .table = &link_table,
	  .help = "The line to the internet: what it carries, whose it is, and what may be asked of its carrier when it is full." },
	{ 0 },
};

static const struct key_table top_table = { .name = "bouclier.yaml", .keys = top_keys, .size = sizeof(struct packet_top_settings) };

const struct config_section packet_section = { ROOM_PACKET, SCOPE_TOP, &top_table };

/* -- for the program -- */

static void set_ports(const struct list_value *ports, __u64 out[PACKET_PORT_WORDS])
{
	const int64_t *list = ports->items;

	memset(out, 0, PACKET_PORT_WORDS * sizeof(*out));
	for (size_t i = 0; i < ports->count; i++)
		out[list[i] / 64] |= 1ull << (list[i] % 64);
}

static struct packet_budget budget_of(struct rate rate, int64_t burst)
{
	uint64_t interval_ns = (uint64_t)rate.per_ms * 1000000 / (uint64_t)rate.count, burst_ns;

	interval_ns = interval_ns ? interval_ns : 1;
	burst_ns = interval_ns > BURST_NS_MAX / (uint64_t)burst ? BURST_NS_MAX : interval_ns * (uint64_t)burst;
	return (struct packet_budget){ interval_ns, burst_ns > PACKET_TICK_NS ? burst_ns : PACKET_TICK_NS };
}

void packet_settings_apply(const struct packet_filter_settings *settings, struct packet_settings *out)
{
	const unsigned ours = PACKET_OBSERVES | PACKET_HIDES_PORTS | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET | PACKET_IS_STRICT;

	out->flags = (out->flags & ~ours) | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET | (settings->mode == PACKET_MODE_OBSERVE ? PACKET_OBSERVES : 0u) |
	             (settings->expose.tcp.count || settings->expose.udp.count ? PACKET_HIDES_PORTS : 0u) | (settings->is_strict ? PACKET_IS_STRICT : 0u);
	out->budget = budget_of(settings->budget.packets, settings->budget.packets_burst);
	out->udp_budget = budget_of(settings->budget.unproven, settings->budget.unproven_burst);
	set_ports(&settings->reflectors, out->reflectors);
	set_ports(&settings->expose.tcp, out->exposed_tcp);
	set_ports(&settings->expose.udp, out->exposed_udp);
}
