#include "stage.h"

static const struct store_events_ask everything = { .tenants = { .is_all = true }, .count = 1000000 };

static long long day(uint64_t time_s)
{
	return (long long)(time_s / 86400) - (long long)(STAGE_NOW_MS / STAGE_DAY_MS);
}

static void hear(void *context, const struct store_deleted *deleted)
{
	static const char *const words[] = { "events", "fields", "minutes", "hours" };
	struct stage_told *told = context;

	assert_int_equal(buffer_print(&told->text, "%s %lld..%lld %llu\n", words[deleted->what], day(deleted->from_s),
	                              day(deleted->to_s), (unsigned long long)deleted->count), RESULT_OK);
	told->count++;
}

static void prune(struct stage *stage, struct store_keep keep, const char *wanted)
{
	struct stage_told told = { .stop_after = 0 };
	enum result result;

	buffer_init(&told.text, 1 << 20);
	while ((result = store_prune(stage->store, &keep, stage->now_ms * 1000000, &stage->complaints, hear, &told)) == RESULT_OK)
		;
	assert_int_equal(result, RESULT_MORE);
	stage_assert_told(&told, wanted);
}

/* Ten days, of each a line and a line of counts. */
static void fill(struct stage *stage)
{
	stage_init(stage);
	stage_open(stage);
	for (unsigned i = 0; i < 10; i++) {
		uint64_t time_ms = STAGE_NOW_MS - (9 - i) * STAGE_DAY_MS;

		stage_request(stage, time_ms, "t", "s", "allow");
		stage_counts(stage, time_ms, "s", 1, i + 1, 0);
	}
	assert_int_equal(stage_ingest(stage).rows, 10);
}

static bool has_day(const struct stage *stage, const char *day)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/events-%s.db", stage->folder, day);
	return access(path, F_OK) == 0;
}

static void by_age(void **state)
{
	struct stage stage;

	(void)state;
	fill(&stage);
	prune(&stage, (struct store_keep){ 0 }, "");
	prune(&stage, (struct store_keep){ .event_days = 7 }, "events -9..-8 1\nevents -8..-7 1\n");
	assert_false(has_day(&stage, "2026-01-23"));
	assert_true(has_day(&stage, "2026-01-24"));
	stage_events(&stage, &everything, "10 t/s\n9 t/s\n8 t/s\n7 t/s\n6 t/s\n5 t/s\n4 t/s\n3 t/s\n");
	prune(&stage, (struct store_keep){ .event_days = 7 }, "");
	/* events, allow.2xx and decisions.allow of each day; by hour, and by day */
	prune(&stage, (struct store_keep){ .minute_days = 8, .hour_days = 7 }, "minutes -9..-8 3\nhours -9..-8 6\nhours -8..-7 6\n");
	const struct store_totals_ask minutes = { .tenants = store_all_tenants, .to_s = 1ull << 40, .grain = STORE_MINUTE, .kind = SPAN("events") };
	const struct store_totals_ask hours = { .tenants = store_all_tenants, .to_s = 1ull << 40, .grain = STORE_HOUR, .kind = SPAN("events") };

	stage_totals(&stage, &minutes, "events 9\n");
	stage_totals(&stage, &hours, "events 8\n");
	prune(&stage, (struct store_keep){ .minute_days = 8, .hour_days = 7 }, "");
	stage_done(&stage);
}

/* Whatever is asked for, today's and yesterday's stay. */
static void the_newest_stay(void **state)
{
	struct stage stage;

	(void)state;
	fill(&stage);
	prune(&stage, (struct store_keep){ .event_days = 1, .minute_days = 1, .hour_days = 1, .field_days = 1 },
	      "events -9..-8 1\nevents -8..-7 1\nevents -7..-6 1\nevents -6..-5 1\nevents -5..-4 1\nevents -4..-3 1\nevents -3..-2 1\nevents -2..-1 1\n"
	      "minutes -9..-8 3\nminutes -8..-7 3\nminutes -7..-6 3\nminutes -6..-5 3\nminutes -5..-4 3\nminutes -4..-3 3\nminutes -3..-2 3\nminutes -2..-1 3\n"
	      "hours -9..-8 6\nhours -8..-7 6\nhours -7..-6 6\nhours -6..-5 6\nhours -5..-4 6\nhours -4..-3 6\nhours -3..-2 6\nhours -2..-1 6\n");
	stage_events(&stage, &everything, "10 t/s\n9 t/s\n");
	stage_request(&stage, STAGE_NOW_MS - 5 * STAGE_DAY_MS, "t", "s", "allow");  /* a late one */
	stage_ingest(&stage);
	stage_events(&stage, &everything, "10 t/s\n9 t/s\n11 t/s\n");
	stage_done(&stage);
}

/* Killed between what was noted and what was told: the next one ends it, and tells. */
static void noted_is_told(void **state)
{
	const struct store_keep keep = { .event_days = 8 };
	struct stage_told told = { .stop_after = 0 };
	struct stage stage;

	(void)state;
	fill(&stage);
	assert_int_equal(store_prune(stage.store, &keep, stage.now_ms * 1000000, NULL, hear, &told), RESULT_OK);
	assert_int_equal(told.count, 0);
	stage_close(&stage);
	stage_open(&stage);
	prune(&stage, (struct store_keep){ 0 }, "events -9..-8 1\n");
	assert_false(has_day(&stage, "2026-01-22"));
	stage_done(&stage);
}

static void a_damaged_day_goes_too(void **state)
{
	char path[80];
	struct stage stage;
	int fd;

	(void)state;
	fill(&stage);
	stage_close(&stage);
	snprintf(path, sizeof(path), "%s/events-2026-01-22.db", stage.folder);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "rubbish", 7, 0), 7);
	close(fd);
	stage_open(&stage);
	prune(&stage, (struct store_keep){ .event_days = 8 }, "events -9..-8 0\n");
	stage_assert_complaint(&stage, "events-2026-01-22.db", "not a database");
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_age), cmocka_unit_test(the_newest_stay), cmocka_unit_test(noted_is_told), cmocka_unit_test(a_damaged_day_goes_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
