/* Stored collections: what a rule changed is there for the next request, as ModSecurity 2.9.7 has it. */
#include "engine_stage.h"
#include "waf/store.h"

#include "base/banned.h"

#define STORE_BYTES (1u << 20)
#define SECOND 1000000000ull
#define NOON (1800000000ull * SECOND)

static const struct store_shape shape = { STORE_BYTES, 2048 };

struct stage {
	struct engine engine;
	void *memory;
	struct collection_port port;
};

static void stage_start(struct stage *stage, const char *rules)
{
	engine_start(&stage->engine, rules);
	stage->memory = aligned_alloc(64, STORE_BYTES);
	assert_non_null(stage->memory);
	assert_int_equal(store_init(stage->memory, &shape, (struct hash_seed){ 1, 2 }, (struct hash_seed){ 3, 4 }), RESULT_OK);
	stage->port = store_port(stage->memory);
	stage->engine.birth.collections = &stage->port;
	stage->engine.birth.wall_ns = NOON;
}

static void stage_done(struct stage *stage)
{
	engine_done(&stage->engine);
	free(stage->memory);
}

static void ask(struct stage *stage, const char *query)
{
	char request[4096];

	snprintf(request, sizeof(request), "GET /?%s HTTP/1.1\nHost: a\n\n", query);
	engine_ask(&stage->engine, request, NULL);
}

static void later(struct stage *stage, unsigned seconds)
{
	stage->engine.birth.wall_ns += seconds * SECOND;
}

#define OPEN "SecRuleEngine On\nSecAction \"id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR}\"\n"

static void a_count_goes_on(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecAction \"id:2,phase:1,pass,msg:'%{ip.n}',setvar:ip.n=+2\"\n");
	ask(&stage, "");
	assert_said(&stage.engine, "2");
	ask(&stage, "");
	assert_said(&stage.engine, "4");
	assert_int_equal(endpoint_read(SPAN("192.0.2.2:40000"), &stage.engine.birth.source), RESULT_OK);
	ask(&stage, "");
	assert_said(&stage.engine, "2");
	stage_done(&stage);
}

static void tenants_and_sites_share_nothing(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecAction \"id:2,phase:1,pass,msg:'%{ip.n}',setvar:ip.n=+1\"\n");
	ask(&stage, "");
	stage.engine.birth.site = SPAN("other");
	ask(&stage, "");
	assert_said(&stage.engine, "1");
	stage.engine.birth.tenant = SPAN("other");
	ask(&stage, "");
	assert_said(&stage.engine, "1");
	stage.engine.birth.tenant = SPAN("tenant");
	ask(&stage, "");
	assert_said(&stage.engine, "2");
	stage_done(&stage);
}

static void members(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecAction \"id:2,phase:1,pass,msg:'%{ip.KEY} %{ip.IS_NEW} %{ip.TIMEOUT} %{ip.CREATE_TIME} %{ip.UPDATE_COUNTER} "
	                    "%{ip.UPDATE_RATE} %{ip.LAST_UPDATE_TIME}',setvar:ip.x=1\"\n");
	ask(&stage, "");
	assert_said(&stage.engine, "192.0.2.1 1 3600 1800000000 0  ");
	later(&stage, 10);
	ask(&stage, "");
	assert_said(&stage.engine, "192.0.2.1  3600 1800000000 1 6 1800000000");
	later(&stage, 10);
	ask(&stage, "");
	assert_said(&stage.engine, "192.0.2.1  3600 1800000000 2 6 1800000010");
	stage_done(&stage);
}

static void what_nobody_changed_is_not_stored(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecRule ARGS:set \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:ip.x=1\"\nSecAction \"id:3,phase:1,pass,msg:'%{ip.is_new}'\"\n");
	ask(&stage, "");
	ask(&stage, "set=1");
	assert_said(&stage.engine, "1");
	ask(&stage, "");
	assert_said(&stage.engine, "");
	stage_done(&stage);
}

static void expiry(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecRule ARGS:set \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:ip.a=1,setvar:ip.b=2,expirevar:ip.a=%{ARGS.set}\"\n"
	                    "SecAction \"id:3,phase:1,pass,msg:'%{ip.a}%{ip.b}'\"\n");
	ask(&stage, "set=60");
	assert_said(&stage.engine, "12");
	later(&stage, 59);
	ask(&stage, "");
	assert_said(&stage.engine, "12");
	later(&stage, 1);
	ask(&stage, "");
	assert_said(&stage.engine, "2");
	later(&stage, 3541);         /* an hour after it was stored */
	ask(&stage, "");
	assert_said(&stage.engine, "");
	stage_done(&stage);
}

static void a_timeout_of_its_own(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, "SecCollectionTimeout 100\n" OPEN "SecRule ARGS:t \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:ip.a=1,setvar:ip.timeout=%{ARGS.t}\"\n"
	                    "SecAction \"id:3,phase:1,pass,msg:'%{ip.a}%{ip.timeout}'\"\n");
	ask(&stage, "");
	assert_said(&stage.engine, "100");
	ask(&stage, "t=5");
	later(&stage, 4);
	ask(&stage, "");
	assert_said(&stage.engine, "15");
	later(&stage, 1);
	ask(&stage, "");
	assert_said(&stage.engine, "100");
	stage_done(&stage);
}

static void deprecation(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecRule ARGS:set \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:ip.n=100\"\n"
	                    "SecRule ARGS:dep \"@rx .\" \"id:3,phase:1,pass,nolog,deprecatevar:ip.n=10/30\"\nSecAction \"id:4,phase:1,pass,msg:'%{ip.n}'\"\n");
	ask(&stage, "set=1&dep=1");  /* new: it was never updated */
	assert_said(&stage.engine, "100");
	later(&stage, 89);
	ask(&stage, "dep=1");
	assert_said(&stage.engine, "80");
	later(&stage, 29);
	ask(&stage, "dep=1");
	assert_said(&stage.engine, "80");
	later(&stage, 3000);
	ask(&stage, "dep=1");
	assert_said(&stage.engine, "0");
	stage_done(&stage);
}

/* Numbers that a rule's author chose, or had a client choose, at the edges of what fits: nothing wraps around. */
static void deprecation_beyond_all_numbers(void **state)
{
	static const struct { const char *count, *last, *speed, *left; } rows[] = {
		{ "100", "-9999999999999999", "2147483647/1", "0" },        /* 2^31 times 2^50 */
		{ "100", "-9999999999999999", "-2147483647/1", "2147483647" },
		{ "100", "9999999999999999", "2147483647/1", "2147483647" },  /* in the future: time goes back */
		{ "100", "-9999999999999999", "0/1", "100" },
		{ "2147483647", "1799999990", "99999999999999999999/1", "0" },
		{ "2147483647", "1799999990", "1/99999999999999999999", "2147483647" },
		{ "100", "1799999990", "5/-9", "100" }, { "100", "1799999990", "5/0", "100" }, { "100", "1799999990", "5/", "100" },
		{ "100", "1799999990", "/1", "100" }, { "-2147483649", "1799999990", "1/1", "0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct stage stage;
		char query[256];

		stage_start(&stage, OPEN "SecAction \"id:2,phase:1,pass,nolog,setvar:ip.n=%{ARGS.n},setvar:ip.LAST_UPDATE_TIME=%{ARGS.last}\"\n"
		                         "SecAction \"id:3,phase:1,pass,nolog,deprecatevar:ip.n=%{ARGS.speed}\"\nSecAction \"id:4,phase:1,pass,msg:'%{ip.n}'\"\n");
		snprintf(query, sizeof(query), "n=%s&last=%s&speed=%s", rows[i].count, rows[i].last, rows[i].speed);
		ask(&stage, query);
		assert_said(&stage.engine, rows[i].left);
		stage_done(&stage);
	}
}

static void forgetting(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecRule ARGS:set \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:ip.a=1,setvar:ip.b=1\"\n"
	                    "SecRule ARGS:a \"@rx .\" \"id:3,phase:1,pass,nolog,setvar:!ip.a\"\nSecRule ARGS:key \"@rx .\" \"id:4,phase:1,pass,nolog,setvar:!ip.KEY\"\n"
	                    "SecAction \"id:5,phase:1,pass,msg:'%{ip.a}%{ip.b}'\"\n");
	ask(&stage, "set=1");
	ask(&stage, "a=1");
	ask(&stage, "");
	assert_said(&stage.engine, "1");
	ask(&stage, "key=1");
	ask(&stage, "");
	assert_said(&stage.engine, "");
	stage_done(&stage);
}

static void sessions_are_an_applications_own(void **state)
{
	static const char rules[] = "SecRuleEngine On\nSecRule ARGS:sid \"@rx .\" \"id:1,phase:1,pass,nolog,setsid:%{ARGS.sid},setuid:u%{ARGS.sid},setrsc:r\"\n"
	                            "SecAction \"id:2,phase:1,pass,msg:'%{SESSIONID}/%{USERID}/%{session.n}/%{user.n}/%{resource.n}',"
	                            "setvar:session.n=+1,setvar:user.n=+1,setvar:resource.n=+1\"\n";
	struct stage stage;

	(void)state;
	stage_start(&stage, rules);
	ask(&stage, "");
	assert_said(&stage.engine, "////");
	ask(&stage, "sid=a");
	ask(&stage, "sid=a");
	assert_said(&stage.engine, "a/ua/2/2/2");
	ask(&stage, "sid=b");
	assert_said(&stage.engine, "b/ub/1/1/3");
	stage_done(&stage);
}

/* Two requests at once: both have read 0, and both counts are kept. */
static void two_at_once(void **state)
{
	struct waf_transaction *first;
	struct request_head head;
	struct arena arena;
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecRule ARGS:set \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:ip.%{ARGS.set}=1,setvar:ip.n=+1\"\n"
	                    "SecAction \"id:3,phase:1,pass,msg:'%{ip.a}%{ip.b}%{ip.n}'\"\n");
	assert_int_equal(engine_request(&stage.engine, SPAN("GET /?set=a HTTP/1.1\nHost: a\n\n")), WAF_GO_ON);
	first = stage.engine.transaction;
	head = stage.engine.head;
	arena = stage.engine.arena;
	stage.engine.transaction = NULL;
	ask(&stage, "set=b");
	assert_int_equal(waf_log(first), WAF_GO_ON);
	assert_int_equal(head.version, HTTP_1_1);
	waf_transaction_free(first);
	arena_done(&arena);
	ask(&stage, "");
	assert_said(&stage.engine, "112");
	stage_done(&stage);
}

/* Whatever a client sends, its counts are kept: what is too long is cut or left out. */
static void a_flood_of_values_loses_no_count(void **state)
{
	char query[3900];
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecRule ARGS:/^v/ \"@rx .\" \"id:2,phase:1,pass,nolog,setvar:'ip.%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'\"\n"
	                    "SecAction \"id:3,phase:1,pass,msg:'%{ip.n}',setvar:ip.n=+1\"\n");
	for (size_t i = 0; i < 3; i++) {
		memset(query, 'x', sizeof(query));
		for (size_t j = 0; j < 6; j++)
			memcpy(query + j * 640, j == 0 ? "v0=" : "&v0=", j == 0 ? 3 : 4), query[j * 640 + (j ? 2 : 1)] = (char)('0' + j);
		query[sizeof(query) - 1] = '\0';
		ask(&stage, query);
	}
	assert_said(&stage.engine, "3");
	stage_done(&stage);
}

static void without_a_port_it_ends_with_the_request(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, OPEN "SecAction \"id:2,phase:1,pass,msg:'%{ip.n} %{ip.is_new}',setvar:ip.n=+1\"\n");
	stage.engine.birth.collections = NULL;
	for (unsigned i = 0; i < 2; i++) {
		ask(&stage, "");
		assert_said(&stage.engine, "1 1");
	}
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_goes_on),
		cmocka_unit_test(tenants_and_sites_share_nothing),
		cmocka_unit_test(members),
		cmocka_unit_test(what_nobody_changed_is_not_stored),
		cmocka_unit_test(expiry),
		cmocka_unit_test(a_timeout_of_its_own),
		cmocka_unit_test(deprecation), cmocka_unit_test(deprecation_beyond_all_numbers),
		cmocka_unit_test(forgetting),
		cmocka_unit_test(sessions_are_an_applications_own),
		cmocka_unit_test(two_at_once),
		cmocka_unit_test(a_flood_of_values_loses_no_count),
		cmocka_unit_test(without_a_port_it_ends_with_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
