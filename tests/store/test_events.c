#include "stage.h"

#include "event/query.h"

static const struct span a_only = SPAN_INIT("a"), both[] = { SPAN_INIT("b"), SPAN_INIT("a") }, nobody = SPAN_INIT("nobody");

/* Of two tenants in turn, over three days; every third belongs to none. */
static void fill(struct stage *stage)
{
	static const char *const tenants[] = { "a", "b", "" };

	stage_init(stage);
	stage_open(stage);
	for (unsigned i = 0; i < 9; i++)
		stage_request(stage, STAGE_NOW_MS - (2 - i / 3) * STAGE_DAY_MS + i, tenants[i % 3], tenants[i % 3][0] ? "s" : "", i == 4 ? "block" : "allow");
	assert_int_equal(stage_ingest(stage).rows, 9);
}

static void of_some_tenants(void **state)
{
	struct store_events_ask ask = { .tenants = { false, &a_only, 1 }, .count = 100 };
	struct stage stage;

	(void)state;
	fill(&stage);
	assert_true(stage_events(&stage, &ask, "7 a/s\n4 a/s\n1 a/s\n").is_over);
	ask.tenants = (struct store_tenants){ false, both, 2 };
	stage_events(&stage, &ask, "8 b/s\n7 a/s\n5 b/s\n4 a/s\n2 b/s\n1 a/s\n");
	ask.tenants = store_all_tenants;
	stage_events(&stage, &ask, "9 /\n8 b/s\n7 a/s\n6 /\n5 b/s\n4 a/s\n3 /\n2 b/s\n1 a/s\n");
	ask.tenants = (struct store_tenants){ false, &nobody, 1 };
	assert_true(stage_events(&stage, &ask, "").is_over);
	ask.tenants = (struct store_tenants){ false, NULL, 0 };
	stage_events(&stage, &ask, "");
	ask.tenants = (struct store_tenants){ false, &(struct span){ "", 0 }, 1 };  /* no name is not everybody's */
	stage_events(&stage, &ask, "");
	ask.tenants = (struct store_tenants){ false, &SPAN("other"), 1 };
	stage_events(&stage, &ask, "");
	stage_done(&stage);
}

static void pages(void **state)
{
	struct store_events_ask ask = { .tenants = store_all_tenants, .count = 4 };
	struct store_events_end end;
	struct stage stage;

	(void)state;
	fill(&stage);
	end = stage_events(&stage, &ask, "9 /\n8 b/s\n7 a/s\n6 /\n");
	assert_false(end.is_over || end.is_cut);
	ask.before = end.next;
	end = stage_events(&stage, &ask, "5 b/s\n4 a/s\n3 /\n2 b/s\n");
	ask.before = end.next;
	end = stage_events(&stage, &ask, "1 a/s\n");
	assert_true(end.is_over);
	ask = (struct store_events_ask){ .tenants = store_all_tenants, .count = 100, .not_before_ms = STAGE_NOW_MS + 7 };
	stage_events(&stage, &ask, "9 /\n8 b/s\n");
	struct stage_told told = { .stop_after = 2 };

	buffer_init(&told.text, 1000);
	assert_int_equal(store_events(stage.store, &ask, NULL, stage_hear_event, &told, &end), RESULT_OK);
	assert_int_equal(end.told, 2);
	buffer_done(&told.text);
	stage_done(&stage);
}

/* Rows of one millisecond are told in their order, and a page may end between them. */
static void of_the_same_moment(void **state)
{
	struct store_events_ask ask = { .tenants = store_all_tenants, .count = 1 };
	struct stage stage;
	char wanted[16];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 6; i++)
		stage_request(&stage, STAGE_NOW_MS, i % 2 ? "a" : "b", "s", "allow");
	stage_ingest(&stage);
	for (unsigned i = 6; i > 0; i--) {
		snprintf(wanted, sizeof(wanted), "%u %s/s\n", i, i % 2 ? "b" : "a");
		ask.before = stage_events(&stage, &ask, wanted).next;
	}
	assert_true(stage_events(&stage, &ask, "").is_over);
	stage_done(&stage);
}

static void with_a_query_and_a_bound(void **state)
{
	struct store_events_ask ask = { .tenants = store_all_tenants, .count = 10, .examine = 3 };
	struct store_events_end end;
	struct arena arena;
	struct query *query;
	struct stage stage;

	(void)state;
	fill(&stage);
	arena_init(&arena, 1 << 20, 4096);
	assert_int_equal(query_read(SPAN("decision=block and site=s"), STAGE_NOW_MS * 1000000u, &arena, &stage.complaints, &query), RESULT_OK);
	ask.query = query;
	end = stage_events(&stage, &ask, "");
	assert_true(end.is_cut && !end.is_over);
	assert_int_equal(end.examined, 3);
	ask.before = end.next;
	end = stage_events(&stage, &ask, "5 b/s\n");
	assert_true(end.is_cut);
	ask.before = end.next;
	ask.examine = 0;
	end = stage_events(&stage, &ask, "");
	assert_true(end.is_over && !end.is_cut);
	arena_done(&arena);
	stage_done(&stage);
}

static void assert_request(struct stage *stage, struct store_tenants tenants, uint64_t number, enum result wanted)
{
	struct stage_told told = { .stop_after = 0 };
	char id[33];

	stage_id(number, id);
	buffer_init(&told.text, 1000);
	assert_int_equal(store_request(stage->store, tenants, span_of(id), NULL, stage_hear_event, &told), wanted);
	assert_int_equal(told.count, wanted == RESULT_OK);
	if (wanted == RESULT_OK)
		assert_int_equal(strtoull(told.text.bytes, NULL, 10), number);
	buffer_done(&told.text);
}

static void one_request(void **state)
{
	static const char *const wrong[] = { "", "12", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "000000000000000000000000000000000" };
	struct stage_told told = { .stop_after = 0 };
	struct stage stage;
	char id[33];

	(void)state;
	fill(&stage);
	for (unsigned i = 1; i <= 9; i++)
		assert_request(&stage, store_all_tenants, i, RESULT_OK);
	assert_request(&stage, store_all_tenants, 10, RESULT_NOT_FOUND);
	assert_request(&stage, (struct store_tenants){ false, &a_only, 1 }, 4, RESULT_OK);
	assert_request(&stage, (struct store_tenants){ false, &a_only, 1 }, 5, RESULT_NOT_FOUND);
	assert_request(&stage, (struct store_tenants){ false, &a_only, 1 }, 6, RESULT_NOT_FOUND);
	assert_request(&stage, (struct store_tenants){ false, NULL, 0 }, 4, RESULT_NOT_FOUND);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(store_request(stage.store, store_all_tenants, span_of(wrong[i]), NULL, stage_hear_event, &told), RESULT_NOT_FOUND);
	stage_id(4, id);
	id[31] ^= 1;  /* another id that begins alike */
	assert_int_equal(store_request(stage.store, store_all_tenants, span_of(id), NULL, stage_hear_event, &told), RESULT_NOT_FOUND);
	stage_done(&stage);
}

/* What the other days have is told all the same. */
static void a_damaged_day(void **state)
{
	const struct store_events_ask ask = { .tenants = { false, &a_only, 1 }, .count = 100 };
	char path[80], rubbish[4096];
	struct stage stage;
	int fd;

	(void)state;
	fill(&stage);
	stage_close(&stage);
	memset(rubbish, 'x', sizeof(rubbish));
	snprintf(path, sizeof(path), "%s/events-2026-01-30.db", stage.folder);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, rubbish, sizeof(rubbish), 0), sizeof(rubbish));
	close(fd);
	stage_open(&stage);
	stage_events(&stage, &ask, "7 a/s\n1 a/s\n");
	stage_assert_complaint(&stage, "events-2026-01-30.db", "not a database");
	assert_request(&stage, store_all_tenants, 1, RESULT_OK);
	stage_request(&stage, STAGE_NOW_MS + 100, "a", "s", "allow");
	assert_int_equal(stage_ingest(&stage).rows, 1);
	complaints_done(&stage.complaints);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_some_tenants), cmocka_unit_test(pages), cmocka_unit_test(of_the_same_moment), cmocka_unit_test(with_a_query_and_a_bound),
		cmocka_unit_test(one_request), cmocka_unit_test(a_damaged_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
