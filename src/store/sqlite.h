/* SQLite, and nobody else in the house includes it: databases, statements, results.
 *
 * Shape    statements are prepared from constant text; whatever comes from outside is bound, never written into one
 * Errors   each failure is a complaint with the file's name where the database was told to complain, and a result: RESULT_IO the disk is full
 *          or refuses, RESULT_MALFORMED the file is damaged or no database, RESULT_TIMEOUT somebody else has locked it for BUSY_MS,
 *          RESULT_REFUSED not ours to open or write, RESULT_NO_MEMORY
 * Owns     a database its descriptor and cache; statements are freed before it is closed
 * Threads  one at a time for each database
 */
#ifndef BOUCLIER_STORE_SQLITE_H
#define BOUCLIER_STORE_SQLITE_H

#include "base/complaint.h"

struct database;
struct statement;

#define DATABASE_PATH_MAX 1024
#define DATABASE_BUSY_MS 2000

struct database_options {
	struct complaints *const *complaints;  /* where complaints go: read at each failure; what it points at may be NULL */
	unsigned page_bytes;                   /* of a file that is new */
	unsigned cache_kib;
	unsigned checkpoint_pages;             /* of the write-ahead log, before it is carried into the file */
	bool must_exist;
};

/* Opens the file PATH and changes nothing in it. Follows no symbolic link. RESULT_NOT_FOUND: only with `must_exist`. */
enum result database_open(const char *path, const struct database_options *options, struct database **out) must_check;
/* From here on it is ours: write-ahead log, and every commit reaches the disk before it returns. */
enum result database_accept(struct database *database) must_check;
/* NULL is nothing. */
void database_close(struct database *database);
void database_complain(struct database *database, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Statements of constant text, without results. */
enum result database_run(struct database *database, const char *constant) must_check;
/* What is begun is undone. Nothing begun: nothing. */
void database_undo(struct database *database);
bool database_is_begun(const struct database *database);
/* How many rows the last statement that was stepped to its end changed. */
uint64_t database_changes(const struct database *database);
/* Empties the write-ahead log into the file, so that nothing of what was overwritten is left beside it. */
enum result database_settle(struct database *database) must_check;

/* Writes what is in DATABASE at one moment, whoever writes to it meanwhile, into the file PATH, which is not there yet: one file, nothing beside it. */
enum result database_copy(struct database *database, const char *path) must_check;

enum result statement_new(struct database *database, const char *constant, struct statement **out) must_check;
/* NULL is nothing. */
void statement_free(struct statement *statement);
/* Places count from 1. TEXT and BYTES must stay until statement_reset. */
void statement_bind_number(struct statement *statement, int place, int64_t value);
void statement_bind_text(struct statement *statement, int place, struct span text);
void statement_bind_bytes(struct statement *statement, int place, struct span bytes);
/* RESULT_OK: a row is there. RESULT_END: there is none (more), and the statement may be bound anew. Otherwise an error, and likewise. */
enum result statement_step(struct statement *statement) must_check;
/* Steps a statement that has no rows: RESULT_OK when it is done. */
enum result statement_run(struct statement *statement) must_check;
/* Leaves rows that have not been read, and forgets what was bound. */
void statement_reset(struct statement *statement);
/* Columns count from 0; spans live until the next step or reset. */
int64_t statement_number(const struct statement *statement, int column);
struct span statement_text(const struct statement *statement, int column);
struct span statement_bytes(const struct statement *statement, int column);

/* The first column of the first row, or OTHERWISE where there is none. */
enum result database_number(struct database *database, const char *constant, int64_t otherwise, int64_t *out) must_check;

#endif
