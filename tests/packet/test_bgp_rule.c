/* Rules as words, as BIRD's routes, and as nothing else. */
#include "../base/check.h"

#include "packet/carrier/bgp_rule.h"

#include "base/banned.h"

#define DROP " bgp_ext_community.add((generic, 0x80060000, 0x0)); };"

static const struct { const char *words, *bird; } table[] = {
	{ "flow to=198.51.100.7/32 protocol=17 source-port=53,123", "route flow4 { dst 198.51.100.7/32; proto 17; sport = 53 || = 123; } {" DROP },
	{ "flow to=198.51.100.0/24 from=203.0.113.0/24 protocol=6 source-port=9 port=80,443 length=400 fragments",
	  "route flow4 { dst 198.51.100.0/24; src 203.0.113.0/24; proto 6; dport = 80 || = 443; sport = 9; length >= 400; fragment is_fragment; } {" DROP },
	{ "flow to=2001:db8:53::/48 protocol=17 port=443", "route flow6 { dst 2001:db8:53::/48; next header 17; dport = 443; } {" DROP },
	{ "flow to=198.51.100.7/32 fragments", "route flow4 { dst 198.51.100.7/32; fragment is_fragment; } {" DROP },
	{ "unreachable to=198.51.100.7/32", "route 198.51.100.7/32 blackhole { bgp_community.add((65535,666)); bgp_community.add((65535,65281)); };" },
	{ "unreachable to=2001:db8::1/128", "route 2001:db8::1/128 blackhole { bgp_community.add((65535,666)); bgp_community.add((65535,65281)); };" },
};

static void assert_written(enum result (*write)(const struct bgp_rule *rule, struct buffer *out), const struct bgp_rule *rule, const char *wanted)
{
	struct buffer text;

	buffer_init(&text, 1024);
	assert_ok(write(rule, &text));
	assert_ok(buffer_append_byte(&text, 0));
	assert_string_equal(text.bytes, wanted);
	buffer_done(&text);
}

static enum result write_bird(const struct bgp_rule *rule, struct buffer *out)
{
	const struct bgp_community community = { 65535, 666 };

	return bgp_rule_write_bird(rule, &community, out);
}

static void both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct bgp_rule rule;

		assert_ok(bgp_rule_read(span_of(table[i].words), &rule));
		assert_written(bgp_rule_write, &rule, table[i].words);
		assert_written(write_bird, &rule, table[i].bird);
		for (size_t j = 0; j < sizeof(table) / sizeof(*table); j++) {
			struct bgp_rule other;

			assert_ok(bgp_rule_read(span_of(table[j].words), &other));
			assert_int_equal(bgp_rule_equal(&rule, &other), i == j);
		}
	}
}

static void refused(void **state)
{
	static const char *const texts[] = {
		"", "flow", "flow ", "to=1.2.3.4/32", "flow to=1.2.3.4", "flow to=1.2.3.4/24", "flow to=1.2.3.4/32 ", "flow  to=1.2.3.4/32", "flow to=1.2.3.4/32 protocol=0",
		"flow to=1.2.3.4/32 protocol=256", "flow to=1.2.3.4/32 protocol=udp", "flow to=1.2.3.4/32 port=", "flow to=1.2.3.4/32 port=0", "flow to=1.2.3.4/32 port=65536",
		"flow to=1.2.3.4/32 port=443,80", "flow to=1.2.3.4/32 port=80,80", "flow to=1.2.3.4/32 port=80,", "flow to=1.2.3.4/32 port=1,2,3,4,5,6,7,8,9",
		"flow to=1.2.3.4/32 port=80 protocol=6", "flow to=1.2.3.4/32 from=2001:db8::/48", "flow to=1.2.3.4/32 length=0", "flow to=1.2.3.4/32 length=65536",
		"flow to=1.2.3.4/32 fragment", "flow to=1.2.3.4/32; }", "flow to=1.2.3.4/32 # x", "unreachable", "unreachable to=1.2.3.4/32 protocol=6",
		"unreachable to=1.2.3.4/32 fragments", "Flow to=1.2.3.4/32", "flow to=1.2.3.4/32 to=1.2.3.5/32", "flow to=::ffff:1.2.3.4/128",
	};
	struct bgp_rule rule;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (bgp_rule_read(span_of(texts[i]), &rule) != RESULT_MALFORMED)
			fail_msg("%s", texts[i]);
	}
}

static void protocols(void **state)
{
	struct network v4, v6;
	uint8_t protocol = 0;

	(void)state;
	assert_ok(network_read(SPAN("192.0.2.1"), &v4));
	assert_ok(network_read(SPAN("2001:db8::1"), &v6));
	assert_ok(bgp_rule_protocol_read(SPAN("UDP"), &v4, &protocol));
	assert_int_equal(protocol, 17);
	assert_ok(bgp_rule_protocol_read(SPAN("icmp"), &v4, &protocol));
	assert_int_equal(protocol, 1);
	assert_ok(bgp_rule_protocol_read(SPAN("icmp"), &v6, &protocol));
	assert_int_equal(protocol, 58);
	assert_result(bgp_rule_protocol_read(SPAN("gre"), &v4, &protocol), RESULT_MALFORMED);
}

static void ports_are_sorted(void **state)
{
	struct bgp_ports ports = { .count = 0 };

	(void)state;
	assert_ok(bgp_rule_ports_read(SPAN("443,53"), &ports));
	assert_ok(bgp_rule_ports_read(SPAN("123,53"), &ports));
	assert_true(ports.count == 3 && ports.list[0] == 53 && ports.list[1] == 123 && ports.list[2] == 443);
	assert_result(bgp_rule_ports_read(SPAN("1,2,3,4,5,6"), &ports), RESULT_LIMIT);
	assert_int_equal(ports.count, 3);
	assert_true(bgp_rule_has_port(&ports, 123) && !bgp_rule_has_port(&ports, 124));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(both_ways), cmocka_unit_test(refused), cmocka_unit_test(protocols), cmocka_unit_test(ports_are_sorted) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
