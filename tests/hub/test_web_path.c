#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/web/read/path.h"

static void reads_one_meaning_or_none(void **state)
{
	static const struct { const char *raw; enum result result; size_t count; const char *text; const char *last; } cases[] = {
		{ "/", RESULT_OK, 1, "/", "" },
		{ "/api/v1/now", RESULT_OK, 3, "/api/v1/now", "now" },
		{ "/sites/", RESULT_OK, 2, "/sites/", "" },
		{ "/bans/10.0.0.0%2f8", RESULT_OK, 2, "/bans/10.0.0.0%2F8", "10.0.0.0/8" },
		{ "/bans/2001:db8::%2F32", RESULT_OK, 2, "/bans/2001:db8::%2F32", "2001:db8::/32" },
		{ "/a%252Fb", RESULT_OK, 1, "/a%252Fb", "a%2Fb" },
		{ "/h%C3%A9", RESULT_OK, 1, "/h\xc3\xa9", "h\xc3\xa9" },
		{ "/...", RESULT_OK, 1, "/...", "..." },
		{ "/.well-known", RESULT_OK, 1, "/.well-known", ".well-known" },
		{ "", RESULT_MALFORMED, 0, NULL, NULL },
		{ "a", RESULT_MALFORMED, 0, NULL, NULL },
		{ "*", RESULT_MALFORMED, 0, NULL, NULL },
		{ "//", RESULT_MALFORMED, 0, NULL, NULL },
		{ "//evil.example/a", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a//b", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/.", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/..", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/../b", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/%2e%2E/b", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/%2e./b", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/..%2fb", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/b%2f..", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a/b%2f.%2fc", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a\\..\\b", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a%5cb", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a%00.html", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/a%", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/%c0%ae%c0%ae/b", RESULT_MALFORMED, 0, NULL, NULL },
		{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", RESULT_OK, 16, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "16" },
		{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", RESULT_LIMIT, 0, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_path path = { .count = 99 };
		struct arena arena;

		arena_init(&arena, 65536, 512);
		assert_int_equal(web_path_read(span_of(cases[i].raw), &arena, &path), cases[i].result);
		if (cases[i].result == RESULT_OK) {
			assert_int_equal(path.count, cases[i].count);
			assert_true(span_equal(path.text, span_of(cases[i].text)));
			assert_true(span_equal(path.segments[path.count - 1], span_of(cases[i].last)));
		} else {
			assert_int_equal(path.count, 99);
		}
		arena_done(&arena);
	}
}

static void memory_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t limit = 1; limit < 256; limit++) {
		struct web_path path = { .count = 99 };
		struct arena arena;
		enum result result;

		arena_init(&arena, limit, 16);
		result = web_path_read(SPAN("/api/v1/bans/10.0.0.0%2F8"), &arena, &path);
		assert_true(result == RESULT_NO_MEMORY ? path.count == 99 : result == RESULT_OK && path.count == 4);
		arena_done(&arena);
	}
}

static void knows_what_is_a_pattern(void **state)
{
	static const struct { const char *pattern; bool is_valid; } cases[] = {
		{ "/", true }, { "/api/v1/now", true }, { "/api/v1/incidents/{id}/note", true }, { "/a/{b}/{c}/{d}/{e}", true }, { "/api/v1/openapi.json", true },
		{ "", false }, { "api", false }, { "/a/", false }, { "//a", false }, { "/{}", false }, { "/{a", false }, { "/a{b}", false }, { "/a b", false }, { "/..", false },
		{ "/a/{b}/{c}/{d}/{e}/{f}", false }, { "/%41", false }, { "/*", false }, { "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(web_pattern_is_valid(span_of(cases[i].pattern)), cases[i].is_valid);
}

static void matches_by_segments(void **state)
{
	static const struct { const char *pattern, *raw; bool matches; const char *first, *second; } cases[] = {
		{ "/", "/", true, "", "" },
		{ "/", "/a", false, "", "" },
		{ "/a", "/", false, "", "" },
		{ "/a", "/a", true, "", "" },
		{ "/a", "/A", false, "", "" },
		{ "/a", "/a/", false, "", "" },
		{ "/a", "/%61", true, "", "" },
		{ "/a/b", "/a%2Fb", false, "", "" },
		{ "/a/{x}", "/a/b", true, "b", "" },
		{ "/a/{x}", "/a/", false, "", "" },
		{ "/a/{x}", "/a/b/c", false, "", "" },
		{ "/a/{x}", "/a/b%2Fc", true, "b/c", "" },
		{ "/a/{x}/c/{y}", "/a/1/c/2", true, "1", "2" },
		{ "/a/{x}/c/{y}", "/a/1/d/2", false, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct span parts[WEB_PATTERN_PARTS_MAX] = { 0 };
		struct web_path path;
		struct arena arena;
		uint32_t rank = 77;

		arena_init(&arena, 65536, 512);
		assert_int_equal(web_path_read(span_of(cases[i].raw), &arena, &path), RESULT_OK);
		assert_int_equal(web_pattern_matches(span_of(cases[i].pattern), &path, parts, &rank), cases[i].matches);
		assert_true(span_equal(parts[0], span_of(cases[i].first)) && span_equal(parts[1], span_of(cases[i].second)));
		assert_true(cases[i].matches || rank == 77);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_one_meaning_or_none),
		cmocka_unit_test(memory_may_end_anywhere),
		cmocka_unit_test(knows_what_is_a_pattern),
		cmocka_unit_test(matches_by_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
