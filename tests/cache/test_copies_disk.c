/* Copies of a node, and a disk on which others have been at work, or that refuses. */
#include "copies_stage.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cache/continuity/folder.h"

#include "base/banned.h"

/* One bit of the last byte: of the body. */
static void damage(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat status;
	char byte = 0;

	assert_true(fd >= 0 && fstat(fd, &status) == 0 && pread(fd, &byte, 1, status.st_size - 1) == 1);
	byte ^= 1;
	assert_true(pwrite(fd, &byte, 1, status.st_size - 1) == 1 && close(fd) == 0);
}

static void shorten(const char *path)
{
	assert_int_equal(truncate(path, 200), 0);
}

static void damaged(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(each_file(stage, ".copy", damage), 1);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
	for (unsigned i = 0; i < WAIT_MS && each_file(stage, ".copy", NULL); i++)
		usleep(1000);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(each_file(stage, ".copy", shorten), 1);
	again(stage);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
}

/* A tenant's file in another's folder, or under another name. */
static void misplaced(const char *path)
{
	char to[600];
	const char *name = strrchr(path, '/');

	snprintf(to, sizeof(to), "%.*s/%016llx%s", (int)(strstr(path, "/continuity/") - path + 11), path, (unsigned long long)OTHER_SITE, name);
	assert_int_equal(rename(path, to), 0);
}

static void another_place(void **state)
{
	struct stage *stage = *state;

	save(stage, OTHER_SITE, "/x", 10, COPY_ORDINARY);  /* its folder is there */
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ OTHER_SITE, PURGE_PREFIX, SPAN("/") }, true, &(size_t){ 0 }));
	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(each_file(stage, ".copy", misplaced), 1);
	again(stage);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(find(stage, OTHER_SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
}

static char kept_path[512], aside_path[600];

static void set_aside(const char *path)
{
	snprintf(kept_path, sizeof(kept_path), "%s", path);
	snprintf(aside_path, sizeof(aside_path), "%.*s/aside", (int)(strstr(path, "/continuity/") - path), path);
	assert_int_equal(rename(path, aside_path), 0);
}

/* The edge before us has written a copy for colleagues where the index has one for all: that is what it is from then on. */
static void replaced_by_another_edge(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_ask ask = { .site = SITE, .key = key_of(SITE, "/", key), .fields = &(struct fields){ .count = 0 }, .is_private = true };

	save_flags(stage, SITE, "/", 10, COPY_IS_PRIVATE, SPAN_NONE, SPAN_NONE);
	assert_int_equal(each_file(stage, ".copy", set_aside), 1);
	save(stage, SITE, "/", 20, COPY_ORDINARY);
	assert_int_equal(rename(aside_path, kept_path), 0);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 0);
	assert_int_equal(copies_state(stage->copies).copies, 1);
	assert_int_equal(copies_find(stage->copies, &ask, NULL, NULL), COPIES_WAIT);
}

/* Nothing is taken away behind a link. */
static void a_link_in_the_place_of_a_site(void **state)
{
	struct stage *stage = *state;
	struct copy_folder folder = { .fd = stage->fd };
	struct copy_place place = { .site = SITE, .name = "a.copy" };
	char path[128], link[128];

	snprintf(path, sizeof(path), "%s/elsewhere", stage->folder);
	snprintf(link, sizeof(link), "%s/%016llx", stage->folder, (unsigned long long)SITE);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	snprintf(path, sizeof(path), "%s/elsewhere/a.copy", stage->folder);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_result(copy_folder_delete(&folder, &place), RESULT_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(link), 0);
	assert_ok(copy_folder_delete(&folder, &place));
}

static void a_key_that_others_read(void **state)
{
	struct stage *stage = *state;
	char path[128];

	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	copies_free(stage->copies);
	snprintf(path, sizeof(path), "%s/continuity/key", stage->folder);
	assert_int_equal(chmod(path, 0644), 0);
	begin(stage);
	assert_true(copies_state(stage->copies).has_bad_key);
	assert_int_equal(find(stage, SITE, "/"), -1);
	copies_free(stage->copies);
	assert_int_equal(chmod(path, 0600), 0);
	begin(stage);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	copies_free(stage->copies);
	assert_int_equal(unlink(path), 0);  /* lost: what it signed is nobody's */
	begin(stage);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(copies_state(stage->copies).damaged, 1);
	save(stage, SITE, "/", 6000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 6000);
}

/* It says so once, keeps what there was, and goes on when there is room. */
static void a_disk_that_refuses(void **state)
{
	struct stage *stage = *state;
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 3000, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	save(stage, SITE, "/", 6000, COPY_ORDINARY);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(copies_state(stage->copies).error, EFBIG);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	small.rlim_cur = 50;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_result(copies_pin(stage->copies, SITE, SPAN("/")), RESULT_IO);
	assert_result(copies_pin(stage->copies, SITE, SPAN("/")), RESULT_IO);  /* it is no more on disk than before */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(each_file(stage, ".pin", NULL), 0);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/")));
	assert_int_equal(each_file(stage, ".pin", NULL), 1);
	assert_int_equal(copies_state(stage->copies).pins, 1);
	assert_int_equal(each_file(stage, ".part", NULL), 0);
	save(stage, SITE, "/", 7000, COPY_ORDINARY);
	assert_int_equal(copies_state(stage->copies).error, 0);
	assert_int_equal(find(stage, SITE, "/"), 7000);
}

/* Killed while it wrote. */
static void what_was_left_half(void **state)
{
	struct stage *stage = *state;
	char path[160];
	int fd;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	snprintf(path, sizeof(path), "%s/continuity/%016llx/abc.copy.0123456789abcdef.part", stage->folder, (unsigned long long)SITE);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, "BCLRCOPY", 8) == 8);
	close(fd);
	again(stage);
	assert_int_equal(each_file(stage, ".part", NULL), 0);
	assert_int_equal(copies_state(stage->copies).copies, 1);
}

/* While the key cannot be used nothing is known of what lies there: what is dropped then is not found once it can. */
static void dropped_before_it_is_found(void **state)
{
	struct stage *stage = *state;
	char path[128];
	size_t count;

	save(stage, SITE, "/a", 10, COPY_ORDINARY);
	save(stage, SITE, "/b", 10, COPY_ORDINARY);
	save(stage, OTHER_SITE, "/a", 10, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a")));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/b")));
	copies_free(stage->copies);
	snprintf(path, sizeof(path), "%s/continuity/key", stage->folder);
	assert_int_equal(chmod(path, 0644), 0);
	begin(stage);
	assert_true(copies_state(stage->copies).has_bad_key);
	assert_result(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/a") }, false, &count), RESULT_TIMEOUT);
	assert_result(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/b") }, true, &count), RESULT_TIMEOUT);
	assert_int_equal(chmod(path, 0600), 0);
	for (unsigned i = 0; i < 3 * WAIT_MS && !copies_state(stage->copies).is_open; i++)
		usleep(1000);
	assert_int_equal(copies_state(stage->copies).copies, 1);
	assert_int_equal(find(stage, OTHER_SITE, "/a"), 10);
	assert_int_equal(copies_state(stage->copies).pins, 1);
	assert_int_equal(each_file(stage, ".copy", NULL) + each_file(stage, ".pin", NULL), 2);
}

static bool becomes(struct stage *stage, const char *path, long bytes)
{
	for (unsigned i = 0; i < WAIT_MS; i++) {
		if (find(stage, SITE, path) == bytes)
			return true;
		usleep(1000);
	}
	return false;
}

/* An edge takes over, has looked at what lies on disk, and the one before it writes on until it is told. */
static void what_the_edge_before_wrote_last(void **state)
{
	struct stage *stage = *state, next = *stage;
	size_t count;

	save(stage, SITE, "/early", 10, COPY_ORDINARY);
	save(stage, SITE, "/changed", 10, COPY_ORDINARY);
	begin(&next);
	assert_int_equal(find(&next, SITE, "/early"), 10);
	usleep(1100000);  /* dates are of seconds */
	save(stage, SITE, "/late", 20, COPY_ORDINARY);
	save(stage, SITE, "/changed", 5000, COPY_ORDINARY);
	save(stage, SITE, "/purged", 30, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/late")));
	usleep(1500000);  /* it looks whether the other has gone */
	assert_int_equal(find(&next, SITE, "/late"), -1);
	save(&next, SITE, "/own", 40, COPY_ORDINARY);
	assert_ok(copies_drop(next.copies, &(struct cache_purge){ SITE, PURGE_PREFIX, SPAN("/own") }, false, &count));
	assert_int_equal(count, 1);
	assert_ok(copies_drop(next.copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/purged") }, false, &count));
	assert_int_equal(count, 0);
	next.drops += 2;
	save(&next, SITE, "/own", 50, COPY_ORDINARY);  /* later than the purge */
	assert_int_equal(find(&next, SITE, "/own"), 50);
	copies_leave(stage->copies);
	assert_true(becomes(&next, "/late", 20));
	assert_int_equal(find(&next, SITE, "/purged"), -1);
	assert_int_equal(find(&next, SITE, "/own"), 50);
	assert_int_equal(find(&next, SITE, "/changed"), 5000);
	assert_int_equal(find(&next, SITE, "/early"), 10);
	assert_int_equal(copies_state(next.copies).copies, 4);
	assert_int_equal(copies_state(next.copies).pins, 1);
	assert_int_equal(copies_state(next.copies).bytes, 3 * 4096 + 8192);
	assert_int_equal(each_file(stage, ".copy", NULL), 4);
	assert_int_equal(copies_state(next.copies).damaged, 0);
	copies_free(next.copies);
}

/* The origin says that pages are gone before anybody knows that there are copies of them. Pinned ones stay. */
static void gone_before_it_is_found(void **state)
{
	struct stage *stage = *state;
	char path[128];

	save(stage, SITE, "/a", 10, COPY_ORDINARY);
	save(stage, SITE, "/b", 20, COPY_ORDINARY);
	save(stage, SITE, "/pinned", 30, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/pinned")));
	copies_free(stage->copies);
	snprintf(path, sizeof(path), "%s/continuity/key", stage->folder);
	assert_int_equal(chmod(path, 0644), 0);
	begin(stage);
	copies_forget(stage->copies, key_of(SITE, "/a", (char[256]){ 0 }), true);
	copies_forget(stage->copies, key_of(SITE, "/pinned", (char[256]){ 0 }), true);
	assert_int_equal(chmod(path, 0600), 0);
	for (unsigned i = 0; i < 3 * WAIT_MS && !copies_state(stage->copies).is_open; i++)
		usleep(1000);
	assert_int_equal(find(stage, SITE, "/b"), 20);
	assert_int_equal(find(stage, SITE, "/pinned"), 30);
	assert_int_equal(find(stage, SITE, "/a"), -1);
	assert_int_equal(copies_state(stage->copies).copies, 2);
}

/* Between the two looks of an edge that takes over: what the one before it still writes was made before. */
static void gone_between_two_looks(void **state)
{
	struct stage *stage = *state, next = *stage;

	save(stage, SITE, "/early", 10, COPY_ORDINARY);
	begin(&next);
	assert_int_equal(find(&next, SITE, "/early"), 10);
	while (clock_wall_ns() % 1000000000u > 300000000u)
		usleep(1000);  /* dates are of seconds */
	copies_forget(next.copies, key_of(SITE, "/early", (char[256]){ 0 }), true);
	copies_forget(next.copies, key_of(SITE, "/late", (char[256]){ 0 }), true);
	save(stage, SITE, "/early", 20, COPY_ORDINARY);
	save(stage, SITE, "/late", 30, COPY_ORDINARY);
	save(stage, SITE, "/last", 40, COPY_ORDINARY);
	copies_leave(stage->copies);
	assert_true(becomes(&next, "/last", 40));
	assert_int_equal(find(&next, SITE, "/early"), -1);
	assert_int_equal(find(&next, SITE, "/late"), -1);
	assert_int_equal(copies_state(next.copies).copies, 1);
	copies_free(next.copies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(damaged), TEST(another_place), TEST(replaced_by_another_edge), TEST(a_link_in_the_place_of_a_site), TEST(a_key_that_others_read),
		TEST(a_disk_that_refuses), TEST(what_was_left_half), TEST(dropped_before_it_is_found),
		TEST(what_the_edge_before_wrote_last), TEST(gone_before_it_is_found), TEST(gone_between_two_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
