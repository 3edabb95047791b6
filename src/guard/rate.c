#include "guard/rate.h"

#include <stdlib.h>

#include "guard/source_budget.h"

#include "base/banned.h"

struct rate_limit {
	struct span path;            /* without a / at its end */
	const struct rate_limit_settings *settings;
	struct gcra budgets[RATE_OF_COUNT];  /* all zero: nothing is said of that */
	uint64_t id;
	bool is_last;                /* of its path */
};

struct rate_limits {
	struct rate_limit *list;     /* longest path first; of one path in the order of enum rate_per */
	size_t count;
};

/* Not secret: the table hashes it again, with its seed. */
static const struct hash_seed id_seed = { 0x72617465, 1 };

static int compare_limits(const void *a, const void *b)
{
	const struct rate_limit *x = a, *y = b;
	int order;

	if (x->path.len != y->path.len)
		return x->path.len < y->path.len ? 1 : -1;
	order = span_compare(x->path, y->path);
	return order ? order : x->settings->per - y->settings->per;
}

/* The same for the same site, path and `per`, whatever else is configured. */
static uint64_t name_limit(struct span site_name, const struct rate_limit *limit)
{
	uint64_t parts[3] = { hash_span(id_seed, site_name), hash_span(id_seed, limit->path), (uint64_t)limit->settings->per };

	return hash_span(id_seed, span_make((const char *)parts, sizeof(parts)));
}

/* Requests are refused before they owe more than a burst; of what is known afterwards one may owe another one. */
static enum result make_budget(const struct rate_limit_settings *settings, enum rate_of of, struct gcra *out)
{
	struct rate_said said = rate_limit_said(settings, of);

	if (!said.rate.count)
		return RESULT_NOT_FOUND;
	return gcra_make(&said.rate, said.burst, of == RATE_REQUESTS ? 0 : said.burst, 1000, RATE_OWED_MAX_US, out);
}

enum result rate_budget_check(const struct rate_limit_settings *settings, enum rate_of of)
{
	struct gcra gcra;

	return make_budget(settings, of, &gcra);
}

static enum result make_limit(struct span site_name, const struct rate_limit_settings *settings, struct rate_limit *limit)
{
	*limit = (struct rate_limit){ .path = settings->path, .settings = settings };
	while (limit->path.len > 1 && limit->path.at[limit->path.len - 1] == '/')
		limit->path.len--;
	limit->id = name_limit(site_name, limit);
	for (unsigned of = 0; of < RATE_OF_COUNT; of++) {
		if (make_budget(settings, (enum rate_of)of, &limit->budgets[of]) == RESULT_LIMIT)
			return RESULT_LIMIT;
	}
	return RESULT_OK;
}

static void sort_limits(struct rate_limits *limits)
{
	if (limits->count)
		qsort(limits->list, limits->count, sizeof(*limits->list), compare_limits);
	for (size_t i = 0; i < limits->count; i++)
		limits->list[i].is_last = i + 1 == limits->count || !span_equal(limits->list[i].path, limits->list[i + 1].path);
}

enum result rate_limits_new(struct arena *arena, struct span site_name, const struct guard_site_settings *settings, struct rate_limits **out)
{
	struct rate_limits *limits = arena_new(arena, struct rate_limits);
	const struct rate_limit_settings *from = settings->rate_limits.items;

	if (!limits)
		return RESULT_NO_MEMORY;
	limits->list = arena_new_array(arena, struct rate_limit, settings->rate_limits.count);
	if (!limits->list)
		return RESULT_NO_MEMORY;
	for (; limits->count < settings->rate_limits.count; limits->count++) {
		if (make_limit(site_name, &from[limits->count], &limits->list[limits->count]) != RESULT_OK)
			return RESULT_LIMIT;
	}
	sort_limits(limits);
	*out = limits;
	return RESULT_OK;
}

const struct rate_limit *rate_limits_find(const struct rate_limits *limits, struct span path)
{
	for (size_t i = 0; i < limits->count; i++) {
		if (route_covers(limits->list[i].path, path))
			return &limits->list[i];
	}
	return NULL;
}

static const struct rate_limit *next_of(const struct rate_limit *limit)
{
	return limit->is_last ? NULL : limit + 1;
}

/* Under what WHO is counted, as far as LIMIT tells people apart. */
struct rate_words {
	uint64_t list[3];
};

static struct rate_words words_of(const struct rate_limit *limit, enum rate_of of, const struct rate_who *who)
{
	struct rate_words words = { { limit->id + of } };

	switch ((enum rate_per)limit->settings->per) {
	case RATE_PER_SOURCE:
		words.list[1] = who->source.bits;
		words.list[2] = (uint64_t)who->source.kind;
		break;
	case RATE_PER_FINGERPRINT:
		words.list[1] = who->fingerprint;
		break;
	case RATE_PER_KIND:
		words.list[1] = who->kind;
		break;
	case RATE_PER_ROUTE:
	case RATE_PER_COUNT:
		break;
	}
	return words;
}

static bool counts(const struct rate_limit *limit, enum rate_of of, const struct rate_who *who)
{
	return limit->budgets[of].interval && (limit->settings->per != RATE_PER_KIND || who->kind);
}

/* 0, or when there is room for one more. */
static uint64_t ask_one(const struct rate_limit *limit, enum rate_of of, struct rate_table *table, const struct rate_who *who, uint64_t now_us)
{
	const struct gcra *gcra = &limit->budgets[of];
	struct rate_words words = words_of(limit, of, who);
	uint64_t owes_us;

	if (!counts(limit, of, who))
		return 0;
	if (of == RATE_REQUESTS)
		return rate_table_ask(table, gcra, words.list, 3, now_us);
	owes_us = rate_table_owes(table, words.list, 3, now_us);
	return gcra_ask(gcra, now_us + owes_us, now_us, 1).retry_after;
}

struct rate_verdict rate_ask(const struct rate_limit *first, struct rate_table *table, const struct rate_who *who, uint64_t now_us)
{
	for (const struct rate_limit *limit = first; limit; limit = next_of(limit)) {
		for (unsigned of = RATE_OF_COUNT; of-- > 0;) {  /* requests last: who is refused for something else has not come */
			uint64_t retry_after_us = ask_one(limit, (enum rate_of)of, table, who, now_us);

			if (retry_after_us)
				return (struct rate_verdict){ limit->settings, retry_after_us, next_of(limit) };
		}
	}
	return (struct rate_verdict){ NULL, 0, NULL };
}

/* One request counts for a burst of bytes at most. */
static uint64_t weight_of(const struct rate_limit *limit, enum rate_of of, const struct rate_spent *spent)
{
	uint64_t units = spent->bytes / SOURCE_BYTES_UNIT, burst = rate_limit_said(limit->settings, of).burst;

	if (of == RATE_ERRORS)
		return spent->is_error;
	if (of == RATE_COST)
		return spent->cost_us / 1000;
	return of != RATE_BYTES ? 0 : units < burst ? units : burst;
}

void rate_charge(const struct rate_limit *first, struct rate_table *table, const struct rate_who *who, const struct rate_spent *spent, uint64_t now_us)
{
	for (const struct rate_limit *limit = first; limit; limit = next_of(limit)) {
		for (unsigned of = 0; of < RATE_OF_COUNT; of++) {
			uint64_t weight = weight_of(limit, (enum rate_of)of, spent);

			if (weight && counts(limit, (enum rate_of)of, who))
				rate_table_charge(table, &limit->budgets[of], words_of(limit, (enum rate_of)of, who).list, 3, weight, now_us);
		}
	}
}

uint64_t rate_retry_after_s(uint64_t retry_after_us)
{
	uint64_t seconds = retry_after_us / 1000000 + (retry_after_us % 1000000 != 0);

	return seconds ? seconds : 1;
}
