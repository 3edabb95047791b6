/* Second factors: enrolling, using, replaying, taking away; and where everybody needs one. */
#include "people_stage.h"

static struct stage stage;

static int begin(void **state)
{
	(void)state;
	stage_init(&stage, false);
	return 0;
}

static int begin_strict(void **state)
{
	(void)state;
	stage_init(&stage, true);
	return 0;
}

static int end(void **state)
{
	(void)state;
	stage_done(&stage);
	return 0;
}

static uint8_t secret[TOTP_SECRET_LEN];

static void read_secret(struct span base32)
{
	unsigned bits = 0, value = 0, len = 0;

	assert_int_equal(base32.len, TOTP_BASE32_LEN);
	for (size_t i = 0; i < base32.len; i++) {
		char c = base32.at[i];

		value = value << 5 | (unsigned)(c >= 'A' ? c - 'A' : c - '2' + 26);
		bits += 5;
		if (bits >= 8)
			secret[len++] = (uint8_t)(value >> (bits -= 8));
	}
}

static const char *code_now(int steps)
{
	static char code[7];

	assert_ok(totp_make(secret, stage.wall_ns / 1000000000 / TOTP_STEP_S + (uint64_t)(int64_t)steps, code));
	return code;
}

static struct reply *log_in_with(struct browser *browser, const char *code)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"name\":\"agnes\",\"password\":\"" STAGE_PASSWORD "\",\"totp\":\"%s\"}", code);
	return ask(&stage, browser, METHOD_POST, "/api/v1/session", body);
}

static struct reply *confirm(struct browser *browser, const char *code)
{
	char body[64];

	snprintf(body, sizeof(body), "{\"code\":\"%s\"}", code);
	return ask(&stage, browser, METHOD_POST, "/api/v1/me/totp/confirm", body);
}

static void enrol(struct browser *agnes)
{
	struct reply *reply = ask(&stage, agnes, METHOD_POST, "/api/v1/me/totp", "");

	assert_status(reply, 200);
	read_secret(json_text_of(json_find(reply->json, "secret")));
	assert_true(span_starts(json_text_of(json_find(reply->json, "uri")), SPAN("otpauth://totp/hub.town.example:agnes?secret=")));
	assert_status(confirm(agnes, code_now(0)), 200);
}

static void a_second_factor_is_asked_for_from_then_on(void **unused)
{
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };
	char old[SECRET_BYTES];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	assert_refused(confirm(&agnes, "123456"), 409, "not-possible");
	assert_status(ask(&stage, &agnes, METHOD_POST, "/api/v1/me/totp", ""), 200);
	assert_status(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 200);  /* not before it is confirmed */
	memcpy(old, agnes.cookie, sizeof(old));
	enrol(&agnes);
	assert_string_not_equal(agnes.cookie, old);
	assert_refused(ask(&stage, &other, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_true(json_bool_of(json_find(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", "")->json, "second_factor")));
	assert_true(json_bool_of(json_find(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", "")->json, "totp")));
	assert_refused(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 401, "second-factor-needed");
	assert_refused(log_in_with(&other, code_now(0)), 401, "wrong-credentials");  /* it was used to confirm */
	stage.wall_ns += SECONDS(30);
	assert_status(log_in_with(&other, code_now(0)), 200);
	assert_refused(log_in_with(&other, code_now(0)), 401, "wrong-credentials");  /* a replay */
	assert_refused(log_in_with(&other, code_now(-1)), 401, "wrong-credentials");  /* and an older one */
	assert_status(log_in_with(&other, code_now(1)), 200);  /* a clock that is half a minute ahead */
	assert_refused(log_in_with(&other, code_now(3)), 401, "wrong-credentials");
	assert_refused(ask(&stage, &agnes, METHOD_POST, "/api/v1/me/totp", ""), 409, "not-possible");
}

static void guessing_a_code_locks(void **unused)
{
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	enrol(&agnes);
	stage.wall_ns += SECONDS(30);
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		assert_refused(log_in_with(&other, code_now(7)), 401, "wrong-credentials");
	assert_refused(log_in_with(&other, code_now(0)), 429, "locked");
}

static void it_is_taken_away_with_the_password_alone(void **unused)
{
	struct browser agnes = { .door = WEB_TLS }, other = { .door = WEB_TLS, .source = 2 };

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	enrol(&agnes);
	assert_refused(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/me/totp", "{\"password\":\"another password\"}"), 403, "wrong-credentials");
	assert_refused(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 401, "second-factor-needed");
	assert_status(ask(&stage, &agnes, METHOD_DELETE, "/api/v1/me/totp", "{\"password\":\"" STAGE_PASSWORD "\"}"), 204);
	assert_status(log_in(&stage, &other, "agnes", STAGE_PASSWORD), 200);
	assert_int_equal(entries_of(&stage, "person.totp.end"), 1);
}

static void where_everybody_needs_one_it_comes_first(void **unused)
{
	struct browser agnes = { .door = WEB_TLS };
	struct reply *reply;

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	reply = ask(&stage, &agnes, METHOD_GET, "/api/v1/session", "");
	assert_string_equal(json_text_of(json_item(json_find(reply->json, "must"), 0)).at, "enrol-second-factor");
	assert_int_equal(json_length(json_find(reply->json, "permits")), 0);
	assert_refused(ask(&stage, &agnes, METHOD_GET, "/api/v1/people", ""), 403, "must-first");
	assert_status(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 200);
	enrol(&agnes);
	assert_status(ask(&stage, &agnes, METHOD_GET, "/api/v1/people", ""), 200);
	reply = ask(&stage, &agnes, METHOD_GET, "/api/v1/session", "");
	assert_int_equal(json_length(json_find(reply->json, "must")), 0);
}

static void a_new_start_takes_both_factors_away(void **unused)
{
	struct browser agnes = { .door = WEB_TLS }, root = { .door = WEB_LOCAL_SOCKET };
	struct reply *reply;
	char body[256];

	(void)unused;
	first_start(&stage, &agnes, "agnes");
	enrol(&agnes);
	reply = ask(&stage, &root, METHOD_POST, "/api/v1/people/agnes/code", "");
	assert_status(reply, 200);
	assert_string_equal(stage.announced_what, "person.code");
	snprintf(body, sizeof(body), "{\"code\":\"%s\",\"name\":\"agnes\",\"password\":\"another long one\"}", json_text_of(json_find(reply->json, "code")).at);
	assert_refused(ask(&stage, &agnes, METHOD_GET, "/api/v1/me", ""), 401, "not-logged-in");
	assert_refused(log_in(&stage, &agnes, "agnes", STAGE_PASSWORD), 401, "wrong-credentials");
	stage.wall_ns += SECONDS(7 * 86400);
	assert_refused(ask(&stage, &agnes, METHOD_POST, "/api/v1/first-start", body), 401, "wrong-credentials");
	stage.wall_ns -= SECONDS(1);
	assert_status(ask(&stage, &agnes, METHOD_POST, "/api/v1/first-start", body), 200);
	assert_status(log_in(&stage, &agnes, "agnes", "another long one"), 200);
}

#define TEST(name, how) cmocka_unit_test_setup_teardown(name, how, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_factor_is_asked_for_from_then_on, begin), TEST(guessing_a_code_locks, begin), TEST(it_is_taken_away_with_the_password_alone, begin),
		TEST(where_everybody_needs_one_it_comes_first, begin_strict), TEST(a_new_start_takes_both_factors_away, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
