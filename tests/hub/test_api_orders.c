/* The shield's admin socket, asked from the loop; orders by it, and what is told of it. */
#include "api_stage.h"
#include "hub/api/shield/shield.h"

#define STATUS_TEXT \
	"{\"version\":\"0.1.0\",\"pid\":7,\"keeper_pid\":6,\"started\":\"2026-01-31T11:00:00.000Z\",\"memory_bytes\":3000000,\"edge_deaths\":4," \
	"\"keeper_started\":\"2026-01-31T10:00:00.000Z\",\"keeper_memory_bytes\":5000000," \
	"\"hub\":{\"state\":\"running\",\"pid\":9,\"started\":\"2026-01-31T11:30:00.000Z\",\"deaths\":2,\"memory_bytes\":7000000,\"send_pid\":0,\"send_started\":\"2026-01-31T11:31:00.000Z\",\"send_deaths\":1}," \
	"\"sites\":[" \
	"{\"site\":\"" API_SITE_A "\",\"tenant\":\"a\",\"waf\":{\"mode\":\"detect\"},\"guard\":{\"mode\":\"observe\"},\"level\":{\"is\":\"attack\",\"for\":\"requests, pressure\",\"forced\":true}," \
	"\"origins\":[{\"up\":true},{\"up\":false}],\"certificate\":{\"not_after\":\"2126-01-01T00:00:00.000Z\",\"self_signed\":true},\"bypass\":{\"until\":\"2026-02-01T00:00:00.000Z\",\"reason\":\"test\"}}," \
	"{\"site\":\"" API_SITE_B "\",\"tenant\":\"b\",\"origins\":[]}]}"

/* -- the test answers as a shield -- */

/* One question that comes: its bytes; it is answered with STATUS and BODY. False: none came within some rounds. */
static bool answer_as_shield(struct api_stage *stage, unsigned status, const char *body, char *question, size_t size)
{
	int fd = -1;
	ssize_t got = -1;
	char text[8192];

	for (unsigned i = 0; i < 500 && fd < 0; i++) {
		loop_turn(&stage->loop, 2);
		fd = accept4(stage->shield_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
	if (fd < 0)
		return false;
	for (unsigned i = 0; i < 500 && got < 0; i++) {
		loop_turn(&stage->loop, 2);
		got = recv(fd, question, size - 1, 0);
	}
	question[got > 0 ? got : 0] = 0;
	snprintf(text, sizeof(text), "HTTP/1.1 %u OK\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	close(fd);
	return true;
}

/* Answers every question until a look has been answered. */
static void let_look(struct api_stage *stage)
{
	char question[4096];

	do
		assert_true(answer_as_shield(stage, 200, STATUS_TEXT, question, sizeof(question)));
	while (!strstr(question, "/status"));
	for (unsigned i = 0; i < 5; i++)
		loop_turn(&stage->loop, 1);
}

/* Gives an order that the shield answers with STATUS and BODY; QUESTION is what it was asked. */
static unsigned order(struct api_stage *stage, const char *method, const char *path, const char *body, unsigned status, const char *says, char *question, size_t size)
{
	int fd = stage_connect(stage);

	stage_send(stage, fd, method, path, body);
	do
		assert_true(answer_as_shield(stage, status, says, question, size));
	while (strstr(question, "GET /status"));
	while (!stage_receive(stage, fd, 20)) {
		char look[4096];

		answer_as_shield(stage, 200, STATUS_TEXT, look, sizeof(look));
	}
	close(fd);
	stage_read(stage);
	return stage->status;
}

/* -- the client -- */

struct told {
	unsigned times, status;
	enum result result;
	char body[64];
};

static void take(void *context, const struct shield_answer *answer)
{
	struct told *told = context;

	told->times++;
	told->result = answer->result;
	told->status = answer->status;
	snprintf(told->body, sizeof(told->body), "%.*s", SPAN_ARG(answer->body));
}

static void a_question_has_one_end(void **unused)
{
	struct api_stage *stage = api_stage_new();
	struct told told = { 0 }, late = { 0 }, cut = { 0 }, gone = { 0 };
	struct shield *nobody = shield_new(&stage->loop, SPAN("/nonexistent/admin.sock")), *shield = shield_new(&stage->loop, span_of(stage->shield));
	struct shield_question question = { SPAN("GET"), SPAN("/x"), SPAN_NONE, 5000, take, &told };
	char text[4096];
	int fd;

	(void)unused;
	let_look(stage);
	assert_ok(shield_ask(nobody, &question));
	assert_int_equal(told.times, 0);
	loop_turn(&stage->loop, 1);
	assert_int_equal(told.times, 1);
	assert_int_equal(told.result, RESULT_NOT_FOUND);
	assert_ok(shield_ask(shield, &question));
	assert_true(answer_as_shield(stage, 200, "{\"a\":1}", text, sizeof(text)));
	for (unsigned i = 0; i < 20 && told.times < 2; i++)
		loop_turn(&stage->loop, 2);
	assert_int_equal(told.result, RESULT_OK);
	assert_string_equal(told.body, "{\"a\":1}");
	/* Nobody answers in time. */
	question.context = &late;
	question.wait_ms = 30;
	assert_ok(shield_ask(shield, &question));
	for (unsigned i = 0; i < 200 && !late.times; i++)
		loop_turn(&stage->loop, 2);
	assert_int_equal(late.result, RESULT_TIMEOUT);
	/* Half an answer. */
	question.context = &cut;
	question.wait_ms = 5000;
	assert_ok(shield_ask(shield, &question));
	close(accept(stage->shield_fd, NULL, NULL));  /* the late one */
	fd = accept(stage->shield_fd, NULL, NULL);
	assert_int_equal(send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", 39, MSG_NOSIGNAL), 39);
	close(fd);
	for (unsigned i = 0; i < 200 && !cut.times; i++)
		loop_turn(&stage->loop, 2);
	assert_int_equal(cut.result, RESULT_MALFORMED);
	/* The hub ends. */
	question.context = &gone;
	for (unsigned i = 0; i < SHIELD_ASKS_MAX; i++) {
		enum result result = shield_ask(shield, &question);

		assert_true(result == RESULT_OK);
	}
	assert_result(shield_ask(shield, &question), RESULT_LIMIT);
	shield_free(shield);
	shield_free(nobody);
	assert_int_equal(gone.times, SHIELD_ASKS_MAX);
	api_stage_free(stage);
}

/* -- orders -- */

static void orders_are_written_down_and_given(void **unused)
{
	static const struct { const char *method, *path, *body, *asks, *says, *logged; } rows[] = {
		{ "POST", "/api/v1/bans", "{\"network\":\"203.0.113.0/24\",\"for\":\"90m\",\"why\":\"a flood\"}", "POST /ban ", "{\"network\":\"203.0.113.0/24\",\"for_ms\":5400000,\"reason\":\"a flood\"}",
		  "ban.add|203.0.113.0/24|a flood (90m)" },
		{ "POST", "/api/v1/bans", "{\"network\":\"2001:db8::1\",\"why\":\"a flood\"}", "POST /ban ", "{\"network\":\"2001:db8::1\",\"reason\":\"a flood\"}", "ban.add|2001:db8::1|a flood" },
		{ "DELETE", "/api/v1/bans/203.0.113.0%2F24?why=over", "", "DELETE /ban ", "{\"network\":\"203.0.113.0/24\"}", "ban.lift|203.0.113.0/24|over" },
		{ "POST", "/api/v1/sites/" API_SITE_A "/level", "{\"level\":\"auto\",\"why\":\"it is over\"}", "POST /level ", "{\"site\":\"" API_SITE_A "\",\"level\":\"auto\"}", "level.set|" API_SITE_A "|it is over" },
		{ "POST", "/api/v1/sites/" API_SITE_A "/bypass", "{\"for\":\"1h\",\"why\":\"a test\"}", "POST /bypass ", "{\"site\":\"" API_SITE_A "\",\"for_ms\":3600000,\"reason\":\"a test\"}",
		  "bypass.begin|" API_SITE_A "|a test (1h)" },
		{ "DELETE", "/api/v1/sites/" API_SITE_A "/bypass?why=over", "", "DELETE /bypass ", "{\"site\":\"" API_SITE_A "\"}", "bypass.end|" API_SITE_A "|over" },
		{ "POST", "/api/v1/sites/" API_SITE_A "/maintenance", "{\"for\":\"1h\",\"why\":\"a test\",\"message\":\"soon\",\"allow\":[\"192.0.2.0/24\"]}", "POST /maintenance ",
		  "\"message\":\"soon\",\"allow\":[\"192.0.2.0/24\"]}", "maintenance.begin|" API_SITE_A "|a test (1h)" },
		{ "DELETE", "/api/v1/sites/" API_SITE_A "/maintenance?why=over", "", "DELETE /maintenance ", "{\"site\":\"" API_SITE_A "\"}", "maintenance.end|" API_SITE_A "|over" },
	};
	struct api_stage *stage = api_stage_new();

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char question[4096];

		assert_int_equal(order(stage, rows[i].method, rows[i].path, rows[i].body, 200, "{\"done\":true}", question, sizeof(question)), 200);
		assert_true(json_bool_of(json_find(stage->root, "done")));
		if (!strstr(question, rows[i].asks) || !strstr(question, rows[i].says))
			fail_msg("%s: %s", rows[i].path, question);
		assert_string_equal(stage->logged, rows[i].logged);
	}
	api_stage_free(stage);
}

static void what_the_shield_refuses_is_said(void **unused)
{
	struct api_stage *stage = api_stage_new();
	char question[4096];

	(void)unused;
	assert_refused(order(stage, "POST", "/api/v1/bans", "{\"network\":\"127.0.0.1\",\"why\":\"x\"}", 409, "{\"error\":\"127.0.0.1 is never banned\"}", question, sizeof(question)), 409, "shield-refused");
	assert_span(json_text_of(json_find(json_find(stage->root, "error"), "text")), "127.0.0.1 is never banned");
	assert_refused(order(stage, "POST", "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\"}", 503, "nonsense", question, sizeof(question)), 503, "shield-refused");
	api_stage_free(stage);
}

static void what_cannot_be_an_order_is_none(void **unused)
{
	static const struct { const char *path, *body; } rows[] = {
		{ "/api/v1/bans", "{\"network\":\"203.0.113.1/24\",\"why\":\"bits\"}" }, { "/api/v1/bans", "{\"network\":\"x\",\"why\":\"no network\"}" },
		{ "/api/v1/bans", "{\"network\":\"192.0.2.1\"}" }, { "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"\"}" },
		{ "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\",\"for\":60}" }, { "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\",\"for\":\"60\"}" },
		{ "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\",\"for\":\"10ms\"}" }, { "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\",\"for\":\"9999d\"}" },
		{ "/api/v1/sites/" API_SITE_A "/level", "{\"level\":\"high\",\"why\":\"x\"}" }, { "/api/v1/sites/" API_SITE_A "/bypass", "{\"why\":\"x\"}" },
		{ "/api/v1/sites/" API_SITE_A "/bypass", "{\"why\":\"x\",\"for\":\"8d\"}" }, { "/api/v1/sites/" API_SITE_A "/maintenance", "{\"why\":\"x\",\"for\":\"32d\"}" },
		{ "/api/v1/sites/" API_SITE_A "/maintenance", "{\"why\":\"x\",\"for\":\"1h\",\"allow\":[\"x\"]}" }, { "/api/v1/sites/" API_SITE_A "/maintenance", "{\"why\":\"x\",\"for\":\"1h\",\"allow\":{}}" },
		{ "/api/v1/sites/" API_SITE_A "/maintenance", "{\"why\":\"x\",\"for\":\"1h\",\"message\":5}" },
	};
	struct api_stage *stage = api_stage_new();
	char question[4096];

	(void)unused;
	let_look(stage);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refused(stage_ask(stage, "POST", rows[i].path, rows[i].body), 400, "bad-member");
	assert_refused(stage_ask(stage, "DELETE", "/api/v1/bans/192.0.2.1", ""), 400, "bad-parameter");
	assert_refused(stage_ask(stage, "DELETE", "/api/v1/bans/x?why=x", ""), 404, "not-found");
	/* Security: what cannot be written down is not done, and the shield hears nothing of it. */
	stage->cannot_log = true;
	assert_refused(stage_ask(stage, "POST", "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\"}"), 503, "not-recorded");
	assert_string_equal(stage->logged, "");
	stage->cannot_log = false;
	close(stage->shield_fd);
	stage->shield_fd = -1;
	assert_refused(stage_ask(stage, "POST", "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\"}"), 503, "shield-away");
	(void)question;
	api_stage_free(stage);
}

/* Whoever gave an order and left is not waited for; nor is one when the hub ends. */
static void who_leaves_is_forgotten(void **unused)
{
	struct api_stage *stage = api_stage_new();
	char question[4096];
	int fd = stage_connect(stage), other;

	(void)unused;
	let_look(stage);
	stage_send(stage, fd, "POST", "/api/v1/bans", "{\"network\":\"192.0.2.1\",\"why\":\"x\"}");
	for (unsigned i = 0; i < 10; i++)
		loop_turn(&stage->loop, 1);
	close(fd);
	for (unsigned i = 0; i < 10; i++)
		loop_turn(&stage->loop, 1);
	assert_true(answer_as_shield(stage, 200, "{}", question, sizeof(question)));
	assert_non_null(strstr(question, "POST /ban"));
	for (unsigned i = 0; i < 10; i++)
		loop_turn(&stage->loop, 1);
	other = stage_connect(stage);
	stage_send(stage, other, "GET", "/api/v1/protection", "");
	for (unsigned i = 0; i < 10; i++)
		loop_turn(&stage->loop, 1);
	api_stage_free(stage);
	close(other);
}

/* -- what is told of the shield -- */

/* The hub's row is what the keeper knows of it; what is not there has no memory, and was there. */
static void processes_are(const struct json *processes)
{
	static const struct { const char *name, *state, *since; int pid, deaths, memory; } rows[] = {  /* -1: not told */
		{ "edge", "up", "2026-01-31T11:00:00.000Z", 7, 4, 3000000 }, { "keeper", "up", "2026-01-31T10:00:00.000Z", 6, -1, 5000000 },
		{ "hub", "up", "2026-01-31T11:30:00.000Z", 9, 2, 7000000 }, { "send", "down", NULL, -1, 1, -1 },
	};

	assert_int_equal(json_length(processes), sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct json *row = json_item(processes, i), *pid = json_find(row, "pid"), *deaths = json_find(row, "deaths"), *memory = json_find(row, "memory_bytes");

		assert_true(span_equal(json_text_of(json_find(row, "name")), span_of(rows[i].name)));
		assert_true(span_equal(json_text_of(json_find(row, "state")), span_of(rows[i].state)));
		assert_true(span_equal(json_text_of(json_find(row, "since")), span_of(rows[i].since ? rows[i].since : "")));
		assert_int_equal(pid ? (int)json_number_of(pid) : -1, rows[i].pid);
		assert_int_equal(deaths ? (int)json_number_of(deaths) : -1, rows[i].deaths);
		assert_int_equal(memory ? (int)json_number_of(memory) : -1, rows[i].memory);
	}
}

static void sites_are_told_as_the_shield_says(void **unused)
{
	struct api_stage *stage = api_stage_new();
	const struct json *site;

	(void)unused;
	assert_int_equal(stage_get(stage, "/api/v1/sites/" API_SITE_A), 200);
	assert_span(json_text_of(json_find(stage->root, "mode")), "block");  /* the shield has not answered: what the file says */
	assert_span(json_text_of(json_find(json_find(stage->root, "origin"), "state")), "unknown");
	let_look(stage);
	assert_int_equal(stage_get(stage, "/api/v1/sites/" API_SITE_A), 200);
	site = stage->root;
	assert_span(json_text_of(json_find(site, "mode")), "detect");
	assert_true(json_bool_of(json_find(site, "observing")));
	assert_span(json_text_of(json_find(json_find(site, "origin"), "state")), "degraded");
	assert_span(json_text_of(json_find(site, "level")), "attack");
	assert_true(json_bool_of(json_find(json_find(site, "certificate"), "self_signed")));
	assert_span(json_text_of(json_find(json_find(site, "reachable"), "state")), "unknown");
	assert_int_equal(json_number_of(json_find(site, "rate_per_s")), 1);
	assert_span(json_text_of(json_find(json_find(site, "bypass"), "reason")), "test");
	assert_true(json_has_object(json_find(site, "status")));
	assert_int_equal(stage_get(stage, "/api/v1/now"), 200);
	assert_span(json_text_of(json_find(stage->root, "level")), "attack");
	assert_int_equal(json_length(json_find(stage->root, "level_reasons")), 2);
	assert_int_equal(json_length(json_find(stage->root, "rates")), 60);
	assert_int_equal(json_number_of(json_find(json_item(json_find(stage->root, "rates"), 0), "allow")), 3);
	assert_span(json_text_of(json_find(json_item(json_find(stage->root, "sites"), 0), "name")), API_SITE_A);
	assert_span(json_text_of(json_find(json_find(stage->root, "hub"), "edge")), "up");
	assert_span(json_text_of(json_find(json_find(stage->root, "served"), "state")), "unknown");
	stage_be(stage, "b");
	assert_int_equal(stage_get(stage, "/api/v1/now"), 200);
	assert_span(json_text_of(json_find(stage->root, "level")), "normal");
	assert_int_equal(json_number_of(json_find(json_item(json_find(stage->root, "rates"), 0), "allow")), 2);
	assert_int_equal(stage_get(stage, "/api/v1/health"), 200);
	assert_int_equal(json_length(json_find(stage->root, "processes")), 0);
	assert_true(json_has_null(json_find(stage->root, "journal")));
	stage_be(stage, "*");
	assert_int_equal(stage_get(stage, "/api/v1/health"), 200);
	processes_are(json_find(stage->root, "processes"));
	assert_int_equal(json_length(json_find(stage->root, "certificates")), 1);
	assert_int_equal(json_length(json_find(stage->root, "disk")), 2);
	api_stage_free(stage);
}

static void protection_is_told(void **unused)
{
	struct api_stage *stage = api_stage_new();
	char question[4096];
	int fd;

	(void)unused;
	let_look(stage);
	fd = stage_connect(stage);
	stage_send(stage, fd, "GET", "/api/v1/protection", "");
	assert_true(answer_as_shield(stage, 200, "{\"bans\":[{\"network\":\"192.0.2.1\"}],\"more\":4}", question, sizeof(question)));
	assert_non_null(strstr(question, "GET /bans"));
	assert_true(answer_as_shield(stage, 200, "{\"admitted\":[{\"reference\":\"00\"}]}", question, sizeof(question)));
	assert_non_null(strstr(question, "GET /admit"));
	assert_true(stage_receive(stage, fd, 200));
	close(fd);
	stage_read(stage);
	assert_int_equal(stage->status, 200);
	assert_int_equal(json_length(json_find(stage->root, "bans")), 1);
	assert_int_equal(json_number_of(json_find(stage->root, "bans_more")), 4);
	assert_int_equal(json_length(json_find(stage->root, "admitted")), 1);
	assert_int_equal(json_length(json_find(stage->root, "levels")), 3);
	assert_int_equal(json_length(json_find(json_item(json_find(stage->root, "levels"), 0), "reasons")), 2);
	assert_int_equal(json_length(json_find(stage->root, "bypass")), 1);
	stage_be(stage, "b");
	assert_int_equal(stage_get(stage, "/api/v1/protection"), 200);
	assert_int_equal(json_length(json_find(stage->root, "bans")), 0);
	assert_int_equal(json_length(json_find(stage->root, "levels")), 1);
	assert_int_equal(json_length(json_find(stage->root, "bypass")), 0);
	api_stage_free(stage);
}

static void the_configuration_is_the_shields_to_tell(void **unused)
{
	struct api_stage *stage = api_stage_new();
	char question[4096];

	(void)unused;
	assert_int_equal(order(stage, "GET", "/api/v1/config", "", 200, "{\"generation\":4,\"files\":[{\"path\":\"/etc/x\",\"text\":\"a: 1\\n\"}]}", question, sizeof(question)), 200);
	assert_non_null(strstr(question, "GET /config "));
	assert_int_equal(json_number_of(json_find(stage->root, "generation")), 4);
	assert_span(json_text_of(json_find(json_item(json_find(stage->root, "files"), 0), "text")), "a: 1\n");
	assert_int_equal(order(stage, "GET", "/api/v1/config/schema", "", 200, "{\"title\":\"bouclier.yaml\",\"properties\":{\"workers\":{\"x-value\":\"a number\"}}}", question, sizeof(question)), 200);
	assert_non_null(strstr(question, "GET /config/schema "));
	assert_span(json_text_of(json_find(json_find(json_find(stage->root, "properties"), "workers"), "x-value")), "a number");
	assert_refused(order(stage, "GET", "/api/v1/config/schema", "", 404, "{\"error\":\"there is no /config/schema here\"}", question, sizeof(question)), 409, "shield-refused");
	assert_int_equal(order(stage, "GET", "/api/v1/config/history", "", 200, "{\"configurations\":[{\"number\":9}]}", question, sizeof(question)), 200);
	assert_int_equal(json_number_of(json_find(json_item(json_find(stage->root, "versions"), 0), "number")), 9);
	assert_refused(order(stage, "GET", "/api/v1/config/history", "", 404, "{\"error\":\"there is no history\"}", question, sizeof(question)), 409, "shield-refused");
	assert_int_equal(order(stage, "POST", "/api/v1/config/confirm", "", 200, "{\"ok\":true}", question, sizeof(question)), 200);
	assert_non_null(strstr(question, "POST /reload/confirm "));
	assert_non_null(strstr(question, "{\"who\":\"anne\"}"));
	assert_string_equal(stage->logged, "config.confirm|configuration|");
	api_stage_free(stage);
}

/* -- who follows -- */

static struct span follow(struct api_stage *stage, const char *tenant, int *fd)
{
	stage_be(stage, tenant);
	*fd = stage_connect(stage);
	stage_send(stage, *fd, "GET", "/api/v1/stream", "");
	assert_false(stage_receive(stage, *fd, 30));
	return buffer_span(&stage->answer);
}

static void a_stream_tells_what_changes_and_nobody_elses(void **unused)
{
	struct api_stage *stage = api_stage_new();
	struct span told;
	int fd, other;

	(void)unused;
	let_look(stage);
	told = follow(stage, "a", &fd);
	assert_true(span_contains(told, SPAN("text/event-stream")) && span_contains(told, SPAN("event: now\n")) && span_contains(told, SPAN("event: health\n")));
	assert_true(span_contains(told, SPAN(API_SITE_A)) && !span_contains(told, SPAN(API_SITE_B)));
	stage_be(stage, "*");
	stage_incident(stage, API_SITE_B, "b", "");
	stage_incident(stage, API_SITE_A, "a", "");
	buffer_reset(&stage->answer);
	api_incident_changed(stage->api, group_find(stage->group, 1));
	assert_false(stage_receive(stage, fd, 30));
	assert_false(span_contains(buffer_span(&stage->answer), SPAN("event: incident\n")));
	api_incident_changed(stage->api, group_find(stage->group, 2));
	assert_false(stage_receive(stage, fd, 30));
	assert_true(span_contains(buffer_span(&stage->answer), SPAN("event: incident\n")) && span_contains(buffer_span(&stage->answer), SPAN("\"id\":2")));
	follow(stage, "*", &other);
	assert_int_equal(web_stream_count(stage->streams), 2);
	close(other);
	api_stage_free(stage);
	close(fd);
}

/* Of the 64 streams that there are, whoever has thirty tokens has four. */
static void tokens_are_their_owners_streams(void **unused)
{
	static const char *const names[] = { "anne/token:a", "anne/token:b", "anne", "anne/token:c", "anne/token:d", "bob/token:a" };
	struct api_stage *stage = api_stage_new();
	int fds[6];

	(void)unused;
	stage_be(stage, "*");
	for (unsigned i = 0; i < 6; i++) {
		stage->caller.name = span_of(names[i]);
		fds[i] = stage_connect(stage);
		stage_send(stage, fds[i], "GET", "/api/v1/stream", "");
		for (unsigned turn = 0; turn < 30; turn++)
			loop_turn(&stage->loop, 1);
	}
	assert_int_equal(web_stream_count(stage->streams), 5);
	for (unsigned i = 0; i < 6; i++)
		close(fds[i]);
	api_stage_free(stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_has_one_end),
		cmocka_unit_test(orders_are_written_down_and_given),
		cmocka_unit_test(what_the_shield_refuses_is_said),
		cmocka_unit_test(what_cannot_be_an_order_is_none),
		cmocka_unit_test(who_leaves_is_forgotten),
		cmocka_unit_test(sites_are_told_as_the_shield_says),
		cmocka_unit_test(protection_is_told),
		cmocka_unit_test(the_configuration_is_the_shields_to_tell),
		cmocka_unit_test(a_stream_tells_what_changes_and_nobody_elses),
		cmocka_unit_test(tokens_are_their_owners_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
