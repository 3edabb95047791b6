#include "base/budget.h"

#include <assert.h>

#include "base/banned.h"

static uint64_t beyond_share(const struct budget *budget, uint64_t used)
{
	return used > budget->share ? used - budget->share : 0;
}

void budget_set(struct budget *budget, uint64_t amount, size_t count)
{
	uint64_t share = count > 1 ? amount / 2 / count : amount;

	*budget = (struct budget){ .share = share, .common = count > 1 ? amount - share * count : 0 };
}

void budget_count(struct budget *budget, const struct budget_party *party)
{
	budget->used += party->used;
	budget->lent += beyond_share(budget, party->used);
}

bool budget_take(struct budget *budget, struct budget_party *party, uint64_t amount)
{
	uint64_t used = party->used + amount, beyond = beyond_share(budget, used);
	uint64_t lent = budget->lent - beyond_share(budget, party->used) + beyond;

	if (used < amount || (beyond && (lent > budget->common || beyond > budget->common - lent)))
		return false;
	party->used = used;
	budget->used += amount;
	budget->lent = lent;
	return true;
}

void budget_give(struct budget *budget, struct budget_party *party, uint64_t amount)
{
	assert(amount <= party->used && amount <= budget->used);
	budget->lent -= beyond_share(budget, party->used) - beyond_share(budget, party->used - amount);
	party->used -= amount;
	budget->used -= amount;
}
