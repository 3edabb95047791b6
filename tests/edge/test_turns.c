/* A place at an origin for those of a site that only observes, beside those of a site that acts. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/request.h"

#include "base/banned.h"

#define MS ((uint64_t)1000000)
#define REQUESTS 8u

struct stage {
	struct worker worker;
	struct edge_common common;
	struct connection connection;
	struct origin origin;
	struct pool_member member;
	struct edge_site site;
	struct request requests[REQUESTS];
	unsigned count;
};

static struct stage *stage_start(void)
{
	static const struct admission_settings settings = { .range = { 100, 100, 100 }, .queue_max = 10, .patience_us = 1000000 };
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	gate_init(&stage->origin.gate);
	assert_true(gate_set(&stage->origin.gate, &settings, 1000000));
	stage->member.origin = &stage->origin;
	stage->worker.common = &stage->common;
	stage->worker.loop.now_ns = 1000 * MS;
	stage->connection.worker = &stage->worker;
	turns_init(&stage->worker);
	return stage;
}

static struct request *ask(struct stage *stage, enum lane lane, bool is_observed, enum admission_answer *answer)
{
	struct request *request = &stage->requests[stage->count++];

	assert_true(stage->count <= REQUESTS);
	*request = (struct request){ .connection = &stage->connection, .site = &stage->site };
	list_init(&request->turn.node);
	request->turn.member = &stage->member;
	request->turn.entry = (struct admission_entry){ .entry = { .source = stage->count, .lane = lane }, .is_observed = is_observed };
	*answer = turn_ask(request);
	return request;
}

static void stage_end(struct stage *stage)
{
	for (unsigned i = 0; i < stage->count; i++)
		turn_leave(&stage->requests[i], TURN_NONE);
	assert_int_equal(gate_look(&stage->origin.gate).at_work, 0);
	turns_done(&stage->worker);
	gate_done(&stage->origin.gate);
	free(stage);
}

/* More was asked of the origin than it will have done for another four seconds, and an answer takes it ten milliseconds. */
static void press(struct stage *stage)
{
	stage->origin.gate.demand.until_us = 5000000;
	stage->origin.gate.demand.each_us = 10000;
}

/* The greedy of a site that observes go in any case. They have an account of their own: what they would have had is told of them, and those of a site
 * that acts find theirs whole. */
static void the_greedy_have_two_accounts(void **state)
{
	struct stage *stage = stage_start();
	const struct gate *gate = &stage->origin.gate;
	enum admission_answer answer;

	(void)state;
	press(stage);
	assert_int_equal(ask(stage, LANE_GREEDY, true, &answer)->turn.state, TURN_HELD);
	assert_int_equal(answer, ADMISSION_GO);
	assert_int_equal(gate->observed_us, 1000000 + 10000 * DEMAND_SPARED_OF);
	assert_int_equal(gate->demand.spared_us, 0);
	assert_int_equal(ask(stage, LANE_GREEDY, true, &answer)->turn.state, TURN_HELD);
	assert_int_equal(answer, ADMISSION_REFUSE);
	assert_int_equal(ask(stage, LANE_GREEDY, false, &answer)->turn.state, TURN_HELD);
	assert_int_equal(answer, ADMISSION_GO);
	assert_int_equal(gate->demand.spared_us, 1000000 + 10000 * DEMAND_SPARED_OF);
	assert_int_equal(ask(stage, LANE_GREEDY, false, &answer)->turn.state, TURN_NONE);
	assert_int_equal(answer, ADMISSION_REFUSE);
	assert_int_equal(gate_look(&stage->origin.gate).at_work, 3);
	stage->worker.loop.now_ns += DEMAND_SPARED_OF * 10 * MS;  /* what is spared of the origin has gone by */
	(void)ask(stage, LANE_GREEDY, true, &answer);
	assert_int_equal(answer, ADMISSION_GO);
	stage_end(stage);
}

/* Others are asked for nothing of it; but what they ask of the origin is counted. */
static void who_is_not_greedy_has_none(void **state)
{
	struct stage *stage = stage_start();
	const struct gate *gate = &stage->origin.gate;
	enum admission_answer answer;

	(void)state;
	press(stage);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ask(stage, LANE_REST, true, &answer)->turn.state, TURN_HELD);
		assert_int_equal(answer, ADMISSION_GO);
	}
	assert_int_equal(gate->observed_us, 0);
	assert_int_equal(gate_until_us(gate), 5000000 + 2 * 10000);
	stage_end(stage);
}

/* Its request had gone to the origin, and FIRST_MS (0: never) and LEFT_MS after it had its place the answer began, and it gave the place back. */
static void hold(struct stage *stage, unsigned first_ms, unsigned left_ms)
{
	enum admission_answer answer;
	struct request *request = ask(stage, LANE_PLAUSIBLE, false, &answer);

	assert_int_equal(answer, ADMISSION_GO);
	request->turn.sent_ns = stage->worker.loop.now_ns;
	request->turn.first_ns = first_ms ? stage->worker.loop.now_ns + first_ms * MS : 0;
	stage->worker.loop.now_ns += left_ms * MS;
	turn_leave(request, TURN_NONE);
}

/* What has an answer says how long places are held. Who hangs up before it says no more than that it is not less. */
static void who_hangs_up_teaches_nothing_short(void **state)
{
	struct stage *stage = stage_start();
	const struct admission *admission = &stage->origin.gate.admission;

	(void)state;
	hold(stage, 0, 1);
	assert_true(admission->held_us == 0);
	hold(stage, 390, 400);
	assert_true(admission->held_us == 400000);
	hold(stage, 0, 1);
	hold(stage, 0, 399);
	assert_true(admission->held_us == 400000);
	hold(stage, 0, 3000);
	assert_true(admission->held_us > 400000);
	hold(stage, 1, 2);
	assert_true(admission->held_us < 412000);
	stage_end(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_greedy_have_two_accounts), cmocka_unit_test(who_is_not_greedy_has_none),
		                            cmocka_unit_test(who_hangs_up_teaches_nothing_short) };

	return cmocka_run_group_tests_name("edge/turns", tests, NULL, NULL);
}
