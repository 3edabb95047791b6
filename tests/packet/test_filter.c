/* Packets before the real program: each reason, over IPv4 and IPv6, with tags, options and fragments; lists, bans and budgets. What asks
 * for sockets and cookies is in test_filter_tcp.c. */
#include "../base/check.h"

#include "stage.h"

#include "packet/kernel/direct.h"

#include "base/banned.h"

static void set_port(__u64 *ports, unsigned port)
{
	ports[port / 64] |= 1ull << port % 64;
}

static void list_v4(uint32_t copy, uint32_t address, enum packet_verdict verdict, bool is_all_of_24)
{
	static const uint16_t cell = PACKET_CELL_GROUPS + 5;
	uint32_t index = direct_index(copy, address);
	struct packet_cells cells;
	struct packet_group group;

	assert_int_equal(bpf_map_lookup_elem(stage_map("direct"), &index, &cells), 0);
	cells.cell[address >> 8 & 255] = is_all_of_24 ? (uint16_t)verdict : cell;
	assert_int_equal(bpf_map_update_elem(stage_map("direct"), &index, &cells, BPF_ANY), 0);
	if (is_all_of_24)
		return;
	index = group_index(copy, cell);
	assert_int_equal(bpf_map_lookup_elem(stage_map("groups"), &index, &group), 0);
	group.word[address >> 5 & 7] |= (uint64_t)verdict << (address & 31) * 2;
	assert_int_equal(bpf_map_update_elem(stage_map("groups"), &index, &group, BPF_ANY), 0);
}

static void list_more(uint32_t copy, uint32_t address, uint32_t verdict)
{
	struct packet_more_key key = { address, copy };

	list_v4(copy, address, (enum packet_verdict)PACKET_CELL_MORE, true);
	assert_int_equal(bpf_map_update_elem(stage_map("lists_more"), &key, &verdict, BPF_ANY), 0);
}

static void list_v6(uint32_t copy, const char *text, uint8_t length, uint32_t verdict)
{
	struct packet_settings *settings = stage.settings;
	struct packet_v6_key key;
	struct address address;
	uint32_t words[4];

	assert_ok(address_read(span_of(text), &address));
	memcpy(words, address.bytes, sizeof(words));
	prefix_key(copy, length, (struct v6_number){ head_number(words), head_number(words + 2) }, &key);
	assert_int_equal(bpf_map_update_elem(stage_map("lists_v6"), &key, &verdict, BPF_ANY), 0);
	for (unsigned i = 0; i < settings->length_count[copy]; i++)
		if (settings->lengths[copy][i] == length)
			return;
	settings->lengths[copy][settings->length_count[copy]++] = length;
}

static void ban(packet_source source, uint64_t until_ns)
{
	struct packet_ban entry = { .until_ns = until_ns };

	assert_int_equal(bpf_map_update_elem(stage_map("bans"), &source, &entry, BPF_ANY), 0);
}

#define SECOND 1000000000ull
#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define BANNED_V6 0x20010db800660000ull

/* 203.0.113.0/24 is denied but for .9; 203.0.114.5 is, .6 is allowed; 203.0.115.0/24 had no group. */
static void furnish(void)
{
	struct packet_settings *settings = stage.settings;

	stage_reset();
	stage_clear("bans");
	list_v4(0, V4(203, 0, 113, 0), PACKET_DENY, true);
	list_v4(0, V4(203, 0, 114, 5), PACKET_DENY, false);
	list_v4(0, V4(203, 0, 114, 6), PACKET_ALLOW, false);
	list_more(0, V4(203, 0, 115, 7), PACKET_DENY);
	list_more(0, V4(203, 0, 115, 8), PACKET_ALLOW);
	list_v6(0, "2001:db8:bad::", 48, PACKET_DENY);
	list_v6(0, "2001:db8:bad:1::", 64, PACKET_ALLOW);
	list_v6(0, "2001:db8:c000::", 35, PACKET_ALLOW);
	list_v6(0, "2001:db8:c000::5", 128, PACKET_DENY);
	list_v4(1, V4(198, 51, 100, 0), PACKET_DENY, true);
	list_v6(1, "2001:db8:7::", 48, PACKET_DENY);
	ban(V4(198, 51, 100, 66), stage_now() + 60 * SECOND);
	ban(V4(198, 51, 100, 67), stage_now() - 60 * SECOND);
	ban(V4(198, 51, 100, 68), stage_now() + 60 * SECOND);
	ban(BANNED_V6, stage_now() + 60 * SECOND);
	set_port(settings->reflectors, 53);
	set_port(settings->reflectors, 11211);
	set_port(settings->exposed_tcp, 443);
	set_port(settings->exposed_tcp, 22);
	set_port(settings->exposed_udp, 5000);
	settings->flags = PACKET_HAS_LIST | PACKET_HAS_BANS | PACKET_HIDES_PORTS | PACKET_IS_END_HOST;
}

struct row {
	const char *recipe, *reason;
};

static const struct row rows[] = {
	{ "type 0806 body 28", "other_protocol" },
	{ "tag type 88cc body 28", "other_protocol" },
	{ "v4 tcp 40000 443 A", "passed" },
	{ "tag stag v4 words 10 tcp 40000 443 PA body 100", "passed" },
	{ "v6 hop dst ah tcp 40000 443 A", "passed" },
	{ "v4 icmp 8 0", "passed" },
	{ "v4 proto 47 body 20", "passed" },
	{ "v4 udp 5000 5000", "passed" },
	{ "v6 hops 255 icmp 135 0 body 16", "needed" },
	{ "from 2001:db8:bad::1 v6 hops 255 icmp 135 0 body 16", "needed" },
	{ "from fe80::9 v6 udp 547 546 body 40", "needed" },
	{ "from 203.0.113.8 v4 udp 67 68 body 240 poke t 8 02 poke t 244 63825363", "needed" },
	{ "tag tag tag v4 tcp 40000 443 A", "malformed" },
	{ "v4 tcp 40000 443 A cut 1", "malformed" },
	{ "v6 route 0 tcp 40000 443 A", "malformed" },
	{ "from 203.0.113.9 v4 part 8 1 proto 17 body 15", "malformed" },
	{ "v4 tcp 40000 443 SF", "bad_flags" },
	{ "v6 hop tcp 40000 443 -", "bad_flags" },
	{ "tag v4 tcp 0 443 S", "bad_flags" },
	/* lists */
	{ "from 203.0.113.8 v4 tcp 40000 443 S", "denied" },
	{ "from 203.0.113.8 tag v4 udp 53 5000", "denied" },
	{ "from 203.0.113.255 v4 part 8 0 proto 17 body 8", "denied" },
	{ "from 203.0.114.5 v4 icmp 8 0", "denied" },
	{ "from 203.0.114.4 v4 icmp 8 0", "passed" },
	{ "from 203.0.114.6 v4 tcp 40000 23 S", "allowed" },
	{ "from 203.0.114.6 v4 part 0 1 tcp 40000 443 S body 4", "allowed" },
	{ "from 203.0.115.7 v4 icmp 8 0", "denied" },
	{ "from 203.0.115.8 v4 icmp 8 0", "allowed" },
	{ "from 203.0.115.9 v4 icmp 8 0", "passed" },
	{ "from 2001:db8:bad::1 v6 tcp 40000 443 S", "denied" },
	{ "from 2001:db8:bad:1::1 v6 tcp 40000 443 S", "allowed" },
	{ "from 2001:db8:bae::1 v6 tcp 40000 443 A", "passed" },
	{ "from 2001:db8:c000::5 v6 tcp 40000 443 S", "allowed" },
	/* bans */
	{ "from 198.51.100.66 v4 tcp 40000 443 A", "banned" },
	{ "from 198.51.100.67 v4 tcp 40000 443 A", "passed" },
	{ "from 198.51.100.68 v4 udp 53 5000", "banned" },
	{ "from 2001:db8:66::1234 v6 icmp 128 0", "banned" },
	{ "from 2001:db8:66:1::1234 v6 icmp 128 0", "passed" },
	/* fragments */
	{ "v4 part 0 1 tcp 40000 443 S body 4", "fragment" },
	{ "v4 part 24 0 proto 6 body 4", "fragment" },
	{ "v6 part 0 1 tcp 40000 443 S body 4", "fragment" },
	{ "v6 hop part 24 1 proto 6 body 8", "fragment" },
	{ "v6 part 0 0 tcp 40000 443 A", "passed" },
	{ "v4 part 24 0 proto 17 body 4", "fragment" },
	{ "v4 part 0 1 udp 5000 5000 body 8", "passed" },
	{ "v4 part 0 1 udp 53 5000 body 8", "reflected" },
	{ "v4 part 24 0 proto 1 body 4", "passed" },
	/* ports */
	{ "v4 udp 53 5000", "reflected" },
	{ "tag v6 dst udp 11211 5000 body 1400", "reflected" },
	{ "v4 udp 5000 5001", "not_exposed" },
	{ "v6 udp 5000 5001", "not_exposed" },
	{ "v4 tcp 40000 23 S", "not_exposed" },
	{ "v6 tcp 40000 23 S", "not_exposed" },
	{ "v4 tcp 443 50000 SA", "not_exposed" },
	{ "v4 tcp 443 50000 A", "not_exposed" },
	{ "v4 tcp 443 50000 R", "not_exposed" },
	{ "v4 tcp 40000 22 S", "passed" },
};

/* Each time anew: the program may have changed the packet. */
static void every_packet_has_its_reason(void **state)
{
	(void)state;
	stage_needed();
	furnish();
	for (int time = 0; time < STAGE_TIMES; time++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			assert_reason(rows[i].recipe, rows[i].reason);
}

/* Counted as if it were not so, and everything passes. */
static void observing_drops_nothing(void **state)
{
	(void)state;
	stage_needed();
	furnish();
	stage.settings->flags |= PACKET_OBSERVES;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_reason(rows[i].recipe, rows[i].reason);
}

/* One store, and the other lists answer. */
static void the_other_copy_answers(void **state)
{
	(void)state;
	stage_needed();
	furnish();
	stage.settings->copy = 1;
	assert_reason("from 203.0.113.8 v4 tcp 40000 443 A", "passed");
	assert_reason("from 2001:db8:bad::1 v6 tcp 40000 443 A", "passed");
	assert_reason("v4 tcp 40000 443 A", "denied");
	assert_reason("v6 tcp 40000 443 A", "denied");
	stage.settings->copy = 0;
	assert_reason("v4 tcp 40000 443 A", "passed");
}

/* All lengths at once: the last of them is asked too, and beyond the last nothing. */
static void as_many_lengths_as_there_may_be(void **state)
{
	(void)state;
	stage_needed();
	furnish();
	stage.settings->copy = 1;
	stage.settings->length_count[1] = 0;
	for (uint8_t i = 0; i < PACKET_PREFIX_LENGTHS_MAX - 1; i++)
		list_v6(1, "2001:db8:feed::", (uint8_t)(64 + i), PACKET_ALLOW);
	list_v6(1, "2001:db8:7:0:8000::", 65 + PACKET_PREFIX_LENGTHS_MAX, PACKET_DENY);
	assert_int_equal(stage.settings->length_count[1], PACKET_PREFIX_LENGTHS_MAX);
	assert_reason("from 2001:db8:7:0:8000::1 v6 tcp 40000 443 A", "denied");
	assert_reason("from 2001:db8:feed::1 v6 tcp 40000 443 A", "allowed");
	stage.settings->length_count[1] = 255;
	assert_reason("from 2001:db8:7:0:8000::1 v6 tcp 40000 443 A", "denied");
	stage.settings->length_count[1] = 0;
}

/* Without flags nothing is asked but whether a packet is one. */
static void flags_switch_what_is_asked(void **state)
{
	(void)state;
	stage_needed();
	furnish();
	stage.settings->flags = 0;
	assert_reason("from 203.0.113.8 v4 tcp 40000 443 A", "passed");
	assert_reason("from 198.51.100.66 v4 tcp 40000 443 A", "passed");
	assert_reason("v4 tcp 40000 23 S", "passed");
	assert_reason("v4 part 24 0 proto 17 body 4", "passed");
	assert_reason("v4 tcp 40000 443 A cut 1", "malformed");
	stage.settings->flags = PACKET_HIDES_PORTS;
	assert_reason("v4 tcp 40000 23 S", "not_exposed");
	assert_reason("v4 tcp 40000 23 A", "passed");
	assert_reason("v4 udp 5000 5001", "passed");
}

/* The controller is dead: what it learned ends, what somebody loaded stays. */
static void a_silent_controller_bans_nobody(void **state)
{
	(void)state;
	stage_needed();
	furnish();
	stage.settings->heartbeat_ns = stage_now() - PACKET_HEARTBEAT_NS - 20 * PACKET_TICK_NS;
	assert_reason("from 198.51.100.66 v4 tcp 40000 443 A", "passed");
	assert_reason("from 203.0.113.8 v4 tcp 40000 443 A", "denied");
	stage.settings->heartbeat_ns = stage_now() - PACKET_HEARTBEAT_NS / 2;
	assert_reason("from 198.51.100.66 v4 tcp 40000 443 A", "banned");
	stage.settings->heartbeat_ns = stage_now() + SECOND;
	assert_reason("from 198.51.100.66 v4 tcp 40000 443 A", "banned");
}

static unsigned passed_of(const char *line, unsigned times, const char *otherwise)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < times; i++) {
		const char *reason = stage_ask(line);

		passed += !strcmp(reason, "passed");
		if (strcmp(reason, "passed") && strcmp(reason, otherwise))
			fail_msg("%s: %s", line, reason);
	}
	return passed;
}

static void become_known(packet_source source)
{
	uint64_t arrival = 0;

	assert_int_equal(bpf_map_update_elem(stage_map("sources"), &source, &arrival, BPF_ANY), 0);
}

static void a_known_source_has_a_budget(void **state)
{
	(void)state;
	stage_needed();
	stage_reset();
	stage_clear("sources");
	stage.settings->flags = PACKET_HAS_BUDGET;
	stage.settings->budget = (struct packet_budget){ 3600 * SECOND, 9 * 3600 * SECOND };
	assert_int_equal(passed_of("from 198.51.100.20 v4 tcp 40000 443 A", 100, "over_budget"), 100);
	become_known(V4(198, 51, 100, 20));
	become_known(0x20010db800200000ull);
	assert_int_equal(passed_of("from 198.51.100.20 v4 tcp 40000 443 A", 100, "over_budget"), 10);
	assert_int_equal(passed_of("from 198.51.100.20 v4 udp 5000 5001", 20, "over_budget"), 0);
	assert_int_equal(passed_of("from 198.51.100.20 v4 proto 50 body 40", 20, "over_budget"), 20);
	assert_int_equal(passed_of("from 2001:db8:20::1 v6 tcp 40000 443 A", 5, "over_budget"), 5);
	assert_int_equal(passed_of("from 2001:db8:20::2 v6 tcp 40000 22 A", 20, "over_budget"), 5);
	stage.settings->flags |= PACKET_IS_STRICT;  /* UDP says any source */
	assert_int_equal(passed_of("from 198.51.100.20 v4 udp 5000 5001", 20, "over_budget"), 20);
	stage.settings->heartbeat_ns = 0;
	assert_int_equal(passed_of("from 198.51.100.20 v4 tcp 40000 443 A", 20, "over_budget"), 20);
}

static void who_has_shown_nothing_shares_the_sketch(void **state)
{
	struct packet_budget budget = { 3600 * SECOND, 4 * 3600 * SECOND };
	unsigned entries = 0;
	uint64_t key = 0;

	(void)state;
	stage_needed();
	stage_reset();
	stage_clear("sources");
	stage.settings->flags = PACKET_HAS_UDP_BUDGET;
	stage.settings->udp_budget = budget;
	assert_int_equal(passed_of("from 198.51.100.21 v4 udp 5000 5001", 20, "over_udp_budget"), 5);
	assert_int_equal(passed_of("from 198.51.100.21 v4 icmp 8 0", 20, "over_udp_budget"), 0);
	assert_int_equal(passed_of("from 198.51.100.21 v4 part 24 0 proto 17 body 4", 20, "over_udp_budget"), 0);
	assert_int_equal(passed_of("from 198.51.100.21 v4 tcp 40000 443 A", 20, "over_udp_budget"), 20);
	assert_int_equal(passed_of("from 198.51.100.21 v4 proto 50 body 40", 20, "over_udp_budget"), 20);
	assert_int_equal(passed_of("from 198.51.100.21 v4 proto 47 body 40", 20, "over_udp_budget"), 20);
	assert_int_equal(passed_of("from 198.51.100.21 v4 proto 51 body 40", 20, "over_udp_budget"), 20);
	assert_int_equal(passed_of("from 198.51.100.22 v4 udp 5000 5001", 5, "over_udp_budget"), 5);
	assert_int_equal(passed_of("from 2001:db8:21::1 v6 udp 5000 5001", 20, "over_udp_budget"), 5);
	while (bpf_map_get_next_key(stage_map("sources"), entries++ ? &key : NULL, &key) == 0)
		;
	assert_int_equal(entries, 1);  /* none of them was given memory */
	become_known(V4(198, 51, 100, 21));
	assert_int_equal(passed_of("from 198.51.100.21 v4 udp 5000 5001", 20, "over_udp_budget"), 20);
}

/* Over a table of another size than it was made for: the program cannot do what it should, counts it, and lets the packet pass. */
static void what_fails_passes(void **state)
{
	const struct stage whole = stage;
	struct stage crippled = stage;

	(void)state;
	stage_needed();
	assert_ok(packet_program_open(&crippled.program));
	bpf_map__set_max_entries(packet_program_map(crippled.program, "sources"), STAGE_SOURCES);
	bpf_map__set_max_entries(packet_program_map(crippled.program, "sketch"), 1);
	assert_ok(packet_program_load(crippled.program));
	stage = crippled;
	stage_attend();
	stage_reset();
	stage.settings->flags = PACKET_HAS_UDP_BUDGET;
	stage.settings->udp_budget = (struct packet_budget){ SECOND, PACKET_TICK_NS };
	assert_reason("from 198.51.100.23 v4 udp 5000 5001", "failed");
	assert_reason("from 2001:db8:23::1 v6 icmp 128 0", "failed");
	assert_reason("from 198.51.100.23 v4 tcp 40000 443 A", "passed");
	stage_leave();
	stage = whole;
}

static void some_are_told(void **state)
{
	struct stage_told told = { .count = 0 };
	struct ring_buffer *ring;

	(void)state;
	stage_needed();
	furnish();
	ring = ring_buffer__new(stage_map("events"), stage_hear, &told, NULL);
	assert_non_null(ring);
	ring_buffer__consume(ring);
	told.count = 0;
	assert_reason("v4 tcp 40000 443 A", "passed");
	assert_true(ring_buffer__consume(ring) == 0);
	usleep(1100000);
	assert_reason("from 203.0.113.8 tag v4 udp 1234 5000 body 58", "denied");
	assert_true(ring_buffer__consume(ring) == 1);
	assert_memory_equal(told.last.source, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\0\x71\x08", 16);
	assert_memory_equal(told.last.destination, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16);
	assert_int_equal(told.last.source_port, 1234);
	assert_int_equal(told.last.destination_port, 5000);
	assert_int_equal(told.last.bytes, 14 + 4 + 20 + 8 + 58);
	assert_int_equal(told.last.reason, PACKET_DENIED);
	assert_int_equal(told.last.protocol, 17);
	assert_in_range(told.last.at_ns, stage_now() - SECOND, stage_now());
	for (int i = 0; i < 300; i++)
		assert_reason("from 2001:db8:bad::1 v6 tcp 40000 443 S", "denied");
	ring_buffer__consume(ring);
	assert_in_range(told.count, 2, 4 * PACKET_EVENTS_S);
	assert_memory_equal(told.last.source, "\x20\x01\x0d\xb8\x0b\xad\0\0\0\0\0\0\0\0\0\x01", 16);
	ring_buffer__free(ring);
}

static void bytes_are_counted(void **state)
{
	struct packet_count before, after;

	(void)state;
	stage_needed();
	furnish();
	before = stage_count(PACKET_DENIED);
	assert_reason("from 203.0.113.8 v4 tcp 40000 443 A body 1000 pad 3", "denied");
	after = stage_count(PACKET_DENIED);
	assert_int_equal(after.bytes - before.bytes, 14 + 20 + 20 + 1000 + 3);
}

/* Pinned maps outlive an upgrade that knows more reasons. */
static void there_is_room_for_reasons_to_come(void **state)
{
	static const char *const names[] = { "counters", "samples" };

	(void)state;
	stage_needed();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(bpf_map__max_entries(packet_program_map(stage.program, names[i])), 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_packet_has_its_reason),
		cmocka_unit_test(observing_drops_nothing),
		cmocka_unit_test(the_other_copy_answers),
		cmocka_unit_test(as_many_lengths_as_there_may_be),
		cmocka_unit_test(flags_switch_what_is_asked),
		cmocka_unit_test(a_silent_controller_bans_nobody),
		cmocka_unit_test(a_known_source_has_a_budget),
		cmocka_unit_test(who_has_shown_nothing_shares_the_sketch),
		cmocka_unit_test(what_fails_passes),
		cmocka_unit_test(some_are_told),
		cmocka_unit_test(bytes_are_counted),
		cmocka_unit_test(there_is_room_for_reasons_to_come),
	};

	return cmocka_run_group_tests(tests, stage_start, stage_end);
}
