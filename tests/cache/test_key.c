/* What is kept apart, and what is one. */
#include "heads.h"

#include "cache/key.h"

#include "base/banned.h"

static struct span key_of(struct heads *heads, const char *line, bool is_https, uint64_t site)
{
	struct cache_place place = { site, is_https };
	char *out = arena_take(&heads->arena, KEY_BYTES_MAX);
	struct span key = SPAN_NONE;

	heads_ask(heads, line, "");
	assert_ok(key_write(&place, &heads->request, out, &key));
	return key;
}

static void keys(void **state)
{
	static const char *const distinct[] = { "GET /", "GET /?", "GET /?a", "GET /?A", "GET /a", "GET /A", "GET /a/", "GET /%C3%A9", "GET /%c3%a9", "GET /a?b=1&c=2", "GET /a?c=2&b=1" };
	static const char *const refused[] = { "GET /a/../b", "GET /a//b", "GET /a;b", "GET /%61", "GET /a\\b", "GET /.git", "OPTIONS *" };
	struct heads heads;
	char out[KEY_BYTES_MAX], longer[KEY_BYTES_MAX];
	struct span key = SPAN_NONE;

	(void)state;
	heads_init(&heads);
	assert_span(key_of(&heads, "GET /a?b", true, 0), "0000000000000000 https://portal.example/a?b");
	assert_span(key_url(key_of(&heads, "GET /a?b", false, 1)), "http://portal.example/a?b");
	assert_span(key_target(key_of(&heads, "GET /a?b=://c/", true, 1)), "/a?b=://c/");
	assert_true(span_equal(key_of(&heads, "GET /a", true, 1), key_of(&heads, "HEAD /a", true, 1)));
	assert_false(span_equal(key_of(&heads, "GET /a", true, 1), key_of(&heads, "GET /a", true, 2)));
	assert_false(span_equal(key_of(&heads, "GET /a", true, 1), key_of(&heads, "GET /a", false, 1)));
	for (size_t i = 0; i < sizeof(distinct) / sizeof(*distinct); i++) {
		for (size_t j = 0; j < i; j++)
			assert_false(span_equal(key_of(&heads, distinct[i], true, 1), key_of(&heads, distinct[j], true, 1)));
		arena_reset(&heads.arena);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		heads_ask(&heads, refused[i], "");
		assert_result(key_write(&(struct cache_place){ 1, true }, &heads.request, out, &key), RESULT_REFUSED);
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	heads_ask(&heads, "GET /", "");
	heads.request.query = span_of(longer);
	heads.request.has_query = true;
	assert_result(key_write(&(struct cache_place){ 1, true }, &heads.request, out, &key), RESULT_LIMIT);
	heads_done(&heads);
}

static void variants(void **state)
{
	static const struct { const char *vary, *one, *other; bool is_same; } rows[] = {
		{ "Vary: Accept-Encoding|", "Accept-Encoding: gzip, br|", "Accept-Encoding: br;q=0.5,gzip|", true },
		{ "Vary: Accept-Encoding|", "Accept-Encoding: gzip|", "Accept-Encoding: gzip, br|", false },
		{ "Vary: Accept-Encoding|", "Accept-Encoding: gzip;q=0|", "", true },
		{ "Vary: Accept-Encoding|", "Accept-Encoding: gzip, deflate, x|", "Accept-Encoding: gzip|", true },
		{ "Vary: Accept-Language|", "Accept-Language: nl|", "Accept-Language: fr|", false },
		{ "Vary: Accept-Language|", "Accept-Language: |", "", false },
		{ "Vary: X-A|", "X-A: 1|", "x-a:   1  |", true },
		{ "Vary: X-A, X-B|", "X-A: 1|X-B: 2|", "X-A: 2|X-B: 1|", false },
		{ "Vary: X-A|Vary: X-B|", "X-A: 1|", "X-B: 1|", false },
		{ "Vary: X-A, X-B|", "X-A: 1, 2|", "X-A: 1|X-A: 2|", false },  /* two lines are one list; they are kept apart all the same */
		{ "Vary: Cookie|", "Cookie: a=1|", "", true },               /* policy.c sees to it */
		{ "Vary: User-Agent|", "User-Agent: a|", "User-Agent: b|", false },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char vary_text[VARIANT_BYTES_MAX], one_text[VARIANT_BYTES_MAX], other_text[VARIANT_BYTES_MAX];
		struct span vary, one, other;

		print_message("%s %s %s\n", rows[i].vary, rows[i].one, rows[i].other);
		heads_answer(&heads, 200, rows[i].vary);
		assert_ok(key_vary_write(&heads.answer.fields, vary_text, &vary));
		heads_ask(&heads, "GET /", rows[i].one);
		assert_ok(key_variant_write(&heads.request.fields, vary, one_text, &one));
		heads_ask(&heads, "GET /", rows[i].other);
		assert_ok(key_variant_write(&heads.request.fields, vary, other_text, &other));
		assert_int_equal(span_equal(one, other), rows[i].is_same);
		arena_reset(&heads.arena);
	}
	heads_done(&heads);
}

static void codings(void **state)
{
	static const struct { const char *fields, *codings; } rows[] = {
		{ "", "" }, { "Accept-Encoding: deflate, x|", "" }, { "Accept-Encoding: zstd;q=0.1, gzip;q=0.2|Accept-Encoding: br|", "gzip, br, zstd" },
		{ "Accept-Encoding: gzip;q=0, br|", "br" },
	};
	char text[KEY_CODINGS_MAX];
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s\n", rows[i].fields);
		heads_ask(&heads, "GET /", rows[i].fields);
		assert_true(span_equal(key_codings_write(&heads.request.fields, text), span_of(rows[i].codings)));
	}
	heads_done(&heads);
}

static void limits(void **state)
{
	struct heads heads;
	char text[VARIANT_BYTES_MAX], longer[VARIANT_BYTES_MAX + 16] = "X-A: ";
	struct span variant;

	(void)state;
	heads_init(&heads);
	memset(longer + 5, 'a', VARIANT_BYTES_MAX);
	longer[VARIANT_BYTES_MAX + 5] = '|';
	heads_ask(&heads, "GET /", longer);
	assert_result(key_variant_write(&heads.request.fields, SPAN("x-a"), text, &variant), RESULT_LIMIT);
	assert_ok(key_variant_write(&heads.request.fields, SPAN("x-b"), text, &variant));
	memcpy(longer, "Vary:", 5);  /* a name that is as long: of the answer, and so for nobody */
	heads_answer(&heads, 200, longer);
	assert_int_equal(key_vary_kind(&heads.answer.fields), VARY_ANYTHING);
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keys), cmocka_unit_test(variants), cmocka_unit_test(codings), cmocka_unit_test(limits) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
