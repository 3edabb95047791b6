/* What people do with incidents. */
#include <stdlib.h>

#include "hub/keep/inner.h"
#include "hub/keep/kept.h"
#include "incident/people.h"

#include "base/banned.h"

uint64_t keep_version(const struct incident *incident)
{
	uint64_t version = 1;

	for (uint32_t i = 0; i < incident->moment_count; i++)
		version += moment_is_persons(incident->timeline[i].kind);
	return version;
}

enum result keep_try(const struct keep_order *order, struct incident *incident, uint64_t now_s)
{
	enum result result = RESULT_MALFORMED;

	switch (order->deed) {
	case KEEP_ACKNOWLEDGE:
		result = incident_acknowledge(incident, order->who, now_s);
		break;
	case KEEP_CONTAIN:
		result = incident_contain(incident, order->who, now_s);
		break;
	case KEEP_CLOSE:
		result = incident_close(incident, order->who, now_s);
		break;
	case KEEP_REOPEN:
		result = incident_reopen(incident, order->who, now_s);
		break;
	case KEEP_OWN:
		return incident_own(incident, order->who, order->text, now_s);
	case KEEP_NOTE:
		return incident_note(incident, order->who, order->text, now_s);
	}
	return result == RESULT_OK && order->text.len ? incident_note(incident, order->who, order->text, now_s) : result;
}

static enum result check_and_act(struct incident *incident, const struct keep_order *order, uint64_t now_s)
{
	return order->version && order->version != keep_version(incident) ? RESULT_END : keep_try(order, incident, now_s);
}

/* The one in the group changes with the position and everything else; where that cannot be, it is as it was. */
static enum result order_followed(struct keep *keep, struct incident *incident, const struct keep_order *order, uint64_t now_s, struct complaints *complaints)
{
	struct incident *before = malloc(sizeof(*before));
	enum result result = RESULT_NO_MEMORY;

	if (!before)
		return result;
	*before = *keep->scratch = *incident;
	result = check_and_act(keep->scratch, order, now_s);
	if (result == RESULT_OK) {
		*incident = *keep->scratch;
		keep_told(keep, incident);
		result = keep_checkpoint(keep, complaints);
		if (result != RESULT_OK)
			*incident = *before;
	}
	free(before);
	return result;
}

/* Long over: it lies in its document alone. Reopened, it is followed again. */
static enum result order_kept(struct keep *keep, const struct keep_order *order, uint64_t now_s, struct incident *out, struct complaints *complaints)
{
	enum result result = kept_read(keep->birth.store, order->id, out, complaints);

	if (result == RESULT_OK)
		result = check_and_act(out, order, now_s);
	if (result != RESULT_OK)
		return result;
	if (!incident_is_live(out) || group_restore(keep->group, out) != RESULT_OK) {
		result = kept_write(keep->birth.store, out, complaints);
		if (result == RESULT_OK)
			keep_tell(keep, out, false);
		return result;
	}
	keep_told(keep, out);
	return keep_checkpoint(keep, complaints);
}

enum result keep_order(struct keep *keep, const struct keep_order *order, struct incident *out, struct complaints *complaints)
{
	uint64_t now_s = keep->birth.loop->wall_ns / 1000000000;
	struct incident *followed = keep->feed.is_warming ? NULL : group_find(keep->group, order->id);
	enum result result;

	if (keep->feed.is_warming)
		return RESULT_TIMEOUT;  /* it has just begun: the incidents are read in a moment */
	if (!followed)
		return order_kept(keep, order, now_s, out, complaints);
	result = order_followed(keep, followed, order, now_s, complaints);
	if (result == RESULT_OK)
		*out = *followed;
	return result;
}

enum result keep_incident(struct keep *keep, uint64_t id, struct incident *out, struct complaints *complaints)
{
	const struct incident *followed = keep->feed.is_warming ? NULL : group_find(keep->group, id);

	if (!followed)
		return kept_read(keep->birth.store, id, out, complaints);
	*out = *followed;
	return RESULT_OK;
}
