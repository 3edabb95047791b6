/* A stream of a journal, read on from a place that is looked at first: is the line there still the one that was read?
 *
 * A journal may have been emptied, or have lost its end in a power failure, and have given the same numbers to other lines. The cursor therefore has the
 * checksum of its line; where it is another's, the last of some older marks whose line is still there is where to go on.
 *
 * Owns     the open segment; the folder is the caller's. Nothing is held that is not in the folder any more, once its end was read
 * Threads  one at a time
 */
#ifndef BOUCLIER_STORE_FOLLOW_H
#define BOUCLIER_STORE_FOLLOW_H

#include "event/read.h"

struct follow_mark {
	uint64_t sequence;            /* 0: before the first line */
	uint32_t crc;
};

struct follow {
	int folder_fd;
	enum stream stream;
	bool is_placed;
	bool is_held;                 /* the line that was read last is to be read again */
	struct journal_reader reader;
	uint64_t last;                /* sequence of the line before the one to be read */
	struct span line;
	struct seal seal;
	uint64_t damaged;             /* lines before it that are not whole: the caller's to set to 0 once it took the line */
};

void follow_init(struct follow *follow, int folder_fd, enum stream stream);
void follow_done(struct follow *follow);

/* RESULT_OK: it stands behind CURSOR. RESULT_END: the journal is another than CURSOR's; nothing has been done. RESULT_MORE: there is no journal now. */
enum result follow_place(struct follow *follow, const struct follow_mark *cursor) must_check;
/* Is the line of MARK still there? Of several, for RESULT_END above. */
enum result follow_probe(struct follow *follow, const struct follow_mark *mark, bool *is_there) must_check;
/* Stands behind SEQUENCE, unseen. */
void follow_begin(struct follow *follow, uint64_t sequence);
/* Is to be placed again. */
void follow_leave(struct follow *follow);

/* The next line, until the next call. RESULT_MORE: none for now; where the file was taken away it has to be placed again before the next call. */
enum result follow_next(struct follow *follow) must_check;
/* The next call gives the same line. */
static inline void follow_hold(struct follow *follow)
{
	follow->is_held = true;
}

#endif
