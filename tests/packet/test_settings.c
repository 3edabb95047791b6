/* The keys of `packet`: what they become for the program, and what is complained of. */
#include "../base/check.h"

#include <stdlib.h>

#include "config/read.h"
#include "packet/loader/machine.h"
#include "packet/settings.h"

#include "base/banned.h"

static struct config_section sections[2];
static struct packet_settings made;

/* The settings for the program of "packet: TEXT"; or the complaint that contains WRONG. */
static void read_keys(const char *text, const char *wrong)
{
	struct config_texts texts;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	char whole[1024];
	enum result result;

	sections[0] = packet_section;
	snprintf(whole, sizeof(whole), "packet: %s\n", text);
	config_texts_init(&texts);
	complaints_init(&complaints);
	assert_ok(config_texts_add(&texts, SPAN("/b.yaml"), span_of(whole)));
	assert_ok(config_source_init(&source, SPAN("/b.yaml")));
	source.image = &texts;
	result = config_read(&source, sections, &complaints, &snapshot);
	if (wrong) {
		assert_result(result, RESULT_REFUSED);
		if (!span_contains(complaints.list[0].text, span_of(wrong)))
			fail_msg("%s: %.*s", text, SPAN_ARG(complaints.list[0].text));
	} else {
		if (result != RESULT_OK)
			fail_msg("%s: %.*s", text, SPAN_ARG(complaints.list[0].text));
		memset(&made, 0xff, sizeof(made));
		made.flags = PACKET_HAS_LIST | PACKET_HIDES_PORTS | PACKET_IS_STRICT;
		packet_settings_apply(packet_settings_of(snapshot), &made);
		snapshot_drop(snapshot);
	}
	config_source_done(&source);
	config_texts_done(&texts);
	complaints_done(&complaints);
}

static bool has_port(const __u64 *words, unsigned port)
{
	return words[port / 64] >> port % 64 & 1;
}

static void what_the_program_is_told(void **state)
{
	(void)state;
	read_keys("{ interfaces: [eth0, eth1.7] }", NULL);
	assert_int_equal(made.flags, PACKET_HAS_LIST | PACKET_OBSERVES | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET);
	assert_true(made.budget.interval_ns == 20000 && made.budget.burst_ns == 2000000000u);
	assert_true(made.udp_budget.interval_ns == 50000 && made.udp_budget.burst_ns == 2000000000u);
	assert_true(has_port(made.reflectors, 53) && has_port(made.reflectors, 11211) && !has_port(made.reflectors, 123) && !has_port(made.reflectors, 389) && !has_port(made.reflectors, 443));
	assert_true(!has_port(made.exposed_tcp, 443));
	read_keys("{ interfaces: eth0, mode: enforce, expose: { tcp: [443, 65535], udp: 1 }, reflectors: [], source_budget: { packets: 10000000/s, packets_burst: 1 } }", NULL);
	assert_int_equal(made.flags, PACKET_HAS_LIST | PACKET_HIDES_PORTS | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET);
	assert_true(has_port(made.exposed_tcp, 443) && has_port(made.exposed_tcp, 65535) && !has_port(made.exposed_tcp, 80) && has_port(made.exposed_udp, 1));
	assert_true(!has_port(made.reflectors, 53));
	assert_true(made.budget.interval_ns == 100 && made.budget.burst_ns == PACKET_TICK_NS);
	read_keys("{ source_budget: { packets: 1/h, packets_burst: 10000000 } }", NULL);
	assert_true(made.budget.interval_ns == 3600000000000u && made.budget.burst_ns == 86400000000000u);
	read_keys("{ strict: true, mode: enforce }", NULL);
	assert_int_equal(made.flags, PACKET_HAS_LIST | PACKET_IS_STRICT | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET);
	read_keys("{ source_budget: 1/s }", NULL);
	assert_true(made.budget.interval_ns == 1000000000u);
}

static void what_is_wrong(void **state)
{
	(void)state;
	read_keys("{ interfaces: [eth0, eth0] }", "eth0 is named already");
	read_keys("{ interfaces: [\"eth0; rm\"] }", "expected the name of an interface");
	read_keys("{ interfaces: [\"..\"] }", "expected the name of an interface");
	read_keys("{ interfaces: [abcdefghijklmnop] }", "interfaces");
	read_keys("{ expose: { tcp: [0] } }", "tcp");
	read_keys("{ reflectors: [65536] }", "reflectors");
	read_keys("{ mode: block }", "mode");
	read_keys("{ strict: 1 }", "strict");
	read_keys("{ interface: [eth0] }", "interface");
}

static void the_machine(void **state)
{
	static const struct { uint64_t bytes; unsigned scale; } rows[] = { { 0, 0 }, { 65535, 0 }, { 65536, 1 }, { 6291456, 7 }, { 33554432, 10 }, { UINT64_MAX, 14 } };
	const struct machine end = { .has_cookies = true, .window_scale = 7 }, forwards = { .forwards = true, .has_cookies = true, .has_timestamps = true };
	const struct machine tagged = { .has_cookies = true, .has_vlans = true };
	struct machine machine;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(machine_window_scale(rows[i].bytes), rows[i].scale);
	made = (struct packet_settings){ .flags = PACKET_OBSERVES | PACKET_HAS_TIMESTAMPS };
	machine_apply(&end, 1500, &made);
	assert_int_equal(made.flags, PACKET_OBSERVES | PACKET_KNOWS_STATE | PACKET_ANSWERS_SYN | PACKET_IS_END_HOST);
	assert_true(made.mss_v4 == 1460 && made.mss_v6 == 1440 && made.window_scale == 7);
	machine_apply(&forwards, 1400, &made);
	assert_int_equal(made.flags, PACKET_OBSERVES | PACKET_HAS_TIMESTAMPS);
	assert_true(made.mss_v4 == 1360 && made.mss_v6 == 1340);
	machine_apply(&tagged, 1500, &made);
	assert_int_equal(made.flags, PACKET_OBSERVES | PACKET_KNOWS_STATE | PACKET_IS_END_HOST);
	machine_apply(&end, 9000, &made);
	assert_true(made.mss_v4 == 1460);
	machine_apply(&end, 68, &made);
	assert_true(made.mss_v4 == 536);
	machine_look(&machine);
	assert_true(machine.window_scale <= 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_the_program_is_told), cmocka_unit_test(what_is_wrong), cmocka_unit_test(the_machine) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
