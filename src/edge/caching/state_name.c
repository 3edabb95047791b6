/* A file of its own: whoever writes or reads journals, as the hub does, needs the names and not the edge behind them. */
#include "edge/caching/caching.h"

#include "base/banned.h"

const char *caching_state_name(enum caching_state state)
{
	static const char *const names[] = {
#define X(id, name) name,
		CACHING_STATE_LIST(X)
#undef X
	};

	return names[state];
}
