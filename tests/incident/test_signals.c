#include "../base/check.h"
#include "incident/signals.h"

struct site {
	struct signals signals;
	struct draws draws;
	unsigned ups;           /* how often a signal went up */
};

static void second(struct site *site, uint64_t refused, uint64_t asked, uint64_t failed)
{
	bool was_scanned = signals_is_scanned(&site->signals), was_failing = site->signals.is_failing;

	signals_second(&site->signals, refused, asked, failed, true);  /* what is unusual must not be learned even so */
	site->ups += !was_scanned && signals_is_scanned(&site->signals);
	site->ups += !was_failing && site->signals.is_failing;
}

/* Nearly every minute a bot or two knock at doors: now and then one of them for a while. */
static void noise(struct site *site, unsigned seconds)
{
	uint64_t bots = 1;

	for (unsigned i = 0; i < seconds; i++) {
		bots = draw_below(&site->draws, 300) == 0 ? draw_below(&site->draws, 3) : bots;
		second(site, draw_below(&site->draws, 20) < bots, 20 + draw_below(&site->draws, 10), draw_below(&site->draws, 200) == 0);
	}
}

static void noise_raises_nothing(void **unused)
{
	struct site site = { .draws = { 3 } };

	(void)unused;
	noise(&site, 14 * 86400);
	assert_int_equal(site.ups, 0);
}

/* About as many as would be an attack, for an hour. */
static void what_is_near_the_bound_does_not_flap(void **unused)
{
	struct site site = { .draws = { 8 } };

	(void)unused;
	noise(&site, 3600);
	for (unsigned i = 0; i < 3600; i++)
		second(&site, draw_below(&site.draws, 100) < 100, 30, 0);
	assert_int_equal(site.ups, 1);
	for (unsigned i = 0; i < 3600; i++)
		second(&site, draw_below(&site.draws, 100) < 85, 30, 0);
	assert_int_equal(site.ups, 1);
	assert_true(signals_is_scanned(&site.signals));
}

static void a_scan_is_seen_within_a_minute_and_over_within_two(void **unused)
{
	struct site site = { .draws = { 4 } };
	unsigned after = 0;

	(void)unused;
	noise(&site, 86400);
	for (unsigned i = 0; i < 60; i++)
		second(&site, 20, 30, 0);
	assert_true(signals_is_scanned(&site.signals));
	for (unsigned i = 0; i < 3600; i++)
		second(&site, 20, 30, 0);
	assert_true(signals_is_scanned(&site.signals));  /* an hour of it is not what is usual */
	for (; signals_is_scanned(&site.signals) && after < 1000; after++)
		second(&site, 0, 30, 0);
	assert_true(after <= 60);
	assert_int_equal(site.ups, 1);
}

/* A site whose rules refuse two a second all day is not attacked by that; ten times as many are an attack. */
static void what_is_usual_is_of_the_site(void **unused)
{
	struct site site = { .draws = { 5 } };

	(void)unused;
	for (unsigned i = 0; i < 60; i++)
		signals_second(&site.signals, 0, 30, 0, true);
	/* It grows slowly, so that it may be learned. */
	for (unsigned i = 0; i < 2 * 86400; i++)
		second(&site, draw_below(&site.draws, 4) * (i > 600 * (1 + draw_below(&site.draws, 60)) ? 1 : 0), 30, 0);
	site.ups = 0;
	for (unsigned i = 0; i < 86400; i++)
		second(&site, draw_below(&site.draws, 4), 30, 0);
	assert_int_equal(site.ups, 0);
	for (unsigned i = 0; i < 60; i++)
		second(&site, 20, 30, 0);
	assert_int_equal(site.ups, 1);
}

/* Who knocks for three days without a break has become a part of the place. */
static void what_never_ends_becomes_usual(void **unused)
{
	struct site site = { .draws = { 6 } };
	unsigned up_for = 0;

	(void)unused;
	noise(&site, 3600);
	for (unsigned i = 0; i < 5 * 86400; i++) {
		second(&site, 3, 30, 0);
		up_for += signals_is_scanned(&site.signals);
	}
	assert_int_equal(site.ups, 1);
	assert_int_equal(up_for, SIGNALS_ACCEPT_S - 1);
	for (unsigned i = 0; i < 60; i++)
		second(&site, 30, 30, 0);
	assert_int_equal(site.ups, 2);
}

static void failing_takes_a_minute_and_ends_after_a_well_one(void **unused)
{
	struct site site = { 0 };
	unsigned count = 0;

	(void)unused;
	for (unsigned i = 0; i < 3600; i++)
		second(&site, 0, 10, 0);
	for (; !site.signals.is_failing && count < 1000; count++)
		second(&site, 0, 10, 10);
	assert_in_range(count, SIGNALS_FAILING_S, 2 * SIGNALS_FAILING_S);
	for (count = 0; site.signals.is_failing && count < 1000; count++)
		second(&site, 0, 10, 0);
	assert_in_range(count, SIGNALS_FAILING_S, 2 * SIGNALS_FAILING_S);
	assert_int_equal(site.ups, 1);
	/* Between the bounds it stays as it is. */
	for (unsigned i = 0; i < 3600; i++)
		second(&site, 0, 100, 10);
	assert_int_equal(site.ups, 1);
	/* A few requests say nothing. */
	for (unsigned i = 0; i < 3600; i++)
		second(&site, 0, i % 4 == 0, i % 4 == 0);
	assert_int_equal(site.ups, 1);
}

static void failures_that_come_and_go_do_not_flap(void **unused)
{
	struct site site = { .draws = { 9 } };

	(void)unused;
	for (unsigned i = 0; i < 86400; i++)
		second(&site, 0, 10, draw_below(&site.draws, 8));
	assert_int_equal(site.ups, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_raises_nothing),
		cmocka_unit_test(what_is_near_the_bound_does_not_flap),
		cmocka_unit_test(a_scan_is_seen_within_a_minute_and_over_within_two),
		cmocka_unit_test(what_is_usual_is_of_the_site),
		cmocka_unit_test(what_never_ends_becomes_usual),
		cmocka_unit_test(failing_takes_a_minute_and_ends_after_a_well_one),
		cmocka_unit_test(failures_that_come_and_go_do_not_flap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
