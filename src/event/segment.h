/* The files of a journal: names, lists, lines.
 *
 * Shape    detail-00000000000000000001.jsonl, counts-...: the stream, and the sequence of the segment's first line
 * Limits   a segment is closed once it has SEGMENT_BYTES; a line has at most LINE_MAX_BYTES
 */
#ifndef BOUCLIER_EVENT_SEGMENT_H
#define BOUCLIER_EVENT_SEGMENT_H

#include "base/buffer.h"

enum stream { STREAM_DETAIL, STREAM_COUNTS, STREAM_MAX };

#define SEGMENT_BYTES (8u << 20)
#define SEGMENT_NAME_MAX 40

void segment_name(enum stream stream, uint64_t first, char out[SEGMENT_NAME_MAX]);
/* RESULT_MALFORMED: NAME is not a segment's. */
enum result segment_name_read(struct span name, enum stream *stream, uint64_t *first) must_check;

/* Sequences of first lines, ascending. Owns its list: free(list->firsts). */
struct segment_list {
	uint64_t *firsts;
	size_t count;
};
enum result segment_list_read(int folder_fd, enum stream stream, struct segment_list *out) must_check;

/* Reads lines from a descriptor that may still be growing. */
struct segment_lines {
	int fd;               /* not owned */
	uint64_t offset;      /* of the first byte not yet returned as part of a line */
	struct buffer buffer;
	size_t taken;         /* of the buffer: the line returned last */
	bool is_skipping;     /* in a line that is too long */
};
void segment_lines_init(struct segment_lines *lines, int fd);
void segment_lines_done(struct segment_lines *lines);
/* OUT is without its newline, until the next call. RESULT_MORE: no whole line yet. RESULT_LIMIT: a line longer than
 * LINE_MAX_BYTES was skipped. RESULT_IO, RESULT_NO_MEMORY. */
enum result segment_lines_next(struct segment_lines *lines, struct span *out) must_check;

#endif
