/* The last minute's samples: who is frequent is never missing, what is old goes, and one address is never told. */
#include "../base/check.h"

#include <string.h>

#include "base/address.h"
#include "base/buffer.h"
#include "packet/control/top.h"

#include "base/banned.h"

#define SECOND 1000000000ull

static struct packet_count counts[PACKET_REASON_COUNT];
static struct packet_top told;

static struct packet_event event_of(enum packet_reason reason, const char *source, uint8_t protocol, uint16_t port)
{
	struct packet_event event = { .reason = (uint8_t)reason, .protocol = protocol, .source_port = port };
	struct address address;

	assert_ok(address_read(span_of(source), &address));
	memcpy(event.source, address.bytes, sizeof(event.source));
	return event;
}

static void add(struct top *top, enum packet_reason reason, const char *source, uint8_t protocol, uint16_t port, unsigned times)
{
	const struct packet_event event = event_of(reason, source, protocol, port);

	for (unsigned i = 0; i < times; i++)
		top_add(top, &event);
}

static struct top *begin(void)
{
	struct top *top;

	memset(counts, 0, sizeof(counts));
	top = top_new(100 * SECOND, counts);
	assert_non_null(top);
	return top;
}

/* "198.51.100.0/24 5, 2001:db8:1::/48 2" */
static void assert_networks(enum packet_reason reason, const char *expected)
{
	const struct packet_top_reason *of = &told.of[reason];
	struct buffer said;

	buffer_init(&said, 4096);
	for (unsigned i = 0; i < of->network_count; i++) {
		struct network network = { .prefix = (uint8_t)of->networks[i].prefix };
		char text[NETWORK_TEXT_MAX];

		memcpy(network.address.bytes, of->networks[i].address, sizeof(network.address.bytes));
		network_write(&network, text);
		assert_ok(buffer_print(&said, "%s%s %u", i ? ", " : "", text, of->networks[i].samples));
	}
	if (!span_equal(buffer_span(&said), span_of(expected)))
		fail_msg("\"%.*s\", not \"%s\"", SPAN_ARG(buffer_span(&said)), expected);
	buffer_done(&said);
}

static void networks_and_ports(void **state)
{
	struct top *top = begin();

	(void)state;
	add(top, PACKET_REFLECTED, "198.51.100.7", 17, 53, 3);
	add(top, PACKET_REFLECTED, "198.51.100.201", 17, 123, 2);
	add(top, PACKET_REFLECTED, "2001:db8:1:2::3", 17, 53, 1);
	add(top, PACKET_REFLECTED, "2001:db8:1:ffff::4", 17, 53, 1);
	add(top, PACKET_DENIED, "203.0.113.9", 6, 40000, 4);
	add(top, PACKET_DENIED, "203.0.113.9", 17, 0, 1);      /* a fragment tells none */
	add(top, PACKET_MALFORMED, "::", 0, 0, 2);             /* nor a frame that could not be read its source */
	add(top, (enum packet_reason)PACKET_REASON_COUNT, "203.0.113.9", 6, 1, 1);
	counts[PACKET_REFLECTED] = (struct packet_count){ 1000, 90000 };
	top_tell(top, 107 * SECOND, counts, &told);
	assert_true(told.for_ns == 7 * SECOND && told.layout == PACKET_LAYOUT_VERSION && told.reasons == PACKET_REASON_COUNT);
	assert_networks(PACKET_REFLECTED, "198.51.100.0/24 5, 2001:db8:1::/48 2");
	assert_true(told.of[PACKET_REFLECTED].packets == 1000 && told.of[PACKET_REFLECTED].bytes == 90000 && told.of[PACKET_REFLECTED].samples == 7);
	assert_true(told.of[PACKET_REFLECTED].port_count == 2 && told.of[PACKET_REFLECTED].udp_samples == 7);
	assert_true(told.of[PACKET_REFLECTED].ports[0].port == 53 && told.of[PACKET_REFLECTED].ports[0].samples == 5 && told.of[PACKET_REFLECTED].ports[1].port == 123);
	assert_networks(PACKET_DENIED, "203.0.113.0/24 5");
	assert_true(told.of[PACKET_DENIED].port_count == 0 && told.of[PACKET_DENIED].udp_samples == 0);
	assert_networks(PACKET_MALFORMED, "");
	assert_int_equal(told.of[PACKET_MALFORMED].samples, 2);
	assert_networks(PACKET_BANNED, "");
	top_free(top);
}

static void what_is_a_minute_old_goes(void **state)
{
	struct top *top = begin();
	uint64_t now_s;

	(void)state;
	add(top, PACKET_DENIED, "203.0.113.9", 6, 1, 9);
	counts[PACKET_DENIED].packets = 50;
	for (now_s = 101; now_s < 100 + TOP_SLOTS * TOP_SLOT_S; now_s++) {
		top_turn(top, now_s * SECOND, counts);
		top_tell(top, now_s * SECOND, counts, &told);
		assert_networks(PACKET_DENIED, "203.0.113.0/24 9");
		assert_true(told.of[PACKET_DENIED].packets == 50 && told.for_ns == (now_s - 100) * SECOND);
	}
	counts[PACKET_DENIED].packets = 57;
	add(top, PACKET_DENIED, "198.51.100.1", 6, 1, 2);
	top_turn(top, now_s * SECOND, counts);
	top_tell(top, now_s * SECOND, counts, &told);
	assert_networks(PACKET_DENIED, "198.51.100.0/24 2");
	assert_int_equal(told.of[PACKET_DENIED].packets, 7);
	assert_true(told.for_ns == (TOP_SLOTS - 1) * TOP_SLOT_S * SECOND);
	top_free(top);
}

/* A flood of invented sources, and two that are a twentieth of it each. */
static void who_is_frequent_is_not_washed_out(void **state)
{
	struct top *top = begin();
	struct draws draws = { 3 };

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct packet_event event = event_of(PACKET_OUT_OF_STATE, i % 20 == 0 ? "198.51.100.7" : i % 20 == 1 ? "2001:db8:77::1" : "10.0.0.0", 17, (uint16_t)(draw(&draws) | 1));

		if (i % 20 > 1)
			event.source[13] = (uint8_t)draw(&draws), event.source[14] = (uint8_t)draw(&draws);
		top_add(top, &event);
	}
	top_tell(top, 101 * SECOND, counts, &told);
	assert_int_equal(told.of[PACKET_OUT_OF_STATE].network_count, PACKET_TOP_MAX);
	for (unsigned i = 0; i < 2; i++) {
		const struct packet_top_network *one = &told.of[PACKET_OUT_OF_STATE].networks[i];

		assert_true(one->address[0] == 0x20 || one->address[12] == 198);
		assert_in_range(one->samples, 1000, 1000 + 20000 / TOP_NETWORKS);
	}
	top_free(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_and_ports),
		cmocka_unit_test(what_is_a_minute_old_goes),
		cmocka_unit_test(who_is_frequent_is_not_washed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
