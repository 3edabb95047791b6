/* The lists of an incident, its timeline, and how severe it is. */
#include "../base/check.h"
#include "incident/growth.h"
#include "incident/incident.h"
#include "incident/text.h"

static struct incident *begin(enum incident_family family)
{
	static struct incident incident;

	incident_init(&incident, 1, family, SPAN("what"), 1767657600);
	return &incident;
}

/* -- text -- */

static void texts_are_plain_and_cut_between_characters(void **unused)
{
	static const struct {
		const char *text, *kept, *lines;
	} rows[] = {
		{ "abc", "abc", "abc" }, { "abcdefgh", "abcdefg", "abcdefg" }, { "abcdef\xc3\xa9", "abcdef", "abcdef" }, { "abcde\xc3\xa9", "abcde\xc3\xa9", "abcde\xc3\xa9" },
		{ "a\nb\tc", "a?b?c", "a\nb?c" }, { "\xff\x80" "a", "??a", "??a" }, { "a\x7f", "a?", "a?" }, { "", "", "" },
	};
	char out[8];

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_set(out, sizeof(out), span_of(rows[i].text));
		assert_string_equal(out, rows[i].kept);
		assert_true(text_is_kept(span_of(out), sizeof(out), false));
		assert_true(text_is_kept(span_of(rows[i].text), sizeof(out), false) == (strcmp(rows[i].text, rows[i].kept) == 0));
		text_set_lines(out, sizeof(out), span_of(rows[i].text));
		assert_string_equal(out, rows[i].lines);
	}
}

/* -- lists -- */

static void one_takes_as_much_memory_as_the_documents_say(void **unused)
{
	(void)unused;
	assert_in_range(sizeof(struct incident), 66 * 1024, 68 * 1024);
}

static void sites_and_tenants_have_a_limit_and_the_rest_is_counted(void **unused)
{
	struct incident *incident = begin(INCIDENT_ATTACK);
	char site[32], tenant[32];

	(void)unused;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(site, sizeof(site), "www.%u.example", i);
		snprintf(tenant, sizeof(tenant), "t%u", i);
		assert_true(incident_add_site(incident, span_of(site), span_of(tenant)) == (i < INCIDENT_SITES_MAX));
	}
	assert_false(incident_add_site(incident, SPAN("www.3.example"), SPAN("t3")));
	assert_int_equal(incident->site_count, INCIDENT_SITES_MAX);
	assert_int_equal(incident->sites_more, 40 - INCIDENT_SITES_MAX);
	assert_int_equal(incident->tenant_count, INCIDENT_TENANTS_MAX);
	assert_int_equal(incident->tenants_more, 40 - INCIDENT_TENANTS_MAX);
	assert_true(incident_has_site(incident, SPAN("www.3.example")) && !incident_has_site(incident, SPAN("www.39.example")));
}

static uint64_t lines_of(const struct incident *incident, const char *country, uint32_t asn)
{
	for (uint32_t i = 0; asn && i < incident->network_count; i++) {
		if (incident->networks[i].asn == asn)
			return incident->networks[i].lines;
	}
	for (uint32_t i = 0; !asn && i < incident->country_count; i++) {
		if (strcmp(incident->countries[i].country, country) == 0)
			return incident->countries[i].lines;
	}
	return 0;
}

static void the_most_frequent_sources_stay(void **unused)
{
	struct incident *incident = begin(INCIDENT_ATTACK);
	uint64_t sum = 0;

	(void)unused;
	for (unsigned i = 0; i < 3000; i++) {
		const struct geo_place rare = { { (char)('A' + i % 26), (char)('A' + i / 26 % 26), 0 }, i + 1 }, belgium = { "BE", 0 }, network = { "", 64500 };

		incident_add_source(incident, &rare);
		incident_add_source(incident, &belgium);
		incident_add_source(incident, &network);
	}
	for (uint32_t i = 0; i < incident->country_count; i++)
		sum += incident->countries[i].lines;
	assert_int_equal(incident->country_count, INCIDENT_PLACES_MAX);
	assert_int_equal(sum + incident->countries_other, 9000);  /* every line is somebody's */
	assert_int_equal(lines_of(incident, "BE", 0), 3000 + 5);  /* five of the rare ones were Belgium's too */
	assert_int_equal(lines_of(incident, "", 64500), 3000);
}

static void counts_end_somewhere(void **unused)
{
	uint64_t sum = INCIDENT_COUNT_MAX - 1;

	(void)unused;
	incident_count(&sum, 1);
	assert_true(sum == INCIDENT_COUNT_MAX);
	incident_count(&sum, UINT64_MAX);
	assert_true(sum == INCIDENT_COUNT_MAX);
}

/* -- the timeline -- */

static void the_first_and_the_important_stay(void **unused)
{
	struct incident *incident = begin(INCIDENT_ATTACK);
	char text[32];

	(void)unused;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%u", i);
		incident_tell(incident, 1767657600 + i, i % 50 == 0 ? MOMENT_WAVE : MOMENT_NOTICE, span_of(text));
	}
	assert_int_equal(incident->moment_count, INCIDENT_TIMELINE_MAX);
	assert_int_equal(incident->left_out, 1000 - INCIDENT_TIMELINE_MAX);
	for (unsigned i = 0; i < INCIDENT_TIMELINE_FIRST; i++)
		assert_int_equal(incident->timeline[i].at_s, 1767657600 + i);
	for (unsigned i = 0, waves = 0; i < INCIDENT_TIMELINE_MAX; i++) {
		waves += incident->timeline[i].kind == MOMENT_WAVE;
		assert_true(i + 1 < INCIDENT_TIMELINE_MAX || waves == 20);
	}
	assert_string_equal(incident->timeline[INCIDENT_TIMELINE_MAX - 1].text, "999");
	for (unsigned i = 0; i < 100; i++)
		incident_tell(incident, 1767657600 + 1000 + i, MOMENT_WAVE, SPAN_NONE);
	assert_int_equal(incident->timeline[INCIDENT_TIMELINE_MAX - 1].at_s, 1767657600 + 1099);  /* of only important ones the newest */
	assert_int_equal(incident->timeline[0].at_s, 1767657600);
}

static void what_people_did_is_never_left_out(void **unused)
{
	struct incident *incident = begin(INCIDENT_ATTACK);
	unsigned count = 0;

	(void)unused;
	incident_tell(incident, 1767657600, MOMENT_OPENED, SPAN_NONE);
	for (unsigned i = 0; i < 200; i++)
		incident_tell(incident, 1767657600 + i, MOMENT_WAVE, SPAN_NONE);
	while (incident_tell_of(incident, 1767657900 + count, MOMENT_NOTED, SPAN("anne"), SPAN_NONE) == RESULT_OK)
		count++;
	assert_int_equal(count, INCIDENT_TIMELINE_MAX - 1);
	for (unsigned i = 0; i < 200; i++)
		incident_tell(incident, 1767659000 + i, MOMENT_WAVE, SPAN_NONE);
	assert_int_equal(incident->timeline[0].kind, MOMENT_OPENED);
	for (unsigned i = 1; i < INCIDENT_TIMELINE_MAX; i++)
		assert_int_equal(incident->timeline[i].at_s, 1767657900 + i - 1);
}

/* -- severity -- */

static void severity_is_what_citizens_suffer(void **unused)
{
	static const struct {
		const char *what;
		enum incident_family family;
		enum level level;
		uint64_t blocked;
		uint32_t unreachable, degraded;
		enum severity severity;
		enum severity_reason reason;
		uint64_t number;
	} rows[] = {
		{ "unusual", INCIDENT_ATTACK, LEVEL_ELEVATED, 0, 0, 0, SEVERITY_LOW, FOR_WATCHED, 0 },
		{ "refused", INCIDENT_ATTACK, LEVEL_ELEVATED, 5, 0, 0, SEVERITY_LOW, FOR_HELD, 5 },
		{ "attacked", INCIDENT_ATTACK, LEVEL_ATTACK, 0, 0, 0, SEVERITY_MEDIUM, FOR_WATCHED, 0 },
		{ "attacked, and held", INCIDENT_ATTACK, LEVEL_ATTACK, 5, 0, 0, SEVERITY_MEDIUM, FOR_HELD, 5 },
		{ "degraded", INCIDENT_ATTACK, LEVEL_ATTACK, 5, 0, 3, SEVERITY_HIGH, FOR_DEGRADED, 3 },
		{ "unreachable", INCIDENT_ATTACK, LEVEL_ELEVATED, 5, 4, 30, SEVERITY_HIGH, FOR_UNREACHABLE, 4 },
		{ "for long", INCIDENT_ATTACK, LEVEL_ELEVATED, 5, 5, 0, SEVERITY_CRITICAL, FOR_UNREACHABLE, 5 },
		{ "an outage", INCIDENT_OUTAGE, LEVEL_NORMAL, 0, 0, 7, SEVERITY_MEDIUM, FOR_DEGRADED, 7 },
		{ "a long one", INCIDENT_OUTAGE, LEVEL_NORMAL, 0, 60, 0, SEVERITY_CRITICAL, FOR_UNREACHABLE, 60 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct incident *incident = begin(rows[i].family);

		incident->level = rows[i].level;
		incident->decisions[DECISION_BLOCK] = rows[i].blocked;
		incident->citizens.unreachable = rows[i].unreachable;
		incident->citizens.degraded = rows[i].degraded;
		assert_true(incident_judge(incident) == (rows[i].severity > SEVERITY_LOW));
		assert_false(incident_judge(incident));
		if (incident->severity != rows[i].severity || incident->reason != rows[i].reason || incident->number != rows[i].number)
			fail_msg("%s", rows[i].what);
	}
}

static void severity_never_falls(void **unused)
{
	struct incident *incident = begin(INCIDENT_ATTACK);

	(void)unused;
	assert_true(incident_raise(incident, SEVERITY_HIGH, FOR_LINE_FULL, 0));
	incident->level = LEVEL_ATTACK;
	incident_judge(incident);
	assert_int_equal(incident->reason, FOR_LINE_FULL);
	incident->citizens.degraded = 2;
	assert_false(incident_judge(incident));
	assert_int_equal(incident->reason, FOR_DEGRADED);  /* what they suffer is said first */
	incident->citizens.degraded = 3;
	incident_judge(incident);
	assert_int_equal(incident->number, 3);
	assert_false(incident_raise(incident, SEVERITY_HIGH, FOR_LINE_FULL, 0));
	assert_int_equal(incident->reason, FOR_DEGRADED);
	assert_false(incident_raise(incident, SEVERITY_LOW, FOR_HELD, 1));
	assert_int_equal(incident->severity, SEVERITY_HIGH);
	assert_false(incident_raise(incident, SEVERITY_HIGH, FOR_UNREACHABLE, 1));
	assert_false(incident_raise(incident, SEVERITY_HIGH, FOR_DEGRADED, 4));
	assert_int_equal(incident->reason, FOR_UNREACHABLE);
}

/* -- what counts mean -- */

static void each_reason_is_of_one_vector_at_most(void **unused)
{
	(void)unused;
	for (unsigned reason = 0; reason < REASON_COUNT; reason++) {
		uint64_t numbers[COUNTS_NUMBERS] = { 0 }, second[VECTOR_COUNT] = { 0 }, sum = 0;

		numbers[COUNTS_REASONS + reason] = 3;
		growth_vectors(numbers, second);
		for (unsigned i = 0; i < VECTOR_COUNT; i++)
			sum += second[i];
		assert_true(sum == 0 || sum == 3);
		assert_true(second[VECTOR_APPLICATION] == (reason == REASON_RULES || reason == REASON_RULES_LIMIT || reason == REASON_SCANNER || reason == REASON_QUARANTINE ? 3u : 0u));
		assert_true(growth_failed(numbers) == (reason == REASON_NO_ORIGIN || reason == REASON_ORIGIN_CONNECT || reason == REASON_ORIGIN_TIMEOUT || reason == REASON_ORIGIN_BROKEN ? 3u : 0u));
	}
	for (unsigned reason = 0; reason < PACKET_REASON_COUNT; reason++) {
		uint64_t packets[PACKET_REASON_COUNT] = { 0 }, second[VECTOR_COUNT] = { 0 }, sum = 0;

		packets[reason] = 3;
		growth_packets(packets, second);
		for (unsigned i = 0; i < VECTOR_COUNT; i++) {
			assert_true(!second[i] || vector_unit((enum incident_vector)i) == UNIT_PACKETS);
			sum += second[i];
		}
		assert_true(sum == (reason >= PACKET_MALFORMED && reason != PACKET_FAILED ? 3u : 0u));
	}
}

static void served_are_answers_below_500_of_who_was_let_through(void **unused)
{
	(void)unused;
	for (unsigned decision = 0; decision < DECISION_COUNT; decision++) {
		for (unsigned class = 0; class < COUNTS_CLASSES; class++) {
			uint64_t numbers[COUNTS_NUMBERS] = { 0 };
			bool is_through = decision == DECISION_ALLOW || decision == DECISION_LOG || decision == DECISION_QUEUE;

			numbers[COUNTS_DECISIONS + decision * COUNTS_CLASSES + class] = 2;
			assert_int_equal(growth_served(numbers), is_through && class >= 2 && class <= 4 ? 2 : 0);
			assert_int_equal(growth_failed(numbers), is_through && class == 5 ? 2 : 0);
			assert_int_equal(growth_refused(numbers), is_through ? 0 : 2);
			assert_int_equal(growth_decision(numbers, (enum decision)decision), 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_plain_and_cut_between_characters),
		cmocka_unit_test(one_takes_as_much_memory_as_the_documents_say),
		cmocka_unit_test(sites_and_tenants_have_a_limit_and_the_rest_is_counted),
		cmocka_unit_test(the_most_frequent_sources_stay),
		cmocka_unit_test(counts_end_somewhere),
		cmocka_unit_test(the_first_and_the_important_stay),
		cmocka_unit_test(what_people_did_is_never_left_out),
		cmocka_unit_test(severity_is_what_citizens_suffer),
		cmocka_unit_test(severity_never_falls),
		cmocka_unit_test(each_reason_is_of_one_vector_at_most),
		cmocka_unit_test(served_are_answers_below_500_of_who_was_let_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
