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
		{ ORIGIN "http://10.0.0.1\n    concurrency: many\n", "concurrency" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { floor: 0 }\n", "floor" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { floor: 9, ceiling: 8 }\n", "a ceiling of 8 under a floor of 9" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { floor: 9, start: 8 }\n", "start is 8, under a floor of 9" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { start: 9, ceiling: 8 }\n", "start is 9, over a ceiling of 8" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { reserved: 4 }\n", "4 places are reserved; fewer than the floor of 4 can be" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { queue: 5000 }\n", "queue" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { patience: 2 }\n", "patience" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { patience: 10ms }\n", "patience" },
		{ ORIGIN "http://10.0.0.1\n    concurrency: { limit: 8 }\n", "limit" },
		{ ORIGIN "http://10.0.0.1\n    priority_routes: [urgences]\n", "expected a path that can be read in one way only" },
		{ ORIGIN "http://10.0.0.1\n    priority_routes: [/a/../b]\n", "expected a path that can be read in one way only" },
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

static struct admission_settings admission_of(const char *lines, int64_t hard_limit, bool has_priority)
{
	char site[512];
	struct buffer said;
	struct snapshot *snapshot = NULL;
	struct admission_settings settings;

	buffer_init(&said, 65536);
	snprintf(site, sizeof(site), ORIGIN "http://10.0.0.1\n%s", lines);
	if (read_site(site, &said, &snapshot) != RESULT_OK)
		fail_msg("%s: %.*s", lines, SPAN_ARG(buffer_span(&said)));
	settings = origin_admission_settings(origins_settings_of(snapshot->sites[0].sections), hard_limit, has_priority);
	snapshot_drop(snapshot);
	buffer_done(&said);
	return settings;
}

/* What a person wrote holds; what he did not write gives way to it. */
static void concurrency(void **state)
{
	static const struct { const char *lines; int64_t hard_limit; bool has_priority; unsigned floor, start, ceiling, reserved; } table[] = {
		{ "", 0, false, 4, 8, 1024, 0 },
		{ "", 0, true, 4, 8, 1024, 1 },
		{ "", 2, true, 2, 2, 2, 1 },
		{ "", 1, true, 1, 1, 1, 0 },
		{ "    concurrency: auto\n", 100, false, 4, 8, 100, 0 },
		{ "    concurrency: { floor: 20 }\n", 0, false, 20, 20, 1024, 0 },
		{ "    concurrency: { ceiling: 3 }\n", 0, true, 3, 3, 3, 1 },
		{ "    concurrency: { floor: 2, start: 2, ceiling: 64, reserved: 0 }\n", 0, true, 2, 2, 64, 0 },
		{ "    concurrency: { floor: 8, reserved: 7 }\n", 0, true, 8, 8, 1024, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct admission_settings found = admission_of(table[i].lines, table[i].hard_limit, table[i].has_priority);

		assert_int_equal(found.range.floor, table[i].floor);
		assert_int_equal(found.range.start, table[i].start);
		assert_int_equal(found.range.ceiling, table[i].ceiling);
		assert_int_equal(found.reserved, table[i].reserved);
		assert_int_equal(found.queue_max, 1024);
		assert_int_equal(found.patience_us, 2000000);
	}
	assert_int_equal(admission_of("    concurrency: { queue: 7, patience: 500ms }\n", 0, false).queue_max, 7);
	assert_int_equal(admission_of("    concurrency: { queue: 7, patience: 500ms }\n", 0, false).patience_us, 500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refused), cmocka_unit_test(taken), cmocka_unit_test(concurrency) };

	return cmocka_run_group_tests_name("origin/settings", tests, NULL, NULL);
}
