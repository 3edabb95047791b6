/* What is known of alerts, over a restart. */
#include "alert_deciding.h"

static void a_restart_forgets_nothing_and_repeats_nothing(void **unused)
{
	struct buffer before, after;
	struct incident *attack;

	(void)unused;
	test_settings.quiet_hours = &test_quiet;
	stage_escalate();
	now_s = NOON + 12 * HOUR;
	decide_incident(decide, test_attack(1, SEVERITY_HIGH, now_s), now_s);
	attack = test_attack(2, SEVERITY_CRITICAL, now_s);
	decide_incident(decide, attack, now_s);
	decide_warning(decide, WARNING_PROBE_SILENT, SPAN("\"Li\xc3\xa8ge\" \\"), true, now_s);
	decide_outcome(decide, 0, OUTCOME_REFUSED, SPAN("550 \"no\""), now_s);
	buffer_init(&before, DECIDE_STATE_MAX);
	buffer_init(&after, DECIDE_STATE_MAX);
	assert_ok(decide_write(decide, &before));
	stage_restart();
	assert_ok(decide_write(decide, &after));
	assert_true(span_equal(buffer_span(&before), buffer_span(&after)));
	count = 0;
	decide_incident(decide, attack, now_s);
	stage_pass(60);
	assert_int_equal(count, 0);
	buffer_done(&before);
	buffer_done(&after);
}

static void what_is_kept_is_read_strictly(void **unused)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"version\":2,\"number\":0,\"self_test\":0,\"threads\":[],\"paths\":[]}", "{\"version\":1,\"number\":0,\"self_test\":0,\"threads\":[{}],\"paths\":[]}",
		                               "{\"version\":1,\"number\":-1,\"self_test\":0,\"threads\":[],\"paths\":[]}", "{\"version\":1,\"number\":0,\"self_test\":0,\"threads\":[],\"paths\":[],\"more\":1}" };

	(void)unused;
	stage_begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(decide_read(decide, span_of(bad[i])), RESULT_MALFORMED);
	assert_ok(decide_read(decide, SPAN("{\"version\":1,\"number\":7,\"self_test\":0,\"threads\":[],\"paths\":[]}")));
}

static void another_plan_keeps_what_is_known_of_paths(void **unused)
{
	struct decide_birth birth = { .plan = &test_plan, .tell = stage_take };
	struct incident *attack;
	struct buffer text;

	(void)unused;
	stage_begin();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_restart_forgets_nothing_and_repeats_nothing), TEST(what_is_kept_is_read_strictly), TEST(another_plan_keeps_what_is_known_of_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
