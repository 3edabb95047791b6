#include "packet/loader/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "packet/loader/files.h"

#include "base/banned.h"

#define POLL_NS 20000000

uint64_t pending_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum result pending_lock(int wait_ms, int *lock)
{
	const struct timespec pause = { 0, POLL_NS };
	enum result result = loader_folder_make(PENDING_FOLDER);
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

enum result pending_read(struct pending *out)
{
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, sizeof(*out));
	result = loader_file_read(PENDING_FOLDER, "pending", &bytes);
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
	return loader_file_write(PENDING_FOLDER, "pending", span_make((const char *)pending, sizeof(*pending)));
}

void pending_remove(void)
{
	static const char *const names[] = { "pending", "ruleset", "wish", "denied" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)!loader_file_remove(PENDING_FOLDER, names[i]);
}

enum result pending_ruleset_write(struct span text)
{
	return loader_file_write(PENDING_FOLDER, "ruleset", text);
}

enum result pending_ruleset_read(struct buffer *out)
{
	return loader_file_read(PENDING_FOLDER, "ruleset", out);
}

/* Told, not needed: without room for it nothing else suffers. */
void pending_undone_write(struct span sentence)
{
	if (loader_file_write(PENDING_FOLDER, "undone", sentence) != RESULT_OK)
		(void)!loader_file_remove(PENDING_FOLDER, "undone");
}

void pending_undone_read(struct buffer *out)
{
	if (loader_file_read(PENDING_FOLDER, "undone", out) != RESULT_OK)
		buffer_reset(out);
}
