/* What a match does beside its verdict: it waits, adds to the answer, and hides values from logs. */
#include <time.h>

#include "engine_stage.h"

#include "waf/mask.h"

#include "base/banned.h"

#define ON "SecRuleEngine On\nSecRequestBodyAccess On\n"

static void rest(uint64_t wait_ms)
{
	struct timespec time = { (time_t)(wait_ms / 1000), (long)(wait_ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

/* The walk stands still, the thread does not; what is behind the pause is asked after it. */
static void a_pause_in_the_walk(void **state)
{
	struct engine engine;
	uint64_t wait_ms;

	(void)state;
	engine_start(&engine, ON "SecAction \"id:1,phase:1,pass,msg:'a',pause:30\"\nSecAction \"id:2,phase:1,pass,msg:'b'\"\n");
	assert_int_equal(engine_request(&engine, SPAN("GET / HTTP/1.1\n\n")), WAF_WAIT);
	wait_ms = waf_pause_ms(engine.transaction);
	assert_true(wait_ms > 0 && wait_ms <= 30);
	assert_said(&engine, "a");
	rest(wait_ms);
	while (waf_pause_ms(engine.transaction))
		rest(1);
	assert_int_equal(waf_request_head(engine.transaction, &engine.head), WAF_GO_ON);
	assert_said(&engine, "a b");
	engine_done(&engine);
}

/* 2.9.7 pauses instead of denying; here the verdict holds, later. */
static void a_pause_before_the_verdict(void **state)
{
	struct engine engine;

	(void)state;
	engine_start(&engine, ON "SecAction \"id:9,phase:1,pass,nolog,setvar:tx.ms=20\"\nSecAction \"id:1,phase:2,deny,pause:%{tx.ms}\"\nSecAction \"id:2,phase:2,pass,msg:'b'\"\n");
	assert_int_equal(engine_request(&engine, SPAN("GET / HTTP/1.1\n\n")), WAF_WAIT);
	assert_int_equal(waf_request_body_end(engine.transaction), WAF_WAIT);
	while (waf_pause_ms(engine.transaction))
		rest(1);
	assert_int_equal(waf_request_body_end(engine.transaction), WAF_STOP);
	assert_int_equal(waf_verdict(engine.transaction)->kind, WAF_DENY);
	assert_said(&engine, "");
	engine_done(&engine);
}

/* Who cannot wait ends it: phase 1 goes on where it stood. */
static void a_pause_that_is_ended(void **state)
{
	struct engine engine;

	(void)state;
	engine_start(&engine, ON "SecAction \"id:1,phase:1,pass,msg:'a',pause:60000\"\nSecAction \"id:2,phase:1,pass,msg:'b'\"\n");
	assert_int_equal(engine_request(&engine, SPAN("GET / HTTP/1.1\n\n")), WAF_WAIT);
	waf_pause_end(engine.transaction);
	assert_int_equal(waf_pause_ms(engine.transaction), 0);
	assert_int_equal(waf_request_head(engine.transaction, &engine.head), WAF_GO_ON);
	assert_said(&engine, "a b");
	engine_done(&engine);
}

static void nothing_pauses_where_nothing_is_done(void **state)
{
	static const char *const rules[] = {
		"SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,pass,msg:'a',pause:60000\"\n", ON "SecAction \"id:1,phase:1,pass,msg:'a',pause:0\"\n",
		ON "SecAction \"id:1,phase:5,pass,msg:'a',pause:60000\"\n",
		ON "SecAction \"id:1,phase:5,pass,nolog,pause:60000\"\nSecAction \"id:2,phase:5,pass,msg:'a'\"\n", ON "SecAction \"id:1,phase:1,pass,msg:'a',pause:%{tx.none}\"\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct engine engine;

		engine_start(&engine, rules[i]);
		engine_ask(&engine, "GET / HTTP/1.1\n\n", NULL);
		assert_said(&engine, "a");
		engine_done(&engine);
	}
}

static void injection(void **state)
{
	static const char rules[] = "SecAction \"id:1,phase:3,pass,nolog,prepend:'<!-- %{REQUEST_METHOD} -->',append:'b',append:'c'\"\n";
	char text[512];

	(void)state;
	for (int is_on = 0; is_on < 2; is_on++) {
		struct engine engine;
		struct waf_injection injection;

		snprintf(text, sizeof(text), ON "SecContentInjection %s\n%s", is_on ? "On" : "Off", rules);
		engine_start(&engine, text);
		engine_ask(&engine, "GET / HTTP/1.1\n\n", "200\n\nx");
		injection = waf_injection(engine.transaction);
		assert_span(injection.prepended, is_on ? "<!-- GET -->" : "");
		assert_span(injection.appended, is_on ? "c" : "");
		engine_done(&engine);
	}
}

struct masked {
	enum mask_kind kind;
	const char *name, *value, *wanted;
};

static void assert_masked(struct engine *engine, const struct masked *row)
{
	struct span out;

	assert_int_equal(mask_apply(engine->transaction, row->kind, span_of(row->name), span_of(row->value), &out), RESULT_OK);
	assert_span(out, row->wanted);
}

static void masks(void **state)
{
	static const struct masked rows[] = {
		{ MASK_ARGUMENT, "a", "secret", "******" }, { MASK_ARGUMENT, "A", "secret", "******" }, { MASK_ARGUMENT, "b", "secret", "secret" },
		{ MASK_ARGUMENT, "matched", "evil", "****" }, { MASK_ARGUMENT, "card", "no 4111111111111111 yes", "no 41***********111 yes" },
		{ MASK_REQUEST_HEADER, "authorization", "Basic x", "*******" }, { MASK_RESPONSE_HEADER, "authorization", "Basic x", "Basic x" },
		{ MASK_RESPONSE_HEADER, "ETag", "x", "*" }, { MASK_REQUEST_HEADER, "X-Evil", "evil", "****" }, { MASK_ARGUMENT, "a", "", "" },
	};
	struct engine engine;
	struct span out;

	(void)state;
	engine_start(&engine, ON "SecAction \"id:1,phase:1,pass,nolog,sanitiseArg:a,sanitizeRequestHeader:Authorization,sanitiseResponseHeader:ETag\"\n"
	             "SecRule ARGS|REQUEST_HEADERS \"@rx ^evil\" \"id:2,phase:2,pass,nolog,sanitiseMatched\"\n"
	             "SecRule ARGS:card \"@rx \\d{13,}\" \"id:3,phase:2,pass,nolog,capture,sanitiseMatchedBytes:2/3\"\n");
	engine_ask(&engine, "GET /?a=se%63ret&b=x&matched=evil&card=no%204111111111111111%20yes HTTP/1.1\nX-Evil: evil\nAuthorization: Basic x\n\n", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_masked(&engine, &rows[i]);
	assert_int_equal(mask_form(engine.transaction, SPAN("%61=se%63ret&b=x&A=1&aa=2&a"), &out), RESULT_OK);
	assert_span(out, "%61=********&b=x&A=*&aa=2&a");
	assert_int_equal(mask_text(engine.transaction, SPAN("found secret in card no 4111111111111111 yes"), &out), RESULT_OK);
	assert_span(out, "found ****** in card no 41***********111 yes");
	engine_done(&engine);
}

static void nothing_is_masked_unasked(void **state)
{
	struct engine engine;
	struct span out;

	(void)state;
	engine_start(&engine, ON);
	engine_ask(&engine, "GET /?a=secret HTTP/1.1\n\n", NULL);
	assert_false(mask_has_arguments(engine.transaction));
	assert_int_equal(mask_form(engine.transaction, SPAN("a=secret"), &out), RESULT_OK);
	assert_span(out, "a=secret");
	assert_int_equal(mask_text(engine.transaction, SPAN("secret"), &out), RESULT_OK);
	assert_span(out, "secret");
	engine_done(&engine);
}

static void counters_do_not_wrap(void **state)
{
	struct engine engine;

	(void)state;
	engine_start(&engine, ON "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=2147483647,setvar:tx.a=+5,setvar:tx.b=99999999999,setvar:tx.b=+1\"\n"
	             "SecAction \"id:2,phase:1,pass,msg:'%{tx.a} %{tx.b}'\"\n");
	engine_ask(&engine, "GET / HTTP/1.1\n\n", NULL);
	assert_said(&engine, "2147483647 2147483647");
	engine_done(&engine);
}

/* A rule that went back to detect in one target is told, and scores everywhere but there; chains by the id of their first rule. */
static void a_retreat_scores_nothing_in_its_target(void **state)
{
	static const struct waf_retreat retreats[] = { { 1, SPAN_INIT("ARGS:a") }, { 3, SPAN_INIT("ARGS:a") } };
	struct engine engine;

	(void)state;
	engine_start(&engine, ON "SecRule ARGS \"@contains bad\" \"id:1,phase:2,pass,msg:'one',setvar:tx.anomaly_score=+5,setvar:tx.seen=1\"\n"
	             "SecRule ARGS \"@contains bad\" \"id:2,phase:2,pass,nolog,setvar:tx.anomaly_score=+100\"\n"
	             "SecRule REQUEST_METHOD \"@streq GET\" \"id:3,phase:2,pass,nolog,chain\"\n"
	             "SecRule ARGS \"@contains bad\" \"setvar:tx.anomaly_score=+1000\"\n"
	             "SecAction \"id:4,phase:2,pass,msg:'%{tx.anomaly_score} %{tx.seen}'\"\n");
	engine_ask(&engine, "GET /?a=bad HTTP/1.1\n\n", NULL);
	assert_said(&engine, "one 1105 1");
	engine.birth.retreats = retreats;
	engine.birth.retreat_count = 2;
	engine_ask(&engine, "GET /?a=bad HTTP/1.1\n\n", NULL);
	assert_said(&engine, "one 100 1");
	engine_ask(&engine, "GET /?b=bad HTTP/1.1\n\n", NULL);
	assert_said(&engine, "one 1105 1");
	engine_ask(&engine, "GET /?a=bad&b=bad HTTP/1.1\n\n", NULL);
	assert_said(&engine, "one one 1205 1");
	engine_done(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pause_in_the_walk),
		cmocka_unit_test(a_pause_before_the_verdict),
		cmocka_unit_test(a_pause_that_is_ended),
		cmocka_unit_test(nothing_pauses_where_nothing_is_done),
		cmocka_unit_test(injection),
		cmocka_unit_test(masks),
		cmocka_unit_test(nothing_is_masked_unasked),
		cmocka_unit_test(counters_do_not_wrap),
		cmocka_unit_test(a_retreat_scores_nothing_in_its_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
