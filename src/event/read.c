#include "event/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

void journal_reader_init(struct journal_reader *reader, int folder_fd, enum stream stream)
{
	*reader = (struct journal_reader){ .stream = stream, .folder_fd = folder_fd, .fd = -1, .from = 1 };
}

static void close_segment(struct journal_reader *reader)
{
	if (reader->fd < 0)
		return;
	segment_lines_done(&reader->lines);
	close(reader->fd);
	reader->fd = -1;
}

void journal_reader_done(struct journal_reader *reader)
{
	close_segment(reader);
}

void journal_reader_from(struct journal_reader *reader, uint64_t from)
{
	close_segment(reader);
	reader->from = from ? from : 1;
	reader->first = reader->expected = 0;
}

/* The segment to open next: the one that holds `from` at the start, then the one behind the open one. 0: none. */
static enum result find_segment(const struct journal_reader *reader, uint64_t *first)
{
	struct segment_list list;
	enum result result = segment_list_read(reader->folder_fd, reader->stream, &list);

	*first = 0;
	if (result != RESULT_OK)
		return result;
	for (size_t i = 0; i < list.count; i++) {
		bool is_candidate = reader->fd < 0 ? (i + 1 == list.count || list.firsts[i + 1] > reader->from) : list.firsts[i] > reader->first;

		if (is_candidate) {
			*first = list.firsts[i];
			break;
		}
	}
	free(list.firsts);
	return RESULT_OK;
}

/* RESULT_NOT_FOUND: it was dropped meanwhile. */
static enum result open_segment(struct journal_reader *reader, uint64_t first)
{
	char name[SEGMENT_NAME_MAX];
	int fd;

	segment_name(reader->stream, first, name);
	fd = openat(reader->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
	close_segment(reader);
	reader->fd = fd;
	reader->first = first;
	segment_lines_init(&reader->lines, fd);
	return RESULT_OK;
}

/* Goes on to the next segment. RESULT_MORE: there is none. */
static enum result advance(struct journal_reader *reader, uint64_t first)
{
	enum result result = RESULT_OK;

	if (first == 0) {
		result = find_segment(reader, &first);
		if (result != RESULT_OK)
			return result;
	}
	if (first == 0)
		return RESULT_MORE;
	result = open_segment(reader, first);
	return result == RESULT_NOT_FOUND ? RESULT_OK : result;  /* looked for again */
}

/* A line, good or not, of the open segment; goes on to the next segment when there is one. */
static enum result next_line(struct journal_reader *reader, struct span *line)
{
	for (;;) {
		uint64_t following = 0;
		enum result result;

		if (reader->fd >= 0) {
			result = segment_lines_next(&reader->lines, line);
			if (result != RESULT_MORE)
				return result;
			/* The writer may have added lines before it began the next segment: the end is only the end if it is
			 * still there once the next segment is seen. */
			result = find_segment(reader, &following);
			if (result != RESULT_OK)
				return result;
			if (following == 0)
				return RESULT_MORE;
			result = segment_lines_next(&reader->lines, line);
			if (result != RESULT_MORE)
				return result;
		}
		result = advance(reader, following);
		if (result != RESULT_OK)
			return result;
	}
}

enum result journal_reader_next(struct journal_reader *reader, struct span *line, struct seal *seal)
{
	struct span found;
	enum result result;

	while ((result = next_line(reader, &found)) == RESULT_OK || result == RESULT_LIMIT) {
		if (result == RESULT_LIMIT || seal_read(found, seal) != RESULT_OK) {
			reader->damaged++;
			continue;
		}
		if (reader->expected && seal->sequence > reader->expected)
			reader->missing += seal->sequence - reader->expected;
		reader->expected = seal->sequence + 1;
		if (seal->sequence < reader->from)
			continue;
		*line = found;
		return RESULT_OK;
	}
	return result;
}

enum result journal_reader_from_end(struct journal_reader *reader, uint64_t count)
{
	struct segment_list list;
	uint64_t last = 0, first = 0;
	struct seal seal;
	struct span line;
	enum result result = segment_list_read(reader->folder_fd, reader->stream, &list);

	if (result != RESULT_OK)
		return result;
	if (list.count)
		first = list.firsts[list.count - 1];
	free(list.firsts);
	if (first == 0)
		return RESULT_OK;
	last = first - 1;
	journal_reader_from(reader, first);
	while ((result = journal_reader_next(reader, &line, &seal)) == RESULT_OK)
		last = seal.sequence;
	reader->damaged = reader->missing = 0;
	journal_reader_from(reader, last + 1 > count ? last + 1 - count : 1);
	return result == RESULT_MORE ? RESULT_OK : result;
}
