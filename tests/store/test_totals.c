#include "stage.h"

static void fill(struct stage *stage)
{
	stage_init(stage);
	stage_open(stage);
	stage_request(stage, STAGE_NOW_MS, "a", "one", "allow");
	stage_request(stage, STAGE_NOW_MS, "b", "two", "allow");
	stage_counts(stage, STAGE_NOW_MS + 1000, "one", 1, 10, 0);
	stage_counts(stage, STAGE_NOW_MS + 2000, "two", 1, 7, 2);
	stage_counts(stage, STAGE_NOW_MS + 61000, "one", 1, 15, 3);
	stage_counts(stage, STAGE_NOW_MS + 3600000, "one", 1, 115, 3);
	stage_counts(stage, STAGE_NOW_MS + 3600000, "", 1, 1000, 0);
	assert_int_equal(stage_ingest(stage).counts, 5);
}

static void by_what_is_asked(void **state)
{
	const uint64_t from_s = STAGE_NOW_MS / 1000;
	const struct span a = SPAN("a");
	struct stage stage;

	(void)state;
	fill(&stage);
	struct store_totals_ask ask = { .tenants = store_all_tenants, .from_s = from_s, .to_s = from_s + 7200, .grain = STORE_MINUTE, .kind = SPAN("events") };

	stage_totals(&stage, &ask, "events 1122\n");
	ask.by_bucket = true;
	stage_totals(&stage, &ask, "events @0 17\nevents @60 5\nevents @3600 1100\n");
	ask.by_site = true;
	stage_totals(&stage, &ask, "events @0 a/one 10\nevents @0 b/two 7\nevents @60 a/one 5\nevents @3600 1000\nevents @3600 a/one 100\n");
	ask.by_bucket = false;
	ask.grain = STORE_HOUR;
	stage_totals(&stage, &ask, "events 1000\nevents a/one 115\nevents b/two 7\n");
	ask.tenants = (struct store_tenants){ false, &a, 1 };
	stage_totals(&stage, &ask, "events a/one 115\n");
	ask.by_site = false;
	ask.by_bucket = true;
	ask.kind = SPAN("decisions.");
	stage_totals(&stage, &ask, "decisions.allow @0 12\ndecisions.allow @3600 100\ndecisions.block @0 3\n");
	ask.kind = SPAN("decisions");
	stage_totals(&stage, &ask, "");
	ask.kind = SPAN("");
	stage_totals(&stage, &ask, "");
	stage_done(&stage);
}

/* Buckets that begin in [from, to). */
static void edges(void **state)
{
	const uint64_t from_s = STAGE_NOW_MS / 1000;
	struct stage stage;

	(void)state;
	fill(&stage);
	struct store_totals_ask ask = { .tenants = store_all_tenants, .from_s = from_s, .to_s = from_s + 60, .grain = STORE_MINUTE, .kind = SPAN("events") };

	stage_totals(&stage, &ask, "events 17\n");
	ask.from_s = from_s + 1;
	stage_totals(&stage, &ask, "");
	ask.to_s = from_s + 61;
	stage_totals(&stage, &ask, "events 5\n");
	ask.to_s = 0;
	stage_totals(&stage, &ask, "");
	struct stage_told told = { .stop_after = 1 };

	buffer_init(&told.text, 1000);
	ask = (struct store_totals_ask){ .tenants = store_all_tenants, .to_s = 1ull << 40, .grain = STORE_MINUTE, .kind = SPAN("events"), .by_bucket = true };
	assert_int_equal(store_totals(stage.store, &ask, NULL, stage_hear_total, &told), RESULT_OK);
	stage_assert_told(&told, "events @0 17\n");
	stage_done(&stage);
}

/* Whatever the range, a sum by way of days is that of its hours. */
static void sums_of_many_hours(void **state)
{
	const uint64_t from_s = STAGE_NOW_MS / 1000;
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned hour = 0; hour < 100; hour++)
		stage_counts(&stage, STAGE_NOW_MS + hour * 3600000ull, "s", 1, (hour + 1) * (hour + 2) / 2, 0);  /* in hour N, N + 1 */
	stage.now_ms += 100 * 3600000ull;
	stage_ingest(&stage);
	for (unsigned from = 0; from < 100; from += 7) {
		for (unsigned to = from + 1; to <= 100; to += 5) {
			const struct store_totals_ask ask = { store_all_tenants, from_s + from * 3600, from_s + to * 3600, STORE_HOUR, SPAN("events"), false, from % 2 };
			char wanted[40];

			snprintf(wanted, sizeof(wanted), "events %s%u\n", from % 2 ? "/s " : "", (to * (to + 1) - from * (from + 1)) / 2);
			stage_totals(&stage, &ask, wanted);
		}
	}
	const struct store_totals_ask days = { store_all_tenants, from_s, from_s + 86400 * 3, STORE_DAY, SPAN("events"), true, false };

	stage_totals(&stage, &days, "events @43200 588\nevents @129600 1164\nevents @216000 1740\n");
	stage_done(&stage);
}

/* More sums than a batch has room for: it ends sooner. */
static void many_sums(void **state)
{
	struct stage stage;
	char site[16];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 4000; i++) {
		snprintf(site, sizeof(site), "site-%u", i);
		stage_counts(&stage, STAGE_NOW_MS + i * 60000ull, site, 1, 10, 2);
	}
	stage_ingest(&stage);
	stage_sum(&stage, "events", "events 40000\n");
	stage_sum(&stage, "reasons.rules", "reasons.rules 8000\n");
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(by_what_is_asked), cmocka_unit_test(edges), cmocka_unit_test(sums_of_many_hours), cmocka_unit_test(many_sums) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
