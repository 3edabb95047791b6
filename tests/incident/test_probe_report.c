#include "../base/check.h"

#include <stdlib.h>

#include "incident/citizens.h"
#include "incident/probe_report.h"

#define NOON_S 1769860800u  /* 2026-01-31T12:00:00Z */

static struct probe_report report, again;

static struct probe_counts counts_of(struct draws *draws)
{
	struct probe_counts counts = { .in_time = (uint32_t)draw_below(draws, 9), .slow = (uint32_t)draw_below(draws, 3), .refused = (uint32_t)draw_below(draws, 3) };

	for (unsigned i = 0; i < PROBE_STEPS; i++)
		counts.failed[i] = (uint32_t)draw_below(draws, 3);
	counts.asked = counts.in_time + counts.slow + counts.refused + probe_unreachable(&counts);
	counts.challenged = (uint32_t)draw_below(draws, counts.asked + 1);
	counts.bytes = draw_below(draws, 1 << 20);
	counts.took_ms = draw_below(draws, 100000);
	counts.slowest_ms = (uint32_t)draw_below(draws, 30000);
	counts.certificate_until_s = draw_below(draws, 2) ? NOON_S + draw_below(draws, 1000000) : 0;
	return counts;
}

static void make(struct draws *draws)
{
	report = (struct probe_report){ .name = "antwerp-1", .sequence = 1 + draw_below(draws, UINT32_MAX), .sent_s = NOON_S };
	report.minute_count = (uint32_t)draw_below(draws, PROBE_REPORT_MINUTES + 1);
	for (uint32_t i = 0; i < report.minute_count; i++) {
		report.minutes[i].from_s = NOON_S + 60 * i;
		report.minutes[i].site_count = (uint32_t)draw_below(draws, 5);
		for (uint32_t j = 0; j < report.minutes[i].site_count; j++) {
			snprintf(report.minutes[i].sites[j].host, sizeof(report.minutes[i].sites[j].host), "www.%u.example:8443", j);
			report.minutes[i].sites[j].counts = counts_of(draws);
		}
	}
}

static void what_is_written_is_read_again(void **unused)
{
	struct draws draws = { 3 };

	(void)unused;
	for (unsigned round = 0; round < 300; round++) {
		struct buffer text;

		make(&draws);
		buffer_init(&text, PROBE_REPORT_BYTES);
		assert_ok(probe_report_write(&report, &text));
		assert_ok(probe_report_read(buffer_span(&text), &again));
		assert_memory_equal(&report, &again, sizeof(report));
		for (size_t cut = 0; cut < buffer_len(&text); cut += 1 + buffer_len(&text) / 50)
			assert_result(probe_report_read(span_take(buffer_span(&text), cut), &again), RESULT_MALFORMED);
		buffer_done(&text);
	}
}

static const char good[] =
	"{\"version\":1,\"name\":\"antwerp\",\"sequence\":7,\"sent\":\"2026-01-31T12:02:01.000Z\",\"minutes\":[{\"from\":\"2026-01-31T12:01:00.000Z\",\"sites\":[{"
	"\"host\":\"www.commune.example\",\"asked\":5,\"in_time\":1,\"slow\":1,\"refused\":1,\"unreachable\":2,\"dns\":0,\"connect\":1,\"tls\":0,\"http\":0,\"timeout\":1,"
	"\"challenged\":0,\"bytes\":0,\"took_ms\":61000,\"slowest_ms\":30000,\"certificate_until\":null}]}]}";

/* GOOD with one text instead of another. */
static void replaced(const char *old, const char *new, struct buffer *out)
{
	struct span text = SPAN(good);

	for (size_t at = 0; at < text.len; at++) {
		if (!span_starts(span_skip(text, at), span_of(old)))
			continue;
		assert_ok(buffer_print(out, "%.*s%s%.*s", (int)at, text.at, new, SPAN_ARG(span_skip(text, at + strlen(old)))));
		return;
	}
	fail_msg("%s is not there", old);
}

static void what_contradicts_itself_is_refused(void **unused)
{
	static const struct {
		const char *old, *new;
	} rows[] = {
		{ "\"version\":1", "\"version\":2" }, { "\"version\":1,", "" }, { "\"version\":1", "\"version\":1,\"tea\":0" }, { "\"antwerp\"", "\"\"" }, { "\"antwerp\"", "\"ant werp\"" },
		{ "\"antwerp\"", "\"a/1\"" }, { "\"antwerp\"", "\"0123456789012345678901234567890123456789012345678901234567890123\"" }, { "\"sequence\":7", "\"sequence\":0" },
		{ "\"sequence\":7", "\"sequence\":-7" }, { "\"sequence\":7", "\"sequence\":\"7\"" }, { "12:02:01", "12:02:61" }, { "12:01:00.000", "12:01:01.000" }, { "12:01:00.000", "12:01:00.500" },
		{ "\"2026-01-31T12:01:00.000Z\"", "null" }, { "www.commune.example", "" }, { "www.commune.example", "WWW.commune.example" }, { "www.commune.example", "a/b" }, { "\"asked\":5", "\"asked\":4" },
		{ "\"asked\":5", "\"asked\":6" }, { "\"in_time\":1", "\"in_time\":100" }, { "\"unreachable\":2", "\"unreachable\":1" }, { "\"connect\":1", "\"connect\":2" },
		{ "\"challenged\":0", "\"challenged\":6" }, { "\"slowest_ms\":30000", "\"slowest_ms\":4294967296" }, { "\"bytes\":0", "\"bytes\":0.5" }, { "null", "\"tomorrow\"" },
		{ "\"minutes\":[", "\"minutes\":[{\"from\":\"2026-01-31T12:01:00.000Z\",\"sites\":[]}," },                            /* a minute twice */
		{ "\"minutes\":[", "\"minutes\":[{\"from\":\"2026-01-31T12:02:00.000Z\",\"sites\":[]}," },                            /* not in order */
		{ "\"minutes\":[", "\"minutes\":{\"a\":" },
	};
	struct buffer text;

	(void)unused;
	assert_ok(probe_report_read(SPAN(good), &again));
	assert_int_equal(again.minutes[0].sites[0].counts.failed[PROBE_STEP_TIMEOUT], 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buffer_init(&text, 1 << 16);
		replaced(rows[i].old, rows[i].new, &text);
		if (probe_report_read(buffer_span(&text), &again) != RESULT_MALFORMED)
			fail_msg("%s", rows[i].new);
		buffer_done(&text);
	}
}

static void a_time_beyond_nanoseconds_is_kept(void **unused)
{
	struct buffer first, second;

	(void)unused;
	buffer_init(&first, 1 << 16);
	buffer_init(&second, 1 << 16);
	replaced("2026-01-31T12:02:01", "9626-01-31T12:02:01", &first);
	assert_ok(probe_report_read(buffer_span(&first), &again));
	assert_ok(probe_report_write(&again, &second));
	assert_true(span_equal(buffer_span(&first), buffer_span(&second)));
	buffer_done(&first);
	buffer_done(&second);
}

static void there_are_limits(void **unused)
{
	char *large = calloc(1, PROBE_REPORT_BYTES + 1);

	(void)unused;
	memset(large, ' ', PROBE_REPORT_BYTES + 1);
	assert_result(probe_report_read(span_make(large, PROBE_REPORT_BYTES + 1), &again), RESULT_LIMIT);
	assert_result(probe_minute_read(span_make(large, PROBE_REPORT_BYTES + 1), &again.minutes[0]), RESULT_LIMIT);
	free(large);
}

static void late_is_reached_and_refused_is_not(void **unused)
{
	struct observation seen;

	(void)unused;
	assert_ok(probe_report_read(SPAN(good), &again));
	seen = probe_observe(&again.minutes[0], &again.minutes[0].sites[0], SPAN("www"));
	assert_int_equal(seen.kind, OBSERVATION_PROBE);
	assert_int_equal(seen.at_s, NOON_S + 60);
	assert_int_equal(seen.probe.asked, 5);
	assert_int_equal(seen.probe.reached, 2);
	assert_int_equal(seen.probe.slow, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(a_time_beyond_nanoseconds_is_kept),
		cmocka_unit_test(there_are_limits),
		cmocka_unit_test(late_is_reached_and_refused_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
