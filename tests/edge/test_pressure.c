/* Whether more is asked of an origin than it can do is looked at once in a round of the loop, for one request, whoever asks. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/request.h"

#include "base/banned.h"

#define MS ((uint64_t)1000000)

struct stage {
	struct worker worker;
	struct edge_common common;
	struct connection connection;
	struct origin origin;
	struct origin_settings place;
	struct pool_member member;
	struct origins_settings origins;
	struct pool pool;
	struct edge_route route;
	struct edge_site site;
	struct list_value priority;
	struct request request;
};

static struct stage *stage_start(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	gate_init(&stage->origin.gate);
	stage->member = (struct pool_member){ .origin = &stage->origin, .settings = &stage->place };
	stage->origins.concurrency.mode = CONCURRENCY_AUTO;
	stage->pool = (struct pool){ .settings = &stage->origins, .members = &stage->member, .count = 1 };
	stage->route = (struct edge_route){ .origins = &stage->origins, .pool = &stage->pool };
	stage->site = (struct edge_site){ .priority = &stage->priority };
	stage->worker.common = &stage->common;
	stage->worker.loop.now_ns = 1000 * MS;
	stage->worker.loop.now_ms = 1000;
	stage->connection.worker = &stage->worker;
	stage->request = (struct request){ .connection = &stage->connection, .route = &stage->route, .site = &stage->site, .caller.lane = LANE_PLAUSIBLE };
	return stage;
}

static void stage_end(struct stage *stage)
{
	gate_done(&stage->origin.gate);
	free(stage);
}

/* More was asked of the origin than it will have done for another second; or not. */
static void set_pressed(struct stage *stage, bool is_pressed)
{
	stage->origin.gate.demand.until_us = is_pressed ? stage->worker.loop.now_ns / 1000 + 1000000 : 0;
}

static void one_look_a_round(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	set_pressed(stage, true);
	assert_true(request_is_pressed(&stage->request));
	set_pressed(stage, false);
	assert_true(request_is_pressed(&stage->request));  /* as it was found a moment ago */
	assert_int_equal(request_projected_wait_us(&stage->request), 0);
	stage->worker.loop.now_ns += MS;
	assert_false(request_is_pressed(&stage->request));
	stage_end(stage);
}

/* Another lane is another queue. */
static void another_lane_is_looked_at_anew(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	set_pressed(stage, false);
	assert_false(request_is_pressed(&stage->request));
	set_pressed(stage, true);
	assert_false(request_is_pressed(&stage->request));
	stage->request.caller.lane = LANE_REST;
	assert_true(request_is_pressed(&stage->request));
	stage_end(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_look_a_round), cmocka_unit_test(another_lane_is_looked_at_anew) };

	return cmocka_run_group_tests_name("edge/pressure", tests, NULL, NULL);
}
