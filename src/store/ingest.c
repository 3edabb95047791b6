/* From a journal into the store. The order is what makes it exact: names, then rows (each with its place in the journal), then totals and cursor in
 * one transaction. Whatever is cut off behind one of these is found again by the next try. */
#include <stdlib.h>

#include "store/count_line.h"
#include "store/inside.h"

#include "base/banned.h"

struct side {
	struct follow follow;
	struct cursor saved, now;    /* as committed; with what this batch has read */
};

struct store_journal {
	struct store *store;
	uint32_t source;
	struct side sides[STREAM_MAX];
	struct latest latest;
	struct row_space space;
	struct count_line before, line;
	/* Days that have rows behind the cursor, up to this sequence: of a commit that was cut off, or of the epoch before. */
	int64_t *suspects;
	size_t suspect_count;
	uint64_t suspect_until;
};

/* ---- birth ---- */

static bool is_followed(const struct store *store, uint32_t source)
{
	for (unsigned i = 0; i < store->journals; i++) {
		if (store->sources[i] == source)
			return true;
	}
	return false;
}

static void join(struct store_journal *journal, uint32_t source)
{
	struct store *store = journal->store;

	journal->source = source;
	store->sources[store->journals++] = source;
}

static void leave(struct store_journal *journal)
{
	struct store *store = journal->store;

	for (unsigned i = 0; i < store->journals; i++) {
		if (store->sources[i] == journal->source) {
			store->sources[i] = store->sources[--store->journals];
			return;
		}
	}
}

/* Two with one cursor would each have what the other read. */
static enum result find_source(struct store_journal *journal, struct span name)
{
	struct store *store = journal->store;
	uint32_t source;
	enum result result = words_intern(&store->words, WORD_SOURCE, name, &source);

	if (result != RESULT_OK)
		return result;
	if (source == WORD_NONE || source == WORD_OTHER)
		return RESULT_LIMIT;
	if (is_followed(store, source))
		return RESULT_REFUSED;
	join(journal, source);
	return RESULT_OK;
}

static enum result take_up(struct store_journal *journal, struct span source)
{
	struct store *store = journal->store;
	enum result result = find_source(journal, source);

	if (result == RESULT_OK && database_is_begun(store->database))
		result = database_run(store->database, "COMMIT");
	if (result != RESULT_OK)
		return result;
	store->words.is_new = false;
	for (unsigned i = 0; i < STREAM_MAX && result == RESULT_OK; i++) {
		struct side *side = &journal->sides[i];

		side->saved = (struct cursor){ .source = journal->source, .stream = (enum stream)i };
		result = cursor_load(&store->cursors, &side->saved);
		side->now = side->saved;
	}
	return result == RESULT_OK ? latest_init(&journal->latest, store->database, journal->source) : result;
}

enum result store_follow(struct store *store, struct span source, int folder_fd, struct complaints *complaints, struct store_journal **out)
{
	struct store_journal *journal;
	enum result result = store_enter(store, complaints);

	if (result != RESULT_OK)
		return result;
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return RESULT_NO_MEMORY;
	journal->store = store;
	for (unsigned i = 0; i < STREAM_MAX; i++)
		follow_init(&journal->sides[i].follow, folder_fd, (enum stream)i);
	result = take_up(journal, source);
	if (result != RESULT_OK) {
		store_undo(store);
		store_journal_free(journal);
		return result;
	}
	*out = journal;
	return RESULT_OK;
}

void store_journal_free(struct store_journal *journal)
{
	if (!journal)
		return;
	for (unsigned i = 0; i < STREAM_MAX; i++)
		follow_done(&journal->sides[i].follow);
	latest_done(&journal->latest);
	free(journal->suspects);
	leave(journal);
	free(journal);
}

/* ---- where to read on ---- */

static enum result is_suspect(struct store_journal *journal, int64_t number, bool *out)
{
	const struct cursor *cursor = &journal->sides[STREAM_DETAIL].saved;
	struct day *day;
	uint64_t last = 0, former = 0;
	enum result result = days_open(&journal->store->days, number, true, &day);

	*out = false;
	/* A damaged file is complained of. It keeps nobody from reading on: what it has cannot be known. */
	if (result == RESULT_NOT_FOUND || result == RESULT_MALFORMED || result == RESULT_REFUSED)
		return RESULT_OK;
	if (result == RESULT_OK)
		result = day_last(day, day_id(cursor->epoch, cursor->at.sequence + 1), day_id(cursor->epoch, DAY_SEQUENCE_MAX), &last);
	if (result == RESULT_OK && cursor->former && cursor->until > cursor->at.sequence)
		result = day_last(day, day_id(cursor->former, cursor->at.sequence + 1), day_id(cursor->former, cursor->until), &former);
	if (result != RESULT_OK)
		return result;
	*out = last || former;
	last &= DAY_SEQUENCE_MAX;
	former &= DAY_SEQUENCE_MAX;
	if (last > journal->suspect_until)
		journal->suspect_until = last;
	if (former > journal->suspect_until)
		journal->suspect_until = former;
	return RESULT_OK;
}

static enum result find_suspects(struct store_journal *journal)
{
	size_t count;
	enum result result;

	free(journal->suspects);
	journal->suspects = NULL;
	journal->suspect_count = 0;
	journal->suspect_until = 0;
	result = days_list(&journal->store->days, &journal->suspects, &count);
	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		bool is_one;

		result = is_suspect(journal, journal->suspects[i], &is_one);
		if (result == RESULT_OK && is_one)
			journal->suspects[journal->suspect_count++] = journal->suspects[i];
	}
	return result;
}

/* The journal is another one, or lost its end. */
static enum result begin_anew(struct store_journal *journal, struct side *side, uint64_t wall_ms)
{
	struct cursors *cursors = &journal->store->cursors;
	struct follow_mark mark, after = { 0, 0 };
	bool is_there = false;
	enum result result;

	cursor_marks_begin(cursors, &side->saved);
	while (!is_there && (result = cursor_marks_next(cursors, &mark)) == RESULT_OK) {
		result = follow_probe(&side->follow, &mark, &is_there);
		if (result != RESULT_OK)
			break;
		if (is_there)
			after = mark;
	}
	cursor_marks_end(cursors);
	if (!is_there && result != RESULT_END)
		return result;
	result = cursor_begin_epoch(cursors, &side->saved, after, wall_ms);
	if (result == RESULT_OK)
		follow_begin(&side->follow, after.sequence);
	return result;
}

/* Nothing was ever read: it begins at the first line there is, and what was before that is missing. */
static enum result begin_first(struct store_journal *journal, struct side *side, uint64_t wall_ms, struct store_ingested *out)
{
	struct cursor cursor = side->saved;
	enum result result;

	follow_begin(&side->follow, 0);
	result = follow_next(&side->follow);
	if (result == RESULT_OK) {
		follow_hold(&side->follow);
		cursor.missing += side->follow.seal.sequence - 1;
		result = cursor_begin_epoch(&journal->store->cursors, &cursor, (struct follow_mark){ side->follow.seal.sequence - 1, 0 }, wall_ms);
	}
	if (result != RESULT_OK) {
		follow_leave(&side->follow);
		return result;
	}
	out->missing += cursor.missing;
	side->saved = cursor;
	return RESULT_OK;
}

/* In transactions of its own: before the batch. RESULT_MORE: there is no journal now. */
static enum result place(struct store_journal *journal, struct side *side, uint64_t wall_ms, struct store_ingested *out)
{
	enum result result;

	if (side->follow.is_placed)
		return RESULT_OK;
	if (!side->saved.epoch) {
		result = begin_first(journal, side, wall_ms, out);
	} else {
		result = follow_place(&side->follow, &side->saved.at);
		if (result == RESULT_END) {
			result = begin_anew(journal, side, wall_ms);
			out->epochs += result == RESULT_OK;
		}
	}
	side->now = side->saved;
	if (result == RESULT_OK && side->saved.stream == STREAM_DETAIL)
		result = find_suspects(journal);
	if (result != RESULT_OK)
		follow_leave(&side->follow);
	return result;
}

/* ---- lines ---- */

static uint64_t filed_ms(uint64_t time_ms, uint64_t wall_ms)
{
	bool is_believed = time_ms && time_ms <= wall_ms + STORE_FUTURE_MS && time_ms + STORE_PAST_MS >= wall_ms;

	return is_believed ? time_ms : wall_ms;
}

static enum result look_in(struct store_journal *journal, int64_t number, const struct cursor *cursor, const struct follow *follow, bool *found)
{
	struct day *day;
	uint64_t sequence = follow->seal.sequence;
	enum result result = days_open(&journal->store->days, number, true, &day);

	if (result != RESULT_OK)
		return result == RESULT_NOT_FOUND ? RESULT_OK : result;
	result = day_has(day, day_id(cursor->epoch, sequence), SPAN_NONE, found);
	if (result == RESULT_OK && !*found && cursor->former && sequence <= cursor->until)
		result = day_has(day, day_id(cursor->former, sequence), follow->line, found);
	return result;
}

/* Is the line in a file already, of whatever day? */
static enum result is_there(struct store_journal *journal, bool *found)
{
	const struct side *side = &journal->sides[STREAM_DETAIL];
	enum result result = RESULT_OK;

	*found = false;
	if (side->follow.seal.sequence > journal->suspect_until)
		return RESULT_OK;
	for (size_t i = 0; i < journal->suspect_count && !*found && result == RESULT_OK; i++)
		result = look_in(journal, journal->suspects[i], &side->saved, &side->follow, found);
	return result;
}

/* A connection and a notice name a site and no tenant: they are whose the site is. */
static enum result find_owner(struct words *words, const struct row *row, uint32_t numbers[2])
{
	enum result result = RESULT_OK;

	if (row->tenant.len) {
		result = words_intern(words, WORD_TENANT, row->tenant, &numbers[0]);
		if (result == RESULT_OK && row->site.len)
			result = words_site(words, numbers[0], row->site, &numbers[1]);
	} else if (row->site.len) {
		result = words_site_now(words, row->site, &numbers[1]);
		if (result == RESULT_OK)
			numbers[0] = words_at(words, numbers[1])->parent;
	}
	return result;
}

static enum result take_detail(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out)
{
	struct store *store = journal->store;
	const struct side *side = &journal->sides[STREAM_DETAIL];
	uint32_t numbers[2] = { WORD_NONE, WORD_NONE };
	struct row row;
	struct day *day;
	uint64_t time_ms;
	bool again;
	enum result result = is_there(journal, &again);

	if (result == RESULT_OK && !again) {
		row_read(side->follow.line, &journal->space, &row);
		time_ms = filed_ms(row.time_ms, wall_ms);
		result = find_owner(&store->words, &row, numbers);
		if (result == RESULT_OK)
			result = days_open(&store->days, day_of(time_ms), false, &day);
		if (result == RESULT_OK)
			result = day_add(&store->days, day, day_id(side->saved.epoch, side->follow.seal.sequence), time_ms, &row, numbers, side->follow.line, &again);
	}
	if (result != RESULT_OK)
		return result;
	out->again += again;
	out->rows += !again;
	return RESULT_OK;
}

static enum result add_growth(struct store_journal *journal, const struct count_line *before, uint32_t site, uint64_t time_ms)
{
	struct store *store = journal->store;

	for (unsigned i = 0; i < journal->line.count; i++) {
		const struct count *count = &journal->line.list[i];
		uint64_t growth = count_line_growth(before, &journal->line, count);
		uint32_t kind;
		enum result result;

		if (!growth)
			continue;
		result = words_intern(&store->words, WORD_COUNT, count_name(count), &kind);
		if (result != RESULT_OK)
			return result;
		totals_add(&store->totals, time_ms, site, kind, growth);
	}
	return RESULT_OK;
}

static enum result take_counts(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out)
{
	const struct side *side = &journal->sides[STREAM_COUNTS];
	const struct count_line *before = NULL;
	uint32_t site = WORD_NONE, slot;
	struct span last;
	enum result result = RESULT_OK;

	out->counts++;
	if (count_line_read(side->follow.line, &journal->line) != RESULT_OK)
		return RESULT_OK;
	if (!journal->line.is_journal)
		result = words_site_now(&journal->store->words, journal->line.site, &site);
	if (result != RESULT_OK || site == WORD_OTHER)  /* one of too many: their totals are no one's */
		return result;
	slot = journal->line.is_journal ? LATEST_JOURNAL : words_same_name(&journal->store->words, site);
	last = latest_find(&journal->latest, slot);
	if (last.len && count_line_read(last, &journal->before) == RESULT_OK)
		before = &journal->before;
	if (before || !side->saved.is_middle)
		result = add_growth(journal, before, site, filed_ms(journal->line.time_ms, wall_ms));
	return result == RESULT_OK ? latest_set(&journal->latest, slot, side->follow.line) : result;
}

static void advance(struct side *side, struct store_ingested *out)
{
	uint64_t gap = side->follow.seal.sequence - side->now.at.sequence - 1;

	side->now.missing += gap;
	side->now.damaged += side->follow.damaged;
	side->now.lines++;
	side->now.at = (struct follow_mark){ side->follow.seal.sequence, side->follow.seal.crc };
	out->missing += gap;
	out->damaged += side->follow.damaged;
	side->follow.damaged = 0;
}

/* RESULT_OK: it stopped though there is more. */
static enum result read_side(struct store_journal *journal, enum stream stream, uint64_t wall_ms, struct store_ingested *out)
{
	struct side *side = &journal->sides[stream];
	enum result result = side->follow.is_placed ? RESULT_OK : RESULT_MORE;

	for (unsigned i = 0; i < STORE_BATCH_LINES && result == RESULT_OK; i++) {
		result = follow_next(&side->follow);
		if (result != RESULT_OK)
			break;
		if (stream == STREAM_COUNTS && !totals_have_room(&journal->store->totals, COUNT_LINE_MAX)) {
			follow_hold(&side->follow);
			break;
		}
		result = stream == STREAM_DETAIL ? take_detail(journal, wall_ms, out) : take_counts(journal, wall_ms, out);
		if (result == RESULT_LIMIT) {  /* a day more than a batch may have */
			follow_hold(&side->follow);
			return RESULT_OK;
		}
		if (result == RESULT_OK)
			advance(side, out);
	}
	return result;
}

/* ---- batches ---- */

static bool is_changed(const struct side *side)
{
	return side->now.at.sequence != side->saved.at.sequence;
}

static enum result commit_names(struct store *store)
{
	enum result result = database_is_begun(store->database) ? database_run(store->database, "COMMIT") : RESULT_OK;

	if (result == RESULT_OK)
		store->words.is_new = false;
	return result;
}

static enum result commit_cursor(struct store_journal *journal)
{
	struct store *store = journal->store;
	enum result result = database_run(store->database, "BEGIN IMMEDIATE");

	if (result == RESULT_OK)
		result = totals_save(&store->totals);
	if (result == RESULT_OK)
		result = latest_save(&journal->latest);
	for (unsigned i = 0; i < STREAM_MAX && result == RESULT_OK; i++) {
		if (is_changed(&journal->sides[i]))
			result = cursor_save(&store->cursors, &journal->sides[i].now);
	}
	return result == RESULT_OK ? database_run(store->database, "COMMIT") : result;
}

static enum result commit(struct store_journal *journal)
{
	struct store *store = journal->store;
	enum result result;

	if (!is_changed(&journal->sides[STREAM_DETAIL]) && !is_changed(&journal->sides[STREAM_COUNTS]))
		return RESULT_OK;
	result = commit_names(store);
	if (result == RESULT_OK)
		result = days_commit(&store->days);
	if (result == RESULT_OK)
		result = commit_cursor(journal);
	if (result != RESULT_OK)
		return result;
	totals_reset(&store->totals);
	latest_keep(&journal->latest);
	for (unsigned i = 0; i < STREAM_MAX; i++)
		journal->sides[i].saved = journal->sides[i].now;
	return RESULT_OK;
}

static void undo(struct store_journal *journal)
{
	store_undo(journal->store);
	latest_undo(&journal->latest);
	for (unsigned i = 0; i < STREAM_MAX; i++) {
		journal->sides[i].now = journal->sides[i].saved;
		follow_leave(&journal->sides[i].follow);
	}
}

static bool is_good(enum result result)
{
	return result == RESULT_OK || result == RESULT_MORE;
}

static enum result read_batch(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out)
{
	enum result detail, counts = RESULT_OK, result;

	for (unsigned i = 0; i < STREAM_MAX && is_good(counts); i++)
		counts = place(journal, &journal->sides[i], wall_ms, out);
	if (!is_good(counts))
		return counts;
	/* The detail first: it says whose a site is, of which the counts have the name only. */
	detail = read_side(journal, STREAM_DETAIL, wall_ms, out);
	if (!is_good(detail))
		return detail;
	counts = read_side(journal, STREAM_COUNTS, wall_ms, out);
	if (!is_good(counts))
		return counts;
	result = commit(journal);
	if (result != RESULT_OK)
		return result;
	return detail == RESULT_OK || counts == RESULT_OK ? RESULT_OK : RESULT_MORE;
}

enum result store_ingest(struct store_journal *journal, uint64_t wall_ns, struct complaints *complaints, struct store_ingested *out)
{
	enum result result;

	*out = (struct store_ingested){ 0 };
	result = store_enter(journal->store, complaints);
	if (result != RESULT_OK)
		return result;
	result = read_batch(journal, wall_ns / 1000000, out);
	if (!is_good(result)) {
		undo(journal);
		*out = (struct store_ingested){ .epochs = out->epochs };
	}
	return result;
}

void store_positions(const struct store_journal *journal, struct store_position out[2])
{
	for (unsigned i = 0; i < STREAM_MAX; i++) {
		const struct cursor *saved = &journal->sides[i].saved;

		out[i] = (struct store_position){ saved->epoch, saved->at.sequence, saved->lines, saved->missing, saved->damaged };
	}
}
