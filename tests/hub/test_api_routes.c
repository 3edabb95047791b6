/* Every route of the API, by whoever may not; and with what it does not know. */
#include "api_stage.h"

#define BODY_WHY "\"why\":\"because of the test\""

/* Of b's things: what a asks for. BODY is a good one. WANTED: the status for a; 200 means that it answers, and must say nothing of b. */
struct row {
	const char *method, *pattern, *path, *body;
	unsigned wanted;
};

static const struct row rows[] = {
	{ "GET", "/api/v1/now", "/api/v1/now", "", 200 },
	{ "GET", "/api/v1/stream", "/api/v1/stream", "", 0 },  /* its own test below */
	{ "GET", "/api/v1/incidents", "/api/v1/incidents", "", 200 },
	{ "GET", "/api/v1/incidents", "/api/v1/incidents?tenant=b", "", 200 },
	{ "GET", "/api/v1/incidents", "/api/v1/incidents?site=" API_SITE_B, "", 200 },
	{ "GET", "/api/v1/incidents/{id}", "/api/v1/incidents/1", "", 404 },
	{ "GET", "/api/v1/incidents/{id}", "/api/v1/incidents/2", "", 404 },
	{ "GET", "/api/v1/incidents/{id}", "/api/v1/incidents/3", "", 200 },
	{ "GET", "/api/v1/incidents/{id}/totals", "/api/v1/incidents/1/totals", "", 404 },
	{ "GET", "/api/v1/incidents/{id}/totals", "/api/v1/incidents/3/totals", "", 200 },
	{ "POST", "/api/v1/incidents/{id}/acknowledge", "/api/v1/incidents/1/acknowledge", "{\"version\":1}", 404 },
	{ "POST", "/api/v1/incidents/{id}/acknowledge", "/api/v1/incidents/3/acknowledge", "{\"version\":1}", 403 },
	{ "POST", "/api/v1/incidents/{id}/contain", "/api/v1/incidents/1/contain", "{\"version\":1}", 404 },
	{ "POST", "/api/v1/incidents/{id}/close", "/api/v1/incidents/1/close", "{\"version\":1}", 404 },
	{ "POST", "/api/v1/incidents/{id}/close", "/api/v1/incidents/3/close", "{\"version\":1}", 403 },
	{ "POST", "/api/v1/incidents/{id}/reopen", "/api/v1/incidents/1/reopen", "{\"version\":1}", 404 },
	{ "POST", "/api/v1/incidents/{id}/owner", "/api/v1/incidents/1/owner", "{\"version\":1,\"owner\":\"anne\"}", 404 },
	{ "POST", "/api/v1/incidents/{id}/note", "/api/v1/incidents/1/note", "{\"text\":\"seen\"}", 404 },
	{ "GET", "/api/v1/events", "/api/v1/events", "", 200 },
	{ "GET", "/api/v1/events", "/api/v1/events?q=site=" API_SITE_B, "", 200 },
	{ "GET", "/api/v1/events", "/api/v1/events?after=e7fffffffffffffff-7fffffffffffffff", "", 200 },
	{ "GET", "/api/v1/events/export", "/api/v1/events/export", "", 200 },
	{ "GET", "/api/v1/requests/{id}", "/api/v1/requests/3c6ef362000000000000000000000002", "", 404 },
	{ "GET", "/api/v1/totals", "/api/v1/totals?kind=events&from=2026-01-31T00:00:00Z&to=2026-02-01T00:00:00Z&by=site", "", 200 },
	{ "GET", "/api/v1/sites", "/api/v1/sites", "", 200 },
	{ "GET", "/api/v1/sites/{name}", "/api/v1/sites/" API_SITE_B, "", 404 },
	{ "GET", "/api/v1/sites/{name}", "/api/v1/sites/" API_SITE_NOBODY, "", 404 },
	{ "GET", "/api/v1/protection", "/api/v1/protection", "", 200 },
	{ "POST", "/api/v1/bans", "/api/v1/bans", "{\"network\":\"203.0.113.0/24\"," BODY_WHY "}", 403 },
	{ "DELETE", "/api/v1/bans/{network}", "/api/v1/bans/203.0.113.0%2F24?why=no", "", 403 },
	{ "POST", "/api/v1/sites/{name}/level", "/api/v1/sites/" API_SITE_B "/level", "{\"level\":\"attack\"," BODY_WHY "}", 404 },
	{ "POST", "/api/v1/sites/{name}/level", "/api/v1/sites/" API_SITE_NOBODY "/level", "{\"level\":\"attack\"," BODY_WHY "}", 404 },
	{ "POST", "/api/v1/sites/{name}/bypass", "/api/v1/sites/" API_SITE_B "/bypass", "{\"for\":\"1h\"," BODY_WHY "}", 404 },
	{ "DELETE", "/api/v1/sites/{name}/bypass", "/api/v1/sites/" API_SITE_B "/bypass?why=no", "", 404 },
	{ "POST", "/api/v1/sites/{name}/maintenance", "/api/v1/sites/" API_SITE_B "/maintenance", "{\"for\":\"1h\"," BODY_WHY "}", 404 },
	{ "DELETE", "/api/v1/sites/{name}/maintenance", "/api/v1/sites/" API_SITE_B "/maintenance?why=no", "", 404 },
	{ "GET", "/api/v1/health", "/api/v1/health", "", 200 },
	{ "GET", "/api/v1/config", "/api/v1/config", "", 403 },
	{ "GET", "/api/v1/config/schema", "/api/v1/config/schema", "", 403 },
	{ "GET", "/api/v1/config/history", "/api/v1/config/history", "", 403 },
	{ "POST", "/api/v1/config/confirm", "/api/v1/config/confirm", "", 403 },
	{ "GET", "/api/v1/openapi.json", "/api/v1/openapi.json", "", 200 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* An incident of b (1), one of nobody (2), one of both (3); a line, and counts, of each site. */
static struct api_stage *begin(void)
{
	struct api_stage *stage = api_stage_new();

	stage_incident(stage, API_SITE_B, "b", "");
	stage_incident(stage, "", "", "");
	stage_incident(stage, API_SITE_A, "a", API_SITE_B);
	stage_request(&stage->stage, STAGE_NOW_MS - 1000, "a", API_SITE_A, "allow");
	stage_request(&stage->stage, STAGE_NOW_MS - 900, "b", API_SITE_B, "block");
	stage_request(&stage->stage, STAGE_NOW_MS - 800, "", API_SITE_NOBODY, "allow");
	for (unsigned i = 1; i <= 2; i++) {
		stage_counts(&stage->stage, STAGE_NOW_MS - 2000 + i * 100, API_SITE_A, 7, i * 10, 0);
		stage_counts(&stage->stage, STAGE_NOW_MS - 2000 + i * 100, API_SITE_B, 7, i * 20, i);
		stage_counts(&stage->stage, STAGE_NOW_MS - 2000 + i * 100, API_SITE_NOBODY, 7, i * 40, 0);
	}
	stage_ingest(&stage->stage);
	stage_be(stage, "a");
	return stage;
}

static const struct web_route *find_route(const struct api_stage *stage, const struct row *row)
{
	for (size_t i = 0; i < stage->routes.tables[0].count; i++) {
		const struct web_route *route = &stage->routes.tables[0].list[i];

		if (strcmp(route->pattern, row->pattern) == 0 && span_equal(method_name(route->method), span_of(row->method)))
			return route;
	}
	return NULL;
}

static void the_table_has_every_route(void **unused)
{
	struct api_stage *stage = begin();

	(void)unused;
	for (size_t i = 0; i < ROWS; i++)
		assert_non_null(find_route(stage, &rows[i]));
	for (size_t i = 0; i < stage->routes.tables[0].count; i++) {
		const struct web_route *route = &stage->routes.tables[0].list[i];
		unsigned found = 0;

		for (size_t r = 0; r < ROWS; r++)
			found += find_route(stage, &rows[r]) == route;
		if (!found)
			fail_msg("no row for %s", route->pattern);
	}
	api_stage_free(stage);
}

static void nobody_crosses(void **unused)
{
	struct api_stage *stage = begin();

	(void)unused;
	for (size_t i = 0; i < ROWS; i++) {
		struct span whole;

		if (!rows[i].wanted)
			continue;
		stage_ask(stage, rows[i].method, rows[i].path, rows[i].body);
		whole = buffer_span(&stage->answer);
		if (strstr(rows[i].path, "export"))
			assert_true(span_starts(whole, SPAN("HTTP/1.1 200")));
		else if (stage->status != rows[i].wanted)
			fail_msg("%s %s: %u, not %u: %.*s", rows[i].method, rows[i].path, stage->status, rows[i].wanted, SPAN_ARG(stage->body));
		if (strcmp(rows[i].pattern, "/api/v1/openapi.json") && (span_contains(whole, SPAN(API_SITE_B)) || span_contains(whole, SPAN(API_SITE_NOBODY)) ||
		    span_contains(whole, SPAN("\"tenant\":\"b\""))))
			fail_msg("%s %s tells: %.*s", rows[i].method, rows[i].path, SPAN_ARG(whole));
	}
	assert_int_equal(stage->orders, 0);
	/* The lists are no empty ones. */
	assert_int_equal(stage_get(stage, "/api/v1/events"), 200);
	assert_int_equal(json_length(json_find(stage->root, "events")), 1);
	assert_int_equal(stage_get(stage, "/api/v1/incidents"), 200);
	assert_int_equal(json_length(json_find(stage->root, "incidents")), 1);
	assert_int_equal(stage_get(stage, "/api/v1/sites"), 200);
	assert_int_equal(json_length(json_find(stage->root, "sites")), 1);
	api_stage_free(stage);
}

/* Who sees nothing: an empty set. */
static void nobody_sees_nothing(void **unused)
{
	struct api_stage *stage = begin();

	(void)unused;
	stage->caller.tenants.count = 0;
	for (size_t i = 0; i < ROWS; i++) {
		struct span whole;

		if (!rows[i].wanted || !strcmp(rows[i].pattern, "/api/v1/openapi.json"))
			continue;
		stage_ask(stage, rows[i].method, rows[i].path, rows[i].body);
		whole = buffer_span(&stage->answer);
		if (span_contains(whole, SPAN(".example\"")))
			fail_msg("%s %s tells: %.*s", rows[i].method, rows[i].path, SPAN_ARG(whole));
	}
	assert_int_equal(stage_get(stage, "/api/v1/incidents/3"), 404);
	api_stage_free(stage);
}

static void who_may_not_is_refused(void **unused)
{
	struct api_stage *stage = begin();

	(void)unused;
	stage_be(stage, "*");
	stage->caller.permits = 0;
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(rows[i].pattern, "/api/v1/openapi.json"))
			assert_refused(stage_ask(stage, rows[i].method, rows[i].path, rows[i].body), 403, "forbidden");
	}
	api_stage_free(stage);
}

static void what_is_not_known_is_refused(void **unused)
{
	struct api_stage *stage = begin();

	(void)unused;
	stage_be(stage, "*");
	for (size_t i = 0; i < ROWS; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s%cno_such=1", rows[i].path, strchr(rows[i].path, '?') ? '&' : '?');
		assert_refused(stage_ask(stage, rows[i].method, path, rows[i].body), 400, "unknown-parameter");
		if (!rows[i].body[0])
			continue;
		snprintf(path, sizeof(path), "{\"no_such\":1,%s", rows[i].body + 1);
		assert_refused(stage_ask(stage, rows[i].method, rows[i].path, path), 400, "unknown-member");
		assert_true(span_contains(stage->body, SPAN("no_such")));
		assert_refused(stage_ask(stage, rows[i].method, rows[i].path, "{\"version\":1,\"version\":1}"), 400, "bad-body");
		assert_refused(stage_ask(stage, rows[i].method, rows[i].path, "[1]"), 400, "bad-body");
		assert_refused(stage_ask(stage, rows[i].method, rows[i].path, "{"), 400, "bad-body");
		assert_refused(stage_ask(stage, rows[i].method, rows[i].path, "{}"), 400, "bad-member");
	}
	assert_int_equal(stage->orders, 0);
	assert_string_equal(stage->logged, "");
	api_stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_has_every_route),
		cmocka_unit_test(nobody_crosses),
		cmocka_unit_test(nobody_sees_nothing),
		cmocka_unit_test(who_may_not_is_refused),
		cmocka_unit_test(what_is_not_known_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
