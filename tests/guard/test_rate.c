/* Which limits a request comes to, whose budget it takes from, and what a reload leaves. */
#include "../base/check.h"

#include <stdlib.h>

#include "guard/rate.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)
#define START (1000 * S)
#define COUNT_MAX 8

struct stage {
	struct arena arena;
	void *memory;
	struct rate_limits *limits;
	struct rate_limit_settings list[COUNT_MAX];
	struct guard_site_settings settings;
};

static void stage_start(struct stage *stage)
{
	*stage = (struct stage){ .memory = aligned_alloc(64, 1 << 20) };
	assert_non_null(stage->memory);
	memset(stage->memory, 0, 1 << 20);
	assert_ok(rate_table_init(stage->memory, 1 << 20, (struct hash_seed){ 5, 6 }));
	arena_init(&stage->arena, 1 << 20, 4096);
	stage->settings.rate_limits.items = stage->list;
}

static void stage_end(struct stage *stage)
{
	arena_done(&stage->arena);
	free(stage->memory);
}

static void add(struct stage *stage, const char *path, int64_t count, int64_t per_ms, int64_t burst, enum rate_per per)
{
	assert_true(stage->settings.rate_limits.count < COUNT_MAX);
	stage->list[stage->settings.rate_limits.count++] = (struct rate_limit_settings){ span_of(path), { count, per_ms }, burst, (int)per };
}

static void ready(struct stage *stage, const char *site)
{
	assert_ok(rate_limits_new(&stage->arena, span_of(site), &stage->settings, &stage->limits));
}

/* The path of the limit that refused; "" when it may pass. */
static struct span come(struct stage *stage, const char *path, uint64_t source, uint64_t fingerprint, uint64_t now_us)
{
	struct rate_who who = { { source, SOURCE_V4 }, fingerprint };
	struct rate_verdict verdict = rate_ask(stage->limits, rate_table_open(stage->memory), span_of(path), &who, now_us);

	assert_int_equal(verdict.limit != NULL, verdict.retry_after_us != 0);
	return verdict.limit ? verdict.limit->path : SPAN("");
}

static void the_longest_path_counts(void **state)
{
	static const struct { const char *path; unsigned passes; } rows[] = {
		{ "/", 9 }, { "/login", 2 }, { "/login/", 2 }, { "/login/a/b", 2 }, { "/login/reset", 5 }, { "/login/reset/x", 5 }, { "/login/resets", 2 },
		{ "/logins", 9 }, { "/index", 9 }, { "/Login", 9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stage stage;
		unsigned passes = 0;

		stage_start(&stage);
		add(&stage, "/", 9, 3600000, RATE_BURST_AUTO, RATE_PER_SOURCE);
		add(&stage, "/login/reset/", 5, 3600000, RATE_BURST_AUTO, RATE_PER_SOURCE);
		add(&stage, "/login", 9, 3600000, 2, RATE_PER_SOURCE);
		ready(&stage, "a");
		while (!come(&stage, rows[i].path, 1, 0, START).len)
			passes++;
		assert_int_equal(passes, rows[i].passes);
		stage_end(&stage);
	}
}

static void no_limit_passes(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	ready(&stage, "a");
	for (unsigned i = 0; i < 1000; i++)
		assert_span(come(&stage, "/login", 1, 0, START), "");
	add(&stage, "/login", 1, 1000, 1, RATE_PER_SOURCE);
	ready(&stage, "a");
	for (unsigned i = 0; i < 1000; i++)
		assert_span(come(&stage, "/index", 1, 0, START), "");
	stage_end(&stage);
}

static void each_per_counts_whom_it_says(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	add(&stage, "/r", 3, 60000, 3, RATE_PER_ROUTE);
	add(&stage, "/s", 1, 60000, 1, RATE_PER_SOURCE);
	add(&stage, "/f", 1, 60000, 1, RATE_PER_FINGERPRINT);
	ready(&stage, "a");
	assert_span(come(&stage, "/s", 1, 1, START), "");
	assert_span(come(&stage, "/s", 2, 1, START), "");
	assert_span(come(&stage, "/s/x", 1, 2, START), "/s");
	assert_span(come(&stage, "/f", 1, 1, START), "");
	assert_span(come(&stage, "/f", 1, 2, START), "");
	assert_span(come(&stage, "/f/x", 2, 1, START), "/f");
	for (unsigned i = 0; i < 3; i++)
		assert_span(come(&stage, "/r", i, i, START), "");
	assert_span(come(&stage, "/r/x", 9, 9, START), "/r");
	stage_end(&stage);
}

/* Who is refused by a limit of his own takes nothing of what all share. */
static void one_flooder_leaves_the_route_to_others(void **state)
{
	struct stage stage;
	unsigned passes = 0;

	(void)state;
	stage_start(&stage);
	add(&stage, "/login", 100, 3600000, 100, RATE_PER_ROUTE);
	add(&stage, "/login", 5, 3600000, 5, RATE_PER_SOURCE);
	ready(&stage, "a");
	for (unsigned i = 0; i < 10000; i++)
		passes += come(&stage, "/login", 1, 0, START).len == 0;
	assert_int_equal(passes, 5);
	for (unsigned i = 0; i < 95; i++)
		assert_span(come(&stage, "/login", 2 + i, 0, START), "");
	assert_span(come(&stage, "/login", 1000, 0, START), "/login");
	stage_end(&stage);
}

static void what_is_owed_outlives_a_reload(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage);
	add(&stage, "/login", 1, 60000, 1, RATE_PER_SOURCE);
	ready(&stage, "a");
	assert_span(come(&stage, "/login", 1, 0, START), "");
	/* other limits in front of it, another burst: the same limit */
	stage.settings.rate_limits.count = 0;
	add(&stage, "/", 100, 1000, 100, RATE_PER_SOURCE);
	add(&stage, "/login/", 2, 60000, 1, RATE_PER_SOURCE);
	ready(&stage, "a");
	assert_span(come(&stage, "/login", 1, 0, START), "/login/");
	assert_span(come(&stage, "/login", 1, 0, START + 60 * S), "");
	/* another site has its own */
	ready(&stage, "b");
	assert_span(come(&stage, "/login", 1, 0, START + 60 * S), "");
	assert_span(come(&stage, "/login", 1, 0, START + 60 * S), "/login/");
	stage_end(&stage);
}

static void retry_after_in_seconds(void **state)
{
	static const uint64_t rows[][2] = { { 0, 1 }, { 1, 1 }, { S, 1 }, { S + 1, 2 }, { 60 * S, 60 }, { GCRA_NEVER, GCRA_NEVER / S + 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(rate_retry_after_s(rows[i][0]), rows[i][1]);
}

static void memory_runs_out(void **state)
{
	struct stage stage;
	enum result result = RESULT_NO_MEMORY;

	(void)state;
	stage_start(&stage);
	add(&stage, "/", 1, 60000, 1, RATE_PER_SOURCE);
	for (size_t bytes = 0; result != RESULT_OK; bytes += 16) {
		arena_done(&stage.arena);
		arena_init(&stage.arena, bytes, 4096);
		result = rate_limits_new(&stage.arena, SPAN("a"), &stage.settings, &stage.limits);
		assert_true(result == RESULT_OK || result == RESULT_NO_MEMORY);
		assert_true(bytes < 4096);
	}
	stage_end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_path_counts),
		cmocka_unit_test(no_limit_passes),
		cmocka_unit_test(each_per_counts_whom_it_says),
		cmocka_unit_test(one_flooder_leaves_the_route_to_others),
		cmocka_unit_test(what_is_owed_outlives_a_reload),
		cmocka_unit_test(retry_after_in_seconds),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
