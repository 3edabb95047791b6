/* A file is the old one or the new one, with its owner and its mode. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "base/replace_file.h"

#include "base/banned.h"

static char folder[] = "/tmp/test-replace-XXXXXX";
static int folder_fd;

static void assert_holds(const char *text, mode_t mode)
{
	char bytes[64] = "";
	struct stat stat;
	int fd = openat(folder_fd, "file", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && read(fd, bytes, sizeof(bytes) - 1) >= 0 && fstat(fd, &stat) == 0);
	close(fd);
	assert_string_equal(bytes, text);
	assert_int_equal(stat.st_mode & 07777, mode);
}

static unsigned entries(void)
{
	DIR *list = opendir(folder);
	unsigned count = 0;

	assert_non_null(list);
	while (readdir(list))
		count++;
	closedir(list);
	return count - 2;
}

static void replaced(void **state)
{
	struct stat stat = { .st_mode = S_IFREG | 04640, .st_uid = geteuid(), .st_gid = getegid() };

	(void)state;
	assert_ok(replace_file(folder_fd, "file", SPAN("one"), &stat));
	assert_holds("one", 0640);
	stat.st_mode = 0600;
	assert_ok(replace_file(folder_fd, "file", SPAN("another one"), &stat));
	assert_holds("another one", 0600);
	assert_int_equal(entries(), 1);
}

/* The disk is full in the middle: what was there is there, and nothing else. */
static void not_whole(void **state)
{
	const struct stat stat = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
	struct rlimit before, small;

	(void)state;
	assert_ok(replace_file(folder_fd, "file", SPAN("whole"), &stat));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 4, before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	errno = 0;
	assert_result(replace_file(folder_fd, "file", SPAN("too long"), &stat), RESULT_IO);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_holds("whole", 0600);
	assert_int_equal(entries(), 1);
}

static void nowhere(void **state)
{
	const struct stat stat = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };

	(void)state;
	assert_result(replace_file(-1, "file", SPAN("x"), &stat), RESULT_IO);
	assert_int_equal(errno, EBADF);
	assert_int_equal(mkdirat(folder_fd, "folder", 0700), 0);
	assert_result(replace_file(folder_fd, "folder", SPAN("x"), &stat), RESULT_IO);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(unlinkat(folder_fd, "folder", AT_REMOVEDIR), 0);
	assert_int_equal(entries(), 1);
}

static int begin(void **state)
{
	(void)state;
	folder_fd = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return folder_fd < 0;
}

static int end(void **state)
{
	(void)state;
	unlinkat(folder_fd, "file", 0);
	close(folder_fd);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(replaced), cmocka_unit_test(not_whole), cmocka_unit_test(nowhere) };

	return cmocka_run_group_tests_name("base/replace_file", tests, begin, end);
}
