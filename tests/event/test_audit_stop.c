/* A stop of the audit log while it walks through a folder that has no end. */
#include "stage.h"

#include <sys/eventfd.h>
#include <time.h>

#include "event/audit/log.h"
#include "event/crc32c.h"

/* Folders that end before one goes on for ever; negative: all end. */
static _Atomic int ends_left = -1;
static _Atomic bool is_endless;

static struct dirent *endless_readdir(DIR *dir)
{
	static struct dirent more = { .d_name = "nothing" };
	struct dirent *entry = atomic_load(&is_endless) ? NULL : readdir(dir);

	if (entry)
		return entry;
	if (!atomic_load(&is_endless) && atomic_fetch_sub(&ends_left, 1) != 0)
		return NULL;
	atomic_store(&is_endless, true);
	return &more;
}

#define readdir endless_readdir
#include "../../src/event/audit/drop.c"
#undef readdir

static char root[32];
static char text[100000];

static struct audit_record record_of(struct span bytes)
{
	return (struct audit_record){ .wall_ns = (uint64_t)time(NULL) * 1000000000u, .id = SPAN("0123456789abcdef0123456789abcdef"),
		                      .tenant = SPAN("t"), .site = SPAN("site"), .text = bytes };
}

static void put(struct audit_folder *folder, struct span bytes)
{
	struct audit_record record = record_of(bytes);

	assert_int_equal(audit_folder_put(folder, &record), RESULT_OK);
}

static void clean(int folder)
{
	char command[64];

	close(folder);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
}

struct stage {
	int folder, wake_fd;
	void *ring;
	struct ring_writer writer;
	struct log_settings settings;
	struct audit_log *log;
};

/* The log begins, and walks without end in the folder after those that END_AT counts. */
static void begin(struct stage *stage, int end_at)
{
	struct audit_log_birth birth = { .folder_fd = stage->folder, .rings = &stage->ring, .count = 1, .settings = &stage->settings };
	bool is_new;

	stage->settings = stage_settings();
	stage->ring = stage_memory(AUDIT_RING_BYTES);
	assert_int_equal(ring_adopt(stage->ring, AUDIT_RING_BYTES, &is_new), RESULT_OK);
	ring_writer_open(&stage->writer, stage->ring, AUDIT_RING_BYTES);
	birth.wake_fd = stage->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	atomic_store(&is_endless, false);
	atomic_store(&ends_left, end_at);
	alarm(60);
	assert_int_equal(audit_log_start(&birth, &stage->log), RESULT_OK);
	while (!atomic_load(&is_endless))
		usleep(1000);
}

/* A record comes while it walks. */
static void end(struct stage *stage)
{
	struct audit_record record = record_of(SPAN("late\n"));
	struct buffer bytes;

	buffer_init(&bytes, AUDIT_RECORD_MAX);
	assert_int_equal(audit_record_write(&record, &bytes), RESULT_OK);
	assert_true(ring_write(&stage->writer, buffer_span(&bytes), crc32c_more(0, buffer_span(&bytes))));
	buffer_done(&bytes);
	audit_log_stop(stage->log);
	alarm(0);
	atomic_store(&is_endless, false);
	atomic_store(&ends_left, -1);
	close(stage->wake_fd);
}

static void while_it_counts(void **state)
{
	struct stage stage = { .folder = stage_folder(root) };

	(void)state;
	begin(&stage, 0);
	end(&stage);
	assert_true(ring_has_records(&stage.writer));  /* the next edge has it */
	munmap(stage.ring, AUDIT_RING_BYTES);
	clean(stage.folder);
}

/* There is half a second for what the rings hold, and none for age. */
static void while_it_deletes_what_is_old(void **state)
{
	struct stage stage = { .folder = stage_folder(root) };
	struct audit_folder folder;

	(void)state;
	assert_int_equal(audit_folder_open(&folder, dup(stage.folder), 1 << 20, NULL, NULL), RESULT_OK);
	put(&folder, SPAN("early\n"));
	audit_folder_done(&folder);
	begin(&stage, 3);  /* counted are the folder, a tenant's and a site's */
	end(&stage);
	assert_false(ring_has_records(&stage.writer));
	munmap(stage.ring, AUDIT_RING_BYTES);
	clean(stage.folder);
}

static bool at_once(void *context)
{
	(void)context;
	return true;
}

/* What was counted holds, nothing is written that there may be no room for, and nothing is deleted. */
static void a_walk_that_is_given_up(void **state)
{
	struct audit_folder folder, other;
	struct audit_record record = record_of(span_make(text, sizeof(text)));
	uint64_t bytes;
	int fd = stage_folder(root);

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(audit_folder_open(&folder, dup(fd), 256 << 10, NULL, NULL), RESULT_OK);
	put(&folder, record.text);
	put(&folder, record.text);
	bytes = folder.bytes;
	assert_int_equal(audit_folder_open(&other, dup(fd), 256 << 10, at_once, NULL), RESULT_TIMEOUT);
	audit_folder_done(&other);
	folder.must_end = at_once;
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_TIMEOUT);
	audit_folder_expire(&folder, 0, record.wall_ns + 86400000000000u);
	assert_int_equal(folder.bytes, bytes);
	folder.must_end = NULL;
	put(&folder, record.text);
	audit_folder_expire(&folder, 0, record.wall_ns + 86400000000000u);
	assert_int_equal(folder.bytes, 0);
	audit_folder_done(&folder);
	clean(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_it_counts), cmocka_unit_test(while_it_deletes_what_is_old), cmocka_unit_test(a_walk_that_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
