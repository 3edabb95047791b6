/* The engine: what rules of a few lines decide about requests of a few bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"
#include "waf/waf.h"

#define ENOUGH (8 << 20)

struct engine {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
	struct arena arena;
	struct request_head head;
	struct waf_transaction *transaction;
};

static void start(struct engine *engine, const char *rules, const char *path, const char *query, size_t limit)
{
	struct waf_birth birth = { .limit_bytes = limit };

	*engine = (struct engine){ 0 };
	reading_good(&engine->reading, rules);
	assert_int_equal(waf_rules_new(engine->reading.ruleset, &engine->reading.complaints, &engine->rules), RESULT_OK);
	engine->reading.ruleset = NULL;
	engine->scratch = operator_scratch_new();
	assert_non_null(engine->scratch);
	arena_init(&engine->arena, ENOUGH, 65536);
	fields_init(&engine->head.fields, &engine->arena, 100);
	engine->head.method_name = SPAN("GET");
	engine->head.version = HTTP_1_1;
	engine->head.target = engine->head.path = span_of(path);
	engine->head.query = span_of(query);
	engine->head.has_query = query != NULL;
	birth.rules = engine->rules;
	birth.scratch = engine->scratch;
	engine->transaction = waf_transaction_new(&birth);
	assert_non_null(engine->transaction);
}

static void finish(struct engine *engine)
{
	waf_transaction_free(engine->transaction);
	waf_rules_free(engine->rules);
	operator_scratch_free(engine->scratch);
	arena_done(&engine->arena);
	reading_done(&engine->reading);
}

static enum waf_answer ask(struct engine *engine)
{
	enum waf_answer answer = waf_request_head(engine->transaction, &engine->head);

	return answer == WAF_GO_ON ? waf_request_body_end(engine->transaction) : answer;
}

static const struct decision {
	const char *rules, *query;
	enum waf_verdict_kind kind;
	unsigned status, rule_id, matches;
} decisions[] = {
	{ "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,status:406\"\n", "a=evil", WAF_DENY, 406, 1, 1 },
	{ "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny\"\n", "a=good", WAF_PASS, 0, 0, 0 },
	{ "SecRule ARGS:b \"@rx evil\" \"id:1,phase:2,deny\"\n", "a=evil", WAF_PASS, 0, 0, 0 },
	{ "SecRule ARGS|!ARGS:a \"@rx evil\" \"id:1,phase:2,deny\"\n", "a=evil", WAF_PASS, 0, 0, 0 },
	{ "SecRule ARGS \"!@rx evil\" \"id:1,phase:2,deny\"\n", "a=good", WAF_DENY, 403, 1, 1 },
	{ "SecRule ARGS:b \"!@rx evil\" \"id:1,phase:2,deny\"\n", "a=good", WAF_PASS, 0, 0, 0 },
	{ "SecRule &ARGS \"@gt 1\" \"id:1,phase:2,deny\"\n", "a=1&a=2", WAF_DENY, 403, 1, 1 },
	{ "SecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,t:lowercase\"\n", "a=EVIL", WAF_DENY, 403, 1, 1 },
	{ "SecRule ARGS \"@streq EVIL\" \"id:1,phase:2,deny,t:lowercase\"\n", "a=EVIL", WAF_PASS, 0, 0, 0 },
	{ "SecRule ARGS \"@streq EVIL\" \"id:1,phase:2,deny,t:lowercase,multiMatch\"\n", "a=EVIL", WAF_DENY, 403, 1, 1 },
	{ "SecRule ARGS:a \"@rx 1\" \"id:1,phase:2,deny,chain\"\nSecRule ARGS:b \"@rx 2\"\n", "a=1&b=2", WAF_DENY, 403, 1, 1 },
	{ "SecRule ARGS:a \"@rx 1\" \"id:1,phase:2,deny,chain\"\nSecRule ARGS:b \"@rx 2\"\n", "a=1&b=3", WAF_PASS, 0, 0, 0 },
	{ "SecRule ARGS \"@rx ^x\" \"id:1,phase:2,pass,nolog,setvar:tx.n=+2\"\nSecRule TX:n \"@eq 4\" \"id:2,phase:2,deny\"\n",
	  "a=x&b=x&c=y", WAF_DENY, 403, 2, 1 },
	{ "SecRule ARGS \"@rx (o)(k)\" \"id:1,phase:2,pass,nolog,capture\"\nSecRule TX:2 \"@streq k\" \"id:2,phase:2,deny\"\n", "a=ok",
	  WAF_DENY, 403, 2, 1 },
	{ "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2\"\nSecRule ARGS \"@rx evil\" \"id:2,phase:2,deny\"\n", "a=evil",
	  WAF_PASS, 0, 0, 0 },
	{ "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:a\"\nSecRule ARGS \"@rx evil\" \"id:2,phase:2,deny\"\n",
	  "a=evil", WAF_PASS, 0, 0, 0 },
	{ "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:a\"\nSecRule ARGS \"@rx evil\" \"id:2,phase:2,deny\"\n",
	  "b=evil", WAF_DENY, 403, 2, 1 },
	{ "SecAction \"id:1,phase:2,pass,nolog,skipAfter:end\"\nSecAction \"id:2,phase:2,deny\"\nSecMarker end\n", "a=1", WAF_PASS, 0, 0, 0 },
	{ "SecAction \"id:1,phase:2,pass,nolog,skip:1\"\nSecAction \"id:2,phase:2,deny\"\nSecAction \"id:3,phase:2,deny\"\n", "a=1",
	  WAF_DENY, 403, 3, 1 },
	{ "SecAction \"id:1,phase:1,allow,nolog\"\nSecAction \"id:2,phase:2,deny\"\n", "a=1", WAF_ALLOW, 0, 1, 0 },
	{ "SecAction \"id:1,phase:1,allow:phase,nolog\"\nSecAction \"id:2,phase:2,deny\"\n", "a=1", WAF_DENY, 403, 2, 1 },
	{ "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleEngine=DetectionOnly\"\nSecAction \"id:2,phase:2,deny\"\n", "a=1", WAF_PASS, 0, 0, 1 },
	{ "SecRule ARGS \"!@streq %{MATCHED_VAR}\" \"id:1,phase:2,pass,nolog,setvar:tx.n=+1\"\nSecRule TX:n \"@eq 3\" \"id:2,phase:2,deny\"\n",
	  "a=x&b=x&c=y&d=x", WAF_DENY, 403, 2, 1 },
	{ "SecRule ARGS_NAMES \"@rx .\" \"id:1,phase:2,pass,nolog,setvar:tx.%{MATCHED_VAR}=1\"\nSecRule TX:/^A/ \"@eq 1\" \"id:2,phase:2,deny\"\n",
	  "b=1&abc=1", WAF_DENY, 403, 2, 1 },
	{ "SecAction \"id:1,phase:1,pass,nolog,setvar:tx.One=7\"\nSecRule TX:/^o/ \"@eq %{tx.ONE}\" \"id:2,phase:2,deny\"\n", "a=1",
	  WAF_DENY, 403, 2, 1 },
	{ "SecRule ARGS \"@rx .\" \"id:1,phase:2,pass,nolog,setvar:tx.%{MATCHED_VAR}=+2\"\nSecRule TX:n \"@eq 4\" \"id:2,phase:2,deny\"\n",
	  "a=n&b=N", WAF_DENY, 403, 2, 1 },
	{ "SecRule REQUEST_FILENAME \"@streq /a b\" \"id:1,phase:2,deny\"\n", NULL, WAF_DENY, 403, 1, 1 },
	{ "SecRule REQUEST_FILENAME \"@streq /a b\" \"id:1,phase:1,deny\"\n", NULL, WAF_PASS, 0, 0, 0 },
};

static void rules_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++) {
		const struct decision *wanted = &decisions[i];
		const struct waf_verdict *verdict;
		char rules[1024];
		struct engine engine;
		unsigned matches = 0;

		snprintf(rules, sizeof(rules), "SecRuleEngine On\n%s", wanted->rules);
		start(&engine, rules, "/a%20b", wanted->query, ENOUGH);
		if (ask(&engine) == WAF_WAIT)
			fail_msg("waits: %s", wanted->rules);
		verdict = waf_verdict(engine.transaction);
		for (const struct waf_match *match = waf_matches(engine.transaction); match; match = match->next)
			matches++;
		if (verdict->kind != wanted->kind || verdict->status != wanted->status || verdict->rule_id != wanted->rule_id ||
		    matches != wanted->matches)
			fail_msg("%s%s: kind %d, status %u, rule %u, %u matches", wanted->rules, wanted->query ? wanted->query : "", verdict->kind,
			         verdict->status, verdict->rule_id, matches);
		finish(&engine);
	}
}

static void a_match_says_what_matched(void **state)
{
	const struct waf_match *match;
	struct engine engine;

	(void)state;
	start(&engine, "SecRuleEngine On\nSecRule ARGS \"@rx ^evil\" \"id:1,phase:2,deny,t:lowercase,msg:'%{MATCHED_VAR_NAME} is %{MATCHED_VAR}'\"\n",
	      "/", "foo=EVIL", ENOUGH);
	assert_int_equal(ask(&engine), WAF_STOP);
	match = waf_matches(engine.transaction);
	assert_non_null(match);
	assert_span(match->name, "ARGS:foo");
	assert_span(match->value, "evil");
	assert_span(match->msg, "ARGS:foo is evil");
	finish(&engine);
}

static const struct {
	const char *rules, *query;
} needy[] = {
	{ "SecRuleEngine On\nSecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,t:urlDecodeUni,t:lowercase,msg:'%{MATCHED_VAR}'\"\n",
	  "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=%2545VIL" },
	{ "SecRuleEngine On\nSecRule ARGS|ARGS_NAMES|REQUEST_URI \"@pm evil\" \"id:1,phase:2,deny,multiMatch,t:base64Decode,t:lowercase\"\n",
	  "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=RVZJTA==&k=1&l=2&m=3&n=4&o=5&p=6&q=7&r=8&s=9" },
	{ "SecRuleEngine On\nSecRule ARGS_NAMES \"@rx .\" \"id:1,phase:2,pass,nolog,setvar:'tx.seen_%{MATCHED_VAR}=%{MATCHED_VAR_NAME} 1'\"\n"
	  "SecRule TX:/^seen_evil/ \"@rx 1$\" \"id:2,phase:2,deny\"\n",
	  "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=1&k=1&l=2&m=3&n=4&o=5&p=6&q=7&r=8&s=9&t=1&u=2&v=3&w=4&x=5&y=6&z=7&A1=1&A2=2&A3=3&"
	  "A4=4&A5=5&A6=6&A7=7&A8=8&A9=9&evil=1" },
};

/* Whatever memory is missing, a request that must be denied never passes. */
static void without_memory_it_is_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(needy) / sizeof(*needy); i++) {
		unsigned without = 0, with = 0;

		for (size_t limit = 2048; limit < 65536; limit += 256) {
			struct engine engine;

			start(&engine, needy[i].rules, "/", needy[i].query, limit);
			assert_int_equal(ask(&engine), WAF_STOP);
			assert_int_equal(waf_verdict(engine.transaction)->kind, WAF_DENY);
			without += waf_verdict(engine.transaction)->reason == WAF_NO_MEMORY;
			with += waf_verdict(engine.transaction)->reason == WAF_RULE;
			finish(&engine);
		}
		assert_true(without > 0 && with > 0);
	}
}

/* A refused request, which says another version than ours, or none, or lacks its method. */
static void a_version_is_shown_as_it_was_written(void **state)
{
	static const struct { struct span method, version; const char *protocol, *line; } cases[] = {
		{ SPAN_INIT("GET"), { NULL, 0 }, "HTTP/1.1", "GET / HTTP/1.1" },
		{ SPAN_INIT("GET"), SPAN_INIT("HTTP/3.0"), "HTTP/3.0", "GET / HTTP/3.0" },
		{ SPAN_INIT("GET"), SPAN_INIT(""), "HTTP/0.9", "GET /" },
		{ { NULL, 0 }, SPAN_INIT(""), "HTTP/0.9", " /" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct engine engine;
		char rules[512];

		snprintf(rules, sizeof(rules), "SecRuleEngine On\nSecRule REQUEST_PROTOCOL \"@streq %s\" \"id:1,phase:1,deny,chain\"\n"
		         "SecRule REQUEST_LINE \"@rx ^%s$\"\n", cases[i].protocol, cases[i].line);
		start(&engine, rules, "/", NULL, ENOUGH);
		engine.head.method_name = cases[i].method;
		engine.head.version_text = cases[i].version;
		assert_int_equal(ask(&engine), WAF_STOP);
		finish(&engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_decide),
		cmocka_unit_test(a_version_is_shown_as_it_was_written),
		cmocka_unit_test(a_match_says_what_matched),
		cmocka_unit_test(without_memory_it_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
