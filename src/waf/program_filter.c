/* Without what does a rule not match? */
#include "waf/program.h"

#include "base/banned.h"

static enum result phrases_of(struct arranging *arranging, const struct operator *operator, struct factors *out)
{
	struct arena *arena = &arranging->rules->arena;
	struct span pattern = operator_pattern(operator);
	size_t count = 0;
	const struct span *phrases = operator_phrases(operator, &count);
	enum result result;

	if (phrases && count) {
		out->phrases.list = arena_new_array(arena, struct span, count);
		if (!out->phrases.list)
			return RESULT_NO_MEMORY;
		memcpy(out->phrases.list, phrases, count * sizeof(*phrases));
		out->phrases.count = count;
		return RESULT_OK;
	}
	if (!pattern.len) {
		out->bytes.count = operator_bytes(operator, &out->bytes.sets[0]);
		return RESULT_OK;
	}
	result = factors_find(pattern, arena, out);
	return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* A negated rule matches what does not hold it. Of values that may change, looking at them costs more than asking. */
enum result filter_take(struct arranging *arranging, struct unit *unit)
{
	struct factors factors = { 0 };
	struct scanner_entry *entry;
	enum result result;

	if (unit->kind != UNIT_GROUPED || unit->rule->is_negated || arranging->entries.count == SCANNER_ENTRIES_MAX)
		return RESULT_OK;
	result = phrases_of(arranging, unit->rule->operator, &factors);
	if (result != RESULT_OK)
		return result;
	unit->bytes = factors.bytes;
	unit->has_phrases = factors.phrases.count > 0;
	unit->is_filtered = unit->bytes.count || unit->has_phrases;
	for (unsigned i = 0; unit->is_filtered && i < unit->group_count; i++)
		((struct group *)arranging->rules->groups.items)[unit->groups[i]].is_looked_at = true;
	if (!unit->has_phrases)
		return RESULT_OK;
	entry = bag_add(&arranging->entries, &arranging->rules->arena, sizeof(*entry));
	if (!entry)
		return RESULT_NO_MEMORY;
	*entry = (struct scanner_entry){ (unsigned)arranging->entries.count - 1, factors.phrases };
	unit->bit = entry->number;
	return RESULT_OK;
}
