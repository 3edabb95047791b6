/* Questions about totals: no event is read for them. */
#include <stdlib.h>

#include "store/inside.h"

#include "base/banned.h"

struct asking {
	struct store *store;
	const struct store_totals_ask *ask;
	bool (*row)(void *context, const struct store_total *total);
	void *context;
	struct statement *rows[STORE_GRAINS];
	bool *seen;              /* [site]: may it be seen? */
	uint64_t *sums;          /* [site], with by_site and not by_bucket */
	uint32_t kind;
	uint64_t bucket, sum;    /* of what is being summed */
	bool is_stopped;
};

static void tell(struct asking *asking, uint64_t bucket, uint32_t site, uint64_t count)
{
	const struct words *words = &asking->store->words;
	const struct word *word = words_at(words, site);
	const struct store_total total = {
		.bucket_s = asking->ask->by_bucket ? bucket * totals_seconds(asking->ask->grain) : 0,
		.kind = words_text_of(words, asking->kind),
		.site = asking->ask->by_site ? words_text_of(words, site) : SPAN_NONE,
		.tenant = asking->ask->by_site && word ? words_text_of(words, word->parent) : SPAN_NONE,
		.count = count,
	};

	if (count && !asking->is_stopped)
		asking->is_stopped = !asking->row(asking->context, &total);
}

static void take(struct asking *asking, uint64_t bucket, uint32_t site, uint64_t count)
{
	const struct store_totals_ask *ask = asking->ask;

	if (ask->by_bucket && ask->by_site) {
		tell(asking, bucket, site, count);
		return;
	}
	if (ask->by_site) {
		asking->sums[site] += count;
		return;
	}
	if (ask->by_bucket && bucket != asking->bucket) {
		tell(asking, asking->bucket, WORD_NONE, asking->sum);
		asking->bucket = bucket;
		asking->sum = 0;
	}
	asking->sum += count;
}

static void finish_kind(struct asking *asking)
{
	if (asking->ask->by_site && !asking->ask->by_bucket) {
		for (uint32_t site = 0; site <= asking->store->words.count; site++) {
			tell(asking, 0, site, asking->sums[site]);
			asking->sums[site] = 0;
		}
	}
	tell(asking, asking->bucket, WORD_NONE, asking->sum);
	asking->sum = asking->bucket = 0;
}

/* A run of buckets of one table. */
struct run {
	enum store_grain grain;
	uint64_t from, to;
};

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return value / step + (value % step != 0);
}

/* A sum of many hours is one of days, and of the hours at both ends. */
static unsigned plan(const struct store_totals_ask *ask, struct run runs[3])
{
	unsigned seconds = totals_seconds(ask->grain);
	const struct run whole = { ask->grain, round_up(ask->from_s, seconds), round_up(ask->to_s, seconds) };
	const struct run days = { STORE_DAY, round_up(whole.from, 24), whole.to / 24 };

	runs[0] = whole;
	if (ask->grain != STORE_HOUR || ask->by_bucket || days.from >= days.to)
		return 1;
	runs[0].to = days.from * 24;
	runs[1] = days;
	runs[2] = (struct run){ STORE_HOUR, days.to * 24, whole.to };
	return 3;
}

static enum result ask_run(struct asking *asking, const struct run *run)
{
	struct statement *rows = asking->rows[run->grain];
	enum result result = RESULT_END;

	statement_bind_number(rows, 1, asking->kind);
	statement_bind_number(rows, 2, (int64_t)run->from);
	statement_bind_number(rows, 3, (int64_t)run->to);
	while (!asking->is_stopped && (result = statement_step(rows)) == RESULT_OK) {
		uint64_t site = (uint64_t)statement_number(rows, 1);

		if (site <= asking->store->words.count && asking->seen[site])
			take(asking, (uint64_t)statement_number(rows, 0), (uint32_t)site, (uint64_t)statement_number(rows, 2));
	}
	statement_reset(rows);
	return asking->is_stopped || result == RESULT_END ? RESULT_OK : result;
}

static enum result ask_kind(struct asking *asking, uint32_t kind)
{
	struct run runs[3];
	unsigned count = plan(asking->ask, runs);

	asking->kind = kind;
	for (unsigned i = 0; i < count; i++) {
		enum result result = ask_run(asking, &runs[i]);

		if (result != RESULT_OK)
			return result;
	}
	finish_kind(asking);
	return RESULT_OK;
}

/* "events" is one; "decisions." is all that begin so. */
static bool is_asked(struct span wanted, struct span kind)
{
	return span_equal(wanted, kind) || (span_ends(wanted, SPAN(".")) && span_starts(kind, wanted));
}

static enum result ask_kinds(struct asking *asking)
{
	const struct words *words = &asking->store->words;
	enum result result = RESULT_OK;

	for (uint32_t i = 1; i <= words->count && result == RESULT_OK && !asking->is_stopped; i++) {
		const struct word *word = words_at(words, i);

		if (word->kind == WORD_COUNT && is_asked(asking->ask->kind, word->text))
			result = ask_kind(asking, i);
	}
	return result;
}

static enum result see_sites(struct asking *asking, const struct store_seen *seen)
{
	const struct words *words = &asking->store->words;

	asking->seen = calloc(words->count + 1, sizeof(asking->seen[0]));
	asking->sums = calloc(words->count + 1, sizeof(asking->sums[0]));
	if (!asking->seen || !asking->sums)
		return RESULT_NO_MEMORY;
	asking->seen[WORD_NONE] = seen->is_all;
	for (uint32_t i = 1; i <= words->count; i++)
		asking->seen[i] = store_sees(seen, words_at(words, i)->parent);
	return RESULT_OK;
}

enum result store_totals(struct store *store, const struct store_totals_ask *ask, struct complaints *complaints,
                         bool (*row)(void *context, const struct store_total *total), void *context)
{
	static const char *const constants[STORE_GRAINS] = {
		"SELECT bucket, site, n FROM minutes WHERE kind = ?1 AND bucket >= ?2 AND bucket < ?3 ORDER BY bucket, site",
		"SELECT bucket, site, n FROM hours WHERE kind = ?1 AND bucket >= ?2 AND bucket < ?3 ORDER BY bucket, site",
		"SELECT bucket, site, n FROM days WHERE kind = ?1 AND bucket >= ?2 AND bucket < ?3 ORDER BY bucket, site",
	};
	struct asking asking = { .store = store, .ask = ask, .row = row, .context = context };
	struct store_seen seen = { .tenants = NULL };
	enum result result = store_enter(store, complaints);

	if (result == RESULT_OK)
		result = store_see(store, ask->tenants, &seen);
	if (result == RESULT_OK)
		result = see_sites(&asking, &seen);
	for (unsigned i = 0; i < STORE_GRAINS && result == RESULT_OK; i++)
		result = statement_new(store->database, constants[i], &asking.rows[i]);
	if (result == RESULT_OK)
		result = ask_kinds(&asking);
	for (unsigned i = 0; i < STORE_GRAINS; i++)
		statement_free(asking.rows[i]);
	free(asking.seen);
	free(asking.sums);
	free(seen.tenants);
	return result;
}
