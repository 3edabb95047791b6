#include "guard/rate.h"

#include <stdlib.h>

#include "base/banned.h"

struct rate_limit {
	struct span path;            /* without a / at its end */
	const struct rate_limit_settings *settings;
	struct gcra gcra;
	uint64_t id;
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
		struct rate_limit *limit = &limits->list[limits->count];

		*limit = (struct rate_limit){ .path = from[limits->count].path, .settings = &from[limits->count] };
		while (limit->path.len > 1 && limit->path.at[limit->path.len - 1] == '/')
			limit->path.len--;
		limit->id = name_limit(site_name, limit);
		if (gcra_make(&limit->settings->limit, rate_limit_burst(limit->settings), 0, 1000, RATE_OWED_MAX_US, &limit->gcra) != RESULT_OK)
			return RESULT_LIMIT;
	}
	if (limits->count)
		qsort(limits->list, limits->count, sizeof(*limits->list), compare_limits);
	*out = limits;
	return RESULT_OK;
}

static uint64_t ask_one(const struct rate_limit *limit, struct rate_table *table, const struct rate_who *who, uint64_t now_us)
{
	uint64_t words[3] = { limit->id };

	if (limit->settings->per == RATE_PER_SOURCE) {
		words[1] = who->source.bits;
		words[2] = (uint64_t)who->source.kind;
	} else if (limit->settings->per == RATE_PER_FINGERPRINT) {
		words[1] = who->fingerprint;
	}
	return rate_table_ask(table, &limit->gcra, words, 3, now_us);
}

struct rate_verdict rate_ask(const struct rate_limits *limits, struct rate_table *table, struct span path, const struct rate_who *who, uint64_t now_us)
{
	size_t i = 0, first;

	while (i < limits->count && !route_covers(limits->list[i].path, path))
		i++;
	for (first = i; i < limits->count && span_equal(limits->list[i].path, limits->list[first].path); i++) {
		uint64_t retry_after_us = ask_one(&limits->list[i], table, who, now_us);

		if (retry_after_us)
			return (struct rate_verdict){ limits->list[i].settings, retry_after_us };
	}
	return (struct rate_verdict){ NULL, 0 };
}

uint64_t rate_retry_after_s(uint64_t retry_after_us)
{
	uint64_t seconds = retry_after_us / 1000000 + (retry_after_us % 1000000 != 0);

	return seconds ? seconds : 1;
}
