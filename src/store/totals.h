/* What a batch adds to the totals by minute, by hour and by day.
 *
 * Shape    gathered in a table of memory by minute, site and kind, and written as few sums
 * Limits   TOTALS_MAX sums; when it is nearly full the batch ends
 */
#ifndef BOUCLIER_STORE_TOTALS_H
#define BOUCLIER_STORE_TOTALS_H

#include "store/sqlite.h"
#include "store/store.h"

#define TOTALS_MAX 32768u

struct total_sum {
	uint32_t bucket, site, kind;
	enum store_grain grain;
	uint64_t n;             /* 0: a free place */
};

struct totals {
	struct database *database;
	struct statement *add[STORE_GRAINS];
	struct total_sum *list;     /* places of a hash */
	unsigned count;
};

enum result totals_init(struct totals *totals, struct database *database) must_check;
void totals_done(struct totals *totals);
/* How long a bucket is. */
static inline unsigned totals_seconds(enum store_grain grain)
{
	return grain == STORE_DAY ? 86400 : grain == STORE_HOUR ? 3600 : 60;
}
/* Is there room for COUNT more numbers? */
bool totals_have_room(const struct totals *totals, unsigned count);
void totals_add(struct totals *totals, uint64_t time_ms, uint32_t site, uint32_t kind, uint64_t n);
/* In the transaction that is begun. */
enum result totals_save(struct totals *totals) must_check;
void totals_reset(struct totals *totals);

#endif
