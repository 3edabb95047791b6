#include "lines.h"

static struct lines lines;

static struct observe *observe_begin(void)
{
	struct observe *observe;

	assert_ok(observe_new(&observe));
	lines_init(&lines, "node1");
	return observe;
}

static uint64_t grown(const struct observation *out)
{
	return out->counts.numbers[COUNTS_EVENTS];
}

static void totals_become_growth(void **unused)
{
	struct observe *observe = observe_begin();
	struct counts_total total = { .name = SPAN("www.a.example") };
	struct observation out;

	(void)unused;
	add_served(&total, 1000000);
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), RESULT_NOT_FOUND);  /* nobody knows how old that is */
	add_served(&total, 3);
	add_refused(&total, DECISION_BLOCK, REASON_RULES, 2);
	total.numbers[COUNTS_CONNECTIONS + (unsigned)DECISION_DROP] += 4;
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 1, 7, &total), &out));
	assert_int_equal(out.kind, OBSERVATION_COUNTS);
	assert_int_equal(out.at_s, TUESDAY_S + 1);
	assert_span(out.site, "www.a.example");
	assert_int_equal(grown(&out), 5);
	assert_int_equal(out.counts.over_s, 1);
	assert_int_equal(out.counts.numbers[COUNTS_DECISIONS + DECISION_ALLOW * COUNTS_CLASSES + 2], 3);
	assert_int_equal(out.counts.numbers[COUNTS_DECISIONS + DECISION_BLOCK * COUNTS_CLASSES + 4], 2);
	assert_int_equal(out.counts.numbers[COUNTS_REASONS + (unsigned)REASON_RULES], 2);
	assert_int_equal(out.counts.numbers[COUNTS_CONNECTIONS + (unsigned)DECISION_DROP], 4);
	/* The same line once more, and one from before: nothing has grown. */
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 1, 7, &total), &out));
	assert_int_equal(grown(&out), 0);
	total.numbers[COUNTS_EVENTS] -= 4;
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 2, 7, &total), &out));
	assert_int_equal(grown(&out), 0);
	total.numbers[COUNTS_EVENTS] += 5;
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 3, 7, &total), &out));
	assert_int_equal(grown(&out), 1);
	observe_free(observe);
}

static void a_new_birth_begins_anew(void **unused)
{
	struct observe *observe = observe_begin();
	struct counts_total total = { .name = SPAN("www.a.example") }, other = { .name = SPAN("www.b.example") }, old;
	struct observation out;

	(void)unused;
	add_served(&total, 500);
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), RESULT_NOT_FOUND);
	old = total;
	total.numbers[COUNTS_EVENTS] = 40;
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 1, 8, &total), &out));
	assert_int_equal(grown(&out), 40);
	/* A site that is met in a birth that was seen from its beginning: all of it is new. */
	add_served(&other, 9);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 2, 8, &other), &out));
	assert_int_equal(grown(&out), 9);
	/* The old edge drains, and speaks on. */
	add_served(&old, 3);
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S + 2, 7, &old), &out), RESULT_NOT_FOUND);
	add_served(&total, 1);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 3, 8, &total), &out));
	assert_int_equal(grown(&out), 1);
	observe_free(observe);
}

/* What came in the first second of a shield's life is no less than what came later. */
static void a_journal_from_its_first_line_on_is_whole(void **unused)
{
	struct observe *observe = observe_begin();
	struct counts_total total = { .name = SPAN("www.a.example") }, other = { .name = SPAN("www.b.example") };
	struct observation out;

	(void)unused;
	observe_beginning(observe);
	add_served(&total, 150);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out));
	assert_int_equal(grown(&out), 150);
	assert_int_equal(out.counts.over_s, 1);
	add_served(&other, 9);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 60, 7, &other), &out));
	assert_int_equal(grown(&out), 9);
	/* Of another node nobody knows, and what is said in the middle is too late. */
	observe_beginning(observe);
	lines_init(&lines, "node2");
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S + 61, 9, &total), &out), RESULT_NOT_FOUND);
	observe_free(observe);
}

static void two_nodes_are_two(void **unused)
{
	struct observe *observe = observe_begin();
	struct counts_total total = { .name = SPAN("www.a.example") };
	struct observation out;

	(void)unused;
	add_served(&total, 500);
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), RESULT_NOT_FOUND);
	lines_init(&lines, "node2");
	add_served(&total, 100);
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S + 1, 9, &total), &out), RESULT_NOT_FOUND);
	add_served(&total, 1);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 2, 9, &total), &out));
	assert_int_equal(grown(&out), 1);
	observe_free(observe);
}

static void missing_lines_make_a_growth_of_longer(void **unused)
{
	struct observe *observe = observe_begin();
	struct counts_total total = { .name = SPAN("www.a.example") }, other = { .name = SPAN("www.b.example") };
	struct observation out;

	(void)unused;
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), RESULT_NOT_FOUND);
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &other), &out), RESULT_NOT_FOUND);
	add_served(&total, 600);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 300, 7, &total), &out));
	assert_int_equal(out.counts.over_s, 300);
	add_served(&other, 5);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 300, 7, &other), &out));
	assert_int_equal(out.counts.over_s, 300);  /* of the same second */
	/* The site was silent, the node was not: the growth is of one second. */
	add_served(&total, 5);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 301, 7, &total), &out));
	add_served(&other, 5);
	assert_ok(observe_line(observe, lines_counts(&lines, TUESDAY_S + 302, 7, &other), &out));
	assert_int_equal(out.counts.over_s, 1);
	observe_free(observe);
}

static void notices_are_read(void **unused)
{
	struct observe *observe = observe_begin();
	struct observation out;

	(void)unused;
	assert_ok(observe_line(observe, lines_notice(&lines, TUESDAY_S, "level", "www.\"a\".example", "", "from normal to attack: requests"), &out));
	assert_int_equal(out.kind, OBSERVATION_NOTICE);
	assert_span(out.site, "www.\"a\".example");
	assert_span(out.notice.action, "level");
	assert_span(out.notice.detail, "from normal to attack: requests");
	assert_ok(observe_line(observe, lines_notice(&lines, TUESDAY_S, "origin-down", "", "http://10.0.0.11:8080", "refused"), &out));
	assert_span(out.notice.origin, "http://10.0.0.11:8080");
	assert_ok(observe_line(observe, lines_notice(&lines, TUESDAY_S, "packets-dropped", "", "", "malformed 3, out_of_state 1000"), &out));
	assert_int_equal(out.kind, OBSERVATION_PACKETS);
	assert_int_equal(out.packets[PACKET_MALFORMED], 3);
	assert_int_equal(out.packets[PACKET_OUT_OF_STATE], 1000);
	assert_int_equal(out.packets[PACKET_BANNED], 0);
	assert_ok(observe_line(observe, lines_notice(&lines, TUESDAY_S, "packets-dropped", "", "", "malformed 3, out_of_st\xe2\x80\xa6"), &out));
	assert_int_equal(out.packets[PACKET_MALFORMED], 3);
	observe_free(observe);
}

static void requests_are_read(void **unused)
{
	static const struct span line = SPAN_INIT("{\"@timestamp\":\"2026-01-06T00:00:01.500Z\",\"event.dataset\":\"bouclier.request\",\"bouclier.node\":\"n\",\"bouclier.tenant\":\"ville\","
	        "\"bouclier.site\":\"www.a.example\",\"bouclier.decision\":\"block\",\"bouclier.rules\":[{\"id\":942100,\"phase\":2},{\"id\":949110}],\"bouclier.rules_more\":[941100,\"x\"],"
	        "\"source.ip\":\"192.0.2.0\",\"bouclier.origin\":\"http://10.0.0.11:8080\",\"event.sequence\":1,\"bouclier.crc\":\"00000000\"}");
	struct observe *observe = observe_begin();
	struct observation out;

	(void)unused;
	assert_ok(observe_line(observe, line, &out));
	assert_int_equal(out.kind, OBSERVATION_REQUEST);
	assert_int_equal(out.at_s, TUESDAY_S + 1);
	assert_span(out.site, "www.a.example");
	assert_span(out.request.tenant, "ville");
	assert_span(out.request.origin, "http://10.0.0.11:8080");
	assert_true(out.request.is_refused && out.request.has_source);
	assert_int_equal(out.request.rule_count, 3);
	assert_int_equal(out.request.rules[0], 942100);
	assert_int_equal(out.request.rules[2], 941100);
	observe_free(observe);
}

static void bad_lines_are_counted(void **unused)
{
	static const char *const bad[] = {
		"", "{", "[]", "{}", "x", "{\"@timestamp\":\"2026-02-31T00:00:00.000Z\",\"event.dataset\":\"bouclier.counts\"}",
		"{\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.events\":1}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.events\":-1}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.events\":1e3}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.events\":9223372036854775808}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.notice\"}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.notice\",\"event.action\":\"packets-dropped\",\"bouclier.detail\":\"malformed\"}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.notice\",\"event.action\":\"packets-dropped\",\"bouclier.detail\":\"tea 3\"}",
		"{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.notice\",\"event.action\":\"packets-dropped\"}",
	};
	static char longer[LINE_MAX_BYTES + 64];
	struct observe *observe = observe_begin();
	size_t count = sizeof(bad) / sizeof(bad[0]);
	struct observation out;

	(void)unused;
	for (size_t i = 0; i < count; i++)
		assert_result(observe_line(observe, span_of(bad[i]), &out), RESULT_MALFORMED);
	snprintf(longer, sizeof(longer), "{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"x\":\"%0*d\"}", (int)LINE_MAX_BYTES, 0);
	assert_result(observe_line(observe, span_of(longer), &out), RESULT_MALFORMED);
	/* A newer shield counts more, and has more kinds of lines. */
	assert_result(observe_line(observe, SPAN("{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.tea\"}"), &out), RESULT_NOT_FOUND);
	assert_result(observe_line(observe, SPAN("{\"@timestamp\":\"2026-01-06T00:00:00.000Z\",\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.teas\":1}"), &out), RESULT_NOT_FOUND);
	assert_int_equal(observe_sums(observe).bad, count + 1);
	assert_int_equal(observe_sums(observe).lines, count + 3);
	observe_free(observe);
}

static void nodes_beyond_the_limit_are_counted(void **unused)
{
	struct observe *observe = observe_begin();
	struct counts_total total = { .name = SPAN("www.a.example") };
	struct observation out;
	char name[16];

	(void)unused;
	add_served(&total, 1);
	for (unsigned i = 0; i < OBSERVE_NODES_MAX; i++) {
		snprintf(name, sizeof(name), "node%u", i);
		lines_init(&lines, name);
		assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), RESULT_NOT_FOUND);
	}
	lines_init(&lines, "one more");
	assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), RESULT_LIMIT);
	assert_int_equal(observe_sums(observe).beyond, 1);
	observe_free(observe);
}

static void sites_beyond_the_limit_are_counted(void **unused)
{
	struct observe *observe = observe_begin();
	struct observation out;
	char name[32];

	(void)unused;
	for (unsigned i = 0; i <= OBSERVE_SITES_MAX; i++) {
		struct counts_total total = { .name = span_make(name, (size_t)snprintf(name, sizeof(name), "www.%u.example", i)) };

		add_served(&total, 1);
		assert_result(observe_line(observe, lines_counts(&lines, TUESDAY_S, 7, &total), &out), i < OBSERVE_SITES_MAX ? RESULT_NOT_FOUND : RESULT_LIMIT);
	}
	assert_int_equal(observe_sums(observe).beyond, 1);
	observe_free(observe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totals_become_growth),
		cmocka_unit_test(a_new_birth_begins_anew),
		cmocka_unit_test(a_journal_from_its_first_line_on_is_whole),
		cmocka_unit_test(two_nodes_are_two),
		cmocka_unit_test(missing_lines_make_a_growth_of_longer),
		cmocka_unit_test(notices_are_read),
		cmocka_unit_test(requests_are_read),
		cmocka_unit_test(bad_lines_are_counted),
		cmocka_unit_test(nodes_beyond_the_limit_are_counted),
		cmocka_unit_test(sites_beyond_the_limit_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
