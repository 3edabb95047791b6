#include "store/migrate.h"

#include <stdio.h>

#include "base/banned.h"

static enum result judge(struct database *database, const struct schema *schema, unsigned *version)
{
	int64_t application, number, tables;
	enum result result = database_number(database, "PRAGMA application_id", 0, &application);

	if (result == RESULT_OK)
		result = database_number(database, "PRAGMA user_version", 0, &number);
	if (result == RESULT_OK)
		result = database_number(database, "SELECT count(*) FROM sqlite_schema", 0, &tables);
	if (result != RESULT_OK)
		return result;
	if (application != schema->application_id && (application || number || tables)) {
		database_complain(database, "is not a file of this kind of Bouclier's store; it is left as it is");
		return RESULT_REFUSED;
	}
	if (number < 0 || number > (int64_t)schema->count) {
		database_complain(database, "is of version %lld, and this program knows %u at most: a newer one wrote it; it is left as it is",
		                  (long long)number, schema->count);
		return RESULT_REFUSED;
	}
	*version = (unsigned)number;
	return RESULT_OK;
}

static enum result make_step(struct database *database, const struct schema *schema, unsigned version)
{
	char mark[96];
	enum result result = database_run(database, "BEGIN IMMEDIATE");

	if (result != RESULT_OK)
		return result;
	snprintf(mark, sizeof(mark), "PRAGMA application_id=%d; PRAGMA user_version=%u", schema->application_id, version + 1);
	result = database_run(database, schema->steps[version]);
	if (result == RESULT_OK)
		result = database_run(database, mark);
	if (result == RESULT_OK)
		result = database_run(database, "COMMIT");
	if (result != RESULT_OK)
		database_undo(database);
	return result;
}

enum result migrate_open(const char *path, const struct schema *schema, const struct database_options *options, struct database **out)
{
	struct database *database;
	unsigned version = 0;
	enum result result = database_open(path, options, &database);

	if (result != RESULT_OK)
		return result;
	result = judge(database, schema, &version);
	if (result == RESULT_OK)
		result = database_accept(database);
	for (; result == RESULT_OK && version < schema->count; version++)
		result = make_step(database, schema, version);
	if (result != RESULT_OK) {
		database_close(database);
		return result;
	}
	*out = database;
	return RESULT_OK;
}
