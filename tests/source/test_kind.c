/* Kinds of clients: what real ones send, which differences make another kind and which do not. */
#include "../base/check.h"

#include "http/head_reader.h"
#include "source/kind.h"

#define TLS_OF_FIREFOX "t13d1715h2_5b57614c22b0_3d5424432f57"
#define TLS_OF_FIREFOX_RESUMED "t13d1716h2_5b57614c22b0_eeeea6562960"
#define TLS_OF_CURL "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"
#define LINES_MAX 20u

/* As they came from the programs themselves, but for values that nobody looks at. HTTP/1.1 unless the names are small. */
static const char *const firefox[] = { "Host: a", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept: text/html",
	"Accept-Language: nl", "Accept-Encoding: gzip, deflate, br, zstd", "DNT: 1", "Connection: keep-alive", "Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document",
	"Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1", "Priority: u=0, i", NULL };
/* The same, an hour later: from a page of the site, with its cookie, and a condition. */
static const char *const firefox_again[] = { "Host: a", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept: text/html",
	"Accept-Language: nl", "Accept-Encoding: gzip, deflate, br, zstd", "Referer: https://a/", "DNT: 1", "Connection: keep-alive", "Cookie: s=1",
	"Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin", "Sec-Fetch-User: ?1",
	"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", "If-None-Match: \"x\"", "Priority: u=0, i", NULL };
/* The same sends a form: the length of its body is in the middle. */
static const char *const firefox_form[] = { "Host: a", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept: text/html",
	"Accept-Language: nl", "Accept-Encoding: gzip, deflate, br, zstd", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 0", "Origin: https://a",
	"DNT: 1", "Connection: keep-alive", "Referer: https://a/", "Cookie: s=1", "Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate",
	"Sec-Fetch-Site: same-origin", "Sec-Fetch-User: ?1", "Priority: u=0, i", NULL };
/* The same behind a proxy that says for whom it asks. */
static const char *const firefox_proxied[] = { "Host: a", "X-Real-IP: 192.0.2.1", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept: text/html",
	"Accept-Language: nl", "Accept-Encoding: gzip, deflate, br, zstd", "DNT: 1", "Connection: keep-alive", "Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document",
	"Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1", "Priority: u=0, i", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "Via: 1.1 p",
	NULL };
static const char *const chrome[] = { "Host: a", "Connection: keep-alive", "sec-ch-ua: \"Chromium\";v=\"126\"", "sec-ch-ua-mobile: ?0", "sec-ch-ua-platform: \"Linux\"",
	"Upgrade-Insecure-Requests: 1", "User-Agent: Mozilla/5.0 Chrome/126", "Accept: text/html", "Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1",
	"Sec-Fetch-Dest: document", "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en", NULL };
static const char *const chrome_part[] = { "Host: a", "Connection: keep-alive", "sec-ch-ua-platform: \"Linux\"", "User-Agent: Mozilla/5.0 Chrome/126",
	"sec-ch-ua: \"Chromium\";v=\"126\"", "sec-ch-ua-mobile: ?0", "Accept: */*", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script",
	"Referer: https://a/", "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en", NULL };
static const char *const safari[] = { "Host: a", "Sec-Fetch-Dest: document", "User-Agent: Mozilla/5.0 Version/17.5 Safari/605.1.15", "Accept: text/html", "Sec-Fetch-Site: none",
	"Sec-Fetch-Mode: navigate", "Accept-Language: fr", "Priority: u=0, i", "Accept-Encoding: gzip, deflate, br", "Connection: keep-alive", NULL };
static const char *const curl[] = { "Host: a", "User-Agent: curl/7.88.1", "Accept: */*", NULL };
static const char *const requests[] = { "Host: a", "User-Agent: python-requests/2.28.1", "Accept-Encoding: gzip, deflate", "Accept: */*", "Connection: keep-alive", NULL };
/* The bench's (bench/crowd/ask.c), over TLS. */
static const char *const bench_browser[] = { "Host: a", "User-Agent: Mozilla/5.0", "Accept: text/html", "Accept-Language: nl-BE", "Accept-Encoding: gzip, deflate, br, zstd",
	"Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Connection: keep-alive", NULL };
static const char *const bench_part[] = { "Host: a", "User-Agent: Mozilla/5.0", "Accept: */*", "Accept-Language: nl-BE", "Accept-Encoding: gzip, deflate, br, zstd", "Referer: https://a/",
	"Cookie: a=b", "Sec-Fetch-Dest: style", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: same-origin", "Connection: keep-alive", NULL };
static const char *const bench_tool[] = { "Host: a", "User-Agent: Mozilla/5.0", "Accept: text/html", "Accept-Language: en-US", "Accept-Encoding: gzip, deflate", "Connection: keep-alive", NULL };
static const char *const bench_partner[] = { "Host: a", "Accept: application/json", "Authorization: Bearer x", "User-Agent: municipal-register/4.2", "Connection: keep-alive", NULL };
static const char *const bench_crawler[] = { "Host: a", "Accept: text/html", "From: googlebot(at)googlebot.com", "User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)",
	"Accept-Encoding: gzip, deflate, br", "Connection: keep-alive", NULL };
/* Go's net/http writes them sorted; the same words as curl's in small letters. */
static const char *const small_curl[] = { "host: a", "user-agent: curl/7.88.1", "accept: */*", NULL };

struct client {
	const char *const *lines;
	enum http_version version;
	uint16_t pseudo_order;
	uint64_t h2;
	const char *ja4;
};

static uint32_t kind(const struct client *client)
{
	struct request_head head = { .version = client->version, .pseudo_order = client->pseudo_order };
	struct kind_parts parts = { &head, client->h2, client->ja4 ? span_of(client->ja4) : SPAN_NONE };
	struct arena arena;
	uint32_t found;

	arena_init(&arena, 1 << 16, 4096);
	fields_init(&head.fields, &arena, LINES_MAX);
	for (const char *const *line = client->lines; *line; line++) {
		struct span value = span_of(*line), name = span_cut(&value, ':');

		assert_ok(fields_add(&head.fields, field_id_of(name), name, span_trim(value)));
	}
	found = kind_of(&parts);
	arena_done(&arena);
	assert_int_not_equal(found, 0);
	return found;
}

static uint32_t kind_of_lines(const char *const *lines)
{
	return kind(&(struct client){ .lines = lines, .version = HTTP_1_1 });
}

static void programs_are_of_different_kinds(void **unused)
{
	static const char *const *const all[] = { firefox, chrome, chrome_part, safari, curl, requests, bench_browser, bench_part, bench_tool, bench_partner, bench_crawler, small_curl };
	const unsigned count = sizeof(all) / sizeof(*all);

	(void)unused;
	for (unsigned i = 0; i < count; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(kind_of_lines(all[i]), kind_of_lines(all[j]));
	}
}

static void one_browser_stays_of_its_kind(void **unused)
{
	static const char *const *const same[] = { firefox_again, firefox_form, firefox_proxied };

	(void)unused;
	for (unsigned i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_int_equal(kind_of_lines(same[i]), kind_of_lines(firefox));
}

/* A flood cannot make itself new kinds with names that nobody has. */
static void invented_names_make_no_kind(void **unused)
{
	static const char *const invented[] = { "Host: a", "X-7f3a: 1", "User-Agent: curl/7.88.1", "Sec-Ch-Ua-Zz: 2", "Accept: */*", "Cache-Control: no-cache", "X-Forwarded-For: 1.2.3.4", NULL };

	(void)unused;
	assert_int_equal(kind_of_lines(invented), kind_of_lines(curl));
}

static void order_tells(void **unused)
{
	static const char *const turned[] = { "Host: a", "Accept: */*", "User-Agent: curl/7.88.1", NULL };
	static const char *const twice[] = { "Host: a", "User-Agent: curl/7.88.1", "Accept: */*", "Accept: */*", NULL };
	static const char *const none[] = { NULL };

	(void)unused;
	assert_int_not_equal(kind_of_lines(turned), kind_of_lines(curl));
	assert_int_not_equal(kind_of_lines(twice), kind_of_lines(curl));
	assert_int_not_equal(kind_of_lines(none), kind_of_lines(curl));
}

static void tls_tells_but_not_that_it_is_resumed(void **unused)
{
	uint32_t plain = kind_of_lines(curl), of_curl = kind(&(struct client){ curl, HTTP_1_1, 0, 0, TLS_OF_CURL });
	uint32_t of_firefox = kind(&(struct client){ curl, HTTP_1_1, 0, 0, TLS_OF_FIREFOX });

	(void)unused;
	assert_int_not_equal(of_curl, plain);
	assert_int_not_equal(of_curl, of_firefox);
	assert_int_equal(kind(&(struct client){ curl, HTTP_1_1, 0, 0, TLS_OF_FIREFOX_RESUMED }), of_firefox);
	assert_int_equal(kind(&(struct client){ curl, HTTP_1_1, 0, 0, "t13" }), plain);  /* half of one is none */
}

static void the_version_and_how_it_is_spoken_tell(void **unused)
{
	uint32_t http1 = kind_of_lines(small_curl), http2 = kind(&(struct client){ small_curl, HTTP_2, 01243, 7, NULL });

	(void)unused;
	assert_int_not_equal(http1, http2);
	assert_int_not_equal(http1, kind(&(struct client){ .lines = small_curl, .version = HTTP_1_0 }));
	assert_int_not_equal(http2, kind(&(struct client){ small_curl, HTTP_2, 01423, 7, NULL }));
	assert_int_not_equal(http2, kind(&(struct client){ small_curl, HTTP_2, 01243, 8, NULL }));
	assert_int_equal(http2, kind(&(struct client){ small_curl, HTTP_2, 01243, 7, NULL }));
}

static void written_highest_first(void **unused)
{
	char text[KIND_TEXT_LEN];

	(void)unused;
	kind_write(0x01ab23cd, text);
	assert_memory_equal(text, "01ab23cd", sizeof(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_of_different_kinds),
		cmocka_unit_test(one_browser_stays_of_its_kind),
		cmocka_unit_test(invented_names_make_no_kind),
		cmocka_unit_test(order_tells),
		cmocka_unit_test(tls_tells_but_not_that_it_is_resumed),
		cmocka_unit_test(the_version_and_how_it_is_spoken_tell),
		cmocka_unit_test(written_highest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
