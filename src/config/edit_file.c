/* An edited text takes the place of a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/replace_file.h"
#include "config/edit.h"
#include "config/texts.h"

#include "base/banned.h"

#define PATH_SIZE 4096

/* Reads the file at PATH and compares; STAT is filled. */
static enum result check_before(const char *path, struct span before, struct stat *stat)
{
	enum result result = RESULT_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *bytes = NULL;
	ssize_t count;

	if (fd < 0)
		return errno == ENOENT && before.len == 0 ? RESULT_NOT_FOUND : RESULT_IO;
	if (fstat(fd, stat) != 0 || !S_ISREG(stat->st_mode) || (size_t)stat->st_size > TEXT_MAX_BYTES) {
		close(fd);
		return RESULT_REFUSED;
	}
	bytes = malloc((size_t)stat->st_size + 1);
	count = bytes ? read(fd, bytes, (size_t)stat->st_size + 1) : -1;
	if (!bytes)
		result = RESULT_NO_MEMORY;
	else if (count < 0)
		result = RESULT_IO;
	else if (!span_equal(span_make(bytes, (size_t)count), before))
		result = RESULT_REFUSED;
	free(bytes);
	close(fd);
	return result;
}

static enum result replace(const char *path, struct span text, const struct stat *stat)
{
	size_t slash = span_find_last(span_of(path), '/');
	char folder[PATH_SIZE];
	enum result result;
	int fd, error;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)slash : 1, path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return RESULT_IO;
	result = replace_file(fd, path + slash + 1, text, stat);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* The file itself, behind any link; for a file that is not there yet, the path as an absolute one. */
static bool resolve(struct span path, char out[PATH_SIZE])
{
	char text[PATH_SIZE], folder[PATH_SIZE];
	size_t slash;

	if (span_to_text(path, text, sizeof(text)) != RESULT_OK) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (realpath(text, out))
		return true;
	if (errno != ENOENT)
		return false;
	slash = span_find_last(path, '/');
	if (slash == path.len)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s/", (int)slash, text);
	if (!realpath(folder, out))
		return false;
	return strlen(out) + 1 + path.len < PATH_SIZE &&
	       snprintf(out + strlen(out), PATH_SIZE - strlen(out), "/%s", slash == path.len ? text : text + slash + 1) > 0;
}

enum result config_edit_write(struct span path, struct span before, struct span text)
{
	struct stat stat = { .st_mode = 0640, .st_uid = geteuid(), .st_gid = getegid() };
	char file[PATH_SIZE];
	enum result result;

	if (!resolve(path, file))
		return RESULT_IO;
	result = check_before(file, before, &stat);
	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		return result;
	return replace(file, text, &stat);
}
