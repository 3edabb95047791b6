#include "guard/budget.h"

#include "base/banned.h"

static void keep(struct source_entry *entry, enum source_budget budget, uint64_t tat)
{
	uint64_t owed = tat > entry->at_us ? tat - entry->at_us : 0;

	entry->owed_us[budget] = owed < ENTRY_OWED_MAX_US ? (uint32_t)owed : ENTRY_OWED_MAX_US;
}

uint64_t budget_ask(struct source_entry *entry, enum source_budget budget, const struct gcra *gcra, uint64_t weight)
{
	struct gcra_answer answer = gcra_ask(gcra, entry->at_us + entry->owed_us[budget], entry->at_us, weight);

	keep(entry, budget, answer.tat);
	return answer.retry_after;
}

void budget_charge(struct source_entry *entry, enum source_budget budget, const struct gcra *gcra, uint64_t weight)
{
	keep(entry, budget, gcra_charge(gcra, entry->at_us + entry->owed_us[budget], entry->at_us, weight));
}
