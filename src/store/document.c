/* Changing documents: all of a call's, or none. */
#include "store/document.h"

#include <stdio.h>

#include "store/inside.h"

#include "base/banned.h"

struct document_key document_key(uint64_t number)
{
	struct document_key key;

	snprintf(key.text, sizeof(key.text), "%0*llu", (int)DOCUMENT_KEY_DIGITS, (unsigned long long)number);
	return key;
}

static bool is_text(struct span text)
{
	return !text.len || !memchr(text.at, 0, text.len);
}

/* Never more than a file can hold, nor what SQLite would read differently from how it was written. */
static bool is_good(const struct document_change *change)
{
	return change->key.len && change->key.len <= DOCUMENT_KEY_MAX && is_text(change->key) && change->text.len <= DOCUMENT_TEXT_MAX &&
	       is_text(change->text) && change->sort <= INT64_MAX;
}

/* RESULT_REFUSED: another version is there than the change says. */
static enum result check_version(struct statement *statement, const struct document_change *change, uint64_t *version)
{
	enum result result;

	statement_bind_number(statement, 1, change->kind);
	statement_bind_text(statement, 2, change->key);
	result = statement_step(statement);
	*version = result == RESULT_OK ? (uint64_t)statement_number(statement, 0) : 0;
	statement_reset(statement);
	if (result != RESULT_OK && result != RESULT_END)
		return result;
	return change->version == DOCUMENT_ANY || change->version == *version ? RESULT_OK : RESULT_REFUSED;
}

struct changing {
	struct statement *version, *put, *remove;
};

static enum result change_one(const struct changing *changing, const struct document_change *change)
{
	struct statement *statement = change->text.at ? changing->put : changing->remove;
	uint64_t version;
	enum result result = check_version(changing->version, change, &version);

	if (result != RESULT_OK)
		return result;
	statement_bind_number(statement, 1, change->kind);
	statement_bind_text(statement, 2, change->key);
	if (change->text.at) {
		statement_bind_number(statement, 3, (int64_t)change->sort);
		statement_bind_number(statement, 4, (int64_t)(version + 1));
		statement_bind_text(statement, 5, change->text);
	}
	return statement_run(statement);
}

static enum result prepare(struct database *database, struct changing *out)
{
	enum result result = statement_new(database, "SELECT version FROM documents WHERE kind = ?1 AND key = ?2", &out->version);

	if (result == RESULT_OK)
		result = statement_new(database, "INSERT INTO documents(kind, key, sort, version, text) VALUES(?1, ?2, ?3, ?4, ?5)"
		                                 " ON CONFLICT(kind, key) DO UPDATE SET sort = ?3, version = ?4, text = ?5", &out->put);
	if (result == RESULT_OK)
		result = statement_new(database, "DELETE FROM documents WHERE kind = ?1 AND key = ?2", &out->remove);
	return result;
}

static enum result change_all(struct store *store, const struct document_change *changes, size_t count)
{
	struct changing changing = { 0 };
	enum result result = prepare(store->database, &changing);

	if (result == RESULT_OK)
		result = database_run(store->database, "BEGIN IMMEDIATE");
	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = change_one(&changing, &changes[i]);
	statement_free(changing.version);
	statement_free(changing.put);
	statement_free(changing.remove);
	if (result == RESULT_OK)
		result = database_run(store->database, "COMMIT");
	if (result != RESULT_OK)
		database_undo(store->database);
	return result;
}

enum result store_documents_change(struct store *store, const struct document_change *changes, size_t count, struct complaints *complaints)
{
	enum result result = store_enter(store, complaints);

	if (result != RESULT_OK)
		return result;
	if (count > DOCUMENT_CHANGES_MAX)
		return RESULT_LIMIT;
	for (size_t i = 0; i < count; i++)
		if (!is_good(&changes[i]))
			return RESULT_LIMIT;
	return count ? change_all(store, changes, count) : RESULT_OK;
}
