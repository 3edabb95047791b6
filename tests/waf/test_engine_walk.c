/* The walk: whatever it leaves out, and wherever it stops on its way, it answers the same; and what cannot be judged is denied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"
#include "waf/waf.h"

#define ENOUGH (16 << 20)
#define REQUESTS 1500

static const char rules_text[] =
	"SecRuleEngine DetectionOnly\n"
	"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.level=2,setvar:tx.limit=3,setvar:'tx.words=evil union'\"\n"
	"SecRule &TX:nothing \"@eq 0\" \"id:2,phase:1,pass,log,setvar:tx.nothing=7\"\n"
	"SecRule TX:level \"@lt 3\" \"id:3,phase:2,pass,log,skipAfter:high\"\n"
	"SecRule ARGS \"@rx .\" \"id:4,phase:2,pass,log\"\n"
	"SecMarker high\n"
	"SecRule ARGS|ARGS_NAMES \"@rx union.+select\" \"id:10,phase:2,pass,log,t:urlDecodeUni,t:lowercase,msg:'%{MATCHED_VAR_NAME}',setvar:tx.score=+5\"\n"
	"SecRule ARGS \"@pm evil select\" \"id:11,phase:2,pass,log,t:none,logdata:'%{TX.0} in %{MATCHED_VAR}',capture\"\n"
	"SecRule ARGS|!ARGS:a \"@contains evil\" \"id:12,phase:2,pass,log,t:lowercase\"\n"
	"SecRule ARGS \"!@rx ^[a-z%+ ]*$\" \"id:13,phase:2,pass,log\"\n"
	"SecRule ARGS|REQUEST_URI \"@validateByteRange 32-126\" \"id:14,phase:2,pass,log,t:urlDecodeUni\"\n"
	"SecRule REQUEST_URI \"@validateUrlEncoding\" \"id:15,phase:2,pass,log\"\n"
	"SecRule ARGS \"@rx evil\" \"id:16,phase:2,pass,log,multiMatch,t:base64Decode,t:lowercase,t:removeWhitespace\"\n"
	"SecRule ARGS \"@rx ^(e)(v)?\" \"id:17,phase:2,pass,log,capture,chain,t:lowercase\"\n"
	"SecRule TX:1 \"@streq e\" \"chain\"\n"
	"SecRule MATCHED_VARS|MATCHED_VARS_NAMES \"@rx e\" \"t:none,setvar:'tx.seen_%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'\"\n"
	"SecRule TX:/^seen_/ \"@within %{tx.words} args:a args:b\" \"id:18,phase:2,pass,log,t:lowercase\"\n"
	"SecRule ARGS \"@within %{tx.words}\" \"id:19,phase:2,pass,log\"\n"
	"SecRule &ARGS \"@gt %{tx.limit}\" \"id:20,phase:2,pass,log,ctl:ruleRemoveTargetById=22;ARGS:b\"\n"
	"SecRule ARGS:a \"@streq off\" \"id:21,phase:2,pass,log,ctl:ruleRemoveById=23\"\n"
	"SecRule ARGS \"@rx l\" \"id:22,phase:2,pass,log\"\n"
	"SecRule ARGS \"@rx i\" \"id:23,phase:2,pass,log,t:sqlHexDecode,t:replaceComments,t:compressWhitespace\"\n"
	"SecRule ARGS|REQUEST_HEADERS \"@rbl example.org\" \"id:24,phase:2,pass,log,setvar:tx.listed=+1\"\n"
	"SecRule REQUEST_HEADERS|REQUEST_HEADERS_NAMES \"@rx (?i)evil\" \"id:25,phase:1,pass,log,t:lowercase\"\n"
	"SecRule REQUEST_METHOD \"!@within GET POST\" \"id:26,phase:1,pass,log\"\n"
	"SecRule TX:score \"@ge 10\" \"id:27,phase:2,pass,log,msg:'%{tx.score} %{tx.listed}'\"\n"
	"SecRule ARGS_NAMES \"@endsWith b\" \"id:28,phase:2,pass,log,skip:1\"\n"
	"SecRule ARGS \"!@streq %{MATCHED_VAR}\" \"id:31,phase:2,pass,log\"\n"
	"SecRule REQUEST_BASENAME \"@rx e\" \"id:29,phase:5,pass,log\"\n"
	"SecRule TX:listed|TX:score \"@gt 0\" \"id:30,phase:5,pass,log\"\n";

static const char *const bits[] = { "evil", "EVIL", "union", "Select", "a", "b", "=", "=", "&", "&", "%20", "+", "%2", "%00", "x", "/*", "*/",
	                            "ZXZpbA==", "off", "e", "l", "0x65", "\xe9", "i", "ev", "%2575nion", "1" };

static uint64_t state;

static unsigned draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state % below);
}

struct request {
	char query[512], fields[4][64];
	struct arena arena;
	struct request_head head;
};

static void request_draw(struct request *request)
{
	size_t len = 0;

	for (unsigned count = draw(40); count; count--)
		len += (size_t)snprintf(request->query + len, sizeof(request->query) - len, "%s", bits[draw(sizeof(bits) / sizeof(*bits))]);
	request->query[len] = '\0';
	arena_init(&request->arena, 1 << 20, 8192);
	request->head = (struct request_head){ .method_name = draw(5) ? SPAN("GET") : SPAN("PURGE"), .version = HTTP_1_1, .path = SPAN("/some/page"),
		                               .has_query = true, .query = span_make(request->query, len) };
	request->head.target = request->head.path;
	fields_init(&request->head.fields, &request->arena, 10);
	for (unsigned i = draw(5); i; i--) {
		char *text = request->fields[i - 1];

		snprintf(text, sizeof(request->fields[0]), "%s%s", bits[draw(10)], bits[draw(10)]);
		assert_int_equal(fields_add(&request->head.fields, FIELD_OTHER, SPAN("X-Evil"), span_of(text)), RESULT_OK);
	}
}

/* A blocklist that is asked twice before it answers. */
static unsigned rbl_waits, rbl_asked;

static enum result rbl_slow(void *context, struct span name, struct span zone, struct address *answer)
{
	(void)context, (void)zone;
	if (rbl_waits && ++rbl_asked % 2)
		return RESULT_MORE;
	if (!span_starts(name, SPAN("evil")))
		return RESULT_NOT_FOUND;
	return address_read(SPAN("127.0.0.2"), answer) == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
}

static uint64_t tick_ns(void *context)
{
	return *(uint64_t *)context += 1000;
}

struct engine {
	struct reading reading;
	struct waf_rules *rules;
	struct operator_scratch *scratch;
	struct waf_spares *spares;
	uint64_t clock_ns;
	unsigned waits;
};

static void engine_start(struct engine *engine, const char *text)
{
	*engine = (struct engine){ 0 };
	reading_start(&engine->reading);
	engine->reading.operator_ports.rbl_ask = rbl_slow;
	assert_int_equal(texts_add(&engine->reading.texts, SPAN("x"), span_of(text)), RESULT_OK);
	reading_load(&engine->reading, "x");
	if (engine->reading.result != RESULT_OK)
		fail_msg("%s", reading_said(&engine->reading));
	assert_int_equal(waf_rules_new(engine->reading.ruleset, &engine->reading.complaints, &engine->rules), RESULT_OK);
	engine->reading.ruleset = NULL;
	engine->scratch = operator_scratch_new();
	engine->spares = waf_spares_new(1);
	assert_true(engine->scratch && engine->spares);
}

static void engine_done(struct engine *engine)
{
	waf_spares_free(engine->spares);
	operator_scratch_free(engine->scratch);
	waf_rules_free(engine->rules);
	reading_done(&engine->reading);
}

static struct waf_birth birth_of(struct engine *engine)
{
	return (struct waf_birth){ .rules = engine->rules, .scratch = engine->scratch, .spares = engine->spares, .limit_bytes = ENOUGH,
		                   .time = { .now_ns = tick_ns, .context = &engine->clock_ns } };
}

static enum waf_answer ask(struct engine *engine, struct waf_transaction *transaction, const struct request_head *head)
{
	enum waf_answer answer;

	while ((answer = waf_request_head(transaction, head)) == WAF_WAIT)
		engine->waits++;
	while (answer == WAF_GO_ON && (answer = waf_request_body_end(transaction)) == WAF_WAIT) {
		engine->waits++;
		answer = WAF_GO_ON;
	}
	while (waf_log(transaction) == WAF_WAIT)
		engine->waits++;
	return answer;
}

/* All that is told of REQUEST, as text. */
static void tell(struct engine *engine, const struct waf_birth *birth, const struct request *request, struct buffer *out)
{
	struct waf_transaction *transaction = waf_transaction_new(birth);

	assert_non_null(transaction);
	(void)ask(engine, transaction, &request->head);
	for (const struct waf_match *match = waf_matches(transaction); match; match = match->next)
		assert_int_equal(buffer_print(out, "%u in %u: %.*s=%.*s (%.*s, %.*s)\n", match->rule->id, match->phase, SPAN_ARG(match->name),
		                              SPAN_ARG(match->value), SPAN_ARG(match->msg), SPAN_ARG(match->log_data)), RESULT_OK);
	assert_int_equal(buffer_print(out, "%d %d %u\n", waf_verdict(transaction)->kind, waf_verdict(transaction)->reason,
	                              waf_verdict(transaction)->rule_id), RESULT_OK);
	waf_transaction_free(transaction);
}

static void compare(struct engine *engine, bool asks_all, bool waits)
{
	unsigned lines = 0;

	state = 0x9e3779b97f4a7c15u;
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct waf_birth plain = birth_of(engine), other = plain;
		struct buffer told[2];
		struct request request;

		request_draw(&request);
		other.asks_all = asks_all;
		if (waits)
			other.time.slice_ns = other.time.look_bytes = 1;
		buffer_init(&told[0], 1 << 20);
		buffer_init(&told[1], 1 << 20);
		rbl_waits = 0;
		tell(engine, &plain, &request, &told[0]);
		rbl_waits = waits;
		tell(engine, &other, &request, &told[1]);
		if (!span_equal(buffer_span(&told[0]), buffer_span(&told[1])))
			fail_msg("\"%s\":\n%.*s-- but --\n%.*s", request.query, SPAN_ARG(buffer_span(&told[0])), SPAN_ARG(buffer_span(&told[1])));
		for (struct span rest = buffer_span(&told[0]); rest.len; lines++)
			(void)span_cut(&rest, '\n');
		buffer_done(&told[0]);
		buffer_done(&told[1]);
		arena_done(&request.arena);
	}
	assert_true(lines > 4 * REQUESTS);  /* there was something to compare */
}

static void shortcuts_change_no_answer(void **unused)
{
	struct engine engine;

	(void)unused;
	engine_start(&engine, rules_text);
	compare(&engine, true, false);
	engine_done(&engine);
}

static void waiting_changes_no_answer(void **unused)
{
	struct engine engine;

	(void)unused;
	engine_start(&engine, rules_text);
	compare(&engine, false, true);
	assert_true(engine.waits > 20 * REQUESTS);
	engine_done(&engine);
}

static struct waf_verdict verdict_of(struct engine *engine, const struct waf_birth *birth, struct span query)
{
	struct waf_transaction *transaction = waf_transaction_new(birth);
	struct request_head head = { .method_name = SPAN("GET"), .version = HTTP_1_1, .path = SPAN("/"), .target = SPAN("/"), .has_query = true,
		                     .query = query };
	struct waf_verdict verdict;
	struct arena arena;

	assert_non_null(transaction);
	arena_init(&arena, 1 << 20, 8192);
	fields_init(&head.fields, &arena, 10);
	(void)ask(engine, transaction, &head);
	verdict = *waf_verdict(transaction);
	waf_transaction_free(transaction);
	arena_done(&arena);
	return verdict;
}

/* PCRE2 says PCRE2_ERROR_RECURSELOOP: what it would have found is not known. */
static void a_match_that_fails_is_denied(void **unused)
{
	static const struct {
		const char *mode;
		enum waf_verdict_kind kind;
		enum waf_reason reason;
	} cases[] = { { "On", WAF_DENY, WAF_MATCH_ERROR }, { "DetectionOnly", WAF_PASS, WAF_RULE } };

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct waf_verdict verdict;
		struct engine engine;
		struct waf_birth birth;
		char text[256];

		snprintf(text, sizeof(text), "SecRuleEngine %s\nSecRule ARGS \"@rx ((?1)a)\" \"id:1,phase:2,pass\"\n", cases[i].mode);
		engine_start(&engine, text);
		birth = birth_of(&engine);
		verdict = verdict_of(&engine, &birth, SPAN("a=aab"));
		assert_int_equal(verdict.kind, cases[i].kind);
		assert_int_equal(verdict.reason, cases[i].reason);
		engine_done(&engine);
	}
}

/* The clock goes on by 1 us at each look. */
static void a_budget_that_is_used_up_is_denied(void **unused)
{
	static const struct {
		const char *mode;
		uint64_t budget_ns;
		enum waf_verdict_kind kind;
		enum waf_reason reason;
		unsigned rule_id;
	} cases[] = {
		{ "On", 0, WAF_DENY, WAF_RULE, 2 },
		{ "On", 1000000, WAF_DENY, WAF_RULE, 2 },
		{ "On", 20000, WAF_DENY, WAF_TIME, 1 },
		{ "DetectionOnly", 20000, WAF_PASS, WAF_RULE, 0 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct waf_verdict verdict;
		struct engine engine;
		struct waf_birth birth;
		char text[256];

		snprintf(text, sizeof(text), "SecRuleEngine %s\nSecRule ARGS|ARGS_NAMES \"!@rx x\" \"id:1,phase:2,pass\"\n"
		         "SecRule ARGS:a \"@rx 1\" \"id:2,phase:2,deny\"\n", cases[i].mode);
		engine_start(&engine, text);
		birth = birth_of(&engine);
		birth.time.budget_ns = cases[i].budget_ns;
		birth.time.slice_ns = 3000;
		birth.time.look_bytes = 1;
		verdict = verdict_of(&engine, &birth, SPAN("a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11&l=12&m=13&n=14"));
		if (verdict.kind != cases[i].kind || verdict.reason != cases[i].reason || verdict.rule_id != cases[i].rule_id)
			fail_msg("%zu: kind %d, reason %d, rule %u", i, verdict.kind, verdict.reason, verdict.rule_id);
		assert_true(engine.waits > 0);
		engine_done(&engine);
	}
}

/* Each begins as if it were the first. */
static void a_spare_remembers_nothing(void **unused)
{
	struct waf_transaction *first, *second;
	struct engine engine;
	struct waf_birth birth;

	(void)unused;
	engine_start(&engine, "SecRuleEngine On\nSecRule ARGS \"@rx evil\" \"id:1,phase:2,deny,setvar:tx.seen=1,setvar:'tx.%{MATCHED_VAR}=1'\"\n"
	             "SecRule TX:seen|TX:evil \"@eq 1\" \"id:2,phase:1,deny\"\n");
	birth = birth_of(&engine);
	first = waf_transaction_new(&birth);
	assert_non_null(first);
	waf_transaction_free(first);
	second = waf_transaction_new(&birth);
	assert_ptr_equal(first, second);
	waf_transaction_free(second);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(verdict_of(&engine, &birth, SPAN("a=evil")).rule_id, 1);
		assert_int_equal(verdict_of(&engine, &birth, SPAN("a=good")).kind, WAF_PASS);
	}
	engine_done(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shortcuts_change_no_answer),
		cmocka_unit_test(waiting_changes_no_answer),
		cmocka_unit_test(a_match_that_fails_is_denied),
		cmocka_unit_test(a_budget_that_is_used_up_is_denied),
		cmocka_unit_test(a_spare_remembers_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
