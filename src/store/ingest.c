/* From a journal into the store. The order is what makes it exact: names, then rows (each with its place in the journal), then totals and cursor in
 * one transaction. Whatever is cut off behind one of these is found again by the next try. */
#include "store/reading.h"

#include "base/banned.h"

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
		result = stream == STREAM_DETAIL ? reading_take_detail(journal, wall_ms, out) : reading_take_counts(journal, wall_ms, out);
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
		counts = reading_place(journal, &journal->sides[i], wall_ms, out);
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
