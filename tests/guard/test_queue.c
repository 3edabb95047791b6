/* Lanes in their order, sources in turn, whatever comes and goes. */
#include <stdlib.h>

#include "base/check.h"
#include "guard/queue.h"

static enum result add(struct queue *queue, struct queue_entry *entry, enum lane lane, uint64_t source)
{
	struct queue_entry *pushed_out;

	*entry = (struct queue_entry){ .lane = lane, .source = source };
	return queue_add(queue, entry, &pushed_out);
}

static void better_lanes_go_first(void **state)
{
	struct queue queue;
	struct queue_entry entries[LANE_COUNT];

	(void)state;
	queue_init(&queue, 100);
	assert_null(queue_take(&queue));
	for (unsigned lane = LANE_COUNT; lane-- > 0;)
		assert_int_equal(add(&queue, &entries[lane], (enum lane)lane, 7), RESULT_OK);
	for (unsigned lane = 0; lane < LANE_COUNT; lane++)
		assert_ptr_equal(queue_take(&queue), &entries[lane]);
	assert_null(queue_take(&queue));
	queue_done(&queue);
}

/* One source with fifty requests, and then one with a single one: it waits for the turn that is under way, not for fifty. */
static void sources_take_turns(void **state)
{
	struct queue queue;
	struct queue_entry greedy[50], other, late;

	(void)state;
	queue_init(&queue, 100);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(add(&queue, &greedy[i], LANE_REST, 1), RESULT_OK);
	assert_int_equal(queue_ahead(&queue, LANE_REST, 1), 50);
	assert_int_equal(queue_ahead(&queue, LANE_REST, 2), 2);
	assert_int_equal(add(&queue, &other, LANE_REST, 2), RESULT_OK);
	assert_ptr_equal(queue_take(&queue), &greedy[0]);
	assert_ptr_equal(queue_take(&queue), &other);
	for (unsigned i = 1; i < 40; i++)
		assert_ptr_equal(queue_take(&queue), &greedy[i]);
	assert_int_equal(add(&queue, &late, LANE_REST, 3), RESULT_OK);  /* gets no turns for the time in which it did not ask */
	assert_ptr_equal(queue_take(&queue), &greedy[40]);
	assert_ptr_equal(queue_take(&queue), &late);
	queue_done(&queue);
}

/* Shares of a queue that is always full: of a hundred sources, each as greedy as it likes, all are served alike. */
static void greed_does_not_pay(void **state)
{
	enum { SOURCES = 100, SERVED = 20000 };
	struct queue queue;
	struct queue_entry *entries = calloc(QUEUE_MAX, sizeof(*entries)), *taken;
	unsigned served[SOURCES] = { 0 }, count = 0;
	struct draws draws = { 1 };

	(void)state;
	queue_init(&queue, QUEUE_MAX);
	for (; count < 2000; count++)
		assert_int_equal(add(&queue, &entries[count], LANE_PLAUSIBLE, count % 10 ? draw_below(&draws, 3) : draw_below(&draws, SOURCES)), RESULT_OK);
	for (unsigned i = 0; i < SERVED; i++) {
		taken = queue_take(&queue);
		served[taken->source]++;
		assert_int_equal(add(&queue, taken, LANE_PLAUSIBLE, taken->source), RESULT_OK);
	}
	for (unsigned i = 0; i < SOURCES; i++)
		assert_true(served[i] == 0 || (served[i] >= SERVED / SOURCES * 9 / 10 && served[i] <= SERVED / SOURCES * 13 / 10));
	queue_done(&queue);
	free(entries);
}

static void a_better_lane_takes_the_place_of_a_worse_one(void **state)
{
	struct queue queue;
	struct queue_entry entries[4], *pushed_out;

	(void)state;
	queue_init(&queue, 2);
	assert_int_equal(add(&queue, &entries[0], LANE_PLAUSIBLE, 1), RESULT_OK);
	assert_int_equal(add(&queue, &entries[1], LANE_REST, 2), RESULT_OK);
	assert_int_equal(add(&queue, &entries[2], LANE_REST, 3), RESULT_LIMIT);
	assert_false(entries[2].is_waiting);
	entries[3] = (struct queue_entry){ .lane = LANE_KNOWN, .source = 4 };
	assert_int_equal(queue_add(&queue, &entries[3], &pushed_out), RESULT_OK);
	assert_ptr_equal(pushed_out, &entries[1]);
	assert_false(entries[1].is_waiting);
	assert_int_equal(queue.count, 2);
	queue_remove(&queue, &entries[1]);  /* and nothing happens */
	assert_ptr_equal(queue_take(&queue), &entries[3]);
	assert_ptr_equal(queue_take(&queue), &entries[0]);
	queue_done(&queue);
}

/* Any order of coming, giving up and being served: a plain list of the same says who is next. */
static struct queue_entry *find_next(struct queue_entry *entries, unsigned count)
{
	struct queue_entry *next = NULL;

	for (unsigned i = 0; i < count; i++) {
		struct queue_entry *entry = &entries[i];

		if (!entry->is_waiting)
			continue;
		if (!next || entry->lane < next->lane || (entry->lane == next->lane && (entry->tag < next->tag ||
		    (entry->tag == next->tag && entry->number < next->number))))
			next = entry;
	}
	return next;
}

static void any_order_of_events(void **state)
{
	enum { COUNT = 300 };
	static struct queue_entry entries[COUNT];
	struct draws draws = { 5 };
	struct queue queue;

	(void)state;
	queue_init(&queue, COUNT);
	for (unsigned i = 0; i < 100000; i++) {
		struct queue_entry *entry = &entries[draw_below(&draws, COUNT)], *next;
		uint64_t what = draw_below(&draws, 5);

		if (what < 2 && !entry->is_waiting)
			assert_int_equal(add(&queue, entry, (enum lane)draw_below(&draws, LANE_COUNT), draw_below(&draws, 20)), RESULT_OK);
		else if (what == 2)
			queue_remove(&queue, entry);
		else if (what == 3) {
			next = find_next(entries, COUNT);
			assert_ptr_equal(queue_take(&queue), next);
		} else if (i % 1000 == 0)
			queue_release(&queue);
	}
	queue_done(&queue);
}

/* Nobody is told a shorter wait than he has: who comes is served after at most so many others, as long as nobody better comes. */
static void what_is_ahead_is_an_upper_bound(void **state)
{
	enum { COUNT = 500 };
	static struct queue_entry entries[COUNT], mine;
	struct draws draws = { 9 };

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		enum lane lane = (enum lane)draw_below(&draws, LANE_COUNT);
		unsigned count = (unsigned)draw_below(&draws, COUNT), ahead, before = 0;
		struct queue queue;

		queue_init(&queue, COUNT + 1);
		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(add(&queue, &entries[i], (enum lane)draw_below(&draws, LANE_COUNT), draw_below(&draws, 30)), RESULT_OK);
			if (i % 4 == 3)
				queue_take(&queue);
		}
		ahead = queue_ahead(&queue, lane, 15);
		assert_int_equal(add(&queue, &mine, lane, 15), RESULT_OK);
		while (queue_take(&queue) != &mine)
			before++;
		assert_true(before <= ahead + ahead / 8);
		queue_done(&queue);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(better_lanes_go_first),
		cmocka_unit_test(sources_take_turns),
		cmocka_unit_test(greed_does_not_pay),
		cmocka_unit_test(a_better_lane_takes_the_place_of_a_worse_one),
		cmocka_unit_test(any_order_of_events),
		cmocka_unit_test(what_is_ahead_is_an_upper_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
