#include "event/history/rise.h"

#include "base/banned.h"

unsigned rise_share(struct rise_window window)
{
	return window.requests ? (unsigned)((window.errors * 1000 + window.requests / 2) / window.requests) : 0;
}

/* The variance of the difference when both windows have the same share, which is that of both together. */
static bool is_chance(struct rise_window before, struct rise_window after)
{
	double n = (double)before.requests, m = (double)after.requests;
	double share = (double)(before.errors + after.errors) / (n + m);
	double step = (double)after.errors / m - (double)before.errors / n;

	return step * step < RISE_DEVIATIONS * RISE_DEVIATIONS * share * (1 - share) * (1 / n + 1 / m);
}

bool rise_is_clear(struct rise_window before, struct rise_window after)
{
	unsigned was = rise_share(before), is = rise_share(after);

	if (before.requests < RISE_BEFORE_MIN || after.requests < RISE_AFTER_MIN || after.errors < RISE_ERRORS_MIN)
		return false;
	return is >= RISE_SHARE_MIN && is >= 2 * was + RISE_STEP_MIN && !is_chance(before, after);
}
