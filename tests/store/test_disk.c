/* A disk that is full: nothing is half done, and when there is room again it goes on. Where nobody lets us mount one, the limit on the size of files
 * stands in for the disk. */
#include "stage.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const struct store_events_ask everything = { .tenants = { .is_all = true }, .count = 1000000 };

static void set_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static unsigned count_events(struct stage *stage)
{
	struct stage_told told = { .stop_after = 0 };
	struct store_events_end end;

	buffer_init(&told.text, 1 << 20);
	assert_int_equal(store_events(stage->store, &everything, NULL, stage_hear_event, &told, &end), RESULT_OK);
	buffer_done(&told.text);
	return told.count;
}

static void full_and_then_not(void **state)
{
	/* From hardly anything to nearly enough: each time another file is the one that has no room. */
	static const rlim_t limits[] = { 16384, 40000, 65536, 131072, 200000, 300000, 400000 };
	struct stage stage;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct store_ingested done;
		enum result result;

		stage_init(&stage);
		for (unsigned line = 0; line < 1000; line++) {
			stage_request(&stage, STAGE_NOW_MS + line, "t", "s", "allow");
			stage_counts(&stage, STAGE_NOW_MS + line, "s", 1, line + 1, 0);
		}
		stage_open(&stage);
		set_limit(limits[i]);
		result = store_ingest(stage.reading, stage.now_ms * 1000000, &stage.complaints, &done);
		set_limit(RLIM_INFINITY);
		assert_true(result != RESULT_OK && result != RESULT_MORE);
		assert_int_equal(done.rows, 0);
		assert_true(stage.complaints.count > 0 && stage.complaints.list[0].file.len > 0);
		complaints_done(&stage.complaints);
		if (i % 2) {  /* and the process is started again before there is room */
			stage_close(&stage);
			stage_open(&stage);
		}
		done = stage_ingest(&stage);
		assert_int_equal(done.rows + done.again, 1000);
		assert_int_equal(done.missing + done.damaged + done.epochs, 0);
		assert_int_equal(count_events(&stage), 1000);
		stage_sum(&stage, "events", "events 1000\n");
		stage_done(&stage);
	}
}

/* What is there can be asked while nothing can be written. */
static void questions_on_a_full_disk(void **state)
{
	struct store_ingested done;
	struct stage stage;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	stage_init(&stage);
	stage_open(&stage);
	for (unsigned line = 0; line < 100; line++)
		stage_request(&stage, STAGE_NOW_MS + line, "t", "s", "allow");
	stage_ingest(&stage);
	for (unsigned line = 0; line < 2000; line++)
		stage_request(&stage, STAGE_NOW_MS + line, "t", "new", "allow");
	set_limit(4096);
	for (int i = 0; i < 3; i++) {
		enum result result = store_ingest(stage.reading, stage.now_ms * 1000000, NULL, &done);

		assert_true(result != RESULT_OK && result != RESULT_MORE);
		assert_int_equal(count_events(&stage), 100);
	}
	set_limit(RLIM_INFINITY);
	assert_int_equal(stage_ingest(&stage).rows, 2000);
	assert_int_equal(count_events(&stage), 2100);
	stage_done(&stage);
}

/* In a mount namespace of its own: a disk that fills while lines come, and grows. */
static void fill_a_disk(struct stage *stage)
{
	struct store_ingested done;
	unsigned refused = 0;

	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("store", stage->folder, "tmpfs", 0, "size=1m"), 0);
	stage_open(stage);
	for (unsigned line = 0; line < 6000; line++) {
		enum result result;

		stage_request(stage, STAGE_NOW_MS + line, "t", line % 100 ? "s" : "t", "allow");
		stage_counts(stage, STAGE_NOW_MS + line, "s", 1, line + 1, 0);
		if (line % 50)
			continue;
		result = store_ingest(stage->reading, stage->now_ms * 1000000, NULL, &done);
		refused += result != RESULT_OK && result != RESULT_MORE;
		if (refused % 16 == 15) {  /* and the process is started again meanwhile */
			stage_close(stage);
			stage_open(stage);
		}
	}
	assert_true(refused > 10);
	assert_int_equal(mount(NULL, stage->folder, NULL, MS_REMOUNT, "size=64m"), 0);
	stage_ingest(stage);
	assert_int_equal(count_events(stage), 6000);
	stage_sum(stage, "events", "events 6000\n");
	stage_close(stage);
}

static void a_disk_that_fills(void **state)
{
	struct stage stage;
	pid_t child;
	int status;

	(void)state;
	stage_init(&stage);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(77);
		fill_a_disk(&stage);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	stage_done(&stage);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(full_and_then_not), cmocka_unit_test(questions_on_a_full_disk),
		                            cmocka_unit_test(a_disk_that_fills) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
