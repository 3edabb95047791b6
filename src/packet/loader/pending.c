#include "packet/loader/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "packet/lists/file.h"

#include "base/banned.h"

#define POLL_NS 20000000

uint64_t pending_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Security, fails closed: a folder that others may write to tells nothing that could be trusted. */
static enum result make_folder(void)
{
	struct stat status;

	if (mkdir(PENDING_FOLDER, 0700) < 0 && errno != EEXIST)
		return RESULT_IO;
	if (lstat(PENDING_FOLDER, &status) < 0)
		return RESULT_IO;
	return S_ISDIR(status.st_mode) && status.st_uid == geteuid() && !(status.st_mode & 022) ? RESULT_OK : RESULT_REFUSED;
}

enum result pending_lock(int wait_ms, int *lock)
{
	const struct timespec pause = { 0, POLL_NS };
	enum result result = make_folder();
	int fd;

	if (result != RESULT_OK)
		return result;
	fd = open(PENDING_FOLDER "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return RESULT_IO;
	for (int64_t left_ns = (int64_t)wait_ms * 1000000; flock(fd, LOCK_EX | LOCK_NB) < 0; left_ns -= POLL_NS) {
		if (errno != EWOULDBLOCK || left_ns <= 0) {
			result = errno == EWOULDBLOCK ? RESULT_TIMEOUT : RESULT_IO;
			close(fd);
			return result;
		}
		nanosleep(&pause, NULL);
	}
	*lock = fd;
	return RESULT_OK;
}

void pending_unlock(int lock)
{
	close(lock);
}

/* Whole or not at all: a name of its own first. */
static enum result write_file(const char *name, const void *bytes, size_t count)
{
	char path[128], temporary[160];
	const char *at = bytes;
	int fd;

	snprintf(path, sizeof(path), PENDING_FOLDER "/%s", name);
	snprintf(temporary, sizeof(temporary), "%s.new", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return RESULT_IO;
	while (count) {
		ssize_t written = write(fd, at, count);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			close(fd);
			return RESULT_IO;
		}
		at += written;
		count -= (size_t)written;
	}
	close(fd);
	return rename(temporary, path) == 0 ? RESULT_OK : RESULT_IO;
}

static enum result read_file(const char *name, struct buffer *out)
{
	char path[128];
	enum result result;

	snprintf(path, sizeof(path), PENDING_FOLDER "/%s", name);
	result = bounded_file_read(path, out);
	return result == RESULT_IO && errno == ENOENT ? RESULT_NOT_FOUND : result;
}

enum result pending_read(struct pending *out)
{
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, sizeof(*out));
	result = read_file("pending", &bytes);
	if (result == RESULT_OK && buffer_len(&bytes) != sizeof(*out))
		result = RESULT_MALFORMED;
	if (result == RESULT_OK) {
		memcpy(out, buffer_span(&bytes).at, sizeof(*out));
		if (out->version != PENDING_VERSION || out->index_count > PENDING_INDEXES_MAX || out->kind < PENDING_ATTACH || out->kind > PENDING_EGRESS)
			result = RESULT_MALFORMED;
	}
	buffer_done(&bytes);
	return result;
}

enum result pending_write(const struct pending *pending)
{
	return write_file("pending", pending, sizeof(*pending));
}

void pending_remove(void)
{
	unlink(PENDING_FOLDER "/pending");
	unlink(PENDING_FOLDER "/ruleset");
}

enum result pending_ruleset_write(struct span text)
{
	return write_file("ruleset", text.at, text.len);
}

enum result pending_ruleset_read(struct buffer *out)
{
	return read_file("ruleset", out);
}

/* Told, not needed: without room for it nothing else suffers. */
void pending_undone_write(struct span sentence)
{
	if (write_file("undone", sentence.at, sentence.len) != RESULT_OK)
		unlink(PENDING_FOLDER "/undone");
}

void pending_undone_read(struct buffer *out)
{
	if (read_file("undone", out) != RESULT_OK)
		buffer_reset(out);
}
