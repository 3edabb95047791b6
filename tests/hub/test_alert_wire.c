#include "alert.h"
#include "hub/alert/send/deliver.h"

static void frames_come_in_pieces(void **unused)
{
	struct buffer out;
	struct span frame;
	size_t used;

	(void)unused;
	buffer_init(&out, 4096);
	assert_ok(wire_put(&out, SPAN("{\"a\":1}")));
	assert_ok(wire_put(&out, SPAN("second")));
	for (size_t i = 0; i < 11; i++)
		assert_result(wire_take(span_take(buffer_span(&out), i), &frame, &used), RESULT_MORE);
	assert_ok(wire_take(buffer_span(&out), &frame, &used));
	assert_span(frame, "{\"a\":1}");
	assert_ok(wire_take(span_skip(buffer_span(&out), used), &frame, &used));
	assert_span(frame, "second");
	assert_result(wire_take(SPAN("\xff\xff\xff\xff" "abc"), &frame, &used), RESULT_LIMIT);
	buffer_done(&out);
}

static void a_job_is_read_as_it_was_written(void **unused)
{
	static const char *const bad[] = {
		"", "{}", "{\"do\":\"send\",\"number\":1,\"path\":\"mail\",\"id\":\"a\",\"message\":\"\"}", "{\"do\":\"plan\",\"number\":1,\"path\":\"mail\",\"id\":\"a\",\"message\":\"x\"}",
		"{\"do\":\"send\",\"number\":1,\"path\":\"mail\",\"id\":\"a: b\",\"message\":\"x\"}", "{\"do\":\"send\",\"number\":1,\"path\":\"Mail\",\"id\":\"a\",\"message\":\"x\"}",
		"{\"do\":\"send\",\"number\":-1,\"path\":\"mail\",\"id\":\"a\",\"message\":\"x\"}", "{\"do\":\"send\",\"number\":1,\"path\":\"mail\",\"id\":\"a\",\"message\":\"x\",\"more\":1}",
	};
	struct wire_job job;
	struct buffer out;
	struct span frame;
	size_t used;

	(void)unused;
	buffer_init(&out, WIRE_FRAME_MAX);
	assert_ok(wire_job_put(&out, 7, SPAN("mail"), SPAN("incident-1.2.mail"), SPAN("Subject: \"x\"\r\n")));
	assert_ok(wire_take(buffer_span(&out), &frame, &used));
	assert_ok(wire_job_read(frame, &job));
	assert_int_equal(job.number, 7);
	assert_string_equal(job.path, "mail");
	assert_string_equal(job.id, "incident-1.2.mail");
	assert_span(buffer_span(&job.message), "Subject: \"x\"\r\n");
	wire_job_done(&job);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_result(wire_job_read(span_of(bad[i]), &job), RESULT_MALFORMED);
	buffer_done(&out);
}

static void a_report_is_read_as_it_was_written(void **unused)
{
	struct wire_report report = { 9, OUTCOME_REFUSED, "550 \"no\"" }, read;
	struct buffer out;
	struct span frame;
	size_t used;

	(void)unused;
	buffer_init(&out, 4096);
	assert_ok(wire_report_put(&out, &report));
	assert_ok(wire_take(buffer_span(&out), &frame, &used));
	assert_ok(wire_report_read(frame, &read));
	assert_int_equal(read.number, 9);
	assert_int_equal(read.outcome, OUTCOME_REFUSED);
	assert_string_equal(read.why, report.why);
	assert_result(wire_report_read(SPAN("{\"number\":9,\"outcome\":\"given-up\",\"why\":\"\"}"), &read), RESULT_MALFORMED);
	buffer_done(&out);
}

#define FETCH(url, clear, more) "{\"do\":\"fetch\",\"number\":1,\"url\":\"" url "\",\"clear\":" clear ",\"ca\":\"\",\"authorization\":\"" more "\",\"form\":\"\"}"

static void what_is_fetched_is_read_as_it_was_written(void **unused)
{
	const struct wire_fetch fetch = { 7, false, SPAN("https://login.example/token"), SPAN("PEM"), SPAN("Basic eA=="), SPAN("a=1&b=2") };
	const struct wire_fetched fetched = { 7, 200, SPAN("{\"x\":\"\x01\"}"), "" };
	struct wire_fetched answer;
	struct wire_fetch read;
	struct buffer out;
	struct json *root;
	struct span frame;
	size_t used;

	(void)unused;
	buffer_init(&out, WIRE_FRAME_MAX);
	assert_ok(wire_fetch_put(&out, &fetch));
	assert_ok(wire_take(buffer_span(&out), &frame, &used));
	assert_ok(wire_fetch_read(frame, &root, &read));
	assert_true(read.number == 7 && !read.is_clear && span_equal(read.url, fetch.url) && span_equal(read.ca, fetch.ca));
	assert_true(span_equal(read.authorization, fetch.authorization) && span_equal(read.form, fetch.form));
	json_drop(root);
	buffer_reset(&out);
	assert_ok(wire_fetched_put(&out, &fetched));
	assert_ok(wire_take(buffer_span(&out), &frame, &used));
	assert_ok(wire_fetched_read(frame, &root, &answer));
	assert_true(answer.number == 7 && answer.status == 200 && span_equal(answer.body, fetched.body));
	json_drop(root);
	buffer_done(&out);
}

static void what_is_never_fetched(void **unused)
{
	static const char *const bad[] = {
		"{}", FETCH("http://login.example/", "false", ""), FETCH("http://login.example/", "true", ""), FETCH("http://127.0.0.1/", "false", ""), FETCH("file:///etc/passwd", "true", ""),
		FETCH("https://a@127.0.0.1/", "false", ""), FETCH("https://login.example/ \\u0007", "false", ""), FETCH("https://login.example/\\r\\nX: y", "false", ""),
		FETCH("https://login.example/", "false", "a\\r\\nb"), FETCH("https://login.example?@x/", "false", ""), FETCH("https://", "false", ""), FETCH("https://login.example/", "0", ""),
	};
	struct wire_fetched answer;
	struct wire_fetch read;
	struct json *root;

	(void)unused;
	assert_ok(wire_fetch_read(SPAN(FETCH("http://127.0.0.1:1/", "true", "")), &root, &read));
	json_drop(root);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (wire_fetch_read(span_of(bad[i]), &root, &read) != RESULT_MALFORMED)
			fail_msg("%s", bad[i]);
	}
	assert_result(wire_fetched_read(SPAN("{\"fetched\":7,\"status\":1000,\"body\":\"\",\"why\":\"\"}"), &root, &answer), RESULT_MALFORMED);
}

static void a_plan_crosses_whole(void **unused)
{
	struct alert_plan read;
	struct buffer out;

	(void)unused;
	test_settings.mail = (struct list_value){ test_mail, 3 };
	test_settings.webhooks = (struct list_value){ &test_webhook, 1 };
	test_settings.syslog = (struct list_value){ &test_syslog, 1 };
	test_settings.escalate_to = (struct list_value){ test_escalate, 2 };
	test_plan_make();
	buffer_init(&out, ALERT_PLAN_MAX);
	assert_ok(alert_plan_write(&test_plan, &out));
	assert_ok(alert_plan_read(buffer_span(&out), &read));
	assert_int_equal(read.path_count, 5);
	assert_span(read.paths[0].url, "smtp://mail.example:587");
	assert_span(read.paths[1].url, "smtps://mail.example:465");
	assert_span(read.paths[2].url, "smtp://[2001:db8::25]:2525");
	assert_span(read.paths[2].host, "2001:db8::25");
	assert_span(read.paths[3].url, "https://hooks.example:443/alerts");
	assert_span(read.paths[3].secret, "0123456789abcdef");
	assert_span(read.paths[4].host, "log.example");
	assert_int_equal(read.paths[4].port, 6514);
	assert_span(read.paths[0].to[1], "mayor@commune.example");
	assert_int_equal(test_plan.paths[1].step, 0);
	assert_int_equal(test_plan.paths[2].step, 1);
	assert_int_equal(test_plan.paths[3].language, DESK_EN);
	alert_plan_done(&read);
	assert_result(alert_plan_read(SPAN("{\"do\":\"plan\",\"hub\":\"x\",\"paths\":[{}]}"), &read), RESULT_MALFORMED);
	assert_result(alert_plan_read(SPAN("{\"do\":\"plan\",\"hub\":\"a\\u0000b\",\"paths\":[]}"), &read), RESULT_MALFORMED);
	buffer_done(&out);
}

/* Made with Python: hmac.new(b"0123456789abcdef", b"1768302000.{}", "sha256").hexdigest() */
static void a_signature_is_as_others_compute_it(void **unused)
{
	char out[SIGNATURE_LEN];

	(void)unused;
	assert_ok(webhook_sign(SPAN("0123456789abcdef"), NOON, SPAN("{}"), out));
	assert_true(span_equal(span_make(out, sizeof(out)), SPAN("v1=4b32de2d05900280fa37c36242fbfe4ab7ec284da368edec6a6fe144f6d5f1d4")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, test_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frames_come_in_pieces), TEST(a_job_is_read_as_it_was_written), TEST(a_report_is_read_as_it_was_written), TEST(what_is_fetched_is_read_as_it_was_written), TEST(what_is_never_fetched),
		TEST(a_plan_crosses_whole), TEST(a_signature_is_as_others_compute_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
