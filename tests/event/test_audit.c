/* Audit logs on the disk: where, how much, and what goes first; and the records on their way there. */
#include "stage.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>

#include "event/audit/drop.h"
#include "event/audit/log.h"
#include "event/crc32c.h"

#define NOW ((uint64_t)time(NULL) * 1000000000u)  /* files are as old as they are */
#define ID "0123456789abcdef0123456789abcdef"

static char root[32];
static char big[200000];

static struct audit_record record_of(const char *tenant, const char *site, struct span text)
{
	return (struct audit_record){ .wall_ns = NOW, .id = SPAN(ID), .tenant = span_of(tenant), .site = span_of(site), .text = text };
}

static void put(struct audit_folder *folder, const char *tenant, const char *site, struct span text)
{
	struct audit_record record = record_of(tenant, site, text);

	assert_int_equal(audit_folder_put(folder, &record), RESULT_OK);
}

static void start(struct audit_folder *folder, uint64_t limit)
{
	assert_int_equal(audit_folder_open(folder, stage_folder(root), limit, NULL, NULL), RESULT_OK);
}

static void finish(struct audit_folder *folder)
{
	char command[64];

	audit_folder_done(folder);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	assert_int_equal(system(command), 0);
}

static size_t read_file(const char *path, char *out, size_t room)
{
	char whole[512];
	FILE *file;
	size_t len;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	file = fopen(whole, "r");
	if (!file)
		return SIZE_MAX;
	len = fread(out, 1, room - 1, file);
	out[len] = 0;
	fclose(file);
	return len;
}

static unsigned count_files(const char *path)
{
	char command[600];
	unsigned count = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "find %s/%s -type f 2>/dev/null | wc -l", root, path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%u", &count), 1);
	pclose(pipe);
	return count;
}

/* Whatever a name is, its log stays below the folder. */
static void names(void **state)
{
	static const struct { const char *tenant, *site, *path; } rows[] = {
		{ "stad", "www.stad.example", "stad/www.stad.example/audit.log" }, { "..", "../../x", "%2e./%2e.%2f..%2fx/audit.log" },
		{ "a b", "\xc3\xa9", "a%20b/%c3%a9/audit.log" },
	};
	struct audit_folder folder;
	struct audit_record record = record_of("t", "", SPAN("x\n"));
	char text[64], longest[400];

	(void)state;
	start(&folder, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put(&folder, rows[i].tenant, rows[i].site, SPAN("one\n"));
		put(&folder, rows[i].tenant, rows[i].site, SPAN("two\n"));
		assert_int_not_equal(read_file(rows[i].path, text, sizeof(text)), SIZE_MAX);
		assert_string_equal(text, "one\ntwo\n");
	}
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_LIMIT);
	memset(longest, 'a', sizeof(longest));
	record.site = span_make(longest, sizeof(longest));  /* never cut: it would be another's */
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_LIMIT);
	assert_int_equal(folder.bytes, 3 * 4096);
	finish(&folder);
}

/* Who has most loses its oldest, and the others nothing. */
static void the_largest_makes_room(void **state)
{
	struct audit_folder folder, again;
	char text[64];

	(void)state;
	start(&folder, 1 << 20);
	put(&folder, "t", "small", SPAN("kept\n"));
	memset(big, 'x', sizeof(big));
	for (unsigned i = 0; i < 20; i++) {
		big[0] = (char)('a' + i);
		put(&folder, "t", "large", span_make(big, sizeof(big)));
		assert_true(folder.bytes <= folder.limit);
	}
	assert_int_equal(read_file("t/small/audit.log", text, sizeof(text)), 5);
	assert_int_not_equal(read_file("t/large/audit.log", text, sizeof(text)), SIZE_MAX);
	assert_int_equal(text[0], 'a' + 19);
	assert_true(folder.dropped_bytes >= 15 * sizeof(big) && count_files("t/large") >= 4);
	assert_int_equal(audit_folder_open(&again, dup(folder.fd), 1 << 20, NULL, NULL), RESULT_OK);
	assert_int_equal(again.bytes, folder.bytes);  /* what was counted is what is there */
	audit_folder_done(&again);
	folder.limit = 4096;
	{
		struct audit_record record = record_of("t", "large", SPAN("x"));

		assert_int_equal(audit_folder_put(&folder, &record), RESULT_LIMIT);
	}
	finish(&folder);
}

static const char *name_minute(uint64_t wall_ns, char out[64])
{
	time_t seconds = (time_t)(wall_ns / 1000000000u);
	struct tm tm;

	assert_non_null(gmtime_r(&seconds, &tm));
	assert_true(strftime(out, 64, "t/s/%Y%m%d/%Y%m%d-%H%M", &tm));
	return out;
}

static void a_minute_goes_at_once(void **state)
{
	struct audit_folder folder;
	struct audit_record record = record_of("t", "s", SPAN("text\n"));
	uint64_t begin = NOW / 60000000000u * 60000000000u - 3600000000000u;
	char id[33], minute[64];

	(void)state;
	start(&folder, 100 * 4096);
	record.is_concurrent = true;
	record.index = SPAN("line");
	for (unsigned i = 0; i < 300; i++) {
		snprintf(id, sizeof(id), "%032u", i);
		record.id = span_of(id);
		record.wall_ns = begin + i * 6000000000ull;  /* ten a minute */
		assert_int_equal(audit_folder_put(&folder, &record), RESULT_OK);
		assert_true(folder.bytes <= folder.limit);
	}
	assert_int_equal(count_files(name_minute(begin + 29 * 60000000000ull, minute)), 10);
	assert_int_equal(count_files(name_minute(begin, minute)), 0);
	assert_true(folder.dropped_bytes >= 200 * 4096);
	finish(&folder);
}

static void a_torn_end_stays_alone(void **state)
{
	struct audit_folder folder;
	char text[64], path[64];
	int fd;

	(void)state;
	start(&folder, 1 << 20);
	put(&folder, "t", "s", SPAN("{\"a\":1}\n"));
	snprintf(path, sizeof(path), "%s/t/s/audit.log", root);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0 && write(fd, "{\"torn", 6) == 6);
	close(fd);
	put(&folder, "t", "s", SPAN("{\"b\":2}\n"));
	(void)read_file("t/s/audit.log", text, sizeof(text));
	assert_string_equal(text, "{\"a\":1}\n{\"torn\n{\"b\":2}\n");
	finish(&folder);
}

static void a_day_is_a_file_and_age_deletes(void **state)
{
	struct timespec old[2] = { { .tv_sec = time(NULL) - 2 * 86400 }, { .tv_sec = time(NULL) - 2 * 86400 } };
	struct audit_folder folder;
	char text[64];

	(void)state;
	start(&folder, 1 << 20);
	put(&folder, "t", "s", SPAN("old\n"));
	assert_int_equal(utimensat(folder.fd, "t/s/audit.log", old, 0), 0);
	put(&folder, "t", "s", SPAN("new\n"));
	(void)read_file("t/s/audit.log", text, sizeof(text));
	assert_string_equal(text, "new\n");
	assert_int_equal(count_files("t/s"), 2);
	audit_folder_expire(&folder, 3 * 86400000ull, NOW);
	assert_int_equal(count_files("t/s"), 2);
	audit_folder_expire(&folder, 86400000ull, NOW);
	assert_int_equal(count_files("t/s"), 1);
	assert_int_equal(folder.bytes, 4096);
	finish(&folder);
}

/* A link that somebody laid is not followed, and what cannot be written leaves nothing half written. */
static void what_is_no_file_of_ours(void **state)
{
	struct audit_folder folder;
	struct audit_record record = record_of("t", "s", SPAN("x\n"));

	(void)state;
	start(&folder, 1 << 20);
	put(&folder, "t", "s", SPAN("x\n"));
	assert_int_equal(unlinkat(folder.fd, "t/s/audit.log", 0), 0);
	assert_int_equal(symlinkat("/dev/null", folder.fd, "t/s/audit.log"), 0);
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_IO);
	assert_int_equal(unlinkat(folder.fd, "t/s/audit.log", 0), 0);
	assert_int_equal(mkdirat(folder.fd, "t/s/audit.log", 0700), 0);
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_IO);
	finish(&folder);
}

/* Files that somebody moved away are no reason to delete others, nor to write nothing; folders count, and so does what is no minute of ours. */
static void what_others_did(void **state)
{
	struct audit_folder folder;
	struct audit_record record = record_of("t", "s", SPAN("text\n"));
	char command[128];
	int fd;

	(void)state;
	start(&folder, 64 * 4096);
	for (unsigned i = 0; i < 4; i++)
		put(&folder, "t", "moved", span_make(big, 12 * 4096));
	put(&folder, "t", "kept", SPAN("kept\n"));
	snprintf(command, sizeof(command), "rm -rf %s/t/moved", root);
	assert_int_equal(system(command), 0);
	put(&folder, "t", "other", span_make(big, 20 * 4096));
	assert_int_equal(count_files("t/kept"), 1);
	assert_int_equal(folder.bytes, 21 * 4096);
	assert_int_equal(unlinkat(folder.fd, "t/other/audit.log", 0), 0);
	audit_folder_expire(&folder, 86400000ull, NOW);
	assert_int_equal(folder.bytes, 4096);
	record.is_concurrent = true;
	record.index = SPAN("line");
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_OK);
	assert_int_equal(folder.bytes, (1 + 2 + 2) * 4096);
	audit_folder_expire(&folder, 86400000ull, NOW);
	assert_int_equal(folder.bytes, (1 + 2 + 2) * 4096);
	fd = openat(folder.fd, "t/s/2000", O_WRONLY | O_CREAT, 0600);  /* begins with a digit, and is a file */
	assert_true(fd >= 0 && ftruncate(fd, 50 * 4096) == 0);
	close(fd);
	audit_folder_expire(&folder, 86400000ull, NOW);
	put(&folder, "t", "other", span_make(big, 20 * 4096));
	assert_int_equal(faccessat(folder.fd, "t/s/2000", F_OK, 0), -1);
	assert_int_equal(count_files("t/s"), 2);
	finish(&folder);
}

static void a_broken_site_costs_itself(void **state)
{
	struct audit_folder folder;
	struct audit_record record = record_of("t", "s", SPAN("x\n"));

	(void)state;
	start(&folder, 1 << 20);
	put(&folder, "t", "other", SPAN("x\n"));
	assert_int_equal(symlinkat("/", folder.fd, "t/s"), 0);
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_IO);
	folder.patience_ms = 0;
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_REFUSED);
	put(&folder, "t", "other", SPAN("x\n"));
	assert_int_equal(unlinkat(folder.fd, "t/s", 0), 0);
	folder.patience_ms = 60000;
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_OK);
	assert_int_equal(unlinkat(folder.fd, "t/s/audit.log", 0), 0);
	assert_int_equal(mkdirat(folder.fd, "t/s/audit.log", 0700), 0);
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_IO);  /* patience begins anew */
	finish(&folder);
}

/* Somebody laid folders deeper than ours: they cannot be deleted for room, though no site has more. The others go on, among themselves. */
static void what_cannot_be_emptied(void **state)
{
	struct audit_folder folder;
	struct audit_record record = record_of("t", "loud", span_make(big, 12 * 4096));
	char path[128];
	uint64_t stuck_bytes;

	(void)state;
	start(&folder, 64 * 4096);
	assert_true(mkdirat(folder.fd, "t", 0700) == 0 && mkdirat(folder.fd, "t/stuck", 0700) == 0 && mkdirat(folder.fd, "t/stuck/20000101", 0700) == 0 &&
	            mkdirat(folder.fd, "t/stuck/20000101/20000101-0000", 0700) == 0);
	for (unsigned i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "t/stuck/20000101/20000101-0000/%u", i);
		assert_int_equal(mkdirat(folder.fd, path, 0700), 0);
	}
	assert_int_equal(audit_folder_count(&folder), RESULT_OK);
	stuck_bytes = folder.bytes;
	assert_int_equal(stuck_bytes, 32 * 4096);
	put(&folder, "t", "quiet", SPAN("kept\n"));
	for (unsigned i = 0; i < 12; i++) {
		put(&folder, "t", "loud", record.text);
		assert_true(folder.bytes <= folder.limit);
	}
	assert_true(folder.dropped_bytes >= 10 * 12 * 4096);
	assert_int_equal(count_files("t/quiet"), 1);
	assert_int_equal(faccessat(folder.fd, "t/stuck/20000101/20000101-0000/29", F_OK, 0), 0);
	/* Nothing else is left to delete. */
	record.text = span_make(big, 40 * 4096);
	errno = 0;
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_IO);
	assert_int_equal(errno, ENOSPC);
	/* And once somebody has cleared it away, there is room. */
	snprintf(path, sizeof(path), "rm -rf %s/t/stuck", root);
	assert_int_equal(system(path), 0);
	assert_int_equal(audit_folder_put(&folder, &record), RESULT_OK);
	finish(&folder);
}

static void records(void **state)
{
	struct audit_record record = record_of("tenant", "site", SPAN("text")), again;
	struct buffer bytes;
	struct span whole;

	(void)state;
	record.index = SPAN("index");
	record.is_concurrent = true;
	buffer_init(&bytes, 1 << 16);
	assert_int_equal(audit_record_write(&record, &bytes), RESULT_OK);
	whole = buffer_span(&bytes);
	assert_int_equal(audit_record_read(whole, &again), RESULT_OK);
	assert_span(again.tenant, "tenant");
	assert_span(again.site, "site");
	assert_span(again.index, "index");
	assert_span(again.text, "text");
	assert_span(again.id, ID);
	assert_true(again.is_concurrent && again.wall_ns == record.wall_ns);
	for (size_t i = 0; i < whole.len; i++)
		assert_int_equal(audit_record_read(span_take(whole, i), &again), RESULT_MALFORMED);
	buffer_done(&bytes);
}

/* -- the thread -- */

struct flood {
	struct ring_writer ring;
	struct span record;
	int wake_fd;
	_Atomic bool is_over;
};

static void write_ring(struct ring_writer *ring, struct span record, int wake_fd)
{
	static const uint64_t one = 1;

	if (ring_write(ring, record, crc32c_more(0, record)) && write(wake_fd, &one, sizeof(one)) < 0)
		return;  /* it is awake */
}

static void *pour(void *context)
{
	struct flood *flood = context;

	while (!atomic_load(&flood->is_over))
		write_ring(&flood->ring, flood->record, flood->wake_fd);
	return NULL;
}

static void open_ring(void **memory, struct ring_writer *writer)
{
	bool is_new;

	*memory = stage_memory(AUDIT_RING_BYTES);
	assert_int_equal(ring_adopt(*memory, AUDIT_RING_BYTES, &is_new), RESULT_OK);
	ring_writer_open(writer, *memory, AUDIT_RING_BYTES);
}

static struct span make_record(struct buffer *bytes, const char *site, struct span text)
{
	struct audit_record record = record_of("t", site, text);

	buffer_init(bytes, AUDIT_RECORD_MAX);
	assert_int_equal(audit_record_write(&record, bytes), RESULT_OK);
	return buffer_span(bytes);
}

static void wait_for_written(const struct audit_log *log, struct ring_header *ring)
{
	while (atomic_load(&ring->head) != atomic_load(&ring->tail) || !audit_log_state(log).written)
		usleep(1000);
}

/* One ring that is filled without end keeps neither the others waiting nor whoever stops the thread. */
static void a_flood_ends(void **state)
{
	struct log_settings settings = stage_settings();
	struct flood flood = { .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	int folder = stage_folder(root);
	void *rings[2];
	struct ring_writer quiet;
	struct audit_log_birth birth = { .folder_fd = folder, .wake_fd = flood.wake_fd, .rings = rings, .count = 2, .settings = &settings };
	struct buffer loud_bytes, quiet_bytes;
	struct audit_log *log;
	struct audit_folder end = { .fd = folder };
	pthread_t thread;

	(void)state;
	settings.audit_disk_bytes = 4 << 20;
	open_ring(&rings[0], &flood.ring);
	open_ring(&rings[1], &quiet);
	flood.record = make_record(&loud_bytes, "loud", span_make(big, 400));
	alarm(60);
	assert_int_equal(audit_log_start(&birth, &log), RESULT_OK);
	assert_int_equal(pthread_create(&thread, NULL, pour, &flood), 0);
	write_ring(&quiet, make_record(&quiet_bytes, "quiet", SPAN("text\n")), flood.wake_fd);
	wait_for_written(log, quiet.shared);
	audit_log_stop(log);
	atomic_store(&flood.is_over, true);
	pthread_join(thread, NULL);
	alarm(0);
	assert_int_equal(count_files("t/quiet"), 1);
	buffer_done(&loud_bytes);
	buffer_done(&quiet_bytes);
	close(flood.wake_fd);
	for (unsigned i = 0; i < 2; i++)
		munmap(rings[i], AUDIT_RING_BYTES);
	finish(&end);
}

/* Its record waits; another ring's is written meanwhile. */
static void a_broken_site_stops_nobody(void **state)
{
	struct log_settings settings = stage_settings();
	int folder = stage_folder(root), wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	void *rings[2];
	struct ring_writer broken, good;
	struct audit_log_birth birth = { .folder_fd = folder, .wake_fd = wake_fd, .rings = rings, .count = 2, .settings = &settings };
	struct buffer broken_bytes, good_bytes;
	struct audit_folder end = { .fd = folder };
	struct audit_log *log;

	(void)state;
	settings.audit_disk_bytes = 4 << 20;
	assert_int_equal(mkdirat(folder, "t", 0700), 0);
	assert_int_equal(symlinkat("/", folder, "t/broken"), 0);
	open_ring(&rings[0], &broken);
	open_ring(&rings[1], &good);
	write_ring(&broken, make_record(&broken_bytes, "broken", SPAN("text\n")), wake_fd);
	write_ring(&good, make_record(&good_bytes, "good", SPAN("text\n")), wake_fd);
	alarm(60);
	assert_int_equal(audit_log_start(&birth, &log), RESULT_OK);
	wait_for_written(log, good.shared);
	assert_true(audit_log_state(log).error == ENOTDIR || audit_log_state(log).error == ELOOP);
	audit_log_stop(log);
	alarm(0);
	assert_true(ring_has_records(&broken));
	buffer_done(&broken_bytes);
	buffer_done(&good_bytes);
	close(wake_fd);
	for (unsigned i = 0; i < 2; i++)
		munmap(rings[i], AUDIT_RING_BYTES);
	finish(&end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names), cmocka_unit_test(the_largest_makes_room), cmocka_unit_test(a_minute_goes_at_once),
		cmocka_unit_test(a_torn_end_stays_alone), cmocka_unit_test(a_day_is_a_file_and_age_deletes),
		cmocka_unit_test(what_is_no_file_of_ours), cmocka_unit_test(records), cmocka_unit_test(a_flood_ends),
		cmocka_unit_test(what_others_did), cmocka_unit_test(a_broken_site_costs_itself), cmocka_unit_test(a_broken_site_stops_nobody),
		cmocka_unit_test(what_cannot_be_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
