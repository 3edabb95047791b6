/* Countries, blocklists and a virus scanner: asked through ports, waited for, and done without. */
#include "engine_stage.h"

#include "base/banned.h"

static enum result answer;
static char asked[256];

static enum result geo_find(void *asker, const struct address *address, struct country *out)
{
	(void)asker;
	address_write(address, asked);
	*out = (struct country){ SPAN("BE"), SPAN("Belgium"), SPAN("EU") };
	return answer;
}

static enum result rbl_ask(void *context, struct span name, struct span zone, struct address *said)
{
	(void)context, (void)zone;
	assert_int_equal(span_to_text(name, asked, sizeof(asked)), RESULT_OK);
	assert_int_equal(address_read(SPAN("127.0.0.2"), said), RESULT_OK);
	return answer;
}

static enum result file_inspect(void *context, struct span content, struct span *name)
{
	(void)context;
	assert_int_equal(span_to_text(content, asked, sizeof(asked)), RESULT_OK);
	*name = SPAN("Eicar");
	return span_contains(content, SPAN("virus")) ? RESULT_REFUSED : answer;
}

static void start(struct engine *engine, bool has_ports, const char *rules)
{
	engine_begin(engine);
	if (has_ports) {
		engine->reading.operator_ports.geo_find = geo_find;
		engine->reading.operator_ports.rbl_ask = rbl_ask;
		engine->reading.operator_ports.file_inspect = file_inspect;
	}
	answer = RESULT_OK;
	asked[0] = '\0';
	engine_load(engine, rules);
}

#define GEO_RULES "SecRuleEngine On\nSecRule REMOTE_ADDR \"@geoLookup\" \"id:1,phase:1,pass,msg:'yes'\"\n" \
	"SecRule REMOTE_ADDR \"!@geoLookup\" \"id:2,phase:1,pass,msg:'no'\"\nSecRule GEO:COUNTRY_CODE \"@streq BE\" \"id:3,phase:1,pass,msg:'%{GEO.COUNTRY_NAME} %{GEO.COUNTRY_CONTINENT}'\"\n"

static void geo_becomes_a_collection(void **state)
{
	struct engine engine;

	(void)state;
	start(&engine, true, GEO_RULES);
	engine_ask(&engine, "GET / HTTP/1.1\n\n", NULL);
	assert_said(&engine, "yes Belgium EU");
	assert_string_equal(asked, "192.0.2.1");
	answer = RESULT_NOT_FOUND;
	engine_ask(&engine, "GET / HTTP/1.1\n\n", NULL);
	assert_said(&engine, "no");
	engine_done(&engine);
}

static void a_port_may_take_its_time(void **state)
{
	struct engine engine;

	(void)state;
	start(&engine, true, "SecRuleEngine On\nSecRule REMOTE_ADDR \"@rbl bl.example\" \"id:1,phase:1,deny,capture,msg:'%{TX.0}'\"\n");
	answer = RESULT_MORE;
	assert_int_equal(engine_request(&engine, SPAN("GET / HTTP/1.1\n\n")), WAF_WAIT);
	assert_int_equal(waf_request_head(engine.transaction, &engine.head), WAF_WAIT);
	answer = RESULT_OK;
	assert_int_equal(waf_request_head(engine.transaction, &engine.head), WAF_STOP);
	assert_string_equal(asked, "1.2.0.192.bl.example");
	assert_said(&engine, "RBL lookup of 1.2.0.192.bl.example succeeded at REMOTE_ADDR.");
	engine_done(&engine);
}

static void without_ports_nothing_of_it_matches(void **state)
{
	struct engine engine;

	(void)state;
	start(&engine, false, GEO_RULES "SecRule REMOTE_ADDR \"@rbl bl.example\" \"id:4,phase:1,deny\"\n"
	      "SecRule FILES_TMPNAMES \"@inspectFile /bin/scan\" \"id:5,phase:2,deny\"\n");
	assert_non_null(strstr(reading_said(&engine.reading), "warning: rule 1: @geoLookup needs a database of countries, and there is none here: the rule never matches"));
	assert_non_null(strstr(reading_said(&engine.reading), "warning: rule 4: @rbl needs a resolver for DNS blocklists"));
	assert_non_null(strstr(reading_said(&engine.reading), "warning: rule 5: @inspectFile needs a virus scanner"));
	engine_ask(&engine, "GET / HTTP/1.1\n\n", NULL);
	assert_said(&engine, "");
	assert_int_equal(waf_verdict(engine.transaction)->kind, WAF_PASS);
	engine_done(&engine);
}

#define PART(name, content) "--b\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" name ".txt\"\r\n\r\n" content "\r\n"
#define UPLOAD "POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=b\nContent-Length: 1\n\n"

/* What is uploaded is shown to a scanner and to rules, each file by itself, however its bytes come. */
static void contents_of_files(void **state)
{
	struct engine engine;

	(void)state;
	start(&engine, true, "SecRuleEngine On\nSecRequestBodyAccess On\nSecRule FILES_TMPNAMES \"@inspectFile\" \"id:1,phase:2,pass,capture,msg:'%{MATCHED_VAR_NAME} %{TX.0}'\"\n"
	      "SecRule FILES_TMP_CONTENT \"@rx ^se(cond)\" \"id:2,phase:2,deny,msg:'%{MATCHED_VAR_NAME}'\"\n");
	engine_ask(&engine, UPLOAD PART("a", "first") PART("b", "a virus") PART("c", "second") "--b--\r\n", NULL);
	assert_said(&engine, "FILES_TMPNAMES:b Eicar FILES_TMP_CONTENT:c");
	assert_string_equal(asked, "second");
	assert_int_equal(waf_verdict(engine.transaction)->rule_id, 2);
	engine_done(&engine);
}

/* Security, fails closed: what the scanner does not say is refused where rules refuse, with a reason of its own. */
static void a_silent_scanner_refuses(void **state)
{
	static const struct {
		const char *engine;
		enum result answer;
		enum waf_verdict_kind kind;
		enum waf_reason reason;
	} cases[] = {
		{ "On", RESULT_TIMEOUT, WAF_DENY, WAF_UNANSWERED }, { "On", RESULT_IO, WAF_DENY, WAF_UNANSWERED },
		{ "On", RESULT_NOT_FOUND, WAF_PASS, WAF_RULE }, { "On", RESULT_OK, WAF_PASS, WAF_RULE },
		{ "DetectionOnly", RESULT_TIMEOUT, WAF_PASS, WAF_RULE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct engine engine;
		char rules[256];

		snprintf(rules, sizeof(rules), "SecRuleEngine %s\nSecRequestBodyAccess On\nSecRule FILES_TMPNAMES \"@inspectFile\" \"id:1,phase:2,deny\"\n",
		         cases[i].engine);
		start(&engine, true, rules);
		answer = cases[i].answer;
		engine_ask(&engine, UPLOAD PART("a", "first") "--b--\r\n", NULL);
		assert_int_equal(waf_verdict(engine.transaction)->kind, cases[i].kind);
		assert_int_equal(waf_verdict(engine.transaction)->reason, cases[i].reason);
		assert_int_equal(waf_verdict(engine.transaction)->status, cases[i].kind == WAF_DENY ? 503 : waf_verdict(engine.transaction)->status);
		engine_done(&engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geo_becomes_a_collection),
		cmocka_unit_test(a_port_may_take_its_time),
		cmocka_unit_test(without_ports_nothing_of_it_matches),
		cmocka_unit_test(contents_of_files),
		cmocka_unit_test(a_silent_scanner_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
