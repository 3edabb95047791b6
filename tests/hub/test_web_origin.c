#include "web_stage.h"

#include "hub/web/origin.h"

static void knows_its_names(void **state)
{
	static const struct { const char *host, *name; bool is_ours; } cases[] = {
		{ "hub.commune.example", "hub.commune.example", true }, { "HUB.Commune.Example.", "hub.commune.example", true },
		{ "localhost", "hub.commune.example", true }, { "LOCALHOST", "", true }, { "127.0.0.1", "", true }, { "127.9.9.9", "", true }, { "[::1]", "", true }, { "::1", "", true },
		{ "", "", false }, { "", "hub", false }, { ".", "", false }, { "hub.commune.example.evil.example", "hub.commune.example", false },
		{ "evil.hub.commune.example", "hub.commune.example", false }, { "localhost.evil.example", "", false }, { "10.0.0.1", "", false }, { "[::2]", "", false },
		{ "127.0.0.1.evil.example", "", false }, { "127.1", "", false }, { "2130706433", "", false }, { "0.0.0.0", "", false }, { "[::ffff:127.0.0.1]", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(web_host_is_ours(span_of(cases[i].host), span_of(cases[i].name)), cases[i].is_ours);
}

static void knows_whose_page_asks(void **state)
{
	static const struct { enum web_door door; const char *fields; enum web_origin origin; } cases[] = {
		{ WEB_TLS, "", WEB_ORIGIN_NONE },
		{ WEB_TLS, "Origin: https://localhost:8444\r\n", WEB_ORIGIN_SAME },
		{ WEB_TLS, "Origin: https://LOCALHOST:8444\r\n", WEB_ORIGIN_SAME },
		{ WEB_TLS, "Origin: https://localhost:8444\r\nSec-Fetch-Site: same-origin\r\n", WEB_ORIGIN_SAME },
		{ WEB_TLS, "Sec-Fetch-Site: same-origin\r\n", WEB_ORIGIN_SAME },
		{ WEB_TLS, "Sec-Fetch-Site: none\r\n", WEB_ORIGIN_NONE },
		{ WEB_TLS, "Origin: http://localhost:8444\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: http://localhost:8444\r\n", WEB_ORIGIN_SAME },
		{ WEB_LOOPBACK, "Origin: https://localhost:8444\r\n", WEB_ORIGIN_SAME },
		{ WEB_LOOPBACK, "Origin: http://localhost:8000\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: http://localhost\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: http://evil.example\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: null\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin:\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: http://localhost:8444.evil.example\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: http://localhost:8444\r\nOrigin: http://localhost:8444\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Origin: http://localhost:8444\r\nSec-Fetch-Site: cross-site\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOOPBACK, "Sec-Fetch-Site: same-site\r\n", WEB_ORIGIN_OTHER },
		{ WEB_LOCAL_SOCKET, "Origin: http://localhost:8444\r\n", WEB_ORIGIN_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stage stage;
		char text[512];

		snprintf(text, sizeof(text), "POST /api HTTP/1.1\r\nHost: localhost:8444\r\n%s\r\n", cases[i].fields);
		stage_begin(&stage, cases[i].door, text);
		assert_int_equal(web_origin(&stage.exchange->request), cases[i].origin);
		stage_end(&stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_its_names),
		cmocka_unit_test(knows_whose_page_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
