/* A portal of two hundred pages a second, flooded: who is served, how soon, and how alike. Time is simulated. */
#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"
#include "guard/admission.h"

#define TAKES_US 5000u

/* Who asks: so many sources, each so often. */
struct crowd {
	enum lane lane;
	bool is_priority;
	unsigned sources;
	double each_us;              /* between two requests of one source */
	unsigned asked, served, in_time;  /* of the time that is looked at */
	uint64_t next_us;
};

struct visit {
	struct admission_entry wait;
	struct crowd *crowd;
	struct list node;            /* of those that wait, by their coming */
	uint64_t came_us, sent_us, due_us;
	unsigned at_work;
};

struct world {
	struct admission admission;
	struct crowd *crowds;
	unsigned count;
	struct draws draws;
	uint64_t now_us, free_at_us;
	struct visit *at_work[LIMIT_CEILING];
	unsigned at_work_count;
	struct list waiting;
	unsigned answers;            /* of the time that is looked at */
};

/* Not while the limit is being learned, nor those whose answers the end of the simulation cuts off. */
static bool is_looked_at(uint64_t came_us)
{
	return came_us >= 3000000 && came_us < 23000000;
}

static void begin_work(struct world *world, struct visit *visit)
{
	uint64_t from = world->free_at_us > world->now_us ? world->free_at_us : world->now_us;

	visit->sent_us = world->now_us;
	visit->at_work = admission_at_work(&world->admission);
	world->free_at_us = visit->due_us = from + TAKES_US / 2 + draw_below(&world->draws, TAKES_US);
	world->at_work[world->at_work_count++] = visit;
}

static void forget(struct visit *visit)
{
	list_remove(&visit->node);
	free(visit);
}

static void come(struct world *world, struct crowd *crowd)
{
	struct visit *visit = calloc(1, sizeof(*visit));
	struct admission_entry *pushed_out;
	uint64_t source = (uint64_t)(crowd - world->crowds) << 32 | draw_below(&world->draws, crowd->sources);

	*visit = (struct visit){ .crowd = crowd, .came_us = world->now_us };
	visit->wait = (struct admission_entry){ .entry = { .source = source, .lane = crowd->lane }, .is_priority = crowd->is_priority };
	list_init(&visit->node);
	crowd->asked += is_looked_at(world->now_us);
	switch (admission_ask(&world->admission, &visit->wait, &pushed_out)) {
	case ADMISSION_GO:
		begin_work(world, visit);
		break;
	case ADMISSION_WAIT:
		list_add_last(&world->waiting, &visit->node);
		break;
	case ADMISSION_REFUSE:
		forget(visit);
	}
	if (pushed_out)
		forget(list_entry(pushed_out, struct visit, wait));
	crowd->next_us = world->now_us + (uint64_t)(crowd->each_us / crowd->sources * (0.5 + (double)draw_below(&world->draws, 1000) / 1000));
}

static void answer(struct world *world, unsigned place)
{
	struct visit *visit = world->at_work[place];
	struct admission_entry *next;

	world->at_work[place] = world->at_work[--world->at_work_count];
	admission_done(&world->admission, &visit->wait, world->now_us - visit->sent_us);
	world->answers += is_looked_at(world->now_us);
	limit_learn(&world->admission.limit, &(struct limit_answer){ 0, visit->sent_us, world->now_us, visit->at_work });
	if (is_looked_at(visit->came_us)) {
		visit->crowd->served++;
		visit->crowd->in_time += world->now_us - visit->came_us <= 2000000;
	}
	forget(visit);
	while ((next = admission_next(&world->admission))) {
		visit = list_entry(next, struct visit, wait);
		list_remove(&visit->node);
		begin_work(world, visit);
	}
}

/* Whose patience is at its end has gone. */
static void give_up(struct world *world)
{
	list_each_safe(node, following, &world->waiting) {
		struct visit *visit = list_entry(node, struct visit, node);

		if (world->now_us - visit->came_us <= 2000000)
			break;
		admission_give_up(&world->admission, &visit->wait);
		forget(visit);
	}
}

static void run(struct world *world, struct crowd *crowds, unsigned count, unsigned reserved)
{
	struct admission_settings settings = { { LIMIT_FLOOR, LIMIT_START, LIMIT_CEILING }, reserved, QUEUE_MAX, ADMISSION_PATIENCE_US };

	*world = (struct world){ .crowds = crowds, .count = count, .draws = { 3 } };
	list_init(&world->waiting);
	admission_init(&world->admission, &settings, 0);
	while (world->now_us < 26000000) {
		struct crowd *first = crowds;
		unsigned place = 0;

		for (unsigned i = 1; i < count; i++)
			first = crowds[i].next_us < first->next_us ? &crowds[i] : first;
		for (unsigned i = 1; i < world->at_work_count; i++)
			place = world->at_work[i]->due_us < world->at_work[place]->due_us ? i : place;
		if (world->at_work_count && world->at_work[place]->due_us <= first->next_us) {
			world->now_us = world->at_work[place]->due_us;
			answer(world, place);
		} else {
			world->now_us = first->next_us;
			come(world, first);
		}
		give_up(world);
	}
}

static void end(struct world *world)
{
	while (world->at_work_count)
		forget(world->at_work[--world->at_work_count]);
	list_each_safe(node, following, &world->waiting)
		forget(list_entry(node, struct visit, node));
	admission_free_queues(&world->admission);
}

static double share(const struct crowd *crowd)
{
	return (double)crowd->in_time / crowd->asked;
}

/* Forty citizens who were here before, and a flood of two thousand strange requests a second. */
static void known_citizens_do_not_notice_a_flood(void **state)
{
	struct crowd crowds[] = { { LANE_KNOWN, false, 40, 500000, 0, 0, 0, 0 }, { LANE_REST, false, 300, 150000, 0, 0, 0, 0 } };
	struct world world;

	(void)state;
	run(&world, crowds, 2, 0);
	assert_true(crowds[0].asked > 1400);
	assert_true(share(&crowds[0]) >= 0.995);
	assert_true(world.answers >= 20 * 200 * 95 / 100);  /* what citizens leave, strangers have */
	end(&world);
}

/* In one lane the greedy do not push out those who ask for little. */
static void one_lane_is_fair(void **state)
{
	struct crowd crowds[] = { { LANE_PLAUSIBLE, false, 40, 2000000, 0, 0, 0, 0 }, { LANE_PLAUSIBLE, false, 100, 50000, 0, 0, 0, 0 } };
	struct world world;

	(void)state;
	run(&world, crowds, 2, 0);
	assert_true(share(&crowds[0]) >= 0.98);
	end(&world);
}

/* Who waits is served in time: what would be late is refused when it comes. */
static void what_would_be_late_is_refused_at_once(void **state)
{
	struct crowd crowds[] = { { LANE_REST, false, 4000, 2000000, 0, 0, 0, 0 } };
	struct world world;

	(void)state;
	run(&world, crowds, 1, 0);
	assert_true(world.answers >= 20 * 200 * 95 / 100);
	assert_true(crowds[0].in_time >= crowds[0].served * 97 / 100);
	end(&world);
}

/* Emergency pages have their places, although known citizens alone ask for more than the portal can do. */
static void priority_routes_have_their_places(void **state)
{
	struct crowd crowds[] = { { LANE_PLAUSIBLE, true, 20, 1000000, 0, 0, 0, 0 }, { LANE_KNOWN, false, 400, 500000, 0, 0, 0, 0 } };
	struct world world;

	(void)state;
	run(&world, crowds, 2, 2);
	assert_true(share(&crowds[0]) >= 0.995);
	assert_true(world.answers >= 20 * 200 * 95 / 100);
	end(&world);
}

/* A flood of the priority route itself leaves others what is theirs only as far as that goes: its lanes decide who has its places. */
static void priority_has_lanes_too(void **state)
{
	struct crowd crowds[] = { { LANE_KNOWN, true, 20, 1000000, 0, 0, 0, 0 }, { LANE_REST, true, 300, 150000, 0, 0, 0, 0 } };
	struct world world;

	(void)state;
	run(&world, crowds, 2, 2);
	assert_true(share(&crowds[0]) >= 0.995);
	end(&world);
}

static void a_calm_day_waits_for_nobody(void **state)
{
	struct crowd crowds[] = { { LANE_REST, false, 40, 1000000, 0, 0, 0, 0 } };
	struct world world;

	(void)state;
	run(&world, crowds, 1, 0);
	assert_int_equal(crowds[0].in_time, crowds[0].asked);
	end(&world);
}

/* A hundred places of a range, most of them given away again without use: that says nothing of how long places are held. */
static void places_that_were_not_used_teach_nothing(void **state)
{
	struct admission_settings settings = { { 1, 1, 1 }, 0, 8, ADMISSION_PATIENCE_US };
	struct admission admission;
	struct admission_entry entry = { 0 }, *pushed_out;

	(void)state;
	admission_init(&admission, &settings, 1);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(admission_ask(&admission, &entry, &pushed_out), ADMISSION_GO);
		admission_done(&admission, &entry, i ? 0 : 400000);
	}
	assert_true(admission.held_us == 400000);
	admission_free_queues(&admission);
}

/* A flood of clients that hang up before the answer begins: an answer takes no less for it, and what would be late is still refused. What takes long is. */
static void who_hangs_up_hides_nothing(void **state)
{
	struct admission_settings settings = { { 1, 1, 1 }, 0, 64, ADMISSION_PATIENCE_US };
	struct admission admission;
	struct admission_entry entries[8] = { 0 }, *pushed_out;
	unsigned refused = 0;

	(void)state;
	admission_init(&admission, &settings, 1);
	assert_int_equal(admission_ask(&admission, entries, &pushed_out), ADMISSION_GO);
	admission_break_off(&admission, entries, 1000);
	assert_true(admission.held_us == 0);  /* the first would be all that is known */
	assert_int_equal(admission_ask(&admission, entries, &pushed_out), ADMISSION_GO);
	admission_done(&admission, entries, 400000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(admission_ask(&admission, entries, &pushed_out), ADMISSION_GO);
		admission_break_off(&admission, entries, 1000);
	}
	assert_true(admission.held_us == 400000);
	for (unsigned i = 0; i < 8; i++)
		refused += admission_ask(&admission, &entries[i], &pushed_out) == ADMISSION_REFUSE;
	assert_int_equal(refused, 8 - 5);  /* one at work, and four who are in time behind it */
	admission_break_off(&admission, entries, 2000000);
	assert_true(admission.held_us > 400000);
	while (admission_waiting(&admission))
		admission_break_off(&admission, admission_next(&admission), 0);
	assert_int_equal(admission_at_work(&admission), 0);
	admission_free_queues(&admission);
}

/* The end of a slow upload is at work whether or not there is a place for it, and the next ones wait. */
static void who_comes_back_is_counted(void **state)
{
	struct admission_settings settings = { { 1, 1, 1 }, 0, 8, ADMISSION_PATIENCE_US };
	struct admission admission;
	struct admission_entry upload = { 0 }, one = { 0 }, other = { 0 }, *pushed_out;

	(void)state;
	admission_init(&admission, &settings, 1);
	assert_int_equal(admission_ask(&admission, &upload, &pushed_out), ADMISSION_GO);
	admission_done(&admission, &upload, 0);
	assert_int_equal(admission_ask(&admission, &one, &pushed_out), ADMISSION_GO);
	admission_come_back(&admission, &upload);
	assert_int_equal(admission_at_work(&admission), 2);
	assert_int_equal(admission_ask(&admission, &other, &pushed_out), ADMISSION_WAIT);
	assert_int_equal(admission_waiting(&admission), 1);
	admission_done(&admission, &one, 1000);
	assert_null(admission_next(&admission));
	admission_done(&admission, &upload, 1000);
	assert_ptr_equal(admission_next(&admission), &other);
	admission_free_queues(&admission);
}

static struct admission_entry watched(enum lane lane)
{
	return (struct admission_entry){ .entry = { .source = lane, .lane = lane }, .is_observed = true };
}

/* Everybody goes, and is told what he would have been told: strangers behind one another, and who is known before all of them. */
static void who_is_observed_goes_whatever_he_is_told(void **state)
{
	struct admission_settings settings = { { 2, 2, 2 }, 0, 8, ADMISSION_PATIENCE_US };
	struct admission_entry stranger = watched(LANE_PLAUSIBLE), known = watched(LANE_KNOWN);
	static const enum admission_answer expected[] = {
		ADMISSION_GO, ADMISSION_GO, ADMISSION_WAIT, ADMISSION_WAIT, ADMISSION_WAIT, ADMISSION_REFUSE, ADMISSION_REFUSE,
	};
	struct admission admission;

	(void)state;
	admission_init(&admission, &settings, 1);
	admission.within_us = 700000;
	for (unsigned i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		admission.held_us = 350000 * (i > 2 ? i : 2);  /* what is too much queues in the origin, and the work of one stays the same */
		assert_int_equal(admission_observe(&admission, &stranger), expected[i]);
		assert_int_equal(admission_at_work(&admission), i + 1);
		assert_int_equal(admission_keeps_waiting(&admission), i > 0);
	}
	assert_int_equal(admission_waiting(&admission), 0);
	assert_int_equal(admission_observe(&admission, &known), ADMISSION_WAIT);
	assert_true(admission_wait_us(&admission, &known) < 700000 && admission_wait_us(&admission, &stranger) > 1400000);
	admission_done(&admission, &known, 0);
	for (unsigned i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		admission_done(&admission, &stranger, 0);
	assert_int_equal(admission_at_work(&admission), 0);
	assert_int_equal(admission_observe(&admission, &stranger), ADMISSION_GO);
	assert_false(admission_keeps_waiting(&admission));
	admission_free_queues(&admission);
}

/* An origin that two sites share: one acts, the other observes. What is at work is at work, and who comes waits for it. */
static void others_wait_for_those_who_are_observed(void **state)
{
	struct admission_settings settings = { { 2, 2, 2 }, 0, 8, ADMISSION_PATIENCE_US };
	struct admission_entry first = watched(LANE_REST), citizen = { .entry = { .source = 7, .lane = LANE_KNOWN } }, *pushed_out;
	struct admission admission;

	(void)state;
	admission_init(&admission, &settings, 1);
	admission.held_us = 100000;
	admission.within_us = 40000;
	for (unsigned i = 0; i < 5; i++) {
		enum admission_answer answer = admission_observe(&admission, &first);

		assert_int_equal(answer, i < 2 ? ADMISSION_GO : ADMISSION_WAIT);
	}
	assert_int_equal(admission_wait_us(&admission, &citizen), 4 * 100000 / 5);
	assert_int_equal(admission_ask(&admission, &citizen, &pushed_out), ADMISSION_WAIT);
	for (unsigned i = 0; i < 3; i++) {
		admission_done(&admission, &first, 0);
		assert_null(admission_next(&admission));
	}
	admission_done(&admission, &first, 0);
	assert_ptr_equal(admission_next(&admission), &citizen);
	admission_done(&admission, &citizen, 0);
	admission_done(&admission, &first, 0);
	admission_free_queues(&admission);
}

/* An origin that could do more than it is given does it: what counts is what it would have been given. */
static void a_limit_below_what_it_can_is_reckoned_with(void **state)
{
	struct admission_settings settings = { { 1, 1, 1 }, 0, 64, ADMISSION_PATIENCE_US };
	struct admission_entry stranger = watched(LANE_PLAUSIBLE);
	struct admission admission;
	unsigned refused = 0;

	(void)state;
	admission_init(&admission, &settings, 1);
	assert_int_equal(admission_observe(&admission, &stranger), ADMISSION_GO);
	admission_done(&admission, &stranger, 400000);
	for (unsigned i = 0; i < 12; i++)
		refused += admission_observe(&admission, &stranger) == ADMISSION_REFUSE;
	assert_int_equal(refused, 12 - 5);  /* five of 0.4 s each are in time */
	for (unsigned i = 0; i < 12; i++)
		admission_done(&admission, &stranger, 400000);
	admission_free_queues(&admission);
}

/* Priority routes are observed too, each in its own places. */
static void priority_is_observed(void **state)
{
	struct admission_settings settings = { { 4, 4, 4 }, 2, 8, ADMISSION_PATIENCE_US };
	struct admission_entry ordinary = watched(LANE_PLAUSIBLE), urgent = watched(LANE_PLAUSIBLE);
	struct admission admission;

	(void)state;
	urgent.is_priority = true;
	admission_init(&admission, &settings, 1);
	admission.held_us = 100000;
	assert_int_equal(admission_observe(&admission, &ordinary), ADMISSION_GO);
	assert_int_equal(admission_observe(&admission, &ordinary), ADMISSION_GO);
	assert_int_equal(admission_observe(&admission, &ordinary), ADMISSION_WAIT);
	assert_int_equal(admission_observe(&admission, &urgent), ADMISSION_GO);
	assert_int_equal(admission_observe(&admission, &urgent), ADMISSION_WAIT);
	for (unsigned i = 0; i < 3; i++)
		admission_done(&admission, &ordinary, 0);
	admission_done(&admission, &urgent, 0);
	admission_done(&admission, &urgent, 0);
	assert_int_equal(admission_at_work(&admission), 0);
	admission_free_queues(&admission);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_citizens_do_not_notice_a_flood),
		cmocka_unit_test(one_lane_is_fair),
		cmocka_unit_test(what_would_be_late_is_refused_at_once),
		cmocka_unit_test(priority_routes_have_their_places),
		cmocka_unit_test(priority_has_lanes_too),
		cmocka_unit_test(a_calm_day_waits_for_nobody),
		cmocka_unit_test(places_that_were_not_used_teach_nothing),
		cmocka_unit_test(who_hangs_up_hides_nothing),
		cmocka_unit_test(who_comes_back_is_counted),
		cmocka_unit_test(who_is_observed_goes_whatever_he_is_told),
		cmocka_unit_test(others_wait_for_those_who_are_observed),
		cmocka_unit_test(a_limit_below_what_it_can_is_reckoned_with),
		cmocka_unit_test(priority_is_observed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
