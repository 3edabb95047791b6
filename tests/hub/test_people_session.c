/* Logging in and out: first start, passwords, lockout, fixation, ends of sessions, break-glass, certificates. */
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

static void the_first_start_makes_one_administrator_once(void **unused)
{
	struct browser agnes = browser_of(1), mallory = browser_of(2);
	struct reply *reply = ask(&stage, &agnes, METHOD_GET, "/api/v1/session", "");
	char code[PEOPLE_CODE_BYTES], body[256];

	(void)unused;
	assert_refused(reply, 401, "not-logged-in");
	assert_true(json_bool_of(json_find(reply->json, "first_start")));
	assert_string_equal(json_text_of(json_find(reply->json, "name")).at, "hub.town.example");
	assert_int_equal(strlen(stage.first_code), 30);
	assert_refused(log_in(&stage, &mallory, "admin", "admin"), 401, "wrong-credentials");
	snprintf(body, sizeof(body), "{\"code\":\"7KQ4X-7KQ4X-7KQ4X-7KQ4X-7KQ4X7\",\"name\":\"mallory\",\"password\":\"" STAGE_PASSWORD "\"}");
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/first-start", body), 401, "wrong-credentials");
	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"agnes\",\"password\":\"too short\"}", stage.first_code);
	assert_refused(ask(&stage, &agnes, METHOD_POST, "/api/v1/first-start", body), 400, "weak-password");
	memcpy(code, stage.first_code, sizeof(code));
	first_start(&stage, &agnes, "Agnes");
	reply = ask(&stage, &agnes, METHOD_GET, "/api/v1/session", "");
	assert_status(reply, 200);
	assert_string_equal(json_text_of(json_find(json_find(reply->json, "person"), "name")).at, "agnes");
	assert_int_equal(json_length(json_find(reply->json, "permits")), PERMIT_COUNT);
	assert_int_equal(entries_of(&stage, "person.first"), 1);
	/* Once. */
	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"mallory\",\"password\":\"" STAGE_PASSWORD "\"}", code);
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/first-start", body), 401, "wrong-credentials");
	reply = ask(&stage, &mallory, METHOD_GET, "/api/v1/session", "");
	assert_false(json_bool_of(json_find(reply->json, "first_start")));
	stage_restart(&stage);
	assert_string_equal(stage.first_code, "");
	assert_status(ask(&stage, &agnes, METHOD_GET, "/api/v1/session", ""), 200);
}

/* The code of a start is of that start. */
static void another_start_has_another_code(void **unused)
{
	struct browser mallory = browser_of(1);
	char body[256];

	(void)unused;
	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"mallory\",\"password\":\"" STAGE_PASSWORD "\"}", stage.first_code);
	stage_restart(&stage);
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/first-start", body), 401, "wrong-credentials");
}

/* The code that root's command printed for NAME. */
static void made_by_root(const char *name, const char *roles, char out[128])
{
	struct browser root = { .door = WEB_LOCAL_SOCKET };
	struct reply *reply;
	char body[256];

	snprintf(body, sizeof(body), "{\"name\":\"%s\",\"roles\":[%s],\"tenants\":[\"*\"]}", name, roles);
	reply = ask(&stage, &root, METHOD_POST, "/api/v1/people", body);
	assert_status(reply, 200);
	assert_ok(span_to_text(json_text_of(json_find(reply->json, "code")), out, 128));
}

static struct reply *enrol(struct browser *browser, const char *name, const char *code)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"%s\",\"password\":\"" STAGE_PASSWORD "\"}", code, name);
	return ask(&stage, browser, METHOD_POST, "/api/v1/first-start", body);
}

static bool is_first_start(void)
{
	struct browser nobody = browser_of(9);

	return json_bool_of(json_find(ask(&stage, &nobody, METHOD_GET, "/api/v1/session", "")->json, "first_start"));
}

/* Whom root lets in before there is an administrator gets in, and the first start goes on. */
static void a_code_that_root_made_counts_before_the_first_start(void **unused)
{
	struct browser tina = browser_of(1), agnes = browser_of(2), mallory = browser_of(3);
	char code[128];

	(void)unused;
	made_by_root("tina", "\"viewer\"", code);
	assert_true(is_first_start());
	assert_refused(enrol(&mallory, "tina", stage.first_code), 401, "wrong-credentials");  /* that code makes a new account, and takes nobody's */
	assert_refused(enrol(&mallory, "mallory", code), 401, "wrong-credentials");
	assert_status(enrol(&tina, "tina", code), 200);
	assert_int_equal(entries_of(&stage, "person.enrol"), 1);
	assert_refused(ask(&stage, &tina, METHOD_GET, "/api/v1/people", ""), 403, "forbidden");
	assert_status(log_in(&stage, &tina, "tina", STAGE_PASSWORD), 200);
	/* Another start prints another code: nobody administers yet. */
	stage_restart(&stage);
	assert_int_equal(strlen(stage.first_code), 30);
	first_start(&stage, &agnes, "agnes");
	assert_false(is_first_start());
}

/* Once there is an administrator, nobody becomes one with what was printed. */
static void an_administrator_whom_root_made_ends_the_first_start(void **unused)
{
	struct browser agnes = browser_of(1), mallory = browser_of(2);
	char code[128], printed[PEOPLE_CODE_BYTES];

	(void)unused;
	memcpy(printed, stage.first_code, sizeof(printed));
	made_by_root("agnes", "\"administrator\"", code);
	assert_refused(enrol(&mallory, "mallory", printed), 401, "wrong-credentials");
	assert_false(is_first_start());
	assert_status(enrol(&agnes, "agnes", code), 200);
	assert_int_equal(entries_of(&stage, "person.first"), 0);
	stage_restart(&stage);
	assert_string_equal(stage.first_code, "");
}

static void passwords_let_in(void **unused)
{
	struct browser agnes = browser_of(1), other = browser_of(2);
	struct reply *reply;
	char old[SECRET_BYTES];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	memcpy(old, agnes.cookie, sizeof(old));
	reply = log_in(&stage, &other, "AGNES", STAGE_PASSWORD);
	assert_status(reply, 200);
	assert_non_null(strstr(reply->set_cookie, "__Host-bouclier_session="));
	assert_non_null(strstr(reply->set_cookie, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"));
	assert_string_not_equal(other.cookie, old);
	assert_status(ask(&stage, &other, METHOD_GET, "/api/v1/people", ""), 200);
	other = browser_of(2);
	other.door = WEB_LOOPBACK;
	reply = log_in(&stage, &other, "agnes", STAGE_PASSWORD);
	assert_status(reply, 200);
	assert_true(span_starts(span_of(reply->set_cookie), SPAN("bouclier_session=")) && !strstr(reply->set_cookie, "Secure"));
	assert_refused(log_in(&stage, &other, "agnes", STAGE_PASSWORD "!"), 401, "wrong-credentials");
	assert_refused(log_in(&stage, &other, "boris", STAGE_PASSWORD), 401, "wrong-credentials");
	assert_int_equal(entries_of(&stage, "session.begin"), 2);
	assert_int_equal(entries_of(&stage, "session.refused"), 2);
}

/* A secret that somebody else chose is never a session, whether he planted it before or after. */
static void a_planted_cookie_is_no_session(void **unused)
{
	struct browser agnes = browser_of(1), victim = browser_of(2);

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	secret_draw(victim.cookie);
	memcpy(agnes.cookie, victim.cookie, sizeof(agnes.cookie));
	assert_refused(ask(&stage, &victim, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_status(log_in(&stage, &victim, "agnes", STAGE_PASSWORD), 200);
	assert_string_not_equal(victim.cookie, agnes.cookie);
	assert_refused(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_status(ask(&stage, &victim, METHOD_GET, "/api/v1/me", ""), 200);
}

static void sessions_end(void **unused)
{
	struct browser agnes = browser_of(1);

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	for (unsigned i = 0; i < 23; i++) {  /* idle never, and twelve hours all the same */
		stage.wall_ns += SECONDS(1799);
		assert_status(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 200);
	}
	stage.wall_ns = STAGE_WALL_NS + SECONDS(12 * 3600);
	assert_refused(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_status(log_in(&stage, &agnes, "agnes", STAGE_PASSWORD), 200);
	stage.wall_ns += SECONDS(1801);
	assert_refused(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_status(log_in(&stage, &agnes, "agnes", STAGE_PASSWORD), 200);
	assert_status(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/session", ""), 204);
	assert_refused(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_int_equal(entries_of(&stage, "session.end"), 1);
}

static bool count(void *context, const struct document *document)
{
	(void)document;
	++*(unsigned *)context;
	return true;
}

static void what_is_over_is_deleted(void **unused)
{
	const struct documents_ask sessions = { .kind = DOCUMENT_SESSION };
	struct browser agnes = browser_of(1);
	unsigned left = 0;

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	stage.wall_ns += SECONDS(6 * 3600);
	assert_status(log_in(&stage, &agnes, "agnes", STAGE_PASSWORD), 200);
	stage.wall_ns += SECONDS(6 * 3600 + 1);
	people_tick(stage.people, stage.wall_ns);
	assert_ok(store_documents(stage.store, &sessions, NULL, count, &left));
	assert_int_equal(left, 1);
}

static void who_guesses_waits(void **unused)
{
	struct browser agnes = browser_of(1), mallory = browser_of(2);
	struct reply *reply;

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		assert_refused(log_in(&stage, &mallory, "agnes", "a wrong password"), 401, "wrong-credentials");
	reply = log_in(&stage, &mallory, "agnes", STAGE_PASSWORD);
	assert_refused(reply, 429, "locked");
	assert_int_equal(json_number_of(json_find(reply->json, "retry_after_s")), 30);
	assert_int_equal(stage.announced, 1);
	assert_string_equal(stage.announced_what, "login.locked");
	assert_status(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 200);  /* whoever is in stays in */
	stage.wall_ns += SECONDS(30);
	assert_status(log_in(&stage, &mallory, "agnes", STAGE_PASSWORD), 200);
	/* An unknown name just the same: nobody learns which there are. */
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		assert_refused(log_in(&stage, &mallory, "nobody", "a wrong password"), 401, "wrong-credentials");
	assert_refused(log_in(&stage, &mallory, "nobody", "a wrong password"), 429, "locked");
}

/* Whoever leaves before the answer has tried all the same. */
static void leaving_early_counts(void **unused)
{
	struct browser agnes = browser_of(1), mallory = browser_of(2);

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	stage.is_sinking = true;
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		(void)log_in(&stage, &mallory, "agnes", "a wrong password");
	while (entries_of(&stage, "session.refused") < LOCKOUT_NAME_FREE)
		loop_turn(&stage.loop, 1000);
	stage.is_sinking = false;
	assert_refused(log_in(&stage, &mallory, "agnes", STAGE_PASSWORD), 429, "locked");
}

/* More at once than are hashed at once, or may wait: the rest is told so, and nobody is let in unlooked at. */
static void a_crowd_is_told_to_come_again(void **unused)
{
	struct browser agnes = browser_of(1), crowd;
	unsigned busy = 0;
	char name[16];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	stage.is_sinking = true;
	for (unsigned i = 0; i < 2 * HASH_WAITING_MAX; i++) {
		crowd = browser_of((uint8_t)(10 + i));
		snprintf(name, sizeof(name), "n%u", i);
		busy += log_in(&stage, &crowd, name, "a wrong password")->status == 503;
	}
	assert_true(busy >= HASH_WAITING_MAX - HASH_THREADS - 2);
}

static void a_password_is_changed_and_other_sessions_end(void **unused)
{
	struct browser agnes = browser_of(1), other = browser_of(2);
	char old[SECRET_BYTES];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	assert_status(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 200);
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"password\":{\"old\":\"another one\",\"new\":\"correct horse staple\"}}"), 403, "wrong-credentials");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"password\":{\"old\":\"" STAGE_PASSWORD "\",\"new\":\"short\"}}"), 400, "weak-password");
	memcpy(old, agnes.cookie, sizeof(old));
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"password\":{\"old\":\"" STAGE_PASSWORD "\",\"new\":\"correct horse staple\"}}"), 200);
	assert_string_not_equal(agnes.cookie, old);
	assert_status(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 200);
	assert_refused(ask(&stage, &other, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	memcpy(other.cookie, old, sizeof(old));
	assert_refused(ask(&stage, &other, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_refused(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 401, "wrong-credentials");
	assert_status(log_in(&stage, &other, "agnes", "correct horse staple"), 200);
	assert_int_equal(entries_of(&stage, "person.password"), 1);
}

static void names_and_languages_are_changed(void **unused)
{
	struct browser agnes = browser_of(1);
	struct reply *reply;

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	reply = ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"display\":\"Agn\\u00e8s\",\"language\":\"fr\"}");
	assert_status(reply, 200);
	assert_string_equal(json_text_of(json_find(reply->json, "display")).at, "Agn\xc3\xa8s");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"language\":\"xx\"}"), 400, "bad-member");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"display\":\"a\\u0007b\"}"), 400, "bad-member");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"roles\":[]}"), 400, "unknown-member");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "[]"), 400, "bad-body");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{"), 400, "bad-body");
	reply = ask(&stage, &agnes, METHOD_GET, "/api/v1/me", "");
	assert_string_equal(json_text_of(json_find(reply->json, "language")).at, "fr");
}

static void the_glass_is_broken(void **unused)
{
	struct browser agnes = browser_of(1), root = { .door = WEB_LOCAL_SOCKET }, hub = { .door = WEB_LOCAL_SOCKET, .uid = 990 }, boris = browser_of(3);
	struct reply *reply;
	char body[256];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	assert_refused(ask(&stage, &agnes, METHOD_POST, "/api/v1/local/break-glass", ""), 403, "forbidden");
	assert_refused(ask(&stage, &hub, METHOD_POST, "/api/v1/local/break-glass", ""), 403, "forbidden");
	reply = ask(&stage, &root, METHOD_POST, "/api/v1/local/break-glass", "");
	assert_status(reply, 200);
	snprintf(body, sizeof(body), "{\"name\":\"boris\",\"code\":\"%s\",\"why\":\"the provider is down\"}", json_text_of(json_find(reply->json, "code")).at);
	assert_refused(ask(&stage, &boris, METHOD_POST, "/api/v1/session/break-glass", "{\"name\":\"boris\",\"code\":\"7KQ4X-7KQ4X-7KQ4X-7KQ4X-7KQ4X7\",\"why\":\"x\"}"), 401, "wrong-credentials");
	assert_status(ask(&stage, &boris, METHOD_POST, "/api/v1/session/break-glass", body), 200);
	assert_int_equal(stage.announced, 1);
	assert_string_equal(stage.announced_what, "break-glass.login");
	assert_int_equal(entries_of(&stage, "break-glass.login"), 1);
	assert_status(ask(&stage, &boris, METHOD_GET, "/api/v1/people", ""), 200);
	boris = browser_of(4);
	assert_refused(ask(&stage, &boris, METHOD_POST, "/api/v1/session/break-glass", body), 401, "wrong-credentials");  /* once */
	/* An hour, and a code a quarter of one. */
	reply = ask(&stage, &root, METHOD_POST, "/api/v1/local/break-glass", "");
	snprintf(body, sizeof(body), "{\"name\":\"boris\",\"code\":\"%s\",\"why\":\"again\"}", json_text_of(json_find(reply->json, "code")).at);
	stage.wall_ns += SECONDS(900);
	assert_refused(ask(&stage, &boris, METHOD_POST, "/api/v1/session/break-glass", body), 401, "wrong-credentials");
	stage.wall_ns -= SECONDS(1);
	assert_status(ask(&stage, &boris, METHOD_POST, "/api/v1/session/break-glass", body), 200);
	stage.wall_ns += SECONDS(1790);
	assert_status(ask(&stage, &boris, METHOD_GET, "/api/v1/people", ""), 200);
	stage.wall_ns += SECONDS(1790);
	assert_status(ask(&stage, &boris, METHOD_GET, "/api/v1/people", ""), 200);
	stage.wall_ns += SECONDS(21);
	assert_refused(ask(&stage, &boris, METHOD_GET, "/api/v1/people", ""), 401, "not-logged-in");
}

static void certificates_let_in_whom_an_administrator_named(void **unused)
{
	struct browser agnes = browser_of(1), card = browser_of(2);
	char body[128], hash[SECRET_HASH_BYTES];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	card.certificate = SPAN("the DER of an eID card");
	assert_refused(ask(&stage, &card, METHOD_POST, "/api/v1/session/certificate", ""), 401, "wrong-credentials");
	assert_ok(secret_hash(card.certificate, hash));
	snprintf(body, sizeof(body), "{\"certificate\":\"%s\"}", hash);
	assert_status(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/people/agnes", body), 200);
	assert_status(ask(&stage, &card, METHOD_POST, "/api/v1/session/certificate", ""), 200);
	assert_status(ask(&stage, &card, METHOD_GET, "/api/v1/people", ""), 200);
	card.certificate = SPAN("the DER of another one");
	assert_refused(ask(&stage, &card, METHOD_POST, "/api/v1/session/certificate", ""), 401, "wrong-credentials");
	card.certificate = SPAN_NONE;
	assert_refused(ask(&stage, &card, METHOD_POST, "/api/v1/session/certificate", ""), 401, "wrong-credentials");
}

/* Nothing is done that cannot be written down. */
static void without_a_log_nobody_gets_in(void **unused)
{
	struct browser agnes = browser_of(1), other = browser_of(2);

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	folder_remove(stage.audit_folder);
	assert_refused(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 503, "not-recorded");
	assert_refused(ask(&stage, &other, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_refused(ask(&stage, &agnes, METHOD_PATCH, "/api/v1/me", "{\"display\":\"x\"}"), 503, "not-recorded");
	assert_string_equal(json_text_of(json_find(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", "")->json, "display")).at, "agnes");
	assert_int_equal(mkdir(stage.audit_folder, 0700), 0);
}

/* Codes are for when no other door is open: no stranger keeps them shut by guessing. */
static void a_right_code_never_waits(void **unused)
{
	struct browser agnes = browser_of(1), root = { .door = WEB_LOCAL_SOCKET }, mallory = browser_of(1), boris = browser_of(1);
	char body[256], code[PEOPLE_CODE_BYTES];
	struct reply *reply;

	(void)unused;
	memcpy(code, stage.first_code, sizeof(code));
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/first-start", "{\"code\":\"x\",\"name\":\"agnes\",\"password\":\"" STAGE_PASSWORD "\"}"), 401, "wrong-credentials");
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/first-start", "{\"code\":\"x\",\"name\":\"agnes\",\"password\":\"" STAGE_PASSWORD "\"}"), 429, "locked");
	first_start(&stage, &agnes, "agnes");
	reply = ask(&stage, &root, METHOD_POST, "/api/v1/local/break-glass", "");
	snprintf(body, sizeof(body), "{\"name\":\"boris\",\"code\":\"%s\",\"why\":\"nobody is here\"}", json_text_of(json_find(reply->json, "code")).at);
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/session/break-glass", "{\"name\":\"m\",\"code\":\"x\",\"why\":\"y\"}"), 401, "wrong-credentials");
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/session/break-glass", "{\"name\":\"m\",\"code\":\"x\",\"why\":\"y\"}"), 429, "locked");
	assert_int_equal(entries_of(&stage, "session.refused"), 2 * LOCKOUT_NAME_FREE);
	assert_status(ask(&stage, &boris, METHOD_POST, "/api/v1/session/break-glass", body), 200);
}

static bool is_of_nobody(void *context, const struct audit_entry *entry)
{
	unsigned *count = context;

	if (strcmp(entry->what, "session.refused") == 0) {
		assert_string_equal(entry->who, "?");
		(*count)++;
	}
	return true;
}

/* Whoever has proved nothing does nothing in the name of somebody. */
static void a_stranger_writes_nobodys_name_into_the_log(void **unused)
{
	struct browser agnes = browser_of(1), mallory = browser_of(2);
	unsigned count = 0;

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/first-start", "{\"code\":\"x\",\"name\":\"local:root\",\"password\":\"" STAGE_PASSWORD "\"}"), 401, "wrong-credentials");
	assert_refused(ask(&stage, &mallory, METHOD_POST, "/api/v1/session/break-glass", "{\"name\":\"agnes/token:x\",\"code\":\"x\",\"why\":\"y\"}"), 401, "wrong-credentials");
	assert_refused(log_in(&stage, &mallory, "agnes", "another password"), 401, "wrong-credentials");
	assert_ok(audit_list(stage.audit, 0, is_of_nobody, &count));
	assert_int_equal(count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_start_makes_one_administrator_once), TEST(another_start_has_another_code), TEST(a_code_that_root_made_counts_before_the_first_start), TEST(an_administrator_whom_root_made_ends_the_first_start), TEST(passwords_let_in), TEST(a_planted_cookie_is_no_session), TEST(sessions_end),
		TEST(what_is_over_is_deleted), TEST(who_guesses_waits), TEST(leaving_early_counts), TEST(a_crowd_is_told_to_come_again), TEST(a_password_is_changed_and_other_sessions_end),
		TEST(names_and_languages_are_changed), TEST(the_glass_is_broken), TEST(certificates_let_in_whom_an_administrator_named), TEST(without_a_log_nobody_gets_in),
		TEST(a_right_code_never_waits), TEST(a_stranger_writes_nobodys_name_into_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
