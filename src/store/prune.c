#include <stdlib.h>

#include "store/deletion.h"

#include "base/banned.h"

static int64_t limit_of(int64_t today, unsigned days)
{
	int64_t limit = today - (int64_t)days;

	return limit < today - 1 ? limit : today - 1;
}

/* Of a file that cannot be read: 0. It goes all the same. */
static uint64_t count_rows(struct store *store, int64_t number)
{
	struct day *day;
	int64_t count = 0;

	if (days_open(&store->days, number, true, &day) != RESULT_OK || database_number(day->database, "SELECT count(*) FROM events", 0, &count) != RESULT_OK)
		return 0;
	return (uint64_t)count;
}

/* The oldest day before LIMIT. RESULT_MORE: there is none. */
static enum result prune_events(struct store *store, int64_t limit)
{
	int64_t *numbers, oldest;
	size_t count;
	enum result result = days_list(&store->days, &numbers, &count);

	if (result != RESULT_OK)
		return result;
	oldest = count ? numbers[count - 1] : limit;
	free(numbers);
	if (oldest >= limit)
		return RESULT_MORE;
	return deletion_note(store, &(struct store_deleted){ STORE_DELETED_EVENTS, (uint64_t)oldest * 86400, ((uint64_t)oldest + 1) * 86400,
	                                                     count_rows(store, oldest) });
}

struct table {
	enum store_deleted_what what;
	unsigned seconds;            /* of a bucket */
	const char *oldest, *delete, *with_it;   /* the last one may be NULL */
};

static const struct table minutes = { STORE_DELETED_MINUTES, 60, "SELECT bucket FROM minutes WHERE kind = ?1 ORDER BY bucket LIMIT 1",
	                              "DELETE FROM minutes WHERE kind = ?1 AND bucket < ?2", NULL };
static const struct table hours = { STORE_DELETED_HOURS, 3600, "SELECT bucket FROM hours WHERE kind = ?1 ORDER BY bucket LIMIT 1",
	                            "DELETE FROM hours WHERE kind = ?1 AND bucket < ?2", "DELETE FROM days WHERE kind = ?1 AND bucket < ?2 / 24" };

/* Kinds that were summed: those with a name, and the one of all others. */
static bool is_kind(const struct words *words, uint32_t number)
{
	return number == WORD_OTHER || words_at(words, number)->kind == WORD_COUNT;
}

static enum result find_oldest(struct store *store, const struct table *table, int64_t *oldest)
{
	struct statement *row;
	enum result result = statement_new(store->database, table->oldest, &row);

	*oldest = INT64_MAX;
	if (result != RESULT_OK)
		return result;
	for (uint32_t kind = 1; kind <= store->words.count && result == RESULT_OK; kind++) {
		if (!is_kind(&store->words, kind))
			continue;
		statement_bind_number(row, 1, kind);
		result = statement_step(row);
		if (result == RESULT_OK && statement_number(row, 0) < *oldest)
			*oldest = statement_number(row, 0);
		result = result == RESULT_END ? RESULT_OK : result;
		statement_reset(row);
	}
	statement_free(row);
	return result;
}

static enum result delete_before(struct store *store, const char *constant, int64_t bucket, uint64_t *count)
{
	struct statement *statement;
	enum result result = statement_new(store->database, constant, &statement);

	if (result != RESULT_OK)
		return result;
	for (uint32_t kind = 1; kind <= store->words.count && result == RESULT_OK; kind++) {
		if (!is_kind(&store->words, kind))
			continue;
		statement_bind_number(statement, 1, kind);
		statement_bind_number(statement, 2, bucket);
		result = statement_run(statement);
		*count += database_changes(store->database);
	}
	statement_free(statement);
	return result;
}

/* At most the buckets of one day. RESULT_MORE: there are none before LIMIT. */
static enum result prune_totals(struct store *store, const struct table *table, int64_t limit)
{
	const int64_t per_day = 86400 / table->seconds;
	int64_t oldest, end;
	uint64_t count = 0;
	enum result result = find_oldest(store, table, &oldest);

	if (result != RESULT_OK)
		return result;
	if (oldest >= limit * per_day)
		return RESULT_MORE;
	end = (oldest / per_day + 1) * per_day;
	result = database_run(store->database, "BEGIN IMMEDIATE");
	if (result == RESULT_OK)
		result = delete_before(store, table->delete, end, &count);
	if (result == RESULT_OK && table->with_it)
		result = delete_before(store, table->with_it, end, &count);
	if (result == RESULT_OK)
		result = deletion_note(store, &(struct store_deleted){ table->what, (uint64_t)(end - per_day) * table->seconds, (uint64_t)end * table->seconds, count });
	if (result == RESULT_OK)
		result = database_run(store->database, "COMMIT");
	if (result != RESULT_OK)
		database_undo(store->database);
	return result;
}

enum result store_prune(struct store *store, const struct store_keep *keep, uint64_t wall_ns, struct complaints *complaints,
                        void (*tell)(void *context, const struct store_deleted *deleted), void *context)
{
	const int64_t today = day_of(wall_ns / 1000000);
	const struct deletion_ear ear = { tell, context };
	enum result result = store_enter(store, complaints);

	if (result == RESULT_OK)
		result = deletion_finish(store, ear);
	if (result != RESULT_MORE)
		return result;
	if (keep->event_days)
		result = prune_events(store, limit_of(today, keep->event_days));
	if (result == RESULT_MORE && keep->minute_days)
		result = prune_totals(store, &minutes, limit_of(today, keep->minute_days));
	if (result == RESULT_MORE && keep->hour_days)
		result = prune_totals(store, &hours, limit_of(today, keep->hour_days));
	if (result == RESULT_MORE && keep->field_days)
		result = fields_take_out(store, limit_of(today, keep->field_days));
	return result;
}
