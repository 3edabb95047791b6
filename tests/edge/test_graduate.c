/* When a site moves from detect to block, with a clock of our own. */
#include "../base/check.h"

#include "edge/hits/graduate.h"

#define NOW 1800000000u
#define DAY 86400u

static struct graduation_facts at(uint32_t now_s)
{
	return (struct graduation_facts){ .now_s = now_s, .graduate_s = 7 * DAY, .notice_s = DAY, .visitors = 40 };
}

#define assert_news(graduation, facts, news) assert_int_equal(graduation_advance(&(graduation), &(facts)), (news))

static void seven_quiet_days(void **state)
{
	struct graduation site = { 0 };
	struct graduation_facts facts = at(NOW);

	(void)state;
	assert_news(site, facts, GRADUATION_BEGUN);
	assert_int_equal(graduation_due_s(&site, &facts), NOW + 7 * DAY);
	facts = at(NOW + 6 * DAY - 1);
	assert_news(site, facts, GRADUATION_SAME);
	facts = at(NOW + 6 * DAY);
	assert_news(site, facts, GRADUATION_ANNOUNCED);
	assert_int_equal(graduation_due_s(&site, &facts), NOW + 7 * DAY);
	assert_news(site, facts, GRADUATION_SAME);
	facts = at(NOW + 7 * DAY - 1);
	assert_news(site, facts, GRADUATION_SAME);
	facts = at(NOW + 7 * DAY);
	assert_news(site, facts, GRADUATION_MOVED);
	assert_int_equal(site.moved_s, NOW + 7 * DAY);
	assert_int_equal(graduation_due_s(&site, &facts), 0);
	facts.bad_s = facts.now_s + 1;
	assert_news(site, facts, GRADUATION_SAME);  /* from then on one rule goes back, never the site */
}

/* One who writes alone in a town puts nothing off; who looks is told. */
static void few_are_told(void **state)
{
	struct graduation site = { 0 };
	struct graduation_facts facts = at(NOW);

	(void)state;
	facts.few_s = NOW - 1;
	assert_news(site, facts, GRADUATION_BEGUN);
	assert_false(graduation_meets_few(&site, &facts));  /* that was before */
	facts = at(NOW + 6 * DAY);
	assert_false(graduation_meets_few(&site, &facts));
	facts.few_s = NOW + DAY;
	assert_false(graduation_meets_few(&site, &facts));  /* nobody of late */
	facts.few = 2;
	assert_true(graduation_meets_few(&site, &facts));
	assert_news(site, facts, GRADUATION_ANNOUNCED);
}

static void what_hits_citizens_puts_it_off(void **state)
{
	struct graduation site = { 0 };
	struct graduation_facts facts = at(NOW);

	(void)state;
	graduation_advance(&site, &facts);
	facts = at(NOW + 5 * DAY);
	facts.bad_s = NOW + 5 * DAY - 10;
	assert_news(site, facts, GRADUATION_SAME);
	assert_int_equal(graduation_due_s(&site, &facts), NOW + 12 * DAY - 10);
	facts = at(NOW + 11 * DAY);
	facts.bad_s = NOW + 5 * DAY - 10;
	assert_news(site, facts, GRADUATION_ANNOUNCED);
	facts = at(NOW + 11 * DAY + 60);
	facts.bad_s = NOW + 11 * DAY + 50;
	assert_news(site, facts, GRADUATION_PUT_OFF);
	facts = at(NOW + 12 * DAY);
	facts.bad_s = NOW + 11 * DAY + 50;
	assert_news(site, facts, GRADUATION_SAME);
	assert_int_equal(site.moved_s, 0);
}

/* A shield that was off on the day of the notice announces first, and moves a day later. */
static void never_without_notice(void **state)
{
	struct graduation site = { 0 };
	struct graduation_facts facts = at(NOW);

	(void)state;
	graduation_advance(&site, &facts);
	facts = at(NOW + 30 * DAY);
	assert_news(site, facts, GRADUATION_ANNOUNCED);
	assert_int_equal(site.moves_s, NOW + 31 * DAY);
	facts = at(NOW + 31 * DAY);
	assert_news(site, facts, GRADUATION_MOVED);
}

static void a_site_that_nobody_visits_stays(void **state)
{
	struct graduation site = { 0 };
	struct graduation_facts facts = at(NOW);

	(void)state;
	facts.visitors = GRADUATE_VISITORS - 1;
	graduation_advance(&site, &facts);
	facts.now_s += 60 * DAY;
	assert_news(site, facts, GRADUATION_SAME);
	assert_int_equal(graduation_due_s(&site, &facts), 0);
	assert_int_equal(graduation_earliest_s(&site, &facts), NOW + 61 * DAY);
	facts.visitors = GRADUATE_VISITORS;
	assert_news(site, facts, GRADUATION_ANNOUNCED);
	facts.visitors = 0;  /* another keeper counts anew; what was seen was seen */
	facts.now_s += DAY;
	assert_news(site, facts, GRADUATION_MOVED);
}

static void what_was_undone_stays_undone(void **state)
{
	struct graduation site = { .since_s = NOW, .visitors = 9, .undone_s = NOW };
	struct graduation_facts facts = at(NOW + 100 * DAY);

	(void)state;
	assert_news(site, facts, GRADUATION_SAME);
	assert_int_equal(site.moved_s, 0);
}

static void a_clock_that_was_set_back(void **state)
{
	struct graduation site = { .since_s = NOW + 100 * DAY, .visitors = 9 };
	struct graduation_facts facts = at(NOW);

	(void)state;
	graduation_advance(&site, &facts);
	assert_int_equal(site.since_s, NOW);
	assert_int_equal(graduation_due_s(&site, &facts), NOW + 7 * DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seven_quiet_days), cmocka_unit_test(few_are_told), cmocka_unit_test(what_hits_citizens_puts_it_off), cmocka_unit_test(never_without_notice),
		cmocka_unit_test(a_site_that_nobody_visits_stays), cmocka_unit_test(what_was_undone_stays_undone),
		cmocka_unit_test(a_clock_that_was_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
