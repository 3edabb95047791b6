/* A place at an origin for those of a site that only observes, beside those of a site that acts. */
#include "../base/check.h"

#include <stdlib.h>

#include "edge/queue/calls.h"
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
	struct route file;
	struct edge_route route;
	struct binding binding;
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
	stage->worker.loop.now_ms = 1000;
	timers_init(&stage->worker.loop.timers, 1000);
	list_init(&stage->worker.loop.jobs);
	stage->binding.users = 1;
	stage->route.route = &stage->file;
	stage->connection.worker = &stage->worker;
	turns_init(&stage->worker);
	return stage;
}

static struct request *ask(struct stage *stage, enum lane lane, bool is_observed, enum admission_answer *answer)
{
	struct request *request = &stage->requests[stage->count++];

	assert_true(stage->count <= REQUESTS);
	*request = (struct request){ .connection = &stage->connection, .site = &stage->site, .route = &stage->route, .binding = &stage->binding };
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
	assert_int_equal(stage->binding.users, 1);
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

/* LATER_MS from now. */
static void go_by(struct stage *stage, unsigned later_ms)
{
	stage->worker.loop.now_ns += later_ms * MS;
	stage->worker.loop.now_ms += later_ms;
	timers_advance(&stage->worker.loop.timers, stage->worker.loop.now_ms);
}

/* Its request had gone to the origin, and its client hangs up; where IS_BEGUN, behind the first byte of the answer. */
static void hang_up(struct stage *stage, bool is_begun)
{
	enum admission_answer answer;
	struct request *request = ask(stage, LANE_PLAUSIBLE, false, &answer);

	assert_int_equal(answer, ADMISSION_GO);
	request->turn.sent_ns = stage->worker.loop.now_ns;
	request->turn.first_ns = is_begun ? stage->worker.loop.now_ns : 0;
	request->is_aborted = true;
	turn_leave(request, TURN_NONE);
	assert_int_equal(request->turn.state, TURN_NONE);
}

static unsigned at_work(struct stage *stage)
{
	return gate_look(&stage->origin.gate).at_work;
}

/* An origin works on for who has hung up: his place is free when it is done, as far as anybody knows. Once answers come, it is told. */
static void who_hangs_up_leaves_his_place_taken(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	hang_up(stage, false);
	assert_int_equal(at_work(stage), 0);  /* nothing is known yet of how long that takes */
	hold(stage, 390, 400);
	stage->worker.loop.now_ms += 400;
	hang_up(stage, true);
	assert_int_equal(at_work(stage), 0);
	hang_up(stage, false);
	assert_int_equal(at_work(stage), 1);
	go_by(stage, 390);
	assert_int_equal(at_work(stage), 1);
	go_by(stage, 10 + TIMER_STEP_MS);
	assert_int_equal(at_work(stage), 0);
	assert_true(stage->origin.gate.admission.held_us == 400000);
	stage_end(stage);
}

/* So long as what lies in its folder takes, not as the mean of all that the origin does. What is too short for a timer is gathered. */
static void a_folder_has_its_time(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	hold(stage, 390, 400);
	stage->worker.loop.now_ms += 400;
	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		stage->origin.gate.answered_us[i] = i % 4 == 1 ? 5000 : 200;
	hang_up(stage, false);
	assert_int_equal(at_work(stage), 0);
	hang_up(stage, false);
	assert_int_equal(at_work(stage), 1);
	hang_up(stage, false);
	assert_int_equal(at_work(stage), 1);
	go_by(stage, 10 + TIMER_STEP_MS);
	assert_int_equal(at_work(stage), 0);
	/* One bad day of a kind that is seldom seen. */
	stage->origin.gate.admission.held_us = 20000;
	for (unsigned i = 0; i < LIMIT_KINDS; i++)
		stage->origin.gate.answered_us[i] = 6000000;
	hang_up(stage, false);
	go_by(stage, 80 + TIMER_STEP_MS);
	assert_int_equal(at_work(stage), 0);
	stage_end(stage);
}

/* What answers take is learned by their kind, and followed. */
static void kinds_are_told_apart(void **state)
{
	struct stage *stage = stage_start();
	const double *answered_us = stage->origin.gate.answered_us;

	(void)state;
	hold(stage, 100, 200);
	assert_true(answered_us[0] == 100000 && answered_us[1] == 0);
	hold(stage, 20, 30);
	assert_true(answered_us[0] == 95000);
	hold(stage, TURN_HELD_MAX_MS, TURN_HELD_MAX_MS);  /* a long poll */
	assert_true(answered_us[0] == 95000);
	hold(stage, 0, 50);
	assert_true(answered_us[0] == 95000);
	stage_end(stage);
}

/* Who only observes goes past the places: nobody else is to wait for those whom he let in. */
static void who_is_observed_leaves_none_taken(void **state)
{
	struct stage *stage = stage_start();
	enum admission_answer answer;
	struct request *request;

	(void)state;
	hold(stage, 390, 400);
	request = ask(stage, LANE_PLAUSIBLE, true, &answer);
	request->turn.sent_ns = stage->worker.loop.now_ns;
	request->is_aborted = true;
	turn_leave(request, TURN_NONE);
	assert_int_equal(at_work(stage), 0);
	stage_end(stage);
}

/* A worker that has no more to do than to wait for them gives them back: others may be at work. */
static void a_worker_gives_them_back(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	hold(stage, 390, 400);
	stage->worker.loop.now_ms += 400;
	hang_up(stage, false);
	hang_up(stage, false);
	assert_int_equal(at_work(stage), 2);
	abandoned_give_back(&stage->worker);
	assert_int_equal(at_work(stage), 0);
	assert_int_equal(stage->worker.loop.timers.armed, 0);
	stage_end(stage);
}

/* Whoever waits has the place when it is free, though nobody else does anything. */
static void the_next_has_it_then(void **state)
{
	static const struct admission_settings settings = { .range = { 1, 1, 1 }, .queue_max = 10, .patience_us = 1000000 };
	struct stage *stage = stage_start();
	struct request *waiting;
	enum admission_answer answer;

	(void)state;
	hold(stage, 390, 400);
	stage->worker.loop.now_ms += 400;
	(void)gate_set(&stage->origin.gate, &settings, 1000000);
	hang_up(stage, false);
	waiting = ask(stage, LANE_PLAUSIBLE, false, &answer);
	assert_int_equal(answer, ADMISSION_WAIT);
	waiting->turn.has_waited = true;
	go_by(stage, 400 + TIMER_STEP_MS);
	assert_int_equal(turn_look(waiting), TURN_HELD);
	assert_false(list_is_empty(&stage->worker.turns.called));
	stage_end(stage);
}

/* A worker that ends while places are taken by nobody any more. */
static void nothing_is_left_of_it(void **state)
{
	struct stage *stage = stage_start();

	(void)state;
	hold(stage, 390, 400);
	stage->worker.loop.now_ms += 400;
	hang_up(stage, false);
	assert_int_equal(stage->binding.users, 2);
	turns_done(&stage->worker);
	assert_int_equal(stage->binding.users, 1);
	assert_int_equal(stage->worker.loop.timers.armed, 0);
	gate_done(&stage->origin.gate);
	free(stage);
}

/* A flood that hangs up before its turn has come is pressure, as one is that waits. */
static void who_gives_up_counts(void **state)
{
	static const struct admission_settings settings = { .range = { 1, 1, 1 }, .queue_max = 10, .patience_us = 10000000 };
	struct stage *stage = stage_start();
	uint64_t now_us = stage->worker.loop.now_ns / 1000;
	enum admission_answer answer;

	(void)state;
	(void)gate_set(&stage->origin.gate, &settings, 1000000);
	(void)ask(stage, LANE_PLAUSIBLE, false, &answer);
	for (unsigned i = 0; i < DEMAND_GONE; i++) {
		struct request *request = ask(stage, LANE_PLAUSIBLE, false, &answer);

		assert_int_equal(answer, ADMISSION_WAIT);
		assert_false(gate_is_pressed(&stage->origin.gate, now_us));
		request->is_aborted = true;
		turn_leave(request, TURN_NONE);
		stage->count--;
	}
	assert_true(gate_is_pressed(&stage->origin.gate, now_us));
	stage_end(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_greedy_have_two_accounts), cmocka_unit_test(who_is_not_greedy_has_none),
		                            cmocka_unit_test(who_hangs_up_teaches_nothing_short),
		                            cmocka_unit_test(who_hangs_up_leaves_his_place_taken), cmocka_unit_test(the_next_has_it_then),
		                            cmocka_unit_test(a_folder_has_its_time), cmocka_unit_test(who_is_observed_leaves_none_taken), cmocka_unit_test(kinds_are_told_apart),
		                            cmocka_unit_test(a_worker_gives_them_back), cmocka_unit_test(nothing_is_left_of_it), cmocka_unit_test(who_gives_up_counts) };

	return cmocka_run_group_tests_name("edge/turns", tests, NULL, NULL);
}
