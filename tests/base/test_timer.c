/* Timers against a naive model, under a clock that the test moves. */
#include "check.h"

#include <stdlib.h>

#include "base/timer.h"

#define TURN_MS ((uint64_t)TIMER_STEP_MS * TIMER_SLOTS)
#define MANY 200u

struct alarm {
	struct timer timer;
	struct scene *scene;
	uint64_t model_due_ms;   /* UINT64_MAX: not armed */
	unsigned fired;
	uint64_t again_ms;       /* re-arms itself this much later; 0: does not */
};

struct scene {
	struct timers timers;
	uint64_t now_ms;
	struct alarm alarms[MANY];
	struct draws draws;
	unsigned fired, early;
	uint64_t latest_ms;      /* how late the latest was */
};

static void ring(struct timer *timer)
{
	struct alarm *alarm = list_entry(timer, struct alarm, timer);
	struct scene *scene = alarm->scene;

	assert_false(timer_is_armed(timer));
	assert_true(alarm->model_due_ms != UINT64_MAX);
	if (alarm->model_due_ms > scene->now_ms)
		scene->early++;
	else if (scene->now_ms - alarm->model_due_ms > scene->latest_ms)
		scene->latest_ms = scene->now_ms - alarm->model_due_ms;
	alarm->model_due_ms = UINT64_MAX;
	alarm->fired++;
	scene->fired++;
	if (alarm->again_ms) {
		alarm->model_due_ms = scene->now_ms + alarm->again_ms;
		timer_set(&scene->timers, timer, alarm->model_due_ms);
	}
}

static struct scene *scene_new(uint64_t now_ms)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->now_ms = now_ms;
	scene->draws.state = 7;
	timers_init(&scene->timers, now_ms);
	for (unsigned i = 0; i < MANY; i++) {
		timer_init(&scene->alarms[i].timer, ring);
		scene->alarms[i].scene = scene;
		scene->alarms[i].model_due_ms = UINT64_MAX;
	}
	return scene;
}

static void arm(struct scene *scene, unsigned which, uint64_t due_ms)
{
	scene->alarms[which].model_due_ms = due_ms;
	timer_set(&scene->timers, &scene->alarms[which].timer, due_ms);
}

static void disarm(struct scene *scene, unsigned which)
{
	scene->alarms[which].model_due_ms = UINT64_MAX;
	timer_cancel(&scene->timers, &scene->alarms[which].timer);
}

static void advance(struct scene *scene, uint64_t by_ms)
{
	scene->now_ms += by_ms;
	timers_advance(&scene->timers, scene->now_ms);
}

/* What the model says of every moment: nothing fires early, nothing due a step ago is still armed, and the sleep offered is
 * never beyond the first due time by more than a step. */
static void compare(struct scene *scene)
{
	unsigned armed = 0;
	uint64_t first_ms = UINT64_MAX;

	for (unsigned i = 0; i < MANY; i++) {
		struct alarm *alarm = &scene->alarms[i];

		assert_int_equal(timer_is_armed(&alarm->timer), alarm->model_due_ms != UINT64_MAX);
		armed += alarm->model_due_ms != UINT64_MAX;
		if (alarm->model_due_ms < first_ms)
			first_ms = alarm->model_due_ms;
	}
	assert_int_equal(scene->timers.armed, armed);
	assert_int_equal(scene->early, 0);
	if (first_ms != UINT64_MAX)
		assert_true(first_ms + TIMER_STEP_MS > scene->now_ms);
	int wait_ms = timers_wait_ms(&scene->timers, scene->now_ms, 1000);

	assert_in_range(wait_ms, 0, 1000);
	if (first_ms != UINT64_MAX)
		assert_true(scene->now_ms + (uint64_t)wait_ms <= (first_ms > scene->now_ms ? first_ms : scene->now_ms) + TIMER_STEP_MS);
}

static uint64_t some_delay(struct scene *scene)
{
	switch (draw_below(&scene->draws, 4)) {
	case 0: return draw_below(&scene->draws, 20);
	case 1: return draw_below(&scene->draws, 2000);
	case 2: return draw_below(&scene->draws, TURN_MS + 100);
	default: return draw_below(&scene->draws, 5 * TURN_MS);
	}
}

static void random_operations_agree_with_the_model(void **state)
{
	struct scene *scene = scene_new(1000003);

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		unsigned which = (unsigned)draw_below(&scene->draws, MANY);

		switch (draw_below(&scene->draws, 8)) {
		case 0: disarm(scene, which); break;
		case 1: case 2: advance(scene, draw_below(&scene->draws, 40)); break;
		case 3: if (i % 50 == 0) advance(scene, draw_below(&scene->draws, 3 * TURN_MS)); break;
		case 4: scene->alarms[which].again_ms = draw_below(&scene->draws, 2) ? 0 : 1 + draw_below(&scene->draws, 3 * TURN_MS); break;
		default: arm(scene, which, scene->now_ms + some_delay(scene)); break;
		}
		if (i % 16 == 0)
			compare(scene);
	}
	assert_true(scene->fired > 1000);
	free(scene);
}

/* The wheel is only late by what it slept: with a step at a time, never more than a step. */
static void fires_within_a_step(void **state)
{
	struct scene *scene = scene_new(123);

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		arm(scene, i, scene->now_ms + draw_below(&scene->draws, 2 * TURN_MS));
	while (scene->fired < MANY)
		advance(scene, 1);
	assert_int_equal(scene->early, 0);
	assert_true(scene->latest_ms < TIMER_STEP_MS);
	free(scene);
}

static void what_sleeps_as_long_as_told_is_woken_in_time(void **state)
{
	struct scene *scene = scene_new(77777);

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		arm(scene, i, scene->now_ms + draw_below(&scene->draws, 2 * TURN_MS));
	for (unsigned rounds = 0; scene->fired < MANY; rounds++) {
		assert_true(rounds < 100000);
		advance(scene, (uint64_t)timers_wait_ms(&scene->timers, scene->now_ms, 1000));
	}
	assert_true(scene->latest_ms <= TIMER_STEP_MS);
	free(scene);
}

/* A machine that stood still for longer than a turn: a timer not due yet must be found when it is, not a turn later. */
static void after_a_sleep_past_a_turn_timers_are_on_time(void **state)
{
	static const uint64_t sleeps_ms[] = { TURN_MS - 8, TURN_MS, TURN_MS + 1, TURN_MS + 8, TURN_MS + 3616, 3 * TURN_MS + 5, 1000 * TURN_MS };

	(void)state;
	for (size_t s = 0; s < sizeof(sleeps_ms) / sizeof(sleeps_ms[0]); s++) {
		struct scene *scene = scene_new(40);

		for (unsigned i = 0; i < MANY; i++) {
			arm(scene, i, scene->now_ms + 80 * i);  /* filed all over the wheel, then moved later for the price of a store */
			arm(scene, i, scene->now_ms + sleeps_ms[s] + 100 + i);
		}
		advance(scene, sleeps_ms[s]);
		assert_int_equal(scene->fired, 0);
		for (unsigned i = 0; i < 500; i++)
			advance(scene, 1);
		assert_int_equal(scene->fired, MANY);
		assert_true(scene->latest_ms < TIMER_STEP_MS);
		free(scene);
	}
}

static void moving_later_costs_no_refiling_and_moving_earlier_works(void **state)
{
	struct scene *scene = scene_new(0);
	struct alarm *alarm = &scene->alarms[0];
	uint64_t filed_ms;

	(void)state;
	arm(scene, 0, 100);
	filed_ms = alarm->timer.filed_ms;
	arm(scene, 0, 5000);
	assert_int_equal(alarm->timer.filed_ms, filed_ms);
	advance(scene, 200);
	assert_int_equal(alarm->fired, 0);
	arm(scene, 0, 300);
	advance(scene, 104);
	assert_int_equal(alarm->fired, 1);
	arm(scene, 0, 0);  /* due already: the next step, never from within timer_set */
	assert_int_equal(alarm->fired, 1);
	advance(scene, 8);
	assert_int_equal(alarm->fired, 2);
	timer_cancel(&scene->timers, &alarm->timer);  /* not armed: nothing */
	assert_int_equal(scene->timers.armed, 0);
	free(scene);
}

static struct alarm *victims[3];

static void free_the_others(struct timer *timer)
{
	struct alarm *self = list_entry(timer, struct alarm, timer);

	for (unsigned i = 0; i < 3; i++) {
		if (!victims[i] || victims[i] == self)
			continue;
		timer_cancel(&self->scene->timers, &victims[i]->timer);
		free(victims[i]);
		victims[i] = NULL;
	}
	self->scene->fired++;
}

/* Three in one slot: the first that fires frees the other two; it also frees itself in the end. */
static void a_timer_may_free_others_of_its_slot(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		victims[i] = calloc(1, sizeof(*victims[i]));
		assert_non_null(victims[i]);
		victims[i]->scene = scene;
		timer_init(&victims[i]->timer, free_the_others);
		timer_set(&scene->timers, &victims[i]->timer, 50);
	}
	advance(scene, 60);
	assert_int_equal(scene->fired, 1);
	assert_int_equal(scene->timers.armed, 0);
	for (unsigned i = 0; i < 3; i++)
		free(victims[i]);
	free(scene);
}

static void nothing_armed_sleeps_as_long_as_it_may(void **state)
{
	struct scene *scene = scene_new(5);

	(void)state;
	assert_int_equal(timers_wait_ms(&scene->timers, 5, 1000), 1000);
	assert_int_equal(timers_wait_ms(&scene->timers, 5, 0), 0);
	arm(scene, 0, 5 + 10 * TURN_MS);
	assert_int_equal(timers_wait_ms(&scene->timers, 5, 1000), 1000);
	arm(scene, 0, 20);
	assert_in_range(timers_wait_ms(&scene->timers, 5, 1000), 15, 15 + TIMER_STEP_MS);
	assert_int_equal(timers_wait_ms(&scene->timers, 500, 1000), 0);
	free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_operations_agree_with_the_model),
		cmocka_unit_test(fires_within_a_step),
		cmocka_unit_test(what_sleeps_as_long_as_told_is_woken_in_time),
		cmocka_unit_test(after_a_sleep_past_a_turn_timers_are_on_time),
		cmocka_unit_test(moving_later_costs_no_refiling_and_moving_earlier_works),
		cmocka_unit_test(a_timer_may_free_others_of_its_slot),
		cmocka_unit_test(nothing_armed_sleeps_as_long_as_it_may),
	};

	return cmocka_run_group_tests_name("base/timer", tests, NULL, NULL);
}
