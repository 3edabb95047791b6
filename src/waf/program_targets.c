/* Which targets, and which lists of them, rules have in common. */
#include "waf/body/xml.h"
#include "waf/operator/regex.h"
#include "waf/program.h"

#include "base/banned.h"

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
	case VARIABLE_SESSIONID:
	case VARIABLE_USERID:
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

/* A path's prefixes mean what its rule says. */
static bool is_source_of(const struct source *source, const struct rule *rule, const struct target *target)
{
	if (target->kind == SELECTOR_XPATH && (rule->xmlns_count || source->rule->xmlns_count))
		return false;
	return targets_equal(source->target, target);
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
	const char *why = NULL;
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
	if (result == RESULT_NOT_FOUND && !xml_is_here(&why))  /* fails closed: no rule that cannot look */
		complain(arranging->complaints, COMPLAINT_ERROR, rule->place, SPAN(XML_ADVICE), "rule %u: XML:%.*s: %s", rule->id,
		         SPAN_ARG(target->selector), why);
	return result;
}

/* A name that cannot be judged is taken: the rule looks at more, never at less. */
static enum result slots_make(struct arranging *arranging, const struct target *target, struct source *source)
{
	const struct names *names = &arranging->rules->ruleset->names;
	uint16_t *slots = arena_new_array(&arranging->rules->arena, uint16_t, names->count);

	if (!slots)
		return RESULT_NO_MEMORY;
	for (uint32_t i = 1; i < names->count; i++) {
		if (target->kind != SELECTOR_REGEX || regex_match(target->regex, arranging->scratch, names->list[i], 0, 0, NULL) != MATCH_NO)
			slots[source->slot_count++] = (uint16_t)i;
	}
	source->slots = slots;
	return RESULT_OK;
}

static enum result source_find(struct arranging *arranging, const struct rule *rule, const struct target *target, uint16_t *out)
{
	struct waf_rules *rules = arranging->rules;
	struct source *source;

	for (size_t i = 0; i < rules->sources.count; i++) {
		if (is_source_of(source_at(rules, i), rule, target)) {
			*out = (uint16_t)i;
			return RESULT_OK;
		}
	}
	if (rules->sources.count == UINT16_MAX)
		return RESULT_LIMIT;
	*out = (uint16_t)rules->sources.count;
	source = bag_add(&rules->sources, &rules->arena, sizeof(*source));
	if (!source)
		return RESULT_NO_MEMORY;
	*source = (struct source){ .target = target, .rule = rule, .is_volatile = is_volatile(target->variable) };
	if (target->kind == SELECTOR_XPATH)
		return path_make(arranging, rule, target, &source->path);
	if (target->variable == VARIABLE_TX && target->kind != SELECTOR_NAME)
		return slots_make(arranging, target, source);
	return RESULT_OK;
}

static enum result set_make(struct arranging *arranging, const struct rule *rule, struct target_set *set)
{
	uint16_t *sources = arena_new_array(&arranging->rules->arena, uint16_t, rule->target_count);
	enum result result = sources ? RESULT_OK : RESULT_NO_MEMORY;

	*set = (struct target_set){ .targets = rule->targets, .count = rule->target_count, .sources = sources, .rule = rule };
	for (unsigned i = 0; i < set->count && result == RESULT_OK; i++) {
		const struct target *target = &set->targets[i];

		set->has_exclusions |= target->is_excluded;
		if (target->is_excluded)
			continue;
		set->is_volatile |= is_volatile(target->variable);
		arranging->rules->looks_at[target->variable] = true;
		result = source_find(arranging, rule, target, &sources[set->source_count++]);
	}
	return result;
}

enum result set_find(struct arranging *arranging, const struct rule *rule, uint16_t *out)
{
	struct waf_rules *rules = arranging->rules;
	struct target_set *set;

	for (size_t i = 0; i < rules->sets.count; i++) {
		if (rule_has_set(rule, set_at(rules, i))) {
			*out = (uint16_t)i;
			return RESULT_OK;
		}
	}
	if (rules->sets.count == UINT16_MAX)
		return RESULT_LIMIT;
	*out = (uint16_t)rules->sets.count;
	set = bag_add(&rules->sets, &rules->arena, sizeof(*set));
	return set ? set_make(arranging, rule, set) : RESULT_NO_MEMORY;
}
