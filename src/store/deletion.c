#include "store/deletion.h"

#include "base/banned.h"

enum result deletion_note(struct store *store, const struct store_deleted *deleted)
{
	struct statement *statement;
	enum result result = statement_new(store->database, "INSERT INTO deletions(what, from_s, to_s, n) VALUES(?1, ?2, ?3, ?4)", &statement);

	if (result != RESULT_OK)
		return result;
	statement_bind_number(statement, 1, deleted->what);
	statement_bind_number(statement, 2, (int64_t)deleted->from_s);
	statement_bind_number(statement, 3, (int64_t)deleted->to_s);
	statement_bind_number(statement, 4, (int64_t)deleted->count);
	result = statement_run(statement);
	statement_free(statement);
	return result;
}

static enum result first_noted(struct store *store, int64_t *id, struct store_deleted *out)
{
	struct statement *row;
	enum result result = statement_new(store->database, "SELECT id, what, from_s, to_s, n FROM deletions ORDER BY id LIMIT 1", &row);

	if (result != RESULT_OK)
		return result;
	result = statement_step(row);
	if (result == RESULT_OK) {
		*id = statement_number(row, 0);
		*out = (struct store_deleted){ (enum store_deleted_what)statement_number(row, 1), (uint64_t)statement_number(row, 2),
			                       (uint64_t)statement_number(row, 3), (uint64_t)statement_number(row, 4) };
	}
	statement_free(row);
	return result;
}

static enum result forget(struct store *store, int64_t id)
{
	struct statement *statement;
	enum result result = statement_new(store->database, "DELETE FROM deletions WHERE id = ?1", &statement);

	if (result != RESULT_OK)
		return result;
	statement_bind_number(statement, 1, id);
	result = statement_run(statement);
	statement_free(statement);
	return result;
}

enum result deletion_finish(struct store *store, struct deletion_ear ear)
{
	struct store_deleted deleted;
	int64_t id;
	enum result result = first_noted(store, &id, &deleted);

	if (result != RESULT_OK)
		return result == RESULT_END ? RESULT_MORE : result;
	if (deleted.what == STORE_DELETED_EVENTS)
		result = days_remove(&store->days, day_of(deleted.from_s * 1000));
	if (result != RESULT_OK) {
		if (store->complaints)
			complain(store->complaints, COMPLAINT_ERROR, (struct place){ span_of(store->folder), 0, 0 }, SPAN_NONE, "a day's file cannot be deleted");
		return result;
	}
	ear.tell(ear.context, &deleted);
	return forget(store, id);
}
