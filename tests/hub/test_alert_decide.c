/* What of an incident is told, and how often. */
#include "alert_deciding.h"

static void an_attack_of_fifteen_days_is_told_a_few_times(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_begin();
	attack = test_attack(17, SEVERITY_LOW, now_s);
	for (unsigned minute = 0; minute < 15 * 24 * 60; minute++) {
		attack->number += 1000;
		attack->severity = minute > 30 ? SEVERITY_HIGH : minute > 2 ? SEVERITY_MEDIUM : SEVERITY_LOW;
		if (minute % 97 == 0)
			stage_restart();
		decide_incident(decide, attack, now_s);
		stage_minutes(1);
	}
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	attack->status = STATUS_CLOSED;
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 4);
	assert_int_equal(told[0].kind, ALERT_OPENED);  /* of the path, which was not told while it was low */
	assert_int_equal(told[0].severity, SEVERITY_MEDIUM);
	assert_int_equal(told[1].kind, ALERT_WORSE);
	assert_int_equal(told[2].kind, ALERT_CONTAINED);
	assert_int_equal(told[3].kind, ALERT_CLOSED);
	for (unsigned i = 0; i < count; i++) {
		assert_string_equal(told[i].thread, told[0].thread);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(told[i].id, told[j].id);
	}
}

static void what_was_never_told_of_has_no_end_either(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_begin();
	attack = test_attack(1, SEVERITY_LOW, now_s);
	decide_incident(decide, attack, now_s);
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	attack = test_attack(2, SEVERITY_CRITICAL, now_s);
	attack->status = STATUS_CLOSED;
	decide_incident(decide, attack, now_s);
	stage_pass(10);
	assert_int_equal(count, 0);
}

static void what_comes_and_goes_is_told_less_and_less(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_begin();
	attack = test_attack(3, SEVERITY_MEDIUM, now_s);
	for (unsigned wave = 1; wave <= 144; wave++) {  /* for a day, every ten minutes */
		attack->waves = wave;
		attack->status = STATUS_NEW;
		decide_incident(decide, attack, now_s);
		stage_minutes(5);
		attack->status = STATUS_CONTAINED;
		decide_incident(decide, attack, now_s);
		stage_minutes(5);
	}
	assert_int_equal(stage_count(0, ALERT_OPENED), 1);
	assert_true(count >= DECIDE_AT_ONCE && count <= DECIDE_AT_ONCE + 24);
	/* More severe is told at once nevertheless. */
	count = 0;
	attack->status = STATUS_NEW;
	attack->severity = SEVERITY_CRITICAL;
	decide_incident(decide, attack, now_s);
	assert_int_equal(stage_count(0, ALERT_WORSE), 1);
}

static void the_end_is_told_though_it_was_calm(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_begin();
	attack = test_attack(3, SEVERITY_MEDIUM, now_s);
	for (unsigned wave = 1; wave <= 4; wave++) {
		attack->waves = wave;
		attack->status = STATUS_NEW;
		decide_incident(decide, attack, now_s);
		attack->status = STATUS_CONTAINED;
		decide_incident(decide, attack, now_s);
	}
	assert_int_equal(count, DECIDE_AT_ONCE);
	attack->waves = 5;
	attack->status = STATUS_NEW;
	decide_incident(decide, attack, now_s);
	stage_pass(DECIDE_CALM_S - 1);
	assert_int_equal(count, DECIDE_AT_ONCE);
	stage_pass(2);
	assert_int_equal(count, DECIDE_AT_ONCE + 1);
	assert_int_equal(told[count - 1].kind, ALERT_AGAIN);
	assert_int_equal(told[count - 1].facts.waves, 5);
}

static void more_threads_than_places_push_out_the_least(void **unused)
{
	struct incident *attack;

	(void)unused;
	stage_begin();
	attack = test_attack(9999, SEVERITY_CRITICAL, now_s);
	decide_incident(decide, attack, now_s);
	for (unsigned i = 1; i <= 2 * DECIDE_THREADS_MAX; i++)
		decide_incident(decide, test_attack(i, SEVERITY_LOW, now_s + i), now_s);
	count = 0;
	attack = test_attack(9999, SEVERITY_CRITICAL, NOON);
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	assert_int_equal(stage_count(0, ALERT_CONTAINED), 1);
}

/* -- rate -- */

static void an_hour_has_so_many_and_one_summary(void **unused)
{
	(void)unused;
	stage_begin();
	for (unsigned i = 1; i <= 40; i++)
		decide_incident(decide, test_attack(i, SEVERITY_MEDIUM, now_s), now_s);
	assert_int_equal(count, 9);  /* a quarter of the twelve is for what is critical */
	for (unsigned i = 41; i <= 45; i++)
		decide_incident(decide, test_attack(i, SEVERITY_CRITICAL, now_s), now_s);
	assert_int_equal(count, 12);
	stage_restart();
	stage_pass(HOUR - 1);
	assert_int_equal(count, 12);
	stage_pass(2);
	assert_int_equal(count, 13);
	assert_int_equal(told[12].kind, ALERT_SUMMARY);
	assert_int_equal(told[12].held_count + told[12].held_more, 33);
	assert_int_equal(told[12].held_count, ALERT_HELD_MAX);
	assert_int_equal(told[12].severity, SEVERITY_MEDIUM);
	assert_int_equal(decide_path(decide, 0)->held, 0);
	stage_pass(HOUR);
	assert_int_equal(count, 13);
}

static void no_hour_has_more_whatever_comes(void **unused)
{
	unsigned last = 0;

	(void)unused;
	stage_begin();
	for (unsigned i = 1; i <= 30 * 60; i++) {  /* a new one each minute, for thirty hours */
		decide_incident(decide, test_attack(i, (enum severity)(i % SEVERITY_COUNT), now_s), now_s);
		stage_minutes(1);
	}
	for (unsigned i = 0; i < count; i++) {
		while (told[last].at_s + HOUR <= told[i].at_s)
			last++;
		assert_true(i - last < 2 * 12);  /* of two hours that follow each other, at most; each has its own twelve */
	}
	assert_true(count <= 31 * 12);
	assert_true(stage_count(0, ALERT_SUMMARY) >= 28);
}

static void a_machine_gets_all_at_once(void **unused)
{
	(void)unused;
	test_settings.syslog = (struct list_value){ &test_syslog, 1 };
	test_settings.quiet_hours = &test_quiet;
	test_plan_make();
	stage_begin();
	now_s = NOON + 12 * HOUR;  /* midnight */
	for (unsigned i = 1; i <= 40; i++)
		decide_incident(decide, test_attack(i, SEVERITY_LOW, now_s), now_s);
	assert_int_equal(stage_count(1, ALERT_OPENED), 40);
	assert_int_equal(stage_count(0, ALERT_OPENED), 0);
}

static void a_clock_that_is_put_back_stops_nothing(void **unused)
{
	(void)unused;
	stage_escalate_rate(12);
	now_s = NOON + 300 * DAY;
	for (unsigned i = 1; i <= 12; i++)
		decide_incident(decide, test_attack(i, SEVERITY_HIGH, now_s), now_s);
	assert_int_equal(count, 9);
	now_s = NOON;
	stage_pass(1);
	assert_int_equal(stage_count(0, ALERT_SUMMARY), 1);
	decide_incident(decide, test_attack(50, SEVERITY_HIGH, now_s), now_s);
	assert_int_equal(stage_count(0, ALERT_OPENED), 10);
	stage_pass(15 * MINUTE);
	assert_true(stage_count(1, ALERT_UNACKNOWLEDGED) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_attack_of_fifteen_days_is_told_a_few_times), TEST(what_was_never_told_of_has_no_end_either),
		TEST(what_comes_and_goes_is_told_less_and_less), TEST(the_end_is_told_though_it_was_calm), TEST(more_threads_than_places_push_out_the_least),
		TEST(an_hour_has_so_many_and_one_summary), TEST(no_hour_has_more_whatever_comes), TEST(a_machine_gets_all_at_once),
		TEST(a_clock_that_is_put_back_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
