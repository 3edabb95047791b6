#include "stage.h"

#include "event/name.h"
#include "event/query.h"

#define NOW 1767312245123456789u  /* 2026-01-02T00:04:05.123Z */

static const struct span line = SPAN_INIT(
	"{\"@timestamp\":\"2026-01-02T00:04:05.123Z\",\"event.dataset\":\"bouclier.request\",\"bouclier.site\":\"www.x\","
	"\"bouclier.decision\":\"block\",\"bouclier.reasons\":[\"http-fault\",\"method-not-allowed\"],"
	"\"bouclier.rules\":[{\"id\":\"942100\"},{\"id\":\"949110\"}],\"source.ip\":\"10.1.2.3\",\"http.response.status_code\":503,"
	"\"event.duration\":1500000000,\"bouclier.wait_us\":2500,\"url.path\":\"/Zo\\u00eb \\\"q\\\"\"}");

struct asked {
	struct arena arena;
	struct complaints complaints;
	struct query *query;
	enum result result;
};

static void ask(struct asked *asked, struct span text)
{
	arena_init(&asked->arena, 1 << 20, 4096);
	complaints_init(&asked->complaints);
	asked->query = NULL;
	asked->result = query_read(text, NOW, &asked->arena, &asked->complaints, &asked->query);
}

static void forget(struct asked *asked)
{
	complaints_done(&asked->complaints);
	arena_done(&asked->arena);
}

static void matches(void **state)
{
	static const struct { const char *text; bool want; } cases[] = {
		{ "", true }, { "   ", true },
		{ "status=503", true }, { "status!=503", false }, { "status>=500", true }, { "status>503", false },
		{ "status<=503", true }, { "status<503", false }, { "status<600.5", true }, { "status~50", true },
		{ "http.response.status_code = 503", true },
		{ "site=www.x", true }, { "site=\"www.x\"", true }, { "site=www.y", false }, { "site~W.X", true }, { "site<www.y", true },
		{ "tenant=a", false }, { "tenant!=a", true }, { "not tenant=a", true },
		{ "reason=http-fault", true }, { "reason=method-not-allowed", true }, { "reason=loop", false },
		{ "reason!=http-fault", false }, { "reason!=loop", true }, { "reason~fault", true },
		{ "rule=942100", true }, { "rule=949110", true }, { "rule=1", false }, { "rule!=1", true }, { "rule~9421", true },
		{ "ip=10.0.0.0/8", true }, { "ip!=10.0.0.0/8", false }, { "ip=10.1.2.3", true }, { "ip=192.0.2.0/24", false },
		{ "ip=2001:db8::/32", false }, { "ip~1.2", true }, { "peer=10.0.0.0/8", false },
		{ "duration>=1.5s", true }, { "duration>1.5s", false }, { "duration>1499ms", true }, { "duration<1m", true },
		{ "wait=2500us", true }, { "wait>2ms", true }, { "wait>3ms", false }, { "duration>0", true },
		{ "time=2026", true }, { "time=2026-0", true }, { "time<2026-12-31T23:59:60Z", true }, { "time=2026-01-02T00:04", true }, { "time=2026-01-02T00:05", false }, { "time>=2026-01-02", true },
		{ "time>2026-01-02", false }, { "time<2026-01-03", true }, { "time>-1h", true }, { "time<-1h", false },
		{ "time=2026-01-02T00:04:05Z", true }, { "time=2026-01-02T00:04:05.123Z", true },
		{ "site='www.x'", true }, { "path~'zo'", true }, { "site='www.y'", false }, { "agent~it's", false },
		{ "path=\"/Zo\xc3\xab \\\"q\\\"\"", true }, { "path~zo", true }, { "path~\"\"", true },
		{ "status=503 and site=www.x", true }, { "status=503 and site=y", false }, { "status=1 or site=www.x", true },
		{ "status=1 or site=y", false }, { "status=1 and site=y or site=www.x", true }, { "status=1 and (site=y or site=www.x)", false },
		{ "site=www.x or site=y and status=1", true }, { "not status=1 and not site=y", true }, { "not (status=503 or site=y)", false },
		{ "NOT status=1 AND site=www.x", true }, { "not not status=503", true }, { "((status=503))", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asked asked;
		struct buffer text;

		ask(&asked, span_of(cases[i].text));
		if (asked.result != RESULT_OK || query_match(asked.query, line) != cases[i].want)
			fail_msg("%s: %s, want %d", cases[i].text, result_name(asked.result), cases[i].want);
		/* Printed and read again, it is the same, to the letter and in what it matches. */
		buffer_init(&text, 1 << 16);
		assert_int_equal(query_write(asked.query, &text), RESULT_OK);
		for (int round = 0; round < 2; round++) {
			struct asked again;
			struct buffer second;

			ask(&again, buffer_span(&text));
			assert_int_equal(again.result, RESULT_OK);
			assert_int_equal(query_match(again.query, line), cases[i].want);
			buffer_init(&second, 1 << 16);
			assert_int_equal(query_write(again.query, &second), RESULT_OK);
			assert_true(span_equal(buffer_span(&text), buffer_span(&second)));
			buffer_done(&second);
			forget(&again);
		}
		buffer_done(&text);
		forget(&asked);
	}
}

static void errors_say_where_and_what_was_meant(void **state)
{
	static const struct { const char *text; unsigned column; const char *part, *suggestion; } cases[] = {
		{ "statsu>=500", 1, "no member is called \"statsu\"", "did you mean status?" },
		{ "status=1 and sites=x", 14, "\"sites\"", "did you mean site?" },
		{ "bouclier.decison=x", 1, "bouclier.decison", "did you mean bouclier.decision?" },
		{ "xyzzyplugh=1", 1, "xyzzyplugh", "" },
		{ "status", 7, "an operator is expected", "" }, { "status 500", 8, "an operator is expected", "" },
		{ "status=", 8, "a value is expected", "" }, { "=5", 1, "a name is expected", "" },
		{ "status=abc", 8, "not a number", "" }, { "status=5x", 8, "not a number", "" }, { "status=-5", 8, "not a number", "" },
		{ "duration>5", 10, "not a duration", "" }, { "duration>5parsecs", 10, "not a duration", "" },
		{ "ip=10.0.0.1/8", 4, "not an address", "" }, { "ip=x", 4, "not an address", "" }, { "ip>10.0.0.1", 4, "no order", "" },
		{ "time>2026-13", 6, "not a time", "" }, { "time>2026-00-01", 6, "not a time", "" }, { "time>2026-01-32", 6, "not a time", "" },
		{ "time>2026-01-02T24:00", 6, "not a time", "" }, { "time>2026-01-02T00:60", 6, "not a time", "" },
		{ "time>yesterday", 6, "not a time", "" }, { "time>20", 6, "not a time", "" },
		{ "site=\"x", 6, "not closed", "" }, { "site='x\"", 6, "not closed", "" },
		{ "decision=blokc", 10, "decision is never \"blokc\"", "did you mean block?" }, { "decision!=nonsense", 11, "never", "" },
		{ "reason=source-not-alowed", 8, "reason is never", "did you mean source-not-allowed?" }, { "reason=none", 8, "never", "" },
		{ "nothing=1", 1, "expected one of time, status, site", "" }, { "(status=1", 10, "closing parenthesis", "" },
		{ "status=1)", 9, "\"and\" or \"or\"", "" }, { "status=1 site=x", 10, "\"and\" or \"or\"", "" },
		{ "status=1 and", 13, "a name is expected", "" }, { "not", 4, "a name is expected", "" }, { "()", 2, "a name is expected", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asked asked;
		const struct complaint *complaint;

		ask(&asked, span_of(cases[i].text));
		assert_int_equal(asked.result, RESULT_MALFORMED);
		assert_int_equal(asked.complaints.count, 1);
		complaint = &asked.complaints.list[0];
		if (complaint->column != cases[i].column || !span_contains(complaint->text, span_of(cases[i].part)))
			fail_msg("%s: %u: %.*s", cases[i].text, complaint->column, SPAN_ARG(complaint->text));
		assert_span(complaint->suggestion, cases[i].suggestion);
		forget(&asked);
	}
}

static void limits(void **state)
{
	char text[QUERY_MAX_BYTES + 2];
	struct asked asked;
	size_t len = 0;

	(void)state;
	memset(text, ' ', sizeof(text));
	ask(&asked, span_make(text, sizeof(text)));
	assert_int_equal(asked.result, RESULT_LIMIT);
	forget(&asked);
	for (unsigned i = 0; i < QUERY_TERMS_MAX + 1; i++)
		len += (size_t)snprintf(text + len, 16, "%sport=1", i ? " and " : "");
	ask(&asked, span_make(text, len));
	assert_int_equal(asked.result, RESULT_LIMIT);
	forget(&asked);
	ask(&asked, span_make(text, len - 11));
	assert_int_equal(asked.result, RESULT_OK);
	forget(&asked);
	memset(text, '(', sizeof(text));
	ask(&asked, span_make(text, 2000));
	assert_int_equal(asked.result, RESULT_LIMIT);
	assert_int_equal(asked.complaints.count, 1);
	forget(&asked);
	/* However little memory there is, the answer is that there is none. */
	for (size_t bytes = 0; bytes < 6000; bytes += 48) {
		arena_init(&asked.arena, bytes, 64);
		complaints_init(&asked.complaints);
		asked.result = query_read(SPAN("(a=1 or site=\"x\") and not time>-1h") , NOW, &asked.arena, &asked.complaints, &asked.query);
		assert_true(asked.result == RESULT_NO_MEMORY || asked.result == RESULT_MALFORMED);
		forget(&asked);
		arena_init(&asked.arena, bytes, 64);
		complaints_init(&asked.complaints);
		asked.result = query_read(SPAN("(port=1 or site=\"x\") and not time>-1h") , NOW, &asked.arena, &asked.complaints, &asked.query);
		assert_true(asked.result == RESULT_NO_MEMORY || asked.result == RESULT_OK);
		assert_int_equal(asked.complaints.count, 0);
		forget(&asked);
	}
}

static void names_are_unique_and_found(void **state)
{
	const struct name *names;
	size_t count;

	(void)state;
	names = name_list(&count);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(name_find(names[i].alias), &names[i]);
		assert_ptr_equal(name_find(names[i].full), &names[i]);
	}
	assert_null(name_find(SPAN("")));
}

static void lines_that_are_none_do_not_match(void **state)
{
	struct asked asked;

	(void)state;
	ask(&asked, SPAN("status!=1"));
	assert_false(query_match(asked.query, SPAN("")));
	assert_false(query_match(asked.query, SPAN("hello")));
	assert_true(query_match(asked.query, SPAN("{}")));
	forget(&asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches), cmocka_unit_test(errors_say_where_and_what_was_meant), cmocka_unit_test(limits),
		cmocka_unit_test(names_are_unique_and_found), cmocka_unit_test(lines_that_are_none_do_not_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
