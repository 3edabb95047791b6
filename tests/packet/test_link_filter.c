/* The filter's own drops, by drivers that count them as drivers do, and by news that are a little old. */
#include "../base/check.h"

#include <string.h>

#include "packet/carrier/link_filter.h"

#include "base/banned.h"

#define MBIT 1000000u

enum driver { COUNTS_DROPS, COUNTS_PACKETS, COUNTS_NOTHING };   /* virtio_net; veth, or generic; mlx5 */

/* One line, second by second: what comes, what the filter takes of it, what the interface loses, and news that are up to a second old. */
struct road {
	enum driver driver;
	struct link link;
	struct link_filter filter;
	struct link_reading now;
	struct packet_count counts[PACKET_REASON_COUNT], told[PACKET_REASON_COUNT];
	bool is_observing, has_filter, is_told_late;
	unsigned worst;
};

static void road_init(struct road *road, enum driver driver, bool is_told_late)
{
	static const struct link_limits limits = { .capacity = 1000ull * MBIT, .filling = 70, .full = 95, .window_ms = 10000 };

	*road = (struct road){ .driver = driver, .has_filter = true, .is_told_late = is_told_late, .now = { .at_ms = 5000 } };
	link_init(&road->link, &limits);
}

static void come(struct packet_count *count, uint64_t packets)
{
	count->packets += packets;
	count->bytes += packets * 1000;
}

static void read_it(struct road *road)
{
	struct link_filter_counts own = link_filter_sum(road->told, road->is_observing);
	struct link_reading reading = road->now;

	link_filter_correct(&road->filter, road->has_filter ? &own : NULL, &reading);
	(void)link_take(&road->link, &reading);
	road->worst = road->link.state > road->worst ? road->link.state : road->worst;
}

/* SECONDS of so many good packets, so many that the filter drops (nine in ten; it answers one), and so many that the interface loses. */
static void drive(struct road *road, unsigned seconds, uint64_t good_s, uint64_t bad_s, uint64_t lost_s)
{
	for (unsigned i = 0; i < seconds; i++) {
		uint64_t kept = road->is_observing || !road->has_filter || road->driver != COUNTS_NOTHING ? good_s + bad_s : good_s;

		if (road->is_told_late)
			memcpy(road->told, road->counts, sizeof(road->told));   /* a second ago */
		come(&road->counts[PACKET_PASSED], good_s);
		come(&road->counts[PACKET_REFLECTED], bad_s - bad_s / 10);
		come(&road->counts[PACKET_COOKIE_SENT], bad_s / 10);
		if (!road->is_told_late)
			memcpy(road->told, road->counts, sizeof(road->told));
		road->now.at_ms += 1000;
		road->now.packets += kept;
		road->now.bytes += kept * 1000;
		road->now.drops += lost_s + (road->driver == COUNTS_DROPS && !road->is_observing && road->has_filter ? bad_s - bad_s / 10 : 0);
		read_it(road);
	}
}

/* An attack comes, goes on, and goes; half of the line is not full. */
static void a_filter_that_works(void **state)
{
	(void)state;
	for (unsigned driver = COUNTS_DROPS; driver <= COUNTS_NOTHING; driver++) {
		for (unsigned late = 0; late < 2; late++) {
			struct road road;

			road_init(&road, (enum driver)driver, late);
			drive(&road, 45, 1000, 5, 0);
			drive(&road, 75, 1000, 60000, 0);
			assert_int_equal(link_look(&road.link).drops_s, 0);
			assert_int_equal(link_look(&road.link).percent, 49);
			drive(&road, 45, 1000, 0, 0);
			drive(&road, 20, 1000, 60000, 0);
			drive(&road, 20, 1000, 30000, 0);
			if (road.worst != LINK_QUIET)
				fail_msg("driver %u, news late %u: the line is said to be %s, with %llu drops", driver, late, link_state_name(road.worst),
				         (unsigned long long)road.filter.drops);
		}
	}
}

/* What the interface loses besides is seen, whatever the filter drops. */
static void a_line_that_loses(void **state)
{
	(void)state;
	for (unsigned driver = COUNTS_DROPS; driver <= COUNTS_NOTHING; driver++) {
		for (unsigned late = 0; late < 2; late++) {
			struct road road;

			road_init(&road, (enum driver)driver, late);
			drive(&road, 45, 1000, 5, 0);
			drive(&road, 45, 1000, 60000, 6000);
			assert_in_range(link_look(&road.link).drops_s, 5000, 6200);
			assert_int_equal(road.link.state, LINK_FULL);
		}
	}
}

/* More than the filter drops, and for longer than one looks at the driver: what it was seen to count, it counts still. */
static void a_line_that_loses_more_and_long(void **state)
{
	(void)state;
	for (unsigned driver = COUNTS_DROPS + 1; driver <= COUNTS_NOTHING; driver++) {
		struct road road;

		road_init(&road, (enum driver)driver, false);
		drive(&road, 45, 1000, 5, 0);
		drive(&road, 3 * LINK_FILTER_READINGS, 1000, 60000, 54500);
		assert_in_range(link_look(&road.link).drops_s, 54000, 55000);
		assert_int_equal(road.link.state, LINK_FULL);
	}
}

/* A gigabit of what the filter drops fills the line, where the driver has not counted a packet of it. */
static void a_full_line_is_full(void **state)
{
	(void)state;
	for (unsigned driver = COUNTS_DROPS; driver <= COUNTS_NOTHING; driver++) {
		struct road road;

		road_init(&road, (enum driver)driver, true);
		drive(&road, 20, 1000, 5, 0);
		drive(&road, 40, 1000, 121000, 0);
		assert_int_equal(link_look(&road.link).percent, 99);
		assert_int_equal(link_look(&road.link).packets_s, 122000);
		assert_int_equal(road.link.state, LINK_FULL);
	}
}

static void without_a_filter(void **state)
{
	struct road road;

	(void)state;
	road_init(&road, COUNTS_PACKETS, false);
	road.has_filter = false;
	drive(&road, 20, 10000, 0, 300);
	assert_int_equal(link_look(&road.link).drops_s, 300);
	assert_int_equal(road.link.state, LINK_FILLING);
}

/* It only observes, then drops, is taken off, and comes back with counters of zero: nothing of that is the line's. */
static void it_changes(void **state)
{
	struct road road;

	(void)state;
	road_init(&road, COUNTS_DROPS, true);
	road.is_observing = true;
	drive(&road, 40, 1000, 20000, 0);
	road.is_observing = false;
	drive(&road, 40, 1000, 20000, 0);
	road.is_observing = true;
	drive(&road, 5, 1000, 20000, 0);
	road.has_filter = false;
	drive(&road, 40, 1000, 20000, 0);
	memset(road.counts, 0, sizeof(road.counts));
	road.has_filter = true;
	road.is_observing = false;
	drive(&road, 5, 1000, 0, 0);
	drive(&road, 40, 1000, 20000, 0);
	assert_true(road.worst == LINK_QUIET && road.filter.drops == 0);
}

/* Taken off, and nobody says so: its counters stand still. */
static void it_falls_silent(void **state)
{
	struct road road;

	(void)state;
	road_init(&road, COUNTS_DROPS, false);
	drive(&road, 20, 1000, 20000, 0);
	for (unsigned i = 0; i < 20; i++) {
		road.now.at_ms += 1000;
		road.now.packets += 10000;
		road.now.drops += 600;
		read_it(&road);
	}
	assert_int_equal(road.link.state, LINK_FULL);
	assert_int_equal(link_look(&road.link).drops_s, 600);
}

/* The interface was made anew. */
static void counters_go_back(void **state)
{
	struct road road;

	(void)state;
	road_init(&road, COUNTS_NOTHING, false);
	drive(&road, 40, 1000, 20000, 400);
	road.now.packets = road.now.bytes = road.now.drops = 0;
	drive(&road, 40, 1000, 20000, 400);
	assert_int_equal(link_look(&road.link).drops_s, 400);
	assert_int_equal(link_look(&road.link).packets_s, 21000);
}

static void summed(void **state)
{
	struct packet_count counts[PACKET_REASON_COUNT] = {
		[PACKET_PASSED] = { 1, 10 }, [PACKET_FAILED] = { 2, 20 }, [PACKET_COOKIE_SENT] = { 4, 40 }, [PACKET_BANNED] = { 8, 80 }, [PACKET_OVER_BUDGET] = { 16, 160 },
	};
	struct link_filter_counts sum = link_filter_sum(counts, false);

	(void)state;
	assert_true(sum.seen == 31 && sum.dropped == 24 && sum.taken == 28 && sum.taken_bytes == 280);
	sum = link_filter_sum(counts, true);
	assert_true(sum.seen == 31 && sum.dropped == 0 && sum.taken == 0 && sum.taken_bytes == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_that_works), cmocka_unit_test(a_line_that_loses),
		cmocka_unit_test(a_line_that_loses_more_and_long), cmocka_unit_test(a_full_line_is_full), cmocka_unit_test(without_a_filter),
		cmocka_unit_test(it_changes), cmocka_unit_test(it_falls_silent), cmocka_unit_test(counters_go_back), cmocka_unit_test(summed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
