/* Incidents: lists, one, and what people do with them. */
#include "api_stage.h"

static uint64_t version_of(struct api_stage *stage, const char *path)
{
	assert_int_equal(stage_get(stage, path), 200);
	return json_number_of(json_find(stage->root, "version"));
}

static unsigned move(struct api_stage *stage, const char *path, uint64_t version, const char *more)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"version\":%llu%s}", (unsigned long long)version, more);
	return stage_ask(stage, "POST", path, body);
}

static struct span status_of(const struct api_stage *stage)
{
	return json_text_of(json_find(json_find(stage->root, "incident"), "status"));
}

static void one_is_told_whole(void **unused)
{
	struct api_stage *stage = api_stage_new();

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", "");
	assert_int_equal(stage_get(stage, "/api/v1/incidents/1"), 200);
	assert_int_equal(json_number_of(json_find(json_find(stage->root, "incident"), "id")), 1);
	assert_int_equal(json_number_of(json_find(stage->root, "version")), 1);
	assert_span(json_text_of(json_find(json_find(json_find(stage->root, "sentences"), "nl"), "title")), "www.a.example wordt aangevallen");
	assert_span(json_text_of(json_find(json_find(stage->root, "served"), "state")), "unknown");
	assert_true(json_has_null(json_find(json_find(stage->root, "served"), "per_mille")));
	assert_refused(stage_get(stage, "/api/v1/incidents/2"), 404, "not-found");
	assert_refused(stage_get(stage, "/api/v1/incidents/0"), 404, "not-found");
	assert_refused(stage_get(stage, "/api/v1/incidents/1x"), 404, "not-found");
	api_stage_free(stage);
}

/* One that is followed no longer is read from the store. */
static void what_is_kept_is_told_too(void **unused)
{
	struct api_stage *stage = api_stage_new();
	struct group_birth birth = { .next_id = 2 };

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", "");
	group_free(stage->group);
	assert_ok(group_new(&birth, STAGE_NOW_MS / 1000, &stage->group));
	assert_int_equal(stage_get(stage, "/api/v1/incidents/1"), 200);
	assert_int_equal(stage_get(stage, "/api/v1/incidents?status=open"), 200);
	assert_int_equal(json_length(json_find(stage->root, "incidents")), 1);
	api_stage_free(stage);
}

static void lists_have_pages(void **unused)
{
	struct api_stage *stage = api_stage_new();
	uint64_t last = 8;
	char path[256] = "/api/v1/incidents?count=3";
	unsigned pages = 0;

	(void)unused;
	for (unsigned i = 0; i < 7; i++)
		stage_incident(stage, API_SITE_A, "a", "");
	for (;; pages++) {
		const struct json *list;
		struct span next;

		assert_int_equal(stage_get(stage, path), 200);
		list = json_find(stage->root, "incidents");
		for (size_t i = 0; i < json_length(list); i++)
			assert_int_equal(json_number_of(json_find(json_item(list, i), "id")), --last);
		next = json_text_of(json_find(stage->root, "next"));
		if (!next.len)
			break;
		snprintf(path, sizeof(path), "/api/v1/incidents?count=3&after=%.*s", SPAN_ARG(next));
	}
	assert_int_equal(last, 1);
	assert_int_equal(pages, 2);
	assert_refused(stage_get(stage, "/api/v1/incidents?after=x"), 400, "bad-cursor");
	assert_refused(stage_get(stage, "/api/v1/incidents?after=e0000000000000000-0000000000000000"), 400, "bad-cursor");
	assert_refused(stage_get(stage, "/api/v1/incidents?count=0"), 400, "bad-parameter");
	assert_refused(stage_get(stage, "/api/v1/incidents?count=501"), 400, "bad-parameter");
	assert_refused(stage_get(stage, "/api/v1/incidents?count=1&count=2"), 400, "bad-parameter");
	assert_refused(stage_get(stage, "/api/v1/incidents?status=over"), 400, "bad-parameter");
	assert_refused(stage_get(stage, "/api/v1/incidents?site=%00"), 400, "bad-parameter");
	api_stage_free(stage);
}

static void lists_are_filtered(void **unused)
{
	static const struct { const char *query; unsigned count; } rows[] = {
		{ "", 3 }, { "?status=all", 3 }, { "?status=open", 2 }, { "?status=new", 1 }, { "?status=acknowledged", 1 }, { "?status=closed", 1 }, { "?status=contained", 0 },
		{ "?tenant=a", 2 }, { "?tenant=c", 0 }, { "?site=" API_SITE_B, 1 }, { "?site=" API_SITE_B "&tenant=a", 0 }, { "?tenant=a&status=closed", 1 },
	};
	struct api_stage *stage = api_stage_new();

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", "");
	stage_incident(stage, API_SITE_B, "b", "");
	stage_incident(stage, API_SITE_A, "a", "");
	assert_int_equal(move(stage, "/api/v1/incidents/1/close", 1, ""), 200);
	assert_int_equal(move(stage, "/api/v1/incidents/2/acknowledge", 1, ""), 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "/api/v1/incidents%s", rows[i].query);
		assert_int_equal(stage_get(stage, path), 200);
		if (json_length(json_find(stage->root, "incidents")) != rows[i].count)
			fail_msg("%s: %zu", rows[i].query, json_length(json_find(stage->root, "incidents")));
	}
	api_stage_free(stage);
}

static void moves_are_written_down_and_done(void **unused)
{
	struct api_stage *stage = api_stage_new();

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", "");
	assert_int_equal(move(stage, "/api/v1/incidents/1/acknowledge", 1, ",\"note\":\"I look\""), 200);
	assert_span(status_of(stage), "acknowledged");
	assert_string_equal(stage->logged, "incident.acknowledge|1|I look");
	assert_span(json_text_of(json_find(json_find(stage->root, "incident"), "owner")), "anne");
	assert_int_equal(json_length(json_find(json_find(stage->root, "incident"), "notes")), 1);
	assert_int_equal(move(stage, "/api/v1/incidents/1/owner", version_of(stage, "/api/v1/incidents/1"), ",\"owner\":\"bert\""), 200);
	assert_span(json_text_of(json_find(json_find(stage->root, "incident"), "owner")), "bert");
	assert_string_equal(stage->logged, "incident.give|1|bert");
	assert_int_equal(move(stage, "/api/v1/incidents/1/contain", version_of(stage, "/api/v1/incidents/1"), ""), 200);
	assert_span(status_of(stage), "contained");
	assert_int_equal(move(stage, "/api/v1/incidents/1/reopen", version_of(stage, "/api/v1/incidents/1"), ""), 200);
	assert_span(status_of(stage), "acknowledged");
	assert_int_equal(stage_ask(stage, "POST", "/api/v1/incidents/1/note", "{\"text\":\"two\\nlines\"}"), 200);
	assert_string_equal(stage->logged, "incident.note|1|two\nlines");
	assert_int_equal(move(stage, "/api/v1/incidents/1/close", version_of(stage, "/api/v1/incidents/1"), ""), 200);
	assert_span(status_of(stage), "closed");
	api_stage_free(stage);
}

static void what_cannot_be_is_refused_and_not_done(void **unused)
{
	struct api_stage *stage = api_stage_new();

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", "");
	assert_refused(move(stage, "/api/v1/incidents/1/acknowledge", 2, ""), 409, "changed-meanwhile");
	assert_refused(move(stage, "/api/v1/incidents/1/reopen", 1, ""), 409, "not-possible");
	assert_refused(move(stage, "/api/v1/incidents/9/close", 1, ""), 404, "not-found");
	assert_refused(stage_ask(stage, "POST", "/api/v1/incidents/1/close", "{\"version\":\"1\"}"), 400, "bad-member");
	assert_refused(stage_ask(stage, "POST", "/api/v1/incidents/1/close", "{\"version\":0}"), 400, "bad-member");
	assert_refused(stage_ask(stage, "POST", "/api/v1/incidents/1/owner", "{\"version\":1,\"owner\":\"\"}"), 400, "bad-member");
	assert_refused(stage_ask(stage, "POST", "/api/v1/incidents/1/note", "{\"text\":\"\"}"), 400, "bad-member");
	assert_refused(stage_ask(stage, "POST", "/api/v1/incidents/1/note", "{\"text\":\"bell\\u0007\"}"), 400, "bad-member");
	assert_int_equal(stage->orders, 0);
	assert_string_equal(stage->logged, "");
	/* Security: what cannot be written down is not done. */
	stage->cannot_log = true;
	assert_refused(move(stage, "/api/v1/incidents/1/close", 1, ""), 503, "not-recorded");
	assert_int_equal(stage->orders, 0);
	stage->cannot_log = false;
	stage->cannot_keep = true;
	assert_refused(move(stage, "/api/v1/incidents/1/close", 1, ""), 503, "store-failed");
	assert_int_equal(version_of(stage, "/api/v1/incidents/1"), 1);
	api_stage_free(stage);
}

/* Who sees a part may add a note, which others of a part do not see, and nothing else. */
static void a_part_is_not_the_whole(void **unused)
{
	struct api_stage *stage = api_stage_new();

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", API_SITE_B);
	stage_be(stage, "a");
	assert_refused(move(stage, "/api/v1/incidents/1/close", 1, ""), 403, "forbidden");
	assert_int_equal(stage_ask(stage, "POST", "/api/v1/incidents/1/note", "{\"text\":\"of a\"}"), 200);
	assert_int_equal(json_length(json_find(json_find(stage->root, "incident"), "notes")), 1);
	stage_be(stage, "b");
	stage->caller.name = SPAN("bert");
	assert_int_equal(stage_get(stage, "/api/v1/incidents/1"), 200);
	assert_int_equal(json_length(json_find(json_find(stage->root, "incident"), "notes")), 0);
	assert_false(span_contains(stage->body, SPAN(API_SITE_A)));
	stage_be(stage, "*");
	assert_int_equal(stage_get(stage, "/api/v1/incidents/1"), 200);
	assert_int_equal(json_length(json_find(json_find(stage->root, "incident"), "notes")), 1);
	api_stage_free(stage);
}

static void sums_around_it_are_of_its_sites(void **unused)
{
	struct api_stage *stage = api_stage_new();
	const struct json *series;

	(void)unused;
	stage_incident(stage, API_SITE_A, "a", "");
	for (unsigned i = 1; i <= 2; i++) {
		stage_counts(&stage->stage, STAGE_NOW_MS - 300000 + i * 1000, API_SITE_A, 7, i * 10, i);
		stage_counts(&stage->stage, STAGE_NOW_MS - 300000 + i * 1000, API_SITE_B, 7, i * 100, 0);
	}
	stage_ingest(&stage->stage);
	assert_int_equal(stage_get(stage, "/api/v1/incidents/1/totals"), 200);
	assert_span(json_text_of(json_find(stage->root, "grain")), "minute");
	series = json_find(stage->root, "series");
	for (size_t i = 0; i < json_length(series); i++) {
		const struct json *one = json_item(series, i);

		if (span_equal(json_text_of(json_find(one, "kind")), SPAN("decisions.allow")))
			assert_int_equal(json_number_of(json_item(json_item(json_find(one, "points"), 0), 1)), 18);
	}
	assert_true(json_length(series) >= 2);
	api_stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_told_whole),
		cmocka_unit_test(what_is_kept_is_told_too),
		cmocka_unit_test(lists_have_pages),
		cmocka_unit_test(lists_are_filtered),
		cmocka_unit_test(moves_are_written_down_and_done),
		cmocka_unit_test(what_cannot_be_is_refused_and_not_done),
		cmocka_unit_test(a_part_is_not_the_whole),
		cmocka_unit_test(sums_around_it_are_of_its_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
