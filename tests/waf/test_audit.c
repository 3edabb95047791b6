/* Audit logs, native and as JSON: which requests have one, what it says, and what it never says. */
#include "engine_stage.h"

#include "waf/audit.h"

#include "base/banned.h"

#define ON "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecAuditEngine On\n"
#define NOON (1800000000ull * 1000000000)

static struct buffer written;

static const char *write_log(struct engine *engine, unsigned status)
{
	buffer_done(&written);
	buffer_init(&written, 1 << 20);
	assert_int_equal(waf_audit_write(engine->transaction, status, NULL, &written), RESULT_OK);
	assert_int_equal(buffer_append_byte(&written, 0), RESULT_OK);
	assert_non_null(buffer_span(&written).at);
	return buffer_span(&written).at;
}

static void start(struct engine *engine, const char *rules)
{
	engine_start(engine, rules);
	engine->birth.is_audited = true;
	engine->birth.wall_ns = NOON;
}

static void assert_holds(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in\n%s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
	assert_non_null(text);
	if (strstr(text, part))
		fail_msg("\"%s\" is in\n%s", part, text);
}

/* The boundary is another one each time: "--xxxxxxxx-A--" is compared without it. */
static void assert_log(const char *text, const char *wanted)
{
	const char *boundary = text + 2;

	assert_non_null(text);
	for (; *wanted; text++, wanted++) {
		if (strncmp(wanted, "--BOUNDARY-", 11) == 0 && strncmp(text, "--", 2) == 0 && strncmp(text + 2, boundary, 8) == 0)
			text += 10, wanted += 10;
		if (*wanted == '#') {        /* digits */
			while (is_digit(text[1]))
				text++;
		} else if (*text != *wanted) {
			fail_msg("\"%.60s\" is not \"%.60s\"", text, wanted);
		}
	}
	assert_string_equal(text, "");
}

static const char rules[] = ON
	"SecComponentSignature OWASP/1\nSecAuditLogParts ABCDEFGHIJKZ\n"
	"SecRule ARGS:pass \"@rx .\" \"id:1,phase:2,pass,sanitiseMatched,msg:'m %{MATCHED_VAR}',tag:'t1',tag:'t2',severity:2,logdata:'d',rev:1,ver:v\"\n"
	"SecAction \"id:3,phase:1,pass,nolog,sanitiseRequestHeader:Authorization,sanitiseResponseHeader:ETag\"\n"
	"SecRule ARGS:x \"@streq y\" \"id:4,phase:2,deny,status:406,msg:'no \\\"quotes\\\"'\"\n";

static void native(void **state)
{
	struct engine engine;

	(void)state;
	start(&engine, rules);
	engine_ask(&engine, "POST /p?pass=q%71&c=1 HTTP/1.1\nHost: a\nAuthorization: Basic x\nContent-Type: application/x-www-form-urlencoded\n\npass=se%63ret&third=t",
	           "200\nETag: abc\nContent-Type: text/html\n\nhello secret");
	assert_log(write_log(&engine, 200),
	           "--BOUNDARY-A--\n[15/Jan/2027:08:00:00.000000 +0000] id 192.0.2.1 40000 198.51.100.1 443\n"
	           "--BOUNDARY-B--\nPOST /p?pass=****&c=1 HTTP/1.1\nHost: a\nAuthorization: *******\nContent-Type: application/x-www-form-urlencoded\n\n"
	           "--BOUNDARY-C--\npass=********&third=t\n"
	           "--BOUNDARY-F--\nHTTP/1.1 200 OK\nETag: ***\nContent-Type: text/html\n\n"
	           "--BOUNDARY-E--\nhello ******\n"
	           "--BOUNDARY-H--\n"
	           "Message: Warning. Pattern match \".\" at ARGS:pass. [file \"x\"] [line \"7\"] [id \"1\"] [rev \"1\"] [msg \"m **\"] [data \"d\"] [severity \"CRITICAL\"] [ver \"v\"] [tag \"t1\"] [tag \"t2\"]\n"
	           "Message: Warning. Pattern match \".\" at ARGS:pass. [file \"x\"] [line \"7\"] [id \"1\"] [rev \"1\"] [msg \"m ******\"] [data \"d\"] [severity \"CRITICAL\"] [ver \"v\"] [tag \"t1\"] [tag \"t2\"]\n"
	           "Stopwatch: 1800000000000000 # (- - -)\nProducer: Bouclier; OWASP/1.\nEngine-Mode: \"ENABLED\"\n\n"
	           "--BOUNDARY-K--\nx:7: 1\nx:7: 1\n\n"
	           "--BOUNDARY-Z--\n\n");
	engine_done(&engine);
}

static void native_of_a_refusal(void **state)
{
	const char *text;
	struct engine engine;

	(void)state;
	start(&engine, rules);
	engine_ask(&engine, "GET /?x=y HTTP/1.1\n\n", NULL);
	text = write_log(&engine, 406);
	assert_holds(text, "HTTP/1.1 406 Not Acceptable\n\n");
	assert_holds(text, "Message: Access denied with code 406 (phase 2). Operator streq matched \"y\" at ARGS:x. [file \"x\"] [line \"9\"] [id \"4\"] [msg \"no \\\"quotes\\\"\"]\n");
	assert_holds(text, "Action: Intercepted (phase 2)\n");
	engine_done(&engine);
}

#define UPLOAD "POST / HTTP/1.1\nContent-Type: multipart/form-data; boundary=b\n\n--b\r\nContent-Disposition: form-data; name=\"pass\"\r\n\r\nsecret\r\n" \
	"--b\r\nContent-Disposition: form-data; name=\"c d\"\r\n\r\n1&2\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nabc\r\n--b--\r\n"

static void uploads(void **state)
{
	const char *text;
	struct engine engine;

	(void)state;
	start(&engine, rules);
	engine_ask(&engine, UPLOAD, NULL);
	text = write_log(&engine, 200);
	assert_holds(text, "-C--\n--b\r\nContent-Disposition: form-data; name=\"pass\"\r\n\r\n******\r\n");
	assert_holds(text, "-I--\npass=******&c%20d=1%262\n");
	assert_holds(text, "-J--\n1,3,\"a.txt\",\"<Unknown ContentType>\"\nTotal,3\n\n");
	assert_lacks(text, "secret");
	engine_done(&engine);
}

/* What cannot be cut into arguments is not shown where one of them is masked. */
static void json_that_is_masked(void **state)
{
	static const char more[] = ON "SecAuditLogParts ABCZ\nSecAction \"id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON,sanitiseArg:pass\"\n";
	const char *text;
	struct engine engine;

	(void)state;
	start(&engine, more);
	engine_ask(&engine, "POST / HTTP/1.1\nContent-Type: application/json\n\n{\"pass\":\"se\\u0063ret\"}", NULL);
	text = write_log(&engine, 200);
	assert_holds(text, "-C--\n**********************\n");
	engine_done(&engine);
}

static void json(void **state)
{
	char text[2048];
	struct engine engine;
	const char *said;

	(void)state;
	snprintf(text, sizeof(text), "%sSecAuditLogFormat JSON\n", rules);
	start(&engine, text);
	engine_ask(&engine, "POST /?x=z HTTP/1.1\nHost: a\nX-A: 1\nAuthorization: Basic x\nx-a: 2\nContent-Type: application/x-www-form-urlencoded\n\npass=secret",
	           "200\nETag: abc\nContent-Type: text/html\n\nhello \"\xff");
	said = write_log(&engine, 200);
	assert_holds(said, "{\"transaction\":{\"time\":\"15/Jan/2027:08:00:00.000000 +0000\",\"transaction_id\":\"id\",\"remote_address\":\"192.0.2.1\",\"remote_port\":40000,"
	             "\"local_address\":\"198.51.100.1\",\"local_port\":443},\"request\":{\"request_line\":\"POST /?x=z HTTP/1.1\",\"headers\":{\"Host\":\"a\",\"X-A\":\"1, 2\","
	             "\"Authorization\":\"*******\",\"Content-Type\":\"application/x-www-form-urlencoded\"},\"body\":[\"pass=******\"]},\"response\":{\"protocol\":\"HTTP/1.1\",\"status\":200,"
	             "\"headers\":{\"ETag\":\"***\",\"Content-Type\":\"text/html\"},\"body\":\"hello \\\"");
	assert_holds(said, "\"audit_data\":{\"messages\":[\"Warning. Pattern match \\\".\\\" at ARGS:pass. [file \\\"x\\\"]");
	assert_holds(said, "\"producer\":\"Bouclier; OWASP/1\",\"engine_mode\":\"ENABLED\"}}\n");
	assert_lacks(said, "secret");
	engine_done(&engine);
}

static void which_requests_have_one(void **state)
{
	static const struct { const char *settings, *query; unsigned status; bool is_wanted; } rows[] = {
		{ "SecAuditEngine On\n", "a=1", 200, true }, { "SecAuditEngine Off\n", "a=evil", 403, false },
		{ "SecAuditEngine RelevantOnly\n", "a=1", 200, false }, { "SecAuditEngine RelevantOnly\n", "a=evil", 200, true },
		{ "SecAuditEngine RelevantOnly\n", "a=quiet", 200, false }, { "SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus ^5\n", "a=1", 502, true },
		{ "SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus ^5\n", "a=1", 404, false },
		{ "SecAuditEngine Off\nSecAction \"id:9,phase:1,pass,nolog,ctl:auditEngine=On\"\n", "a=1", 200, true },
		{ "SecAuditEngine On\nSecAction \"id:9,phase:1,pass,nolog,ctl:auditEngine=Off\"\n", "a=1", 200, false },
		{ "SecAuditEngine On\nSecAction \"id:9,phase:1,pass,nolog,ctl:ruleEngine=Off\"\n", "a=1", 200, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[512], request[64];
		struct engine engine;

		snprintf(text, sizeof(text), "SecRuleEngine On\n%sSecRule ARGS \"@streq evil\" \"id:1,phase:2,pass,log,auditlog\"\n"
		         "SecRule ARGS \"@streq quiet\" \"id:2,phase:2,pass,log,noauditlog\"\n", rows[i].settings);
		snprintf(request, sizeof(request), "GET /?%s HTTP/1.1\n\n", rows[i].query);
		start(&engine, text);
		engine_ask(&engine, request, NULL);
		if (waf_audit_is_wanted(engine.transaction, rows[i].status) != rows[i].is_wanted)
			fail_msg("row %zu", i);
		engine_done(&engine);
	}
}

static void parts_are_chosen(void **state)
{
	const char *text;
	struct engine engine;

	(void)state;
	start(&engine, ON "SecAuditLogParts AHZ\nSecRule ARGS:p \"@rx .\" \"id:1,phase:1,pass,nolog,ctl:auditLogParts=+B\"\nSecRule ARGS:h \"@rx .\" \"id:2,phase:1,pass,nolog,ctl:auditLogParts=-H\"\n"
	      "SecRule ARGS:c \"@rx .\" \"id:3,phase:1,pass,nolog,ctl:auditLogParts=ACZ\"\n");
	engine_ask(&engine, "POST /?p=1&h=1 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nx=1", NULL);
	text = write_log(&engine, 200);
	assert_holds(text, "-B--\n");
	assert_lacks(text, "-H--\n");
	assert_lacks(text, "-C--\n");
	engine_ask(&engine, "POST /?c=1 HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\nx=1", NULL);
	text = write_log(&engine, 200);
	assert_holds(text, "-C--\nx=1\n");
	assert_lacks(text, "-H--\n");
	engine_done(&engine);
}

/* A log that does not fit, or memory that is out, is a failure or says what is missing, never half a log that looks whole. */
static void what_does_not_fit(void **state)
{
	struct engine engine;
	size_t whole;
	char text[2048];

	(void)state;
	for (int is_json = 0; is_json < 2; is_json++) {
		snprintf(text, sizeof(text), "%sSecAuditLogFormat %s\n", rules, is_json ? "JSON" : "Native");
		start(&engine, text);
		engine_ask(&engine, "POST /?x=z HTTP/1.1\nHost: a\nContent-Type: application/x-www-form-urlencoded\n\npass=secret", NULL);
		whole = strlen(write_log(&engine, 200));
		for (size_t max = 1; max + 30 < whole; max++) {   /* 30: how long it took may have another length */
			struct buffer out;

			buffer_init(&out, max);
			if (waf_audit_write(engine.transaction, 200, NULL, &out) == RESULT_OK)
				assert_true(span_contains(buffer_span(&out), SPAN("1 more, for which there is no room")));
			buffer_done(&out);
		}
		engine_done(&engine);
	}
	buffer_done(&written);
}

/* The loudest attack has a log: the front of its list, how much more there was, and all that stands behind it. */
static void the_loudest(void **state)
{
	static char request[32000];
	struct engine engine;
	char text[2048];
	size_t len = (size_t)snprintf(request, sizeof(request), "GET /?a=1");

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		len += (size_t)snprintf(request + len, sizeof(request) - len, "&attack=%u", i);
	snprintf(request + len, sizeof(request) - len, " HTTP/1.1\nHost: a\n");
	for (int is_json = 0; is_json < 2; is_json++) {
		struct buffer out;
		struct span log;

		snprintf(text, sizeof(text), ON "SecAuditLogParts ABHKZ\nSecAuditLogFormat %s\nSecRule ARGS:attack \"@rx .\" \"id:1,phase:2,pass,log,"
		         "msg:'%%{MATCHED_VAR} was seen',tag:'one',tag:'two'\"\n", is_json ? "JSON" : "Native");
		start(&engine, text);
		engine_ask(&engine, request, NULL);
		buffer_init(&out, 32000);
		assert_int_equal(waf_audit_write(engine.transaction, 200, NULL, &out), RESULT_OK);
		log = buffer_span(&out);
		assert_true(span_contains(log, SPAN("0 was seen")) && span_contains(log, SPAN(" more, for which there is no room")));
		assert_true(span_contains(log, is_json ? SPAN("\"producer\"") : SPAN("Engine-Mode:")));
		assert_true(span_ends(log, is_json ? SPAN("}}\n") : SPAN("-Z--\n\n")));
		buffer_done(&out);
		engine_done(&engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native),
		cmocka_unit_test(native_of_a_refusal),
		cmocka_unit_test(uploads),
		cmocka_unit_test(json_that_is_masked),
		cmocka_unit_test(json),
		cmocka_unit_test(which_requests_have_one),
		cmocka_unit_test(parts_are_chosen),
		cmocka_unit_test(what_does_not_fit),
		cmocka_unit_test(the_loudest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
