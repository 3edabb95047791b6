/* Warnings, paths that fail and come back, and the tests of paths. */
#include "alert_deciding.h"

/* -- warnings -- */

static void a_warning_is_a_thread_too(void **unused)
{
	(void)unused;
	stage_begin();
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/lib/bouclier"), true, now_s);
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/lib/bouclier"), true, now_s + 1);
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/log"), true, now_s + 1);
	assert_int_equal(stage_count(0, ALERT_WARNING), 2);
	assert_string_not_equal(told[0].thread, told[1].thread);
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/lib/bouclier"), false, now_s + 2);
	assert_int_equal(stage_count(0, ALERT_WARNING_OVER), 1);
	assert_string_equal(told[2].thread, told[0].thread);
	decide_warning(decide, WARNING_EDGE_DOWN, SPAN_NONE, false, now_s + 2);
	decide_warning(decide, WARNING_BREAK_GLASS, SPAN("agnes"), true, now_s + 3);
	decide_warning(decide, WARNING_BREAK_GLASS, SPAN("agnes"), true, now_s + 4);
	assert_int_equal(count, 5);
}

static void a_warning_that_flaps_is_told_less(void **unused)
{
	(void)unused;
	stage_begin();
	for (unsigned i = 0; i < 24 * 60; i++) {
		decide_warning(decide, WARNING_JOURNAL_LAG, SPAN_NONE, i % 2 == 0, now_s);
		stage_minutes(1);
	}
	assert_true(count >= DECIDE_AT_ONCE && count <= DECIDE_AT_ONCE + 24);
}

/* -- paths -- */

static void begin_paths(void)
{
	test_settings.mail = (struct list_value){ test_mail, 1 };
	test_settings.webhooks = (struct list_value){ &test_webhook, 1 };
	test_settings.syslog = (struct list_value){ &test_syslog, 1 };
	test_plan_make();
	stage_begin();
}

static void a_failing_path_is_told_of_on_the_next(void **unused)
{
	(void)unused;
	begin_paths();
	decide_outcome(decide, 0, OUTCOME_LATER, SPAN("no answer"), now_s);
	decide_outcome(decide, 0, OUTCOME_LATER, SPAN("no answer"), now_s + 30);
	assert_int_equal(count, 0);
	decide_outcome(decide, 0, OUTCOME_LATER, SPAN("no answer"), now_s + 90);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].kind, ALERT_PATH_DOWN);
	assert_int_equal(told[0].path, 1);
	assert_int_equal(decide_path(decide, 0)->state, PATH_STATE_FAILS);
	/* That one fails too: syslog hears of both, once. */
	decide_outcome(decide, 1, OUTCOME_REFUSED, SPAN("HTTP 410"), now_s + 100);
	stage_pass(10 * MINUTE);
	assert_int_equal(stage_count(2, ALERT_PATH_DOWN), 2);
	assert_int_equal(count, 3);
	/* All fail: nothing is told, and nothing goes round. */
	decide_outcome(decide, 2, OUTCOME_REFUSED, SPAN("no"), now_s);
	stage_pass(3 * HOUR);
	assert_int_equal(count, 3);
	/* The first that works is told of the others. */
	decide_outcome(decide, 1, OUTCOME_ARRIVED, SPAN_NONE, now_s);
	stage_pass(2);
	assert_int_equal(stage_count(1, ALERT_PATH_DOWN), 3);
	assert_int_equal(stage_count(0, ALERT_PATH_DOWN), 0);
	/* And of who works again. */
	decide_outcome(decide, 0, OUTCOME_ARRIVED, SPAN_NONE, now_s);
	assert_int_equal(stage_count(1, ALERT_PATH_UP), 1);
	assert_int_equal(decide_path(decide, 0)->state, PATH_STATE_WORKS);
}

static void a_path_alone_tells_nobody(void **unused)
{
	(void)unused;
	stage_begin();
	for (unsigned i = 0; i < 10; i++)
		decide_outcome(decide, 0, OUTCOME_REFUSED, SPAN("no"), now_s + i);
	stage_pass(2 * HOUR);
	assert_int_equal(count, 0);
}

static void a_path_that_flaps_is_told_of_once_an_hour(void **unused)
{
	(void)unused;
	begin_paths();
	for (unsigned i = 0; i < 4 * 60; i++) {
		decide_outcome(decide, 0, OUTCOME_REFUSED, SPAN("no"), now_s);
		decide_outcome(decide, 0, OUTCOME_ARRIVED, SPAN_NONE, now_s);
		stage_minutes(1);
	}
	assert_int_equal(stage_count(1, ALERT_PATH_DOWN), 4);
	assert_int_equal(stage_count(1, ALERT_PATH_UP), 4);
}

static void a_path_without_its_secret_fails_from_the_start(void **unused)
{
	(void)unused;
	test_webhook.secret_file = SPAN("/gone");
	begin_paths();
	test_webhook.secret_file = SPAN("/secret");
	assert_int_equal(decide_path(decide, 1)->state, PATH_STATE_FAILS);
	assert_int_equal(stage_count(0, ALERT_PATH_DOWN), 1);
}

/* -- the weekly test -- */

static void a_week_has_one_self_test_on_each_path(void **unused)
{
	(void)unused;
	test_settings.self_test = SPAN("monday 09:00");
	begin_paths();
	assert_int_equal(count, 0);
	stage_minutes(4 * 7 * 24 * 60);
	assert_int_equal(stage_count(0, ALERT_SELF_TEST), 4);
	assert_int_equal(stage_count(1, ALERT_SELF_TEST), 4);
	assert_int_equal(stage_count(2, ALERT_SELF_TEST), 4);
	assert_int_equal((told[0].at_s - NOON) % DAY, 21 * HOUR);  /* 09:00 */
}

static void a_self_test_survives_the_change_of_the_clock(void **unused)
{
	(void)unused;
	test_settings.self_test = SPAN("sunday 02:30");
	test_plan_make();
	stage_begin();
	now_s = NOON + 60 * DAY;  /* 2026-03-14; the clock goes forward on the 29th, over 02:30 */
	stage_minutes(5 * 7 * 24 * 60);
	assert_int_equal(stage_count(0, ALERT_SELF_TEST), 5);
	count = 0;
	now_s = 1791892800;  /* 2026-10-13; it goes back on the 25th, and 02:30 comes twice */
	decide_second(decide, now_s);
	stage_minutes(4 * 7 * 24 * 60);
	assert_int_equal(stage_count(0, ALERT_SELF_TEST), 4);
}

static void a_test_has_an_id_of_its_own(void **unused)
{
	char first[ALERT_ID_BYTES], second[ALERT_ID_BYTES];

	(void)unused;
	stage_begin();
	decide_test(decide, 0, now_s, first);
	decide_test(decide, 0, now_s, second);
	assert_int_equal(stage_count(0, ALERT_TEST), 2);
	assert_string_not_equal(first, second);
	assert_string_equal(first, told[0].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_warning_is_a_thread_too), TEST(a_warning_that_flaps_is_told_less), TEST(a_failing_path_is_told_of_on_the_next),
		TEST(a_path_alone_tells_nobody), TEST(a_path_that_flaps_is_told_of_once_an_hour), TEST(a_path_without_its_secret_fails_from_the_start),
		TEST(a_week_has_one_self_test_on_each_path), TEST(a_self_test_survives_the_change_of_the_clock), TEST(a_test_has_an_id_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
