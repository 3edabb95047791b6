/* What an administrator may say about who comes, and what is refused with a sentence. */
#include "../config/site_reading.h"

#include "config/dump.h"
#include "source/list.h"

#include "base/banned.h"

#define DENY "    denylist:\n"
#define ALLOW "    allowlist:\n"
#define WHY ", reason: flood, until: \"2027-01-31T00:00:00Z\""

static struct config_section sections[2];

static void refused(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ DENY "      - {}\n", "a rule names networks, asns or countries" },
		{ DENY "      - { reason: because }\n", "a rule names networks, asns or countries" },
		{ DENY "      - { countries: RU }\n", "a rule about a whole country says its reason" },
		{ DENY "      - { countries: RU, reason: flood }\n", "a rule about a whole country says until when" },
		{ ALLOW "      - { countries: BE, reason: ours }\n", "a rule about a whole country says until when" },
		{ DENY "      - { countries: RU, until: \"2027-01-31T00:00:00Z\" }\n", "a rule about a whole country says its reason" },
		{ DENY "      - { countries: BE" WHY " }\n", "bouclier.yaml:4:22: error: BE is in the European Union or Economic Area: to deny it, say so (even_eu: true)" },
		{ DENY "      - { countries: [RU, NO, GF]" WHY " }\n", "NO is in the European Union" },
		{ DENY "      - { countries: [RU, NO, GF]" WHY " }\n", "GF is in the European Union" },
		{ DENY "      - { countries: [RU, FR]" WHY ", even_eu: false }\n", "FR is in the European Union" },
		{ DENY "      - { countries: UK" WHY " }\n", "countries: found \"UK\", expected the two capital letters of a country (BE) (did you mean GB?)" },
		{ DENY "      - { countries: ru" WHY " }\n", "(did you mean RU?)" },
		{ DENY "      - { countries: no" WHY " }\n", "(did you mean NO?)" },
		{ DENY "      - { countries: Russia" WHY " }\n", "countries: found \"Russia\"" },
		{ DENY "      - { countries: EU" WHY " }\n", "countries: found \"EU\"" },
		{ DENY "      - { countries: XX" WHY ", even_eu: true }\n", "countries: found \"XX\"" },
		{ DENY "      - { asns: 0 }\n", "asns: found \"0\", expected the number of an autonomous system (AS64496)" },
		{ DENY "      - { asns: AS }\n", "asns: found \"AS\"" },
		{ DENY "      - { asns: [AS1, as2] }\n", "asns: found \"as2\"" },
		{ DENY "      - { asns: AS4294967295 }\n", "asns: found \"AS4294967295\"" },
		{ DENY "      - { asns: AS-1 }\n", "asns: found \"AS-1\"" },
		{ DENY "      - { networks: 10.0.0.1/8 }\n", "10.0.0.0/8" },
		{ DENY "      - 10.0.0.0/33\n", "10.0.0.0/33" },
		{ DENY "      - { networks: 10.0.0.0/8, until: tomorrow }\n", "until: found \"tomorrow\"" },
		{ DENY "      - { network: 10.0.0.0/8 }\n", "(did you mean networks?)" },
		{ ALLOW "      - { networks: 10.0.0.0/8, even_eu: true }\n", "unknown key \"even_eu\" in allowlist" },
		{ "    deny_list: []\n", "(did you mean denylist?)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_refused(sections, "", table[i].lines, table[i].sentence);
}

static void taken(void **state)
{
	struct snapshot *snapshot = assert_taken(sections, "",
		ALLOW "      - 192.0.2.0/24\n      - { asns: [AS64496, 64497], reason: partners }\n"
		DENY "      - { networks: [198.51.100.0/24, \"2001:db8::/32\"] }\n      - { countries: [RU, NO]" WHY ", even_eu: true }\n");
	const struct source_site_settings *settings = source_site_settings(&snapshot->sites[0]);
	const struct list_rule *allow = settings->allowlist.items, *deny = settings->denylist.items;
	struct lists *lists;
	struct address address;
	struct buffer out;

	(void)state;
	assert_int_equal(settings->allowlist.count, 2);
	assert_int_equal(allow[0].networks.count, 1);
	assert_int_equal(allow[1].asns.count, 2);
	assert_int_equal(settings->denylist.count, 2);
	assert_span(deny[1].reason, "flood");
	assert_true(deny[1].even_eu && !deny[0].even_eu && deny[1].until_ms == 1801353600000 && !deny[0].until_ms);
	assert_ok(lists_new(&snapshot->arena, settings, &lists));
	assert_ok(address_read(SPAN("198.51.100.9"), &address));
	assert_ptr_equal(lists_ask(lists, &address, NULL, 0).rule, &deny[0]);
	buffer_init(&out, 1 << 20);
	assert_ok(config_dump(snapshot, sections, DUMP_YAML, &out));
	assert_true(span_contains(buffer_span(&out), SPAN("even_eu: true")) && span_contains(buffer_span(&out), SPAN("AS64496")));
	buffer_reset(&out);
	assert_ok(config_manual(sections, &out));
	assert_true(span_contains(buffer_span(&out), SPAN("denylist")) && span_contains(buffer_span(&out), SPAN("even_eu")));
	buffer_reset(&out);
	assert_ok(config_schema(sections, &out));
	assert_true(span_contains(buffer_span(&out), SPAN("allowlist")));
	buffer_done(&out);
	snapshot_drop(snapshot);
}

/* DENY of COUNT single addresses. */
static void write_networks(struct buffer *lines, unsigned count)
{
	buffer_reset(lines);
	assert_ok(buffer_print(lines, DENY "      - networks: ["));
	for (unsigned i = 0; i < count; i++)
		assert_ok(buffer_print(lines, "%s11.%u.%u.%u", i ? "," : "", i >> 16, i >> 8 & 255, i & 255));
	assert_ok(buffer_print(lines, "]\n"));
	assert_ok(buffer_append_byte(lines, 0));
}

/* As many as there may be fit in one file. */
static void a_hundred_thousand_networks(void **state)
{
	struct snapshot *snapshot;
	struct address address;
	struct buffer lines;
	struct lists *lists;
	struct arena arena;

	(void)state;
	buffer_init(&lines, 4 << 20);
	write_networks(&lines, LIST_NETWORKS_MAX);
	snapshot = assert_taken(sections, "", lines.bytes);
	arena_init(&arena, LIST_NETWORKS_MAX * 128 + 4096, 65536);
	assert_ok(lists_new(&arena, source_site_settings(&snapshot->sites[0]), &lists));
	for (unsigned i = 0; i < 2 * LIST_NETWORKS_MAX; i += 997) {
		address = (struct address){ { [10] = 0xff, [11] = 0xff, [12] = 11, [13] = (uint8_t)(i >> 16), [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i } };
		assert_int_equal(lists_ask(lists, &address, NULL, 0).action, i < LIST_NETWORKS_MAX ? LIST_DENY : LIST_NONE);
	}
	arena_done(&arena);
	snapshot_drop(snapshot);
	write_networks(&lines, LIST_NETWORKS_MAX + 1);
	assert_refused(sections, "", lines.bytes, "denylist: found 100001 networks, expected at most 100000");
	buffer_done(&lines);
}

static void too_many(void **state)
{
	struct buffer lines;

	(void)state;
	buffer_init(&lines, 1 << 20);
	assert_ok(buffer_print(&lines, DENY "      - asns: ["));
	for (unsigned i = 1; i <= LIST_NUMBERS_MAX + 1; i++)
		assert_ok(buffer_print(&lines, "%s%u", i > 1 ? "," : "", i));
	assert_ok(buffer_print(&lines, "]\n"));
	assert_ok(buffer_append_byte(&lines, 0));
	assert_refused(sections, "", lines.bytes, "denylist: found 10001 autonomous systems and countries, expected at most 10000");
	buffer_done(&lines);
}

/* The Union has 27 members, and three more are in the Area; each is a country that can be named. */
static void the_union_is_whole(void **state)
{
	unsigned known = 0, eea = 0, all = 0;

	(void)state;
	for (char a = 'A'; a <= 'Z'; a++) {
		for (char b = 'A'; b <= 'Z'; b++) {
			char code[3] = { a, b, 0 }, read[3] = "";

			all++;
			if (country_read(span_make(code, 2), read) == RESULT_OK) {
				assert_string_equal(read, code);
				known++;
			}
			if (country_is_eea(code)) {
				assert_string_equal(read, code);
				eea++;
			}
		}
	}
	assert_int_equal(all, 676);
	assert_int_equal(known, 249 + 1);  /* and Kosovo */
	assert_int_equal(eea, 27 + 3 + 7); /* and seven regions with codes of their own */
	assert_false(country_is_eea("CH"));
	assert_false(country_is_eea("GB"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused), cmocka_unit_test(taken), cmocka_unit_test(a_hundred_thousand_networks),
		cmocka_unit_test(too_many), cmocka_unit_test(the_union_is_whole),
	};

	sections[0] = source_site_section;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
