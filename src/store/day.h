/* The files of raw events, one for each day (UTC): events-2026-01-31.db.
 *
 * Shape    a row's number is epoch << DAY_SEQUENCE_BITS | sequence: its place in the journal, so that a line cannot be in a file twice
 * Limits   DAYS_OPEN_MAX open at once, the one used longest ago is closed; DAYS_BEGUN_MAX written to between two commits
 * Owns     the open files. A day is good until the next days_open, unless it is begun
 * Threads  one at a time
 */
#ifndef BOUCLIER_STORE_DAY_H
#define BOUCLIER_STORE_DAY_H

#include "event/format.h"
#include "store/row.h"
#include "store/sqlite.h"

#define DAY_MS 86400000u
#define DAY_SEQUENCE_BITS 44
#define DAY_SEQUENCE_MAX ((1ull << DAY_SEQUENCE_BITS) - 1)
#define DAY_EPOCH_MAX ((1u << 19) - 1)
#define DAYS_OPEN_MAX 40u
#define DAYS_BEGUN_MAX 8u

/* One request among those written since the last commit. */
struct day_request {
	uint32_t request, offset;    /* offset from the first one's number */
};

struct day {
	int64_t number;              /* days since 1970 */
	struct database *database;
	struct statement *insert, *insert_requests, *line, *has;
	bool is_begun;
	uint64_t used;               /* when it was last asked for */
	uint64_t first;              /* of REQUESTS */
	unsigned request_count;
	struct day_request *requests;
};

struct days {
	const char *folder;          /* the caller's */
	struct complaints *const *complaints;
	struct day *list[DAYS_OPEN_MAX];
	unsigned count, begun;
	uint64_t used;
};

static inline int64_t day_of(uint64_t time_ms)
{
	return (int64_t)(time_ms / DAY_MS);
}
static inline uint64_t day_id(uint64_t epoch, uint64_t sequence)
{
	return epoch << DAY_SEQUENCE_BITS | sequence;
}

#define DAY_NAME_MAX 32
void day_name(int64_t number, char out[DAY_NAME_MAX]);
/* False: TEXT is not the name of a day's file. */
bool day_name_read(struct span text, int64_t *number);

/* All that there are, the newest first; free(*out). */
enum result days_list(const struct days *days, int64_t **out, size_t *count) must_check;
/* RESULT_NOT_FOUND: only with MUST_EXIST. RESULT_LIMIT: every one that is open is begun. */
enum result days_open(struct days *days, int64_t number, bool must_exist, struct day **out) must_check;
void days_done(struct days *days);
/* The file and what SQLite keeps beside it. It must not be begun. RESULT_IO: errno tells. */
enum result days_remove(struct days *days, int64_t number) must_check;

/* A row. It is begun by this. AGAIN: it was there. RESULT_LIMIT: DAYS_BEGUN_MAX others are begun: commit first. */
enum result day_add(struct days *days, struct day *day, uint64_t id, uint64_t time_ms, const struct row *row, const uint32_t numbers[2], struct span line,
                    bool *again) must_check;
enum result days_commit(struct days *days) must_check;
void days_undo(struct days *days);

/* Is there a row ID, and, unless LINE is empty, is it LINE? */
enum result day_has(struct day *day, uint64_t id, struct span line, bool *out) must_check;
/* The number of the last row in [FROM, TO]; 0: none. */
enum result day_last(struct day *day, uint64_t from, uint64_t to, uint64_t *out) must_check;

struct day_row {
	uint64_t id, time_ms;
	uint32_t tenant, site;
	struct span line;            /* until statement_reset(day->line) */
};
/* RESULT_NOT_FOUND. */
enum result day_row(struct day *day, uint64_t id, struct day_row *out) must_check;

#endif
