/* Alerts with the real store, and what the API says of them. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alert.h"
#include "hub/alert/routes.h"
#include "hub/alert/send/wire.h"

static struct loop loop;
static struct store *store;
static struct alerts *alerts;
static char folder[64];
static bool may_log;
static enum web_door from;
static char logged[128];

static bool write_down(void *context, struct web_request *request, struct web_answer *answer, const char *what, struct span object, struct span detail)
{
	(void)context, (void)request, (void)detail;
	snprintf(logged, sizeof(logged), "%s %.*s", what, SPAN_ARG(object));
	if (!may_log)
		web_refuse(answer, 503, "no-audit", "the audit log cannot be written");
	return may_log;
}

static bool is_everybodys;

static bool sees_all(void *context, const struct web_request *request)
{
	(void)context, (void)request;
	return is_everybodys;
}

static void start(void)
{
	struct alerts_birth birth = { .loop = &loop };
	struct complaints complaints;

	complaints_init(&complaints);
	assert_ok(store_open(span_of(folder), NULL, &store));
	birth.store = store;
	test_plan_make();
	assert_ok(alerts_new(&birth, &test_plan, &complaints, &alerts));
	assert_int_equal(complaints.count, 0);
	complaints_done(&complaints);
}

static void stop(void)
{
	alerts_free(alerts);
	store_close(store);
	alerts = NULL;
	store = NULL;
}

static int begin(void **state)
{
	(void)test_begin(state);
	test_settings.syslog = (struct list_value){ &test_syslog, 1 };
	snprintf(folder, sizeof(folder), "/tmp/bouclier-alerts-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_ok(loop_init(&loop));
	loop.wall_ns = (uint64_t)NOON * 1000000000;
	may_log = is_everybodys = true;
	logged[0] = 0;
	start();
	return 0;
}

static int end(void **state)
{
	char command[96];

	stop();
	loop_done(&loop);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
	return test_end(state);
}

static unsigned ask(size_t route, const char *body, struct json **out)
{
	struct alert_routes context = { .alerts = alerts, .sees_all = sees_all, .log = write_down };
	struct web_request request = { .door = from, .body = span_of(body), .wall_ns = (uint64_t)NOON * 1000000000 };
	struct web_answer answer = { .status = 0 };

	buffer_init(&answer.body, WEB_ANSWER_MAX);
	alert_routes[route].answer(&context, &request, &answer);
	if (out)
		assert_ok(json_read(buffer_span(&answer.body), out));
	buffer_done(&answer.body);
	return answer.status;
}

static void paths_and_what_waits_are_told(void **unused)
{
	struct json *root;
	const struct json *path;

	(void)unused;
	alerts_incident(alerts, test_attack(17, SEVERITY_HIGH, NOON), NOON);
	assert_int_equal(ask(0, "", &root), 200);
	assert_int_equal(json_length(json_find(root, "paths")), 2);
	assert_int_equal(json_length(json_find(root, "waiting")), 2);
	path = json_item(json_find(root, "paths"), 0);
	assert_span(json_text_of(json_find(path, "path")), "mail");
	assert_span(json_text_of(json_find(path, "state")), "unused");
	assert_true(json_has_null(json_find(path, "last_error")));
	assert_int_equal(json_number_of(json_find(path, "waiting")), 1);
	assert_true(json_bool_of(json_find(root, "kept")));
	assert_false(json_bool_of(json_find(root, "can_send")));
	json_drop(root);
}

/* What a mail server said, and how many incidents others have, is the hub's; a test goes to everybody who is told. */
static void who_sees_some_tenants_sees_and_tests_no_path(void **unused)
{
	struct json *root;

	(void)unused;
	is_everybodys = false;
	alerts_incident(alerts, test_attack(17, SEVERITY_HIGH, NOON), NOON);
	assert_int_equal(ask(0, "", &root), 200);
	assert_int_equal(json_length(json_find(root, "paths")), 0);
	assert_int_equal(json_length(json_find(root, "waiting")), 0);
	json_drop(root);
	assert_int_equal(ask(1, "{\"path\":\"mail\"}", &root), 403);
	json_drop(root);
	assert_int_equal(ask(1, "{\"path\":\"nobody\"}", &root), 403);  /* nor learns which there are */
	json_drop(root);
	assert_string_equal(logged, "");
}

static void a_test_is_logged_before_it_is_made(void **unused)
{
	struct json *root;

	(void)unused;
	assert_int_equal(ask(1, "{\"path\":\"mail\"}", &root), 202);
	assert_true(json_text_of(json_find(root, "id")).len > 0);
	json_drop(root);
	assert_string_equal(logged, "test-alert mail");
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 1);
	may_log = false;
	assert_int_equal(ask(1, "{\"path\":\"mail\"}", &root), 503);
	json_drop(root);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 1);
	assert_int_equal(ask(1, "{\"path\":\"nobody\"}", &root), 404);
	json_drop(root);
	static const char *const bad[] = { "", "[]", "{}", "{\"path\":1}", "{\"path\":\"mail\",\"more\":1}" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask(1, bad[i], &root), 400);
		json_drop(root);
	}
}

static size_t count_warnings(void)
{
	struct json *root;
	size_t count;

	assert_int_equal(ask(0, "", &root), 200);
	count = json_length(json_find(root, "warnings"));
	json_drop(root);
	return count;
}

static void a_neighbour_is_dead_while_watch_says_so(void **unused)
{
	static const char dead[] = "{\"peer\":\"www.other.example:8443\",\"what\":\"shield\",\"state\":\"dead\"}";
	struct json *root;

	(void)unused;
	from = WEB_TLS;
	assert_int_equal(ask(2, dead, &root), 403);
	json_drop(root);
	from = WEB_LOCAL_SOCKET;
	may_log = false;
	assert_int_equal(ask(2, dead, &root), 503);
	json_drop(root);
	assert_int_equal(count_warnings(), 0);
	may_log = true;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(ask(2, dead, NULL), 204);
	assert_string_equal(logged, "watch.dead www.other.example:8443: shield");
	assert_int_equal(count_warnings(), 1);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 1);
	assert_int_equal(ask(2, "{\"peer\":\"www.other.example:8443\",\"what\":\"shield\",\"state\":\"ok\"}", NULL), 204);
	assert_int_equal(count_warnings(), 0);
}

static void a_restart_forgets_nothing_and_repeats_nothing(void **unused)
{
	struct incident *attack;

	(void)unused;
	for (unsigned i = 1; i <= 90; i++)  /* more than one change of the store holds */
		alerts_incident(alerts, test_attack(i, SEVERITY_HIGH, NOON), NOON);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 90);
	stop();
	start();
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 90);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 9);
	assert_int_equal(alerts_path(alerts, 0)->held, ALERT_HELD_MAX);
	attack = test_attack(90, SEVERITY_HIGH, NOON);
	alerts_incident(alerts, attack, NOON);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 90);
	attack->status = STATUS_CONTAINED;
	alerts_incident(alerts, attack, NOON);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 91);
}

/* The number of the next job, past whatever else comes. */
static uint64_t read_job(int fd, struct buffer *input)
{
	struct wire_job job;
	struct span frame;
	uint64_t number;
	size_t used;

	for (;;) {
		while (wire_take(buffer_span(input), &frame, &used) != RESULT_OK) {
			ssize_t got = recv(fd, buffer_reserve(input, 65536), 65536, 0);

			assert_true(got > 0);
			buffer_commit(input, (size_t)got);
		}
		if (wire_job_read(frame, &job) == RESULT_OK)
			break;
		buffer_consume(input, used);
	}
	number = job.number;
	wire_job_done(&job);
	buffer_consume(input, used);
	return number;
}

static void report(int fd, uint64_t number, enum path_outcome outcome)
{
	struct wire_report said = { number, outcome, "" };
	struct buffer out;

	buffer_init(&out, 4096);
	assert_ok(wire_report_put(&out, &said));
	assert_int_equal(send(fd, buffer_span(&out).at, buffer_len(&out), 0), (ssize_t)buffer_len(&out));
	buffer_done(&out);
	loop_turn(&loop, 1000);
}

static void a_sender_that_dies_is_followed_by_another(void **unused)
{
	struct buffer input;
	uint64_t first;
	int ends[2];

	(void)unused;
	alerts_incident(alerts, test_attack(1, SEVERITY_MEDIUM, NOON), NOON);
	buffer_init(&input, WIRE_FRAME_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_ok(alerts_attach(alerts, ends[0]));
	first = read_job(ends[1], &input);
	close(ends[1]);
	loop_turn(&loop, 1000);
	assert_false(alerts_can_send(alerts));
	buffer_reset(&input);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_ok(alerts_attach(alerts, ends[0]));
	assert_int_equal(read_job(ends[1], &input), first);
	report(ends[1], first, OUTCOME_ARRIVED);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 0);
	assert_int_equal(alerts_path(alerts, 0)->sent, 1);
	/* What it says of what it was not given changes nothing; what it never says ends it. */
	report(ends[1], 999, OUTCOME_ARRIVED);
	assert_true(alerts_can_send(alerts));
	assert_int_equal(send(ends[1], "\0\0\0\2{}", 6, 0), 6);
	loop_turn(&loop, 1000);
	assert_false(alerts_can_send(alerts));
	close(ends[1]);
	buffer_done(&input);
	stop();
	start();
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 0);
}

static void paths_that_are_gone_are_forgotten(void **unused)
{
	(void)unused;
	alerts_incident(alerts, test_attack(1, SEVERITY_MEDIUM, NOON), NOON);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 1);
	stop();
	test_settings.syslog.count = 0;
	start();
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 0);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 1);
	alerts_second(alerts, NOON + 1);
	stop();
	test_settings.syslog.count = 1;
	start();
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("syslog")), 0);
	assert_int_equal(outbox_count(alerts_outbox(alerts), SPAN("mail")), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths_and_what_waits_are_told), TEST(who_sees_some_tenants_sees_and_tests_no_path), TEST(a_test_is_logged_before_it_is_made), TEST(a_restart_forgets_nothing_and_repeats_nothing), TEST(a_neighbour_is_dead_while_watch_says_so),
		TEST(a_sender_that_dies_is_followed_by_another), TEST(paths_that_are_gone_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
