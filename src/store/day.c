#include "store/day.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/migrate.h"

#include "base/banned.h"

#define PAGE_BYTES 16384u
#define CACHE_KIB 4096u
#define CHECKPOINT_PAGES 1000u  /* 16 MiB */

static const struct span prefix = SPAN_INIT("events-");
static const struct span suffix = SPAN_INIT(".db");

void day_name(int64_t number, char out[DAY_NAME_MAX])
{
	char text[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms((uint64_t)number * DAY_MS, text);
	snprintf(out, DAY_NAME_MAX, "%s%.10s%s", prefix.at, text, suffix.at);
}

bool day_name_read(struct span text, int64_t *number)
{
	char moment[CLOCK_ISO_LEN + 1];
	uint64_t time_ms;

	if (text.len != prefix.len + 10 + suffix.len || !span_starts(text, prefix) || !span_ends(text, suffix))
		return false;
	snprintf(moment, sizeof(moment), "%.10sT00:00:00.000Z", text.at + prefix.len);
	time_ms = row_time(span_of(moment));
	*number = day_of(time_ms);
	return time_ms != 0;
}

static int newest_first(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x > *y ? -1 : *x < *y;
}

static enum result add_number(int64_t **list, size_t *count, size_t *size, int64_t number)
{
	if (*count == *size) {
		size_t more = *size ? *size * 2 : 64;
		int64_t *grown = reallocarray(*list, more, sizeof(grown[0]));

		if (!grown)
			return RESULT_NO_MEMORY;
		*list = grown;
		*size = more;
	}
	(*list)[(*count)++] = number;
	return RESULT_OK;
}

enum result days_list(const struct days *days, int64_t **out, size_t *count)
{
	DIR *folder = opendir(days->folder);
	struct dirent *entry;
	size_t size = 0;
	int64_t number;
	enum result result = RESULT_OK;

	if (!folder)
		return RESULT_IO;
	*out = NULL;
	*count = 0;
	while (result == RESULT_OK && (entry = readdir(folder)) != NULL) {
		if (day_name_read(span_of(entry->d_name), &number))
			result = add_number(out, count, &size, number);
	}
	closedir(folder);
	if (result != RESULT_OK)
		free(*out);
	else if (*count)
		qsort(*out, *count, sizeof((*out)[0]), newest_first);
	return result;
}

/* ---- open ones ---- */

static void close_day(struct day *day)
{
	statement_free(day->insert);
	statement_free(day->insert_requests);
	statement_free(day->line);
	statement_free(day->has);
	database_close(day->database);
	free(day->requests);
	free(day);
}

static enum result prepare(struct day *day)
{
	struct database *database = day->database;
	enum result result = statement_new(database, "INSERT INTO events(id, time, tenant, site, decision, line) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
	                                   " ON CONFLICT(id) DO NOTHING", &day->insert);

	if (result == RESULT_OK)
		result = statement_new(database, "INSERT INTO requests(first, list) VALUES(?1, ?2)", &day->insert_requests);
	if (result == RESULT_OK)
		result = statement_new(database, "SELECT time, tenant, site, line FROM events WHERE id = ?1", &day->line);
	if (result == RESULT_OK)
		result = statement_new(database, "SELECT id FROM events WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1", &day->has);
	return result;
}

static enum result path_of(const struct days *days, int64_t number, const char *end, char out[DATABASE_PATH_MAX])
{
	char name[DAY_NAME_MAX];
	int len;

	day_name(number, name);
	len = snprintf(out, DATABASE_PATH_MAX, "%s/%s%s", days->folder, name, end);
	return len > 0 && len < DATABASE_PATH_MAX ? RESULT_OK : RESULT_LIMIT;
}

static enum result open_day(const struct days *days, int64_t number, bool must_exist, struct day **out)
{
	const struct database_options options = { .complaints = days->complaints, .page_bytes = PAGE_BYTES, .cache_kib = CACHE_KIB,
		                                  .checkpoint_pages = CHECKPOINT_PAGES, .must_exist = must_exist };
	struct day *day = calloc(1, sizeof(*day));
	char path[DATABASE_PATH_MAX];
	enum result result = day ? path_of(days, number, "", path) : RESULT_NO_MEMORY;

	if (result == RESULT_OK)
		result = migrate_open(path, &schema_day, &options, &day->database);
	if (result != RESULT_OK) {
		free(day);
		return result;
	}
	day->number = number;
	result = prepare(day);
	if (result != RESULT_OK) {
		close_day(day);
		return result;
	}
	*out = day;
	return RESULT_OK;
}

static void let_go(struct days *days, unsigned index)
{
	close_day(days->list[index]);
	days->list[index] = days->list[--days->count];
}

static bool make_room(struct days *days)
{
	unsigned oldest = DAYS_OPEN_MAX;

	if (days->count < DAYS_OPEN_MAX)
		return true;
	for (unsigned i = 0; i < days->count; i++) {
		if (!days->list[i]->is_begun && (oldest == DAYS_OPEN_MAX || days->list[i]->used < days->list[oldest]->used))
			oldest = i;
	}
	if (oldest == DAYS_OPEN_MAX)
		return false;
	let_go(days, oldest);
	return true;
}

enum result days_open(struct days *days, int64_t number, bool must_exist, struct day **out)
{
	enum result result;

	days->used++;
	for (unsigned i = 0; i < days->count; i++) {
		if (days->list[i]->number == number) {
			days->list[i]->used = days->used;
			*out = days->list[i];
			return RESULT_OK;
		}
	}
	if (!make_room(days))
		return RESULT_LIMIT;
	result = open_day(days, number, must_exist, out);
	if (result == RESULT_OK) {
		(*out)->used = days->used;
		days->list[days->count++] = *out;
	}
	return result;
}

void days_done(struct days *days)
{
	days_undo(days);
	while (days->count)
		let_go(days, days->count - 1);
}

enum result days_remove(struct days *days, int64_t number)
{
	static const char *const ends[] = { "", "-wal", "-shm" };  /* the file first: without it the others are nothing */
	char path[DATABASE_PATH_MAX];

	for (unsigned i = 0; i < days->count; i++) {
		if (days->list[i]->number == number) {
			let_go(days, i);
			break;
		}
	}
	for (unsigned i = 0; i < 3; i++) {
		enum result result = path_of(days, number, ends[i], path);

		if (result != RESULT_OK)
			return result;
		if (unlink(path) < 0 && errno != ENOENT)
			return RESULT_IO;
	}
	return RESULT_OK;
}
