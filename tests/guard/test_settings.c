/* What an administrator may say about rates, what is refused with a sentence, and what the manual, the schema and dump make of it. */
#include "../config/site_reading.h"

#include "config/dump.h"
#include "guard/settings.h"

#include "base/banned.h"

#define LIMITS "    rate_limits:\n"

static struct config_section sections[3];

static void refused(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ LIMITS "      - path: /login\n", "/c/bouclier.yaml:4:9: error: rate limit: \"limit\" is missing (or one of errors, cost and bytes)" },
		{ LIMITS "      - { path: /login, per: kind }\n", "rate limit: \"limit\" is missing" },
		{ LIMITS "      - { path: /login, per: class, limit: 10/m }\n", "per: found \"class\", expected one of source, fingerprint, kind, route" },
		{ LIMITS "      - { path: /login, errors: 10 }\n", "(did you mean 10/s?)" },
		{ LIMITS "      - { path: /login, errors: 10/m, errors_burst: 0 }\n", "errors_burst: found \"0\"" },
		{ LIMITS "      - { path: /login, errors: 1/h, errors_burst: 13 }\n", "13 at once would take more than half a day to earn at that rate" },
		{ LIMITS "      - { path: /login, limit: 1/s, errors_burst: 13 }\n", "/c/bouclier.yaml:4:51: error: errors_burst says how many at once, and \"errors\" is missing" },
		{ LIMITS "      - { path: /login, errors: 1/s, burst: 13 }\n", "burst says how many at once, and \"limit\" is missing" },
		{ LIMITS "      - { path: /login, cost: 2 }\n", "(did you mean 2s?)" },
		{ LIMITS "      - { path: /login, cost: 2/s }\n", "cost: found \"2/s\"" },
		{ LIMITS "      - { path: /login, cost: 1ms, cost_burst: 44s }\n", "44000 ms at once would take more than half a day to earn at that rate" },
		{ LIMITS "      - { path: /login, limit: 1/s, cost_burst: 1m }\n", "cost_burst says how many at once, and \"cost\" is missing" },
		{ LIMITS "      - { path: /login, bytes: 1MiB }\n", "bytes: found \"1MiB\"" },
		{ LIMITS "      - { path: /login, bytes: 16KiB/s, bytes_burst: 1GiB }\n", "65536 times 16 KiB at once would take more than half a day to earn at that rate" },
		{ LIMITS "      - { path: /login, errors: 1/s, bytes_burst: 1MiB }\n", "bytes_burst says how many at once, and \"bytes\" is missing" },
		{ LIMITS "      - { path: /login, cost: 1s, per: kind }\n      - { path: /login/, limit: 5/m, per: kind }\n", "rate_limits: /login/ has a limit per kind already" },
		{ LIMITS "      - { path: /login, limit: 10 }\n", "(did you mean 10/s?)" },
		{ LIMITS "      - { path: /login, limit: 10/min }\n", "/c/bouclier.yaml:4:32: error: limit: found \"10/min\", expected a rate (10/s, 10/m or 10/h)" },
		{ LIMITS "      - { path: /login, limit: 10r/s }\n", "(did you mean 10/s?)" },
		{ LIMITS "      - { path: /login, limit: 0/s }\n", "limit: found \"0/s\"" },
		{ LIMITS "      - { path: /login, limit: -1/s }\n", "limit: found \"-1/s\"" },
		{ LIMITS "      - { path: /login, limit: 1000001/s }\n", "limit: found \"1000001/s\"" },
		{ LIMITS "      - { path: /login, limit: 10/m, burst: 0 }\n", "burst: found \"0\"" },
		{ LIMITS "      - { path: /login, limit: 10/m, burst: all }\n", "burst: found \"all\"" },
		{ LIMITS "      - { path: /login, limit: 1/h, burst: 25 }\n", "25 at once would take more than a day" },
		{ LIMITS "      - { path: login, limit: 10/m }\n", "expected a path, which starts with /" },
		{ LIMITS "      - { path: \"\", limit: 10/m }\n", "path: found \"\"" },
		{ LIMITS "      - { path: \"/a*\", limit: 10/m }\n", "without ? or *" },
		{ LIMITS "      - { path: \"/a?b\", limit: 10/m }\n", "without ? or *" },
		{ LIMITS "      - { path: /login, limit: 10/m, per: sources }\n", "(did you mean source?)" },
		{ LIMITS "      - { path: /login, limit: 10/m, bursts: 3 }\n", "(did you mean burst?)" },
		{ LIMITS "      - { path: /login, rate: 10/m }\n", "unknown key \"rate\" in rate limit" },
		{ LIMITS "      - { path: /login, limit: 10/m }\n      - { path: /login/, limit: 5/m }\n", "bouclier.yaml:5:9: error: rate_limits: /login/ has a limit per source already" },
		{ "    rate_limits: 10/m\n", "rate_limits" },
		{ "    rate_limit: []\n", "(did you mean rate_limits?)" },
		{ "    level_floor: elevate\n", "/c/bouclier.yaml:3:18: error: level_floor: found \"elevate\", expected one of normal, elevated, attack (did you mean elevated?)" },
		{ "    level_flor: attack\n", "(did you mean level_floor?)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_refused(sections, "", table[i].lines, table[i].sentence);
}

static void refused_at_the_top(void **state)
{
	static const struct { const char *lines, *sentence; } table[] = {
		{ "management: 10.0.0.1/8\n", "management" },
		{ "management: home\n", "management: found \"home\"" },
		{ "source_budgets: { requests: 50 }\n", "(did you mean 50/s?)" },
		{ "source_budgets: { requests_burst: 0 }\n", "requests_burst: found \"0\"" },
		{ "source_budgets: { requests: 1/s, requests_burst: 401 }\n", "a burst that takes more than 400 seconds to earn at its rate" },
		{ "source_budgets: { errors: 1/m, errors_burst: 7 }\n", "a burst that takes more than 400 seconds to earn at its rate" },
		{ "source_budgets: { cost: 5 }\n", "(did you mean 5s?)" },
		{ "source_budgets: { cost: 1ms }\n", "a burst that takes more than 400 seconds to earn at its rate" },
		{ "source_budgets: of\n", "source_budgets: found \"of\", expected one of on, off" },
		{ "source_budgets: { bytes: 5/s }\n", "bytes: found \"5/s\", expected a speed" },
		{ "source_budgets: { bytes: 16KiB/s }\n", "a burst that takes more than 400 seconds to earn at its rate" },
		{ "source_budgets: { bytes_burst: 1 }\n", "bytes_burst: found \"1\"" },
		{ "source_budgets: { connections: 50 }\n", "(did you mean 50/s?)" },
		{ "source_budgets: { connections: 1/s }\n", "a burst that takes more than 400 seconds to earn at its rate" },
		{ "source_budgets: { connections_burst: 0 }\n", "connections_burst: found \"0\"" },
		{ "source_budgets: { handshakes: 1/m }\n", "a burst that takes more than 400 seconds to earn at its rate" },
		{ "source_budgets: { handshake: 1/m }\n", "unknown key \"handshake\" in source_budgets" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_refused(sections, table[i].lines, "", table[i].sentence);
}

static void taken_at_the_top(void **state)
{
	struct snapshot *snapshot = assert_taken(sections, "", "");
	const struct guard_top_settings *settings = guard_top_settings(snapshot);

	(void)state;
	assert_int_equal(settings->management.count, 0);
	assert_int_equal(settings->budgets.mode, SOURCE_BUDGETS_ON);
	assert_true(settings->budgets.bytes == 25 << 20 && settings->budgets.connections.count == 50 && settings->budgets.handshakes_burst == 600);
	assert_true(settings->budgets.requests.count == 50 && settings->budgets.requests_burst == 300 && settings->budgets.cost_ms == 8000);
	snapshot_drop(snapshot);
	snapshot = assert_taken(sections, "source_budgets: off\nmanagement: [192.0.2.0/24, \"2001:db8::1\"]\n", "");
	assert_int_equal(guard_top_settings(snapshot)->budgets.mode, SOURCE_BUDGETS_OFF);
	assert_int_equal(guard_top_settings(snapshot)->management.count, 2);
	snapshot_drop(snapshot);
}

static void too_many(void **state)
{
	struct buffer lines;

	(void)state;
	buffer_init(&lines, 1 << 20);
	assert_ok(buffer_print(&lines, LIMITS));
	for (unsigned i = 0; i <= RATE_LIMITS_MAX; i++)
		assert_ok(buffer_print(&lines, "      - { path: /p%u, limit: 1/s }\n", i));
	assert_ok(buffer_append_byte(&lines, 0));
	assert_refused(sections, "", lines.bytes, "rate_limits: found 257, expected at most 256");
	buffer_done(&lines);
}

static void taken(void **state)
{
	struct snapshot *snapshot = assert_taken(sections, "defaults: { rate_limits: [{ limit: 100/s }] }\n",
		LIMITS "      - { path: /login, limit: 10/m, burst: 5 }\n      - { path: /login, limit: 24/h, per: fingerprint }\n      - { limit: 7/s, per: route }\n");
	const struct guard_site_settings *settings = guard_site_settings(&snapshot->sites[0]);
	const struct rate_limit_settings *list = settings->rate_limits.items;

	(void)state;
	assert_int_equal(settings->rate_limits.count, 3);
	assert_span(list[0].path, "/login");
	assert_true(list[0].limit.count == 10 && list[0].limit.per_ms == 60000 && list[0].per == RATE_PER_SOURCE);
	assert_int_equal(rate_limit_said(&list[0], RATE_REQUESTS).burst, 5);
	assert_true(list[1].limit.per_ms == 3600000 && list[1].per == RATE_PER_FINGERPRINT);
	assert_int_equal(rate_limit_said(&list[1], RATE_REQUESTS).burst, 24);
	assert_span(list[2].path, "/");
	assert_int_equal(list[2].per, RATE_PER_ROUTE);
	snapshot_drop(snapshot);
	snapshot = assert_taken(sections, "defaults: { rate_limits: [{ limit: 100/s }] }\n", "");
	assert_int_equal(guard_site_settings(&snapshot->sites[0])->rate_limits.count, 1);
	snapshot_drop(snapshot);
	snapshot = assert_taken(sections, "", "");
	assert_int_equal(guard_site_settings(&snapshot->sites[0])->rate_limits.count, 0);
	snapshot_drop(snapshot);
}

/* Beside requests, or instead of them; without a burst, one that follows from the rate. */
static void taken_of_a_class(void **state)
{
	static const struct { const char *said; enum rate_of of; int64_t count, per_ms; uint64_t burst; } table[] = {
		{ "limit: 10/m", RATE_REQUESTS, 10, 60000, 10 }, { "limit: 10/m", RATE_ERRORS, 0, 0, 0 }, { "limit: 10/m", RATE_COST, 0, 1000, 0 },
		{ "limit: 10/m", RATE_BYTES, 0, 1000, 0 }, { "cost: 2s", RATE_REQUESTS, 0, 0, 0 },
		{ "errors: 30/h", RATE_ERRORS, 30, 3600000, 30 }, { "errors: 30/h, errors_burst: 4", RATE_ERRORS, 30, 3600000, 4 },
		{ "cost: 2s", RATE_COST, 2000, 1000, 20000 }, { "limit: 1/s, cost: 500ms, cost_burst: 1m", RATE_COST, 500, 1000, 60000 },
		{ "bytes: 1MiB/s", RATE_BYTES, 64, 1000, 640 }, { "bytes: 1MiB/s, bytes_burst: 16KiB", RATE_BYTES, 64, 1000, 1 },
		{ "cost: 1000s", RATE_COST, 1000000, 1000, 1000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char lines[256];
		struct snapshot *snapshot;
		const struct rate_limit_settings *list;
		struct rate_said said;

		snprintf(lines, sizeof(lines), LIMITS "      - { path: /login, %s, per: kind }\n", table[i].said);
		snapshot = assert_taken(sections, "", lines);
		list = guard_site_settings(&snapshot->sites[0])->rate_limits.items;
		said = rate_limit_said(&list[0], table[i].of);
		if (list[0].per != RATE_PER_KIND || said.rate.count != table[i].count || said.burst != table[i].burst || (said.rate.count && said.rate.per_ms != table[i].per_ms))
			fail_msg("row %zu: %lld at once %llu", i, (long long)said.rate.count, (unsigned long long)said.burst);
		snapshot_drop(snapshot);
	}
}

static void told(void **state)
{
	static const char *const words[] = { "rate_limits", "burst", "fingerprint", "10/s, 10/m or 10/h", "cost_burst", "errors_burst", "kind" };
	struct snapshot *snapshot = assert_taken(sections, "", LIMITS "      - { path: /login, limit: 90/m }\n");
	struct buffer out;

	(void)state;
	buffer_init(&out, 1 << 20);
	assert_ok(config_dump(snapshot, sections, DUMP_YAML, &out));
	assert_true(span_contains(buffer_span(&out), SPAN("- path: /login\n        limit: 90/m\n        burst: auto\n        per: source\n")));
	buffer_reset(&out);
	assert_ok(config_manual(sections, &out));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_true(span_contains(buffer_span(&out), span_of(words[i])));
	buffer_reset(&out);
	assert_ok(config_schema(sections, &out));
	assert_true(span_contains(buffer_span(&out), SPAN("rate_limits")));
	snapshot_drop(snapshot);
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refused), cmocka_unit_test(refused_at_the_top), cmocka_unit_test(taken_at_the_top), cmocka_unit_test(too_many), cmocka_unit_test(taken), cmocka_unit_test(taken_of_a_class), cmocka_unit_test(told) };

	sections[0] = guard_site_section;
	sections[1] = guard_top_section;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
