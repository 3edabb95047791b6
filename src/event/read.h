/* Reading a journal while it is being written: its segments in order, every checksum looked at.
 *
 * Owns     the open segment; the folder is the caller's
 * Threads  one at a time; any number of readers, in any process
 */
#ifndef BOUCLIER_EVENT_READ_H
#define BOUCLIER_EVENT_READ_H

#include "event/seal.h"
#include "event/segment.h"

struct journal_reader {
	enum stream stream;
	int folder_fd, fd;       /* fd is -1 before the first segment */
	uint64_t first;          /* of the open segment */
	uint64_t from;           /* lines before this sequence are passed over */
	uint64_t expected;       /* sequence after the last line; 0: none yet */
	uint64_t damaged;        /* lines that were not whole */
	uint64_t missing;        /* sequences that no line has: segments that were dropped, damaged lines */
	struct segment_lines lines;
};

void journal_reader_init(struct journal_reader *reader, int folder_fd, enum stream stream);
void journal_reader_done(struct journal_reader *reader);
/* Begins at sequence FROM, or at the first one after it that is still there. Before the first journal_reader_next. */
void journal_reader_from(struct journal_reader *reader, uint64_t from);
/* Begins COUNT lines before the end. Reads the last segment through. */
enum result journal_reader_from_end(struct journal_reader *reader, uint64_t count) must_check;
/* The next good line, until the next call. RESULT_MORE: none for now; ask again later to follow. RESULT_IO,
 * RESULT_NO_MEMORY. */
enum result journal_reader_next(struct journal_reader *reader, struct span *line, struct seal *seal) must_check;

#endif
