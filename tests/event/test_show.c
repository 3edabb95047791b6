#include "stage.h"

#include "event/show.h"

static void assert_shown(const char *line, bool colours, const char *want)
{
	struct buffer out;

	buffer_init(&out, 8192);
	assert_int_equal(show_line(span_of(line), colours, &out), RESULT_OK);
	assert_span(buffer_span(&out), want);
	buffer_done(&out);
}

static void lines(void **state)
{
	(void)state;
	assert_shown("{\"@timestamp\":\"2026-01-02T00:04:05.123Z\",\"bouclier.decision\":\"allow\",\"http.response.status_code\":200,"
	             "\"event.duration\":1234000,\"source.ip\":\"192.0.2.0\",\"http.request.method\":\"GET\",\"url.domain\":\"www.x\","
	             "\"url.path\":\"/a\",\"url.query\":\"q=*3\",\"bouclier.site\":\"www\"}", false,
	             "00:04:05.123 200 allow       1.2ms 192.0.2.0        GET    www.x/a?q=*3 (www)\n");
	assert_shown("{\"@timestamp\":\"2026-01-02T00:04:05.123Z\",\"bouclier.decision\":\"block\",\"bouclier.reasons\":[\"http-fault\"],"
	             "\"bouclier.fault\":\"bare-lf\",\"event.duration\":12000,\"source.ip\":\"2001:db8::1\"}", true,
	             "\033[31m00:04:05.123 -   block      12us   2001:db8::1      -      - [http-fault bare-lf]\033[0m\n");
	assert_shown("{\"@timestamp\":\"2026-01-02T00:04:05.123Z\",\"event.dataset\":\"bouclier.journal\",\"event.action\":\"lines-lost\","
	             "\"bouclier.journal.lost.lines\":7}", false,
	             "00:04:05.123 bouclier.journal event.action=lines-lost bouclier.journal.lost.lines=7 \n");
	assert_shown("{}", true, " - \n");
}

static void nothing_acts_on_the_terminal(void **state)
{
	(void)state;
	assert_shown("{\"@timestamp\":\"x\\u001b[2J\",\"bouclier.decision\":\"a\\u009b1m\",\"url.path\":\"/\\u0007\\u007f\\r\xc3\xa9\"}", false,
	             "x\\x1b[2J -   a\\x9b1m   -       -                -      -/\\x07\\x7f\\x0d\xc3\xa9\n");
}

static void what_is_not_a_line(void **state)
{
	struct buffer out;

	(void)state;
	buffer_init(&out, 100);
	assert_int_equal(show_line(SPAN("{\"a\":"), false, &out), RESULT_MALFORMED);
	assert_int_equal(buffer_len(&out), 0);
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines), cmocka_unit_test(nothing_acts_on_the_terminal), cmocka_unit_test(what_is_not_a_line) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
