/* Retention of single fields: rows of older days are written again without them, a piece at a time. */
#include <stdlib.h>

#include "store/deletion.h"
#include "store/strip.h"

#include "base/banned.h"

#define PIECE_ROWS 1024

struct piece {
	struct day *day;
	struct statement *rows, *update, *done;
	uint64_t last;           /* the row that was looked at last */
	unsigned looked, changed;
};

static void piece_done(struct piece *piece)
{
	statement_free(piece->rows);
	statement_free(piece->update);
	statement_free(piece->done);
}

/* The row before the first one that nothing was taken out of yet; RESULT_END: there is none. An epoch's rows follow each other, so that looking is a
 * jump or two for each epoch. */
static enum result find_from(struct day *day, uint64_t *from)
{
	struct statement *next, *done = NULL;
	uint64_t at = 0, row = 0;
	enum result result = statement_new(day->database, "SELECT id FROM events WHERE id > ?1 ORDER BY id LIMIT 1", &next);

	if (result != RESULT_OK)
		return result;
	result = statement_new(day->database, "SELECT done FROM fields_out WHERE epoch = ?1", &done);
	while (result == RESULT_OK) {
		statement_bind_number(next, 1, (int64_t)at);
		result = statement_step(next);
		if (result != RESULT_OK)
			break;
		row = (uint64_t)statement_number(next, 0);
		statement_reset(next);
		statement_bind_number(done, 1, (int64_t)(row >> DAY_SEQUENCE_BITS));
		result = statement_step(done);
		at = result == RESULT_OK ? (uint64_t)statement_number(done, 0) : 0;
		statement_reset(done);
		result = result == RESULT_END ? RESULT_OK : result;
		if (result == RESULT_OK && at < row)
			break;
	}
	statement_free(next);
	statement_free(done);
	*from = row - 1;
	return result;
}

static enum result take_out(struct piece *piece)
{
	char *space;
	enum result result;

	while ((result = statement_step(piece->rows)) == RESULT_OK) {
		struct span line = statement_text(piece->rows, 1), stripped;

		piece->last = (uint64_t)statement_number(piece->rows, 0);
		piece->looked++;
		space = malloc(line.len + 2);
		if (!space)
			return RESULT_NO_MEMORY;
		stripped = strip_line(line, space);
		if (stripped.at != line.at) {
			statement_bind_number(piece->update, 1, (int64_t)piece->last);
			statement_bind_text(piece->update, 2, stripped);
			result = statement_run(piece->update);
			piece->changed++;
		}
		free(space);
		if (result != RESULT_OK)
			return result;
	}
	return result == RESULT_END ? RESULT_OK : result;
}

static enum result work(struct piece *piece, uint64_t from)
{
	uint64_t epoch = (from + 1) >> DAY_SEQUENCE_BITS;
	struct database *database = piece->day->database;
	enum result result = statement_new(database, "SELECT id, line FROM events WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3", &piece->rows);

	if (result == RESULT_OK)
		result = statement_new(database, "UPDATE events SET line = ?2 WHERE id = ?1", &piece->update);
	if (result == RESULT_OK)
		result = statement_new(database, "INSERT INTO fields_out(epoch, done, untold) VALUES(?1, ?2, ?3)"
		                       " ON CONFLICT DO UPDATE SET done = excluded.done, untold = untold + excluded.untold", &piece->done);
	if (result == RESULT_OK)
		result = database_run(database, "PRAGMA secure_delete=ON; BEGIN IMMEDIATE");
	if (result != RESULT_OK)
		return result;
	statement_bind_number(piece->rows, 1, (int64_t)from);
	statement_bind_number(piece->rows, 2, (int64_t)day_id(epoch, DAY_SEQUENCE_MAX));
	statement_bind_number(piece->rows, 3, PIECE_ROWS);
	result = take_out(piece);
	statement_reset(piece->rows);
	statement_bind_number(piece->done, 1, (int64_t)epoch);
	statement_bind_number(piece->done, 2, (int64_t)piece->last);
	statement_bind_number(piece->done, 3, piece->changed);
	if (result == RESULT_OK)
		result = statement_run(piece->done);
	if (result == RESULT_OK)
		result = database_run(database, "COMMIT");
	if (result != RESULT_OK)
		database_undo(database);
	return result;
}

/* The day has nothing more: its deletion is noted, and then not counted any longer. Nothing of what was overwritten is left beside the file. */
static enum result note(struct store *store, struct day *day)
{
	const uint64_t from_s = (uint64_t)day->number * 86400;
	int64_t untold;
	enum result result = database_number(day->database, "SELECT sum(untold) FROM fields_out", 0, &untold);

	if (result != RESULT_OK || !untold)
		return result == RESULT_OK ? RESULT_MORE : result;
	result = database_settle(day->database);
	if (result == RESULT_OK)
		result = deletion_note(store, &(struct store_deleted){ STORE_DELETED_FIELDS, from_s, from_s + 86400, (uint64_t)untold });
	if (result == RESULT_OK)
		result = database_run(day->database, "UPDATE fields_out SET untold = 0");
	return result;
}

static enum result day_take_out(struct store *store, int64_t number)
{
	struct piece piece = { .rows = NULL };
	uint64_t from;
	enum result result = days_open(&store->days, number, true, &piece.day);

	if (result == RESULT_NOT_FOUND || result == RESULT_MALFORMED || result == RESULT_REFUSED)
		return RESULT_MORE;
	if (result != RESULT_OK)
		return result;
	result = find_from(piece.day, &from);
	if (result == RESULT_END)
		return note(store, piece.day);
	if (result == RESULT_OK)
		result = work(&piece, from);
	piece_done(&piece);
	return result;
}

enum result fields_take_out(struct store *store, int64_t number)
{
	int64_t *numbers;
	size_t count;
	enum result result = days_list(&store->days, &numbers, &count);

	if (result != RESULT_OK)
		return result;
	result = RESULT_MORE;
	for (size_t i = count; i > 0 && result == RESULT_MORE; i--) {  /* the oldest first */
		if (numbers[i - 1] < number)
			result = day_take_out(store, numbers[i - 1]);
	}
	free(numbers);
	return result;
}
