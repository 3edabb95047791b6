#include "../base/check.h"
#include "http/local_ask.h"

static void a_question_is_written(void **unused)
{
	struct buffer out;

	(void)unused;
	buffer_init(&out, 4096);
	assert_ok(local_ask_write(SPAN("GET"), SPAN("/status"), SPAN_NONE, &out));
	assert_span(buffer_span(&out), "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
	buffer_reset(&out);
	assert_ok(local_ask_write(SPAN("POST"), SPAN("/ban"), SPAN("{}"), &out));
	assert_span(buffer_span(&out), "POST /ban HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
	buffer_done(&out);
	buffer_init(&out, 20);
	assert_result(local_ask_write(SPAN("GET"), SPAN("/status"), SPAN_NONE, &out), RESULT_LIMIT);
	buffer_done(&out);
}

static void an_answer_is_read_whole_or_not_at_all(void **unused)
{
	static const struct {
		struct span bytes;
		enum result result;
		unsigned status;
		const char *body;
	} rows[] = {
		{ SPAN_INIT("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{}\r\n"), RESULT_OK, 200, "{}\r\n" },
		{ SPAN_INIT("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n"), RESULT_OK, 409, "" },
		{ SPAN_INIT("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more"), RESULT_OK, 200, "{}" },
		{ SPAN_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}\r\n"), RESULT_MALFORMED, 0, "" },
		{ SPAN_INIT("HTTP/1.1 200 OK\r\n\r\n{}\r\n"), RESULT_MALFORMED, 0, "" },
		{ SPAN_INIT("HTTP/1.1 200 OK\r\nContent-Le"), RESULT_MALFORMED, 0, "" },
		{ SPAN_INIT("SSH-2.0-OpenSSH\r\n\r\n"), RESULT_MALFORMED, 0, "" },
		{ SPAN_INIT(""), RESULT_MALFORMED, 0, "" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span body = SPAN_NONE;
		unsigned status = 0;

		assert_result(local_ask_read(rows[i].bytes, &status, &body), rows[i].result);
		assert_int_equal(status, rows[i].status);
		assert_true(span_equal(body, span_of(rows[i].body)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_written),
		cmocka_unit_test(an_answer_is_read_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
