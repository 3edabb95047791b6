/* Four eyes: roles of people, and what other rooms ask to be approved. */
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

static void roles_of(struct browser *asker, const char *name, uint32_t *out)
{
	struct person person;

	(void)asker;
	assert_ok(person_load(stage.store, span_of(name), &person));
	*out = person.roles;
}

static uint64_t approval_of(const struct reply *reply)
{
	return json_number_of(json_find(reply->json, "approval"));
}

static struct reply *decide(struct browser *browser, uint64_t number, const char *how)
{
	char path[64];

	snprintf(path, sizeof(path), "/api/v1/approvals/%llu/%s", (unsigned long long)number, how);
	return ask(&stage, browser, METHOD_POST, path, "{\"why\":\"looked at it\"}");
}

static void roles_need_two(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2), carla = browser_of(3), root = { .door = WEB_LOCAL_SOCKET };
	struct reply *reply;
	uint64_t number;
	uint32_t roles;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_APPROVER, NULL);
	someone(&stage, &carla, "carla", ROLE_VIEWER, NULL);
	reply = ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/carla", "{\"roles\":[\"operator\",\"auditor\"]}");
	assert_status(reply, 202);
	number = approval_of(reply);
	roles_of(&agnes, "carla", &roles);
	assert_int_equal(roles, ROLE_VIEWER);
	assert_refused(decide(&agnes, number, "approve"), 403, "own-approval");
	assert_refused(decide(&carla, number, "approve"), 403, "forbidden");
	roles_of(&agnes, "carla", &roles);
	assert_int_equal(roles, ROLE_VIEWER);
	reply = ask(&stage, &boris, METHOD_GET, "/api/v1/approvals", "");
	assert_int_equal(json_length(json_find(reply->json, "approvals")), 1);
	assert_string_equal(json_text_of(json_find(json_item(json_find(reply->json, "approvals"), 0), "author")).at, "agnes");
	assert_status(decide(&boris, number, "approve"), 200);
	roles_of(&agnes, "carla", &roles);
	assert_int_equal(roles, ROLE_OPERATOR | ROLE_AUDITOR);
	assert_refused(ask(&stage, &carla, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");  /* her sessions were of what she was */
	assert_refused(decide(&boris, number, "approve"), 409, "not-possible");
	assert_refused(decide(&boris, number, "reject"), 409, "not-possible");
	assert_refused(decide(&boris, 4711, "approve"), 404, "not-found");
	assert_int_equal(entries_of(&stage, "approval.ask"), 1);
	assert_int_equal(entries_of(&stage, "approval.approve"), 1);
	/* Root of the machine is somebody else, but not than itself. */
	reply = ask(&stage, &root, METHOD_PATCH, "/api/v1/people/carla", "{\"roles\":[\"viewer\"]}");
	assert_status(reply, 202);
	number = approval_of(reply);
	assert_refused(decide(&root, number, "approve"), 403, "own-approval");
	assert_status(decide(&agnes, number, "reject"), 200);
	roles_of(&agnes, "carla", &roles);
	assert_int_equal(roles, ROLE_OPERATOR | ROLE_AUDITOR);
}

/* One's own token, or one's own break-glass session, is no second person. */
static void one_person_is_one_whatever_door_he_takes(void **unused)
{
	assert_true(span_equal(people_base_name(SPAN("agnes")), SPAN("agnes")));
	(void)unused;
	assert_true(span_equal(people_base_name(SPAN("agnes/token:x")), SPAN("agnes")));
	assert_true(span_equal(people_base_name(SPAN("break-glass:agnes")), SPAN("agnes")));
	assert_true(span_equal(people_base_name(SPAN("local:root")), SPAN("local:root")));
}

static void break_glass_of_the_author_approves_nothing(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2), glass = browser_of(3), root = { .door = WEB_LOCAL_SOCKET };
	struct reply *reply;
	char body[256];
	uint64_t number;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_APPROVER, NULL);
	number = approval_of(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"roles\":[\"viewer\"]}"));
	reply = ask(&stage, &root, METHOD_POST, "/api/v1/local/break-glass", "");
	snprintf(body, sizeof(body), "{\"name\":\"agnes\",\"code\":\"%s\",\"why\":\"alone here\"}", json_text_of(json_find(reply->json, "code")).at);
	assert_status(ask(&stage, &glass, METHOD_POST, "/api/v1/session/break-glass", body), 200);
	assert_refused(decide(&glass, number, "approve"), 403, "own-approval");
}

static void alone_it_is_done_and_said(void **unused)
{
	struct browser agnes = browser_of(1), new_one = browser_of(2);
	struct reply *reply;
	char body[256];
	uint32_t roles;

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	reply = ask(&stage, &agnes, METHOD_POST, "/api/v1/people", "{\"name\":\"boris\",\"roles\":[\"administrator\"],\"tenants\":[\"*\"],\"language\":\"nl\"}");
	assert_status(reply, 200);
	roles_of(&agnes, "boris", &roles);
	assert_int_equal(roles, ROLE_ADMINISTRATOR);
	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"boris\",\"password\":\"another long one\"}", json_text_of(json_find(reply->json, "code")).at);
	assert_status(ask(&stage, &new_one, METHOD_POST, "/api/v1/first-start", body), 200);
	assert_refused(ask(&stage, &new_one, METHOD_POST, "/api/v1/first-start", body), 401, "wrong-credentials");
	assert_status(log_in(&stage, &new_one, "boris", "another long one"), 200);
	/* From now on there are two. */
	reply = ask(&stage, &agnes, METHOD_POST, "/api/v1/people", "{\"name\":\"carla\",\"roles\":[\"operator\"],\"tenants\":[\"town\"]}");
	assert_status(reply, 202);
	roles_of(&agnes, "carla", &roles);
	assert_int_equal(roles, 0);
	assert_status(decide(&new_one, approval_of(reply), "approve"), 200);
	roles_of(&agnes, "carla", &roles);
	assert_int_equal(roles, ROLE_OPERATOR);
}

/* Nobody gets rid of the other pair of eyes first. */
static void the_second_pair_cannot_be_removed_by_the_first(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2), carla = browser_of(3);
	struct reply *reply;
	uint32_t roles;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_APPROVER, NULL);
	someone(&stage, &carla, "carla", ROLE_VIEWER, NULL);
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"disabled\":true}"), 200);
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/carla", "{\"roles\":[\"operator\"]}"), 202);
	reply = ask(&stage, &agnes, METHOD_DELETE, "/api/v1/people/boris", "");
	assert_status(reply, 202);
	assert_refused(decide(&agnes, approval_of(reply), "approve"), 403, "own-approval");
	assert_refused(ask(&stage, &agnes, METHOD_POST, "/api/v1/people/boris/code", ""), 409, "not-possible");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"certificate\":\"0000000000000000000000000000000000000000000000000000000000000001\"}"), 409, "not-possible");
	assert_status(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/people/carla", ""), 204);  /* she could not approve anything */
	roles_of(&agnes, "boris", &roles);
	assert_int_equal(roles, ROLE_APPROVER);
}

static void somebody_has_to_administer(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2);

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_ADMINISTRATOR, "town");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/agnes", "{\"roles\":[\"viewer\"]}"), 409, "last-administrator");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/agnes", "{\"tenants\":[\"town\"]}"), 409, "last-administrator");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/agnes", "{\"disabled\":true}"), 409, "last-administrator");
	assert_refused(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/people/agnes", ""), 409, "last-administrator");
}

static void what_nobody_decides_is_over(void **unused)
{
	struct browser agnes = browser_of(1), boris = browser_of(2), root = { .door = WEB_LOCAL_SOCKET };
	struct reply *reply;
	uint64_t number;

	(void)unused;
	someone(&stage, &agnes, "agnes", ROLE_ADMINISTRATOR, NULL);
	someone(&stage, &boris, "boris", ROLE_APPROVER, NULL);
	number = approval_of(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/boris", "{\"roles\":[\"viewer\"]}"));
	stage.wall_ns += SECONDS(7 * 86400 + 1);
	assert_refused(decide(&root, number, "approve"), 409, "not-possible");
	people_tick(stage.people, stage.wall_ns);
	reply = ask(&stage, &root, METHOD_GET, "/api/v1/approvals", "");
	assert_string_equal(json_text_of(json_find(json_item(json_find(reply->json, "approvals"), 0), "status")).at, "over");
	assert_int_equal(entries_of(&stage, "approval.over"), 1);
}

/* -- of other rooms -- */

static unsigned applied;
static enum result apply_result;

static enum result apply(void *context, const struct approval *approval, struct complaints *complaints)
{
	assert_ptr_equal(context, &stage);
	assert_span(approval->object, "www.town.example");
	assert_span(approval->detail, "{\"days\":30}");
	assert_span(approval->decided_by, "boris");
	applied++;
	if (apply_result != RESULT_OK)
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "the file was changed meanwhile");
	return apply_result;
}

static uint64_t ask_for(enum approval_kind kind, const char *tenant)
{
	const struct person_view author = { .name = SPAN("agnes") };
	uint64_t number = 0;

	assert_ok(approval_ask(stage.people, &author, kind, span_of(tenant), SPAN("www.town.example"), SPAN("{\"days\":30}"), stage.wall_ns, &number));
	return number;
}

static void what_is_approved_is_done_once(void **unused)
{
	struct browser boris = browser_of(2);
	uint64_t number;

	(void)unused;
	someone(&stage, &boris, "boris", ROLE_APPROVER, NULL);
	approval_register(stage.people, APPROVAL_RETENTION, apply, &stage);
	applied = 0;
	apply_result = RESULT_OK;
	number = ask_for(APPROVAL_RETENTION, "");
	assert_status(decide(&boris, number, "reject"), 200);
	assert_int_equal(applied, 0);
	number = ask_for(APPROVAL_RETENTION, "");
	assert_status(decide(&boris, number, "approve"), 200);
	assert_int_equal(applied, 1);
	assert_refused(decide(&boris, number, "approve"), 409, "not-possible");
	assert_int_equal(applied, 1);
	/* What cannot be done has failed, and is not tried again. */
	apply_result = RESULT_REFUSED;
	number = ask_for(APPROVAL_RETENTION, "");
	assert_refused(decide(&boris, number, "approve"), 409, "not-possible");
	assert_int_equal(applied, 2);
	assert_refused(decide(&boris, number, "approve"), 409, "not-possible");
	assert_int_equal(applied, 2);
	assert_int_equal(entries_of(&stage, "approval.failed"), 1);
}

/* It is said when it is asked for, and not when somebody has approved it. */
static void what_nobody_can_do_is_refused_at_once(void **unused)
{
	const struct person_view author = { .name = SPAN("agnes") };
	struct browser boris = browser_of(2);
	uint64_t number = 0;

	(void)unused;
	someone(&stage, &boris, "boris", ROLE_APPROVER, NULL);
	assert_result(approval_ask(stage.people, &author, APPROVAL_CAPTURE, SPAN_NONE, SPAN("x"), SPAN("{}"), stage.wall_ns, &number), RESULT_NOT_FOUND);
	assert_int_equal(entries_of(&stage, "approval.ask"), 0);
	assert_int_equal(json_length(json_find(ask(&stage, &boris, METHOD_GET, "/api/v1/approvals", "")->json, "approvals")), 0);
	/* What waits since another hub was here that could. */
	approval_register(stage.people, APPROVAL_CAPTURE, apply, &stage);
	number = ask_for(APPROVAL_CAPTURE, "");
	approval_register(stage.people, APPROVAL_CAPTURE, NULL, NULL);
	assert_refused(decide(&boris, number, "approve"), 409, "not-possible");
	assert_int_equal(entries_of(&stage, "approval.failed"), 1);
}

static void approvals_are_of_tenants(void **unused)
{
	struct browser boris = browser_of(2), all = browser_of(3);
	uint64_t town, whole;

	(void)unused;
	someone(&stage, &boris, "boris", ROLE_APPROVER, "town-b");
	someone(&stage, &all, "all", ROLE_APPROVER, NULL);
	approval_register(stage.people, APPROVAL_RETENTION, apply, &stage);
	town = ask_for(APPROVAL_RETENTION, "town-a");
	whole = ask_for(APPROVAL_RETENTION, "");
	assert_int_equal(json_length(json_find(ask(&stage, &boris, METHOD_GET, "/api/v1/approvals", "")->json, "approvals")), 0);
	assert_int_equal(json_length(json_find(ask(&stage, &all, METHOD_GET, "/api/v1/approvals", "")->json, "approvals")), 2);
	assert_refused(decide(&boris, town, "approve"), 404, "not-found");
	assert_refused(decide(&boris, whole, "approve"), 404, "not-found");
	assert_refused(decide(&boris, town, "reject"), 404, "not-found");
}

static void not_too_much_waits(void **unused)
{
	const struct person_view author = { .name = SPAN("agnes") };
	static char detail[APPROVAL_DETAIL_MAX + 1];
	uint64_t number = 0;

	(void)unused;
	memset(detail, '"', sizeof(detail));
	approval_register(stage.people, APPROVAL_CAPTURE, apply, &stage);
	assert_result(approval_ask(stage.people, &author, APPROVAL_CAPTURE, SPAN_NONE, SPAN("x"), span_make(detail, sizeof(detail)), stage.wall_ns, &number), RESULT_LIMIT);
	assert_ok(approval_ask(stage.people, &author, APPROVAL_CAPTURE, SPAN_NONE, SPAN("x"), span_make(detail, sizeof(detail) - 1), stage.wall_ns, &number));
	for (unsigned i = 1; i < APPROVAL_WAITING_MAX; i++)
		assert_int_equal(ask_for(APPROVAL_CAPTURE, ""), i + 1);
	assert_result(approval_ask(stage.people, &author, APPROVAL_CAPTURE, SPAN_NONE, SPAN("x"), SPAN("{}"), stage.wall_ns, &number), RESULT_LIMIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(roles_need_two), TEST(one_person_is_one_whatever_door_he_takes), TEST(break_glass_of_the_author_approves_nothing), TEST(alone_it_is_done_and_said),
		TEST(the_second_pair_cannot_be_removed_by_the_first), TEST(somebody_has_to_administer), TEST(what_nobody_decides_is_over), TEST(what_is_approved_is_done_once), TEST(what_nobody_can_do_is_refused_at_once),
		TEST(approvals_are_of_tenants), TEST(not_too_much_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
