/* Lines: pages, queries, export, one request told; and sums. */
#include "api_stage.h"

static struct api_stage *begin(unsigned lines)
{
	struct api_stage *stage = api_stage_new();

	for (unsigned i = 0; i < lines; i++)
		stage_request(&stage->stage, STAGE_NOW_MS - 60000 + i, i % 2 ? "b" : "a", i % 2 ? API_SITE_B : API_SITE_A, i % 5 ? "allow" : "block");
	stage_ingest(&stage->stage);
	return stage;
}

static size_t event_count(const struct api_stage *stage)
{
	return json_length(json_find(stage->root, "events"));
}

static void pages_have_every_line_once(void **unused)
{
	struct api_stage *stage = begin(25);
	char path[256] = "/api/v1/events?count=4";
	uint64_t last = 26;

	(void)unused;
	for (;;) {
		const struct json *list;

		assert_int_equal(stage_get(stage, path), 200);
		list = json_find(stage->root, "events");
		for (size_t i = 0; i < json_length(list); i++)
			assert_int_equal(json_number_of(json_find(json_item(list, i), "event.sequence")), --last);
		if (json_has_null(json_find(stage->root, "next")))
			break;
		snprintf(path, sizeof(path), "/api/v1/events?count=4&after=%.*s", SPAN_ARG(json_text_of(json_find(stage->root, "next"))));
	}
	assert_int_equal(last, 1);
	assert_true(json_bool_of(json_find(stage->root, "is_over")));
	api_stage_free(stage);
}

static void a_query_is_that_of_the_journal(void **unused)
{
	struct api_stage *stage = begin(20);

	(void)unused;
	assert_int_equal(stage_get(stage, "/api/v1/events?q=decision%3Dblock"), 200);
	assert_int_equal(event_count(stage), 4);
	assert_int_equal(stage_get(stage, "/api/v1/events?q=decision%3Dblock+and+site%3D" API_SITE_A), 200);
	assert_int_equal(event_count(stage), 2);
	assert_refused(stage_get(stage, "/api/v1/events?q=status%3E%3D500+and"), 400, "bad-query");
	assert_int_equal(json_number_of(json_find(json_find(stage->root, "error"), "column")), 16);
	assert_refused(stage_get(stage, "/api/v1/events?q=decisoin%3Dblock"), 400, "bad-query");
	assert_int_equal(stage_get(stage, "/api/v1/events?from=2026-01-31T11:59:00.010Z"), 200);
	assert_int_equal(event_count(stage), 10);
	assert_int_equal(stage_get(stage, "/api/v1/events?to=2026-01-31T11:59:00.010Z"), 200);
	assert_int_equal(event_count(stage), 10);
	assert_refused(stage_get(stage, "/api/v1/events?from=yesterday"), 400, "bad-parameter");
	assert_refused(stage_get(stage, "/api/v1/events?from=2026-02-01T00:00:00Z&to=2026-01-31T00:00:00Z"), 400, "bad-parameter");
	assert_refused(stage_get(stage, "/api/v1/events?after=e0000000000000000-0000000000000000"), 400, "bad-cursor");
	assert_refused(stage_get(stage, "/api/v1/events?after=i0000000000000001-0000000000000000"), 400, "bad-cursor");
	assert_refused(stage_get(stage, "/api/v1/events?to=2026-01-31T00:00:00Z&after=e7fffffffffffffff-0000000000000000"), 400, "bad-cursor");
	api_stage_free(stage);
}

/* A page looks at so many lines and no more: nobody waits for one that looks for what is not there. */
static void a_page_is_cut_where_it_takes_long(void **unused)
{
	struct api_stage *stage = begin(4500);
	char path[256] = "/api/v1/events?q=site%3Dno.such.example";
	unsigned pages = 0;

	(void)unused;
	for (;; pages++) {
		assert_int_equal(stage_get(stage, path), 200);
		assert_int_equal(event_count(stage), 0);
		if (json_bool_of(json_find(stage->root, "is_over")))
			break;
		assert_true(json_bool_of(json_find(stage->root, "is_cut")));
		snprintf(path, sizeof(path), "/api/v1/events?q=site%%3Dno.such.example&after=%.*s", SPAN_ARG(json_text_of(json_find(stage->root, "next"))));
	}
	assert_int_equal(pages, 2);
	api_stage_free(stage);
}

static unsigned count_of(struct span text, const char *part)
{
	unsigned count = 0;

	for (; text.len; text = span_skip(text, 1))
		count += span_starts(text, span_of(part));
	return count;
}

static void an_export_has_all_and_says_so(void **unused)
{
	struct api_stage *stage = begin(3000);

	(void)unused;
	stage_be(stage, "a");
	stage_get(stage, "/api/v1/events/export?q=decision%3Dblock");
	assert_true(span_starts(buffer_span(&stage->answer), SPAN("HTTP/1.1 200")));
	assert_true(span_contains(buffer_span(&stage->answer), SPAN("application/x-ndjson")));
	assert_int_equal(count_of(buffer_span(&stage->answer), "\"bouclier.tenant\":\"a\""), 300);
	assert_int_equal(count_of(buffer_span(&stage->answer), "\"bouclier.tenant\":\"b\""), 0);
	assert_true(span_contains(buffer_span(&stage->answer), SPAN("{\"bouclier.export\":{\"lines\":300,\"is_whole\":true}}\n")));
	assert_string_equal(stage->logged, "events.export|events|q=decision%3Dblock");
	stage->cannot_log = true;
	assert_refused(stage_get(stage, "/api/v1/events/export"), 503, "not-recorded");
	assert_refused(stage_get(stage, "/api/v1/events/export?q=%28"), 400, "bad-query");
	api_stage_free(stage);
}

static void a_request_is_explained(void **unused)
{
	struct api_stage *stage = begin(2);
	char id[33], path[128];

	(void)unused;
	stage_id(1, id);
	snprintf(path, sizeof(path), "/api/v1/requests/%s", id);
	assert_int_equal(stage_get(stage, path), 200);
	assert_span(json_text_of(json_find(stage->root, "from")), "journal");
	assert_span(json_text_of(json_find(stage->root, "decision")), "block");
	assert_span(json_text_of(json_find(stage->root, "site")), API_SITE_A);
	assert_true(json_has_text(json_find(stage->root, "note")));
	stage_be(stage, "b");
	assert_refused(stage_get(stage, path), 404, "not-found");
	stage_be(stage, "*");
	assert_refused(stage_get(stage, "/api/v1/requests/00000000000000000000000000000000"), 404, "not-found");
	assert_refused(stage_get(stage, "/api/v1/requests/abc"), 404, "not-found");
	assert_refused(stage_get(stage, "/api/v1/requests/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), 404, "not-found");
	api_stage_free(stage);
}

#define DAY "from=2026-01-31T00:00:00Z&to=2026-02-01T00:00:00Z"

static uint64_t sum_of(const struct api_stage *stage)
{
	const struct json *points = json_find(json_item(json_find(stage->root, "series"), 0), "points");
	uint64_t sum = 0;

	for (size_t i = 0; i < json_length(points); i++)
		sum += json_number_of(json_item(json_item(points, i), 1));
	return sum;
}

static void sums_are_exact_and_ones_own(void **unused)
{
	struct api_stage *stage = api_stage_new();

	(void)unused;
	for (unsigned i = 1; i <= 3; i++) {
		stage_counts(&stage->stage, STAGE_NOW_MS - 300000 + i * 60000, API_SITE_A, 7, i * 10, 0);
		stage_counts(&stage->stage, STAGE_NOW_MS - 300000 + i * 60000, API_SITE_B, 7, i * 100, 0);
	}
	stage_request(&stage->stage, STAGE_NOW_MS - 1000, "a", API_SITE_A, "allow");
	stage_request(&stage->stage, STAGE_NOW_MS - 1000, "b", API_SITE_B, "allow");
	stage_ingest(&stage->stage);
	assert_int_equal(stage_get(stage, "/api/v1/totals?kind=events&grain=minute&" DAY), 200);
	assert_int_equal(sum_of(stage), 330);
	assert_int_equal(json_length(json_find(json_item(json_find(stage->root, "series"), 0), "points")), 3);
	stage_be(stage, "a");
	assert_int_equal(stage_get(stage, "/api/v1/totals?kind=events&by=site&" DAY), 200);
	assert_int_equal(sum_of(stage), 30);
	assert_span(json_text_of(json_item(json_item(json_find(json_item(json_find(stage->root, "series"), 0), "points"), 0), 0)), API_SITE_A);
	assert_int_equal(stage_get(stage, "/api/v1/totals?kind=decisions.&" DAY), 200);
	assert_span(json_text_of(json_find(json_item(json_find(stage->root, "series"), 0), "kind")), "decisions.allow");
	api_stage_free(stage);
}

static void sums_have_limits(void **unused)
{
	static const char *const queries[] = { "", "?kind=", "?kind=.", "?kind=EVENTS", "?kind=a'b", "?kind=events&grain=second", "?kind=events&by=tenant",
		                               "?kind=events&from=2026-02-01T00:00:00Z&to=2026-02-01T00:00:00Z", "?kind=events&grain=minute&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
		                               "?kind=events&grain=hour&by=site&from=1971-01-02T00:00:00Z&to=2026-02-01T00:00:00Z" };
	struct api_stage *stage = api_stage_new();

	(void)unused;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "/api/v1/totals%s", queries[i]);
		assert_refused(stage_get(stage, path), 400, "bad-parameter");
	}
	api_stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_have_every_line_once),
		cmocka_unit_test(a_query_is_that_of_the_journal),
		cmocka_unit_test(a_page_is_cut_where_it_takes_long),
		cmocka_unit_test(an_export_has_all_and_says_so),
		cmocka_unit_test(a_request_is_explained),
		cmocka_unit_test(sums_are_exact_and_ones_own),
		cmocka_unit_test(sums_have_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
