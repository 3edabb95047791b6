/* Who is answered alike, what looks like a secret, and what makes two answers the same. */
#include "heads.h"

#include "cache/likeness.h"

#include "base/banned.h"

static void plain_requests(void **state)
{
	static const char *const plain[] = {
		"", "User-Agent: a|Accept: text/html|Accept-Language: nl|Accept-Encoding: gzip|Connection: keep-alive|",
		"Upgrade-Insecure-Requests: 1|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: document|sec-ch-ua: x|DNT: 1|Priority: u=0|TE: trailers|",
		"Referer: http://a/|Cookie: a=b|If-None-Match: \"x\"|Cache-Control: no-cache|Pragma: no-cache|", "X-Forwarded-For: 192.0.2.1|Via: 1.1 a|",
		"Sec-Fetch-Dest: image|", "Sec-Fetch-Dest: style|", "Accept-Language: nl-BE,nl;q=0.9,*;q=0.1|",
	};
	static const char *const others[] = {
		"Range: bytes=0-1|", "X-Requested-With: XMLHttpRequest|", "Origin: http://a|", "HX-Request: true|", "Save-Data: on|", "Authorization: Basic YTpi|",
		"X-Original-URL: /admin|", "X-Forwarded-Prefix: /x|", "X-HTTP-Method-Override: PUT|", "Accept: a/b|Accept: c/d|", "If-Match: \"a\"|",
		"Sec-Fetch-Dest: empty|", "Sec-Fetch-Dest: |", "X-Language: fr|", "Accept-Language: nl|Accept-Language: fr|", "Accept-Language: nl;q=0|",
		"Accept-Language: nl;|", "Accept-Language: nl;q=2|", "Accept-Language: nl;v=1|", "Accept-Language: n l|", "Accept-Language: a-tag-that-is-too-long|",
		"Accept-Language: a,b;q=.9|", "Accept-Language: nl,fr|", "Accept-Language: nl;q=0.5,fr;q=0.5|", "Accept-Language: en;q=0.1,fr|",
		"Accept-Language: a,b;q=0.9,c;q=0.8,d;q=0.7,e;q=0.6,f;q=0.5,g;q=0.4,h;q=0.3,i;q=0.2,j;q=0.1,k;q=0.01|",
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		heads_ask(&heads, "GET /", plain[i]);
		assert_true(likeness_is_plain(&heads.request.fields));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		print_message("%s\n", others[i]);
		heads_ask(&heads, "GET /", others[i]);
		assert_false(likeness_is_plain(&heads.request.fields));
	}
	heads_done(&heads);
}

static struct visitor_kind kind_of(struct heads *heads, const char *fields, const char *source)
{
	struct address address;

	heads_ask(heads, "GET /", fields);
	assert_ok(address_read(span_of(source), &address));
	return likeness_kind(&heads->request.fields, &address);
}

static void kinds(void **state)
{
	static const struct { const char *asks, *source, *seen, *seen_source; bool is_alike; } rows[] = {
		{ "Accept-Language: nl-BE,nl;q=0.9|", "192.0.2.1", "Accept-Language: NL-be, nl;q=0.5|", "198.51.100.1", true },
		{ "Accept-Language: fr|", "192.0.2.1", "Accept-Language: nl|", "192.0.2.1", false },
		{ "", "192.0.2.1", "Accept-Language: nl|", "192.0.2.1", false },   /* who names none is given the portal's own */
		{ "Accept-Language: *|", "192.0.2.1", "Accept-Language: nl|", "192.0.2.1", false },
		{ "Accept-Language: nl,fr;q=0.9|", "192.0.2.1", "Accept-Language: nl,en;q=0.9|", "192.0.2.1", false },  /* of a portal without Dutch */
		{ "Accept-Language: nl;q=0.9,en;q=0.5|", "192.0.2.1", "Accept-Language: nl,en;q=0.2|", "192.0.2.1", true },
		{ "Accept-Language: zh-TW|", "192.0.2.1", "Accept-Language: zh-CN|", "192.0.2.1", false },
		{ "Accept: text/html,x|", "192.0.2.1", "Accept: text/html|", "192.0.2.1", true },
		{ "Accept: text/html;q=0.1,application/json|", "192.0.2.1", "Accept: text/html|", "192.0.2.1", false },
		{ "Accept: */*|", "192.0.2.1", "Accept: text/html|", "192.0.2.1", false },
		{ "Accept: application/json|", "192.0.2.1", "Accept: text/html|", "192.0.2.1", false },
		{ "User-Agent: Mozilla/5.0 Mobile|", "192.0.2.1", "User-Agent: Mozilla/5.0|", "192.0.2.1", false },
		{ "User-Agent: Mozilla/5.0 Googlebot|", "192.0.2.1", "User-Agent: Mozilla/5.0|", "192.0.2.1", false },
		{ "User-Agent: curl/8|", "192.0.2.1", "User-Agent: Mozilla/5.0|", "192.0.2.1", false },
		{ "User-Agent: Mozilla/4|", "192.0.2.1", "User-Agent: Mozilla/5.0|", "192.0.2.1", true },
		{ "DNT: 1|", "192.0.2.1", "", "192.0.2.1", false }, { "Sec-GPC: 1|", "192.0.2.1", "DNT: 1|", "192.0.2.1", false },
		{ "DNT: 0|", "192.0.2.1", "", "192.0.2.1", true },
		{ "", "192.0.2.1", "", "10.1.2.3", false }, { "", "10.0.0.1", "", "192.168.1.1", true }, { "", "172.31.0.1", "", "127.0.0.1", true },
		{ "", "172.32.0.1", "", "100.64.0.1", false }, { "", "2001:db8::1", "", "fd00::1", false }, { "", "fe80::1", "", "fd00::1", true },
		{ "", "2001:db8::1", "", "192.0.2.1", true }, { "", "::1", "", "169.254.1.1", true },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct visitor_kind asks = kind_of(&heads, rows[i].asks, rows[i].source), seen = kind_of(&heads, rows[i].seen, rows[i].seen_source);

		print_message("%s %s like %s %s\n", rows[i].asks, rows[i].source, rows[i].seen, rows[i].seen_source);
		assert_int_equal(likeness_equals(&asks, &seen), rows[i].is_alike);
	}
	heads_done(&heads);
}

static void networks(void **state)
{
	static const struct { const char *a, *b; bool is_same, is_none; } rows[] = {
		{ "192.0.2.1", "192.0.200.1", true, false }, { "192.0.2.1", "192.1.2.1", false, false }, { "2a02:a03f:1::1", "2a02:a03f:2::1", true, false },
		{ "2a02:a03f::1", "2a02:a040::1", false, false }, { "10.1.2.3", "172.16.1.1", true, true }, { "fd00::1", "::1", true, true },
	};
	struct address a, b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s %s\n", rows[i].a, rows[i].b);
		assert_ok(address_read(span_of(rows[i].a), &a));
		assert_ok(address_read(span_of(rows[i].b), &b));
		assert_int_equal(likeness_network(&a) == likeness_network(&b), rows[i].is_same);
		assert_int_equal(likeness_network(&a) == 0, rows[i].is_none);
	}
}

/* Nothing of one visitor is in them. */
static void words_of_a_kind(void **state)
{
	static const struct { const char *fields, *agent, *accept, *language; } rows[] = {
		{ "", "Bouclier", "", "" },
		{ "User-Agent: Mozilla/5.0 (evil) Firefox/1|Accept: text/html,evil/x|Accept-Language: nl-BE;q=0.75 ,fr;q=0.742,EN;q=0.3|", "Firefox/140.0 Bouclier",
		  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "nl-be,fr;q=0.9,en;q=0.8" },
		{ "User-Agent: Evil Mobile|Accept: image/png|Accept-Language: *|", "Mobile; rv:140.0", "image/png", "*" },
		{ "User-Agent: evilbot|Accept-Language: a,b;q=0.9,c;q=0.8,d;q=0.7,e;q=0.6,f;q=0.5,g;q=0.4,h;q=0.3,i;q=0.2,j;q=0.15|", "robot", "",
		  "a,b;q=0.9,c;q=0.8,d;q=0.7,e;q=0.6,f;q=0.5,g;q=0.4,h;q=0.3,i;q=0.2,j;q=0.1" },
	};
	char text[LIKENESS_LANGUAGE_MAX];
	struct kind_words words;
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct visitor_kind kind = kind_of(&heads, rows[i].fields, "192.0.2.1");

		print_message("%s\n", rows[i].fields);
		likeness_words(&heads.request.fields, &kind, text, &words);
		assert_true(span_contains_nocase(words.agent, span_of(rows[i].agent)) && !span_contains_nocase(words.agent, SPAN("evil")));
		assert_true(span_equal(words.accept, span_of(rows[i].accept)));
		assert_true(span_equal(words.language, span_of(rows[i].language)));
	}
	heads_done(&heads);
}

static void secrets(void **state)
{
	static const char *const secret[] = {
		"token=1", "a=1&API_KEY=2", "code=7", "sig", "ref=home", "x=my-token", "u=3f9a2c71b04d4e5f86a7", "u=9b2f2c1e-7a60-4f0e-8d58-4d9b1f0c2a11",
		"a=1&t%6Fken=2", "otp=1",
	};
	static const char *const open[] = { "", "q=0.8444218515250481", "page=2&sort=name", "q=paspoort+aanvragen+2026+brussel", "x7f3a9=1b2c3d", "utm_source=brief",
		                            "q=%C3%A9t%C3%A9", "q=12345678901234567890123" };
	char text[LIKENESS_QUERY_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++) {
		print_message("%s\n", secret[i]);
		assert_true(likeness_has_secret(SPAN("/"), span_of(secret[i])));
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++) {
		print_message("%s\n", open[i]);
		assert_false(likeness_has_secret(SPAN("/news/2026-new-opening-hours"), span_of(open[i])));
	}
	assert_true(likeness_has_secret(SPAN("/reset/3f9a2c71b04d4e5f86a7"), SPAN_NONE));
	memset(text, 'a', sizeof(text));
	assert_false(likeness_has_secret(SPAN("/"), span_make(text, LIKENESS_QUERY_MAX)));
	assert_true(likeness_has_secret(SPAN("/"), span_make(text, LIKENESS_QUERY_MAX + 1)));
}

static uint64_t head_hash(struct heads *heads, const char *fields)
{
	struct hash_stream stream;

	heads_answer(heads, 200, fields);
	hash_stream_begin(&stream, (struct hash_seed){ 1, 2 });
	likeness_add_head(&stream, &heads->answer);
	return hash_stream_get(&stream);
}

static void heads_that_are_the_same(void **state)
{
	static const char same[] = "Content-Type: text/html|X-A: b|";
	struct heads heads;

	(void)state;
	heads_init(&heads);
	assert_int_equal(head_hash(&heads, same), head_hash(&heads, "Date: x|Content-Type: text/html|ETag: \"1\"|X-A: b|X-Runtime: 0.1|Expires: y|Age: 1|"));
	assert_true(head_hash(&heads, same) != head_hash(&heads, "Content-Type: text/html|X-A: c|"));
	assert_true(head_hash(&heads, same) != head_hash(&heads, "Content-Type: text/plain|X-A: b|"));
	assert_true(head_hash(&heads, same) != head_hash(&heads, "Content-Type: text/html|"));
	heads_done(&heads);
}

static void words(void **state)
{
	static const struct { unsigned status; const char *fields; enum likeness_word word; } rows[] = {
		{ 200, "", WORD_FIT }, { 200, "Vary: Accept-Encoding, Cookie|Cache-Control: max-age=60|", WORD_FIT }, { 200, "Set-Cookie: a=b|", WORD_UNFIT },
		{ 200, "Cache-Control: private|", WORD_UNFIT }, { 200, "Cache-Control: no-store|", WORD_UNFIT }, { 200, "Cache-Control: no-cache|", WORD_UNFIT },
		{ 200, "Cache-Control: x=\"|", WORD_UNFIT }, { 200, "Pragma: no-cache|", WORD_UNFIT }, { 200, "Vary: User-Agent|", WORD_UNFIT },
		{ 200, "Vary: *|", WORD_UNFIT }, { 404, "", WORD_GONE }, { 410, "", WORD_GONE }, { 302, "", WORD_ELSEWHERE }, { 401, "", WORD_ELSEWHERE },
		{ 403, "Set-Cookie: a=b|", WORD_ELSEWHERE }, { 206, "", WORD_ELSEWHERE }, { 304, "", WORD_NONE }, { 429, "", WORD_NONE },
		{ 503, "Cache-Control: no-store|", WORD_NONE },
	};
	struct heads heads;

	(void)state;
	heads_init(&heads);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%u %s\n", rows[i].status, rows[i].fields);
		heads_answer(&heads, rows[i].status, rows[i].fields);
		assert_int_equal(likeness_judge(&heads.answer), rows[i].word);
	}
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(plain_requests), cmocka_unit_test(kinds), cmocka_unit_test(networks), cmocka_unit_test(words_of_a_kind),
		                            cmocka_unit_test(secrets),
		                            cmocka_unit_test(heads_that_are_the_same), cmocka_unit_test(words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
