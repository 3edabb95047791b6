/* A folder that is emptied, with what lies in its folders, when a test is over. */
#ifndef TESTS_HUB_FOLDER_H
#define TESTS_HUB_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/check.h"
#include "base/buffer.h"

static inline int folder_remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	(void)stat, (void)kind, (void)where;
	return remove(path);
}

static inline void folder_make(char path[40])
{
	snprintf(path, 40, "/tmp/bouclier-test-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static inline void folder_remove(const char *path)
{
	assert_int_equal(nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* All of FOLDER/NAME, into OUT, which is empty. */
static inline void folder_read(const char *folder, const char *name, struct buffer *out)
{
	char path[128];
	int fd;
	ssize_t count;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	do {
		char *room = buffer_reserve(out, 65536);

		assert_non_null(room);
		count = read(fd, room, 65536);
		assert_true(count >= 0);
		buffer_commit(out, (size_t)count);
	} while (count);
	close(fd);
}

static inline void folder_write(const char *folder, const char *name, struct span text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len);
	close(fd);
}

#endif
