#include "store/copy.h"

#include <dirent.h>
#include <stdio.h>

#include "store/sqlite.h"

#include "base/banned.h"

static enum result copy_file(const char *from, const char *to, const char *name, struct complaints *complaints)
{
	const struct database_options options = { .complaints = (struct complaints *const *)&complaints, .must_exist = true };
	char source[DATABASE_PATH_MAX], target[DATABASE_PATH_MAX];
	struct database *database;
	enum result result;

	if (snprintf(source, sizeof(source), "%s/%s", from, name) >= (int)sizeof(source) || snprintf(target, sizeof(target), "%s/%s", to, name) >= (int)sizeof(target))
		return RESULT_LIMIT;
	result = database_open(source, &options, &database);
	if (result != RESULT_OK)
		return result;
	result = database_copy(database, target);
	database_close(database);
	return result;
}

static bool is_day(struct span name)
{
	return span_starts(name, SPAN("events-")) && span_ends(name, SPAN(".db"));
}

enum result store_copy(const char *from, const char *to, bool with_days, struct complaints *complaints)
{
	enum result result = copy_file(from, to, "main.db", complaints);
	DIR *folder = result == RESULT_OK && with_days ? opendir(from) : NULL;
	const struct dirent *entry;
	unsigned count = 0;

	while (folder && result == RESULT_OK && (entry = readdir(folder)) != NULL) {
		if (!is_day(span_of(entry->d_name)))
			continue;
		result = count++ < COPY_DAYS_MAX ? copy_file(from, to, entry->d_name, complaints) : RESULT_LIMIT;
		if (result == RESULT_NOT_FOUND)
			result = RESULT_OK;
	}
	if (folder)
		closedir(folder);
	return result;
}
