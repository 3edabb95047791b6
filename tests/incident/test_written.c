#include <stdlib.h>

#include "../base/check.h"
#include "incident/fingerprint.h"
#include "incident/people.h"
#include "incident/written.h"

#define NOW_S 1767657600u

static struct incident incident, again;

/* Everything that can be in one. */
static void fill(struct draws *draws, bool is_full)
{
	unsigned scale = is_full ? 100 : (unsigned)draw_below(draws, 20);
	char text[64];

	incident_init(&incident, 1 + draw_below(draws, 1000), (enum incident_family)draw_below(draws, INCIDENT_FAMILIES), SPAN("what \"it\" is about"), NOW_S);
	for (unsigned i = 0; i < scale; i++) {
		struct span span = span_make(text, (size_t)snprintf(text, sizeof(text), "www.%u\"\\.example", i));
		const struct geo_place place = { { (char)(i % 5 ? 'A' + i % 26 : 0), (char)('A' + i / 26), 0 }, (uint32_t)draw_below(draws, 100) };

		incident_add_site(&incident, span, i % 3 ? span : SPAN_NONE);
		incident_add_rule(&incident, (uint32_t)draw_below(draws, 1000000));
		incident_add_source(&incident, &place);
		incident_tell(&incident, NOW_S + i, (enum incident_moment_kind)draw_below(draws, MOMENT_ACKNOWLEDGED), span);
		if (incident_note(&incident, SPAN("\xc3\xa9lise"), SPAN("a \"note\"\nof two lines"), NOW_S + i) == RESULT_OK && i == 5)
			assert_ok(incident_acknowledge(&incident, span, NOW_S + i));
	}
	incident.status = (enum incident_status)draw_below(draws, STATUS_COUNT);
	incident.severity = (enum severity)draw_below(draws, SEVERITY_COUNT);
	incident.reason = (enum severity_reason)draw_below(draws, FOR_COUNT);
	incident.number = draw_below(draws, 1000);
	incident.contained_s = draw_below(draws, 2) ? NOW_S + 5 : 0;
	incident.is_on = draw_below(draws, 2);
	incident.waves = 1 + (uint32_t)draw_below(draws, 30);
	incident.kinds = (uint32_t)draw_below(draws, 8);
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		incident.vectors[i] = draw_below(draws, 3) ? (struct vector_share){ draw_below(draws, INCIDENT_COUNT_MAX), draw_below(draws, 100) } : (struct vector_share){ 0, 0 };
	for (unsigned i = 0; i < DECISION_COUNT; i++)
		incident.decisions[i] = draw_below(draws, INCIDENT_COUNT_MAX);
	incident.level = (enum level)draw_below(draws, LEVEL_COUNT);
	incident.citizens = (struct citizens){ .expected = draw_below(draws, 1000), .served = draw_below(draws, 1000), .site_minutes = 3, .probed = draw_below(draws, 4),
		                               .probes = 5, .reached = draw_below(draws, 6), .blind = draw_below(draws, 2), .has_drops = draw_below(draws, 4) == 0 };
	for (unsigned i = 0; i < scale && i < INCIDENT_RELATED_MAX; i++)
		incident.related[incident.related_count++] = draw_below(draws, 100);
	fingerprint_set(&incident);
}

static void what_is_written_is_read(void **unused)
{
	struct draws draws = { 12 };
	struct buffer first, second;

	(void)unused;
	buffer_init(&first, WRITTEN_MAX);
	buffer_init(&second, WRITTEN_MAX);
	for (unsigned round = 0; round < 300; round++) {
		fill(&draws, round % 10 == 0);
		buffer_reset(&first);
		buffer_reset(&second);
		assert_ok(incident_write(&incident, &first));
		assert_ok(incident_read(buffer_span(&first), &again));
		assert_ok(incident_write(&again, &second));
		assert_true(span_equal(buffer_span(&first), buffer_span(&second)));
	}
	buffer_done(&first);
	buffer_done(&second);
}

/* The largest that there can be. */
static void the_largest_fits(void **unused)
{
	static char who[INCIDENT_WHO_BYTES], text[INCIDENT_NOTE_BYTES], name[INCIDENT_NAME_BYTES], moment[INCIDENT_TEXT_BYTES];
	struct draws draws = { 13 };
	struct buffer out;

	(void)unused;
	memset(who, '"', sizeof(who) - 1);
	memset(text, '\n', sizeof(text) - 1);
	memset(name, '\\', sizeof(name) - 1);
	memset(moment, '"', sizeof(moment) - 1);
	fill(&draws, true);
	for (unsigned i = 0; i < INCIDENT_NOTES_MAX; i++) {
		memcpy(incident.notes[i].who, who, sizeof(who));
		memcpy(incident.notes[i].text, text, sizeof(text));
	}
	for (unsigned i = 0; i < INCIDENT_TIMELINE_MAX; i++) {
		incident.timeline[i].kind = MOMENT_NOTED;
		memcpy(incident.timeline[i].who, who, sizeof(who));
		memcpy(incident.timeline[i].text, moment, sizeof(moment));
	}
	for (unsigned i = 0; i < INCIDENT_SITES_MAX; i++) {
		memcpy(incident.sites[i].name, name, sizeof(name));
		memcpy(incident.sites[i].tenant, name, sizeof(name));
	}
	for (unsigned i = 0; i < INCIDENT_TENANTS_MAX; i++)
		memcpy(incident.tenants[i], name, sizeof(name));
	incident.moment_count = INCIDENT_TIMELINE_MAX;
	incident.note_count = INCIDENT_NOTES_MAX;
	buffer_init(&out, WRITTEN_MAX);
	assert_ok(incident_write(&incident, &out));
	assert_ok(incident_read(buffer_span(&out), &again));
	buffer_done(&out);
}

/* -- strict -- */

/* TEXT with the first FROM made TO; the caller frees it. */
static char *changed(struct span text, const char *from, const char *to)
{
	const char *at = memmem(text.at, text.len, from, strlen(from));
	char *out = malloc(text.len + strlen(to) + 1);
	size_t before = at ? (size_t)(at - text.at) : 0;

	if (!at)
		fail_msg("%s is not there", from);
	memcpy(out, text.at, before);
	memcpy(out + before, to, strlen(to));
	memcpy(out + before + strlen(to), text.at + before + strlen(from), text.len - before - strlen(from));
	out[text.len - strlen(from) + strlen(to)] = 0;
	return out;
}

static void anything_else_is_refused(void **unused)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "{\"title\"", "{\"more\":1,\"title\"" }, { "\"title\":", "\"name\":" }, { "\"id\":", "\"id\":-" }, { "\"id\":1", "\"id\":0" }, { "\"id\":1", "\"id\":1.5" }, { "\"id\":1", "\"id\":\"1\"" },
		{ "\"attack\"", "\"tea\"" }, { "\"new\"", "\"old\"" }, { "\"low\"", "null" }, { "\"held\"", "\"\"" }, { "\"severity_number\":7", "\"severity_number\":9223372036854775808" },
		{ "\"owner\":\"\"", "\"owner\":\"\\n\"" }, { "\"owner\":\"\"", "\"owner\":1" }, { "\"owner\":\"\"", "\"owner\":\"0123456789012345678901234567890123456789012345678901234567890123\"" },
		{ "\"opened\":\"2026-01-06T00:00:00.000Z\"", "\"opened\":null" }, { "\"opened\":\"2026-01-06T00:00:00.000Z\"", "\"opened\":\"2026-01-06T00:00:00.001Z\"" },
		{ "\"opened\":\"2026-01-06T00:00:00.000Z\"", "\"opened\":\"yesterday\"" }, { "\"opened\":\"2026-01-06T00:00:00.000Z\"", "\"opened\":1767657600" },
		{ "\"goes_on\":false", "\"goes_on\":0" }, { "\"waves\":1", "\"waves\":4294967296" }, { "[\"flood\"", "[\"tea\"" }, { "[\"flood\"", "[\"flood\",\"flood\"" }, { "[\"flood\"", "[1" },
		{ "\"sites\":[{", "\"sites\":[{\"more\":1," }, { "\"sites\":[{\"name\":\"www.a.example\"", "\"sites\":[{\"name\":\"\"" }, { "\"sites\":[", "\"sites\":[1," }, { "\"tenants\":[", "\"tenants\":[\"\"," },
		{ "\"tenants\":[\"ville\"]", "\"tenants\":{}" }, { "\"unit\":\"requests\"", "\"unit\":\"packets\"" }, { "\"unit\":\"requests\"", "\"unit\":\"teas\"" }, { "\"share\":1000", "\"share\":999" },
		{ "\"count\":5", "\"count\":0" }, { "\"family\":942", "\"family\":1000" }, { "\"country\":\"BE\"", "\"country\":\"BEL\"" }, { "\"country\":\"BE\"", "\"country\":\"\"" }, { "\"asn\":64500", "\"asn\":0" },
		{ "\"allow\":0", "\"allow\":0,\"tea\":0" }, { "\"level\":\"normal\"", "\"level\":\"calm\"" }, { "\"vantage\":\"shield\"", "\"vantage\":\"probe\"" }, { "\"vantage\":\"shield\"", "\"vantage\":\"unknown\"" },
		{ "\"served_share\":500", "\"served_share\":501" }, { "\"served_share\":500", "\"served_share\":null" }, { "\"served\":5", "\"served\":6" }, { "\"line_dropped\":false", "\"line_dropped\":true" },
		{ "\"what\":\"opened\"", "\"what\":\"tea\"" }, { "\"what\":\"opened\",\"who\":\"\"", "\"what\":\"opened\",\"who\":\"anne\"" }, { "\"what\":\"noted\",\"who\":\"anne\"", "\"what\":\"noted\",\"who\":\"\"" },
		{ "\"related\":[", "\"related\":[null," }, { "\"related\":[7]", "\"related\":[1,2,3,4,5,6,7,8,9]" }, { "\"fingerprint\":\"", "\"fingerprint\":\"\\u0001" }, { "}", "" }, { "}", "}}" },
	};
	struct buffer out;

	(void)unused;
	incident_init(&incident, 1, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	incident.kinds = ATTACK_IS_FLOOD;
	incident.reason = FOR_HELD;
	incident.number = 7;
	incident_add_site(&incident, SPAN("www.a.example"), SPAN("ville"));
	incident_add_rule(&incident, 942100);
	incident_add_source(&incident, &(struct geo_place){ "BE", 64500 });
	incident.vectors[VECTOR_REQUEST_FLOOD].count = 5;
	incident.citizens = (struct citizens){ .expected = 10, .seen = 8, .served = 5, .site_minutes = 1 };
	incident_tell(&incident, NOW_S, MOMENT_OPENED, SPAN_NONE);
	assert_ok(incident_note(&incident, SPAN("anne"), SPAN("text"), NOW_S));
	incident.related[incident.related_count++] = 7;
	buffer_init(&out, WRITTEN_MAX);
	assert_ok(incident_write(&incident, &out));
	assert_ok(incident_read(buffer_span(&out), &again));
	memset(&again, 7, sizeof(again));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = changed(buffer_span(&out), rows[i].from, rows[i].to);

		if (incident_read(span_of(text), &again) != RESULT_MALFORMED)
			fail_msg("%s: %s", rows[i].from, rows[i].to);
		free(text);
	}
	assert_int_equal(((const unsigned char *)&again)[0], 7);  /* untouched */
	assert_result(incident_read(span_make(NULL, WRITTEN_MAX + 1), &again), RESULT_LIMIT);
	buffer_done(&out);
}

static void a_full_buffer_is_told(void **unused)
{
	struct buffer out;

	(void)unused;
	incident_init(&incident, 1, INCIDENT_ATTACK, SPAN_NONE, NOW_S);
	buffer_init(&out, 100);
	assert_result(incident_write(&incident, &out), RESULT_LIMIT);
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(the_largest_fits),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
