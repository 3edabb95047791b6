#include "waf/language/draft.h"

#include "base/banned.h"

void action_set_default(struct action_set *set)
{
	*set = (struct action_set){ .phase = 2, .severity = -1, .disruption = DISRUPT_PASS, .is_logged = true, .is_audited = true };
}

static enum result join(struct reader *reader, const struct bag *parent, struct bag *child, size_t item_bytes)
{
	struct bag joined = { 0 };
	enum result result = RESULT_OK;

	if (!parent->count)
		return RESULT_OK;
	result = bag_append(&joined, &reader->scratch, parent, item_bytes);
	if (result == RESULT_OK)
		result = bag_append(&joined, &reader->scratch, child, item_bytes);
	if (result == RESULT_OK)
		*child = joined;
	return result;
}

static enum result join_lists(struct reader *reader, const struct action_set *parent, struct action_set *child)
{
	enum result result = join(reader, &parent->transforms, &child->transforms, sizeof(struct transform_step));

	if (result == RESULT_OK)
		result = join(reader, &parent->tags, &child->tags, sizeof(struct macro));
	if (result == RESULT_OK)
		result = join(reader, &parent->actions, &child->actions, sizeof(struct action));
	if (result == RESULT_OK)
		result = join(reader, &parent->xmlns, &child->xmlns, sizeof(struct span));
	return result;
}

static void take_metadata(const struct action_set *parent, struct action_set *child)
{
	if (!set_has(child, PART_ID))
		child->id = parent->id;
	if (!set_has(child, PART_PHASE))
		child->phase = parent->phase;
	if (!set_has(child, PART_SEVERITY))
		child->severity = parent->severity;
	if (!set_has(child, PART_MATURITY))
		child->maturity = parent->maturity;
	if (!set_has(child, PART_ACCURACY))
		child->accuracy = parent->accuracy;
	if (!set_has(child, PART_MSG))
		child->msg = parent->msg;
	if (!set_has(child, PART_LOG_DATA))
		child->log_data = parent->log_data;
	if (!set_has(child, PART_REV))
		child->rev = parent->rev;
	if (!set_has(child, PART_VER))
		child->ver = parent->ver;
}

static void take_deeds(const struct action_set *parent, struct action_set *child)
{
	if (!set_has(child, PART_DISRUPTION)) {
		child->disruption = parent->disruption;
		child->is_block = parent->is_block;
		child->redirect = parent->redirect;
	}
	if (!set_has(child, PART_STATUS))
		child->status = parent->status;
	if (!set_has(child, PART_PAUSE))
		child->pause_ms = parent->pause_ms;
	if (!set_has(child, PART_LOG))
		child->is_logged = parent->is_logged;
	if (!set_has(child, PART_AUDIT))
		child->is_audited = parent->is_audited;
	if (!set_has(child, PART_SKIP))
		child->skip = parent->skip;
	if (!set_has(child, PART_SKIP_AFTER)) {
		child->skip_after = parent->skip_after;
		child->skip_place = parent->skip_place;
	}
}

enum result action_set_merge(struct reader *reader, const struct action_set *parent, struct action_set *child)
{
	take_metadata(parent, child);
	take_deeds(parent, child);
	child->given |= parent->given;
	return join_lists(reader, parent, child);
}
