/* BIRD's answers, line by line: its own, cut anywhere, and those of something else. */
#include "../base/check.h"

#include <stdlib.h>

#include "packet/carrier/bird_reply.h"

#include "base/banned.h"

static void lines(void **state)
{
	static const char text[] = "0001 BIRD 2.0.12 ready.\n1000-BIRD 2.0.12\n1011-Router ID is 10.0.0.1\n Hostname is x\n+log\n0013 Daemon is up and running\n\n";
	static const struct { unsigned code; bool is_last, is_log; const char *text; } wanted[] = {
		{ 1, true, false, "BIRD 2.0.12 ready." }, { 1000, false, false, "BIRD 2.0.12" }, { 1011, false, false, "Router ID is 10.0.0.1" },
		{ 1011, false, false, "Hostname is x" }, { 0, false, true, "log" }, { 13, true, false, "Daemon is up and running" },
	};
	struct span rest = SPAN(text);
	unsigned code = BIRD_NO_CODE;
	struct bird_line line;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		assert_ok(bird_line_read(rest, code, &line, &used));
		assert_true(line.code == wanted[i].code && line.is_last == wanted[i].is_last && line.is_log == wanted[i].is_log);
		assert_true(span_equal(line.text, span_of(wanted[i].text)));
		code = line.is_log ? code : line.code;
		rest = span_skip(rest, used);
	}
	assert_result(bird_line_read(rest, code, &line, &used), RESULT_MALFORMED);
}

static void refused(void **state)
{
	static const char *const texts[] = { "\n", "1\n", "0001\n", "000 BIRD\n", "0001_BIRD\n", "-001 x\n", "00x1 x\n", "HTTP/1.1 400 Bad Request\n", "00001 x\n", " first line\n" };
	struct bird_line line;
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_result(bird_line_read(span_of(texts[i]), BIRD_NO_CODE, &line, &used), RESULT_MALFORMED);
}

static void cut_anywhere(void **state)
{
	struct span text = SPAN("1002-uplink BGP --- up 2026-11-29 Established\n");
	struct bird_line line;
	size_t used;

	(void)state;
	for (size_t len = 0; len < text.len; len++)
		assert_result(bird_line_read(span_take(text, len), BIRD_NO_CODE, &line, &used), RESULT_MORE);
	assert_ok(bird_line_read(text, BIRD_NO_CODE, &line, &used));
	assert_int_equal(used, text.len);
}

static void too_long(void **state)
{
	char *text = malloc(BIRD_LINE_MAX + 1);
	struct bird_line line;
	size_t used;

	(void)state;
	assert_non_null(text);
	memset(text, '1', BIRD_LINE_MAX + 1);
	memcpy(text, "1000-", 5);
	assert_result(bird_line_read(span_make(text, BIRD_LINE_MAX - 1), BIRD_NO_CODE, &line, &used), RESULT_MORE);
	assert_result(bird_line_read(span_make(text, BIRD_LINE_MAX), BIRD_NO_CODE, &line, &used), RESULT_LIMIT);
	assert_result(bird_line_read(span_make(text, BIRD_LINE_MAX + 1), BIRD_NO_CODE, &line, &used), RESULT_LIMIT);
	text[BIRD_LINE_MAX - 1] = '\n';
	assert_ok(bird_line_read(span_make(text, BIRD_LINE_MAX), BIRD_NO_CODE, &line, &used));
	free(text);
}

static void counts(void **state)
{
	static const char *const bad[] = { "", "3", "3 routes", "x of 3 routes", " of 3", "-1 of 3", "99999999999 of 3" };
	uint64_t count = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_result(bird_count_read(span_of(bad[i]), &count), RESULT_MALFORMED);
	assert_int_equal(count, 7);
	assert_ok(bird_count_read(SPAN("3 of 4 routes for 3 networks in table bouclier_flow4"), &count));
	assert_int_equal(count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(refused), cmocka_unit_test(cut_anywhere), cmocka_unit_test(too_long), cmocka_unit_test(counts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
