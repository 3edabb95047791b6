/* Tests of rules in the form of CRS: what a file says, what is wrong with it and where, and the bytes that a stage becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/rules/ftw/judge.h"

#include "base/banned.h"

struct reading {
	struct complaints complaints;
	struct ftw_suite suite;
	struct buffer said;
	enum result result;
};

static void start(struct reading *reading, const char *text)
{
	complaints_init(&reading->complaints);
	ftw_suite_init(&reading->suite, &reading->complaints);
	buffer_init(&reading->said, 1 << 20);
	reading->result = ftw_read(&reading->suite, SPAN("x.yaml"), span_of(text));
	assert_int_equal(complaints_write(&reading->complaints, &reading->said), RESULT_OK);
	assert_int_equal(buffer_append_byte(&reading->said, 0), RESULT_OK);
}

static void end(struct reading *reading)
{
	ftw_suite_done(&reading->suite);
	complaints_done(&reading->complaints);
	buffer_done(&reading->said);
}

static void assert_text(struct span span, const char *wanted)
{
	if (!span_equal(span, span_of(wanted)))
		fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(span), wanted);
}

#define PY(input) "tests:\n- test_title: t-1\n  stages:\n  - stage:\n      input: {" input "}\n      output: {log_contains: 'id \"1\"'}\n"
#define GO(input) "rule_id: 7\ntests:\n- test_id: 1\n  stages:\n  - input: {" input "}\n    output: {log: {expect_ids: [1]}}\n"

static void a_stage_becomes_bytes(void **state)
{
	static const struct { const char *text, *bytes; } rows[] = {
		{ PY(""), "GET / HTTP/1.1\r\n\r\n" },
		{ PY("headers: {B: 1, A: ''}, method: HEAD, uri: '/x y', version: HTTP/1.0"), "HEAD /x y HTTP/1.0\r\nB: 1\r\nA: \r\n\r\n" },
		{ PY("method: POST, data: 'a=b c&d&e=&f=+%'"), "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 12\r\n\r\na=b+c&f=+%25" },
		{ PY("method: POST, data: 'a=%41 b'"), "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\na=%41 b" },
		{ PY("method: POST, stop_magic: true, data: 'a=b c'"), "POST / HTTP/1.1\r\n\r\na=b c" },
		{ PY("stop_magic: true, data: [one, two]"), "GET / HTTP/1.1\r\n\r\none\r\ntwo" },
		{ GO("headers: {B: 1, A: 2}"), "GET / HTTP/1.1\r\nA: 2\r\nB: 1\r\nConnection: close\r\n\r\n" },
		{ GO("autocomplete_headers: false, ordered_headers: [{name: B, value: 1}, {name: A, value: 2}]"), "GET / HTTP/1.1\r\nB: 1\r\nA: 2\r\n\r\n" },
		{ GO("method: POST"), "POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" },
		{ GO("autocomplete_headers: false, data: 'a={{ \"xy\" | repeat 3 }}{{ repeat 2 \"\\\"\" }}{{ env \"HOME\" }}{{'"),
		  "GET / HTTP/1.1\r\n\r\na=xyxyxy\"\"{{ env \"HOME\" }}{{" },
		{ GO("headers: {Connection: x}, data: 'a=b<&c'"), "GET / HTTP/1.1\r\nConnection: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
		  "Content-Length: 8\r\n\r\na=b%3C&c" },
		{ GO("autocomplete_headers: false, headers: {Content-Type: multipart/form-data; boundary=x}, data: \"a\\nb\\n\""),
		  "GET / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\na\r\nb\r\n" },
		{ GO("encoded_request: 'R0VU\n      IC8='"), "GET /" },
		{ GO("autocomplete_headers: false, encoded_data: 'AP8='"), NULL },
		{ PY("raw_request: 'GET /\\x41\\\\ HTTP/1.1\\r\\n'"), "GET /A\\ HTTP/1.1\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct reading reading;
		struct buffer bytes;

		start(&reading, rows[i].text);
		if (reading.result != RESULT_OK)
			fail_msg("%s", buffer_span(&reading.said).at);
		buffer_init(&bytes, 1 << 16);
		assert_int_equal(ftw_request_write(&reading.suite.first->stages->input, &bytes), RESULT_OK);
		if (rows[i].bytes)
			assert_text(buffer_span(&bytes), rows[i].bytes);
		else
			assert_true(span_equal(buffer_span(&bytes), SPAN("GET / HTTP/1.1\r\n\r\n\0\xff")));
		buffer_done(&bytes);
		end(&reading);
	}
}

static void what_cannot_be_sent_is_told(void **state)
{
	static const char *const rows[] = { GO("encoded_request: '***'"), GO("encoded_data: 'A'"), GO("data: '{{ \"0123456789\" | repeat 4000000 }}'") };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct reading reading;
		struct buffer bytes;

		start(&reading, rows[i]);
		assert_int_equal(reading.result, RESULT_OK);
		buffer_init(&bytes, FTW_REQUEST_BYTES_MAX);
		assert_int_equal(ftw_request_write(&reading.suite.first->stages->input, &bytes), i == 2 ? RESULT_LIMIT : RESULT_MALFORMED);
		buffer_done(&bytes);
		end(&reading);
	}
}

static void a_file_is_read(void **state)
{
	struct reading reading;
	const struct ftw_case *one;

	(void)state;
	start(&reading, "meta: {name: 942100.yaml, enabled: yes}\nrule_id: 942100\ntests:\n- test_id: 3\n  stages:\n"
	                "  - input: {save_cookie: true}\n    output: {status: [403, 400], isolated: true, retry_once: true, expect_error: false}\n"
	                "  - input: {}\n    output: {log: {expect_id: 5, no_expect_ids: [6, 7], match_regex: a, no_match_regex: b}}\n"
	                "- enabled: false\n  stages: [{input: {}, output: {status: 200}}]\n");
	if (reading.result != RESULT_OK)
		fail_msg("%s", buffer_span(&reading.said).at);
	assert_int_equal(reading.suite.count, 2);
	one = reading.suite.first;
	assert_text(one->title, "942100-3");
	assert_int_equal(one->place.line, 4);
	assert_non_null(one->stages->skip);
	assert_int_equal(one->stages->output.statuses.count, 2);
	assert_true(one->stages->output.is_isolated && one->stages->output.retries && !one->stages->output.expects_error);
	assert_int_equal(one->stages->next->output.expect_ids.list[0], 5);
	assert_int_equal(one->stages->next->output.no_expect_ids.count, 2);
	assert_text(one->stages->next->output.contains, "a");
	assert_text(one->stages->next->output.not_contains, "b");
	assert_text(one->next->title, "942100-2");
	assert_non_null(one->next->skip);
	end(&reading);
	start(&reading, "meta: {enabled: true}\n");
	assert_int_equal(reading.result, RESULT_OK);
	assert_int_equal(reading.suite.count, 0);
	end(&reading);
}

/* Of the schema's later versions: several targets of one request, and an answer that the origin is asked for; ids that stand outside log. */
static void later_keys_are_read(void **state)
{
	struct reading reading;
	const struct ftw_stage *stage;

	(void)state;
	start(&reading, "rule_id: 5\ntests:\n- test_id: 1\n  stages:\n  - input: {uri: /x, uris: [/a, '/b?c=d']}\n    output: {log: {expect_ids: [5]}}\n"
	                "  - input: {uri: /e, response: {status: 200, body: leak}}\n    output: {log: {expect_ids: [5]}}\n"
	                "  - input: {}\n    output: {expect_error: true, expect_ids: [6], no_expect_ids: [7]}\n");
	if (reading.result != RESULT_OK)
		fail_msg("%s", buffer_span(&reading.said).at);
	stage = reading.suite.first->stages;
	assert_text(stage->input.uri, "/a");
	assert_null(stage->skip);
	stage = stage->next;
	assert_text(stage->input.uri, "/b?c=d");
	assert_int_equal(stage->output.expect_ids.list[0], 5);
	stage = stage->next;
	assert_text(stage->input.uri, "/e");
	assert_string_equal(stage->skip, "it says what the origin is to answer");
	stage = stage->next;
	assert_int_equal(stage->output.expect_ids.list[0], 6);
	assert_int_equal(stage->output.no_expect_ids.list[0], 7);
	assert_null(stage->next);
	end(&reading);
}

#define STAGE(rest) "tests:\n- stages:\n  - input: {}\n    output: " rest "\n"

static void what_is_wrong_has_a_place(void **state)
{
	static const struct { const char *text, *said; } rows[] = {
		{ "tests: [", "x.yaml:2:1: error: not valid YAML" },
		{ "tests: {}\n", "x.yaml:1:8: error: expected tests: a list" },
		{ "tests: [a]\n", "x.yaml:1:9: error: expected a test: a mapping, found \"a\"" },
		{ "tests:\n- test_title: x\n", "x.yaml:2:3: error: expected stages" },
		{ "tests:\n- stages: []\n", "x.yaml:2:11: error: expected stages" },
		{ "tests:\n- stages: [{input: {}}]\n", "x.yaml:2:12: error: expected a stage with input and output" },
		{ STAGE("{}"), "x.yaml:4:13: error: expected something that can be right or wrong" },
		{ STAGE("{stauts: 1}"), "x.yaml:4:14: error: unknown key \"stauts\" in a test (did you mean status?)" },
		{ "tests:\n- stages: [{input: {uris: []}, output: {status: 1}}]\n", "x.yaml:2:27: error: expected uris: a list of 1 to 32" },
		{ "tests:\n- stages: [{input: {uris: [{}]}, output: {status: 1}}]\n", "x.yaml:2:28: error: expected a target, as text" },
		{ STAGE("{status: many}"), "x.yaml:4:22: error: expected a number, found \"many\"" },
		{ STAGE("{status: 2000}"), "x.yaml:4:22: error: expected a number" },
		{ STAGE("{log: {expect_ids: [1, x]}}"), "x.yaml:4:36: error: expected a number, found \"x\"" },
		{ STAGE("{expect_error: perhaps}"), "x.yaml:4:28: error: expected true or false" },
		{ STAGE("{status: 1, status: 2}"), "x.yaml:4:25: error: \"status\" is written twice" },
		{ STAGE("&a {status: 1}"), "an anchor" },
		{ PY("headers: [a]"), "x.yaml:5:24: error: expected a mapping of headers" },
		{ PY("headers: {a: [b]}"), "expected a header" },
		{ PY("data: {a: b}"), "expected text, or a list of lines" },
		{ PY("urii: /"), "did you mean uri?" },
		{ PY("uri: [a]"), "x.yaml:5:20: error: expected text" },
	};
	static char deep[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct reading reading;

		start(&reading, rows[i].text);
		assert_int_equal(reading.result, RESULT_MALFORMED);
		assert_int_equal(reading.suite.count, 0);
		assert_null(reading.suite.first);
		if (!strstr(buffer_span(&reading.said).at, rows[i].said))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].said, buffer_span(&reading.said).at);
		end(&reading);
	}
	snprintf(deep, sizeof(deep), "tests: %.*s", 60, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
	struct reading reading;
	start(&reading, deep);
	assert_non_null(strstr(buffer_span(&reading.said).at, "nested deeper"));
	end(&reading);
}

/* What one file did wrong leaves those before it as they were. */
static void a_broken_file_adds_nothing(void **state)
{
	struct reading reading;

	(void)state;
	start(&reading, GO(""));
	assert_int_equal(ftw_read(&reading.suite, SPAN("y.yaml"), SPAN("tests:\n- stages: [{input: {}, output: {status: 1}}]\n- 1\n")), RESULT_MALFORMED);
	assert_int_equal(reading.suite.count, 1);
	assert_null(reading.suite.first->next);
	assert_int_equal(ftw_read(&reading.suite, SPAN("z.yaml"), span_of(GO(""))), RESULT_OK);
	assert_int_equal(reading.suite.count, 2);
	assert_text(reading.suite.first->next->place.file, "z.yaml");
	end(&reading);
}

/* -- judging -- */

static enum ftw_outcome judged(const char *output, const struct ftw_seen *seen, char why[1000])
{
	struct operator_scratch *scratch = operator_scratch_new();
	const struct ftw_judge judge = { .scratch = scratch };
	enum ftw_outcome outcome;
	struct reading reading;
	struct buffer text;
	char file[500];

	snprintf(file, sizeof(file), STAGE("{%s}"), output);
	start(&reading, file);
	if (reading.result != RESULT_OK)
		fail_msg("%s", buffer_span(&reading.said).at);
	buffer_init(&text, 1000);
	outcome = ftw_judge(&judge, &reading.suite.first->stages->output, seen, &text);
	snprintf(why, 1000, "%.*s", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
	end(&reading);
	operator_scratch_free(scratch);
	return outcome;
}

static void an_outcome_is_judged(void **state)
{
	static const struct ftw_fired fired[] = { { 10, SPAN_INIT("[id \"10\"] [msg \"said\"] [data \"\"]") }, { 11, SPAN_INIT("[id \"11\"] [msg \"\"] [data \"\"]") } };
	static const struct { const char *output; char kind; enum ftw_outcome outcome; const char *why; } rows[] = {
		{ "log: {expect_ids: [10, 11]}", 'p', FTW_PASSED, "" },
		{ "log: {expect_ids: [12]}", 'p', FTW_FAILED, "expected rule 12; fired: 10 11" },
		{ "log: {no_expect_ids: [11]}", 'p', FTW_FAILED, "rule 11 was not to fire; fired: 10 11" },
		{ "log: {expect_ids: [10]}, isolated: true", 'p', FTW_FAILED, "expected one rule and no other" },
		{ "log_contains: 'id \"10\".*said'", 'p', FTW_PASSED, "" },
		{ "log_contains: 'id \"1\"'", 'p', FTW_FAILED, "expected a log with id \"1\"" },
		{ "no_log_contains: 'msg \"sa'", 'p', FTW_FAILED, "expected no log with" },
		{ "log_contains: '('", 'p', FTW_FAILED, "the expression ( cannot be read" },
		{ "status: 403", 'b', FTW_PASSED, "" },
		{ "status: [400, 405]", 'b', FTW_FAILED, "expected status 400 or another; fired: 10 11; refused with 403 (rules)" },
		{ "status: 403", 'n', FTW_PASSED, "" },
		{ "status: 403", 'p', FTW_SKIPPED, "it is about what the origin answers" },
		{ "status: 200", 'n', FTW_SKIPPED, "it is about what the origin answers" },
		{ "status: 200, log: {expect_ids: [12]}", 'p', FTW_FAILED, "expected rule 12" },
		{ "response_contains: x", 'p', FTW_SKIPPED, "it is about what the origin answers" },
		{ "expect_error: true", 'e', FTW_PASSED, "" },
		{ "expect_error: true", 'p', FTW_FAILED, "expected an end without an answer" },
		{ "expect_error: false", 'e', FTW_FAILED, "expected an answer; fired: 10 11; closed" },
		{ "log: {expect_ids: [10]}", 'e', FTW_FAILED, "expected an answer" },
		{ "log: {no_expect_ids: [12]}", 'p', FTW_PASSED, "" },
		{ "log: {no_expect_ids: [12]}", 'c', FTW_SKIPPED, "more rules fired than the shield tells" },
		{ "log: {no_expect_ids: [11]}", 'c', FTW_FAILED, "rule 11 was not to fire; fired: 10 11 ..." },
		{ "log: {no_match_regex: other}", 'c', FTW_SKIPPED, "more rules fired than the shield tells" },
		{ "log: {expect_ids: [10]}", 'c', FTW_PASSED, "" },
		{ "log: {no_match_regex: other}", 'p', FTW_PASSED, "" },
		{ "log: {no_match_regex: other}", 't', FTW_SKIPPED, "a text of its log is longer than the shield tells" },
		{ "no_log_contains: 'msg \"sa'", 't', FTW_FAILED, "expected no log with" },
		{ "log: {no_expect_ids: [12]}", 't', FTW_PASSED, "" },
	};
	static struct ftw_seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char why[1000], kind = rows[i].kind;

		seen = (struct ftw_seen){ .is_answered = kind != 'e', .is_passed = kind != 'e' && kind != 'b', .is_noticed = kind == 'n',
			                  .is_cut = kind == 'c', .has_cut_texts = kind == 't',
			                  .status = kind == 'b' ? 403 : kind == 'n' ? 202 : 204, .error = "closed", .reason = SPAN("rules"), .rule_count = 2 };
		memcpy(seen.rules, fired, sizeof(fired));
		assert_int_equal(judged(rows[i].output, &seen, why), rows[i].outcome);
		if (strncmp(why, rows[i].why, strlen(rows[i].why)) != 0 || (!rows[i].why[0] && why[0]))
			fail_msg("%s: \"%s\" does not begin with \"%s\"", rows[i].output, why, rows[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_becomes_bytes), cmocka_unit_test(what_cannot_be_sent_is_told), cmocka_unit_test(a_file_is_read), cmocka_unit_test(later_keys_are_read),
		cmocka_unit_test(what_is_wrong_has_a_place), cmocka_unit_test(a_broken_file_adds_nothing), cmocka_unit_test(an_outcome_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
