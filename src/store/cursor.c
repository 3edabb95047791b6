#include "store/cursor.h"

#include "store/day.h"

#include "base/banned.h"

enum result cursors_init(struct cursors *cursors, struct database *database)
{
	const struct {
		struct statement **statement;
		const char *constant;
	} all[] = {
		{ &cursors->load, "SELECT epoch, sequence, crc, lines, missing, damaged, former, until, after FROM cursors JOIN epochs ON epochs.id = epoch"
		                  " WHERE cursors.source = ?1 AND cursors.stream = ?2" },
		{ &cursors->save, "INSERT OR REPLACE INTO cursors(source, stream, epoch, sequence, crc, lines, missing, damaged)"
		                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" },
		{ &cursors->begin, "INSERT INTO epochs(id, source, stream, begun_ms, after, former, until) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)" },
		{ &cursors->mark, "INSERT OR REPLACE INTO marks(epoch, sequence, crc) VALUES(?1, ?2, ?3)" },
		{ &cursors->forget, "DELETE FROM marks WHERE epoch = ?1 AND sequence < (SELECT sequence FROM marks WHERE epoch = ?1"
		                    " ORDER BY sequence DESC LIMIT 1 OFFSET ?2)" },
		{ &cursors->marks, "SELECT sequence, crc FROM marks WHERE epoch = ?1 AND sequence < ?2 ORDER BY sequence DESC" },
	};
	enum result result = RESULT_OK;

	*cursors = (struct cursors){ .database = database };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && result == RESULT_OK; i++)
		result = statement_new(database, all[i].constant, all[i].statement);
	return result;
}

void cursors_done(struct cursors *cursors)
{
	statement_free(cursors->load);
	statement_free(cursors->save);
	statement_free(cursors->begin);
	statement_free(cursors->mark);
	statement_free(cursors->forget);
	statement_free(cursors->marks);
}

enum result cursor_load(struct cursors *cursors, struct cursor *cursor)
{
	struct statement *row = cursors->load;
	enum result result;

	statement_bind_number(row, 1, cursor->source);
	statement_bind_number(row, 2, (int64_t)cursor->stream);
	result = statement_step(row);
	if (result == RESULT_OK) {
		uint64_t numbers[9];

		for (int i = 0; i < 9; i++)
			numbers[i] = (uint64_t)statement_number(row, i);
		cursor->epoch = numbers[0];
		cursor->at = (struct follow_mark){ numbers[1], (uint32_t)numbers[2] };
		cursor->lines = numbers[3];
		cursor->missing = numbers[4];
		cursor->damaged = numbers[5];
		cursor->former = numbers[6];
		cursor->until = numbers[7];
		cursor->is_middle = !cursor->former && numbers[8];
	} else if (result == RESULT_END) {
		*cursor = (struct cursor){ .source = cursor->source, .stream = cursor->stream };
		result = RESULT_OK;
	}
	statement_reset(row);
	return result;
}

static enum result run(struct statement *statement, const int64_t *numbers, int count)
{
	for (int i = 0; i < count; i++)
		statement_bind_number(statement, i + 1, numbers[i]);
	return statement_run(statement);
}

enum result cursor_save(struct cursors *cursors, const struct cursor *cursor)
{
	const int64_t mark[] = { (int64_t)cursor->epoch, (int64_t)cursor->at.sequence, cursor->at.crc };
	const int64_t forget[] = { (int64_t)cursor->epoch, CURSOR_MARKS_MAX - 1 };
	const int64_t saved[] = { cursor->source, (int64_t)cursor->stream, mark[0], mark[1], mark[2], (int64_t)cursor->lines, (int64_t)cursor->missing,
		                  (int64_t)cursor->damaged };
	enum result result = run(cursors->save, saved, 8);

	if (result == RESULT_OK && cursor->at.sequence)
		result = run(cursors->mark, mark, 3);
	if (result == RESULT_OK)
		result = run(cursors->forget, forget, 2);
	return result;
}

static enum result write_epoch(struct cursors *cursors, const struct cursor *next, uint64_t wall_ms)
{
	const int64_t epoch[] = { (int64_t)next->epoch, next->source, (int64_t)next->stream, (int64_t)wall_ms, (int64_t)next->at.sequence,
		                  (int64_t)next->former, (int64_t)next->until };
	enum result result = database_run(cursors->database, "BEGIN IMMEDIATE");

	if (result != RESULT_OK)
		return result;
	result = run(cursors->begin, epoch, 7);
	if (result == RESULT_OK)
		result = cursor_save(cursors, next);
	/* Marks of the former epoch have served: they said where this one begins. */
	if (result == RESULT_OK)
		result = database_run(cursors->database, "DELETE FROM marks WHERE epoch NOT IN (SELECT epoch FROM cursors)");
	if (result == RESULT_OK)
		result = database_run(cursors->database, "COMMIT");
	if (result != RESULT_OK)
		database_undo(cursors->database);
	return result;
}

enum result cursor_begin_epoch(struct cursors *cursors, struct cursor *cursor, struct follow_mark after, uint64_t wall_ms)
{
	struct cursor next = *cursor;
	int64_t newest;
	enum result result = database_number(cursors->database, "SELECT id FROM epochs ORDER BY id DESC LIMIT 1", 0, &newest);

	if (result != RESULT_OK)
		return result;
	if (newest >= DAY_EPOCH_MAX) {
		database_complain(cursors->database, "journals began anew %u times: there are no numbers left for more", DAY_EPOCH_MAX);
		return RESULT_LIMIT;
	}
	next.epoch = (uint64_t)newest + 1;
	next.former = cursor->epoch;
	next.until = cursor->epoch ? cursor->at.sequence : 0;
	next.at = after;
	next.is_middle = !next.former && after.sequence;
	result = write_epoch(cursors, &next, wall_ms);
	if (result == RESULT_OK)
		*cursor = next;
	return result;
}

void cursor_marks_begin(struct cursors *cursors, const struct cursor *cursor)
{
	statement_bind_number(cursors->marks, 1, (int64_t)cursor->epoch);
	statement_bind_number(cursors->marks, 2, (int64_t)cursor->at.sequence);
}

enum result cursor_marks_next(struct cursors *cursors, struct follow_mark *out)
{
	enum result result = statement_step(cursors->marks);

	if (result == RESULT_OK)
		*out = (struct follow_mark){ (uint64_t)statement_number(cursors->marks, 0), (uint32_t)statement_number(cursors->marks, 1) };
	return result;
}

void cursor_marks_end(struct cursors *cursors)
{
	statement_reset(cursors->marks);
}
