/* When the line counts as filling, as full, and as calm again: by a clock of our own. */
#include "../base/check.h"

#include "packet/carrier/link.h"

#include "base/banned.h"

#define MBIT 1000000u

static const struct link_limits limits = { .capacity = 1000ull * MBIT, .filling = 70, .full = 95, .window_ms = 10000 };

struct road {
	struct link link;
	struct link_reading now;
	unsigned changes;
};

static void road_init(struct road *road)
{
	*road = (struct road){ .now = { .at_ms = 5000 } };
	link_init(&road->link, &limits);
	assert_false(link_take(&road->link, &road->now));
}

/* SECONDS of so much. */
static void drive(struct road *road, unsigned seconds, uint64_t bits_s, uint64_t packets_s, uint64_t drops_s)
{
	for (unsigned i = 0; i < seconds * 4; i++) {
		road->now.at_ms += 250;
		road->now.bytes += bits_s / 8 / 4;
		road->now.packets += packets_s / 4;
		road->now.drops += drops_s / 4;
		road->changes += link_take(&road->link, &road->now);
	}
}

static void nothing_at_first(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	assert_int_equal(link_look(&road.link).over_ms, 0);
	road.now.at_ms += 500;
	road.now.bytes += 1u << 30;
	assert_false(link_take(&road.link, &road.now));
	assert_int_equal(road.link.state, LINK_QUIET);
}

static void seventy_percent(void **state)
{
	struct road road;
	uint64_t since_ms;

	(void)state;
	road_init(&road);
	drive(&road, 30, 690 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_QUIET && road.changes == 0);
	assert_int_equal(link_look(&road.link).percent, 69);
	drive(&road, 12, 720 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FILLING && road.changes == 1);
	assert_in_range(link_look(&road.link).bits_s, 719 * MBIT, 721 * MBIT);
	assert_in_range(link_look(&road.link).over_ms, 10000, 10500);
	since_ms = road.link.since_ms;
	drive(&road, 12, 960 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FULL && road.changes == 2 && since_ms && road.link.since_ms == since_ms);
}

/* At once: a burst that fills the window is seen within it, whatever came before. */
static void quick_up(void **state)
{
	struct road road;
	unsigned seconds = 0;

	(void)state;
	road_init(&road);
	drive(&road, 60, 100 * MBIT, 10000, 0);
	for (; road.link.state != LINK_FULL && seconds < 20; seconds++)
		drive(&road, 1, 1000 * MBIT, 10000, 0);
	assert_in_range(seconds, 8, 10);
}

static void slow_down(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	drive(&road, 15, 1000 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FULL);
	drive(&road, 300, 800 * MBIT, 10000, 0);   /* under 95 and over four fifths of it */
	assert_true(road.link.state == LINK_FULL && road.changes == 1);
	drive(&road, 34, 700 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FULL);
	drive(&road, 8, 700 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FILLING && road.changes == 2);
	drive(&road, 20, 100 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FILLING);
	drive(&road, 8, 1000 * MBIT, 10000, 0);    /* a gap in the calm: it begins anew */
	drive(&road, 30, 100 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FILLING);
	drive(&road, 12, 100 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_QUIET && road.changes == 3);
}

/* Back and forth over the threshold: one change, not sixty. */
static void no_flapping(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	for (unsigned i = 0; i < 60; i++)
		drive(&road, 10, i % 2 ? 680 * MBIT : 740 * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_FILLING && road.changes == 1);
}

static void drops(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	drive(&road, 20, 10 * MBIT, 1000, 8);       /* a switch's chatter */
	assert_true(road.link.state == LINK_QUIET && link_look(&road.link).drops_s == 8 && link_look(&road.link).dropped == 0);
	drive(&road, 12, 10 * MBIT, 100000, 400);
	assert_true(road.link.state == LINK_FILLING && link_look(&road.link).dropped == 3);
	drive(&road, 12, 10 * MBIT, 100000, 8000);
	assert_true(road.link.state == LINK_FULL);
}

static void no_capacity(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	road.link.limits.capacity = 0;
	drive(&road, 20, 100000ull * MBIT, 10000, 0);
	assert_true(road.link.state == LINK_QUIET && link_look(&road.link).percent == 0);
	drive(&road, 12, 10 * MBIT, 100000, 400);
	assert_true(road.link.state == LINK_FILLING);
}

/* The interface was made anew, or the clock was: a new window, not an enormous rate. */
static void counters_go_back(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	drive(&road, 20, 500 * MBIT, 10000, 0);
	road.now.bytes = 1000;
	road.now.at_ms += 250;
	assert_false(link_take(&road.link, &road.now));
	assert_int_equal(link_look(&road.link).over_ms, 0);
	drive(&road, 5, 500 * MBIT, 10000, 0);
	assert_in_range(link_look(&road.link).percent, 49, 50);
	road.now.at_ms -= 3000;
	assert_false(link_take(&road.link, &road.now));
	assert_int_equal(link_look(&road.link).over_ms, 0);
}

/* However often it is read: the window stays what it is. */
static void frequent_readings(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	for (unsigned i = 0; i < 30000; i++) {
		road.now.at_ms += 1;
		road.now.bytes += 250 * MBIT / 8 / 1000;
		road.now.packets += 10;
		(void)link_take(&road.link, &road.now);
	}
	assert_in_range(link_look(&road.link).over_ms, 9500, 10500);
	assert_in_range(link_look(&road.link).percent, 24, 25);
	assert_true(road.link.count <= LINK_READINGS);
}

/* A million small packets a second: a fifth of the line is what stands around them. */
static void around_packets(void **state)
{
	struct road road;

	(void)state;
	road_init(&road);
	drive(&road, 12, 520 * MBIT, 1000000, 0);
	assert_int_equal(link_look(&road.link).percent, 71);
	assert_int_equal(road.link.state, LINK_FILLING);
}

/* A message about three seconds has the line of three seconds, whatever its window is. */
static void between_two(void **state)
{
	struct link_reading first = { .at_ms = 1000, .bytes = 1000, .packets = 5, .sent_bytes = 0 }, last = first;
	struct link_view view;

	(void)state;
	last.at_ms += 3000;
	last.bytes += 3 * 500 * MBIT / 8;
	last.sent_bytes += 3 * 20 * MBIT / 8;
	last.packets += 30000;
	last.drops += 300;
	view = link_between(&limits, &first, &last);
	assert_true(view.over_ms == 3000 && view.bits_s == 500 * MBIT && view.sent_bits_s == 20 * MBIT && view.packets_s == 10000 && view.drops_s == 100 && view.percent == 50);
	assert_int_equal(link_between(&limits, &last, &first).over_ms, 0);
	last.at_ms = first.at_ms + 899;
	assert_int_equal(link_between(&limits, &first, &last).over_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_at_first), cmocka_unit_test(seventy_percent), cmocka_unit_test(quick_up), cmocka_unit_test(slow_down),
		cmocka_unit_test(no_flapping), cmocka_unit_test(drops), cmocka_unit_test(no_capacity), cmocka_unit_test(counters_go_back),
		cmocka_unit_test(frequent_readings), cmocka_unit_test(around_packets), cmocka_unit_test(between_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
