/* What a deed's entries in the audit log say where we say it ourselves. */
#include "hub/change/inner.h"

#include "base/banned.h"

bool deed_log_words(struct deed *deed, const char *what, struct span object, struct audit_words words)
{
	const struct audit_action action = { deed->who, span_of(what), object, .words = words };

	if (audit_add(deed->changes->birth.audit, &action, deed->changes->birth.loop->wall_ns) == RESULT_OK)
		return true;
	deed_refuse(deed, 503, "not-recorded", "it could not be written down, so nothing was done");
	return false;
}

void deed_log_stale(struct deed *deed, const char *what, struct span object)
{
	const struct audit_action action = { deed->who, span_of(what), object, .words = AUDIT_SAY(STALE) };

	(void)!audit_add(deed->changes->birth.audit, &action, deed->changes->birth.loop->wall_ns);  /* as deed_log_failed */
}
