#include "waf/program.h"

#include <stdlib.h>

#include "base/banned.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30)
#define BLOCK_BYTES (64 * 1024)

static enum result node_find(struct waf_rules *rules, uint16_t parent, enum transform transform, uint16_t *out)
{
	struct node *nodes = rules->nodes.items, *node;

	for (size_t i = 1; i < rules->nodes.count; i++) {
		if (nodes[i].parent == parent && nodes[i].transform == transform) {
			*out = (uint16_t)i;
			return RESULT_OK;
		}
	}
	if (rules->nodes.count == UINT16_MAX)
		return RESULT_LIMIT;
	*out = (uint16_t)rules->nodes.count;
	node = bag_add(&rules->nodes, &rules->arena, sizeof(*node));
	if (!node)
		return RESULT_NO_MEMORY;
	*node = (struct node){ parent, transform };
	return RESULT_OK;
}

static enum result take_nodes(struct waf_rules *rules, struct unit *unit)
{
	enum result result = RESULT_OK;

	unit->nodes = arena_new_array(&rules->arena, uint16_t, unit->rule->transform_count);
	if (!unit->nodes)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < unit->rule->transform_count && result == RESULT_OK; i++) {
		result = node_find(rules, unit->node, unit->rule->transforms[i], &unit->nodes[i]);
		unit->node = unit->nodes[i];
	}
	return result;
}

/* A group and those before it: the values of each are made of its parent's. */
static enum result group_find(struct waf_rules *rules, uint16_t set, uint16_t node, uint16_t *out)
{
	struct group *groups = rules->groups.items, *group;
	uint16_t parent = 0;

	for (size_t i = 0; i < rules->groups.count; i++) {
		if (groups[i].set == set && groups[i].node == node) {
			*out = (uint16_t)i;
			return RESULT_OK;
		}
	}
	if (node) {
		enum result result = group_find(rules, set, ((struct node *)rules->nodes.items)[node].parent, &parent);

		if (result != RESULT_OK)
			return result;
	}
	if (rules->groups.count == UINT16_MAX)
		return RESULT_LIMIT;
	*out = (uint16_t)rules->groups.count;
	group = bag_add(&rules->groups, &rules->arena, sizeof(*group));
	if (!group)
		return RESULT_NO_MEMORY;
	*group = (struct group){ .set = set, .node = node, .parent = node ? parent : *out };
	return RESULT_OK;
}

static enum result take_groups(struct waf_rules *rules, struct unit *unit)
{
	unsigned forms = unit->rule->is_multi_match ? unit->rule->transform_count : 0;
	enum result result = group_find(rules, unit->set, unit->node, &unit->group);

	unit->groups = arena_new_array(&rules->arena, uint16_t, 1 + forms);
	if (!unit->groups)
		return RESULT_NO_MEMORY;
	unit->groups[unit->group_count++] = unit->group;
	for (unsigned i = 0; i < forms && result == RESULT_OK; i++)
		result = group_find(rules, unit->set, i ? unit->nodes[i - 1] : 0, &unit->groups[unit->group_count++]);
	return result;
}

static bool is_numbered(const struct target_set *set)
{
	return set->count == 1 && set->targets->variable == VARIABLE_TX && set->targets->kind == SELECTOR_NAME && set->targets->slot;
}

static enum result take_targets(struct arranging *arranging, struct unit *unit)
{
	const struct target_set *set;
	enum result result = set_find(arranging, unit->rule, &unit->set);

	if (result != RESULT_OK)
		return result;
	set = set_at(arranging->rules, unit->set);
	unit->kind = is_numbered(set) ? UNIT_NUMBERED : set->is_volatile ? UNIT_VOLATILE : UNIT_GROUPED;
	if (unit->kind == UNIT_NUMBERED)
		unit->slot = set->targets->slot;
	return unit->kind == UNIT_GROUPED ? take_groups(arranging->rules, unit) : RESULT_OK;
}

static enum result unit_make(struct arranging *arranging, const struct rule *rule, struct unit **out)
{
	struct waf_rules *rules = arranging->rules;
	struct unit *unit = arena_new(&rules->arena, struct unit), **slot = bag_add(&rules->units, &rules->arena, sizeof(*slot));
	enum result result;

	if (!unit || !slot)
		return RESULT_NO_MEMORY;
	*slot = *out = unit;
	unit->rule = rule;
	unit->operator = rule->operator;
	unit->is_negated = rule->is_negated;
	unit->captures = rule->captures;
	unit->has_macro = rule->parameter.count > 0;
	unit->is_rbl = rule->operator_id == OPERATOR_RBL;
	unit->is_geo = rule->operator_id == OPERATOR_GEO_LOOKUP;
	unit->is_multi_match = rule->is_multi_match;
	unit->skips = rule->skip || rule->skip_after.len;
	unit->number = (uint32_t)rules->units.count - 1;
	unit->skip_to = NO_STEP;
	if (rule->is_marker)
		return RESULT_OK;
	result = take_nodes(rules, unit);
	unit->kind = UNIT_ACTION;
	if (result == RESULT_OK && !rule->is_action)
		result = take_targets(arranging, unit);
	if (result == RESULT_OK)
		result = filter_take(arranging, unit);
	if (result == RESULT_OK && rule->chained)
		result = unit_make(arranging, rule->chained, &unit->chained);
	return result;
}

/* Those that skip to LABEL, which stands here, and have found no other. */
static void resolve_skips(struct waf_rules *rules, unsigned phase, struct span label)
{
	for (uint32_t i = 0; i < rules->step_count[phase]; i++) {
		struct unit *unit = rules->steps[phase][i].unit;

		if (unit->skip_to == NO_STEP && unit->rule->skip_after.len && span_equal(unit->rule->skip_after, label))
			unit->skip_to = rules->step_count[phase];
	}
}

static struct step step_of(struct unit *unit)
{
	struct step step = { .unit = unit, .number = unit->number, .slot = unit->slot, .group = unit->group, .is_negated = unit->rule->is_negated };

	if (unit->is_filtered)
		step.check = unit->group_count > 1 ? CHECK_FORMS : CHECK_GROUP;
	else if (unit->kind == UNIT_NUMBERED && !unit->node && operator_comparison(unit->rule->operator, &step.comparison))
		step.check = CHECK_NUMBER;
	step.is_count = unit->kind == UNIT_NUMBERED && unit->rule->targets->is_count;
	return step;
}

/* Markers are no steps. */
static void add_step(struct waf_rules *rules, const struct rule *rule, struct unit *unit)
{
	for (unsigned phase = 1; phase < PHASES; phase++) {
		if (rule->is_marker)
			resolve_skips(rules, phase, rule->msg.text);
		else if (rule->phase == phase)
			rules->steps[phase][rules->step_count[phase]++] = step_of(unit);
	}
}

static enum result arrange(struct arranging *arranging)
{
	struct waf_rules *rules = arranging->rules;
	enum result result = RESULT_OK;
	size_t count = 0;

	for (const struct rule *rule = rules->ruleset->first; rule; rule = rule->next)
		count++;
	for (unsigned phase = 1; phase < PHASES; phase++) {
		rules->steps[phase] = arena_new_array(&rules->arena, struct step, count);
		if (!rules->steps[phase])
			return RESULT_NO_MEMORY;
	}
	if (!bag_add(&rules->nodes, &rules->arena, sizeof(struct node)))
		return RESULT_NO_MEMORY;
	for (const struct rule *rule = rules->ruleset->first; rule && result == RESULT_OK; rule = rule->next) {
		struct unit *unit;

		result = unit_make(arranging, rule, &unit);
		if (result == RESULT_OK)
			add_step(rules, rule, unit);
	}
	if (result == RESULT_OK)
		result = removals_take(arranging);
	if (result == RESULT_OK && arranging->entries.count) {
		result = scanner_new(&rules->arena, arranging->entries.items, arranging->entries.count, &rules->scanner);
		rules->words = result == RESULT_OK ? scanner_words(rules->scanner) : 0;
	}
	rules->nothing.hits = arena_new_array(&rules->arena, uint64_t, rules->words);
	return rules->nothing.hits ? result : RESULT_NO_MEMORY;
}

enum result waf_rules_new(struct ruleset *ruleset, struct complaints *complaints, struct waf_rules **out)
{
	struct waf_rules *rules = calloc(1, sizeof(*rules));
	struct arranging arranging = { .rules = rules, .complaints = complaints };
	enum result result;

	if (!rules) {
		ruleset_free(ruleset);
		return RESULT_NO_MEMORY;
	}
	rules->ruleset = ruleset;
	arena_init(&rules->arena, ARENA_BYTES_MAX, BLOCK_BYTES);
	arranging.scratch = operator_scratch_new();
	result = arranging.scratch ? arrange(&arranging) : RESULT_NO_MEMORY;
	operator_scratch_free(arranging.scratch);
	if (result == RESULT_OK)
		*out = rules;
	else
		waf_rules_free(rules);
	return result;
}

const struct rule *waf_rules_first(const struct waf_rules *rules)
{
	return rules->ruleset->first;
}

const struct rule *waf_rules_find(const struct waf_rules *rules, uint32_t id)
{
	const struct rule *rule = rules->ruleset->first;

	while (rule && (rule->is_marker || rule->id != id))
		rule = rule->next;
	return rule;
}

void waf_rules_free(struct waf_rules *rules)
{
	for (size_t i = 0; i < rules->sources.count; i++) {
		if (source_at(rules, i)->path)
			xml_path_free(source_at(rules, i)->path);
	}
	ruleset_free(rules->ruleset);
	arena_done(&rules->arena);
	free(rules);
}
