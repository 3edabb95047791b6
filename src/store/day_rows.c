/* Rows of a day's file: written in batches, and looked for by number. */
#include <endian.h>
#include <stdlib.h>

#include "store/day.h"
#include "store/store.h"

#include "base/banned.h"

static enum result begin(struct days *days, struct day *day)
{
	enum result result;

	if (day->is_begun)
		return RESULT_OK;
	if (days->begun >= DAYS_BEGUN_MAX)
		return RESULT_LIMIT;
	if (!day->requests)
		day->requests = calloc(STORE_BATCH_LINES, sizeof(day->requests[0]));
	if (!day->requests)
		return RESULT_NO_MEMORY;
	result = database_run(day->database, "BEGIN IMMEDIATE");
	if (result != RESULT_OK)
		return result;
	day->is_begun = true;
	day->request_count = 0;
	days->begun++;
	return RESULT_OK;
}

static enum result write_requests(struct day *day)
{
	enum result result;

	if (!day->request_count)
		return RESULT_OK;
	statement_bind_number(day->insert_requests, 1, (int64_t)day->first);
	statement_bind_bytes(day->insert_requests, 2, span_make((const char *)day->requests, day->request_count * sizeof(day->requests[0])));
	result = statement_run(day->insert_requests);
	statement_reset(day->insert_requests);
	day->request_count = 0;
	return result;
}

/* Little-endian, whatever the machine: a file may be read on another one. */
static enum result add_request(struct day *day, uint64_t id, uint32_t request)
{
	enum result result = RESULT_OK;

	if (day->request_count && (day->request_count == STORE_BATCH_LINES || id < day->first || id - day->first > UINT32_MAX))
		result = write_requests(day);
	if (!day->request_count)
		day->first = id;
	day->requests[day->request_count++] = (struct day_request){ htole32(request), htole32((uint32_t)(id - day->first)) };
	return result;
}

enum result day_add(struct days *days, struct day *day, uint64_t id, uint64_t time_ms, const struct row *row, const uint32_t numbers[2], struct span line,
                    bool *again)
{
	enum result result = begin(days, day);

	if (result != RESULT_OK)
		return result;
	statement_bind_number(day->insert, 1, (int64_t)id);
	statement_bind_number(day->insert, 2, (int64_t)time_ms);
	statement_bind_number(day->insert, 3, numbers[0]);
	statement_bind_number(day->insert, 4, numbers[1]);
	statement_bind_number(day->insert, 5, row->decision);
	statement_bind_text(day->insert, 6, line);
	result = statement_run(day->insert);
	if (result != RESULT_OK)
		return result;
	*again = database_changes(day->database) == 0;
	return *again || !row->has_request ? RESULT_OK : add_request(day, id, row->request);
}

enum result days_commit(struct days *days)
{
	for (unsigned i = 0; i < days->count; i++) {
		struct day *day = days->list[i];
		enum result result;

		if (!day->is_begun)
			continue;
		result = write_requests(day);
		if (result == RESULT_OK)
			result = database_run(day->database, "COMMIT");
		if (result != RESULT_OK)
			return result;
		day->is_begun = false;
		days->begun--;
	}
	return RESULT_OK;
}

void days_undo(struct days *days)
{
	for (unsigned i = 0; i < days->count; i++) {
		if (!days->list[i]->is_begun)
			continue;
		database_undo(days->list[i]->database);
		days->list[i]->is_begun = false;
		days->list[i]->request_count = 0;
		days->begun--;
	}
}

enum result day_last(struct day *day, uint64_t from, uint64_t to, uint64_t *out)
{
	enum result result;

	statement_bind_number(day->has, 1, (int64_t)from);
	statement_bind_number(day->has, 2, (int64_t)to);
	result = statement_step(day->has);
	if (result == RESULT_OK || result == RESULT_END) {
		*out = result == RESULT_OK ? (uint64_t)statement_number(day->has, 0) : 0;
		result = RESULT_OK;
	}
	statement_reset(day->has);
	return result;
}

enum result day_row(struct day *day, uint64_t id, struct day_row *out)
{
	enum result result;

	statement_bind_number(day->line, 1, (int64_t)id);
	result = statement_step(day->line);
	if (result != RESULT_OK)
		return result == RESULT_END ? RESULT_NOT_FOUND : result;
	*out = (struct day_row){ .id = id, .time_ms = (uint64_t)statement_number(day->line, 0), .tenant = (uint32_t)statement_number(day->line, 1),
		                 .site = (uint32_t)statement_number(day->line, 2), .line = statement_text(day->line, 3) };
	return RESULT_OK;
}

enum result day_has(struct day *day, uint64_t id, struct span line, bool *out)
{
	struct day_row row;
	enum result result = day_row(day, id, &row);

	if (result == RESULT_OK || result == RESULT_NOT_FOUND) {
		*out = result == RESULT_OK && (!line.len || span_equal(row.line, line));
		result = RESULT_OK;
	}
	statement_reset(day->line);
	return result;
}
