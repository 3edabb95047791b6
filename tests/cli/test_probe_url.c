/* Addresses of pages, where redirects lead, and the cookies of a visit. */
#include "../base/check.h"

#include "cli/probe/jar.h"
#include "cli/probe/page_url.h"

static void addresses_are_read(void **unused)
{
	static const struct {
		const char *text;
		enum result result;
		const char *host, *authority, *target;
		uint16_t port;
	} rows[] = {
		{ "https://www.commune.example", RESULT_OK, "www.commune.example", "www.commune.example", "/", 443 },
		{ "HTTPS://WWW.Commune.Example/A?b=C#d", RESULT_OK, "www.commune.example", "www.commune.example", "/A?b=C", 443 },
		{ "http://x.example:8080/", RESULT_OK, "x.example", "x.example:8080", "/", 8080 },
		{ "https://x.example:443/", RESULT_OK, "x.example", "x.example", "/", 443 },
		{ "https://[2001:DB8::1]:8443/", RESULT_OK, "2001:db8::1", "[2001:db8::1]:8443", "/", 8443 },
		{ "http://127.0.0.1/", RESULT_OK, "127.0.0.1", "127.0.0.1", "/", 80 },
		{ "ftp://x.example/", RESULT_MALFORMED, "", "", "", 0 },
		{ "x.example", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://", RESULT_MALFORMED, "", "", "", 0 },
		{ "https:///x", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://x.example?y", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://a:b@x.example/", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://x.example:0/", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://x.example:65536/", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://x.example/a b", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://x.example/\r\nX: y", RESULT_MALFORMED, "", "", "", 0 },
		{ "https://x.ex\xc3\xa4mple/", RESULT_MALFORMED, "", "", "", 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct page_url url = { .port = 0 };

		if (page_url_read(span_of(rows[i].text), &url) != rows[i].result)
			fail_msg("%s", rows[i].text);
		assert_string_equal(url.host, rows[i].host);
		assert_string_equal(url.authority, rows[i].authority);
		assert_string_equal(url.target, rows[i].target);
		assert_int_equal(url.port, rows[i].port);
	}
}

static void redirects_are_followed_on_the_same_host(void **unused)
{
	static const struct {
		const char *location;
		enum result result;
		const char *target;
	} rows[] = {
		{ "/b?c", RESULT_OK, "/b?c" }, { "b", RESULT_OK, "/a/b" }, { "?c", RESULT_OK, "/a/page?c" }, { "https://www.x.example/z", RESULT_OK, "/z" },
		{ "http://WWW.x.example:8080/z", RESULT_OK, "/z" }, { "//www.x.example/z#top", RESULT_OK, "/z" }, { "https://other.example/", RESULT_REFUSED, "" },
		{ "//other.example/", RESULT_REFUSED, "" }, { "", RESULT_MALFORMED, "" }, { "#top", RESULT_MALFORMED, "" }, { "mailto:a@x.example", RESULT_MALFORMED, "" },
		{ "javascript:1", RESULT_MALFORMED, "" }, { "/a\r\nb", RESULT_MALFORMED, "" }, { "https://www.x.example", RESULT_OK, "/" },
	};
	struct page_url page;

	(void)unused;
	assert_ok(page_url_read(SPAN("https://www.x.example/a/page?q=/1"), &page));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct page_url url = { .port = 0 };

		if (page_url_follow(&page, span_of(rows[i].location), &url) != rows[i].result)
			fail_msg("%s", rows[i].location);
		assert_string_equal(url.target, rows[i].target);
	}
}

static void a_jar_has_the_newest_of_each_name(void **unused)
{
	struct jar jar = { "" };
	char large[JAR_MAX];

	(void)unused;
	jar_put(&jar, SPAN("a=1; Path=/; HttpOnly"));
	jar_put(&jar, SPAN("bb=2"));
	jar_put(&jar, SPAN("a=3; Secure"));
	assert_string_equal(jar.text, "bb=2; a=3");
	jar_put(&jar, SPAN("b=\r\nX: y"));
	jar_put(&jar, SPAN("=1"));
	jar_put(&jar, SPAN("c"));
	jar_put(&jar, SPAN("b=4"));
	assert_string_equal(jar.text, "bb=2; a=3; b=4");
	memset(large, 'x', sizeof(large));
	memcpy(large, "l=", 2);
	jar_put(&jar, span_make(large, JAR_MAX - 10));
	assert_string_equal(jar.text, "bb=2; a=3; b=4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(redirects_are_followed_on_the_same_host),
		cmocka_unit_test(a_jar_has_the_newest_of_each_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
