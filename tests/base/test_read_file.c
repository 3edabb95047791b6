#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"

#define WHOLE (((size_t)64 << 10) + 7)

static char folder[] = "/tmp/bouclier-read-file-XXXXXX";

static int make(void **unused)
{
	int fd;

	(void)unused;
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	fd = open("file", O_WRONLY | O_CREAT, 0600);
	for (size_t i = 0; i < WHOLE; i++)
		assert_int_equal(write(fd, i % 2 ? "b" : "a", 1), 1);
	close(fd);
	fd = open("empty", O_WRONLY | O_CREAT, 0600);
	close(fd);
	return symlink("file", "link") || mkfifo("pipe", 0600);
}

static int remove_all(void **unused)
{
	(void)unused;
	return unlink("file") || unlink("empty") || unlink("link") || unlink("pipe") || rmdir(folder);
}

static enum result read_with(const char *name, size_t max, bool is_at, size_t *len)
{
	struct buffer out;
	enum result result;

	buffer_init(&out, max);
	result = is_at ? read_file_at(AT_FDCWD, name, &out) : read_file(name, &out);
	*len = buffer_len(&out);
	for (size_t i = 0; i < *len; i++)
		assert_int_equal(buffer_span(&out).at[i], i % 2 ? 'b' : 'a');
	buffer_done(&out);
	return result;
}

static void a_file_is_read_whole_or_its_front(void **unused)
{
	static const struct { size_t max; enum result result; size_t len; } rows[] = {
		{ WHOLE + 1, RESULT_OK, WHOLE }, { WHOLE, RESULT_OK, WHOLE }, { WHOLE - 1, RESULT_LIMIT, WHOLE - 1 }, { 1, RESULT_LIMIT, 1 }, { 0, RESULT_LIMIT, 0 },
	};
	size_t len;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_result(read_with("file", rows[i].max, i % 2, &len), rows[i].result);
		assert_int_equal(len, rows[i].len);
	}
	assert_result(read_with("empty", 0, false, &len), RESULT_OK);
}

static void what_is_no_file_is_told_apart(void **unused)
{
	size_t len;

	(void)unused;
	assert_result(read_with("none", 10, false, &len), RESULT_NOT_FOUND);
	assert_int_equal(errno, ENOENT);
	assert_result(read_with("none", 10, true, &len), RESULT_NOT_FOUND);
	assert_result(read_with("file/below", 10, false, &len), RESULT_IO);
	assert_int_equal(errno, ENOTDIR);
	assert_result(read_with("pipe", 10, false, &len), RESULT_REFUSED);  /* nobody writes there: whoever waited would hang */
	assert_result(read_with(".", 10, false, &len), RESULT_REFUSED);
	assert_result(read_with("link", WHOLE, false, &len), RESULT_OK);
	assert_result(read_with("link", WHOLE, true, &len), RESULT_REFUSED);
	assert_int_equal(len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_file_is_read_whole_or_its_front), cmocka_unit_test(what_is_no_file_is_told_apart) };

	return cmocka_run_group_tests(tests, make, remove_all);
}
