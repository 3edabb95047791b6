#include "waf/overlay.h"

#include <stdlib.h>

#include "message/path.h"
#include "waf/operator/regex.h"
#include "waf/overlay_inner.h"
#include "waf/score.h"
#include "waf/transaction.h"

#include "base/banned.h"

#define ARENA_BYTES_MAX ((size_t)256 << 20)
#define BLOCK_BYTES (16 * 1024)
#define SLOTS_MIN 64u

static size_t slot_of(const struct waf_overlay *overlay, uint32_t node, size_t hash)
{
	return (hash ^ (size_t)node * 0x9e3779b97f4a7c15u) & (overlay->slot_count - 1);
}

/* Open addressing; the table is never full: there are fewer nodes than half its slots. */
static uint32_t *child_slot(const struct waf_overlay *overlay, uint32_t parent, struct span segment)
{
	size_t at = slot_of(overlay, parent, hash_span(overlay->seed, segment));

	while (overlay->children[at]) {
		const struct overlay_node *node = overlay_node(overlay, overlay->children[at] - 1);

		if (node->parent == parent && span_equal(node->segment, segment))
			break;
		at = (at + 1) & (overlay->slot_count - 1);
	}
	return &overlay->children[at];
}

uint32_t overlay_child(const struct waf_overlay *overlay, uint32_t parent, struct span segment)
{
	return *child_slot(overlay, parent, segment) - 1;  /* 0, none, becomes NO_NODE */
}

struct excuse **overlay_slot(const struct waf_overlay *overlay, uint32_t node, struct span parameter)
{
	return &overlay->by_parameter[slot_of(overlay, node, hash_span_nocase(overlay->seed, parameter))];
}

static enum result node_add(struct waf_overlay *overlay, uint32_t parent, struct span segment, uint32_t *out)
{
	struct overlay_node *node = bag_add(&overlay->nodes, &overlay->arena, sizeof(*node));

	if (!node)
		return RESULT_NO_MEMORY;
	*node = (struct overlay_node){ .star = NO_NODE, .parent = parent, .segment = segment };
	*out = (uint32_t)overlay->nodes.count - 1;
	return RESULT_OK;
}

/* The node below PARENT for SEGMENT, made when there is none. */
static enum result node_step(struct waf_overlay *overlay, uint32_t parent, struct span segment, uint32_t *out)
{
	bool is_star = span_equal(segment, SPAN("*"));
	uint32_t found = is_star ? overlay_node(overlay, parent)->star : overlay_child(overlay, parent, segment);
	enum result result = RESULT_OK;

	if (found == NO_NODE) {
		result = node_add(overlay, parent, segment, &found);
		if (result == RESULT_OK && is_star)
			overlay_node(overlay, parent)->star = found;
		else if (result == RESULT_OK)
			*child_slot(overlay, parent, segment) = found + 1;
	}
	*out = found;
	return result;
}

/* The exclusion's path as the walk of a request sees it. */
static enum result node_of(struct waf_overlay *overlay, const struct waf_exclusion *exclusion, uint32_t *out)
{
	struct span path = exclusion->path;
	char *tidy = arena_take(&overlay->arena, path.len + 1);
	struct span rest;
	enum result result = RESULT_OK;

	*out = OVERLAY_ROOT;
	if (!tidy)
		return RESULT_NO_MEMORY;
	if (!path.len)
		return RESULT_OK;
	rest = span_skip(path_tidy(path, tidy), 1);
	for (unsigned depth = 0; rest.len && result == RESULT_OK; depth++) {
		struct span segment = span_cut(&rest, '/');

		result = depth == OVERLAY_DEPTH_MAX ? RESULT_LIMIT : node_step(overlay, *out, segment, out);
	}
	return result == RESULT_OK && exclusion->is_exact ? node_step(overlay, *out, overlay_end(path), out) : result;
}

static bool means(const struct waf_exclusion *exclusion, const struct rule *rule)
{
	if (rule->is_marker || !rule->id)  /* those that are chained have none */
		return false;
	return exclusion->last ? rule->id >= exclusion->first && rule->id <= exclusion->last : rule_has_tag(rule, exclusion->tag);
}

/* Units of the rules that are meant; a list that the exclusion before has too is shared: many name one rule. */
static enum result find_units(struct waf_overlay *overlay, const struct waf_exclusion *exclusion, struct excuse *excuse)
{
	const struct waf_rules *rules = overlay->rules;
	const struct unit **units;

	for (int pass = 0; pass < 2; pass++) {
		size_t count = 0;

		units = pass ? arena_new_array(&overlay->arena, const struct unit *, excuse->unit_count) : NULL;
		if (pass && !units)
			return RESULT_NO_MEMORY;
		for (size_t i = 0; i < rules->units.count; i++) {
			if (!means(exclusion, unit_at(rules, i)->rule))
				continue;
			if (units)
				units[count] = unit_at(rules, i);
			count++;
		}
		excuse->unit_count = count;
		excuse->units = units;
	}
	return RESULT_OK;
}

static bool is_same_rule(const struct waf_exclusion *a, const struct waf_exclusion *b)
{
	return a->first == b->first && a->last == b->last && span_equal(a->tag, b->tag);
}

/* "^PREFIX", any case, whatever letters it has. */
static enum result compile_prefix(struct waf_overlay *overlay, struct span prefix, struct target *target)
{
	const struct regex_birth birth = { .arena = &overlay->arena };
	char *pattern = arena_take(&overlay->arena, 2 * prefix.len + 1);
	struct regex **slot = bag_add(&overlay->expressions, &overlay->arena, sizeof(*slot));
	size_t len = 0;
	enum result result;

	if (!pattern || !slot)
		return RESULT_NO_MEMORY;
	pattern[len++] = '^';
	for (size_t i = 0; i < prefix.len; i++) {
		unsigned char c = (unsigned char)prefix.at[i];

		if (c < 0x80 && !is_digit((char)c) && !(ascii_lower((char)c) >= 'a' && ascii_lower((char)c) <= 'z'))
			pattern[len++] = '\\';
		pattern[len++] = (char)c;
	}
	result = regex_compile(span_make(pattern, len), REGEX_IGNORES_CASE, &birth, slot);
	target->kind = SELECTOR_REGEX;
	target->regex = *slot;
	return result;
}

/* What follows a variable, or a parameter's name; "*" at its end: what begins so. */
static enum result select_names(struct waf_overlay *overlay, struct span name, struct target *target)
{
	target->selector = name;
	target->kind = SELECTOR_NAME;
	return span_ends(name, SPAN("*")) ? compile_prefix(overlay, span_take(name, name.len - 1), target) : RESULT_OK;
}

/* "REQUEST_COOKIES:session": capitals only, so that a parameter called "files" stays one. */
static bool read_variable(struct span text, struct target *target, struct span *selector)
{
	struct span name;

	*selector = text;
	name = span_cut(selector, ':');
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] != '_' && (name.at[i] < 'A' || name.at[i] > 'Z'))
			return false;
	}
	return variable_find(name, &target->variable) == RESULT_OK;
}

static enum result find_targets(struct waf_overlay *overlay, struct span parameter, struct excuse *excuse)
{
	static const enum variable parts[] = { VARIABLE_ARGS, VARIABLE_ARGS_GET, VARIABLE_ARGS_POST,
		                               VARIABLE_ARGS_NAMES, VARIABLE_ARGS_GET_NAMES, VARIABLE_ARGS_POST_NAMES };
	unsigned count = sizeof(parts) / sizeof(*parts);
	struct target *targets = arena_new_array(&overlay->arena, struct target, count);
	struct span kept = arena_copy(&overlay->arena, parameter), selector;
	enum result result;

	if (!targets || !kept.at)
		return RESULT_NO_MEMORY;
	excuse->targets = targets;
	excuse->target_count = 1;
	if (read_variable(kept, targets, &selector))
		return selector.at ? select_names(overlay, selector, targets) : RESULT_OK;
	result = select_names(overlay, kept, targets);
	for (unsigned i = 0; i < count; i++) {
		targets[i] = targets[0];
		targets[i].variable = parts[i];
	}
	excuse->target_count = count;
	excuse->is_of_parameter = true;
	excuse->is_prefix = span_ends(kept, SPAN("*"));
	excuse->parameter = span_take(kept, kept.len - excuse->is_prefix);
	return result == RESULT_OK && excuse->parameter.len > PARAMETER_MAX ? RESULT_LIMIT : result;
}

static enum result place_excuse(struct waf_overlay *overlay, struct excuse *excuse)
{
	struct overlay_node *node = overlay_node(overlay, excuse->node);
	struct excuse **slot = excuse->is_of_parameter ? overlay_slot(overlay, excuse->node, excuse->parameter) : &node->excuses;

	node->has_parameters |= excuse->is_of_parameter;
	if (excuse->is_prefix && !node->prefixes)
		node->prefixes = arena_new_array(&overlay->arena, uint64_t, PARAMETER_MAX / 64 + 1);
	if (excuse->is_prefix && !node->prefixes)
		return RESULT_NO_MEMORY;
	if (excuse->is_prefix)
		node->prefixes[excuse->parameter.len / 64] |= (uint64_t)1 << excuse->parameter.len % 64;
	excuse->next = *slot;
	*slot = excuse;
	return RESULT_OK;
}

static enum result excuse_add(struct waf_overlay *overlay, const struct waf_exclusion *exclusion, const struct waf_exclusion *before,
                              struct excuse **last)
{
	struct excuse *excuse = arena_new(&overlay->arena, struct excuse);
	enum result result = RESULT_OK;

	if (!excuse)
		return RESULT_NO_MEMORY;
	excuse->number = overlay->excuse_count++;
	excuse->methods = exclusion->methods;
	excuse->ends_ms = exclusion->ends_ms;
	if (before && is_same_rule(before, exclusion)) {
		excuse->units = (*last)->units;
		excuse->unit_count = (*last)->unit_count;
	} else {
		result = find_units(overlay, exclusion, excuse);
	}
	if (result == RESULT_OK && exclusion->parameter.len)
		result = find_targets(overlay, exclusion->parameter, excuse);
	if (result == RESULT_OK)
		result = node_of(overlay, exclusion, &excuse->node);
	if (result == RESULT_OK)
		result = place_excuse(overlay, excuse);
	*last = excuse;
	return result;
}

/* No exclusion makes more nodes than its path has segments, and one where an exact one ends. */
static enum result make_tables(struct waf_overlay *overlay, const struct waf_overlay_birth *birth)
{
	size_t most = birth->exclusion_count, slots = SLOTS_MIN;
	uint32_t root;

	for (size_t i = 0; i < birth->exclusion_count; i++) {
		most += birth->exclusions[i].is_exact;
		for (size_t at = 0; at < birth->exclusions[i].path.len; at++)
			most += birth->exclusions[i].path.at[at] == '/' || birth->exclusions[i].path.at[at] == '%' || birth->exclusions[i].path.at[at] == '\\';
	}
	while (slots < 2 * most + 2)
		slots *= 2;
	overlay->slot_count = slots;
	overlay->seed = hash_process_seed();
	overlay->children = arena_new_array(&overlay->arena, uint32_t, slots);
	overlay->by_parameter = arena_new_array(&overlay->arena, struct excuse *, slots);
	if (!overlay->children || !overlay->by_parameter)
		return RESULT_NO_MEMORY;
	return node_add(overlay, NO_NODE, SPAN(""), &root);
}

static enum result copy_tx(struct waf_overlay *overlay, const struct waf_overlay_birth *birth)
{
	struct waf_tx *tx = arena_new_array(&overlay->arena, struct waf_tx, birth->tx_count);

	if (!tx)
		return RESULT_NO_MEMORY;
	overlay->tx = tx;
	overlay->tx_count = birth->tx_count;
	for (size_t i = 0; i < birth->tx_count; i++) {
		tx[i] = (struct waf_tx){ arena_copy(&overlay->arena, birth->tx[i].name), arena_copy(&overlay->arena, birth->tx[i].value) };
		if (!tx[i].name.at || !tx[i].value.at)
			return RESULT_NO_MEMORY;
	}
	return RESULT_OK;
}

static enum result fill(struct waf_overlay *overlay, const struct waf_overlay_birth *birth, const struct waf_overlay_ear *ear)
{
	const struct waf_exclusion *before = NULL;
	struct excuse *last = NULL;
	enum result result = copy_tx(overlay, birth);

	if (result == RESULT_OK)
		result = make_tables(overlay, birth);
	for (size_t i = 0; i < birth->exclusion_count && result == RESULT_OK; i++) {
		result = excuse_add(overlay, &birth->exclusions[i], before, &last);
		if (result == RESULT_OK && !last->unit_count && ear)
			ear->no_rule(ear->context, i);
		before = &birth->exclusions[i];
	}
	return result;
}

enum result waf_overlay_new(const struct waf_overlay_birth *birth, const struct waf_overlay_ear *ear, struct waf_overlay **out)
{
	struct waf_overlay *overlay = calloc(1, sizeof(*overlay));
	enum result result;

	if (!overlay)
		return RESULT_NO_MEMORY;
	arena_init(&overlay->arena, ARENA_BYTES_MAX, BLOCK_BYTES);
	overlay->rules = birth->rules;
	overlay->engine = birth->engine;
	overlay->request_body_limit = birth->request_body_limit;
	overlay->request_body_action = birth->request_body_action;
	overlay->response_bodies = birth->response_bodies;
	overlay->audit_engine = birth->audit_engine;
	result = fill(overlay, birth, ear);
	if (result == RESULT_OK)
		*out = overlay;
	else
		waf_overlay_free(overlay);
	return result;
}

void waf_overlay_free(struct waf_overlay *overlay)
{
	struct regex **expressions = overlay->expressions.items;

	for (size_t i = 0; i < overlay->expressions.count; i++)
		regex_done(expressions[i]);
	arena_done(&overlay->arena);
	free(overlay);
}

static bool asks_tx(const struct rule *rule, struct span name)
{
	for (unsigned i = 0; i < rule->target_count; i++) {
		const struct target *target = &rule->targets[i];

		if (target->variable == VARIABLE_TX && target->kind == SELECTOR_NAME && span_equal_nocase(target->selector, name))
			return true;
	}
	return false;
}

bool waf_rules_ask_tx(const struct waf_rules *rules, struct span name)
{
	for (size_t i = 0; i < rules->units.count; i++) {
		if (asks_tx(unit_at(rules, i)->rule, name))
			return true;
	}
	return false;
}

bool waf_rules_ask_audit(const struct waf_rules *rules)
{
	return rules->ruleset->settings.audit_engine != AUDIT_OFF;
}

static bool sets_tx(const struct rule *rule, struct span name)
{
	for (unsigned i = 0; i < rule->action_count; i++) {
		const struct setvar *setvar = &rule->actions[i].setvar;

		if (rule->actions[i].kind == ACTION_SETVAR && setvar->kind == SETVAR_ASSIGN && setvar->collection == VARIABLE_TX &&
		    span_equal_nocase(setvar->name.text, name))
			return true;
	}
	return false;
}

const struct rule *waf_rules_set_tx(const struct waf_rules *rules, struct span name)
{
	for (const struct rule *rule = rules->ruleset->first; rule; rule = rule->next) {
		if (rule->is_action && !rule->chained && sets_tx(rule, name))
			return rule;
	}
	return NULL;
}

const struct rule *waf_rules_with(const struct waf_rules *rules, enum operator_id id, struct span folder)
{
	for (const struct rule *rule = rules->ruleset->first; rule; rule = rule->next) {
		for (const struct rule *link = rule; link; link = link->chained) {
			if (!link->is_action && link->operator_id == id && !(folder.len && span_starts(link->place.file, folder)))
				return link;
		}
	}
	return NULL;
}
