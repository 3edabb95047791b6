#include "base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/hash.h"

#include "base/banned.h"

#define TEMPORARY_MAX 48u

static bool write_all(int fd, struct span text)
{
	while (text.len) {
		ssize_t count = write(fd, text.at, text.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		text = span_skip(text, (size_t)count);
	}
	return true;
}

/* The mode last: whoever the file is given to may change it. */
static bool keep_owner(int fd, const struct stat *stat)
{
	if ((stat->st_uid != geteuid() || stat->st_gid != getegid()) && fchown(fd, stat->st_uid, stat->st_gid) != 0)
		return false;
	return fchmod(fd, stat->st_mode & 0777) == 0;
}

enum result replace_file(int folder, const char *name, struct span text, const struct stat *stat)
{
	char temporary[TEMPORARY_MAX];
	uint64_t random;
	bool is_whole;
	int fd, error;

	random_fill(&random, sizeof(random));
	snprintf(temporary, sizeof(temporary), ".bouclier.%016llx", (unsigned long long)random);
	fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return RESULT_IO;
	is_whole = keep_owner(fd, stat) && write_all(fd, text) && fsync(fd) == 0;
	error = errno;
	close(fd);
	if (is_whole && renameat(folder, temporary, folder, name) == 0)
		return fsync(folder) == 0 ? RESULT_OK : RESULT_IO;
	errno = is_whole ? errno : error;
	error = errno;
	(void)unlinkat(folder, temporary, 0);
	errno = error;
	return RESULT_IO;
}
