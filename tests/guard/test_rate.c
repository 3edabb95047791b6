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
	stage->list[stage->settings.rate_limits.count++] = (struct rate_limit_settings){ .path = span_of(path), .limit = { count, per_ms }, .burst = burst, .per = (int)per };
}

static void ready(struct stage *stage, const char *site)
{
	assert_ok(rate_limits_new(&stage->arena, span_of(site), &stage->settings, &stage->limits));
}

/* The path of the limit that refused; "" when it may pass. */
static struct span come(struct stage *stage, const char *path, uint64_t source, uint64_t fingerprint, uint64_t now_us)
{
	struct rate_who who = { { source, SOURCE_V4 }, fingerprint, (uint32_t)fingerprint };
	struct rate_verdict verdict = rate_ask(rate_limits_find(stage->limits, span_of(path)), rate_table_open(stage->memory), &who, now_us);

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
	add(&stage, "/k", 1, 60000, 1, RATE_PER_KIND);
	ready(&stage, "a");
	assert_span(come(&stage, "/s", 1, 1, START), "");
	assert_span(come(&stage, "/s", 2, 1, START), "");
	assert_span(come(&stage, "/s/x", 1, 2, START), "/s");
	assert_span(come(&stage, "/f", 1, 1, START), "");
	assert_span(come(&stage, "/f", 1, 2, START), "");
	assert_span(come(&stage, "/f/x", 2, 1, START), "/f");
	assert_span(come(&stage, "/k", 1, 1, START), "");
	assert_span(come(&stage, "/k", 1, 2, START), "");
	assert_span(come(&stage, "/k/x", 2, 1, START), "/k");
	for (unsigned i = 0; i < 3; i++)  /* whose kind is not known */
		assert_span(come(&stage, "/k", i, 0, START), "");
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

static uint64_t wait_of(struct stage *stage, const struct rate_who *who, uint64_t now_us)
{
	return rate_ask(rate_limits_find(stage->limits, SPAN("/a")), rate_table_open(stage->memory), who, now_us).retry_after_us;
}

static void spend(struct stage *stage, const struct rate_who *who, struct rate_spent spent, uint64_t now_us)
{
	rate_charge(rate_limits_find(stage->limits, SPAN("/a")), rate_table_open(stage->memory), who, &spent, now_us);
}

/* What is known afterwards: how often until nobody of that class may pass, for how long, and how long at most. */
static void what_is_charged_when_it_is_over(void **state)
{
	static const struct {
		struct rate_limit_settings settings;
		struct rate_spent spent;
		unsigned passes;
		uint64_t wait_us, wait_most_us;
	} table[] = {
		{ { .errors = { 10, 60000 }, .errors_burst = 3 }, { .is_error = true }, 3, 6 * S, 24 * S },
		{ { .errors = { 10, 60000 } }, { .is_error = true }, 10, 6 * S, 66 * S },
		{ { .errors = { 10, 60000 }, .errors_burst = 3 }, { .cost_us = 9 * S, .bytes = 1 << 30 }, UINT32_MAX, 0, 0 },
		{ { .cost_ms = 2000, .cost_burst_ms = 10000 }, { .cost_us = S }, 10, 500, 5 * S + 500 },
		{ { .cost_ms = 500 }, { .cost_us = 2 * S }, 3, 2 * S + 2000, 10 * S + 2000 },
		{ { .cost_ms = 500 }, { .is_error = true, .cost_us = 999, .bytes = 1 << 30 }, UINT32_MAX, 0, 0 },
		{ { .bytes = 1 << 20, .bytes_burst = 4 << 20 }, { .bytes = 1 << 20 }, 4, 15625, 4 * S + 15625 },
		{ { .bytes = 1 << 20 }, { .bytes = 1 << 30 }, 1, 15625, 10 * S + 15625 },  /* one request counts for a burst */
		{ { .bytes = 1 << 20 }, { .is_error = true, .cost_us = 9 * S, .bytes = 16383 }, UINT32_MAX, 0, 0 },
	};
	const struct rate_who who = { { 1, SOURCE_V4 }, 2, 3 }, of_his_kind = { { 9, SOURCE_V4 }, 9, 3 }, other = { { 1, SOURCE_V4 }, 2, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct stage stage;
		unsigned passes = 0;

		stage_start(&stage);
		stage.list[0] = table[i].settings;
		stage.list[0].path = SPAN("/a/");
		stage.list[0].per = RATE_PER_KIND;
		stage.settings.rate_limits.count = 1;
		ready(&stage, "a");
		for (; !wait_of(&stage, &who, START) && passes < 1000; passes++)
			spend(&stage, &who, table[i].spent, START);
		if (passes != (table[i].passes < 1000 ? table[i].passes : 1000) || wait_of(&stage, &of_his_kind, START) != table[i].wait_us)
			fail_msg("row %zu: %u, %llu us", i, passes, (unsigned long long)wait_of(&stage, &of_his_kind, START));
		if (table[i].wait_us) {
			assert_int_equal(wait_of(&stage, &who, START + table[i].wait_us - 1), 1);
			assert_int_equal(wait_of(&stage, &who, START + table[i].wait_us), 0);
		}
		for (unsigned more = 0; more < 100; more++)  /* they came before anything was known */
			spend(&stage, &who, table[i].spent, START);
		if (wait_of(&stage, &who, START) != table[i].wait_most_us)
			fail_msg("row %zu: %llu us at most", i, (unsigned long long)wait_of(&stage, &who, START));
		assert_int_equal(wait_of(&stage, &other, START), 0);
		stage_end(&stage);
	}
}

/* Several things of one limit, each for itself; who is refused for one of them is charged nothing of the others. */
static void several_in_one(void **state)
{
	const struct rate_who who = { { 1, SOURCE_V4 }, 2, 3 };
	struct stage stage;

	(void)state;
	stage_start(&stage);
	add(&stage, "/a", 5, 3600000, 5, RATE_PER_KIND);
	stage.list[0].errors = (struct rate){ 1, 60000 };
	ready(&stage, "a");
	assert_int_equal(wait_of(&stage, &who, START), 0);
	spend(&stage, &who, (struct rate_spent){ .is_error = true }, START);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(wait_of(&stage, &who, START), 60 * S);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(wait_of(&stage, &who, START + 60 * S), 0);
	assert_true(wait_of(&stage, &who, START + 60 * S) > 600 * S);
	stage_end(&stage);
}

/* His class is refused, and he is excused: what is still to be asked is what comes behind it. */
static void who_is_excused_goes_on_behind_his_class(void **state)
{
	const struct rate_who who = { { 1, SOURCE_V4 }, 2, 3 };
	struct rate_verdict verdict = { NULL, 0, NULL };
	struct stage stage;
	unsigned passes = 0;

	(void)state;
	stage_start(&stage);
	add(&stage, "/a", 2, 3600000, 2, RATE_PER_KIND);
	add(&stage, "/a", 5, 3600000, 5, RATE_PER_ROUTE);
	add(&stage, "/a", 10, 3600000, 10, RATE_PER_SOURCE);
	add(&stage, "/", 1, 3600000, 1, RATE_PER_ROUTE);
	ready(&stage, "a");
	for (; !verdict.limit && passes < 100; passes++) {
		verdict = rate_ask(rate_limits_find(stage.limits, SPAN("/a")), rate_table_open(stage.memory), &who, START);
		if (verdict.limit && rate_is_of_class(verdict.limit)) {
			assert_true(passes >= 2 && verdict.limit->per == RATE_PER_KIND);
			verdict = rate_ask(verdict.next, rate_table_open(stage.memory), &who, START);
		}
	}
	assert_int_equal(passes, 6);
	assert_true(verdict.limit && verdict.limit->per == RATE_PER_ROUTE && !rate_is_of_class(verdict.limit) && !verdict.next);
	assert_null(rate_ask(NULL, rate_table_open(stage.memory), &who, START).limit);
	rate_charge(NULL, rate_table_open(stage.memory), &who, &(struct rate_spent){ .is_error = true }, START);
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
		cmocka_unit_test(what_is_charged_when_it_is_over),
		cmocka_unit_test(several_in_one),
		cmocka_unit_test(who_is_excused_goes_on_behind_his_class),
		cmocka_unit_test(what_is_owed_outlives_a_reload),
		cmocka_unit_test(retry_after_in_seconds),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
