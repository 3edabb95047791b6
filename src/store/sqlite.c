#include "store/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

#define SQL_MAX 256

struct database {
	sqlite3 *handle;
	const char *name;                      /* in PATH */
	struct database_options options;
	char path[DATABASE_PATH_MAX];
};

struct statement {
	struct database *database;
	sqlite3_stmt *handle;
};

void database_complain(struct database *database, const char *format, ...)
{
	struct complaints *complaints = *database->options.complaints;
	char text[512];
	va_list list;

	if (!complaints)
		return;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	complain(complaints, COMPLAINT_ERROR, (struct place){ span_of(database->name), 0, 0 }, SPAN_NONE, "%s", text);
}

static enum result result_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK: return RESULT_OK;
	case SQLITE_ROW: return RESULT_OK;
	case SQLITE_DONE: return RESULT_END;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return RESULT_TIMEOUT;
	case SQLITE_NOMEM: return RESULT_NO_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return RESULT_MALFORMED;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH: return RESULT_REFUSED;
	default: return RESULT_IO;
	}
}

static enum result outcome(struct database *database, int code)
{
	enum result result = result_of(code);

	if (result != RESULT_OK && result != RESULT_END)
		database_complain(database, "%s", sqlite3_errmsg(database->handle));
	return result;
}

static enum result harden(struct database *database)
{
	sqlite3 *handle = database->handle;

	sqlite3_extended_result_codes(handle, 1);
	sqlite3_busy_timeout(handle, DATABASE_BUSY_MS);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	/* A file that somebody changed must not make us run what its schema says. Not carried into until it is accepted: a file that is
	 * refused stays as it is, to the byte. */
	if (sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK)
		return RESULT_IO;
	return RESULT_OK;
}

/* A new file is nobody else's to read; what SQLite puts beside it is as the file. What fails here fails at once again, and is told then. */
static void make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);

	if (fd >= 0)
		close(fd);
}

enum result database_open(const char *path, const struct database_options *options, struct database **out)
{
	struct database *database = calloc(1, sizeof(*database));
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | (options->must_exist ? 0 : SQLITE_OPEN_CREATE);
	enum result result;
	int code;

	if (!database)
		return RESULT_NO_MEMORY;
	database->options = *options;
	result = span_to_text(span_of(path), database->path, sizeof(database->path));
	database->name = strrchr(database->path, '/') ? strrchr(database->path, '/') + 1 : database->path;
	if (result == RESULT_OK) {
		if (!options->must_exist)
			make_file(database->path);
		code = sqlite3_open_v2(database->path, &database->handle, flags, NULL);
		if (code == SQLITE_CANTOPEN && options->must_exist && sqlite3_system_errno(database->handle) == ENOENT)
			result = RESULT_NOT_FOUND;
		else
			result = outcome(database, code);
	}
	if (result == RESULT_OK)
		result = harden(database);
	if (result != RESULT_OK) {
		database_close(database);
		return result;
	}
	*out = database;
	return RESULT_OK;
}

/* The only texts that are made: of numbers that this room says. */
static enum result set(struct database *database, const char *pragma, long value)
{
	char text[SQL_MAX];

	snprintf(text, sizeof(text), "PRAGMA %s=%ld", pragma, value);
	return database_run(database, text);
}

enum result database_accept(struct database *database)
{
	enum result result = set(database, "page_size", (long)database->options.page_bytes);

	/* An old commit may be lost in a power failure otherwise, after a younger one of another file was kept. */
	if (result == RESULT_OK)
		result = database_run(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON");
	if (result == RESULT_OK)
		result = set(database, "cache_size", -(long)database->options.cache_kib);
	if (result == RESULT_OK)
		result = set(database, "wal_autocheckpoint", (long)database->options.checkpoint_pages);
	if (result == RESULT_OK)
		result = set(database, "journal_size_limit", 2 * (long)database->options.checkpoint_pages * (long)database->options.page_bytes);
	if (result == RESULT_OK && sqlite3_db_config(database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL) != SQLITE_OK)
		result = RESULT_IO;
	return result;
}

void database_close(struct database *database)
{
	if (!database)
		return;
	/* A statement that is left would keep the file open for ever: our bug. */
	assert(sqlite3_close(database->handle) == SQLITE_OK);
	free(database);
}

enum result database_run(struct database *database, const char *constant)
{
	return outcome(database, sqlite3_exec(database->handle, constant, NULL, NULL, NULL));
}

bool database_is_begun(const struct database *database)
{
	return !sqlite3_get_autocommit(database->handle);
}

void database_undo(struct database *database)
{
	/* A full disk may have undone it already. What fails here is undone when the file is next opened. */
	if (database_is_begun(database))
		(void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

uint64_t database_changes(const struct database *database)
{
	return (uint64_t)sqlite3_changes64(database->handle);
}

enum result database_settle(struct database *database)
{
	return outcome(database, sqlite3_wal_checkpoint_v2(database->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* All pages in one step: a step is one look at one moment. Not VACUUM INTO, which attaches, and nothing is attached here. */
static enum result copy_pages(struct database *database, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", database->handle, "main");
	int code;

	if (!backup)
		return outcome(database, sqlite3_errcode(to));
	code = sqlite3_backup_step(backup, -1);
	(void)sqlite3_backup_finish(backup);
	return result_of(code) == RESULT_END ? RESULT_OK : result_of(code) == RESULT_OK ? RESULT_IO : outcome(database, code);
}

enum result database_copy(struct database *database, const char *path)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	sqlite3 *to = NULL;
	enum result result;

	make_file(path);
	result = result_of(sqlite3_open_v2(path, &to, flags, NULL));
	if (result == RESULT_OK)
		result = copy_pages(database, to);
	/* The copy has the header of a file with a write-ahead log; nobody keeps one beside it. */
	if (result == RESULT_OK)
		result = result_of(sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL));
	if (result_of(sqlite3_close(to)) != RESULT_OK && result == RESULT_OK)
		result = RESULT_IO;
	return result;
}

enum result statement_new(struct database *database, const char *constant, struct statement **out)
{
	struct statement *statement = calloc(1, sizeof(*statement));
	enum result result;

	if (!statement)
		return RESULT_NO_MEMORY;
	statement->database = database;
	result = outcome(database, sqlite3_prepare_v3(database->handle, constant, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL));
	if (result != RESULT_OK) {
		free(statement);
		return result;
	}
	*out = statement;
	return RESULT_OK;
}

void statement_free(struct statement *statement)
{
	if (!statement)
		return;
	(void)sqlite3_finalize(statement->handle);  /* says again what the last step said */
	free(statement);
}

void statement_bind_number(struct statement *statement, int place, int64_t value)
{
	int code = sqlite3_bind_int64(statement->handle, place, value);

	assert(code == SQLITE_OK);
}

void statement_bind_text(struct statement *statement, int place, struct span text)
{
	int code = sqlite3_bind_text(statement->handle, place, text.len ? text.at : "", (int)text.len, SQLITE_STATIC);

	assert(code == SQLITE_OK);
}

void statement_bind_bytes(struct statement *statement, int place, struct span bytes)
{
	int code = sqlite3_bind_blob(statement->handle, place, bytes.len ? bytes.at : "", (int)bytes.len, SQLITE_STATIC);

	assert(code == SQLITE_OK);
}

enum result statement_step(struct statement *statement)
{
	int code = sqlite3_step(statement->handle);
	enum result result = outcome(statement->database, code);

	if (code != SQLITE_ROW)
		(void)sqlite3_reset(statement->handle);
	return result;
}

enum result statement_run(struct statement *statement)
{
	enum result result = statement_step(statement);

	assert(result != RESULT_OK);  /* it has rows, and is none of this kind */
	return result == RESULT_END ? RESULT_OK : result;
}

void statement_reset(struct statement *statement)
{
	(void)sqlite3_reset(statement->handle);
	(void)sqlite3_clear_bindings(statement->handle);
}

int64_t statement_number(const struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

struct span statement_text(const struct statement *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement->handle, column);

	return span_make((const char *)text, text ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0);
}

struct span statement_bytes(const struct statement *statement, int column)
{
	const void *bytes = sqlite3_column_blob(statement->handle, column);

	return span_make(bytes, bytes ? (size_t)sqlite3_column_bytes(statement->handle, column) : 0);
}

enum result database_number(struct database *database, const char *constant, int64_t otherwise, int64_t *out)
{
	struct statement *statement;
	enum result result = statement_new(database, constant, &statement);

	if (result != RESULT_OK)
		return result;
	result = statement_step(statement);
	if (result == RESULT_OK || result == RESULT_END) {
		*out = result == RESULT_OK ? statement_number(statement, 0) : otherwise;
		result = RESULT_OK;
	}
	statement_free(statement);
	return result;
}
