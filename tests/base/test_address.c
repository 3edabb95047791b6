/* Addresses, networks and endpoints: what is read, what is not, and that what is printed reads back as the same. */
#include "check.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "base/address.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void good_addresses(void **state)
{
	static const struct { const char *text, *printed; bool is_v4, is_loopback, is_any; } table[] = {
		{ "192.0.2.1", "192.0.2.1", true, false, false },
		{ "0.0.0.0", "0.0.0.0", true, false, true },
		{ "127.0.0.1", "127.0.0.1", true, true, false },
		{ "127.255.1.2", "127.255.1.2", true, true, false },
		{ "255.255.255.255", "255.255.255.255", true, false, false },
		{ "::", "::", false, false, true },
		{ "::1", "::1", false, true, false },
		{ "2001:DB8:0:0::1", "2001:db8::1", false, false, false },
		{ "[2001:db8::1]", "2001:db8::1", false, false, false },
		{ "::ffff:192.0.2.1", "192.0.2.1", true, false, false },
		{ "::FFFF:7f00:1", "127.0.0.1", true, true, false },
		{ "[::ffff:0:0]", "0.0.0.0", true, false, true },
		{ "fe80::1234:5678:9abc:def0", "fe80::1234:5678:9abc:def0", false, false, false },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", false, false, false },
		{ "2001:db8::192.0.2.33", "2001:db8::c000:221", false, false, false },
		{ "1:0:0:0:0:0:0:0", "1::", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct address address, again;
		char text[ADDRESS_TEXT_MAX];

		assert_ok(address_read(span_of(table[i].text), &address));
		address_write(&address, text);
		assert_string_equal(text, table[i].printed);
		assert_ok(address_read(span_of(text), &again));
		assert_true(address_equal(&address, &again));
		assert_int_equal(address_is_v4(&address), table[i].is_v4);
		assert_int_equal(address_is_loopback(&address), table[i].is_loopback);
		assert_int_equal(address_is_any(&address), table[i].is_any);
	}
}

static void bad_addresses(void **state)
{
	static const char *const table[] = {
		"", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/8", "1.2.3.4:80",
		"0x7f.0.0.1", "2130706433", "[1.2.3.4]", "[]", "[", "]", "[::1", "::1]", "[[::1]]", ":::", "::1::", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "12345::", "g::", "fe80::1%eth0", "fe80::1%2", "::ffff:1.2.3", "localhost", "1.2.3.4\n", "-1.2.3.4",
		"2001:db8::1/64", "[::1]:80", "0000000000:0000:0000:0000:0000:0000:0000:000001",
	};
	struct address address = { { 9 } };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_result(address_read(span_of(table[i]), &address), RESULT_MALFORMED);
	assert_result(address_read(span_make("1.2.3.4\0", 8), &address), RESULT_MALFORMED);
	assert_result(address_read(span_make("1.2\0.3.4", 8), &address), RESULT_MALFORMED);
	assert_result(address_read(SPAN_NONE, &address), RESULT_MALFORMED);
	assert_int_equal(address.bytes[0], 9);  /* untouched */
}

/* glibc's own words are the oracle for what an address looks like. */
static void random_addresses_print_and_read_back(void **state)
{
	struct draws draws = { 5 };

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct address address = { { 0 } }, again;
		char text[ADDRESS_TEXT_MAX], network_text[NETWORK_TEXT_MAX], endpoint_text[ENDPOINT_TEXT_MAX];
		struct network network, network_again;
		struct endpoint endpoint, endpoint_again;

		for (unsigned b = 0; b < 16; b++)
			address.bytes[b] = draw_below(&draws, 3) ? (uint8_t)draw(&draws) : 0;
		if (i % 3 == 0) {
			memset(address.bytes, 0, 10);
			address.bytes[10] = address.bytes[11] = 0xff;
		}
		address_write(&address, text);
		assert_ok(address_read(span_of(text), &again));
		assert_true(address_equal(&address, &again));

		endpoint = (struct endpoint){ address, (uint16_t)(1 + draw_below(&draws, 65535)) };
		endpoint_write(&endpoint, endpoint_text);
		assert_ok(endpoint_read(span_of(endpoint_text), &endpoint_again));
		assert_true(endpoint_equal(&endpoint, &endpoint_again));

		snprintf(network_text, sizeof(network_text), "%s/%u", text, address_is_v4(&address) ? 32u : 128u);
		assert_ok(network_read(span_of(network_text), &network));
		assert_int_equal(network.prefix, 128);
		network_write(&network, network_text);
		assert_ok(network_read(span_of(network_text), &network_again));
		assert_memory_equal(&network, &network_again, sizeof(network));
	}
}

static void good_networks(void **state)
{
	static const struct { const char *text, *printed; unsigned prefix; const char *inside, *outside; } table[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", 104, "10.255.0.1", "11.0.0.0" },
		{ "192.0.2.0/24", "192.0.2.0/24", 120, "192.0.2.255", "192.0.3.0" },
		{ "192.0.2.128/25", "192.0.2.128/25", 121, "192.0.2.200", "192.0.2.127" },
		{ "192.0.2.7", "192.0.2.7/32", 128, "192.0.2.7", "192.0.2.6" },
		{ "172.16.0.0/12", "172.16.0.0/12", 108, "172.31.255.255", "172.32.0.0" },
		{ "0.0.0.0/0", "0.0.0.0/0", 96, "203.0.113.9", "2001:db8::1" },
		{ "2001:db8::/32", "2001:db8::/32", 32, "2001:db8:ffff::1", "2001:db9::" },
		{ "2001:db8:0:8000::/49", "2001:db8:0:8000::/49", 49, "2001:db8:0:ffff::", "2001:db8::" },
		{ "::1", "::1/128", 128, "::1", "::2" },
		{ "fe80::/10", "fe80::/10", 10, "febf::1", "fec0::1" },
		{ "::/0", "::/0", 0, "2001:db8::1", "203.0.113.9" },   /* all of IPv6, and nothing of IPv4 */
		{ "::/8", "::/8", 8, "::2", "127.0.0.1" },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8", 104, "10.1.1.1", "11.1.1.1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct network network, again;
		struct address inside, outside;
		char text[NETWORK_TEXT_MAX];

		assert_ok(network_read(span_of(table[i].text), &network));
		assert_int_equal(network.prefix, table[i].prefix);
		network_write(&network, text);
		assert_string_equal(text, table[i].printed);
		assert_ok(network_read(span_of(text), &again));
		assert_memory_equal(&network, &again, sizeof(network));
		assert_ok(address_read(span_of(table[i].inside), &inside));
		assert_ok(address_read(span_of(table[i].outside), &outside));
		assert_true(network_contains(&network, &inside));
		assert_false(network_contains(&network, &outside));
	}
}

static void bad_networks(void **state)
{
	static const char *const table[] = {
		"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8", "10.0.0.0/7 ",
		"10.0.0.0 /8", "10.0.0.0/ 8", "2001:db8::/129", "2001:db8::1/64", "2001:db8::/31x", "::ffff:10.0.0.0/8", "10.0.0/8", "*",
		"10.0.0.0/99999999999999999999", "10.*",
	};
	struct network network;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_result(network_read(span_of(table[i]), &network), RESULT_MALFORMED);
}

/* Every prefix of both families against bits compared one by one. */
static void containing_agrees_with_bits(void **state)
{
	struct draws draws = { 17 };

	(void)state;
	for (unsigned i = 0; i < 30000; i++) {
		struct network network = { .prefix = (uint8_t)(i % 2 ? 96 + draw_below(&draws, 33) : draw_below(&draws, 129)) };
		struct address address;
		unsigned flip = (unsigned)draw_below(&draws, 128);
		bool same = true;

		for (unsigned b = 0; b < 16; b++)
			network.address.bytes[b] = i % 2 && b < 12 ? (b < 10 ? 0 : 0xff) : (uint8_t)draw(&draws);
		for (unsigned bit = network.prefix; bit < 128; bit++)
			network.address.bytes[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
		address = network.address;
		address.bytes[flip / 8] ^= (uint8_t)(0x80u >> flip % 8);
		for (unsigned bit = 0; bit < network.prefix; bit++)
			same &= !((network.address.bytes[bit / 8] ^ address.bytes[bit / 8]) & (0x80u >> bit % 8));
		if (network.prefix < 96 && address_is_v4(&address))
			same = false;
		assert_int_equal(network_contains(&network, &address), same);
	}
}

static void truncated_for_a_log(void **state)
{
	static const struct { const char *text, *kept; } table[] = {
		{ "192.0.2.77", "192.0.2.0" }, { "255.255.255.255", "255.255.255.0" }, { "2001:db8:1:2:3:4:5:6", "2001:db8:1::" },
		{ "::1", "::" }, { "::ffff:10.9.8.7", "10.9.8.0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct address address;
		char text[ADDRESS_TEXT_MAX];

		assert_ok(address_read(span_of(table[i].text), &address));
		address = address_truncate(address);
		address_write(&address, text);
		assert_string_equal(text, table[i].kept);
	}
}

static void endpoints(void **state)
{
	static const struct { const char *text, *printed; } good[] = {
		{ "127.0.0.1:443", "127.0.0.1:443" }, { "[::1]:65535", "[::1]:65535" }, { "0.0.0.0:1", "0.0.0.0:1" },
		{ "[::ffff:10.0.0.1]:80", "10.0.0.1:80" }, { "[2001:DB8::]:8443", "[2001:db8::]:8443" },
	};
	static const char *const bad[] = {
		"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80 ", "::1:443", "::1",
		"[::1]", "[::1]443", "[::1]:", "[::1:443", "::1]:443", "[127.0.0.1]:80", "localhost:80", "*:80", "127.0.0.1:http",
		"127.0.0.1:8o", "127.0.0.1:99999999999999999999", "[::1]:80:80", "1.2.3.4:5:6",
	};
	struct endpoint endpoint;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		char text[ENDPOINT_TEXT_MAX];

		assert_ok(endpoint_read(span_of(good[i].text), &endpoint));
		endpoint_write(&endpoint, text);
		assert_string_equal(text, good[i].printed);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_result(endpoint_read(span_of(bad[i]), &endpoint), RESULT_MALFORMED);
}

static void sockets_there_and_back(void **state)
{
	static const struct { const char *text; int family; socklen_t length; } table[] = {
		{ "192.0.2.1:8080", AF_INET, sizeof(struct sockaddr_in) }, { "[2001:db8::1]:443", AF_INET6, sizeof(struct sockaddr_in6) },
	};
	struct sockaddr_storage socket = { .ss_family = AF_UNIX };
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(7) };
	struct endpoint endpoint, again;

	(void)state;
	assert_result(endpoint_from_socket((struct sockaddr *)&socket, &again), RESULT_MALFORMED);
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_ok(endpoint_read(span_of(table[i].text), &endpoint));
		assert_int_equal(endpoint_to_socket(&endpoint, &socket), table[i].length);
		assert_int_equal(socket.ss_family, table[i].family);
		assert_ok(endpoint_from_socket((struct sockaddr *)&socket, &again));
		assert_true(endpoint_equal(&endpoint, &again));
	}
	/* A dual-stack listener names its IPv4 clients like this. */
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.9", &mapped.sin6_addr), 1);
	assert_ok(endpoint_from_socket((struct sockaddr *)&mapped, &again));
	assert_true(address_is_v4(&again.address));
	assert_int_equal(again.port, 7);
}

static void private_addresses(void **state)
{
	static const struct { const char *text; bool is_private; } table[] = {
		{ "10.0.0.0", true }, { "10.255.255.255", true }, { "11.0.0.0", false }, { "172.15.255.255", false }, { "172.16.0.0", true }, { "172.31.255.255", true },
		{ "172.32.0.0", false }, { "192.168.0.1", true }, { "192.169.0.1", false }, { "100.64.0.1", true }, { "100.128.0.1", false }, { "100.63.0.1", false },
		{ "169.254.1.1", true }, { "127.0.0.1", true }, { "198.51.100.7", false }, { "::1", true }, { "fc00::1", true }, { "fdff::1", true }, { "fe00::1", false },
		{ "fe80::1", true }, { "febf::1", true }, { "fec0::1", false }, { "2001:db8::1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct address address;

		assert_ok(address_read(span_of(table[i].text), &address));
		if (address_is_private(&address) != table[i].is_private)
			fail_msg("%s", table[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_addresses),
		cmocka_unit_test(good_addresses), cmocka_unit_test(bad_addresses), cmocka_unit_test(random_addresses_print_and_read_back),
		cmocka_unit_test(good_networks), cmocka_unit_test(bad_networks), cmocka_unit_test(containing_agrees_with_bits),
		cmocka_unit_test(truncated_for_a_log), cmocka_unit_test(endpoints), cmocka_unit_test(sockets_there_and_back),
	};

	return cmocka_run_group_tests_name("base/address", tests, NULL, NULL);
}
