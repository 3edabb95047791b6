/* Before every handler: permits by role, CSRF, other pages, tokens, the socket, tenants. */
#include "people_stage.h"

static struct stage stage;

static int begin(void **state)
{
	(void)state;
	stage_init(&stage, false);
	return 0;
}

static int end(void **state)
{
	(void)state;
	stage_done(&stage);
	return 0;
}

static struct browser browser_of(uint8_t source)
{
	return (struct browser){ .door = WEB_TLS, .source = source };
}

/* 0: admitted; otherwise the status of the refusal. */
static unsigned admit(struct browser *browser, enum method method, uint32_t permit, struct person_view *out)
{
	struct request_head head = { .method = method };
	struct web_exchange exchange = { .browser = browser };
	struct web_request request = { .exchange = &exchange, .head = &head, .path = SPAN("/x"), .door = browser->door, .peer_uid = browser->uid, .wall_ns = stage.wall_ns }, other = request;
	struct web_answer answer = { 0 };
	bool is_in;

	arena_init(&exchange.arena, 1 << 20, 8192);
	buffer_init(&answer.body, WEB_ANSWER_MAX);
	stage_fields(&head, &exchange.arena, browser);
	is_in = people_admit(stage.people, &request, permit, &answer);
	assert_int_equal(is_in, answer.status == 0);
	*out = *people_caller(stage.people, &request);
	assert_int_equal(people_caller(stage.people, &other)->way, PERSON_NOBODY);
	buffer_done(&answer.body);
	arena_done(&exchange.arena);
	return answer.status;
}

/* Every permit for every role, and for nobody. */
static void every_permit_for_every_role(void **unused)
{
	struct person_view view;

	(void)unused;
	for (unsigned role = 0; role <= ROLE_COUNT; role++) {
		struct browser browser = browser_of(1);
		uint32_t permits = role < ROLE_COUNT ? role_permits(1u << role) : 0;
		char name[16];

		snprintf(name, sizeof(name), "n%u", role);
		if (role < ROLE_COUNT)
			someone(&stage, &browser, name, 1u << role, NULL);
		for (unsigned i = 0; i < PERMIT_COUNT; i++) {
			unsigned due = permits & 1u << i ? 0 : role < ROLE_COUNT ? 403 : 401;

			assert_int_equal(admit(&browser, METHOD_GET, 1u << i, &view), due);
			assert_int_equal(admit(&browser, METHOD_POST, 1u << i, &view), due);
			assert_int_equal(view.way, due ? PERSON_NOBODY : PERSON_BY_SESSION);
			assert_true(due || view.permits == (permits | PERMIT_SELF));
			stage.wall_ns += SECONDS(1);
		}
		assert_int_equal(admit(&browser, METHOD_GET, PERMIT_ALL, &view), permits == PERMIT_ALL ? 0 : role < ROLE_COUNT ? 403 : 401);
		assert_int_equal(admit(&browser, METHOD_GET, PERMIT_SELF, &view), role < ROLE_COUNT ? 0 : 401);
		assert_int_equal(admit(&browser, METHOD_GET, 0, &view), 0);
	}
}

static void changes_prove_that_our_page_asks(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2);
	struct person_view view;
	char csrf[SECRET_BYTES];

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_ADMINISTRATOR, NULL);
	for (enum method method = METHOD_POST; method <= METHOD_PATCH; method++) {
		if (method == METHOD_CONNECT || method == METHOD_OPTIONS || method == METHOD_TRACE)
			continue;
		memcpy(csrf, agnes.csrf, sizeof(csrf));
		assert_int_equal(admit(&agnes, method, PERMIT_SEE, &view), 0);
		agnes.no_csrf = true;
		assert_int_equal(admit(&agnes, method, PERMIT_SEE, &view), 403);
		agnes.no_csrf = false;
		memcpy(agnes.csrf, boris.csrf, sizeof(csrf));  /* of another session */
		assert_int_equal(admit(&agnes, method, PERMIT_SEE, &view), 403);
		agnes.csrf[10] = 0;
		assert_int_equal(admit(&agnes, method, PERMIT_SEE, &view), 403);
		memcpy(agnes.csrf, csrf, sizeof(csrf));
		agnes.other_origin = true;
		assert_int_equal(admit(&agnes, method, PERMIT_SEE, &view), 403);
		assert_int_equal(admit(&agnes, method, 0, &view), 403);
		agnes.other_origin = false;
	}
	agnes.no_csrf = agnes.other_origin = true;
	assert_int_equal(admit(&agnes, METHOD_GET, PERMIT_SEE, &view), 0);
}

static void the_socket_is_an_administrators(void **unused)
{
	static const struct { uint32_t uid; const char *name; } rows[] = { { 0, "local:root" }, { 990, "local:bouclier-hub" }, { 991, "local:bouclier" }, { 1000, NULL }, { 65534, NULL } };
	struct person_view view;

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct browser local = { .door = WEB_LOCAL_SOCKET, .uid = rows[i].uid }, loopback = { .door = WEB_LOOPBACK, .uid = rows[i].uid };

		assert_int_equal(admit(&local, METHOD_POST, PERMIT_ALL, &view), rows[i].name ? 0 : 401);
		assert_true(!rows[i].name || (span_equal(view.name, span_of(rows[i].name)) && view.tenants.is_all && view.way == PERSON_BY_SOCKET));
		assert_int_equal(admit(&loopback, METHOD_GET, PERMIT_SEE, &view), 401);
	}
}

static void who_changed_is_who_he_is_now(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2);
	struct person_view view;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_OPERATOR, NULL);
	assert_int_equal(admit(&boris, METHOD_GET, PERMIT_OPERATE, &view), 0);
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"disabled\":true}"), 200);
	assert_int_equal(admit(&boris, METHOD_GET, PERMIT_SEE, &view), 401);
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"disabled\":false}"), 200);
	assert_int_equal(admit(&boris, METHOD_GET, PERMIT_SEE, &view), 401);  /* his old sessions stay ended */
	assert_status(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/people/boris", ""), 204);
	assert_int_equal(admit(&boris, METHOD_GET, PERMIT_SEE, &view), 401);
}

static void everybody_has_a_pace(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2);
	struct person_view view;
	unsigned refused = 0;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_VIEWER, NULL);
	someone(&stage, &boris, "boris", ROLE_VIEWER, NULL);
	for (unsigned i = 0; i < 300; i++)
		refused += admit(&agnes, METHOD_GET, PERMIT_SEE, &view) == 429;
	assert_int_equal(refused, 100);
	stage.wall_ns += SECONDS(1);
	assert_int_equal(admit(&agnes, METHOD_GET, PERMIT_SEE, &view), 0);
}

/* -- tokens -- */

static void make_token(struct browser *owner, const char *scopes, const char *more, struct browser *out)
{
	struct reply *reply;
	char body[256];

	snprintf(body, sizeof(body), "{\"name\":\"t%s\",\"scopes\":[%s],\"expires\":\"2026-12-30T00:00:00Z\"%s}", owner->cookie, scopes, more);
	body[0] = '{';
	reply = ask(&stage, owner, METHOD_POST, "/api/v1/me/tokens", body);
	assert_status(reply, 200);
	*out = browser_of(9);
	assert_ok(span_to_text(json_text_of(json_find(reply->json, "token")), out->token, sizeof(out->token)));
	assert_true(span_starts(span_of(out->token), SPAN("bclt_")));
}

static void tokens_may_what_they_say_and_no_more_than_their_owner(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2), token;
	struct person_view view;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_OPERATOR, NULL);
	make_token(&boris, "\"see\",\"operate\"", "", &token);
	for (unsigned i = 0; i < PERMIT_COUNT; i++)
		assert_int_equal(admit(&token, METHOD_POST, 1u << i, &view), (PERMIT_SEE | PERMIT_OPERATE) & 1u << i ? 0 : 403);
	assert_int_equal(admit(&token, METHOD_POST, PERMIT_SELF, &view), 403);
	assert_int_equal(admit(&token, METHOD_POST, PERMIT_SEE, &view), 0);
	assert_int_equal(view.way, PERSON_BY_TOKEN);
	assert_true(span_starts(view.name, SPAN("boris/token:t")));
	/* His role goes, and with it what his token may. */
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"roles\":[\"viewer\"]}"), 200);
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_OPERATE, &view), 403);
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 0);
	token.token[20] ^= 1;
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 401);
	token.token[20] ^= 1;
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 0);
	assert_status(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/people/boris", ""), 204);
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 401);
	someone(&stage, &boris, "boris", ROLE_OPERATOR, NULL);  /* another one with his name */
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 401);
}

static bool count_one(void *context, const struct document *document)
{
	(void)document;
	++*(unsigned *)context;
	return true;
}

static void tokens_end_by_themselves(void **unused)
{
	const struct documents_ask tokens = { .kind = DOCUMENT_TOKEN };
	unsigned left = 0;
	struct browser boris = browser_of(2), token;
	struct person_view view;

	(void)unused;
	someone(&stage, &boris, "boris", ROLE_OPERATOR, NULL);
	make_token(&boris, "\"see\"", "", &token);
	stage.wall_ns += SECONDS(29 * 86400 + 16 * 3600 - 1);  /* a second before 2026-12-30 */
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 0);
	stage.wall_ns += SECONDS(1);
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 401);
	people_tick(stage.people, stage.wall_ns + SECONDS(1));
	assert_ok(store_documents(stage.store, &tokens, NULL, count_one, &left));
	assert_int_equal(left, 0);
}

static void tokens_are_listed_and_end(void **unused)
{
	struct browser boris = browser_of(2), other = browser_of(3), token;
	struct person_view view;
	struct reply *reply;
	char path[64];

	(void)unused;
	someone(&stage, &boris, "boris", ROLE_OPERATOR, NULL);
	someone(&stage, &other, "other", ROLE_OPERATOR, NULL);
	make_token(&boris, "\"see\"", "", &token);
	reply = ask(&stage, &other, METHOD_GET, "/api/v1/me/tokens", "");
	assert_int_equal(json_length(json_find(reply->json, "tokens")), 0);
	reply = ask(&stage, &boris, METHOD_GET, "/api/v1/me/tokens", "");
	assert_int_equal(json_length(json_find(reply->json, "tokens")), 1);
	assert_null(strstr(reply->text, token.token));
	snprintf(path, sizeof(path), "/api/v1/me/tokens/%s", json_text_of(json_find(json_item(json_find(reply->json, "tokens"), 0), "id")).at);
	assert_refused(ask(&stage, &other, METHOD_DELETE, path, ""), 404, "not-found");
	assert_status(ask(&stage, &boris, METHOD_DELETE, path, ""), 204);
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 401);
	assert_refused(ask(&stage, &boris, METHOD_DELETE, path, ""), 404, "not-found");
}

static void tokens_that_nobody_gets(void **unused)
{
	static const char *const rows[] = {
		"{\"name\":\"t\",\"scopes\":[\"approve\"],\"expires\":\"2026-12-30T00:00:00Z\"}", "{\"name\":\"t\",\"scopes\":[\"people\"],\"expires\":\"2026-12-30T00:00:00Z\"}",
		"{\"name\":\"t\",\"scopes\":[\"tokens\"],\"expires\":\"2026-12-30T00:00:00Z\"}", "{\"name\":\"t\",\"scopes\":[\"audit\"],\"expires\":\"2026-12-30T00:00:00Z\"}",
		"{\"name\":\"t\",\"scopes\":[],\"expires\":\"2026-12-30T00:00:00Z\"}", "{\"name\":\"t\",\"scopes\":[\"all\"],\"expires\":\"2026-12-30T00:00:00Z\"}",
		"{\"name\":\"t\",\"scopes\":[\"see\"],\"expires\":\"2028-12-30T00:00:00Z\"}", "{\"name\":\"t\",\"scopes\":[\"see\"],\"expires\":\"2026-11-29T00:00:00Z\"}",
		"{\"name\":\"t\",\"scopes\":[\"see\"]}", "{\"scopes\":[\"see\"],\"expires\":\"2026-12-30T00:00:00Z\"}",
		"{\"name\":\"t\",\"scopes\":[\"see\"],\"tenants\":[\"*\"],\"expires\":\"2026-12-30T00:00:00Z\"}",
		"{\"name\":\"t\",\"scopes\":[\"see\"],\"tenants\":[\"b\"],\"expires\":\"2026-12-30T00:00:00Z\"}",
	};
	struct browser boris = browser_of(2), viewer = browser_of(3);

	(void)unused;
	someone(&stage, &boris, "boris", ROLE_OPERATOR, "a");
	someone(&stage, &viewer, "viewer", ROLE_VIEWER, NULL);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_refused(ask(&stage, &boris, METHOD_POST, "/api/v1/me/tokens", rows[i]), 400, "bad-member");
	assert_refused(ask(&stage, &viewer, METHOD_POST, "/api/v1/me/tokens", "{\"name\":\"t\",\"scopes\":[\"see\"],\"expires\":\"2026-12-30T00:00:00Z\"}"), 403, "forbidden");
}

/* -- tenants -- */

static void nobody_sees_other_tenants(void **unused)
{
	struct browser all = browser_of(1), a = browser_of(2), token;
	struct person_view view;

	(void)unused;
	someone(&stage, &all, "all", ROLE_OPERATOR, NULL);
	someone(&stage, &a, "a", ROLE_OPERATOR, "town-a");
	assert_int_equal(admit(&all, METHOD_GET, PERMIT_SEE, &view), 0);
	assert_true(view.tenants.is_all && person_sees(&view, SPAN("town-a")) && person_sees(&view, SPAN_NONE));
	make_token(&all, "\"see\"", ",\"tenants\":[\"town-b\"]", &token);
	assert_int_equal(admit(&token, METHOD_GET, PERMIT_SEE, &view), 0);
	assert_true(!view.tenants.is_all && person_sees(&view, SPAN("town-b")) && !person_sees(&view, SPAN("town-a")) && !person_sees(&view, SPAN_NONE));
	assert_int_equal(admit(&a, METHOD_GET, PERMIT_SEE, &view), 0);
	assert_true(!view.tenants.is_all && view.tenants.count == 1 && person_sees(&view, SPAN("town-a")));
	assert_false(person_sees(&view, SPAN("town-b")) || person_sees(&view, SPAN("town")) || person_sees(&view, SPAN_NONE));
	assert_int_equal(admit(&(struct browser){ .door = WEB_TLS }, METHOD_GET, 0, &view), 0);
	assert_false(view.tenants.is_all || view.tenants.count || person_sees(&view, SPAN("town-a")) || person_sees(&view, SPAN_NONE) || person_may(&view, PERMIT_SEE));
}

static void an_administrator_of_a_town_stays_there(void **unused)
{
	struct browser all = browser_of(1), a = browser_of(2), mine = browser_of(3), other = browser_of(4);
	struct reply *reply;

	(void)unused;
	someone(&stage, &all, "all", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &a, "a", ROLE_ADMINISTRATOR, "town-a");
	someone(&stage, &mine, "mine", ROLE_VIEWER, "town-a");
	someone(&stage, &other, "other", ROLE_VIEWER, "town-b");
	reply = ask(&stage, &a, METHOD_GET, "/api/v1/people", "");
	assert_int_equal(json_length(json_find(reply->json, "people")), 2);
	assert_int_equal(json_length(json_find(ask(&stage, &all, METHOD_GET, "/api/v1/people", "")->json, "people")), 4);
	assert_refused(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/other", "{\"disabled\":true}"), 404, "not-found");
	assert_refused(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/all", "{\"disabled\":true}"), 404, "not-found");
	assert_refused(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/all", "{\"roles\":[]}"), 404, "not-found");
	assert_refused(ask(&stage, &a, METHOD_DELETE, "/api/v1/people/other", ""), 404, "not-found");
	assert_refused(ask(&stage, &a, METHOD_POST, "/api/v1/people/other/code", ""), 404, "not-found");
	assert_refused(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/mine", "{\"tenants\":[\"*\"]}"), 400, "bad-member");
	assert_refused(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/mine", "{\"tenants\":[\"town-b\"]}"), 400, "bad-member");
	assert_refused(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/a", "{\"tenants\":[\"*\"]}"), 400, "bad-member");
	assert_refused(ask(&stage, &a, METHOD_POST, "/api/v1/people", "{\"name\":\"new\",\"roles\":[\"viewer\"],\"tenants\":[\"town-b\"]}"), 400, "bad-member");
	assert_refused(ask(&stage, &a, METHOD_GET, "/api/v1/audit", ""), 403, "forbidden");
	assert_refused(ask(&stage, &a, METHOD_GET, "/api/v1/audit/verify", ""), 403, "forbidden");
	assert_status(ask(&stage, &a, METHOD_PATCH, "/api/v1/people/mine", "{\"disabled\":true}"), 200);
}

static void the_log_is_read(void **unused)
{
	struct browser auditor = browser_of(1), boris = browser_of(2);
	struct reply *reply;

	(void)unused;
	someone(&stage, &auditor, "auditor", ROLE_AUDITOR, NULL);
	someone(&stage, &boris, "boris", ROLE_VIEWER, NULL);
	for (unsigned i = 0; i < 5; i++)
		assert_status(ask(&stage, &boris, METHOD_PATCH, "/api/v1/me", "{\"display\":\"B\"}"), 200);
	reply = ask(&stage, &auditor, METHOD_GET, "/api/v1/audit?count=2", "");
	assert_status(reply, 200);
	assert_int_equal(json_number_of(json_find(json_item(json_find(reply->json, "entries"), 0), "number")), 5);
	assert_string_equal(json_text_of(json_find(reply->json, "next")).at, "4");
	reply = ask(&stage, &auditor, METHOD_GET, "/api/v1/audit?count=3&after=4", "");
	assert_int_equal(json_length(json_find(reply->json, "entries")), 3);
	assert_true(json_has_null(json_find(reply->json, "next")));
	assert_refused(ask(&stage, &auditor, METHOD_GET, "/api/v1/audit?count=501", ""), 400, "bad-parameter");
	reply = ask(&stage, &auditor, METHOD_GET, "/api/v1/audit/verify", "");
	assert_true(json_bool_of(json_find(reply->json, "intact")) && json_number_of(json_find(reply->json, "entries")) == 5 && json_has_null(json_find(reply->json, "broken_at")));
	assert_refused(ask(&stage, &boris, METHOD_GET, "/api/v1/audit", ""), 403, "forbidden");
}

/* The roles run as nobody where they have no user of their own. */
static void nobody_is_no_administrator(void **unused)
{
	struct browser nobody = { .door = WEB_LOCAL_SOCKET, .uid = 65534 }, root = { .door = WEB_LOCAL_SOCKET };
	struct person_view view;

	(void)unused;
	stage.people->settings.hub_uid = stage.people->settings.shield_uid = 65534;
	assert_int_equal(admit(&nobody, METHOD_GET, PERMIT_SEE, &view), 401);
	assert_int_equal(admit(&root, METHOD_GET, PERMIT_SEE, &view), 0);
}

/* Who waits for his roles is of the town that asked for them: another town's administrator would take his code, and wait in his place. */
static void who_waits_for_roles_is_of_his_town(void **unused)
{
	struct browser all = browser_of(1), a = browser_of(2), b = browser_of(3), eyes = browser_of(4);
	struct reply *reply;

	(void)unused;
	someone(&stage, &all, "all", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &a, "a", ROLE_ADMINISTRATOR, "town-a");
	someone(&stage, &b, "b", ROLE_ADMINISTRATOR, "town-b");
	someone(&stage, &eyes, "eyes", ROLE_APPROVER, "town-a");
	assert_status(ask(&stage, &a, METHOD_POST, "/api/v1/people", "{\"name\":\"new\",\"roles\":[\"operator\"],\"tenants\":[\"town-a\"]}"), 202);
	assert_refused(ask(&stage, &b, METHOD_POST, "/api/v1/people/new/code", ""), 404, "not-found");
	assert_refused(ask(&stage, &b, METHOD_PATCH, "/api/v1/people/new", "{\"display\":\"B\"}"), 404, "not-found");
	assert_int_equal(json_length(json_find(ask(&stage, &b, METHOD_GET, "/api/v1/people", "")->json, "people")), 1);
	assert_status(ask(&stage, &a, METHOD_POST, "/api/v1/people/new/code", ""), 200);
	reply = ask(&stage, &all, METHOD_PATCH, "/api/v1/people/new", "{\"display\":\"N\"}");
	assert_status(reply, 200);
	assert_int_equal(json_length(json_find(reply->json, "roles")), 0);
	/* And one of no town at all is of who sees all. */
	assert_status(ask(&stage, &all, METHOD_POST, "/api/v1/people", "{\"name\":\"none\",\"roles\":[],\"tenants\":[]}"), 200);
	assert_refused(ask(&stage, &a, METHOD_POST, "/api/v1/people/none/code", ""), 404, "not-found");
	assert_status(ask(&stage, &all, METHOD_POST, "/api/v1/people/none/code", ""), 200);
}

/* Places for paces are few: whoever comes from everywhere fills those of strangers, and none of who is logged in. */
static void strangers_take_nobodys_pace(void **unused)
{
	struct browser people[32];
	char name[16];

	(void)unused;
	for (unsigned i = 0; i < 32; i++) {
		people[i] = browser_of(1);
		snprintf(name, sizeof(name), "n%u", i);
		someone(&stage, &people[i], name, ROLE_VIEWER, NULL);
	}
	for (unsigned source = 1; source < 256; source++) {
		struct browser stranger = browser_of((uint8_t)source);

		for (unsigned i = 0; i < 60; i++)
			(void)ask(&stage, &stranger, METHOD_GET, "/api/v1/session", "");
	}
	for (unsigned i = 0; i < 32; i++)
		assert_status(ask(&stage, &people[i], METHOD_GET, "/api/v1/me", ""), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_permit_for_every_role), TEST(changes_prove_that_our_page_asks), TEST(the_socket_is_an_administrators), TEST(who_changed_is_who_he_is_now), TEST(everybody_has_a_pace),
		TEST(tokens_may_what_they_say_and_no_more_than_their_owner), TEST(tokens_end_by_themselves), TEST(tokens_are_listed_and_end), TEST(tokens_that_nobody_gets), TEST(nobody_sees_other_tenants),
		TEST(an_administrator_of_a_town_stays_there), TEST(the_log_is_read),
		TEST(nobody_is_no_administrator), TEST(who_waits_for_roles_is_of_his_town), TEST(strangers_take_nobodys_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
