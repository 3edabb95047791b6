#include "packet/loader/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"

#include "base/banned.h"

#define PATH_BYTES 128u

enum result loader_folder_make(const char *folder)
{
	struct stat status;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return RESULT_IO;
	if (lstat(folder, &status) < 0)
		return RESULT_IO;
	return S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 022) ? RESULT_OK : RESULT_REFUSED;
}

static enum result write_all(int fd, struct span bytes)
{
	while (bytes.len) {
		ssize_t written = write(fd, bytes.at, bytes.len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return RESULT_IO;
		bytes = span_skip(bytes, (size_t)written);
	}
	return fsync(fd) == 0 ? RESULT_OK : RESULT_IO;
}

/* A name of its own first. */
enum result loader_file_write(const char *folder, const char *name, struct span bytes)
{
	char path[PATH_BYTES], temporary[PATH_BYTES + 8];
	enum result result;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return RESULT_IO;
	result = write_all(fd, bytes);
	if (result == RESULT_OK && rename(temporary, path) < 0)
		result = RESULT_IO;
	close(fd);
	return result;
}

enum result loader_file_read(const char *folder, const char *name, struct buffer *out)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return read_file(path, out);
}

enum result loader_file_remove(const char *folder, const char *name)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return unlink(path) == 0 ? RESULT_OK : errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
}
