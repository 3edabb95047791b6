/* What a batch adds to the totals by minute and by hour.
 *
 * Shape    gathered in a table of memory by minute, site and kind, and written as few sums
 * Limits   TOTALS_MAX sums; when it is nearly full the batch ends
 */
#ifndef BOUCLIER_STORE_TOTALS_H
#define BOUCLIER_STORE_TOTALS_H

#include "store/sqlite.h"

#define TOTALS_MAX 32768u

struct total_sum {
	uint32_t minute, site, kind;
	bool is_hour;
	uint64_t n;             /* 0: a free place */
};

struct totals {
	struct database *database;
	struct statement *minute, *hour;
	struct total_sum *list;     /* places of a hash */
	unsigned count;
};

enum result totals_init(struct totals *totals, struct database *database) must_check;
void totals_done(struct totals *totals);
/* Is there room for COUNT more sums? */
bool totals_have_room(const struct totals *totals, unsigned count);
void totals_add(struct totals *totals, uint64_t time_ms, uint32_t site, uint32_t kind, uint64_t n);
/* In the transaction that is begun. */
enum result totals_save(struct totals *totals) must_check;
void totals_reset(struct totals *totals);

#endif
