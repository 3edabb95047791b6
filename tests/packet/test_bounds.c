/* What may be announced: a table of wishes, and why not. */
#include "../base/check.h"

#include "packet/carrier/bounds.h"

#include "base/banned.h"

static struct network served_networks[3], management_network;
static struct served_settings served[3];
static struct span persons[] = { SPAN_INIT("An Janssens") };
static int64_t management_ports[] = { 22 };
static struct link_settings settings = {
	.served = { served, 3 },
	.bgp = { .mode = BGP_ON, .routes = 4, .flow_ms = 7200000, .unreachable_ms = 1800000, .flow_from = 70, .unreachable_from = 90, .prefix_v4 = 24, .prefix_v6 = 48,
	         .persons = { persons, 1 }, .management_ports = { management_ports, 1 } },
};
static struct list_value management = { &management_network, 1 };
static struct bounds bounds = { .link = &settings, .management = &management, .has_priority = { false, false, true }, .ports = { 80, 443 }, .port_count = 2 };

static struct bgp_wish wish_of(const char *words, const char *by, uint64_t for_ms)
{
	struct bgp_wish wish = { .by = span_of(by), .for_ms = for_ms };

	if (bgp_rule_read(span_of(words), &wish.rule) != RESULT_OK)
		fail_msg("%s is no rule", words);
	return wish;
}

static void judged(void **state)
{
	static const struct { const char *words, *by; uint64_t for_s; enum bounds_refusal refusal; } table[] = {
		{ "flow to=198.51.100.7/32 protocol=17 source-port=53", "", 7200, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 protocol=17 source-port=53", "", 7201, BOUNDS_TOO_LONG },
		{ "flow to=198.51.100.7/32 protocol=17 source-port=53", "", 0, BOUNDS_TOO_SHORT },
		{ "flow to=198.51.100.0/24 protocol=17", "", 60, BOUNDS_NONE },
		{ "flow to=198.51.0.0/16 protocol=17", "", 60, BOUNDS_NOT_SERVED },
		{ "flow to=203.0.113.1/32 protocol=17", "", 60, BOUNDS_NOT_SERVED },
		{ "flow to=10.20.0.0/16 protocol=17", "", 60, BOUNDS_TOO_WIDE },
		{ "flow to=198.51.100.7/32 from=203.0.112.0/23 protocol=17", "", 60, BOUNDS_SOURCE_TOO_WIDE },
		{ "flow to=198.51.100.7/32 port=53", "", 60, BOUNDS_PORTS },
		{ "flow to=198.51.100.7/32 protocol=1 port=53", "", 60, BOUNDS_PORTS },
		{ "flow to=198.51.100.7/32 from=192.0.2.0/24", "", 60, BOUNDS_MANAGEMENT_SOURCE },
		{ "flow to=198.51.100.7/32 from=192.0.2.9/32 protocol=17", "", 60, BOUNDS_MANAGEMENT_SOURCE },
		{ "flow to=198.51.100.7/32 from=203.0.113.0/24", "", 60, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 from=203.0.115.0/24 protocol=17", "", 60, BOUNDS_NEEDS_PERSON },  /* a resolver is there */
		{ "flow to=198.51.100.7/32 from=203.0.115.9/32 fragments", "", 60, BOUNDS_NEEDS_PERSON },
		{ "flow to=198.51.100.7/32 from=203.0.115.9/32", "An Janssens", 1800, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 from=203.0.115.9/32", "An Janssens", 1801, BOUNDS_TOO_LONG },
		{ "flow to=198.51.100.7/32 protocol=6", "An Janssens", 60, BOUNDS_MANAGEMENT_PORT },
		{ "flow to=198.51.100.7/32 length=1", "An Janssens", 60, BOUNDS_MANAGEMENT_PORT },
		{ "flow to=198.51.100.7/32 protocol=6 port=22", "", 60, BOUNDS_MANAGEMENT_PORT },
		{ "flow to=198.51.100.7/32 protocol=6 port=25", "", 60, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 protocol=6 port=25,443", "", 60, BOUNDS_NEEDS_PERSON },
		{ "flow to=198.51.100.7/32 protocol=6 port=443 length=500", "", 60, BOUNDS_NEEDS_PERSON },
		{ "flow to=198.51.100.7/32 protocol=6 port=443", "An Jansens", 60, BOUNDS_UNKNOWN_PERSON },
		{ "flow to=198.51.100.7/32 protocol=6 port=443", "An Janssens", 1800, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 protocol=6 port=443", "An Janssens", 1801, BOUNDS_TOO_LONG },
		{ "flow to=198.51.100.7/32 protocol=6 source-port=9 port=443", "", 60, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 fragments", "", 60, BOUNDS_NONE },
		{ "flow to=198.51.100.7/32 fragments", "An \"Janssens\"", 60, BOUNDS_NOT_A_NAME },
		{ "unreachable to=198.51.100.7/32", "", 60, BOUNDS_NEEDS_PERSON },
		{ "unreachable to=198.51.100.7/32", "Somebody", 60, BOUNDS_UNKNOWN_PERSON },
		{ "unreachable to=198.51.100.7/32", "An Janssens", 1800, BOUNDS_NONE },
		{ "unreachable to=198.51.100.7/32", "An Janssens", 1801, BOUNDS_TOO_LONG },
		{ "unreachable to=198.51.100.0/31", "An Janssens", 60, BOUNDS_NOT_ONE_ADDRESS },
		{ "unreachable to=203.0.113.9/32", "An Janssens", 60, BOUNDS_NOT_SERVED },
		{ "unreachable to=2001:db8:7::1/128", "An Janssens", 60, BOUNDS_PRIORITY },
		{ "flow to=2001:db8:7::1/128 protocol=6 port=443", "An Janssens", 60, BOUNDS_PRIORITY },
		{ "flow to=2001:db8:7::1/128 protocol=17 source-port=53", "", 60, BOUNDS_NONE },
		{ "flow to=2001:db8:7::/48 protocol=17 source-port=53", "", 60, BOUNDS_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct bgp_wish wish = wish_of(table[i].words, table[i].by, table[i].for_s * 1000);
		enum bounds_refusal refusal = bounds_judge(&bounds, &wish);

		if (refusal != table[i].refusal)
			fail_msg("%s by %s: %s", table[i].words, table[i].by, bounds_sentence(refusal));
	}
}

static void family(void **state)
{
	struct bgp_wish wish = wish_of("flow to=198.51.100.7/32 protocol=17", "", 1000);

	(void)state;
	wish.rule.has_from = true;
	assert_ok(network_read(SPAN("2001:db8::/48"), &wish.rule.from));
	assert_int_equal(bounds_judge(&bounds, &wish), BOUNDS_FAMILY);
}

/* Half of the internet is as good as all of it, whatever the configuration allows. */
static void wide_source(void **state)
{
	struct bgp_wish wide = wish_of("flow to=198.51.100.7/32 from=64.0.0.0/9 protocol=6 port=443", "", 1000), narrow = wish_of("flow to=198.51.100.7/32 from=64.0.0.0/16 protocol=6 port=443", "", 1000);

	(void)state;
	settings.bgp.prefix_v4 = 8;
	assert_int_equal(bounds_judge(&bounds, &wide), BOUNDS_NEEDS_PERSON);
	assert_int_equal(bounds_judge(&bounds, &narrow), BOUNDS_NONE);
	settings.bgp.prefix_v4 = 24;
}

/* Our own office lies in the network that is attacked: a rule about all of it is not to be made, one about the portal is. */
static void management_among_the_targets(void **state)
{
	struct bgp_wish all = wish_of("flow to=198.51.100.0/24 protocol=17", "", 1000), one = wish_of("flow to=198.51.100.7/32 protocol=17", "", 1000);
	struct network office, before = management_network;

	(void)state;
	assert_ok(network_read(SPAN("198.51.100.128/25"), &office));
	management_network = office;
	assert_int_equal(bounds_judge(&bounds, &all), BOUNDS_MANAGEMENT_TARGET);
	assert_int_equal(bounds_judge(&bounds, &one), BOUNDS_NONE);
	management_network = before;
}

static void off(void **state)
{
	struct bgp_wish wish = wish_of("flow to=198.51.100.7/32 protocol=17", "", 1000);

	(void)state;
	settings.bgp.mode = BGP_OFF;
	assert_int_equal(bounds_judge(&bounds, &wish), BOUNDS_OFF);
	settings.bgp.mode = BGP_ON;
}

static void thirty_minutes_whatever_is_written(void **state)
{
	struct bgp_wish wish = wish_of("unreachable to=198.51.100.7/32", "An Janssens", BGP_UNREACHABLE_MS_MAX + 1);

	(void)state;
	settings.bgp.unreachable_ms = 7200000;
	assert_int_equal(bounds_judge(&bounds, &wish), BOUNDS_TOO_LONG);
	settings.bgp.unreachable_ms = 1800000;
}

static void thresholds(void **state)
{
	static const struct { unsigned percent, dropped; enum bounds_refusal flow, unreachable; } table[] = {
		{ 0, 0, BOUNDS_LINE_IS_QUIET, BOUNDS_LINE_IS_QUIET }, { 69, 0, BOUNDS_LINE_IS_QUIET, BOUNDS_LINE_IS_QUIET }, { 70, 0, BOUNDS_NONE, BOUNDS_LINE_IS_QUIET },
		{ 89, 0, BOUNDS_NONE, BOUNDS_LINE_IS_QUIET }, { 90, 0, BOUNDS_NONE, BOUNDS_NONE }, { 10, 1, BOUNDS_NONE, BOUNDS_LINE_IS_QUIET },
		{ 10, 49, BOUNDS_NONE, BOUNDS_LINE_IS_QUIET }, { 10, 50, BOUNDS_NONE, BOUNDS_NONE },  /* a chance drop takes no portal off the internet */
	};
	struct bgp_wish flow = wish_of("flow to=198.51.100.7/32 protocol=17", "", 1000), unreachable = wish_of("unreachable to=198.51.100.7/32", "", 1000);
	struct link_view view = { .percent = 100 };

	(void)state;
	assert_int_equal(bounds_judge_line(&bounds, &flow.rule, &view), BOUNDS_LINE_IS_QUIET);  /* nothing was measured */
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		view = (struct link_view){ .over_ms = 1000, .percent = table[i].percent, .dropped = table[i].dropped };
		assert_int_equal(bounds_judge_line(&bounds, &flow.rule, &view), table[i].flow);
		assert_int_equal(bounds_judge_line(&bounds, &unreachable.rule, &view), table[i].unreachable);
	}
	settings.bgp.flow_from = 0;
	assert_int_equal(bounds_judge_line(&bounds, &flow.rule, &(struct link_view){ 0 }), BOUNDS_NONE);
	settings.bgp.flow_from = 70;
}

static int begin(void **state)
{
	static const char *const texts[] = { "198.51.100.0/24", "10.0.0.0/8", "2001:db8:7::/48" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_ok(network_read(span_of(texts[i]), &served_networks[i]));
		served[i].network = served_networks[i];
	}
	assert_ok(network_read(SPAN("192.0.2.0/24"), &management_network));
	spared_add(&bounds.spared, &(struct network){ management_network.address, 128 }, SPARED_RESOLVER);
	assert_ok(network_read(SPAN("203.0.115.9/32"), &bounds.spared.list[0].network));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judged), cmocka_unit_test(family), cmocka_unit_test(wide_source), cmocka_unit_test(management_among_the_targets), cmocka_unit_test(off),
		cmocka_unit_test(thirty_minutes_whatever_is_written), cmocka_unit_test(thresholds),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
