/* What becomes of a line: a row of a day, or what totals have grown by. */
#include "store/reading.h"

#include "base/banned.h"

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

enum result reading_take_detail(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out)
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

enum result reading_take_counts(struct store_journal *journal, uint64_t wall_ms, struct store_ingested *out)
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
