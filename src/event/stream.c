#include "event/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

void stream_writer_init(struct stream_writer *writer, enum stream stream, int folder_fd)
{
	*writer = (struct stream_writer){ .stream = stream, .folder_fd = folder_fd, .fd = -1 };
}

static void close_segment(struct stream_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	writer->fd = -1;
	writer->size = 0;
	writer->is_dirty = false;
}

void stream_writer_done(struct stream_writer *writer)
{
	close_segment(writer);
}

/* Reads the segment at FD through: where its last good line ends goes to SIZE. */
static enum result read_through(struct stream_writer *writer, int fd, struct stream_witness witness, uint64_t *size, uint64_t *damaged)
{
	struct segment_lines lines;
	uint64_t wrong = 0;
	enum result result;

	segment_lines_init(&lines, fd);
	do {
		struct span line;
		struct seal seal;

		result = segment_lines_next(&lines, &line);
		if (result == RESULT_OK && seal_read(line, &seal) == RESULT_OK) {
			writer->sequence = seal.sequence;
			*size = lines.offset + line.len + 1;
			if (witness.line)
				witness.line(witness.context, &seal);
		} else if (result == RESULT_OK || result == RESULT_LIMIT) {
			wrong++;
		}
	} while (result == RESULT_OK || result == RESULT_LIMIT);
	segment_lines_done(&lines);
	if (result == RESULT_MORE)
		*damaged += wrong;
	return result == RESULT_MORE ? RESULT_OK : result;
}

enum result stream_recover(struct stream_writer *writer, struct stream_witness witness, uint64_t *damaged)
{
	struct segment_list list;
	char name[SEGMENT_NAME_MAX];
	struct stat status;
	uint64_t first, size = 0, wrong = 0;
	enum result result = segment_list_read(writer->folder_fd, writer->stream, &list);
	int fd;

	if (result != RESULT_OK || list.count == 0)
		return result;
	first = list.firsts[list.count - 1];
	free(list.firsts);
	segment_name(writer->stream, first, name);
	fd = openat(writer->folder_fd, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return RESULT_IO;
	writer->sequence = first - 1;
	result = read_through(writer, fd, witness, &size, &wrong);
	if (result == RESULT_OK && (fstat(fd, &status) < 0 || ftruncate(fd, (off_t)size) < 0))
		result = RESULT_IO;
	if (result != RESULT_OK) {
		close(fd);
		return result;
	}
	if ((uint64_t)status.st_size > size && wrong == 0)  /* torn within its first line that is not whole */
		wrong = 1;
	*damaged += wrong;
	close_segment(writer);
	writer->fd = fd;
	writer->size = size;
	writer->is_dirty = (uint64_t)status.st_size != size;
	return RESULT_OK;
}

/* The segment that the next line goes to. One of that name that is already there has no line that counts: it was left by
 * a failure between its birth and its first line. */
static enum result open_segment(struct stream_writer *writer)
{
	char name[SEGMENT_NAME_MAX];
	int fd;

	segment_name(writer->stream, writer->sequence + 1, name);
	fd = openat(writer->folder_fd, name, O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return RESULT_IO;
	writer->fd = fd;
	writer->size = 0;
	writer->is_dirty = true;
	(void)fsync(writer->folder_fd);  /* the name; if it fails, so will the next fsync of the data, which is counted */
	return RESULT_OK;
}

static bool write_whole(int fd, struct span text)
{
	while (text.len) {
		ssize_t count = write(fd, text.at, text.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		text = span_skip(text, (size_t)count);
	}
	return true;
}

/* Somebody removed it: what is written to it now, nobody would ever read. */
static bool is_removed(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_nlink == 0;
}

enum result stream_write(struct stream_writer *writer, struct span text, uint64_t lines)
{
	int reason;

	if (writer->size >= SEGMENT_BYTES) {
		stream_sync(writer);
		close_segment(writer);
	} else if (writer->fd >= 0 && is_removed(writer->fd)) {
		close_segment(writer);
	}
	if (writer->fd < 0 && open_segment(writer) != RESULT_OK)
		return RESULT_IO;
	if (!write_whole(writer->fd, text)) {
		reason = errno;
		/* A full disk may have taken a part. If even that cannot be undone, the rest goes to a new segment. */
		if (ftruncate(writer->fd, (off_t)writer->size) < 0 || reason == EIO)
			close_segment(writer);
		errno = reason;
		return RESULT_IO;
	}
	writer->size += text.len;
	writer->sequence += lines;
	writer->is_dirty = true;
	return RESULT_OK;
}

void stream_sync(struct stream_writer *writer)
{
	if (writer->fd < 0 || !writer->is_dirty)
		return;
	/* Also after a failure: the kernel has marked the pages clean, asking again would only say "done". */
	writer->is_dirty = false;
	if (fdatasync(writer->fd) < 0)
		writer->failed_syncs++;
}
