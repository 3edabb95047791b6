/* RFC 9111 by table: what is kept, for how long, and who is answered with it. */
#include "heads.h"

#include "base/clock.h"
#include "cache/policy.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000)
/* NOW is Mon, 21 Sep 2026 14:13:20 GMT */
#define DATE "Date: Mon, 21 Sep 2026 14:13:20 GMT|"
#define AT(time) "Mon, 21 Sep 2026 " time " GMT|"
#define MAX60 "Cache-Control: max-age=60|"
#define ETAG "ETag: \"a\"|"

struct row {
	const char *line, *request;
	unsigned status;
	const char *answer;
	enum cache_refusal refusal;
};

static const struct cache_rules usual = { .if_error_s = 3600 }, heuristic = { .is_heuristic = true, .if_error_s = 3600 };
static const struct span wordpress = SPAN_INIT("wordpress");

static enum cache_refusal judge(struct heads *heads, const struct row *row, const struct cache_rules *rules, const struct span *application,
                                struct cache_life *life)
{
	print_message("%s %s -> %u %s\n", row->line, row->request, row->status, row->answer);
	heads_ask(heads, row->line, row->request);
	heads_answer(heads, row->status, row->answer);
	return policy_judge_answer(&heads->request, cookie_kind_of(&heads->request.fields, application, application ? 1 : 0), &heads->answer, rules, NOW, 0, life);
}

static void kept(void **state)
{
	static const struct row rows[] = {
		{ "GET /", "", 200, MAX60, CACHE_NONE },
		{ "GET /", "", 200, "", CACHE_UNDECLARED },
		{ "GET /", "", 200, "Cache-Control: public|", CACHE_UNDECLARED },
		{ "GET /", "", 200, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT|", CACHE_UNDECLARED },
		{ "GET /", "", 200, DATE "Expires: " AT("15:13:20"), CACHE_NONE },
		{ "GET /", "", 200, DATE "Expires: 0|", CACHE_STALE },
		{ "GET /", "", 200, DATE "Expires: " AT("14:13:20"), CACHE_STALE },
		{ "GET /", "", 200, DATE "Expires: 0|" MAX60, CACHE_NONE },
		{ "GET /", "", 200, "Cache-Control: s-maxage=60, max-age=0|", CACHE_NONE },
		{ "GET /", "", 200, "Cache-Control: s-maxage=0, max-age=60|", CACHE_STALE },
		{ "GET /", "", 200, "Cache-Control: max-age=0|", CACHE_STALE },
		{ "GET /", "", 200, "Cache-Control: max-age=0|" ETAG, CACHE_NONE },
		{ "GET /", "", 200, "Cache-Control: max-age=0, stale-while-revalidate=60|", CACHE_NONE },
		{ "GET /", "", 200, "Cache-Control: max-age=60|Age: 61|", CACHE_NONE },     /* for when the origin is ill */
		{ "GET /", "", 200, "Cache-Control: max-age=60, must-revalidate|Age: 61|", CACHE_STALE },
		{ "GET /", "", 200, "Cache-Control: max-age=60, must-revalidate|Age: 61|" ETAG, CACHE_NONE },
		{ "GET /", "", 200, "Cache-Control: no-cache|", CACHE_UNDECLARED },
		{ "GET /", "", 200, "Cache-Control: no-cache, max-age=60|", CACHE_STALE },
		{ "GET /", "", 200, "Cache-Control: no-cache|" ETAG, CACHE_NONE },
		{ "GET /", "", 200, "Cache-Control: no-store, max-age=60|", CACHE_NO_STORE },
		{ "GET /", "", 200, "Cache-Control: max-age=60|Cache-Control: NO-STORE|", CACHE_NO_STORE },
		{ "GET /", "", 200, "Cache-Control: private, max-age=60|", CACHE_PRIVATE },
		{ "GET /", "", 200, "Cache-Control: private=\"x\", s-maxage=60|", CACHE_PRIVATE },
		{ "GET /", "", 200, "Cache-Control: public, private, max-age=60|", CACHE_PRIVATE },
		{ "GET /", "", 200, "Cache-Control: max-age=60, x=\"|", CACHE_BROKEN },
		{ "GET /", "", 200, MAX60 "Set-Cookie: a=b|", CACHE_SET_COOKIE },
		{ "GET /", "", 200, "Cache-Control: public, max-age=60|Set-Cookie: a=b|", CACHE_SET_COOKIE },
		{ "GET /", "", 200, MAX60 "Vary: *|", CACHE_VARY },
		{ "GET /", "", 200, MAX60 "Vary: accept, *|", CACHE_VARY },
		{ "GET /", "", 200, MAX60 "Vary: X-Forwarded-For|", CACHE_VARY },    /* the origin was told ours */
		{ "GET /", "", 200, MAX60 "Vary: accept, x-real-ip|", CACHE_VARY },
		{ "GET /", "", 200, MAX60 "Vary: a,b,c,d,e,f,g,h,i|", CACHE_VARY },
		{ "GET /", "", 200, MAX60 "Vary: a,b,c,d,e,f,g,h|", CACHE_NONE },
		{ "GET /", "", 200, MAX60 "Vary: Cookie|", CACHE_NONE },
		{ "GET /", "Cookie: lang=nl|", 200, "Cache-Control: public, max-age=60|Vary: Cookie|", CACHE_VARY },
		{ "GET /", "Cookie: lang=nl|", 200, MAX60, CACHE_COOKIE },
		{ "GET /", "Cookie: lang=nl|", 200, "Cache-Control: public, max-age=60|", CACHE_NONE },
		{ "GET /", "Cookie: lang=nl|", 200, "Cache-Control: s-maxage=60|", CACHE_NONE },
		{ "GET /", "Cookie: PHPSESSID=1|", 200, "Cache-Control: public, s-maxage=60|", CACHE_COOKIE },
		{ "GET /", "Authorization: Basic YTpi|", 200, "Cache-Control: public, s-maxage=60|", CACHE_AUTHORIZATION },
		{ "GET /", "Cache-Control: no-store|", 200, MAX60, CACHE_UNWANTED },
		{ "GET /", "Cache-Control: x=\"|", 200, "Cache-Control: no-store|", CACHE_UNWANTED },
		{ "GET /", "Cache-Control: no-cache|", 200, MAX60, CACHE_NONE },
		{ "GET /", "Range: bytes=0-1|", 206, MAX60 "Content-Range: bytes 0-1/9|", CACHE_PART },
		{ "GET /", "Range: bytes=0-1|", 200, MAX60, CACHE_PART },
		{ "GET /", "If-Match: \"a\"|", 200, MAX60, CACHE_CONDITION },
		{ "GET /", "If-None-Match: \"a\"|", 200, MAX60, CACHE_NONE },
		{ "GET /", "If-None-Match: \"a\"|", 304, MAX60, CACHE_STATUS },
		{ "GET /", "Content-Length: 1|", 200, MAX60, CACHE_BODY },
		{ "HEAD /", "", 200, MAX60, CACHE_METHOD },
		{ "GET /", "X-HTTP-Method-Override: POST|", 200, MAX60, CACHE_METHOD },
		{ "GET /", "x-http-method: HEAD|", 200, MAX60, CACHE_METHOD },
		{ "POST /", "Content-Length: 1|", 200, MAX60, CACHE_METHOD },
		{ "OPTIONS /", "", 200, MAX60, CACHE_METHOD },
		{ "GET /", "", 404, MAX60, CACHE_NONE },
		{ "GET /", "", 301, MAX60 "Location: /b|", CACHE_NONE },
		{ "GET /", "", 302, MAX60 "Location: /b|", CACHE_NONE },
		{ "GET /", "", 302, "Location: /b|", CACHE_UNDECLARED },
		{ "GET /", "", 401, MAX60, CACHE_STATUS },
		{ "GET /", "", 403, MAX60, CACHE_STATUS },
		{ "GET /", "", 500, MAX60, CACHE_STATUS },
		{ "GET /", "", 503, MAX60, CACHE_STATUS },
		{ "GET /", "", 299, MAX60, CACHE_STATUS },
		{ "GET /", "", 200, MAX60 "Content-Encoding: gzip|", CACHE_CODING },
		{ "GET /", "Accept-Encoding: gzip|", 200, MAX60 "Content-Encoding: gzip|", CACHE_NONE },
		{ "GET /", "Accept-Encoding: gzip;q=0|", 200, MAX60 "Content-Encoding: gzip|", CACHE_CODING },
		{ "GET /", "Accept-Encoding: deflate|", 200, MAX60 "Content-Encoding: deflate|", CACHE_OTHER_CODING },
		{ "GET /", "", 200, MAX60 "Content-Encoding: gzip, deflate|", CACHE_OTHER_CODING },
		{ "GET /", "", 200, MAX60 "Content-Encoding: gzip|Content-Encoding: br|", CACHE_CODING },
		{ "GET /", "Accept-Encoding: *|", 200, MAX60 "Content-Encoding: gzip|", CACHE_CODING },
		{ "GET /", "", 200, MAX60 "Content-Encoding: identity|", CACHE_NONE },
	};
	struct heads heads;
	struct cache_life life;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_string_equal(cache_refusal_name(judge(&heads, &rows[i], &usual, NULL, &life)), cache_refusal_name(rows[i].refusal));
		arena_reset(&heads.arena);
	}
	/* With its application named, a cookie that is not its session's is no cookie. */
	assert_int_equal(judge(&heads, &(struct row){ "GET /", "Cookie: lang=nl|", 200, MAX60, 0 }, &usual, &wordpress, &life), CACHE_NONE);
	assert_int_equal(judge(&heads, &(struct row){ "GET /", "Cookie: lang=nl|", 200, MAX60 "Vary: Cookie|", 0 }, &usual, &wordpress, &life), CACHE_NONE);
	assert_int_equal(judge(&heads, &(struct row){ "GET /", "Cookie: wordpress_logged_in_1=a|", 200, "Cache-Control: public, max-age=9|", 0 }, &usual, &wordpress, &life),
	                 CACHE_COOKIE);
	heads_done(&heads);
}

/* What the request alone is the reason of says nothing of the next answer. */
static void of_the_request(void **state)
{
	static const struct { enum cache_refusal refusal; bool is; } rows[] = {
		{ CACHE_UNWANTED, true }, { CACHE_CODING, true }, { CACHE_CONDITION, true }, { CACHE_PART, true }, { CACHE_NONE, false },
		{ CACHE_NO_STORE, false }, { CACHE_PRIVATE, false }, { CACHE_SET_COOKIE, false }, { CACHE_STATUS, false }, { CACHE_OTHER_CODING, false },
		{ CACHE_UNDECLARED, false }, { CACHE_VARY, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(policy_is_of_request(rows[i].refusal), rows[i].is);
}

static void lifetimes(void **state)
{
	static const struct { const char *answer; unsigned status; int64_t age, fresh, behind, error; } rows[] = {
		{ MAX60, 200, 0, 60, 0, 3600 },
		{ "Cache-Control: max-age=60, s-maxage=30|", 200, 0, 30, 0, 0 },
		{ "Cache-Control: s-maxage=30, stale-if-error=9, stale-while-revalidate=8|", 200, 0, 30, 8, 9 },
		{ "Cache-Control: max-age=60, must-revalidate, stale-if-error=9, stale-while-revalidate=8|", 200, 0, 60, 0, 0 },
		{ "Cache-Control: max-age=60, proxy-revalidate, stale-if-error=9|", 200, 0, 60, 0, 0 },
		{ "Cache-Control: max-age=60, stale-if-error=0|", 200, 0, 60, 0, 0 },
		{ "Cache-Control: max-age=60|Age: 20|", 200, 20, 60, 0, 3600 },
		{ "Cache-Control: max-age=60|Age: 20|Age: 30|", 200, 30, 60, 0, 3600 },
		{ "Cache-Control: max-age=60|Age: -20|", 200, 0, 60, 0, 3600 },
		{ "Cache-Control: max-age=60|Age: 20s|", 200, 0, 60, 0, 3600 },
		{ "Cache-Control: max-age=60|Date: " AT("14:13:00"), 200, 20, 60, 0, 3600 },
		{ "Cache-Control: max-age=60|Age: 5|Date: " AT("14:13:00"), 200, 20, 60, 0, 3600 },
		{ "Cache-Control: max-age=60|Date: " AT("15:13:00"), 200, 0, 60, 0, 3600 },
		{ "Date: " AT("14:13:00") "Expires: " AT("14:14:00"), 200, 20, 60, 0, 3600 },
		{ DATE "Last-Modified: " AT("14:11:40"), 200, 0, 10, 0, 3600 },
		{ DATE "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT|", 200, 0, HEURISTIC_MAX_S, 0, 3600 },
		{ DATE "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT|", 404, 0, HEURISTIC_MAX_S, 0, 3600 },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct row row = { "GET /", "", rows[i].status, rows[i].answer, CACHE_NONE };
		struct cache_life life;

		assert_int_equal(judge(&heads, &row, &heuristic, NULL, &life), CACHE_NONE);
		assert_int_equal(life.age_s, rows[i].age);
		assert_int_equal(life.fresh_s, rows[i].fresh);
		assert_int_equal(life.while_s, rows[i].behind);
		assert_int_equal(life.error_s, rows[i].error);
	}
	/* What a 302 does not say is not guessed; nor of what changes in the future. */
	assert_int_equal(judge(&heads, &(struct row){ "GET /", "", 302, DATE "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT|", 0 }, &heuristic, NULL, &(struct cache_life){ 0 }),
	                 CACHE_UNDECLARED);
	assert_int_equal(judge(&heads, &(struct row){ "GET /", "", 200, DATE "Last-Modified: " AT("14:13:21"), 0 }, &heuristic, NULL, &(struct cache_life){ 0 }),
	                 CACHE_UNDECLARED);
	heads_done(&heads);
}

static void uses(void **state)
{
	static const struct { const char *answer, *request; bool obeys; int64_t resident; enum cache_use use; bool on_error; } rows[] = {
		{ MAX60, "", false, 0, USE_FRESH, true }, { MAX60, "", false, 59, USE_FRESH, true }, { MAX60, "", false, 60, USE_REVALIDATE, true },
		{ MAX60, "", false, 3659, USE_REVALIDATE, true }, { MAX60, "", false, 3660, USE_REVALIDATE, false },
		{ "Cache-Control: max-age=60|Age: 50|", "", false, 9, USE_FRESH, true }, { "Cache-Control: max-age=60|Age: 50|", "", false, 10, USE_REVALIDATE, true },
		{ "Cache-Control: max-age=60, stale-while-revalidate=10|", "", false, 69, USE_REVALIDATE_BEHIND, true },
		{ "Cache-Control: max-age=60, stale-while-revalidate=10|", "", false, 70, USE_REVALIDATE, true },
		{ "Cache-Control: max-age=60, must-revalidate|", "", false, 60, USE_REVALIDATE, false },
		{ "Cache-Control: no-cache, max-age=60|" ETAG, "", false, 0, USE_REVALIDATE, false },
		{ MAX60, "Cache-Control: no-cache|", false, 0, USE_FRESH, true }, { MAX60, "Cache-Control: no-cache|", true, 0, USE_REVALIDATE, true },
		{ MAX60, "Pragma: no-cache|", true, 0, USE_REVALIDATE, true }, { MAX60, "Cache-Control: max-age=0|", false, 1, USE_FRESH, true },
		{ MAX60, "Cache-Control: max-age=5|", true, 5, USE_FRESH, true }, { MAX60, "Cache-Control: max-age=5|", true, 6, USE_REVALIDATE, true },
		{ MAX60, "Cache-Control: min-fresh=10|", true, 50, USE_FRESH, true }, { MAX60, "Cache-Control: min-fresh=10|", true, 51, USE_REVALIDATE, true },
		{ MAX60, "Cache-Control: min-fresh=10|", false, 51, USE_FRESH, true },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cache_rules rules = { .if_error_s = 3600, .obeys_clients = rows[i].obeys };
		struct cache_control wanted;
		struct cache_life life;

		assert_int_equal(judge(&heads, &(struct row){ "GET /", rows[i].request, 200, rows[i].answer, 0 }, &rules, NULL, &life), CACHE_NONE);
		cache_control_read(&heads.request.fields, &wanted);
		assert_int_equal(policy_use(&life, rows[i].resident, &wanted, &rules), rows[i].use);
		assert_int_equal(policy_serves_on_error(&life, rows[i].resident), rows[i].on_error);
	}
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept), cmocka_unit_test(of_the_request), cmocka_unit_test(lifetimes), cmocka_unit_test(uses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
