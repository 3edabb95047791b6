/* How far each journal was read, in main.db.
 *
 * Shape    a cursor for each source and stream; an epoch for each time that a journal began anew; marks: the ends of the last batches of an epoch
 * Limits   CURSOR_MARKS_MAX marks an epoch; DAY_EPOCH_MAX epochs
 */
#ifndef BOUCLIER_STORE_CURSOR_H
#define BOUCLIER_STORE_CURSOR_H

#include "event/segment.h"
#include "store/follow.h"
#include "store/sqlite.h"

#define CURSOR_MARKS_MAX 256u

struct cursor {
	uint32_t source;
	enum stream stream;
	uint64_t epoch;                /* 0: nothing was ever read */
	struct follow_mark at;
	uint64_t lines, missing, damaged;
	bool is_middle;                /* lines before the first that was ever read were gone: what totals had grown by then is not known */
	uint64_t former, until;        /* the epoch before this one had lines up to UNTIL: those of its lines that are read again are known */
};

struct cursors {
	struct database *database;
	struct statement *load, *save, *begin, *mark, *forget, *marks;
};

enum result cursors_init(struct cursors *cursors, struct database *database) must_check;
void cursors_done(struct cursors *cursors);
/* SOURCE and STREAM say whose. */
enum result cursor_load(struct cursors *cursors, struct cursor *cursor) must_check;
/* In the transaction that is begun. */
enum result cursor_save(struct cursors *cursors, const struct cursor *cursor) must_check;
/* A new epoch, in a transaction of its own, which begins behind AFTER. CURSOR is unchanged unless RESULT_OK. RESULT_LIMIT. */
enum result cursor_begin_epoch(struct cursors *cursors, struct cursor *cursor, struct follow_mark after, uint64_t wall_ms) must_check;
/* The marks of CURSOR's epoch before it, the newest first; RESULT_END after the last. */
void cursor_marks_begin(struct cursors *cursors, const struct cursor *cursor);
enum result cursor_marks_next(struct cursors *cursors, struct follow_mark *out) must_check;
void cursor_marks_end(struct cursors *cursors);

#endif
