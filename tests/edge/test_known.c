/* Who becomes a known citizen, and who came an instant before the flood. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/sites/plan.h"
#include "edge/worker.h"
#include "guard/ban.h"

#include "base/banned.h"

#define BYTES ((size_t)1 << 20)

struct stage {
	struct worker worker;
	struct edge_common common;
	struct origin origin;
	struct plan plan;
	struct binding binding;
	struct ban_networks networks;
	void *memory;
};

static const struct source_key citizen = { 7, SOURCE_V4 };

static struct stage *stage_start(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct source_hold hold;

	assert_non_null(stage);
	stage->memory = aligned_alloc(64, BYTES);
	assert_non_null(stage->memory);
	memset(stage->memory, 0, BYTES);
	assert_ok(source_table_init(stage->memory, BYTES, (struct hash_seed){ 1, 2 }));
	assert_ok(loop_init(&stage->worker.loop));
	stage->worker.common = &stage->common;
	stage->common.ban_networks = &stage->networks;
	stage->binding.plan = &stage->plan;
	stage->worker.binding = &stage->binding;
	stage->common.sources = source_table_open(stage->memory);
	origins_init(&stage->common.origins);
	stage->origin.holders = 1;
	known_init(&stage->worker);
	assert_ok(source_table_take(&stage->common.sources, citizen, stage->worker.loop.now_ns / 1000, SOURCE_MAKE, &hold));
	source_table_give(&hold);
	return stage;
}

static void stage_end(struct stage *stage)
{
	known_done(&stage->worker);
	assert_int_equal(stage->origin.holders, 1);
	origins_done(&stage->common.origins);
	loop_done(&stage->worker.loop);
	free(stage->memory);
	free(stage);
}

static void pass(struct stage *stage, uint64_t ms)
{
	struct loop *loop = &stage->worker.loop;

	for (uint64_t end_ms = loop->now_ms + ms, step_ms; loop->now_ms < end_ms; timers_advance(&loop->timers, loop->now_ms)) {
		step_ms = end_ms - loop->now_ms < 50 ? end_ms - loop->now_ms : 50;
		loop->now_ms += step_ms;
		loop->now_ns += step_ms * 1000000;
	}
}

static bool is_known(struct stage *stage)
{
	struct source_hold hold;
	bool answer;

	assert_ok(source_table_take(&stage->common.sources, citizen, stage->worker.loop.now_ns / 1000, SOURCE_FIND, &hold));
	answer = hold.entry->is_known;
	source_table_give(&hold);
	return answer;
}

static void after_two_seconds_of_calm(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	known_add(&stage->worker, citizen, &stage->origin);
	assert_int_equal(stage->origin.holders, 2);
	pass(stage, KNOWN_AFTER_MS - 100);
	assert_false(is_known(stage));
	pass(stage, 400);
	assert_true(is_known(stage));
	origin_press(&stage->origin, stage->worker.loop.now_ms);
	pass(stage, 10000);
	assert_true(is_known(stage));
	stage_end(stage);
}

static void not_an_instant_before_the_flood(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	known_add(&stage->worker, citizen, &stage->origin);
	pass(stage, KNOWN_BEFORE_MS - 1);
	origin_press(&stage->origin, stage->worker.loop.now_ms);
	pass(stage, 20000);
	assert_false(is_known(stage));
	stage_end(stage);
}

/* It is known at once: the flood shows too late to be what he is part of. */
static void a_second_before_the_flood(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	known_add(&stage->worker, citizen, &stage->origin);
	pass(stage, KNOWN_BEFORE_MS);
	assert_false(is_known(stage));
	origin_press(&stage->origin, stage->worker.loop.now_ms);
	pass(stage, 300);
	assert_true(is_known(stage));
	stage_end(stage);
}

/* The press of long ago is none. */
static void after_a_flood(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	origin_press(&stage->origin, stage->worker.loop.now_ms);
	pass(stage, 11000);
	known_add(&stage->worker, citizen, &stage->origin);
	pass(stage, KNOWN_AFTER_MS + 300);
	assert_true(is_known(stage));
	stage_end(stage);
}

static void no_more_than_there_is_room_for(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	for (unsigned i = 0; i < KNOWN_WAITING_MAX + 10; i++)
		known_add(&stage->worker, (struct source_key){ 100 + i, SOURCE_V4 }, &stage->origin);
	assert_int_equal(stage->origin.holders, KNOWN_WAITING_MAX + 1);
	pass(stage, KNOWN_AFTER_MS + 300);
	assert_int_equal(stage->origin.holders, 1);
	known_add(&stage->worker, citizen, &stage->origin);  /* goes with the worker */
	stage_end(stage);
}

/* By whomever, and alone or with all around it: what it was is over. It may become known again. */
static void a_ban_ends_it(void **state)
{
	struct stage *stage = stage_start();
	struct bans bans = { .table = &stage->common.sources, .policy = { 60, 60, 60, { NULL } } };
	struct network around;

	(void)state;
	for (int reason = BAN_BY_HAND; reason <= BAN_REQUESTS; reason++) {
		known_add(&stage->worker, citizen, &stage->origin);
		pass(stage, KNOWN_AFTER_MS + 300);
		assert_true(is_known(stage));
		known_add(&stage->worker, citizen, &stage->origin);  /* and once more, an instant before */
		assert_ok(ban_source(&bans, citizen, (enum ban_reason)reason, 0, stage->worker.loop.now_ns / 1000, NULL));
		assert_false(is_known(stage));
		pass(stage, KNOWN_AFTER_MS + 300);
		assert_false(is_known(stage));
		pass(stage, 61000);
	}
	assert_ok(network_read(SPAN("0.0.0.0/24"), &around));
	known_add(&stage->worker, citizen, &stage->origin);
	pass(stage, KNOWN_AFTER_MS + 300);
	known_add(&stage->worker, citizen, &stage->origin);
	assert_ok(ban_networks_add(&stage->networks, &around, stage->worker.loop.now_ns / 1000 + 60000000, SPAN("a test"), stage->worker.loop.now_ns / 1000));
	ban_forget_known(&stage->common.sources, &around, stage->worker.loop.now_ns / 1000);
	assert_false(is_known(stage));
	pass(stage, KNOWN_AFTER_MS + 300);
	assert_false(is_known(stage));
	stage_end(stage);
}

/* Those beside it are who they were. */
static void of_nobody_else(void **state)
{
	struct stage *stage = stage_start();
	struct network beside;

	(void)state;
	known_add(&stage->worker, citizen, &stage->origin);
	pass(stage, KNOWN_AFTER_MS + 300);
	assert_ok(network_read(SPAN("0.0.1.0/24"), &beside));
	ban_forget_known(&stage->common.sources, &beside, stage->worker.loop.now_ns / 1000);
	assert_true(is_known(stage));
	stage_end(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_two_seconds_of_calm), cmocka_unit_test(not_an_instant_before_the_flood), cmocka_unit_test(a_second_before_the_flood), cmocka_unit_test(after_a_flood),
		cmocka_unit_test(no_more_than_there_is_room_for), cmocka_unit_test(a_ban_ends_it), cmocka_unit_test(of_nobody_else),
	};

	return cmocka_run_group_tests_name("edge/known", tests, NULL, NULL);
}
