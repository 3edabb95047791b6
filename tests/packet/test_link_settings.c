/* What an administrator says of the line, and what is refused with a sentence. */
#include "../config/site_reading.h"

#include "packet/settings.h"

#include "base/banned.h"

static struct config_section sections[2];

#define SERVED "served: [192.0.2.10], capacity: 1Gbit/s"

static void refused(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ "link: { capacity: 1G }\n", "/c/bouclier.yaml:1:19: error: capacity: found \"1G\", expected a bandwidth" },
		{ "link: { capacity: 1G }\n", "(did you mean 1Gbit/s?)" },
		{ "link: { capacity: 100 mbps }\n", "(did you mean 100Mbit/s?)" },
		{ "link: { capacity: 10GiB/s }\n", "its unit (kbit/s, Mbit/s, Gbit/s or Tbit/s)" },
		{ "link: { capacity: 1bit/s }\n", "capacity: found \"1bit/s\"" },
		{ "link: { capacity: 999Tbit/s }\n", "capacity: found \"999Tbit/s\"" },
		{ "link: { capacity: 99999999999999999Tbit/s }\n", "capacity: found" },
		{ "link: { interface: \"../../etc\" }\n", "expected the name of a network interface (eth0)" },
		{ "link: { interface: eth0-has-a-name-that-is-too-long }\n", "interface: found" },
		{ "link: { interface: [a, b, c, d, e, f, g, h, i] }\n", "interface: found 9, expected at most 8" },
		{ "link: { filling: 0 }\n", "filling: found \"0\"" },
		{ "link: { filling: 90, full: 80 }\n", "a line is filling before it is full" },
		{ "link: { window: 5 }\n", "(did you mean 5s?)" },
		{ "link: { language: es }\n", "language: found \"es\", expected one of en, nl, fr, de" },
		{ "link: { served: [0.0.0.0/0] }\n", "more than any administration has" },
		{ "link: { served: [{ sites: [a] }] }\n", "\"network\" is missing" },
		{ "link: { bgp: on }\n", "bgp is on, and no address is served: nothing could be announced" },
		{ "link: { served: [192.0.2.10], bgp: on }\n", "it is not said what the line carries" },
		{ "link: { " SERVED ", bgp: { mode: on, community: \"65536:1\" } }\n", "community: found \"65536:1\", expected two numbers up to 65535" },
		{ "link: { " SERVED ", bgp: { mode: on, community: blackhole } }\n", "community: found \"blackhole\"" },
		{ "link: { " SERVED ", bgp: { mode: on, unreachable_for: 31m } }\n", "unreachable_for: found \"31m\"" },
		{ "link: { " SERVED ", bgp: { mode: on, unreachable_from: 60 } }\n", "what is worse would be allowed sooner" },
		{ "link: { " SERVED ", bgp: { mode: on, routes: 65 } }\n", "routes: found \"65\"" },
		{ "link: { " SERVED ", bgp: { mode: on, prefix: 7 } }\n", "prefix: found \"7\"" },
		{ "link: { " SERVED ", bgp: { mode: on, persons: ['An \"A\" B'] } }\n", "persons: a name without \"" },
		{ "link: { provder: { name: x } }\n", "(did you mean provider?)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_refused(sections, table[i].lines, "", table[i].sentence);
}

static void defaults(void **state)
{
	struct snapshot *snapshot = assert_taken(sections, "", "");
	const struct link_settings *link = link_settings_of(snapshot);
	const int64_t *ports = link->bgp.management_ports.items;

	(void)state;
	assert_true(link->capacity == 0 && link->filling == 70 && link->full == 95 && link->window_ms == 10000 && link->interfaces.count == 0);
	assert_true(link->bgp.mode == BGP_OFF && link->bgp.unreachable_ms == BGP_UNREACHABLE_MS_MAX && link->bgp.persons.count == 0);
	assert_true(link->bgp.management_ports.count == 1 && ports[0] == 22);
	assert_span(link->bgp.community, "65535:666");
	snapshot_drop(snapshot);
}

static void taken(void **state)
{
	struct snapshot *snapshot = assert_taken(sections,
		"link:\n  capacity: 2500Mbit/s\n  interface: [eth0, eth1]\n  language: nl\n  provider: { name: Carrier NV, telephone: '+32 2 555 01 02', email: noc@carrier.example, contract: BE-4711 }\n"
		"  served: [192.0.2.10, { network: \"2001:db8::/48\", sites: [www.commune.example] }]\n  bgp: { mode: on, persons: [An Janssens], community: \"64500:666\" }\n", "");
	const struct link_settings *link = link_settings_of(snapshot);
	const struct served_settings *served = link->served.items;
	struct bgp_community community;

	(void)state;
	assert_true(link->capacity == 2500000000 && link->interfaces.count == 2 && link->language == DESK_NL && link->bgp.mode == BGP_ON);
	assert_true(link->served.count == 2 && served[0].network.prefix == 128 && served[1].sites.count == 1);
	assert_span(link->provider.contract, "BE-4711");
	assert_ok(bgp_community_read(link->bgp.community, &community));
	assert_true(community.as == 64500 && community.value == 666);
	snapshot_drop(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refused), cmocka_unit_test(defaults), cmocka_unit_test(taken) };

	sections[0] = packet_section;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
