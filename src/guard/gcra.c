#include "guard/gcra.h"

#include "base/banned.h"

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

enum result gcra_make(const struct rate *rate, uint64_t burst, uint64_t debt, uint64_t ticks_per_ms, uint64_t most_max, struct gcra *out)
{
	struct gcra gcra;
	uint64_t period;

	if (rate->count <= 0 || rate->per_ms <= 0 || burst == 0 || burst > GCRA_BURST_MAX)
		return RESULT_LIMIT;
	period = multiply((uint64_t)rate->per_ms, ticks_per_ms);
	gcra.interval = period / (uint64_t)rate->count + (period % (uint64_t)rate->count != 0);
	gcra.tolerance = multiply(burst - 1, gcra.interval);
	gcra.most = add(multiply(burst, gcra.interval), multiply(debt, gcra.interval));
	if (gcra.interval == 0 || gcra.most == UINT64_MAX || gcra.most > most_max)
		return RESULT_LIMIT;
	*out = gcra;
	return RESULT_OK;
}

/* From NOW to TAT: what is owed. */
static uint64_t owed(const struct gcra *gcra, uint64_t tat, uint64_t now)
{
	uint64_t ahead = tat > now ? tat - now : 0;

	return ahead < gcra->most ? ahead : gcra->most;
}

struct gcra_answer gcra_ask(const struct gcra *gcra, uint64_t tat, uint64_t now, uint64_t weight)
{
	uint64_t before = owed(gcra, tat, now), room = gcra->tolerance + gcra->interval, cost = multiply(weight, gcra->interval);

	if (cost > room)
		return (struct gcra_answer){ .tat = add(now, before), .retry_after = GCRA_NEVER };
	if (before > room - cost)
		return (struct gcra_answer){ .tat = add(now, before), .retry_after = before - (room - cost) };
	return (struct gcra_answer){ .is_allowed = true, .tat = add(now, before + cost) };
}

uint64_t gcra_charge(const struct gcra *gcra, uint64_t tat, uint64_t now, uint64_t weight)
{
	uint64_t after = add(owed(gcra, tat, now), multiply(weight, gcra->interval));

	return add(now, after < gcra->most ? after : gcra->most);
}
