#include "alert.h"
#include "hub/alert/outbox/outbox.h"
#include "store/document.h"

static struct outbox *outbox;

static int begin(void **state)
{
	(void)test_begin(state);
	assert_ok(outbox_new(&outbox));
	return 0;
}

static int end(void **state)
{
	outbox_free(outbox);
	return test_end(state);
}

static bool add(const char *path, enum severity severity, uint64_t at_s, const char *id)
{
	struct alert alert = { .severity = severity, .at_s = at_s };
	bool is_lost;

	snprintf(alert.id, sizeof(alert.id), "%s", id);
	assert_ok(outbox_add(outbox, span_of(path), &alert, SPAN("From: me\r\n\r\n\"text\"\r\n"), &is_lost));
	return is_lost;
}

static enum path_outcome ended(uint64_t number, enum path_outcome outcome, uint64_t now_s)
{
	char path[ALERT_NAME_MAX + 1];

	assert_ok(outbox_ended(outbox, number, &outcome, now_s, path));
	return outcome;
}

static void one_at_a_time_in_their_order(void **unused)
{
	struct outbox_job *first, *second;

	(void)unused;
	add("mail", SEVERITY_HIGH, NOON, "a");
	add("mail", SEVERITY_HIGH, NOON, "b");
	add("syslog", SEVERITY_HIGH, NOON, "c");
	first = outbox_next(outbox, SPAN("mail"), NOON);
	assert_string_equal(first->id, "a");
	assert_null(outbox_next(outbox, SPAN("mail"), NOON));
	assert_string_equal(outbox_next(outbox, SPAN("syslog"), NOON)->id, "c");
	assert_int_equal(ended(first->number, OUTCOME_ARRIVED, NOON), OUTCOME_ARRIVED);
	second = outbox_next(outbox, SPAN("mail"), NOON);
	assert_string_equal(second->id, "b");
	assert_int_equal(outbox_count(outbox, SPAN("mail")), 1);
}

static void who_does_not_answer_is_left_alone_for_longer_and_longer(void **unused)
{
	uint64_t now_s = NOON, before = 0;
	unsigned attempts = 0;

	(void)unused;
	add("mail", SEVERITY_HIGH, NOON, "a");
	add("mail", SEVERITY_HIGH, NOON, "b");
	while (now_s < NOON + DAY) {
		struct outbox_job *job = outbox_next(outbox, SPAN("mail"), now_s);
		uint64_t pause = now_s - before;

		if (job) {
			assert_string_equal(job->id, "a");
			if (attempts)
				assert_true(pause >= OUTBOX_PAUSE_S - OUTBOX_PAUSE_S / 4 && pause <= OUTBOX_PAUSE_MAX_S + OUTBOX_PAUSE_MAX_S / 4 + 1);
			if (attempts > 10)
				assert_true(pause >= OUTBOX_PAUSE_MAX_S - OUTBOX_PAUSE_MAX_S / 4);
			before = now_s;
			attempts++;
			assert_int_equal(ended(job->number, OUTCOME_LATER, now_s), OUTCOME_LATER);
		}
		now_s++;
	}
	assert_true(attempts >= 24 && attempts <= 45);
}

static void what_is_refused_waits_alone(void **unused)
{
	struct outbox_job *job;

	(void)unused;
	add("mail", SEVERITY_HIGH, NOON, "a");
	add("mail", SEVERITY_HIGH, NOON, "b");
	job = outbox_next(outbox, SPAN("mail"), NOON);
	assert_int_equal(ended(job->number, OUTCOME_REFUSED, NOON), OUTCOME_REFUSED);
	assert_string_equal(outbox_next(outbox, SPAN("mail"), NOON)->id, "b");
}

static unsigned left_count;

static void left(void *context, struct span path)
{
	(void)context;
	assert_span(path, "mail");
	left_count++;
}

static void after_three_days_it_is_given_up(void **unused)
{
	struct outbox_job *job;

	(void)unused;
	left_count = 0;
	add("mail", SEVERITY_HIGH, NOON, "a");
	job = outbox_next(outbox, SPAN("mail"), NOON + OUTBOX_GIVE_UP_S);
	outbox_second(outbox, NOON + OUTBOX_GIVE_UP_S, left, NULL);
	assert_int_equal(left_count, 0);  /* it is on its way */
	assert_int_equal(ended(job->number, OUTCOME_LATER, NOON + OUTBOX_GIVE_UP_S), OUTCOME_GIVEN_UP);
	assert_int_equal(outbox_count(outbox, SPAN("mail")), 0);
	add("mail", SEVERITY_HIGH, NOON, "b");
	outbox_second(outbox, NOON + OUTBOX_GIVE_UP_S - 1, left, NULL);
	assert_int_equal(left_count, 0);
	outbox_second(outbox, NOON + OUTBOX_GIVE_UP_S, left, NULL);
	assert_int_equal(left_count, 1);
}

static void an_attempt_without_an_end_ends(void **unused)
{
	struct outbox_job *job;

	(void)unused;
	add("mail", SEVERITY_HIGH, NOON, "a");
	assert_non_null(outbox_next(outbox, SPAN("mail"), NOON));
	outbox_second(outbox, NOON + OUTBOX_ANSWER_S - 1, left, NULL);
	assert_null(outbox_next(outbox, SPAN("mail"), NOON + OUTBOX_ANSWER_S - 1));
	outbox_second(outbox, NOON + OUTBOX_ANSWER_S, left, NULL);
	job = outbox_next(outbox, SPAN("mail"), NOON + OUTBOX_ANSWER_S);
	assert_int_equal(job->attempts, 2);
	outbox_called_off(outbox);
	assert_non_null(outbox_next(outbox, SPAN("mail"), NOON + OUTBOX_ANSWER_S));
}

static void the_least_gives_its_place(void **unused)
{
	char id[16];

	(void)unused;
	for (unsigned i = 0; i < OUTBOX_PATH_MAX; i++) {
		snprintf(id, sizeof(id), "n%u", i);
		assert_false(add("mail", i == 7 || i == 9 ? SEVERITY_LOW : SEVERITY_HIGH, NOON, id));
	}
	assert_false(add("syslog", SEVERITY_LOW, NOON, "other"));
	assert_true(add("mail", SEVERITY_CRITICAL, NOON, "more"));
	assert_int_equal(outbox_count(outbox, SPAN("mail")), OUTBOX_PATH_MAX);
	for (unsigned i = 0; i < 9; i++) {
		struct outbox_job *job = outbox_next(outbox, SPAN("mail"), NOON);

		assert_string_not_equal(job->id, "n7");
		assert_int_equal(ended(job->number, OUTCOME_ARRIVED, NOON), OUTCOME_ARRIVED);
	}
}

static void what_was_kept_is_taken_up(void **unused)
{
	struct outbox *again;
	struct buffer text;
	struct outbox_job *job;
	uint64_t gone[4];

	(void)unused;
	add("mail", SEVERITY_HIGH, NOON, "a.1");
	job = outbox_unkept(outbox);
	buffer_init(&text, OUTBOX_JOB_MAX);
	assert_ok(outbox_job_write(job, &text));
	assert_ok(outbox_new(&again));
	assert_ok(outbox_restore(again, span_of(document_key(7).text), buffer_span(&text)));
	assert_result(outbox_restore(again, span_of(document_key(7).text), buffer_span(&text)), RESULT_REFUSED);
	assert_ok(outbox_restore(again, span_of(document_key(5).text), buffer_span(&text)));
	assert_result(outbox_restore(again, SPAN("7"), buffer_span(&text)), RESULT_MALFORMED);
	assert_result(outbox_restore(again, SPAN("00000000000000000008"), SPAN("{}")), RESULT_MALFORMED);
	assert_null(outbox_unkept(again));
	job = outbox_next(again, SPAN("mail"), NOON);
	assert_int_equal(job->number, 5);
	assert_string_equal(job->id, "a.1");
	assert_span(job->message, "From: me\r\n\r\n\"text\"\r\n");
	assert_int_equal(outbox_gone(again, gone, 4), 0);
	outbox_free(outbox);
	outbox = again;
	ended(5, OUTCOME_ARRIVED, NOON);
	assert_int_equal(outbox_gone(outbox, gone, 4), 1);
	assert_int_equal(gone[0], 5);
	outbox_forget_gone(outbox, 1);
	assert_int_equal(outbox_gone(outbox, gone, 4), 0);
	add("mail", SEVERITY_HIGH, NOON, "b");
	assert_int_equal(outbox_unkept(outbox)->number, 8);
	buffer_done(&text);
}

static void ends_of_nothing_are_nothing(void **unused)
{
	enum path_outcome outcome = OUTCOME_ARRIVED;
	char path[ALERT_NAME_MAX + 1];

	(void)unused;
	add("mail", SEVERITY_HIGH, NOON, "a");
	assert_result(outbox_ended(outbox, 1, &outcome, NOON, path), RESULT_NOT_FOUND);
	assert_result(outbox_ended(outbox, 99, &outcome, NOON, path), RESULT_NOT_FOUND);
	assert_int_equal(outbox_count(outbox, SPAN("mail")), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_at_a_time_in_their_order), TEST(who_does_not_answer_is_left_alone_for_longer_and_longer), TEST(what_is_refused_waits_alone), TEST(after_three_days_it_is_given_up),
		TEST(an_attempt_without_an_end_ends), TEST(the_least_gives_its_place), TEST(what_was_kept_is_taken_up), TEST(ends_of_nothing_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
