/* What an administrator may say about origins, and what is refused with a sentence. */
#include <stdlib.h>

#include "../config/site_reading.h"
#include "origin/settings.h"

static config_sections sections_of_origin(void)
{
	static struct config_section sections[3];

	sections[0] = origin_site_section;
	sections[1] = origin_route_section;
	return sections;
}

static enum result read_site(const char *lines, struct buffer *said, struct snapshot **snapshot)
{
	return read_with(sections_of_origin(), "", lines, said, snapshot);
}

#define ORIGIN "    origins:\n      - url: "

static void refused(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ ORIGIN "ftp://10.0.0.1\n", "url" },
		{ ORIGIN "http://10.0.0.1/app\n", "origins: found the path /app, expected a URL without one" },
		{ ORIGIN "http://10.0.0.1\n        sni: a.example\n", "need an https:// origin" },
		{ ORIGIN "http://10.0.0.1\n        weight: 0\n", "weight" },
		{ ORIGIN "http://10.0.0.1\n        auth: { header: X-Key }\n", "neither header_secret nor certificate" },
		{ ORIGIN "https://10.0.0.1\n        auth: { header_secret: a, key: /k.pem }\n", "a key without a certificate" },
		{ ORIGIN "http://10.0.0.1\n        auth: { header: \"X-Key: 1\", header_secret: a }\n", "name of a header" },
		{ ORIGIN "http://10.0.0.1\n        auth: { header: \"\", header_secret: a }\n", "name of a header" },
		{ ORIGIN "http://10.0.0.1\n        auth: { header: content-length, header_secret: a }\n", "sets it itself" },
		{ ORIGIN "http://10.0.0.1\n        auth: { header: Host, header_secret: a }\n", "sets it itself" },
		{ ORIGIN "http://10.0.0.1\n    sticky_cookie: \"a; Domain=be\"\n", "name of a cookie" },
		{ ORIGIN "http://10.0.0.1\n    sticky_cookie: a=b\n", "name of a cookie" },
		{ ORIGIN "http://10.0.0.1\n    health: { path: health }\n", "a path starts with /" },
		{ ORIGIN "http://10.0.0.1\n    health: { interval: 1ms, path: / }\n", "interval" },
		{ ORIGIN "http://10.0.0.1\n    balance: random\n", "balance" },
	};
	struct buffer said;

	(void)state;
	buffer_init(&said, 65536);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct snapshot *snapshot = NULL;

		assert_result(read_site(table[i].lines, &said, &snapshot), RESULT_REFUSED);
		if (!span_contains(buffer_span(&said), span_of(table[i].sentence)))
			fail_msg("%s: %.*s", table[i].lines, SPAN_ARG(buffer_span(&said)));
	}
	buffer_done(&said);
}

static void taken(void **state)
{
	struct snapshot *snapshot = NULL;
	struct buffer said;
	const struct origins_settings *settings;
	const struct origin_settings *list;

	(void)state;
	buffer_init(&said, 65536);
	enum result result = read_site("    origins:\n      - http://10.0.0.1\n      - url: https://portal.example:8443\n        weight: 7\n"
	                               "        backup: true\n        proxy_protocol: v2\n        auth: { header_secret: geheim }\n"
	                               "    sticky_cookie: bouclier_o\n    balance: hash\n", &said, &snapshot);

	if (result != RESULT_OK)
		fail_msg("%.*s", SPAN_ARG(buffer_span(&said)));
	settings = origins_settings_of(snapshot->sites[0].sections);
	list = settings->origins.items;
	assert_int_equal(settings->origins.count, 2);
	assert_span(list[0].url.text, "http://10.0.0.1:80");
	assert_int_equal(list[0].weight, 1);
	assert_true(list[0].verify && !list[0].is_backup && !list[0].auth && list[0].limit == 0);
	assert_span(list[1].url.host, "portal.example");
	assert_true(list[1].is_backup && list[1].weight == 7 && list[1].proxy_protocol == ORIGIN_PROXY_V2);
	assert_span(list[1].auth->header, "X-Bouclier-Secret");
	assert_int_equal(settings->balance, BALANCE_HASH);
	assert_int_equal(settings->health.fall, 3);
	assert_int_equal(settings->health.rise, 2);
	assert_int_equal(settings->kept_connections, 256);
	assert_int_equal(settings->kept_ms, 30000);
	snapshot_drop(snapshot);
	buffer_done(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refused), cmocka_unit_test(taken) };

	return cmocka_run_group_tests_name("origin/settings", tests, NULL, NULL);
}
