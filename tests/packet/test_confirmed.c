/* What was confirmed against what is wanted now: the same, or what lets more through; all else is told by its key. */
#include "../base/check.h"

#include "packet/loader/confirmed.h"

#include "base/banned.h"

static struct spared spared;

struct wanted {
	const char *interface;
	int mode;
	bool is_strict;
	int64_t tcp[3], udp[3], reflectors[3];   /* until a 0 */
	uint16_t listens[3];
	const char *management;
	int64_t burst;
	bool forwards;
};

static const struct wanted usual = { "eth0", PACKET_MODE_ENFORCE, true, { 443, 8443 }, { 53 }, { 53, 11211 }, { 443, 80 }, "192.0.2.0/24", 1000, false };

static struct list_value list_of(const int64_t *numbers)
{
	size_t count = 0;

	while (count < 3 && numbers[count])
		count++;
	return (struct list_value){ (void *)(uintptr_t)numbers, count };
}

/* The lines of WANTED, or (CONFIRMED not empty) how they compare. */
static enum result judge(const struct wanted *wanted, struct span confirmed, struct buffer *out, struct complaints *complaints, struct packet_ground *ground)
{
	struct span name = span_of(wanted->interface);
	const struct packet_filter_settings settings = {
		.interfaces = { &name, 1 }, .mode = wanted->mode, .is_strict = wanted->is_strict, .expose = { list_of(wanted->tcp), list_of(wanted->udp) },
		.reflectors = list_of(wanted->reflectors), .budget = { { 50000, 1000 }, { 20000, 1000 }, wanted->burst, 40000 },
	};
	struct packet_wish wish = { .settings = &settings, .listens = wanted->listens, .spared = &spared };
	const struct packet_ground stood = { .only = PACKET_ONLY_XDP, .forwards = wanted->forwards };
	struct network network;

	while (wish.listen_count < 3 && wanted->listens[wish.listen_count])
		wish.listen_count++;
	spared_init(&spared);
	assert_ok(network_read(span_of(wanted->management), &network));
	spared_add(&spared, &network, SPARED_MANAGEMENT);
	assert_ok(network_read(SPAN("198.51.100.1"), &network));
	spared_add(&spared, &network, SPARED_GATEWAY);
	return out ? confirmed_write(&wish, &stood, out) : confirmed_compare(confirmed, &wish, complaints, ground);
}

static void the_lines(void **state)
{
	struct buffer text;

	(void)state;
	buffer_init(&text, CONFIRMED_BYTES);
	assert_ok(judge(&usual, SPAN_NONE, &text, NULL, NULL));
	assert_span(buffer_span(&text), "packet.interfaces: eth0\npacket.mode: enforce\npacket.strict: true\npacket.expose: on\npacket.expose.tcp: 443 8443\npacket.expose.udp: 53\n"
	                                "packet.reflectors: 53 11211\nmanagement, trusted_proxies: 192.0.2.0/24\npacket.source_budget: 50000/1000ms 1000 20000/1000ms 40000\n"
	                                "listen: 443 80\nforwards: no\nvlans: no\nrung: xdp\n");
	buffer_done(&text);
}

static void compare(const struct wanted *now, const char *key)
{
	struct packet_ground ground = { .only = PACKET_ANY_RUNG };
	struct complaints complaints;
	struct buffer text;

	complaints_init(&complaints);
	buffer_init(&text, CONFIRMED_BYTES);
	assert_ok(judge(&usual, SPAN_NONE, &text, NULL, NULL));
	assert_result(judge(now, buffer_span(&text), NULL, &complaints, &ground), key ? RESULT_REFUSED : RESULT_OK);
	assert_int_equal(ground.only, PACKET_ONLY_XDP);
	assert_int_equal(complaints.errors, key ? 1 : 0);
	if (key && !span_starts(complaints.list[0].text, span_of(key)))
		fail_msg("%s: %.*s", key, SPAN_ARG(complaints.list[0].text));
	buffer_done(&text);
	complaints_done(&complaints);
}

#define DIFFERS(key, ...) \
	do { \
		struct wanted now = usual; \
		__VA_ARGS__; \
		compare(&now, key); \
	} while (0)

static void what_may_differ(void **state)
{
	(void)state;
	compare(&usual, NULL);
	DIFFERS(NULL, now.mode = PACKET_MODE_OBSERVE);
	DIFFERS(NULL, now.is_strict = false);
	DIFFERS(NULL, now.tcp[2] = 9443);
	DIFFERS(NULL, now.udp[1] = 443);
	DIFFERS(NULL, now.tcp[0] = now.udp[0] = 0);  /* no port is hidden any more */
	DIFFERS(NULL, now.reflectors[1] = 0);
	DIFFERS(NULL, now.reflectors[0] = 0);
	DIFFERS(NULL, now.listens[2] = 8080);
}

static void what_may_not(void **state)
{
	(void)state;
	DIFFERS("packet.interfaces is not what was confirmed: it was eth0, and is eth1", now.interface = "eth1");
	DIFFERS("packet.expose.tcp is not", now.tcp[1] = 0);
	DIFFERS("packet.expose.tcp is not what was confirmed: it was 443 8443, and is nothing", now.tcp[0] = 0);
	DIFFERS("packet.expose.tcp is not", now.tcp[1] = 844);
	DIFFERS("packet.expose.udp is not what was confirmed: it was 53, and is nothing", now.udp[0] = 0);
	DIFFERS("packet.reflectors is not", now.reflectors[2] = 123);
	DIFFERS("packet.source_budget is not", now.burst = 2000);
	DIFFERS("listen is not", now.listens[1] = 8080);
	DIFFERS("management, trusted_proxies is not what was confirmed: it was 192.0.2.0/24, and is 192.0.2.0/25", now.management = "192.0.2.0/25");
}

/* From nothing hidden to something, from observing to dropping: the other way round of what may differ. */
static void what_tightens(void **state)
{
	struct wanted loose = usual;
	struct packet_ground ground = { .only = PACKET_ANY_RUNG };
	struct complaints complaints;
	struct buffer text;

	(void)state;
	loose.mode = PACKET_MODE_OBSERVE;
	loose.is_strict = false;
	loose.tcp[0] = loose.udp[0] = loose.reflectors[0] = 0;
	complaints_init(&complaints);
	buffer_init(&text, CONFIRMED_BYTES);
	assert_ok(judge(&loose, SPAN_NONE, &text, NULL, NULL));
	assert_result(judge(&usual, buffer_span(&text), NULL, &complaints, &ground), RESULT_REFUSED);
	assert_int_equal(complaints.errors, 4);
	assert_true(span_starts(complaints.list[0].text, SPAN("packet.mode is not")) && span_starts(complaints.list[1].text, SPAN("packet.strict is not")));
	assert_true(span_starts(complaints.list[2].text, SPAN("packet.expose is not")) && span_starts(complaints.list[3].text, SPAN("packet.reflectors is not")));
	buffer_done(&text);
	complaints_done(&complaints);
}

/* Cut anywhere, or with more behind it, it is not what was written. */
static void what_is_not_such_a_file(void **state)
{
	struct packet_ground ground = { .only = PACKET_ANY_RUNG };
	struct complaints complaints;
	struct buffer text;

	(void)state;
	complaints_init(&complaints);
	buffer_init(&text, CONFIRMED_BYTES);
	assert_ok(judge(&usual, SPAN_NONE, &text, NULL, NULL));
	for (size_t len = 0; len + 1 < buffer_span(&text).len; len++) {
		assert_true(judge(&usual, span_take(buffer_span(&text), len), NULL, &complaints, &ground) != RESULT_OK);
		complaints_done(&complaints);
		complaints_init(&complaints);
	}
	assert_int_equal(ground.only, PACKET_ANY_RUNG);
	assert_ok(buffer_append(&text, SPAN("packet.mode: enforce\n")));
	assert_result(judge(&usual, buffer_span(&text), NULL, &complaints, &ground), RESULT_MALFORMED);
	buffer_done(&text);
	complaints_done(&complaints);
}

/* Forwarding is no wish: it does not keep from attaching, and is told to whoever attaches. */
static void what_the_machine_did(void **state)
{
	static const char old[] = "packet.interfaces: eth0\npacket.mode: enforce\npacket.strict: true\npacket.expose: on\npacket.expose.tcp: 443 8443\npacket.expose.udp: 53\n"
	                          "packet.reflectors: 53 11211\nmanagement, trusted_proxies: 192.0.2.0/24\npacket.source_budget: 50000/1000ms 1000 20000/1000ms 40000\nlisten: 443 80\n";
	static const struct {
		const char *facts;
		enum result result;
		bool forwards, has_vlans;
	} cases[] = {
		{ "", RESULT_OK, false, false },  /* of an older version */
		{ "forwards: yes\nvlans: no\n", RESULT_OK, true, false },
		{ "forwards: no\nvlans: yes\n", RESULT_OK, false, true },
		{ "forwards: maybe\nvlans: no\n", RESULT_MALFORMED, false, false },
		{ "vlans: no\nforwards: yes\n", RESULT_MALFORMED, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet_ground ground = { .only = PACKET_ANY_RUNG };
		struct complaints complaints;
		struct buffer text;

		complaints_init(&complaints);
		buffer_init(&text, CONFIRMED_BYTES);
		assert_ok(buffer_print(&text, "%s%srung: xdp\n", old, cases[i].facts));
		assert_result(judge(&usual, buffer_span(&text), NULL, &complaints, &ground), cases[i].result);
		if (cases[i].result == RESULT_OK)
			assert_true(ground.only == PACKET_ONLY_XDP && ground.forwards == cases[i].forwards && ground.has_vlans == cases[i].has_vlans);
		buffer_done(&text);
		complaints_done(&complaints);
	}
}

static void what_forwarded_is_noted(void **state)
{
	struct wanted router = usual;
	struct buffer text;

	(void)state;
	router.forwards = true;
	buffer_init(&text, CONFIRMED_BYTES);
	assert_ok(judge(&router, SPAN_NONE, &text, NULL, NULL));
	assert_true(span_contains(buffer_span(&text), SPAN("\nforwards: yes\nvlans: no\nrung: xdp\n")));
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines), cmocka_unit_test(what_may_differ), cmocka_unit_test(what_may_not), cmocka_unit_test(what_tightens), cmocka_unit_test(what_is_not_such_a_file), cmocka_unit_test(what_the_machine_did),
		cmocka_unit_test(what_forwarded_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
