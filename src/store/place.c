/* Where a journal is read on: behind the cursor, unless it is another one now. */
#include <stdlib.h>

#include "store/reading.h"

#include "base/banned.h"

static enum result is_suspect(struct store_journal *journal, int64_t number, bool *out)
{
	const struct cursor *cursor = &journal->sides[STREAM_DETAIL].saved;
	struct day *day;
	uint64_t last = 0, former = 0;
	enum result result = days_open(&journal->store->days, number, true, &day);

	*out = false;
	/* A damaged file is complained of. It keeps nobody from reading on: what it has cannot be known. */
	if (result == RESULT_NOT_FOUND || result == RESULT_MALFORMED || result == RESULT_REFUSED)
		return RESULT_OK;
	if (result == RESULT_OK)
		result = day_last(day, day_id(cursor->epoch, cursor->at.sequence + 1), day_id(cursor->epoch, DAY_SEQUENCE_MAX), &last);
	if (result == RESULT_OK && cursor->former && cursor->until > cursor->at.sequence)
		result = day_last(day, day_id(cursor->former, cursor->at.sequence + 1), day_id(cursor->former, cursor->until), &former);
	if (result != RESULT_OK)
		return result;
	*out = last || former;
	last &= DAY_SEQUENCE_MAX;
	former &= DAY_SEQUENCE_MAX;
	if (last > journal->suspect_until)
		journal->suspect_until = last;
	if (former > journal->suspect_until)
		journal->suspect_until = former;
	return RESULT_OK;
}

static enum result find_suspects(struct store_journal *journal)
{
	size_t count;
	enum result result;

	free(journal->suspects);
	journal->suspects = NULL;
	journal->suspect_count = 0;
	journal->suspect_until = 0;
	result = days_list(&journal->store->days, &journal->suspects, &count);
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		bool is_one;

		result = is_suspect(journal, journal->suspects[i], &is_one);
		if (result == RESULT_OK && is_one)
			journal->suspects[journal->suspect_count++] = journal->suspects[i];
	}
	return result;
}

/* The journal is another one, or lost its end. */
static enum result begin_anew(struct store_journal *journal, struct side *side, uint64_t wall_ms)
{
	struct cursors *cursors = &journal->store->cursors;
	struct follow_mark mark, after = { 0, 0 };
	bool is_there = false;
	enum result result;

	cursor_marks_begin(cursors, &side->saved);
	while (!is_there && (result = cursor_marks_next(cursors, &mark)) == RESULT_OK) {
		result = follow_probe(&side->follow, &mark, &is_there);
		if (result != RESULT_OK)
			break;
		if (is_there)
			after = mark;
	}
	cursor_marks_end(cursors);
	if (!is_there && result != RESULT_END)
		return result;
	result = cursor_begin_epoch(cursors, &side->saved, after, wall_ms);
	if (result == RESULT_OK)
		follow_begin(&side->follow, after.sequence);
	return result;
}

/* Nothing was ever read: it begins at the first line there is, and what was before that is missing. */
static enum result begin_first(struct store_journal *journal, struct side *side, uint64_t wall_ms, struct store_ingested *out)
{
	struct cursor cursor = side->saved;
	enum result result;

	follow_begin(&side->follow, 0);
	result = follow_next(&side->follow);
	if (result == RESULT_OK) {
		follow_hold(&side->follow);
		cursor.missing += side->follow.seal.sequence - 1;
		result = cursor_begin_epoch(&journal->store->cursors, &cursor, (struct follow_mark){ side->follow.seal.sequence - 1, 0 }, wall_ms);
	}
	if (result != RESULT_OK) {
		follow_leave(&side->follow);
		return result;
	}
	out->missing += cursor.missing;
	side->saved = cursor;
	return RESULT_OK;
}

enum result reading_place(struct store_journal *journal, struct side *side, uint64_t wall_ms, struct store_ingested *out)
{
	enum result result;

	if (side->follow.is_placed)
		return RESULT_OK;
	if (!side->saved.epoch) {
		result = begin_first(journal, side, wall_ms, out);
	} else {
		result = follow_place(&side->follow, &side->saved.at);
		if (result == RESULT_END) {
			result = begin_anew(journal, side, wall_ms);
			out->epochs += result == RESULT_OK;
		}
	}
	side->now = side->saved;
	if (result == RESULT_OK && side->saved.stream == STREAM_DETAIL)
		result = find_suspects(journal);
	if (result != RESULT_OK)
		follow_leave(&side->follow);
	return result;
}
