/* The budgets of one source, which lie in its entry (source/entry.h): guard/gcra.h asked of what it owes.
 *
 * Units    microseconds
 * Limits   of a gcra made with a most_max of ENTRY_OWED_MAX_US
 * Threads  whoever holds the entry, advanced to now (source_table_take)
 */
#ifndef BOUCLIER_GUARD_BUDGET_H
#define BOUCLIER_GUARD_BUDGET_H

#include "guard/gcra.h"
#include "source/entry.h"

/* May something of WEIGHT come? If so, it has. 0, or how long to wait; GCRA_NEVER. */
uint64_t budget_ask(struct source_entry *entry, enum source_budget budget, const struct gcra *gcra, uint64_t weight);
/* It has come, and weighed that much. */
void budget_charge(struct source_entry *entry, enum source_budget budget, const struct gcra *gcra, uint64_t weight);

#endif
