/* Who sleeps is told in the morning, and where nobody answers the next are. */
#include "alert_deciding.h"

/* -- quiet hours -- */

static void quiet_hours_hold_over_midnight_and_end_in_a_digest(void **unused)
{
	struct incident *attack;

	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	test_plan_make();
	stage_begin();
	now_s = NOON + 10 * HOUR - 1;  /* 21:59:59 */
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 1);
	stage_pass(1);
	decide_incident(decide, test_attack(2, SEVERITY_HIGH, now_s), now_s);
	stage_minutes(5 * 60);  /* 03:00 */
	decide_incident(decide, test_attack(3, SEVERITY_HIGH, now_s), now_s);
	stage_restart();
	assert_int_equal(count, 1);
	decide_incident(decide, test_attack(4, SEVERITY_CRITICAL, now_s), now_s);
	assert_int_equal(count, 2);
	assert_int_equal(told[1].severity, SEVERITY_CRITICAL);
	stage_minutes(4 * 60 - 1);
	assert_int_equal(count, 2);
	stage_minutes(1);  /* 07:00 */
	assert_int_equal(count, 3);
	assert_int_equal(told[2].kind, ALERT_DIGEST);
	assert_int_equal(told[2].held_count, 2);
	stage_minutes(60);
	assert_int_equal(count, 3);
}

static void what_becomes_critical_at_night_is_told_at_night(void **unused)
{
	struct incident *attack;

	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	test_plan_make();
	stage_begin();
	now_s = NOON + 12 * HOUR;
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 0);
	attack->severity = SEVERITY_CRITICAL;
	decide_incident(decide, attack, now_s + 60);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].kind, ALERT_WORSE);
}

/* -- escalation -- */

static void nobody_answers_and_the_next_are_told(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_escalate();
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].path, 0);
	stage_pass(15 * MINUTE - 1);
	assert_int_equal(count, 1);
	stage_restart();
	stage_pass(1);
	assert_int_equal(count, 2);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 1);
	stage_pass(15 * MINUTE);
	assert_int_equal(stage_count(2, ALERT_UNACKNOWLEDGED), 1);
	stage_pass(HOUR);
	assert_int_equal(count, 3);
	/* Who was told that nobody answers is told that it is over. */
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	assert_int_equal(stage_count(0, ALERT_CONTAINED) + stage_count(1, ALERT_CONTAINED) + stage_count(2, ALERT_CONTAINED), 3);
}

static void who_answers_ends_it(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_escalate();
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	stage_pass(20 * MINUTE);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 1);
	attack->status = STATUS_ACKNOWLEDGED;
	decide_incident(decide, attack, now_s);
	stage_pass(HOUR);
	assert_int_equal(stage_count(2, ALERT_UNACKNOWLEDGED), 0);
	/* A second wave of what somebody looks at escalates nothing; of what nobody does, anew. */
	attack->waves = 2;
	decide_incident(decide, attack, now_s);
	stage_pass(HOUR);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 1);
	attack->waves = 3;
	attack->status = STATUS_NEW;
	decide_incident(decide, attack, now_s);
	stage_pass(HOUR);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 2);
	assert_int_equal(stage_count(2, ALERT_UNACKNOWLEDGED), 1);
}

static void the_clock_waits_for_who_sleeps(void **unused)
{
	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	stage_escalate();
	now_s = NOON + 12 * HOUR;
	decide_incident(decide, test_attack(1, SEVERITY_HIGH, now_s), now_s);
	stage_minutes(7 * 60);  /* 07:00 */
	assert_int_equal(stage_count(0, ALERT_DIGEST), 1);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 0);
	stage_minutes(14);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 0);
	stage_minutes(1);
	assert_int_equal(stage_count(1, ALERT_UNACKNOWLEDGED), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(quiet_hours_hold_over_midnight_and_end_in_a_digest), TEST(what_becomes_critical_at_night_is_told_at_night),
		TEST(nobody_answers_and_the_next_are_told), TEST(who_answers_ends_it), TEST(the_clock_waits_for_who_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
