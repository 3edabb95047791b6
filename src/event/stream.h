/* The writing end of one stream of the journal: segments that grow, are closed when full, and are taken up again after a
 * crash. Never a torn line behind a good one: what could not be written whole is cut off again.
 *
 * Owns     the descriptor of the open segment; the folder is the caller's
 * Threads  the journal's
 */
#ifndef BOUCLIER_EVENT_STREAM_H
#define BOUCLIER_EVENT_STREAM_H

#include "event/seal.h"
#include "event/segment.h"

struct stream_writer {
	enum stream stream;
	int folder_fd, fd;        /* fd is -1 between two segments */
	uint64_t sequence;        /* of the last line written */
	uint64_t size;            /* of the open segment */
	uint64_t failed_syncs;
	bool is_dirty;            /* something was written since the last fsync */
};

/* Told of each good line of the last segment. */
struct stream_witness {
	void *context;
	void (*line)(void *context, const struct seal *seal);
};

void stream_writer_init(struct stream_writer *writer, enum stream stream, int folder_fd);
void stream_writer_done(struct stream_writer *writer);
/* Takes up the last segment: finds the last sequence, cuts what is torn behind the last good line, and counts in DAMAGED the
 * lines that are not whole. RESULT_IO, RESULT_NO_MEMORY: nothing was taken up; try again. */
enum result stream_recover(struct stream_writer *writer, struct stream_witness witness, uint64_t *damaged) must_check;
/* Appends LINES whole lines, numbered from sequence + 1. RESULT_IO (errno tells): none of them is in the file. */
enum result stream_write(struct stream_writer *writer, struct span text, uint64_t lines) must_check;
/* Brings to the disk what was written since the last time. A failure is counted: what it cost is not known. */
void stream_sync(struct stream_writer *writer);

#endif
