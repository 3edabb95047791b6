#include "edge/fact.h"

#include "base/banned.h"

const char *decision_name(enum decision decision)
{
	static const char *const names[] = { "allow", "log", "challenge", "queue", "limit", "block", "drop" };

	return decision < DECISION_COUNT ? names[decision] : "unknown";
}

const char *reason_name(enum reason reason)
{
	static const char *const names[] = {
#define X(id, name) name,
		REASON_LIST(X)
#undef X
	};

	return reason < REASON_COUNT ? names[reason] : "unknown";
}
