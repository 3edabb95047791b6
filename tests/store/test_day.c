#include "stage.h"

#include "store/day.h"

static void names(void **state)
{
	static const char *const wrong[] = { "events-2026-01-31", "events-2026-02-31.db", "events-2026-01-31.db-wal", "Events-2026-01-31.db", "events-20260131ab.db", "" };
	char name[DAY_NAME_MAX];
	int64_t number;

	(void)state;
	day_name(day_of(STAGE_NOW_MS), name);
	assert_string_equal(name, "events-2026-01-31.db");
	assert_true(day_name_read(span_of(name), &number));
	assert_int_equal(number, day_of(STAGE_NOW_MS));
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(day_name_read(span_of(wrong[i]), &number));
}

static enum result add(struct days *days, struct day *day, uint64_t sequence, bool *again)
{
	const struct row row = { .has_request = true, .request = (uint32_t)sequence };

	return day_add(days, day, day_id(1, sequence), STAGE_NOW_MS, &row, (const uint32_t[2]){ 2, 3 }, SPAN("{}"), again);
}

/* No more than DAYS_BEGUN_MAX between two commits, and no more than DAYS_OPEN_MAX open. */
static void how_many_at_once(void **state)
{
	static struct complaints *const nobody = NULL;
	struct stage stage;
	struct day *day;
	bool again;

	(void)state;
	stage_init(&stage);
	struct days days = { .folder = stage.folder, .complaints = &nobody };

	for (int64_t i = 0; i < DAYS_BEGUN_MAX; i++) {
		assert_int_equal(days_open(&days, 20000 + i, false, &day), RESULT_OK);
		assert_int_equal(add(&days, day, 1, &again), RESULT_OK);
		assert_false(again);
		assert_int_equal(add(&days, day, 1, &again), RESULT_OK);
		assert_true(again);
	}
	assert_int_equal(days_open(&days, 19999, false, &day), RESULT_OK);
	assert_int_equal(add(&days, day, 1, &again), RESULT_LIMIT);
	assert_int_equal(days_commit(&days), RESULT_OK);
	assert_int_equal(add(&days, day, 1, &again), RESULT_OK);
	for (int64_t i = 0; i < 2 * DAYS_OPEN_MAX; i++) {
		struct day *other;

		assert_int_equal(days_open(&days, 30000 + i, false, &other), RESULT_OK);
		assert_true(days.count <= DAYS_OPEN_MAX);
	}
	days_undo(&days);  /* the one that was begun was not closed for the others */
	assert_int_equal(days_open(&days, 19999, true, &day), RESULT_OK);
	uint64_t last = 7;

	assert_int_equal(day_last(day, 0, INT64_MAX, &last), RESULT_OK);
	assert_int_equal(last, 0);
	assert_int_equal(days_open(&days, 19998, true, &day), RESULT_NOT_FOUND);
	days_done(&days);
	stage_done(&stage);
}

static void rows_by_number(void **state)
{
	static struct complaints *const nobody = NULL;
	struct stage stage;
	struct day_row row;
	struct day *day;
	uint64_t last;
	bool again, has;

	(void)state;
	stage_init(&stage);
	struct days days = { .folder = stage.folder, .complaints = &nobody };

	assert_int_equal(days_open(&days, 20000, false, &day), RESULT_OK);
	for (uint64_t i = 5; i <= 9; i++)
		assert_int_equal(add(&days, day, i, &again), RESULT_OK);
	assert_int_equal(days_commit(&days), RESULT_OK);
	assert_int_equal(day_last(day, day_id(1, 1), day_id(1, DAY_SEQUENCE_MAX), &last), RESULT_OK);
	assert_int_equal(last, day_id(1, 9));
	assert_int_equal(day_last(day, day_id(2, 1), day_id(2, DAY_SEQUENCE_MAX), &last), RESULT_OK);
	assert_int_equal(last, 0);
	assert_int_equal(day_has(day, day_id(1, 7), SPAN("{}"), &has), RESULT_OK);
	assert_true(has);
	assert_int_equal(day_has(day, day_id(1, 7), SPAN("[]"), &has), RESULT_OK);
	assert_false(has);
	assert_int_equal(day_row(day, day_id(1, 4), &row), RESULT_NOT_FOUND);
	assert_int_equal(day_row(day, day_id(1, 5), &row), RESULT_OK);
	assert_int_equal(row.tenant, 2);
	assert_int_equal(row.site, 3);
	assert_int_equal(days_remove(&days, 20000), RESULT_OK);
	assert_int_equal(days_open(&days, 20000, true, &day), RESULT_NOT_FOUND);
	days_done(&days);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(how_many_at_once), cmocka_unit_test(rows_by_number) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
