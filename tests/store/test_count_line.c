#include "stage.h"

#include "event/tell.h"
#include "store/count_line.h"

static uint64_t value_of(const struct count_line *line, const char *name)
{
	uint64_t value = UINT64_MAX;

	for (unsigned i = 0; i < line->count; i++) {
		if (span_equal(count_name(&line->list[i]), span_of(name)))
			value = line->list[i].value;
	}
	return value;
}

/* A line as the journal itself writes it, with all that it may have. */
static void as_the_journal_tells(void **state)
{
	struct counts_total total = { .name = SPAN("www") };
	struct count_line *line = malloc(sizeof(*line));
	struct format format;
	char text[FORMAT_MAX + 1];
	size_t len;

	(void)state;
	for (unsigned i = 0; i < COUNTS_NUMBERS; i++)
		total.numbers[i] = i + 1;
	format_init(&format, SPAN("node-1"), (struct hash_seed){ 0, 0 });
	len = tell_site(&format, STAGE_NOW_MS * 1000000u, 0xabcd, &total, text);
	text[len++] = '}';
	assert_int_equal(count_line_read(span_make(text, len), line), RESULT_OK);
	assert_true(span_equal(line->site, SPAN("www")));
	assert_int_equal(line->since, 0xabcd);
	assert_int_equal(line->time_ms, STAGE_NOW_MS);
	assert_int_equal(line->count, COUNTS_NUMBERS + DECISION_COUNT);
	assert_int_equal(value_of(line, "events"), 1);
	assert_int_equal(value_of(line, "reasons.rules"), COUNTS_REASONS + (unsigned)REASON_RULES + 1);
	for (unsigned decision = 0; decision < DECISION_COUNT; decision++) {
		uint64_t sum = COUNTS_CONNECTIONS + decision + 1;
		char name[64];

		for (unsigned class = 0; class < COUNTS_CLASSES; class++)
			sum += COUNTS_DECISIONS + decision * COUNTS_CLASSES + class + 1;
		snprintf(name, sizeof(name), "decisions.%.*s", SPAN_ARG(format_decision((enum decision)decision)));
		assert_int_equal(value_of(line, name), sum);
	}
	free(line);
}

static void what_is_no_line_of_counts(void **state)
{
	static const char *const wrong[] = { "", "{}", "{\"event.dataset\":\"bouclier.request\"}", "{\"event.dataset\":\"bouclier.counts\"", "[1]",
		                             "{\"event.dataset\":\"bouclier.counts\"}x" };
	struct count_line *line = malloc(sizeof(*line));

	(void)state;
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(count_line_read(span_of(wrong[i]), line), RESULT_MALFORMED);
	assert_int_equal(count_line_read(SPAN("{\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.a\":-1,\"bouclier.counts.b\":1.5,\"bouclier.counts.\":1,"
	                                      "\"bouclier.counts.c\":18446744073709551615,\"bouclier.counts.d\":\"1\",\"other\":1,\"bouclier.counts.e\":2,"
	                                      "\"bouclier.counts.e\":3}"), line), RESULT_OK);
	assert_int_equal(line->count, 1);
	assert_int_equal(value_of(line, "e"), 2);
	free(line);
}

static void more_numbers_than_there_is_room_for(void **state)
{
	struct count_line *line = malloc(sizeof(*line));
	struct buffer text;

	(void)state;
	buffer_init(&text, 1 << 20);
	assert_int_equal(buffer_append(&text, SPAN("{\"event.dataset\":\"bouclier.counts\"")), RESULT_OK);
	for (unsigned i = 0; i < 2 * COUNT_LINE_MAX; i++)
		assert_int_equal(buffer_print(&text, ",\"bouclier.counts.block.%u\":1", i), RESULT_OK);
	assert_int_equal(buffer_append(&text, SPAN("}")), RESULT_OK);
	assert_int_equal(count_line_read(buffer_span(&text), line), RESULT_OK);
	assert_int_equal(line->count, COUNT_LINE_MAX);
	buffer_done(&text);
	free(line);
}

static void growth(void **state)
{
	struct count_line *before = malloc(sizeof(*before)), *now = malloc(sizeof(*now));

	(void)state;
	assert_int_equal(count_line_read(SPAN("{\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.since\":\"00000001\",\"bouclier.counts.a\":5,\"bouclier.counts.b\":9}"),
	                                 before), RESULT_OK);
	assert_int_equal(count_line_read(SPAN("{\"event.dataset\":\"bouclier.counts\",\"bouclier.counts.since\":\"00000001\",\"bouclier.counts.a\":7,\"bouclier.counts.b\":8,"
	                                      "\"bouclier.counts.c\":3}"), now), RESULT_OK);
	assert_int_equal(count_line_growth(before, now, &now->list[0]), 2);
	assert_int_equal(count_line_growth(before, now, &now->list[1]), 0);
	assert_int_equal(count_line_growth(before, now, &now->list[2]), 3);
	assert_int_equal(count_line_growth(NULL, now, &now->list[0]), 7);
	now->since = 2;
	assert_int_equal(count_line_growth(before, now, &now->list[0]), 7);
	free(before);
	free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_journal_tells), cmocka_unit_test(what_is_no_line_of_counts), cmocka_unit_test(more_numbers_than_there_is_room_for),
		cmocka_unit_test(growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
