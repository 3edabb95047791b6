#include "alert.h"
#include "hub/alert/decide/decide.h"

#define TOLD_MAX 4096u

static struct decide *decide;
static struct alert told[TOLD_MAX];
static unsigned count;
static uint64_t now_s;

static void take(void *context, const struct alert *alert)
{
	(void)context;
	assert_true(count < TOLD_MAX);
	told[count] = *alert;
	told[count].path_name = alert->path_name[0] ? "another" : "";
	count++;
}

static void begin(void)
{
	struct decide_birth birth = { .plan = &test_plan, .tell = take };

	decide_free(decide);
	assert_ok(decide_new(&birth, &decide));
	count = 0;
	now_s = NOON;
	decide_second(decide, now_s);
}

static int end(void **state)
{
	decide_free(decide);
	decide = NULL;
	return test_end(state);
}

static void pass(uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds; i++)
		decide_second(decide, ++now_s);
}

/* A minute at a time, for what takes days. */
static void pass_minutes(uint64_t minutes)
{
	for (uint64_t i = 0; i < minutes; i++)
		decide_second(decide, now_s += MINUTE);
}

static unsigned of(unsigned path, enum alert_kind kind)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++)
		found += told[i].path == path && told[i].kind == kind;
	return found;
}

static void restart(void)
{
	struct decide_birth birth = { .plan = &test_plan, .tell = take };
	struct buffer text;

	buffer_init(&text, DECIDE_STATE_MAX);
	assert_ok(decide_write(decide, &text));
	decide_free(decide);
	assert_ok(decide_new(&birth, &decide));
	assert_ok(decide_read(decide, buffer_span(&text)));
	buffer_done(&text);
}

static void begin_escalation_of(unsigned rate)
{
	test_settings.rate = rate;
	test_settings.mail = (struct list_value){ test_mail, 3 };
	test_settings.escalate_to = (struct list_value){ test_escalate, 2 };
	test_plan_make();
	begin();
}

static void an_attack_of_fifteen_days_is_told_a_few_times(void **unused)
{
	struct incident *attack;

	(void)unused;
	begin();
	attack = test_attack(17, SEVERITY_LOW, now_s);
	for (unsigned minute = 0; minute < 15 * 24 * 60; minute++) {
		attack->number += 1000;
		attack->severity = minute > 30 ? SEVERITY_HIGH : minute > 2 ? SEVERITY_MEDIUM : SEVERITY_LOW;
		if (minute % 97 == 0)
			restart();
		decide_incident(decide, attack, now_s);
		pass_minutes(1);
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
	begin();
	attack = test_attack(1, SEVERITY_LOW, now_s);
	decide_incident(decide, attack, now_s);
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	attack = test_attack(2, SEVERITY_CRITICAL, now_s);
	attack->status = STATUS_CLOSED;
	decide_incident(decide, attack, now_s);
	pass(10);
	assert_int_equal(count, 0);
}

static void what_comes_and_goes_is_told_less_and_less(void **unused)
{
	struct incident *attack;

	(void)unused;
	begin();
	attack = test_attack(3, SEVERITY_MEDIUM, now_s);
	for (unsigned wave = 1; wave <= 144; wave++) {  /* for a day, every ten minutes */
		attack->waves = wave;
		attack->status = STATUS_NEW;
		decide_incident(decide, attack, now_s);
		pass_minutes(5);
		attack->status = STATUS_CONTAINED;
		decide_incident(decide, attack, now_s);
		pass_minutes(5);
	}
	assert_int_equal(of(0, ALERT_OPENED), 1);
	assert_true(count >= DECIDE_AT_ONCE && count <= DECIDE_AT_ONCE + 24);
	/* More severe is told at once nevertheless. */
	count = 0;
	attack->status = STATUS_NEW;
	attack->severity = SEVERITY_CRITICAL;
	decide_incident(decide, attack, now_s);
	assert_int_equal(of(0, ALERT_WORSE), 1);
}

static void the_end_is_told_though_it_was_calm(void **unused)
{
	struct incident *attack;

	(void)unused;
	begin();
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
	pass(DECIDE_CALM_S - 1);
	assert_int_equal(count, DECIDE_AT_ONCE);
	pass(2);
	assert_int_equal(count, DECIDE_AT_ONCE + 1);
	assert_int_equal(told[count - 1].kind, ALERT_AGAIN);
	assert_int_equal(told[count - 1].facts.waves, 5);
}

/* -- rate -- */

static void an_hour_has_so_many_and_one_summary(void **unused)
{
	(void)unused;
	begin();
	for (unsigned i = 1; i <= 40; i++)
		decide_incident(decide, test_attack(i, SEVERITY_MEDIUM, now_s), now_s);
	assert_int_equal(count, 9);  /* a quarter of the twelve is for what is critical */
	for (unsigned i = 41; i <= 45; i++)
		decide_incident(decide, test_attack(i, SEVERITY_CRITICAL, now_s), now_s);
	assert_int_equal(count, 12);
	restart();
	pass(HOUR - 1);
	assert_int_equal(count, 12);
	pass(2);
	assert_int_equal(count, 13);
	assert_int_equal(told[12].kind, ALERT_SUMMARY);
	assert_int_equal(told[12].held_count + told[12].held_more, 33);
	assert_int_equal(told[12].held_count, ALERT_HELD_MAX);
	assert_int_equal(told[12].severity, SEVERITY_MEDIUM);
	assert_int_equal(decide_path(decide, 0)->held, 0);
	pass(HOUR);
	assert_int_equal(count, 13);
}

static void no_hour_has_more_whatever_comes(void **unused)
{
	unsigned last = 0;

	(void)unused;
	begin();
	for (unsigned i = 1; i <= 30 * 60; i++) {  /* a new one each minute, for thirty hours */
		decide_incident(decide, test_attack(i, (enum severity)(i % SEVERITY_COUNT), now_s), now_s);
		pass_minutes(1);
	}
	for (unsigned i = 0; i < count; i++) {
		while (told[last].at_s + HOUR <= told[i].at_s)
			last++;
		assert_true(i - last < 2 * 12);  /* of two hours that follow each other, at most; each has its own twelve */
	}
	assert_true(count <= 31 * 12);
	assert_true(of(0, ALERT_SUMMARY) >= 28);
}

static void a_machine_gets_all_at_once(void **unused)
{
	(void)unused;
	test_settings.syslog = (struct list_value){ &test_syslog, 1 };
	test_settings.quiet_hours = &test_quiet;
	test_plan_make();
	begin();
	now_s = NOON + 12 * HOUR;  /* midnight */
	for (unsigned i = 1; i <= 40; i++)
		decide_incident(decide, test_attack(i, SEVERITY_LOW, now_s), now_s);
	assert_int_equal(of(1, ALERT_OPENED), 40);
	assert_int_equal(of(0, ALERT_OPENED), 0);
}

static void a_clock_that_is_put_back_stops_nothing(void **unused)
{
	(void)unused;
	begin_escalation_of(12);
	now_s = NOON + 300 * DAY;
	for (unsigned i = 1; i <= 12; i++)
		decide_incident(decide, test_attack(i, SEVERITY_HIGH, now_s), now_s);
	assert_int_equal(count, 9);
	now_s = NOON;
	pass(1);
	assert_int_equal(of(0, ALERT_SUMMARY), 1);
	decide_incident(decide, test_attack(50, SEVERITY_HIGH, now_s), now_s);
	assert_int_equal(of(0, ALERT_OPENED), 10);
	pass(15 * MINUTE);
	assert_true(of(1, ALERT_UNACKNOWLEDGED) > 0);
}

/* -- quiet hours -- */

static void quiet_hours_hold_over_midnight_and_end_in_a_digest(void **unused)
{
	struct incident *attack;

	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	test_plan_make();
	begin();
	now_s = NOON + 10 * HOUR - 1;  /* 21:59:59 */
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 1);
	pass(1);
	decide_incident(decide, test_attack(2, SEVERITY_HIGH, now_s), now_s);
	pass_minutes(5 * 60);  /* 03:00 */
	decide_incident(decide, test_attack(3, SEVERITY_HIGH, now_s), now_s);
	restart();
	assert_int_equal(count, 1);
	decide_incident(decide, test_attack(4, SEVERITY_CRITICAL, now_s), now_s);
	assert_int_equal(count, 2);
	assert_int_equal(told[1].severity, SEVERITY_CRITICAL);
	pass_minutes(4 * 60 - 1);
	assert_int_equal(count, 2);
	pass_minutes(1);  /* 07:00 */
	assert_int_equal(count, 3);
	assert_int_equal(told[2].kind, ALERT_DIGEST);
	assert_int_equal(told[2].held_count, 2);
	pass_minutes(60);
	assert_int_equal(count, 3);
}

static void what_becomes_critical_at_night_is_told_at_night(void **unused)
{
	struct incident *attack;

	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	test_plan_make();
	begin();
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

static void begin_escalation(void)
{
	begin_escalation_of(12);
}

static void nobody_answers_and_the_next_are_told(void **unused)
{
	struct incident *attack;

	(void)unused;
	begin_escalation();
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].path, 0);
	pass(15 * MINUTE - 1);
	assert_int_equal(count, 1);
	restart();
	pass(1);
	assert_int_equal(count, 2);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 1);
	pass(15 * MINUTE);
	assert_int_equal(of(2, ALERT_UNACKNOWLEDGED), 1);
	pass(HOUR);
	assert_int_equal(count, 3);
	/* Who was told that nobody answers is told that it is over. */
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	assert_int_equal(of(0, ALERT_CONTAINED) + of(1, ALERT_CONTAINED) + of(2, ALERT_CONTAINED), 3);
}

static void who_answers_ends_it(void **unused)
{
	struct incident *attack;

	(void)unused;
	begin_escalation();
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	pass(20 * MINUTE);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 1);
	attack->status = STATUS_ACKNOWLEDGED;
	decide_incident(decide, attack, now_s);
	pass(HOUR);
	assert_int_equal(of(2, ALERT_UNACKNOWLEDGED), 0);
	/* A second wave of what somebody looks at escalates nothing; of what nobody does, anew. */
	attack->waves = 2;
	decide_incident(decide, attack, now_s);
	pass(HOUR);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 1);
	attack->waves = 3;
	attack->status = STATUS_NEW;
	decide_incident(decide, attack, now_s);
	pass(HOUR);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 2);
	assert_int_equal(of(2, ALERT_UNACKNOWLEDGED), 1);
}

static void the_clock_waits_for_who_sleeps(void **unused)
{
	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	begin_escalation();
	now_s = NOON + 12 * HOUR;
	decide_incident(decide, test_attack(1, SEVERITY_HIGH, now_s), now_s);
	pass_minutes(7 * 60);  /* 07:00 */
	assert_int_equal(of(0, ALERT_DIGEST), 1);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 0);
	pass_minutes(14);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 0);
	pass_minutes(1);
	assert_int_equal(of(1, ALERT_UNACKNOWLEDGED), 1);
}

/* -- warnings -- */

static void a_warning_is_a_thread_too(void **unused)
{
	(void)unused;
	begin();
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/lib/bouclier"), true, now_s);
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/lib/bouclier"), true, now_s + 1);
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/log"), true, now_s + 1);
	assert_int_equal(of(0, ALERT_WARNING), 2);
	assert_string_not_equal(told[0].thread, told[1].thread);
	decide_warning(decide, WARNING_DISK_LOW, SPAN("/var/lib/bouclier"), false, now_s + 2);
	assert_int_equal(of(0, ALERT_WARNING_OVER), 1);
	assert_string_equal(told[2].thread, told[0].thread);
	decide_warning(decide, WARNING_EDGE_DOWN, SPAN_NONE, false, now_s + 2);
	decide_warning(decide, WARNING_BREAK_GLASS, SPAN("agnes"), true, now_s + 3);
	decide_warning(decide, WARNING_BREAK_GLASS, SPAN("agnes"), true, now_s + 4);
	assert_int_equal(count, 5);
}

static void a_warning_that_flaps_is_told_less(void **unused)
{
	(void)unused;
	begin();
	for (unsigned i = 0; i < 24 * 60; i++) {
		decide_warning(decide, WARNING_JOURNAL_LAG, SPAN_NONE, i % 2 == 0, now_s);
		pass_minutes(1);
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
	begin();
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
	pass(10 * MINUTE);
	assert_int_equal(of(2, ALERT_PATH_DOWN), 2);
	assert_int_equal(count, 3);
	/* All fail: nothing is told, and nothing goes round. */
	decide_outcome(decide, 2, OUTCOME_REFUSED, SPAN("no"), now_s);
	pass(3 * HOUR);
	assert_int_equal(count, 3);
	/* The first that works is told of the others. */
	decide_outcome(decide, 1, OUTCOME_ARRIVED, SPAN_NONE, now_s);
	pass(2);
	assert_int_equal(of(1, ALERT_PATH_DOWN), 3);
	assert_int_equal(of(0, ALERT_PATH_DOWN), 0);
	/* And of who works again. */
	decide_outcome(decide, 0, OUTCOME_ARRIVED, SPAN_NONE, now_s);
	assert_int_equal(of(1, ALERT_PATH_UP), 1);
	assert_int_equal(decide_path(decide, 0)->state, PATH_STATE_WORKS);
}

static void a_path_alone_tells_nobody(void **unused)
{
	(void)unused;
	begin();
	for (unsigned i = 0; i < 10; i++)
		decide_outcome(decide, 0, OUTCOME_REFUSED, SPAN("no"), now_s + i);
	pass(2 * HOUR);
	assert_int_equal(count, 0);
}

static void a_path_that_flaps_is_told_of_once_an_hour(void **unused)
{
	(void)unused;
	begin_paths();
	for (unsigned i = 0; i < 4 * 60; i++) {
		decide_outcome(decide, 0, OUTCOME_REFUSED, SPAN("no"), now_s);
		decide_outcome(decide, 0, OUTCOME_ARRIVED, SPAN_NONE, now_s);
		pass_minutes(1);
	}
	assert_int_equal(of(1, ALERT_PATH_DOWN), 4);
	assert_int_equal(of(1, ALERT_PATH_UP), 4);
}

static void a_path_without_its_secret_fails_from_the_start(void **unused)
{
	(void)unused;
	test_webhook.secret_file = SPAN("/gone");
	begin_paths();
	test_webhook.secret_file = SPAN("/secret");
	assert_int_equal(decide_path(decide, 1)->state, PATH_STATE_FAILS);
	assert_int_equal(of(0, ALERT_PATH_DOWN), 1);
}

/* -- the weekly test -- */

static void a_week_has_one_self_test_on_each_path(void **unused)
{
	(void)unused;
	test_settings.self_test = SPAN("monday 09:00");
	begin_paths();
	assert_int_equal(count, 0);
	pass_minutes(4 * 7 * 24 * 60);
	assert_int_equal(of(0, ALERT_SELF_TEST), 4);
	assert_int_equal(of(1, ALERT_SELF_TEST), 4);
	assert_int_equal(of(2, ALERT_SELF_TEST), 4);
	assert_int_equal((told[0].at_s - NOON) % DAY, 21 * HOUR);  /* 09:00 */
}

static void a_self_test_survives_the_change_of_the_clock(void **unused)
{
	(void)unused;
	test_settings.self_test = SPAN("sunday 02:30");
	test_plan_make();
	begin();
	now_s = NOON + 60 * DAY;  /* 2026-03-14; the clock goes forward on the 29th, over 02:30 */
	pass_minutes(5 * 7 * 24 * 60);
	assert_int_equal(of(0, ALERT_SELF_TEST), 5);
	count = 0;
	now_s = 1791892800;  /* 2026-10-13; it goes back on the 25th, and 02:30 comes twice */
	decide_second(decide, now_s);
	pass_minutes(4 * 7 * 24 * 60);
	assert_int_equal(of(0, ALERT_SELF_TEST), 4);
}

static void a_test_has_an_id_of_its_own(void **unused)
{
	char first[ALERT_ID_BYTES], second[ALERT_ID_BYTES];

	(void)unused;
	begin();
	decide_test(decide, 0, now_s, first);
	decide_test(decide, 0, now_s, second);
	assert_int_equal(of(0, ALERT_TEST), 2);
	assert_string_not_equal(first, second);
	assert_string_equal(first, told[0].id);
}

/* -- over a restart -- */

static void a_restart_forgets_nothing_and_repeats_nothing(void **unused)
{
	struct buffer before, after;
	struct incident *attack;

	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	begin_escalation();
	now_s = NOON + 12 * HOUR;
	decide_incident(decide, test_attack(1, SEVERITY_HIGH, now_s), now_s);
	attack = test_attack(2, SEVERITY_CRITICAL, now_s);
	decide_incident(decide, attack, now_s);
	decide_warning(decide, WARNING_PROBE_SILENT, SPAN("\"Li\xc3\xa8ge\" \\"), true, now_s);
	decide_outcome(decide, 0, OUTCOME_REFUSED, SPAN("550 \"no\""), now_s);
	buffer_init(&before, DECIDE_STATE_MAX);
	buffer_init(&after, DECIDE_STATE_MAX);
	assert_ok(decide_write(decide, &before));
	restart();
	assert_ok(decide_write(decide, &after));
	assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
	count = 0;
	decide_incident(decide, attack, now_s);
	pass(60);
	assert_int_equal(count, 0);
	buffer_done(&before);
	buffer_done(&after);
}

static void what_is_kept_is_read_strictly(void **unused)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"version\":2,\"number\":0,\"self_test\":0,\"threads\":[],\"paths\":[]}", "{\"version\":1,\"number\":0,\"self_test\":0,\"threads\":[{}],\"paths\":[]}",
		                               "{\"version\":1,\"number\":-1,\"self_test\":0,\"threads\":[],\"paths\":[]}", "{\"version\":1,\"number\":0,\"self_test\":0,\"threads\":[],\"paths\":[],\"more\":1}" };

	(void)unused;
	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(decide_read(decide, span_of(bad[i])), RESULT_MALFORMED);
	assert_ok(decide_read(decide, SPAN("{\"version\":1,\"number\":7,\"self_test\":0,\"threads\":[],\"paths\":[]}")));
}

static void another_plan_keeps_what_is_known_of_paths(void **unused)
{
	struct decide_birth birth = { .plan = &test_plan, .tell = take };
	struct incident *attack;
	struct buffer text;

	(void)unused;
	begin();
	attack = test_attack(1, SEVERITY_HIGH, now_s);
	decide_incident(decide, attack, now_s);
	decide_outcome(decide, 0, OUTCOME_ARRIVED, SPAN_NONE, now_s);
	buffer_init(&text, DECIDE_STATE_MAX);
	assert_ok(decide_write(decide, &text));
	decide_free(decide);
	test_settings.mail = (struct list_value){ (struct alerts_mail_settings[]){ test_mail[1], test_mail[0] }, 2 };
	test_plan_make();
	assert_ok(decide_new(&birth, &decide));
	assert_ok(decide_read(decide, buffer_span(&text)));
	buffer_done(&text);
	assert_int_equal(decide_path(decide, 0)->state, PATH_STATE_UNKNOWN);
	assert_int_equal(decide_path(decide, 1)->state, PATH_STATE_WORKS);
	count = 0;
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	assert_int_equal(count, 1);
	assert_int_equal(told[0].path, 1);
}

static void more_threads_than_places_push_out_the_least(void **unused)
{
	struct incident *attack;

	(void)unused;
	begin();
	attack = test_attack(9999, SEVERITY_CRITICAL, now_s);
	decide_incident(decide, attack, now_s);
	for (unsigned i = 1; i <= 2 * DECIDE_THREADS_MAX; i++)
		decide_incident(decide, test_attack(i, SEVERITY_LOW, now_s + i), now_s);
	count = 0;
	attack = test_attack(9999, SEVERITY_CRITICAL, NOON);
	attack->status = STATUS_CONTAINED;
	decide_incident(decide, attack, now_s);
	assert_int_equal(of(0, ALERT_CONTAINED), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_attack_of_fifteen_days_is_told_a_few_times), TEST(what_was_never_told_of_has_no_end_either), TEST(what_comes_and_goes_is_told_less_and_less),
		TEST(the_end_is_told_though_it_was_calm), TEST(an_hour_has_so_many_and_one_summary), TEST(no_hour_has_more_whatever_comes), TEST(a_machine_gets_all_at_once), TEST(a_clock_that_is_put_back_stops_nothing),
		TEST(quiet_hours_hold_over_midnight_and_end_in_a_digest), TEST(what_becomes_critical_at_night_is_told_at_night), TEST(nobody_answers_and_the_next_are_told),
		TEST(who_answers_ends_it), TEST(the_clock_waits_for_who_sleeps), TEST(a_warning_is_a_thread_too), TEST(a_warning_that_flaps_is_told_less),
		TEST(a_failing_path_is_told_of_on_the_next), TEST(a_path_alone_tells_nobody), TEST(a_path_that_flaps_is_told_of_once_an_hour),
		TEST(a_path_without_its_secret_fails_from_the_start), TEST(a_week_has_one_self_test_on_each_path), TEST(a_self_test_survives_the_change_of_the_clock),
		TEST(a_test_has_an_id_of_its_own), TEST(a_restart_forgets_nothing_and_repeats_nothing), TEST(what_is_kept_is_read_strictly),
		TEST(another_plan_keeps_what_is_known_of_paths), TEST(more_threads_than_places_push_out_the_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
