#include "waf/program.h"

#include <stdlib.h>

#include "base/banned.h"

#define ARENA_BYTES_MAX ((size_t)1 << 30)
#define BLOCK_BYTES (64 * 1024)

struct arranging {
	struct waf_rules *rules;
	struct complaints *complaints;
	struct bag entries;          /* struct scanner_entry */
};

static bool is_volatile(enum variable variable)
{
	switch ((int)variable) {
	case VARIABLE_TX:
	case VARIABLE_ENV:
	case VARIABLE_RULE:
	case VARIABLE_GEO:
	case VARIABLE_DURATION:
	case VARIABLE_HIGHEST_SEVERITY:
	case VARIABLE_MATCHED_VAR:
	case VARIABLE_MATCHED_VARS:
	case VARIABLE_MATCHED_VARS_NAMES:
	case VARIABLE_MATCHED_VAR_NAME:
	case VARIABLE_REQBODY_PROCESSOR:
		return true;
	default:
		return variable_kind(variable) == VARIABLE_STORED;
	}
}

static bool targets_equal(const struct target *a, const struct target *b)
{
	return a->variable == b->variable && a->kind == b->kind && a->is_count == b->is_count && a->is_excluded == b->is_excluded &&
	       span_equal(a->selector, b->selector);
}

static bool rule_has_set(const struct rule *rule, const struct target_set *set)
{
	if (rule->target_count != set->count || rule->xmlns_count || set->rule->xmlns_count)
		return false;
	for (unsigned i = 0; i < set->count; i++) {
		if (!targets_equal(&rule->targets[i], &set->targets[i]))
			return false;
	}
	return true;
}

static enum result path_make(struct arranging *arranging, const struct rule *rule, const struct target *target, struct xml_path **out)
{
	struct xml_namespace *spaces = arena_new_array(&arranging->rules->arena, struct xml_namespace, rule->xmlns_count);
	enum result result;

	if (!spaces)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < rule->xmlns_count; i++) {
		struct span uri = rule->xmlns[i];

		spaces[i].prefix = span_cut(&uri, '=');
		spaces[i].uri = uri;
	}
	result = xml_path_new(target->selector, spaces, rule->xmlns_count, out);
	if (result == RESULT_MALFORMED)
		complain(arranging->complaints, COMPLAINT_ERROR, rule->place, SPAN_NONE, "rule %u: \"%.*s\" is no XPath", rule->id,
		         SPAN_ARG(target->selector));
	return result;
}

static enum result set_find(struct arranging *arranging, const struct rule *rule, uint16_t *out)
{
	struct waf_rules *rules = arranging->rules;
	struct target_set *sets = rules->sets.items, *set;
	enum result result = RESULT_OK;

	for (size_t i = 0; i < rules->sets.count; i++) {
		if (rule_has_set(rule, &sets[i])) {
			*out = (uint16_t)i;
			return RESULT_OK;
		}
	}
	if (rules->sets.count == UINT16_MAX)
		return RESULT_LIMIT;
	*out = (uint16_t)rules->sets.count;
	set = bag_add(&rules->sets, &rules->arena, sizeof(*set));
	if (!set)
		return RESULT_NO_MEMORY;
	*set = (struct target_set){ .targets = rule->targets, .count = rule->target_count, .rule = rule,
		                    .paths = arena_new_array(&rules->arena, struct xml_path *, rule->target_count) };
	if (!set->paths)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < set->count && result == RESULT_OK; i++) {
		set->is_volatile |= is_volatile(set->targets[i].variable);
		if (set->targets[i].kind == SELECTOR_XPATH && !set->targets[i].is_excluded)
			result = path_make(arranging, rule, &set->targets[i], &set->paths[i]);
	}
	return result;
}

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

/* What a value must hold for the operator to match; a negated one matches what does not. */
static enum result take_phrases(struct arranging *arranging, struct unit *unit)
{
	struct arena *arena = &arranging->rules->arena;
	struct factors factors = { 0 };
	struct scanner_entry *entry;
	struct span pattern = operator_pattern(unit->rule->operator);
	size_t count = 0;
	const struct span *phrases = operator_phrases(unit->rule->operator, &count);

	if (unit->rule->is_negated || arranging->entries.count == SCANNER_ENTRIES_MAX)
		return RESULT_OK;
	if (phrases && count) {
		factors.phrases.list = arena_new_array(arena, struct span, count);
		if (!factors.phrases.list)
			return RESULT_NO_MEMORY;
		memcpy(factors.phrases.list, phrases, count * sizeof(*phrases));
		factors.phrases.count = count;
	} else if (pattern.len) {
		enum result result = factors_find(pattern, arena, &factors);

		if (result != RESULT_OK)
			return result == RESULT_NOT_FOUND ? RESULT_OK : result;
	}
	unit->has_bytes = factors.has_bytes;
	unit->bytes = factors.bytes;
	if (!factors.phrases.count)
		return RESULT_OK;
	entry = bag_add(&arranging->entries, arena, sizeof(*entry));
	if (!entry)
		return RESULT_NO_MEMORY;
	*entry = (struct scanner_entry){ (unsigned)arranging->entries.count - 1, factors.phrases };
	unit->has_phrases = true;
	unit->bit = entry->number;
	return RESULT_OK;
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
	unit->number = (uint32_t)rules->units.count - 1;
	unit->skip_to = NO_STEP;
	if (rule->is_marker)
		return RESULT_OK;
	result = take_nodes(rules, unit);
	if (result == RESULT_OK && !rule->is_action)
		result = set_find(arranging, rule, &unit->set);
	if (result == RESULT_OK && !rule->is_action)
		result = take_phrases(arranging, unit);
	if (result == RESULT_OK && rule->chained)
		result = unit_make(arranging, rule->chained, &unit->chained);
	return result;
}

static enum result add_steps(struct waf_rules *rules, const struct rule *rule, struct unit *unit)
{
	for (unsigned phase = 1; phase < PHASES; phase++) {
		if (rule->is_marker || rule->phase == phase)
			rules->steps[phase][rules->step_count[phase]++] = unit;
	}
	return RESULT_OK;
}

static void resolve_skips(struct waf_rules *rules, unsigned phase)
{
	for (uint32_t i = 0; i < rules->step_count[phase]; i++) {
		struct span label = rules->steps[phase][i]->rule->skip_after;

		for (uint32_t j = i + 1; label.len && j < rules->step_count[phase]; j++) {
			const struct rule *rule = rules->steps[phase][j]->rule;

			if (rule->is_marker && span_equal(rule->msg.text, label)) {
				rules->steps[phase][i]->skip_to = j + 1;
				break;
			}
		}
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
		rules->steps[phase] = arena_new_array(&rules->arena, struct unit *, count);
		if (!rules->steps[phase])
			return RESULT_NO_MEMORY;
	}
	if (!bag_add(&rules->nodes, &rules->arena, sizeof(struct node)))
		return RESULT_NO_MEMORY;
	for (const struct rule *rule = rules->ruleset->first; rule && result == RESULT_OK; rule = rule->next) {
		struct unit *unit;

		result = unit_make(arranging, rule, &unit);
		if (result == RESULT_OK)
			result = add_steps(rules, rule, unit);
	}
	for (unsigned phase = 1; phase < PHASES; phase++)
		resolve_skips(rules, phase);
	if (result == RESULT_OK && arranging->entries.count) {
		result = scanner_new(&rules->arena, arranging->entries.items, arranging->entries.count, &rules->scanner);
		rules->words = result == RESULT_OK ? scanner_words(rules->scanner) : 0;
	}
	return result;
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
	result = arrange(&arranging);
	if (result == RESULT_OK)
		*out = rules;
	else
		waf_rules_free(rules);
	return result;
}

void waf_rules_free(struct waf_rules *rules)
{
	struct target_set *sets = rules->sets.items;

	for (size_t i = 0; i < rules->sets.count; i++) {
		for (unsigned j = 0; sets[i].paths && j < sets[i].count; j++) {
			if (sets[i].paths[j])
				xml_path_free(sets[i].paths[j]);
		}
	}
	ruleset_free(rules->ruleset);
	arena_done(&rules->arena);
	free(rules);
}
