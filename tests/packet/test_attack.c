/* What was measured, added up: bounded lists, no single addresses, each packet once. */
#include "../base/check.h"

#include "packet/carrier/attack.h"

#include "base/banned.h"

static struct network network_of(const char *text)
{
	struct network network;

	assert_ok(network_read(span_of(text), &network));
	return network;
}

static void add_source(struct attack *attack, const char *text, uint64_t packets)
{
	struct network network = network_of(text);

	attack_add_source(attack, &network, packets);
}

static void assert_network(const struct network *network, const char *text)
{
	char written[NETWORK_TEXT_MAX];

	network_write(network, written);
	assert_string_equal(written, text);
}

static void sources_are_networks(void **state)
{
	struct attack attack;

	(void)state;
	attack_init(&attack);
	add_source(&attack, "203.0.113.5", 5);
	add_source(&attack, "203.0.113.200", 6);
	add_source(&attack, "2001:db8:1:2::3", 20);
	add_source(&attack, "2001:db8:1:9::/64", 1);
	add_source(&attack, "10.0.0.0/8", 7);
	add_source(&attack, "192.0.2.1", 0);
	attack_settle(&attack);
	assert_int_equal(attack.source_count, 3);
	assert_network(&attack.sources[0].network, "2001:db8:1::/48");
	assert_network(&attack.sources[1].network, "203.0.113.0/24");
	assert_network(&attack.sources[2].network, "10.0.0.0/8");
	assert_true(attack.sources[1].packets == 11 && attack.source_packets == 39);
}

/* A million forged sources, and one that is there all the time. */
static void most_frequent_stay(void **state)
{
	struct attack attack;

	(void)state;
	attack_init(&attack);
	for (unsigned i = 0; i < 1000000; i++) {
		struct network network = { .prefix = 128 };

		network.address = network_of("10.0.0.0").address;
		network.address.bytes[13] = (uint8_t)(i >> 8);
		network.address.bytes[14] = (uint8_t)i;
		attack_add_source(&attack, &network, 1);
		if (i % 10 == 0)
			add_source(&attack, "198.51.100.9", 1);
	}
	attack_settle(&attack);
	assert_int_equal(attack.source_count, ATTACK_SOURCES_MAX);
	assert_network(&attack.sources[0].network, "198.51.100.0/24");
	assert_int_equal(attack.sources[0].packets, 100000);
	assert_int_equal(attack.source_packets, 1100000);
}

static void reasons(void **state)
{
	const struct packet_count count = { .packets = 100, .bytes = 6000 };
	struct attack attack;
	uint64_t sum = 0;

	(void)state;
	attack_init(&attack);
	for (unsigned reason = 0; reason < PACKET_REASON_COUNT; reason++)
		attack_add_reason(&attack, (enum packet_reason)reason, &count);
	attack_settle(&attack);
	for (unsigned i = 0; i < attack.part_count; i++)
		sum += attack.parts[i].packets;
	assert_int_equal(attack.part_count, 9);
	assert_int_equal(sum, 1100);   /* eleven reasons are attacks; what passes is none */
	assert_int_equal(attack_share(&attack, 100), 9);
	attack.link.packets_s = 1000;
	attack.measured_ms = 2000;
	assert_int_equal(attack_share(&attack, 100), 5);
}

/* Counters say how many, samples say from which port: together, each packet once. */
static void reflected_ports(void **state)
{
	const struct packet_count count = { .packets = 1000, .bytes = 500000 };
	struct attack attack;

	(void)state;
	attack_init(&attack);
	attack_add_sampled_port(&attack, PACKET_REFLECTED, 53, 3);
	attack_add_sampled_port(&attack, PACKET_REFLECTED, 123, 1);
	attack_add_sampled_port(&attack, PACKET_REFLECTED, 0, 7);
	attack_add_sampled_port(&attack, PACKET_BANNED, 53, 7);
	attack_add_reason(&attack, PACKET_REFLECTED, &count);
	attack_settle(&attack);
	assert_int_equal(attack.part_count, 2);
	assert_true(attack.parts[0].port == 53 && attack.parts[0].packets == 750 && attack.parts[0].bytes == 375000);
	assert_true(attack.parts[1].port == 123 && attack.parts[1].packets == 250);
}

/* SYNs name whoever's address was forged. */
static void sampled_sources(void **state)
{
	const struct network from = network_of("203.0.113.7");
	struct attack attack;

	(void)state;
	attack_init(&attack);
	for (unsigned reason = 0; reason < PACKET_REASON_COUNT; reason++)
		attack_add_sampled_source(&attack, (enum packet_reason)reason, &from, 100);
	assert_true(attack.source_count == 1 && attack.source_packets == 1000);
	assert_network(&attack.sources[0].network, "203.0.113.0/24");
}

/* One reason of the filter counts UDP and ICMP: which of them it was, only samples say. */
static void udp_or_icmp(void **state)
{
	const struct packet_count count = { .packets = 100, .bytes = 6000 };
	struct attack attack;

	(void)state;
	attack_init(&attack);
	attack_add_reason(&attack, PACKET_OVER_UDP_BUDGET, &count);
	attack_settle(&attack);
	assert_true(attack.part_count == 1 && attack.parts[0].vector == ATTACK_UNPROVEN && attack.parts[0].packets == 100);
	attack_add_sampled_udp(&attack, PACKET_OVER_UDP_BUDGET, 1, 3);
	attack_add_sampled_udp(&attack, PACKET_REFLECTED, 9, 0);
	attack_settle(&attack);
	assert_int_equal(attack.part_count, 2);
	assert_true(attack.parts[0].vector == ATTACK_ICMP && attack.parts[0].packets == 75 && attack.parts[0].bytes == 4500);
	assert_true(attack.parts[1].vector == ATTACK_UDP && attack.parts[1].packets == 25);
}

static void private_targets(void **state)
{
	const struct network inside = network_of("10.1.2.3"), outside = network_of("198.51.100.7");
	struct attack attack;

	(void)state;
	attack_init(&attack);
	assert_false(attack_add_target(&attack, &inside));
	assert_true(attack_add_target(&attack, &outside));
	assert_int_equal(attack.target_count, 1);
}

static void bounded(void **state)
{
	struct attack attack;
	unsigned taken = 0, ports = 0;

	(void)state;
	attack_init(&attack);
	for (unsigned i = 0; i < 1000; i++) {
		struct network network = network_of("192.0.2.0");

		network.address.bytes[15] = (uint8_t)i;
		taken += attack_add_target(&attack, &network);
		ports += attack_add_port(&attack, (uint16_t)(i / 2));
		attack_add(&attack, ATTACK_REFLECTED, (uint16_t)(i + 1), 10, 0);
	}
	attack_settle(&attack);
	assert_true(taken == ATTACK_TARGETS_MAX && ports == ATTACK_PORTS_MAX && attack.part_count == ATTACK_VECTORS_MAX);
	assert_int_equal(attack.parts[0].packets, 10 * (1000 - ATTACK_VECTORS_MAX + 1));
}

static void nothing(void **state)
{
	struct attack attack;

	(void)state;
	attack_init(&attack);
	attack_add(&attack, ATTACK_SYN, 0, 0, 0);
	attack_settle(&attack);
	assert_true(attack.part_count == 0 && attack.source_count == 0 && attack_share(&attack, 5) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_networks), cmocka_unit_test(most_frequent_stay), cmocka_unit_test(reasons), cmocka_unit_test(reflected_ports),
		cmocka_unit_test(bounded), cmocka_unit_test(nothing), cmocka_unit_test(sampled_sources), cmocka_unit_test(udp_or_icmp), cmocka_unit_test(private_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
