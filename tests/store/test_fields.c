/* Fields that go sooner than their rows. */
#include "stage.h"

static void hear(void *context, const struct store_deleted *deleted)
{
	uint64_t *count = context;

	assert_int_equal(deleted->what, STORE_DELETED_FIELDS);
	*count += deleted->count;
}

static uint64_t prune(struct stage *stage, unsigned pieces)
{
	const struct store_keep keep = { .field_days = 3 };
	uint64_t count = 0;
	enum result result = RESULT_OK;

	while (pieces-- && result == RESULT_OK)
		result = store_prune(stage->store, &keep, stage->now_ms * 1000000, &stage->complaints, hear, &count);
	assert_true(result == RESULT_OK || result == RESULT_MORE);
	return count;
}

struct lines {
	unsigned with, without;
};

static bool look(void *context, const struct store_event *event)
{
	struct lines *lines = context;
	bool has = span_contains(event->line, SPAN("192.0.2.7"));

	assert_int_equal(has, span_contains(event->line, SPAN("Mozilla")));
	assert_int_equal(has, span_contains(event->line, SPAN("url.query")));
	assert_true(span_contains(event->line, SPAN("\"url.path\":\"/nieuws\"")));
	lines->with += has;
	lines->without += !has;
	return true;
}

static void assert_lines(struct stage *stage, unsigned with, unsigned without)
{
	const struct store_events_ask ask = { .tenants = store_all_tenants, .count = 1000000 };
	struct lines lines = { 0, 0 };
	struct store_events_end end;

	assert_int_equal(store_events(stage->store, &ask, NULL, look, &lines, &end), RESULT_OK);
	assert_int_equal(lines.with, with);
	assert_int_equal(lines.without, without);
}

static bool file_has(const struct stage *stage, const char *end, const char *part)
{
	char path[80];
	static char bytes[8 << 20];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/events-2026-01-26.db%s", stage->folder, end);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	got = read(fd, bytes, sizeof(bytes));
	close(fd);
	return got > 0 && span_contains(span_make(bytes, (size_t)got), span_of(part));
}

static void taken_out_in_pieces(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 3000; i++)
		stage_request(&stage, STAGE_NOW_MS - 5 * STAGE_DAY_MS + i, "t", "s", "allow");
	for (unsigned i = 0; i < 10; i++)
		stage_request(&stage, STAGE_NOW_MS - 3 * STAGE_DAY_MS + i, "t", "s", "allow");
	stage_ingest(&stage);
	assert_int_equal(prune(&stage, 1), 0);
	assert_lines(&stage, 1986, 1024);
	stage_close(&stage);  /* whoever is killed goes on where he was */
	stage_open(&stage);
	assert_int_equal(prune(&stage, 100), 3000);
	assert_lines(&stage, 10, 3000);
	assert_int_equal(prune(&stage, 100), 0);
	assert_false(file_has(&stage, "", "192.0.2.7") || file_has(&stage, "-wal", "192.0.2.7"));
	assert_true(file_has(&stage, "", "/nieuws"));
	stage_request(&stage, STAGE_NOW_MS - 5 * STAGE_DAY_MS, "t", "s", "allow");  /* late ones are found too */
	stage_ingest(&stage);
	assert_int_equal(prune(&stage, 100), 1);
	assert_lines(&stage, 10, 3001);
	stage_done(&stage);
}

/* An epoch that is older and gets a line later than a younger one. */
static void of_two_journals(void **state)
{
	struct store_journal *reading;
	struct store_ingested done;
	struct stage stage, other;

	(void)state;
	stage_init(&stage);
	stage_init(&other);
	stage_open(&stage);
	assert_int_equal(store_follow(stage.store, SPAN("node-2"), other.journal_fd, NULL, &reading), RESULT_OK);
	for (unsigned round = 1; round <= 3; round++) {
		stage_request(&stage, STAGE_NOW_MS - 5 * STAGE_DAY_MS, "t", "s", "allow");
		stage_ingest(&stage);
		if (round != 2) {
			stage_request(&other, STAGE_NOW_MS - 5 * STAGE_DAY_MS, "t", "s", "allow");
			assert_int_equal(store_ingest(reading, stage.now_ms * 1000000, NULL, &done), RESULT_MORE);
		}
		assert_int_equal(prune(&stage, 100), round == 2 ? 1 : 2);
	}
	assert_lines(&stage, 0, 5);
	store_journal_free(reading);
	stage_done(&other);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(taken_out_in_pieces), cmocka_unit_test(of_two_journals) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
