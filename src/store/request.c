/* The event of one request, by the id on its error page. */
#include <endian.h>
#include <stdlib.h>

#include "base/encode.h"
#include "event/member.h"
#include "store/inside.h"

#include "base/banned.h"

struct search {
	struct store *store;
	const struct store_seen *seen;
	struct span id;
	uint32_t front;
	bool (*row)(void *context, const struct store_event *event);
	void *context;
};

/* RESULT_NOT_FOUND: the row has another id that begins alike, or is not for who asks. */
static enum result look_at(struct search *search, struct day *day, uint64_t id)
{
	const struct words *words = &search->store->words;
	struct day_row row;
	struct member member;
	enum result result = day_row(day, id, &row);

	if (result == RESULT_OK)
		result = member_find(row.line, SPAN("bouclier.request_id"), &member);
	if (result == RESULT_OK && span_equal_nocase(member.value, search->id) && store_sees(search->seen, row.tenant)) {
		const struct store_event event = { { row.time_ms, id }, id & DAY_SEQUENCE_MAX, row.line, words_text_of(words, row.tenant),
			                           words_text_of(words, row.site) };

		(void)search->row(search->context, &event);
	} else if (result == RESULT_OK || result == RESULT_MALFORMED) {
		result = RESULT_NOT_FOUND;
	}
	statement_reset(day->line);
	return result;
}

static enum result look_through(struct search *search, struct day *day, uint64_t first, struct span list)
{
	uint32_t wanted = htole32(search->front);

	for (size_t at = 0; at + sizeof(struct day_request) <= list.len; at += sizeof(struct day_request)) {
		struct day_request one;
		enum result result;

		memcpy(&one, list.at + at, sizeof(one));
		if (one.request != wanted)
			continue;
		result = look_at(search, day, first + le32toh(one.offset));
		if (result != RESULT_NOT_FOUND)
			return result;
	}
	return RESULT_NOT_FOUND;
}

static enum result look_in_day(struct search *search, struct day *day)
{
	struct statement *lists;
	enum result result = statement_new(day->database, "SELECT first, list FROM requests ORDER BY first DESC", &lists);

	if (result != RESULT_OK)
		return result;
	while ((result = statement_step(lists)) == RESULT_OK) {
		result = look_through(search, day, (uint64_t)statement_number(lists, 0), statement_bytes(lists, 1));
		if (result != RESULT_NOT_FOUND)
			break;
	}
	statement_free(lists);
	return result == RESULT_END ? RESULT_NOT_FOUND : result;
}

static enum result look_in_days(struct search *search)
{
	int64_t *numbers;
	size_t count;
	enum result result = days_list(&search->store->days, &numbers, &count);

	if (result != RESULT_OK)
		return result;
	result = RESULT_NOT_FOUND;
	for (size_t i = 0; i < count && result == RESULT_NOT_FOUND; i++) {
		struct day *day;

		result = days_open(&search->store->days, numbers[i], true, &day);
		if (result == RESULT_OK)
			result = look_in_day(search, day);
		if (result == RESULT_MALFORMED || result == RESULT_REFUSED)  /* complained of; the others are looked through */
			result = RESULT_NOT_FOUND;
	}
	free(numbers);
	return result;
}

enum result store_request(struct store *store, struct store_tenants tenants, struct span request_id, struct complaints *complaints,
                          bool (*row)(void *context, const struct store_event *event), void *context)
{
	struct search search = { .store = store, .id = request_id, .row = row, .context = context };
	struct store_seen seen;
	enum result result = store_enter(store, complaints);

	if (result != RESULT_OK)
		return result;
	if (!row_request(request_id, &search.front))
		return RESULT_NOT_FOUND;
	result = store_see(store, tenants, &seen);
	if (result != RESULT_OK)
		return result;
	search.seen = &seen;
	result = look_in_days(&search);
	free(seen.tenants);
	return result;
}
