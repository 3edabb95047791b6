/* An amount that several parties share, so that none of them can take it from the others.
 *
 *     | share | share | share |     lent to those who need more     |
 *
 * Half of it is divided evenly: a party's share is its own, whatever the others do, and nothing has to be taken back from anybody for it. Of
 * the other half a party has at most as much as it leaves: one that floods takes half of it, the next one a quarter. A party that is alone has
 * all of it.
 *
 * Limits   AMOUNT, but for shares that a change made smaller: who had more then keeps it, and the others have their new shares at once (from one
 *          party to two the sum may be a quarter above AMOUNT for as long, from more to more less)
 * Owns     nothing
 * Threads  one at a time: whoever owns it has the lock
 */
#ifndef BOUCLIER_BASE_BUDGET_H
#define BOUCLIER_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct budget {
	uint64_t share;   /* of each party */
	uint64_t common;  /* what is lent: not divided */
	uint64_t used;    /* by all */
	uint64_t lent;    /* of COMMON: what parties have beyond their shares */
};

struct budget_party {
	uint64_t used;
};

/* For COUNT parties, none of whom has anything as far as BUDGET knows: each that has something is counted next. */
void budget_set(struct budget *budget, uint64_t amount, size_t count);
void budget_count(struct budget *budget, const struct budget_party *party);
/* False: PARTY has its share and what it may be lent, and nothing has changed. */
bool budget_take(struct budget *budget, struct budget_party *party, uint64_t amount) must_check;
/* AMOUNT was taken. */
void budget_give(struct budget *budget, struct budget_party *party, uint64_t amount);

#endif
