/* @ipMatch: notation, lists, files; and sets of thousands against networks asked one by one. */
#include "operator_stage.h"

#include "waf/operator/networks.h"

static void notation(void **state)
{
	static const struct { const char *text; unsigned prefix; const char *inside, *outside; } table[] = {
		{ "192.0.2.1", 128, "192.0.2.1", "192.0.2.2" }, { "10.1.2.3/8", 104, "10.255.0.1", "11.0.0.0" },
		{ "10.10.10.0/21", 117, "10.10.8.1", "10.10.16.1" }, { "10.0.0.0/08", 104, "10.1.1.1", "9.9.9.9" },
		{ "0.0.0.0/0", 96, "203.0.113.9", "2001:db8::1" }, { "2001:db8::1/32", 32, "2001:db8:ffff::1", "2001:db9::" },
		{ "::1", 128, "::1", "::2" }, { "::/0", 0, "2001:db8::1", "192.0.2.1" }, { "::ffff:10.0.0.0/104", 104, "10.1.1.1", "11.1.1.1" },
		{ "2001:db8::/128", 128, "2001:db8::", "2001:db8::1" }, { "255.255.255.255/32", 128, "255.255.255.255", "255.255.255.254" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::" },
	};
	static const char *const bad[] = {
		"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/100", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/8 ", " 10.0.0.0", "10.0.0/8",
		"10.0.0.0/0008", "::/129", "[::1]", "[::1]/64", "::1%eth0", "10.0.0.0/255.0.0.0", "localhost", "*", "10.0.0.0/8.",
	};
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	for (size_t i = 0; i < COUNT(table); i++) {
		struct networks *networks = NULL;
		struct network network;
		struct address inside, outside;

		assert_ok(networks_read_one(span_of(table[i].text), &network));
		assert_int_equal(network.prefix, table[i].prefix);
		assert_ok(address_read(span_of(table[i].inside), &inside));
		assert_ok(address_read(span_of(table[i].outside), &outside));
		assert_ok(networks_new(&arena, &network, 1, &networks));
		assert_true(networks_contain(networks, &inside, false));
		assert_false(networks_contain(networks, &outside, false));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct network network = { .prefix = 77 };

		assert_result(networks_read_one(span_of(bad[i]), &network), RESULT_MALFORMED);
		assert_int_equal(network.prefix, 77);
	}
	arena_done(&arena);
}

static struct address draw_address(struct draws *draws, bool is_v4)
{
	struct address address = { { 0 } };

	for (unsigned b = 0; b < 16; b++)
		address.bytes[b] = is_v4 && b < 12 ? (b < 10 ? 0 : 0xff) : (uint8_t)(draw_below(draws, 4) ? draw_below(draws, 3) : draw(draws));
	return address;
}

static struct network draw_network(struct draws *draws)
{
	bool is_v4 = draw_below(draws, 2);
	struct network network = { draw_address(draws, is_v4), (uint8_t)(is_v4 ? 96 + draw_below(draws, 33) : draw_below(draws, 129)) };
	char text[NETWORK_TEXT_MAX];
	struct network read;

	network_write(&network, text);
	assert_ok(networks_read_one(span_of(text), &read));  /* clears the host bits */
	return read;
}

/* Of a mapped address that was written as IPv6: the bits alone. */
static bool holds(const struct network *network, const struct address *address, bool as_v6)
{
	if (network_contains(network, address))
		return true;
	for (unsigned bit = 0; bit < network->prefix; bit++) {
		if ((network->address.bytes[bit / 8] ^ address->bytes[bit / 8]) & (0x80u >> bit % 8))
			return false;
	}
	return as_v6;
}

static void sets_against_single_networks(void **state)
{
	struct draws draws = { 29 };
	size_t yes = 0, no = 0;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		static struct network list[60];
		size_t count = draw_below(&draws, COUNT(list));
		struct networks *networks = NULL;
		struct arena arena;

		for (size_t i = 0; i < count; i++) {
			do {
				list[i] = draw_network(&draws);
			} while (list[i].prefix % 96 < 3 && draw_below(&draws, 8));  /* few that hold all */
		}
		arena_init(&arena, 1 << 20, 4096);
		assert_ok(networks_new(&arena, list, count, &networks));
		assert_true(networks_ranges(networks) <= count);
		for (unsigned question = 0; question < 300; question++) {
			struct address address = draw_address(&draws, draw_below(&draws, 2));
			bool expected = false, as_v6 = draw_below(&draws, 2);

			for (size_t i = 0; i < count && !expected; i++)
				expected = holds(&list[i], &address, as_v6);
			assert_int_equal(networks_contain(networks, &address, as_v6), expected);
			yes += expected;
			no += !expected;
		}
		arena_done(&arena);
	}
	assert_true(yes > 10000 && no > 10000);
}

static void neighbours_become_one(void **state)
{
	static const char *const texts[] = { "10.0.0.0/9", "10.128.0.0/9", "10.5.0.0/16", "255.255.255.255", "255.255.255.254", "2001:db8::/33",
		                             "2001:db8:8000::/33", "ffff::/16", "0.0.0.0" };
	struct network list[COUNT(texts)];
	struct networks *networks = NULL;
	struct arena arena;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_ok(networks_read_one(span_of(texts[i]), &list[i]));
	arena_init(&arena, 1 << 20, 4096);
	assert_ok(networks_new(&arena, list, COUNT(list), &networks));
	assert_int_equal(networks_ranges(networks), 5);
	arena_done(&arena);
}

static void rules(void **state)
{
	static const struct { const char *list, *value; int match; } table[] = {
		{ "10.0.0.0/8", "10.1.1.1", MATCH_YES }, { "1.2.3.4,5.6.7.8", "5.6.7.8", MATCH_YES }, { "1.2.3.4 , 5.6.7.8", "5.6.7.8", MATCH_YES },
		{ "10.0.0.0/24,10.0.0.7", "10.0.0.9", MATCH_YES }, { "2001:db8::/32", "2001:DB8:0::1", MATCH_YES }, { "1.2.3.4", "1.2.3.5", MATCH_NO },
		{ "", "10.0.0.9", MATCH_NO }, { ",,", "10.0.0.9", MATCH_NO }, { "10.0.0.0/24", "::ffff:10.0.0.1", MATCH_YES },
		{ "::/80", "::ffff:10.0.0.1", MATCH_YES }, { "::/80", "10.0.0.1", MATCH_NO },
		{ "1.2.3.4", "x", MATCH_ERROR }, { "1.2.3.4", "", MATCH_ERROR }, { "::1", "[::1]", MATCH_ERROR }, { "1.2.3.4", "1.2.3.4 ", MATCH_ERROR },
		{ "1.2.3.4", "1.2.3.4/32", MATCH_ERROR },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++)
		assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH, span_of(table[i].list), span_of(table[i].value)), table[i].match);
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH, SPAN("1.2.3.4,host"), SPAN("1.2.3.4")), -1);
	stage_complained(&stage, "rules/a.conf:7:3: error: \"host\" is neither an address nor a network (write it as");
	stage_done(&stage);
}

static void rules_with_a_file(void **state)
{
	static const struct stage_file files[] = {
		{ SPAN_INIT("nets.txt"), SPAN_INIT("# ours\n10.0.0.0/8\r\n\n  2001:db8::/32  # lab\n192.0.2.1") },
		{ SPAN_INIT("bad.txt"), SPAN_INIT("10.0.0.0/8\n10.0.0.0-10.0.0.9\n") },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage.files = files;
	stage.file_count = COUNT(files);
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH_FROM_FILE, SPAN("nets.txt"), SPAN("10.9.9.9")), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH_FROM_FILE, SPAN(" nets.txt "), SPAN("2001:db8::5")), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH_FROM_FILE, SPAN("nets.txt"), SPAN("192.0.2.1")), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH_FROM_FILE, SPAN("nets.txt"), SPAN("192.0.2.2")), MATCH_NO);
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH_FROM_FILE, SPAN("bad.txt"), SPAN("10.0.0.1")), -1);
	stage_complained(&stage, "bad.txt:2:1: error: \"10.0.0.0-10.0.0.9\" is neither");
	assert_int_equal(stage_ask(&stage, OPERATOR_IP_MATCH_FROM_FILE, SPAN("none.txt"), SPAN("10.0.0.1")), -1);
	stage_complained(&stage, "the file \"none.txt\" cannot be read");
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notation), cmocka_unit_test(sets_against_single_networks), cmocka_unit_test(neighbours_become_one),
		cmocka_unit_test(rules), cmocka_unit_test(rules_with_a_file),
	};

	return cmocka_run_group_tests_name("waf/operator_networks", tests, NULL, NULL);
}
