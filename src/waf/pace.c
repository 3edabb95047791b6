/* How long a transaction works: a slice, after which it gives the thread back, and a budget for all of it.
 *
 * Security, fails closed: beyond the budget no rule is asked any more, and the request is denied while the engine is On. */
#include "base/clock.h"
#include "waf/transaction.h"

#include "base/banned.h"

static uint64_t now_ns(const struct pace *pace)
{
	return pace->time.now_ns ? pace->time.now_ns(pace->time.context) : clock_mono_ns();
}

void pace_start(struct waf_transaction *transaction)
{
	struct pace *pace = &transaction->pace;

	pace->since_ns = now_ns(pace);
	pace->has_moved = false;
}

void pace_stop(struct waf_transaction *transaction)
{
	struct pace *pace = &transaction->pace;

	pace->spent_ns += now_ns(pace) - pace->since_ns;
}

/* What follows phase 4 is told, not decided: it has no budget. */
static bool is_used_up(const struct waf_transaction *transaction, uint64_t elapsed_ns)
{
	const struct pace *pace = &transaction->pace;

	return pace->time.budget_ns && transaction->walk.phase != 5 && pace->spent_ns + elapsed_ns > pace->time.budget_ns;
}

enum pace_answer pace_ask(struct waf_transaction *transaction, size_t bytes)
{
	struct pace *pace = &transaction->pace;
	uint64_t elapsed_ns;

	if (!pace->time.slice_ns && !pace->time.budget_ns)
		return PACE_ON;
	pace->work_bytes += bytes;
	if (pace->work_bytes >= (pace->time.look_bytes ? pace->time.look_bytes : LOOK_BYTES)) {
		elapsed_ns = now_ns(pace) - pace->since_ns;
		if (is_used_up(transaction, elapsed_ns)) {
			pace->is_over = true;
			return PACE_OVER;
		}
		if (pace->has_moved && pace->time.slice_ns && elapsed_ns >= pace->time.slice_ns)
			return PACE_WAIT;
		pace->work_bytes = 0;
	}
	pace->has_moved = true;
	return PACE_ON;
}
