/* Questions about single events. */
#include <stdlib.h>

#include "store/merge.h"

#include "base/banned.h"

struct asking {
	struct store *store;
	const struct store_events_ask *ask;
	bool (*row)(void *context, const struct store_event *event);
	void *context;
	struct store_events_end *end;
	bool is_stopped;
};

/* Tells the row at PLACE if it is asked for. */
static enum result tell(struct asking *asking, struct day *day, struct store_place place)
{
	const struct words *words = &asking->store->words;
	struct day_row row;
	enum result result = day_row(day, place.id, &row);

	if (result == RESULT_OK && (!asking->ask->query || query_match(asking->ask->query, row.line))) {
		const struct store_event event = { place, place.id & DAY_SEQUENCE_MAX, row.line, words_text_of(words, row.tenant), words_text_of(words, row.site) };

		asking->end->told++;
		asking->is_stopped = !asking->row(asking->context, &event);
	}
	statement_reset(day->line);
	return result;
}

static bool is_enough(struct asking *asking)
{
	struct store_events_end *end = asking->end;

	if (asking->is_stopped || end->told >= asking->ask->count)
		return true;
	end->is_cut = asking->ask->examine && end->examined >= asking->ask->examine;
	return end->is_cut;
}

static enum result ask_day(struct asking *asking, struct day *day, const struct store_seen *seen)
{
	struct store_place place;
	struct merge merge;
	enum result result = merge_init(&merge, day, seen, asking->end->next, asking->ask->not_before_ms);

	if (result != RESULT_OK)
		return result;
	while (!is_enough(asking) && (result = merge_next(&merge, &place)) == RESULT_OK) {
		result = tell(asking, day, place);
		if (result != RESULT_OK)
			break;
		asking->end->examined++;
		asking->end->next = place;
	}
	merge_done(&merge);
	return result == RESULT_END ? RESULT_OK : result;
}

/* A file that is damaged, or not ours, is complained of and passed over: what the others have is not kept back for it. */
static bool is_passed_over(enum result result)
{
	return result == RESULT_NOT_FOUND || result == RESULT_MALFORMED || result == RESULT_REFUSED;
}

static enum result ask_days(struct asking *asking, const struct store_seen *seen, const int64_t *numbers, size_t count)
{
	const struct store_events_ask *ask = asking->ask;

	for (size_t i = 0; i < count; i++) {
		struct day *day;
		enum result result;

		if (ask->before.time_ms && numbers[i] > day_of(ask->before.time_ms))
			continue;
		if (numbers[i] < day_of(ask->not_before_ms))
			break;
		if (is_enough(asking))
			return RESULT_OK;
		result = days_open(&asking->store->days, numbers[i], true, &day);
		if (result == RESULT_OK)
			result = ask_day(asking, day, seen);
		if (result != RESULT_OK && !is_passed_over(result))
			return result;
	}
	asking->end->is_over = !is_enough(asking);
	return RESULT_OK;
}

enum result store_events(struct store *store, const struct store_events_ask *ask, struct complaints *complaints,
                         bool (*row)(void *context, const struct store_event *event), void *context, struct store_events_end *out)
{
	struct asking asking = { .store = store, .ask = ask, .row = row, .context = context, .end = out };
	struct store_seen seen;
	int64_t *numbers;
	size_t count;
	enum result result = store_enter(store, complaints);

	*out = (struct store_events_end){ .next = ask->before };
	if (result == RESULT_OK)
		result = store_see(store, ask->tenants, &seen);
	if (result != RESULT_OK)
		return result;
	result = days_list(&store->days, &numbers, &count);
	if (result == RESULT_OK) {
		result = ask_days(&asking, &seen, numbers, count);
		free(numbers);
	}
	free(seen.tenants);
	return result;
}
