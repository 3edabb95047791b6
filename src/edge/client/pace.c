#include "edge/client/pace.h"

#include "base/banned.h"

bool pace_is_too_slow(struct pace *pace, uint64_t now_ms, int64_t rate)
{
	uint64_t waited_ms = now_ms - pace->since_ms;

	if (rate == 0 || !pace->since_ms || waited_ms < PACE_WINDOW_MS)
		return false;
	if (pace->bytes * 1000 / waited_ms < (uint64_t)rate)
		return true;
	*pace = (struct pace){ .since_ms = now_ms };
	return false;
}
