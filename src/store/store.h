/* store/: what the hub keeps of journals: every line, and sums of the counts, to be asked for later.
 *
 * A journal is followed by position. Lines of the detail stream become rows of a file for each day, those of the counts stream become totals by minute,
 * by hour and by day; a cursor says how far each journal was read, and is committed with the totals, after the rows. Killed at any moment, on a full disk, after a
 * reboot: what was not committed is read again, and a row that is there already is known by its place in the journal, so that nothing is lost and
 * nothing comes twice. What the journal had dropped before it was read is counted.
 * This is the one way to it: nothing below says which database does it, so that another one can.
 *
 * Shape    store_open -> store_follow for each journal -> store_ingest, again and again; questions and store_prune between. docs/store.md has the files
 * Units    time in milliseconds or seconds since 1970 (UTC), as the names say
 * Limits   STORE_...; beyond the limits of names a name is counted as "other", which no tenant sees
 * Errors   beside what is said of each function: RESULT_IO (disk full, refused), RESULT_TIMEOUT (somebody else holds a file locked), RESULT_MALFORMED
 *          (a file is damaged), RESULT_REFUSED, RESULT_NO_MEMORY; COMPLAINTS, which may be NULL, then says which file and why. Nothing is half done
 * Owns     the folder's lock: one process at a time; reading with `sqlite3` beside it is possible
 * Threads  one at a time
 */
#ifndef BOUCLIER_STORE_STORE_H
#define BOUCLIER_STORE_STORE_H

#include "base/complaint.h"
#include "event/query.h"

#define STORE_BATCH_LINES 4096u        /* of each stream, read and committed at once */
#define STORE_NAME_MAX 255u            /* bytes; a longer name is "other" */
#define STORE_TENANTS_MAX 4096u
#define STORE_SITES_MAX 16384u
#define STORE_KINDS_MAX 512u
#define STORE_SOURCES_MAX 256u
#define STORE_FUTURE_MS 86400000u      /* a line's time further ahead than this, or further back than... */
#define STORE_PAST_MS (366ull * 86400000u)  /* ...this, is not believed: the line goes to when it was read */

struct store;
struct store_journal;

/* FOLDER exists and is the caller's to write. RESULT_REFUSED: another process has it, or a newer version wrote it, and nothing was touched. */
enum result store_open(struct span folder, struct complaints *complaints, struct store **out) must_check;
/* After every journal of it. NULL is nothing. */
void store_close(struct store *store);

/* ---- in ---- */

/* Follows the journal in FOLDER_FD, which is the caller's and stays open, as SOURCE: a name (of its node) that finds the same cursor
 * again. RESULT_LIMIT: more than STORE_SOURCES_MAX, or a name that is too long or empty. RESULT_REFUSED: it is followed already. */
enum result store_follow(struct store *store, struct span source, int folder_fd, struct complaints *complaints, struct store_journal **out) must_check;
void store_journal_free(struct store_journal *journal);

/* What one call did, and what is to be told to somebody. */
struct store_ingested {
	uint64_t rows;           /* of the detail stream */
	uint64_t counts;         /* lines of the counts stream */
	uint64_t again;          /* lines that were there already: a commit before this one was cut off */
	uint64_t missing;        /* sequences that no line has any more */
	uint64_t damaged;        /* lines that are not whole; their sequences are missing too */
	unsigned epochs;         /* journals that began anew: emptied, or with other lines where the cursor was */
};
/* Reads at most a batch of each stream and commits it. WALL_NS is now. RESULT_OK: there may be more at once. RESULT_MORE: that was all for
 * now. Otherwise nothing of it is kept but, perhaps, rows that the next call finds again; the journal is not moved. OUT is always set. */
enum result store_ingest(struct store_journal *journal, uint64_t wall_ns, struct complaints *complaints, struct store_ingested *out) must_check;

/* Sums since the store was born, of the journal's two streams: [0] detail, [1] counts. */
struct store_position {
	uint64_t epoch, sequence;  /* 0: nothing yet */
	uint64_t lines, missing, damaged;
};
void store_positions(const struct store_journal *journal, struct store_position out[2]);

/* ---- out ---- */

/* Whose data a question is about. There is no question without one: an empty set sees nothing (it fails closed), and who means everybody
 * says store_all_tenants. What belongs to no tenant is seen by that only. */
struct store_tenants {
	bool is_all;
	const struct span *list;
	size_t count;
};
extern const struct store_tenants store_all_tenants;

enum store_grain { STORE_MINUTE, STORE_HOUR, STORE_DAY, STORE_GRAINS };

struct store_totals_ask {
	struct store_tenants tenants;
	uint64_t from_s, to_s;   /* buckets that begin in [from, to) */
	enum store_grain grain;
	struct span kind;        /* "events"; with a point at its end all that begin so: "decisions.", "reasons.", "block." */
	bool by_bucket, by_site; /* one sum for each; otherwise for the whole */
};
struct store_total {
	uint64_t bucket_s;       /* 0 unless by_bucket */
	struct span kind, site;  /* SITE is empty unless by_site, and for what belongs to no site */
	struct span tenant;      /* of the site */
	uint64_t count;
};
/* Tells totals that are not zero, by kind, then by bucket or by site. ROW says false to stop. Spans live until it returns. */
enum result store_totals(struct store *store, const struct store_totals_ask *ask, struct complaints *complaints,
                         bool (*row)(void *context, const struct store_total *total), void *context) must_check;

/* Where a page ends: the next one goes on there. All zero: at the newest. */
struct store_place {
	uint64_t time_ms, id;
};
struct store_event {
	struct store_place place;
	uint64_t sequence;
	struct span line;        /* as the journal wrote it, unless fields were taken out of it since */
	struct span tenant, site;
};
struct store_events_ask {
	struct store_tenants tenants;
	const struct query *query;    /* NULL: every one */
	struct store_place before;
	uint64_t not_before_ms;
	size_t count;                 /* at most so many are told */
	size_t examine;               /* at most so many rows are looked at; 0: no bound */
};
struct store_events_end {
	struct store_place next;      /* `before` of the next page */
	size_t told, examined;
	bool is_cut;                  /* `examine` was met: there may be more behind `next` */
	bool is_over;                 /* there is nothing older */
};
/* Tells events from the newest to older ones. ROW says false to stop, and asks the store nothing. A damaged file is complained of and passed over:
 * the answer is RESULT_OK, of the others. */
enum result store_events(struct store *store, const struct store_events_ask *ask, struct complaints *complaints,
                         bool (*row)(void *context, const struct store_event *event), void *context, struct store_events_end *out) must_check;
/* The one with REQUEST_ID, 32 hexadecimal digits, in any case of letters. RESULT_NOT_FOUND: there is none, or not of TENANTS. */
enum result store_request(struct store *store, struct store_tenants tenants, struct span request_id, struct complaints *complaints,
                          bool (*row)(void *context, const struct store_event *event), void *context) must_check;

/* ---- away ---- */

struct store_keep {
	unsigned event_days;     /* rows; 0: for ever, like the others */
	unsigned field_days;     /* source.ip, source.port, bouclier.client_key, user_agent.original and url.query in them */
	unsigned minute_days;
	unsigned hour_days;      /* and totals by day */
};
enum store_deleted_what { STORE_DELETED_EVENTS, STORE_DELETED_FIELDS, STORE_DELETED_MINUTES, STORE_DELETED_HOURS };
struct store_deleted {
	enum store_deleted_what what;
	uint64_t from_s, to_s;   /* of time: [from, to) */
	uint64_t count;          /* rows */
};
/* Deletes what is older, and tells each deletion, which is to leave a line in an audit log. Today's file and yesterday's always stay. Works in pieces:
 * RESULT_OK, there is more to do now; RESULT_MORE, that was all. */
enum result store_prune(struct store *store, const struct store_keep *keep, uint64_t wall_ns, struct complaints *complaints,
                        void (*tell)(void *context, const struct store_deleted *deleted), void *context) must_check;

#endif
