#include "stage.h"

#include "store/sqlite.h"

static const struct store_events_ask everything = { .tenants = { .is_all = true }, .count = 1000000 };

static void rows_and_totals(void **state)
{
	struct stage stage;
	struct store_position at[2];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	assert_int_equal(stage_ingest(&stage).rows, 0);  /* no journal yet */
	stage_request(&stage, STAGE_NOW_MS, "commune", "www", "allow");
	stage_request(&stage, STAGE_NOW_MS + 1, "commune", "www", "block");
	stage_request(&stage, STAGE_NOW_MS - STAGE_DAY_MS, "region", "data", "allow");
	stage_counts(&stage, STAGE_NOW_MS, "www", 1, 2, 1);
	stage_counts(&stage, STAGE_NOW_MS + 1000, "www", 1, 5, 2);
	struct store_ingested done = stage_ingest(&stage);

	assert_int_equal(done.rows, 3);
	assert_int_equal(done.counts, 2);
	assert_int_equal(done.missing + done.damaged + done.again + done.epochs, 0);
	stage_events(&stage, &everything, "2 commune/www\n1 commune/www\n3 region/data\n");
	stage_sum(&stage, "events", "events 5\n");
	stage_sum(&stage, "decisions.", "decisions.allow 3\ndecisions.block 2\n");
	stage_sum(&stage, "reasons.rules", "reasons.rules 2\n");
	store_positions(stage.reading, at);
	assert_int_equal(at[0].sequence, 3);
	assert_int_equal(at[1].sequence, 2);
	stage_close(&stage);
	stage_open(&stage);  /* and after a restart nothing comes again */
	done = stage_ingest(&stage);
	assert_int_equal(done.rows + done.counts + done.again + done.epochs, 0);
	stage_request(&stage, STAGE_NOW_MS + 2, "commune", "www", "allow");
	stage_counts(&stage, STAGE_NOW_MS + 2000, "www", 1, 6, 2);
	done = stage_ingest(&stage);
	assert_int_equal(done.rows, 1);
	stage_events(&stage, &everything, "4 commune/www\n2 commune/www\n1 commune/www\n3 region/data\n");
	stage_sum(&stage, "events", "events 6\n");
	stage_done(&stage);
}

/* Segments that the journal dropped before they were read are a number, and stay one. */
static void what_was_dropped_is_counted(void **state)
{
	struct stage stage;
	struct store_position at[2];
	char name[SEGMENT_NAME_MAX];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 10; i++)
		stage_request(&stage, STAGE_NOW_MS + i, "t", "s", "allow");
	assert_int_equal(stage_ingest(&stage).rows, 10);
	stage_close(&stage);
	for (unsigned segment = 0; segment < 2; segment++) {
		stage.streams[STREAM_DETAIL].size = SEGMENT_BYTES;  /* the next line begins a segment */
		for (unsigned i = 0; i < 10; i++)
			stage_request(&stage, STAGE_NOW_MS + i, "t", "s", "allow");
	}
	segment_name(STREAM_DETAIL, 1, name);
	assert_int_equal(unlinkat(stage.journal_fd, name, 0), 0);
	segment_name(STREAM_DETAIL, 11, name);
	assert_int_equal(unlinkat(stage.journal_fd, name, 0), 0);
	stage_open(&stage);
	struct store_ingested done = stage_ingest(&stage);

	assert_int_equal(done.rows, 10);
	assert_int_equal(done.missing, 10);
	assert_int_equal(done.epochs, 0);
	stage_close(&stage);
	stage_open(&stage);
	assert_int_equal(stage_ingest(&stage).missing, 0);
	store_positions(stage.reading, at);
	assert_int_equal(at[0].missing, 10);
	assert_int_equal(at[0].sequence, 30);
	assert_int_equal(at[0].lines, 20);
	stage_done(&stage);
}

/* A journal whose beginning was gone when it was first read: lines are missing, and totals begin at what they were. */
static void the_middle_of_a_journal(void **state)
{
	struct stage stage;
	struct store_position at[2];

	(void)state;
	stage_init(&stage);
	stage.streams[STREAM_DETAIL].sequence = 99;
	stage.streams[STREAM_COUNTS].sequence = 49;
	stage_request(&stage, STAGE_NOW_MS, "t", "s", "allow");
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 5000000, 0);
	stage_open(&stage);
	assert_int_equal(stage_ingest(&stage).missing, 99 + 49);
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 5000003, 0);
	stage_close(&stage);
	stage_open(&stage);
	assert_int_equal(stage_ingest(&stage).missing, 0);
	stage_sum(&stage, "events", "events 3\n");
	store_positions(stage.reading, at);
	assert_int_equal(at[0].missing, 99);
	assert_int_equal(at[1].missing, 49);
	stage_done(&stage);
}

static void damage(struct stage *stage, uint64_t first, off_t at)
{
	char name[SEGMENT_NAME_MAX];
	int fd;

	segment_name(STREAM_DETAIL, first, name);
	fd = openat(stage->journal_fd, name, O_RDWR);
	assert_int_equal(pwrite(fd, "#", 1, at), 1);
	close(fd);
}

static void damaged_and_torn_lines(void **state)
{
	struct stage stage;
	char name[SEGMENT_NAME_MAX];
	int fd;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 5; i++)
		stage_request(&stage, STAGE_NOW_MS + i, "t", "s", "allow");
	damage(&stage, 1, 20);
	segment_name(STREAM_DETAIL, 1, name);
	fd = openat(stage.journal_fd, name, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"torn", 6), 6);
	struct store_ingested done = stage_ingest(&stage);

	assert_int_equal(done.rows, 4);
	assert_int_equal(done.damaged, 1);
	assert_int_equal(done.missing, 1);
	assert_int_equal(ftruncate(fd, (off_t)stage.streams[STREAM_DETAIL].size), 0);  /* as the next edge does */
	close(fd);
	stage_request(&stage, STAGE_NOW_MS + 9, "t", "s", "allow");
	done = stage_ingest(&stage);
	assert_int_equal(done.rows, 1);
	assert_int_equal(done.damaged + done.missing, 0);
	stage_events(&stage, &everything, "6 t/s\n5 t/s\n4 t/s\n3 t/s\n2 t/s\n");
	stage_done(&stage);
}

/* Somebody emptied the journal's folder: numbers begin anew, under a reader that follows or while none does. */
static void an_emptied_journal_is_a_new_epoch(void **state)
{
	for (int follows = 0; follows < 2; follows++) {
		struct stage stage;

		(void)state;
		stage_init(&stage);
		stage_open(&stage);
		for (unsigned i = 0; i < 5; i++)
			stage_request(&stage, STAGE_NOW_MS + i, "t", "old", "allow");
		stage_counts(&stage, STAGE_NOW_MS, "old", 1, 5, 0);
		assert_int_equal(stage_ingest(&stage).rows, 5);
		if (!follows)
			stage_close(&stage);
		stage_empty(stage.journal);
		for (unsigned i = 0; i < STREAM_MAX; i++)
			stream_writer_done(&stage.streams[i]);
		stage_streams(&stage);
		if (follows)
			assert_int_equal(stage_ingest(&stage).epochs, 0);  /* there is nothing yet to know it by */
		for (unsigned i = 0; i < 7; i++)
			stage_request(&stage, STAGE_NOW_MS + 100 + i, "t", "new", "allow");
		stage_counts(&stage, STAGE_NOW_MS, "old", 2, 3, 0);
		if (!follows)
			stage_open(&stage);
		struct store_ingested done = stage_ingest(&stage);

		assert_int_equal(done.epochs, 2);
		assert_int_equal(done.rows, 7);
		assert_int_equal(done.missing + done.again, 0);
		stage_events(&stage, &everything, "7 t/new\n6 t/new\n5 t/new\n4 t/new\n3 t/new\n2 t/new\n1 t/new\n5 t/old\n4 t/old\n3 t/old\n2 t/old\n1 t/old\n");
		stage_sum(&stage, "events", "events 8\n");
		stage_done(&stage);
	}
}

/* The journal lost its last lines in a power failure, after they had been read, and gave their numbers to others. */
static void a_journal_that_lost_its_end(void **state)
{
	struct stage stage;
	char name[SEGMENT_NAME_MAX];
	uint64_t kept_bytes = 0;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 9; i++) {
		if (i == 5)
			kept_bytes = stage.streams[STREAM_DETAIL].size;
		stage_request(&stage, STAGE_NOW_MS + i, "t", "old", "allow");
		if (i == 3)
			assert_int_equal(stage_ingest(&stage).rows, 4);  /* a mark behind the fourth */
	}
	assert_int_equal(stage_ingest(&stage).rows, 5);
	stage_close(&stage);
	segment_name(STREAM_DETAIL, 1, name);
	assert_int_equal(ftruncate(stage.streams[STREAM_DETAIL].fd, (off_t)kept_bytes), 0);
	stage.streams[STREAM_DETAIL].size = kept_bytes;
	stage.streams[STREAM_DETAIL].sequence = 5;
	for (unsigned i = 0; i < 6; i++)
		stage_request(&stage, STAGE_NOW_MS + 100 + i, "t", "new", "allow");
	stage_open(&stage);
	struct store_ingested done = stage_ingest(&stage);

	assert_int_equal(done.epochs, 1);
	assert_int_equal(done.again, 1);  /* the fifth: it is in both */
	assert_int_equal(done.rows, 6);
	assert_int_equal(done.missing, 0);
	stage_events(&stage, &everything, "11 t/new\n10 t/new\n9 t/new\n8 t/new\n7 t/new\n6 t/new\n9 t/old\n8 t/old\n7 t/old\n6 t/old\n5 t/old\n4 t/old\n3 t/old\n"
	             "2 t/old\n1 t/old\n");
	stage_done(&stage);
}

/* A clock that is wrong does not decide how long a line is kept, nor make a file of the year 2100. */
static void times_that_nobody_believes(void **state)
{
	static const char *const times[] = { "1970-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z", "2024-01-01T00:00:00.000Z", "nonsense", "2026-02-31T00:00:00.000Z" };
	struct stage stage;
	char text[200], name[80];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		int len = snprintf(text, sizeof(text), "{\"@timestamp\":\"%s\",\"bouclier.tenant\":\"t\",\"bouclier.site\":\"s\"", times[i]);

		stage_line(&stage, STREAM_DETAIL, span_make(text, (size_t)len));
	}
	assert_int_equal(stage_ingest(&stage).rows, 5);
	stage_events(&stage, &everything, "5 t/s\n4 t/s\n3 t/s\n2 t/s\n1 t/s\n");
	snprintf(name, sizeof(name), "%s/events-2026-01-31.db", stage.folder);
	assert_int_equal(access(name, F_OK), 0);
	snprintf(name, sizeof(name), "%s/events-1970-01-01.db", stage.folder);
	assert_int_equal(access(name, F_OK), -1);
	stage_done(&stage);
}

/* More days in one batch than are written at once. */
static void lines_of_many_days(void **state)
{
	struct stage stage;
	struct store_events_end end;
	struct store_ingested done;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned i = 0; i < 60; i++)
		stage_request(&stage, STAGE_NOW_MS - (uint64_t)(i * 7 % 60) * STAGE_DAY_MS, "t", "s", "allow");
	done = stage_ingest(&stage);
	assert_int_equal(done.rows, 60);
	assert_int_equal(done.missing + done.again, 0);
	struct stage_told told = { .stop_after = 0 };

	buffer_init(&told.text, 1 << 20);
	assert_int_equal(store_events(stage.store, &everything, &stage.complaints, stage_hear_event, &told, &end), RESULT_OK);
	assert_int_equal(told.count, 60);
	assert_true(span_starts(buffer_span(&told.text), SPAN("1 t/s\n44 t/s\n27 t/s\n10 t/s\n53 t/s\n")));  /* 7 * 43 % 60 is 1 */
	buffer_done(&told.text);
	stage_done(&stage);
}

/* A site's counts name no tenant: the detail says whose they are. */
static void whose_counts_are(void **state)
{
	const struct span region = SPAN("region"), commune = SPAN("commune");
	struct store_totals_ask ask = { .tenants = { false, &region, 1 }, .to_s = 1ull << 40, .grain = STORE_HOUR, .kind = SPAN("events"), .by_site = true };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	stage_counts(&stage, STAGE_NOW_MS, "www", 1, 4, 0);
	stage_ingest(&stage);
	stage_totals(&stage, &ask, "");  /* nobody has said so */
	stage_request(&stage, STAGE_NOW_MS, "region", "www", "allow");
	stage_counts(&stage, STAGE_NOW_MS, "www", 1, 6, 0);
	stage_ingest(&stage);
	stage_totals(&stage, &ask, "events region/www 6\n");
	stage_request(&stage, STAGE_NOW_MS, "commune", "www", "allow");  /* it has moved */
	stage_counts(&stage, STAGE_NOW_MS, "www", 1, 16, 0);
	stage_close(&stage);
	stage_open(&stage);
	stage_ingest(&stage);
	stage_totals(&stage, &ask, "events region/www 6\n");
	ask.tenants.list = &commune;
	stage_totals(&stage, &ask, "events commune/www 10\n");  /* what it has grown by since */
	stage_sum(&stage, "events", "events 16\n");
	ask.tenants.count = 0;
	stage_totals(&stage, &ask, "");
	stage_done(&stage);
}

/* A connection, or a notice, names a site and no tenant. */
static void whose_connections_are(void **state)
{
	const struct span commune = SPAN("commune");
	const struct store_events_ask ask = { .tenants = { false, &commune, 1 }, .count = 100 };
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	stage_request(&stage, STAGE_NOW_MS, "", "www", "drop");  /* before anybody said whose the site is: nobody's */
	stage_request(&stage, STAGE_NOW_MS + 1, "commune", "www", "allow");
	stage_request(&stage, STAGE_NOW_MS + 2, "", "www", "drop");
	stage_request(&stage, STAGE_NOW_MS + 3, "", "other", "drop");
	stage_ingest(&stage);
	stage_events(&stage, &ask, "3 commune/www\n2 commune/www\n");
	stage_done(&stage);
}

/* Totals that come again, or are lower within one birth, have been counted; a new birth begins at nothing. */
static void totals_of_births(void **state)
{
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 5, 0);
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 5, 0);
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 3, 0);
	stage_counts(&stage, STAGE_NOW_MS, "s", 2, 4, 0);
	stage_counts(&stage, STAGE_NOW_MS, "s", 2, 7, 0);
	stage_line(&stage, STREAM_COUNTS, SPAN("{\"event.dataset\":\"bouclier.counts.journal\",\"bouclier.counts.since\":\"00000002\",\"bouclier.journal.lost.disk\":12"));
	stage_line(&stage, STREAM_COUNTS, SPAN("{\"event.dataset\":\"something\",\"bouclier.counts.events\":12"));
	assert_int_equal(stage_ingest(&stage).counts, 7);
	stage_sum(&stage, "events", "events 12\n");
	stage_sum(&stage, "journal.", "journal.lost.disk 12\n");
	stage_done(&stage);
}

static void two_journals_in_one_store(void **state)
{
	struct stage stage, other;
	struct store_journal *reading;
	struct store_ingested done;

	(void)state;
	stage_init(&stage);
	stage_init(&other);
	stage_open(&stage);
	assert_int_equal(store_follow(stage.store, SPAN(""), other.journal_fd, NULL, &reading), RESULT_LIMIT);
	assert_int_equal(store_follow(stage.store, SPAN("node-1"), other.journal_fd, NULL, &reading), RESULT_REFUSED);
	assert_int_equal(store_follow(stage.store, SPAN("node-2"), other.journal_fd, NULL, &reading), RESULT_OK);
	for (unsigned i = 0; i < 3; i++) {
		stage_request(&stage, STAGE_NOW_MS + 2 * i, "t", "a", "allow");
		stage_request(&other, STAGE_NOW_MS + 2 * i + 1, "t", "b", "allow");
	}
	stage_counts(&stage, STAGE_NOW_MS, "a", 1, 3, 0);
	stage_counts(&other, STAGE_NOW_MS, "a", 7, 4, 0);
	stage_ingest(&stage);
	assert_int_equal(store_ingest(reading, stage.now_ms * 1000000, NULL, &done), RESULT_MORE);
	assert_int_equal(done.rows, 3);
	stage_events(&stage, &everything, "3 t/b\n3 t/a\n2 t/b\n2 t/a\n1 t/b\n1 t/a\n");
	stage_sum(&stage, "events", "events 7\n");
	store_journal_free(reading);
	stage_done(&other);
	stage_done(&stage);
}

/* Rows were committed, the cursor was not: the same lines are known again, even where the day that they would go to has become another. */
static void cut_off_between_rows_and_cursor(void **state)
{
	static struct complaints *const nobody = NULL;
	const struct database_options options = { .complaints = &nobody, .page_bytes = 4096, .cache_kib = 64, .checkpoint_pages = 100, .must_exist = true };
	struct database *other;
	struct store_ingested done;
	struct stage stage;
	char path[80];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	stage_request(&stage, STAGE_NOW_MS, "t", "s", "allow");
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 1, 0);
	stage_ingest(&stage);
	stage_request(&stage, 1000, "t", "s", "allow");  /* goes to the day of reading */
	stage_request(&stage, STAGE_NOW_MS + 5, "t", "s", "allow");
	stage_counts(&stage, STAGE_NOW_MS, "s", 1, 4, 0);
	snprintf(path, sizeof(path), "%s/main.db", stage.folder);
	assert_int_equal(database_open(path, &options, &other), RESULT_OK);
	assert_int_equal(database_run(other, "BEGIN IMMEDIATE"), RESULT_OK);  /* somebody looks into it, and holds it */
	assert_int_equal(store_ingest(stage.reading, stage.now_ms * 1000000, &stage.complaints, &done), RESULT_TIMEOUT);
	stage_assert_complaint(&stage, "main.db", "locked");
	assert_int_equal(done.rows, 0);
	database_close(other);
	stage_close(&stage);
	stage_open(&stage);
	stage.now_ms += 2 * STAGE_DAY_MS;
	stage_request(&stage, STAGE_NOW_MS + 6, "t", "s", "allow");
	done = stage_ingest(&stage);
	assert_int_equal(done.again, 2);
	assert_int_equal(done.rows, 1);
	stage_events(&stage, &everything, "4 t/s\n3 t/s\n2 t/s\n1 t/s\n");
	stage_sum(&stage, "events", "events 4\n");
	stage_done(&stage);
}

/* What citizens asked for is not for every user of the machine. */
static void files_are_not_for_everybody(void **state)
{
	static const char *const names[] = { "main.db", "main.db-wal", "events-2026-01-31.db", "events-2026-01-31.db-wal", "events-2026-01-31.db-shm", "lock" };
	mode_t mask = umask(0);
	struct stage stage;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	stage_request(&stage, STAGE_NOW_MS, "t", "s", "allow");
	stage_ingest(&stage);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat status;
		char path[80];

		snprintf(path, sizeof(path), "%s/%s", stage.folder, names[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0640);
	}
	umask(mask);
	stage_done(&stage);
}

static void one_process_at_a_time(void **state)
{
	struct stage stage;
	struct store *second;

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	assert_int_equal(store_open(span_of(stage.folder), &stage.complaints, &second), RESULT_REFUSED);
	stage_assert_complaint(&stage, stage.folder, "another process");
	assert_int_equal(store_open(SPAN("/tmp/bouclier-no-such-folder"), &stage.complaints, &second), RESULT_REFUSED);
	stage_assert_complaint(&stage, "/tmp/bouclier-no-such-folder", "lock");
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_totals), cmocka_unit_test(what_was_dropped_is_counted), cmocka_unit_test(the_middle_of_a_journal),
		cmocka_unit_test(damaged_and_torn_lines), cmocka_unit_test(an_emptied_journal_is_a_new_epoch), cmocka_unit_test(a_journal_that_lost_its_end),
		cmocka_unit_test(times_that_nobody_believes), cmocka_unit_test(lines_of_many_days), cmocka_unit_test(whose_counts_are),
		cmocka_unit_test(whose_connections_are), cmocka_unit_test(totals_of_births), cmocka_unit_test(two_journals_in_one_store), cmocka_unit_test(cut_off_between_rows_and_cursor),
		cmocka_unit_test(files_are_not_for_everybody), cmocka_unit_test(one_process_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
