/* What the controller writes is what the program does: lists published, bans, the heartbeat; and what the program tells is what the controller reads. */
#include "../base/check.h"

#include "stage.h"

#include "packet/control/publish.h"
#include "packet/lists/file.h"

#include "base/banned.h"

#define SECOND 1000000000u

static struct control *control;

static void open_control(void)
{
	struct packet_maps maps;

	packet_maps_init(&maps);
	for (unsigned i = 0; i < PACKET_MAP_COUNT; i++) {
		maps.fds[i] = dup(stage_map(packet_map_name((enum packet_map)i)));
		assert_true(maps.fds[i] >= 0);
	}
	assert_ok(control_new(&maps, &control));
}

static packet_source source_of(const char *text)
{
	struct address address;
	packet_source source;

	assert_ok(address_read(span_of(text), &address));
	assert_ok(packet_source_of(&address, &source));
	return source;
}

static void publish(const char *denied_text, const char *allowed_text)
{
	struct packet_prefixes denied, allowed;
	struct complaints complaints;
	struct published published;

	complaints_init(&complaints);
	prefixes_init(&denied);
	prefixes_init(&allowed);
	assert_ok(prefix_text_read(SPAN("denied"), span_of(denied_text), &complaints, &denied));
	assert_ok(prefix_text_read(SPAN("allowed"), span_of(allowed_text), &complaints, &allowed));
	assert_ok(publish_lists(control, &denied, &allowed, &complaints, &published));
	prefixes_done(&denied);
	prefixes_done(&allowed);
	complaints_done(&complaints);
}

static void lists_are_asked(void **state)
{
	static const struct { const char *line, *reason; } rows[] = {
		{ "from 203.0.113.8 v4 udp 1 5000", "denied" },        { "from 203.0.113.9 v4 udp 1 5000", "allowed" },
		{ "from 203.0.114.8 v4 udp 1 5000", "passed" },        { "from 198.18.255.255 v4 udp 1 5000", "denied" },
		{ "from 198.17.255.255 v4 udp 1 5000", "passed" },     { "from 2001:db8:bad::1 v6 udp 1 5000", "denied" },
		{ "from 2001:db8:bad:1::1 v6 udp 1 5000", "allowed" }, { "from 2001:db8:bae::1 v6 udp 1 5000", "passed" },
	};

	(void)state;
	stage_needed();
	stage_reset();
	control_settings(control)->flags = PACKET_HAS_LIST;
	publish("203.0.113.8\n203.0.113.9\n198.18.0.0/15\n2001:db8:bad::/48\n", "203.0.113.9\n2001:db8:bad:1::/64\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_reason(rows[i].line, rows[i].reason);
	publish("203.0.114.0/24\n", "");
	assert_reason("from 203.0.113.8 v4 udp 1 5000", "passed");
	assert_reason("from 203.0.114.8 v4 udp 1 5000", "denied");
	assert_reason("from 2001:db8:bad::1 v6 udp 1 5000", "passed");
	publish_flip(control, !control_settings(control)->copy);
	assert_reason("from 203.0.113.8 v4 udp 1 5000", "denied");
	assert_reason("from 2001:db8:bad::1 v6 udp 1 5000", "denied");
}

static void bans_hold_from_the_next_packet_on(void **state)
{
	static const char line[] = "from 203.0.113.50 v4 udp 1 5000", line6[] = "from 2001:db8:50:1:9::1 v6 udp 1 5000";
	struct packet_ban ban = { .until_ns = stage_now() + 60ull * SECOND, .reason = 1 };

	(void)state;
	stage_needed();
	stage_reset();
	control_settings(control)->flags = PACKET_HAS_BANS;
	control_beat(control);
	assert_reason(line, "passed");
	assert_ok(control_ban(control, source_of("203.0.113.50"), &ban));
	assert_ok(control_ban(control, source_of("2001:db8:50:1::"), &ban));
	assert_reason(line, "banned");
	assert_reason(line6, "banned");
	control_settings(control)->heartbeat_ns = stage_now() - PACKET_HEARTBEAT_NS - SECOND;
	assert_reason(line, "passed");  /* nobody would lift it */
	control_beat(control);
	assert_reason(line, "banned");
	assert_reason(line6, "banned");
	assert_ok(control_unban(control, source_of("203.0.113.50")));
	assert_reason(line, "passed");
}

static void what_opens_opens_at_once(void **state)
{
	static const char tcp[] = "from 203.0.113.51 v4 tcp 40000 8443 S", udp[] = "from 203.0.113.51 v4 udp 5000 8443", stray[] = "from 203.0.113.51 v4 tcp 40000 8443 A";

	(void)state;
	stage_needed();
	stage_reset();
	control_settings(control)->flags = PACKET_HIDES_PORTS | PACKET_IS_END_HOST | PACKET_KNOWS_STATE;
	assert_reason(tcp, "not_exposed");
	control_open_port(control, CONTROL_EXPOSED_TCP, 8443);
	assert_reason(tcp, "passed");
	assert_reason(udp, "not_exposed");
	control_open_port(control, CONTROL_EXPOSED_UDP, 8443);
	assert_reason(udp, "passed");
	assert_reason(stray, "passed");
	control_open_port(control, CONTROL_PROTECTED_TCP, 8443);
	assert_reason(stray, "out_of_state");
	control_observe(control);
	assert_true(control_settings(control)->flags == (PACKET_HIDES_PORTS | PACKET_IS_END_HOST | PACKET_KNOWS_STATE | PACKET_OBSERVES));
	assert_reason(stray, "out_of_state");  /* counted, and passed: stage_ask looks at the verdict */
}

struct heard {
	struct packet_event last;
	unsigned count;
};

static void hear(void *context, const struct packet_event *event)
{
	struct heard *heard = context;

	heard->last = *event;
	heard->count++;
}

static void what_is_told_is_read(void **state)
{
	struct packet_count before[PACKET_REASON_COUNT], after[PACKET_REASON_COUNT];
	struct heard heard = { .count = 0 };

	(void)state;
	stage_needed();
	stage_reset();
	control_settings(control)->flags = PACKET_HAS_LIST;
	publish("203.0.113.8\n", "");
	usleep(1100000);  /* the next second of what may be told */
	control_events_read(control, NULL, NULL);
	assert_ok(control_count(control, before));
	for (unsigned i = 0; i < 3; i++)
		assert_reason("from 203.0.113.8 v4 udp 7 5000 body 58", "denied");
	assert_ok(control_count(control, after));
	assert_int_equal(after[PACKET_DENIED].packets - before[PACKET_DENIED].packets, 3);
	assert_int_equal(after[PACKET_DENIED].bytes - before[PACKET_DENIED].bytes, 300);
	assert_int_equal(after[PACKET_PASSED].packets, before[PACKET_PASSED].packets);
	assert_int_equal(control_events_read(control, hear, &heard), 3);
	assert_true(heard.count == 3 && heard.last.reason == PACKET_DENIED && heard.last.source_port == 7);
	assert_int_equal(control_events_read(control, hear, &heard), 0);
}

static int start(void **state)
{
	int result = stage_start(state);

	if (stage.program)
		open_control();
	return result;
}

static int end(void **state)
{
	control_free(control);
	return stage_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_asked),
		cmocka_unit_test(bans_hold_from_the_next_packet_on),
		cmocka_unit_test(what_opens_opens_at_once),
		cmocka_unit_test(what_is_told_is_read),
	};

	return cmocka_run_group_tests(tests, start, end);
}
