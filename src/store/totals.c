#include "store/totals.h"

#include <stdlib.h>

#include "base/hash.h"

#include "base/banned.h"

#define PLACES (2 * TOTALS_MAX)

enum result totals_init(struct totals *totals, struct database *database)
{
	static const char *const constants[STORE_GRAINS] = {
		"INSERT INTO minutes(kind, bucket, site, n) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET n = n + excluded.n",
		"INSERT INTO hours(kind, bucket, site, n) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET n = n + excluded.n",
		"INSERT INTO days(kind, bucket, site, n) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET n = n + excluded.n",
	};
	enum result result = RESULT_OK;

	*totals = (struct totals){ .database = database };
	totals->list = calloc(PLACES, sizeof(totals->list[0]));
	if (!totals->list)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < STORE_GRAINS && result == RESULT_OK; i++)
		result = statement_new(database, constants[i], &totals->add[i]);
	return result;
}

void totals_done(struct totals *totals)
{
	for (unsigned i = 0; i < STORE_GRAINS; i++)
		statement_free(totals->add[i]);
	free(totals->list);
}

bool totals_have_room(const struct totals *totals, unsigned count)
{
	return totals->count + STORE_GRAINS * count <= TOTALS_MAX;
}

static void add(struct totals *totals, struct total_sum sum)
{
	uint64_t hash = hash_u64(((uint64_t)sum.bucket << 32 | sum.site) ^ hash_u64((uint64_t)sum.kind << 2 | sum.grain));
	struct total_sum *place = &totals->list[hash % PLACES];

	while (place->n && (place->bucket != sum.bucket || place->site != sum.site || place->kind != sum.kind || place->grain != sum.grain))
		place = place + 1 == totals->list + PLACES ? totals->list : place + 1;
	sum.n += place->n;
	totals->count += place->n == 0;
	*place = sum;
}

void totals_add(struct totals *totals, uint64_t time_ms, uint32_t site, uint32_t kind, uint64_t n)
{
	for (unsigned grain = 0; n && grain < STORE_GRAINS; grain++)
		add(totals, (struct total_sum){ (uint32_t)(time_ms / 1000 / totals_seconds((enum store_grain)grain)), site, kind, (enum store_grain)grain, n });
}

static int by_key(const void *a, const void *b)
{
	const struct total_sum *x = a, *y = b;

	if (x->grain != y->grain)
		return x->grain < y->grain ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return x->site < y->site ? -1 : x->site > y->site;
}

/* The places in use, at the front, in the order of the tables: each page of a tree is then touched once. */
static void gather(struct totals *totals)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		struct total_sum sum = totals->list[i];

		if (!sum.n)
			continue;
		totals->list[i].n = 0;
		totals->list[count++] = sum;
	}
	qsort(totals->list, count, sizeof(totals->list[0]), by_key);
}

enum result totals_save(struct totals *totals)
{
	enum result result = RESULT_OK;

	if (!totals->count)
		return RESULT_OK;
	gather(totals);
	for (unsigned i = 0; i < totals->count && result == RESULT_OK; i++) {
		const struct total_sum *sum = &totals->list[i];
		struct statement *statement = totals->add[sum->grain];

		statement_bind_number(statement, 1, sum->kind);
		statement_bind_number(statement, 2, sum->bucket);
		statement_bind_number(statement, 3, sum->site);
		statement_bind_number(statement, 4, sum->n > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)sum->n);
		result = statement_run(statement);
	}
	return result;
}

void totals_reset(struct totals *totals)
{
	if (totals->count)
		memset(totals->list, 0, PLACES * sizeof(totals->list[0]));
	totals->count = 0;
}
