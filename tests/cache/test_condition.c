/* Conditions, asked of an answer that is kept. */
#include "heads.h"

#include "cache/condition.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000)
#define OLD "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER "Sun, 06 Nov 1994 08:50:37 GMT"

static void not_modified(void **state)
{
	static const struct { const char *request, *answer; bool is_not_modified; } rows[] = {
		{ "", "ETag: \"a\"|", false },
		{ "If-None-Match: \"a\"|", "ETag: \"a\"|", true },
		{ "If-None-Match: W/\"a\"|", "ETag: \"a\"|", true },
		{ "If-None-Match: \"a\"|", "ETag: W/\"a\"|", true },
		{ "If-None-Match: \"b\"|", "ETag: \"a\"|", false },
		{ "If-None-Match: \"b\", \"a\"|", "ETag: \"a\"|", true },
		{ "If-None-Match: \"b,\" ,, W/\"a\"|", "ETag: \"a\"|", true },
		{ "If-None-Match: \"b\"|If-None-Match: \"a\"|", "ETag: \"a\"|", true },
		{ "If-None-Match: \"b, \\\"a\\\"\"|", "ETag: \"a\"|", false },
		{ "If-None-Match: a|", "ETag: \"a\"|", false },
		{ "If-None-Match: \"a|", "ETag: \"a\"|", false },
		{ "If-None-Match: w/\"a\"|", "ETag: \"a\"|", false },
		{ "If-None-Match: *|", "", true },
		{ "If-None-Match: \"\"|", "", false },
		{ "If-None-Match: \"b\"|If-Modified-Since: " OLD "|", "ETag: \"a\"|Last-Modified: " OLD "|", false },
		{ "If-Modified-Since: " OLD "|", "Last-Modified: " OLD "|", true },
		{ "If-Modified-Since: " LATER "|", "Last-Modified: " OLD "|", true },
		{ "If-Modified-Since: " OLD "|", "Last-Modified: " LATER "|", false },
		{ "If-Modified-Since: " OLD "|", "Date: " OLD "|", true },
		{ "If-Modified-Since: " OLD "|", "", false },
		{ "If-Modified-Since: yesterday|", "Last-Modified: " OLD "|", false },
		{ "If-Modified-Since: " OLD "|If-Modified-Since: " OLD "|", "Last-Modified: " OLD "|", false },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s of %s\n", rows[i].request, rows[i].answer);
		heads_ask(&heads, "GET /", rows[i].request);
		heads_answer(&heads, 200, rows[i].answer);
		assert_int_equal(condition_is_not_modified(&heads.request.fields, &heads.answer.fields, NOW), rows[i].is_not_modified);
	}
	heads_done(&heads);
}

static void ranges(void **state)
{
	static const struct { const char *request, *answer; bool is_allowed; } rows[] = {
		{ "", "", true },
		{ "If-Range: \"a\"|", "ETag: \"a\"|", true },
		{ "If-Range: \"a\"|", "ETag: \"b\"|", false },
		{ "If-Range: \"a\"|", "", false },
		{ "If-Range: W/\"a\"|", "ETag: W/\"a\"|", false },
		{ "If-Range: \"a\"|", "ETag: W/\"a\"|", false },
		{ "If-Range: " OLD "|", "Last-Modified: " OLD "|Date: " LATER "|", true },
		{ "If-Range: " OLD "|", "Last-Modified: " OLD "|Date: " OLD "|", false },
		{ "If-Range: " OLD "|", "Last-Modified: " OLD "|", false },
		{ "If-Range: " LATER "|", "Last-Modified: " OLD "|Date: " LATER "|", false },
		{ "If-Range: |", "Last-Modified: " OLD "|Date: " LATER "|", false },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s of %s\n", rows[i].request, rows[i].answer);
		heads_ask(&heads, "GET /", rows[i].request);
		heads_answer(&heads, 200, rows[i].answer);
		assert_int_equal(condition_allows_range(&heads.request.fields, &heads.answer.fields, NOW), rows[i].is_allowed);
	}
	heads_ask(&heads, "GET /", "If-Match: \"a\"|");
	assert_true(condition_is_for_origin(&heads.request.fields));
	heads_ask(&heads, "GET /", "If-Unmodified-Since: " OLD "|");
	assert_true(condition_is_for_origin(&heads.request.fields));
	heads_ask(&heads, "GET /", "If-None-Match: \"a\"|");
	assert_false(condition_is_for_origin(&heads.request.fields));
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(not_modified), cmocka_unit_test(ranges) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
