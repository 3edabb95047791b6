#include "base/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define STEP_BYTES ((size_t)64 << 10)

enum result read_descriptor(int fd, struct buffer *out)
{
	for (;;) {
		size_t room = buffer_room(out) < STEP_BYTES ? buffer_room(out) : STEP_BYTES;
		char *at = room ? buffer_reserve(out, room) : NULL;
		char one;
		ssize_t got;

		if (room && !at)
			return RESULT_NO_MEMORY;
		got = read(fd, room ? at : &one, room ? room : 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? RESULT_IO : RESULT_OK;
		if (!room)
			return RESULT_LIMIT;
		buffer_commit(out, (size_t)got);
	}
}

static enum result read_opened(int fd, struct buffer *out)
{
	enum result result;
	struct stat stat;
	int error;

	if (fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : errno == ELOOP ? RESULT_REFUSED : RESULT_IO;
	if (fstat(fd, &stat) < 0)
		result = RESULT_IO;
	else
		result = S_ISREG(stat.st_mode) ? read_descriptor(fd, out) : RESULT_REFUSED;
	error = errno;
	close(fd);
	errno = error;
	return result;
}

enum result read_file(const char *path, struct buffer *out)
{
	return read_opened(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), out);
}

enum result read_file_at(int folder, const char *name, struct buffer *out)
{
	return read_opened(openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY), out);
}
