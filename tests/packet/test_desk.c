/* The message for the carrier's desk: the whole of it once, and in each language what a desk needs. */
#include "../base/check.h"

#include "packet/carrier/desk.h"
#include "packet/carrier/desk_words.h"

#include "base/banned.h"

static const struct provider_settings provider = {
	SPAN_INIT("Carrier NV"), SPAN_INIT("+32 2 555 01 02"), SPAN_INIT("noc@carrier.example"), SPAN_INIT("BE-4711"),
};
static const struct provider_settings nobody;

static struct attack make(void)
{
	struct attack attack;
	struct network network;

	attack_init(&attack);
	attack.at_ms = 1795982400000;  /* 2026-11-29 20:00 */
	attack.measured_ms = 3000;
	attack.since_ms = attack.at_ms - 720000;
	attack.state = LINK_FILLING;
	attack.capacity = 1000000000;
	attack.link = (struct link_view){ .over_ms = 3000, .bits_s = 812400000, .packets_s = 120000, .drops_s = 3400, .percent = 81, .dropped = 27 };
	attack.interfaces = SPAN("eth0");
	assert_ok(network_read(SPAN("198.51.100.7"), &network));
	assert_true(attack_add_target(&attack, &network));
	assert_ok(network_read(SPAN("2001:db8:7::/48"), &network));
	assert_true(attack_add_target(&attack, &network));
	assert_true(attack_add_port(&attack, 80) && attack_add_port(&attack, 443));
	attack_add(&attack, ATTACK_REFLECTED, 53, 180000, 0);
	attack_add(&attack, ATTACK_LISTED, 0, 36000, 0);
	attack_add(&attack, ATTACK_ECHO, 0, 3600, 0);
	assert_ok(network_read(SPAN("203.0.113.77"), &network));
	attack_add_source(&attack, &network, 60);
	assert_ok(network_read(SPAN("192.0.2.0/24"), &network));
	attack_add_source(&attack, &network, 5);
	attack.refused = 2400;
	attack_settle(&attack);
	return attack;
}

static void whole(void **state)
{
	struct attack attack = make();
	struct buffer text;

	(void)state;
	buffer_init(&text, 65536);
	assert_ok(desk_write(&attack, &provider, DESK_EN, &text));
	assert_ok(buffer_append_byte(&text, 0));
	assert_string_equal(text.bytes,
		"Telephone: +32 2 555 01 02\nCarrier NV\nOur contract with you: BE-4711\nTo: noc@carrier.example\n"
		"DDoS attack on 198.51.100.7, 2001:db8:7::/48: filtering requested\n\n"
		"We are under a distributed denial-of-service attack, and our line to you is filling up. We ask for your help now.\n\n"
		"What we measure:\n- On 2026-11-29 at 20:00 UTC, measured over 3 s\n- The line has been filling up since 2026-11-29, 19:48 UTC\n"
		"- The line (eth0) brings us 812.4 Mbit/s, which is 81 % of its capacity; 120000 packets a second\n- The interface drops 3400 packets a second\n"
		"- Attacked addresses: 198.51.100.7, 2001:db8:7::/48\n\n"
		"What the unwanted packets are (share of all that come in):\n   50 %  UDP from source port 53, which is a reflection\n"
		"   10 %  packets from networks that we refuse\n    1 %  ICMP echo requests\n"
		"Besides, 800 web requests a second are refused here. They are encrypted: please do not filter them by port.\n\n"
		"Networks that most of it comes from (sources of UDP may be forged):\n   92 %  203.0.113.0/24\n    8 %  192.0.2.0/24\n\n"
		"What we ask of you:\n1. Drop UDP with source port 53 to 198.51.100.7, 2001:db8:7::/48.\n"
		"2. Drop what comes from 203.0.113.0/24 to 198.51.100.7, 2001:db8:7::/48.\n"
		"3. Where filters are not enough, or not possible, lead the traffic to 198.51.100.7, 2001:db8:7::/48 through your scrubbing service.\n"
		"4. Do not blackhole 198.51.100.7, 2001:db8:7::/48 without having called us: the portals of the administration would be unreachable, which is what the "
		"attackers want.\n5. TCP to ports 80, 443 of 198.51.100.7, 2001:db8:7::/48 must stay reachable for everybody.\n"
		"6. Please confirm by telephone, with the number of your ticket and the time from which the filter is active.\n");
	buffer_done(&text);
}

static void has(struct span text, const char *words)
{
	if (!span_contains(text, span_of(words)))
		fail_msg("\"%s\" is not in: %.*s", words, SPAN_ARG(text));
}

static void languages(void **state)
{
	static const char *const comma[DESK_LANGUAGES] = { "812.4 Mbit/s", "812,4 Mbit/s", "812,4 Mbit/s", "812,4 Mbit/s" };
	struct attack attack = make();

	(void)state;
	for (unsigned i = 0; i < DESK_LANGUAGES; i++) {
		struct buffer text;

		buffer_init(&text, 65536);
		assert_ok(desk_write(&attack, &provider, (enum desk_language)i, &text));
		has(buffer_span(&text), comma[i]);
		has(buffer_span(&text), "+32 2 555 01 02");
		has(buffer_span(&text), "BE-4711");
		has(buffer_span(&text), "203.0.113.0/24");
		has(buffer_span(&text), "\n6. ");
		assert_false(span_contains(buffer_span(&text), SPAN("203.0.113.77")));
		assert_false(span_contains(buffer_span(&text), SPAN("{")));
		buffer_done(&text);
	}
}

/* Every vector has words in every language, and what they ask names what it is about. */
static void words_for_all(void **state)
{
	(void)state;
	for (unsigned language = 0; language < DESK_LANGUAGES; language++) {
		for (unsigned vector = 0; vector < ATTACK_VECTORS; vector++) {
			assert_non_null(desk_words[language].vectors[vector].is);
			assert_true((desk_words[language].vectors[vector].ask == NULL) == (desk_words[DESK_EN].vectors[vector].ask == NULL));
			if (desk_words[language].vectors[vector].ask)
				has(span_of(desk_words[language].vectors[vector].ask), "{targets}");
		}
		has(span_of(desk_words[language].vectors[ATTACK_REFLECTED].ask), "{port}");
		has(span_of(desk_words[language].no_blackhole), "{targets}");
	}
}

static void quiet_asks_nothing(void **state)
{
	struct attack attack = make();
	struct buffer text;

	(void)state;
	attack.state = LINK_QUIET;
	attack.since_ms = 0;
	attack.capacity = 0;
	attack.target_count = attack.part_count = attack.source_count = 0;
	buffer_init(&text, 65536);
	assert_ok(desk_write(&attack, &nobody, DESK_NL, &text));
	has(buffer_span(&text), "Telefoon: staat niet in de configuratie (link: provider)");
	has(buffer_span(&text), "onze adressen: op dit ogenblik meten wij geen aanval");
	has(buffer_span(&text), "Over de lijn (eth0) komt 812,4 Mbit/s binnen; 120000 pakketten per seconde");
	has(buffer_span(&text), "De capaciteit van de lijn staat niet in de configuratie");
	assert_false(span_contains(buffer_span(&text), SPAN("1. ")));
	assert_false(span_contains(buffer_span(&text), SPAN("sinds")));
	buffer_done(&text);
}

static void assert_written(const struct attack *attack, const char *there, const char *not_there)
{
	struct buffer text;

	buffer_init(&text, 65536);
	assert_ok(desk_write(attack, &provider, DESK_EN, &text));
	has(buffer_span(&text), there);
	if (not_there && span_contains(buffer_span(&text), span_of(not_there)))
		fail_msg("\"%s\" is in: %.*s", not_there, SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

/* Citizens sit in networks where some are banned. */
static void banned_networks_are_not_dropped(void **state)
{
	struct attack attack = make();

	(void)state;
	attack.sources_are_banned = true;
	assert_written(&attack, "203.0.113.0/24", "Drop what comes from");
	attack.source_packets = attack.sources[0].packets = attack.sources[1].packets = 1;
	attack.sources_are_banned = false;
	attack.sources[1].packets = 0;
	assert_written(&attack, "Drop what comes from 203.0.113.0/24", "Drop what comes from 192.0.2.0/24");
}

static void ports_that_are_kept(void **state)
{
	struct attack attack = make();

	(void)state;
	attack.parts[0].vector = ATTACK_OTHER_PORT;
	assert_written(&attack, "must stay reachable", "all ports other than");
	attack.kept[0] = 443;
	attack.kept[1] = 22;
	attack.kept_count = 2;
	assert_written(&attack, "drop TCP to all ports other than 443, 22.", NULL);
}

static void reflected_from_somewhere(void **state)
{
	struct attack attack = make();

	(void)state;
	attack.parts[0].port = 0;
	assert_written(&attack, "1. Drop UDP that is reflected (from well-known source ports, 53 and 123 among them)", "but for answers");
}

/* The line and the packets are two things. */
static void attack_or_full(void **state)
{
	struct attack attack = make();

	(void)state;
	attack.state = LINK_QUIET;
	assert_written(&attack, "1. Drop UDP with source port 53", "no attack is measured");
	assert_written(&attack, "our line to you is not filling up yet", "filling up. We ask");
	attack.part_count = 0;
	assert_written(&attack, "no attack is measured", "1. ");
	attack.state = LINK_FULL;
	assert_written(&attack, "our line is full", "DDoS");
}

static void bounded(void **state)
{
	struct attack attack = make();
	struct buffer text;

	(void)state;
	for (size_t max = 0; max < 600; max += 7) {
		buffer_init(&text, max);
		assert_result(desk_write(&attack, &provider, DESK_FR, &text), RESULT_LIMIT);
		buffer_done(&text);
	}
}

static void bits(void **state)
{
	static const struct { uint64_t bits_s; const char *text; } table[] = {
		{ 0, "0 bit/s" }, { 999, "999 bit/s" }, { 1000, "1.0 kbit/s" }, { 1950000, "1.9 Mbit/s" }, { 40000000000, "40.0 Gbit/s" }, { 999999, "999.9 kbit/s" },
		{ UINT64_MAX, "> 1000 Tbit/s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct buffer text;

		buffer_init(&text, 64);
		assert_ok(desk_write_bits(table[i].bits_s, DESK_EN, &text));
		assert_ok(buffer_append_byte(&text, 0));
		assert_string_equal(text.bytes, table[i].text);
		buffer_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(languages), cmocka_unit_test(words_for_all), cmocka_unit_test(quiet_asks_nothing), cmocka_unit_test(bounded),
		cmocka_unit_test(bits), cmocka_unit_test(banned_networks_are_not_dropped), cmocka_unit_test(ports_that_are_kept), cmocka_unit_test(reflected_from_somewhere), cmocka_unit_test(attack_or_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
