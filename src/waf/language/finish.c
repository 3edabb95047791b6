/* Drafts become the ruleset's rules: inherited things resolved, lists cut to size, skips checked. */
#include <stdlib.h>

#include "waf/language/draft.h"

#include "base/banned.h"

#define STATUS_DENIED 403
#define STATUS_FOUND 302

struct finisher {
	struct reader *reader;
	struct ruleset *ruleset;
	struct rule **last;
	struct bag labels;       /* struct label, sorted once all are there */
	struct bag goals;        /* struct label: ids that a skipAfter names, sorted by number */
};

struct label {
	struct span name;
	uint32_t number;
};

static int label_compare(const void *a, const void *b)
{
	const struct label *left = a, *right = b;
	int order = span_compare(left->name, right->name);

	return order ? order : (left->number > right->number) - (left->number < right->number);
}

static enum result label_add(struct finisher *finisher, struct span name, uint32_t number)
{
	struct label *label = bag_add(&finisher->labels, &finisher->reader->scratch, sizeof(*label));

	if (!label)
		return RESULT_NO_MEMORY;
	*label = (struct label){ name, number };
	return RESULT_OK;
}

/* 2.9.7: skipAfter goes behind a marker, or behind a rule that is named by its id. */
static enum result gather_labels(struct finisher *finisher)
{
	enum result result = RESULT_OK;

	for (struct draft *draft = finisher->reader->first; draft && result == RESULT_OK; draft = draft->next) {
		char digits[DECIMAL_MAX];
		size_t count = decimal_write(draft->set.id, digits);
		struct span name = draft->is_marker ? draft->label : arena_copy(&finisher->reader->scratch, span_make(digits, count));

		result = name.at ? label_add(finisher, name, draft->number) : RESULT_NO_MEMORY;
	}
	if (finisher->labels.count)
		qsort(finisher->labels.items, finisher->labels.count, sizeof(struct label), label_compare);
	return result;
}

/* The last label of NAME: the one behind its last equal. */
static const struct label *label_find(const struct finisher *finisher, struct span name)
{
	const struct label *labels = finisher->labels.items;
	size_t low = 0, high = finisher->labels.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_compare(labels[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && span_equal(labels[low - 1].name, name) ? &labels[low - 1] : NULL;
}

static int goal_compare(const void *a, const void *b)
{
	const struct label *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static enum result check_skip(struct finisher *finisher, const struct draft *draft)
{
	const struct label *label;
	struct label *goal;
	uint64_t id;

	if (!draft->set.skip_after.len || draft->is_removed)
		return RESULT_OK;
	finisher->reader->rule_id = draft->set.id;
	label = label_find(finisher, draft->set.skip_after);
	if (!label)
		return fault(finisher->reader, draft->set.skip_place, SPAN_NONE, "skipAfter goes to \"%.*s\", and there is no such marker",
		             SPAN_ARG(draft->set.skip_after));
	if (label->number <= draft->number)
		return fault(finisher->reader, draft->set.skip_place, SPAN_NONE, "skipAfter goes to \"%.*s\", which stands before the rule",
		             SPAN_ARG(draft->set.skip_after));
	if (span_to_u64(draft->set.skip_after, INT32_MAX, &id) != RESULT_OK)
		return RESULT_OK;
	goal = bag_add(&finisher->goals, &finisher->reader->scratch, sizeof(*goal));
	if (!goal)
		return RESULT_NO_MEMORY;
	*goal = (struct label){ draft->set.skip_after, (uint32_t)id };
	return RESULT_OK;
}

static enum result check_skips(struct finisher *finisher)
{
	enum result result = RESULT_OK;

	for (struct draft *draft = finisher->reader->first; draft && result != RESULT_NO_MEMORY; draft = draft->next)
		result = worse(result, check_skip(finisher, draft));
	finisher->reader->rule_id = 0;
	if (finisher->goals.count)
		qsort(finisher->goals.items, finisher->goals.count, sizeof(struct label), goal_compare);
	return result;
}

static uint16_t status_of(const struct action_set *set, enum disruption disruption)
{
	uint16_t status = set->status;

	if (disruption != DISRUPT_REDIRECT)
		return status ? status : STATUS_DENIED;
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308 ? status : STATUS_FOUND;
}

static void take_disruption(const struct draft *draft, struct rule *rule)
{
	rule->is_block = draft->set.is_block;
	rule->disruption = draft->set.is_block ? draft->block_as : draft->set.disruption;
	rule->redirect = draft->set.is_block ? draft->block_redirect : draft->set.redirect;
	if (rule->phase == 5 && (rule->disruption == DISRUPT_DENY || rule->disruption == DISRUPT_DROP || rule->disruption == DISRUPT_REDIRECT))
		rule->disruption = DISRUPT_PASS;  /* inherited: all is answered by then */
	rule->status = status_of(&draft->set, rule->disruption);
}

static void take_words(const struct draft *draft, struct rule *rule)
{
	const struct action_set *set = &draft->set;

	rule->place = draft->place;
	rule->id = set->id;
	rule->phase = set->phase;
	rule->is_action = draft->is_action;
	rule->is_negated = draft->is_negated;
	rule->captures = set_has(set, PART_CAPTURE);
	rule->is_multi_match = set_has(set, PART_MULTI_MATCH);
	rule->operator_id = draft->operator_id;
	rule->operator = draft->operator;
	rule->parameter = draft->parameter;
	rule->pause_ms = set->pause_ms;
	rule->is_logged = set->is_logged;
	rule->is_audited = set->is_audited;
	rule->severity = set->severity;
	rule->maturity = set->maturity;
	rule->accuracy = set->accuracy;
	rule->msg = set->msg;
	rule->log_data = set->log_data;
	rule->rev = set->rev;
	rule->ver = set->ver;
	rule->skip = set->skip;
	rule->skip_after = set->skip_after;
}

static enum result take_transforms(struct arena *arena, const struct draft *draft, struct rule *rule)
{
	const struct transform_step *steps = draft->set.transforms.items;
	enum transform *list = arena_new_array(arena, enum transform, draft->set.transforms.count);
	unsigned count = 0;

	for (size_t i = 0; list && i < draft->set.transforms.count; i++) {
		if (steps[i].is_none)
			count = 0;
		else
			list[count++] = steps[i].transform;
	}
	rule->transforms = list;
	rule->transform_count = count;
	return list ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result take_lists(struct arena *arena, const struct draft *draft, struct rule *rule)
{
	const struct action_set *set = &draft->set;

	rule->targets = bag_copy(&draft->targets, arena, sizeof(struct target));
	rule->target_count = (unsigned)draft->targets.count;
	rule->tags = bag_copy(&set->tags, arena, sizeof(struct macro));
	rule->tag_count = (unsigned)set->tags.count;
	rule->actions = bag_copy(&set->actions, arena, sizeof(struct action));
	rule->action_count = (unsigned)set->actions.count;
	rule->xmlns = bag_copy(&set->xmlns, arena, sizeof(struct span));
	rule->xmlns_count = (unsigned)set->xmlns.count;
	return rule->targets && rule->tags && rule->actions && rule->xmlns ? RESULT_OK : RESULT_NO_MEMORY;
}

static enum result rule_make(struct arena *arena, const struct draft *draft, struct rule **out)
{
	struct rule *rule = arena_new(arena, struct rule);

	if (!rule)
		return RESULT_NO_MEMORY;
	take_words(draft, rule);
	take_disruption(draft, rule);
	*out = rule;
	return worse(take_transforms(arena, draft, rule), take_lists(arena, draft, rule));
}

static enum result marker_add(struct finisher *finisher, struct place place, struct span label)
{
	struct rule *rule = arena_new(&finisher->ruleset->arena, struct rule);

	if (!rule)
		return RESULT_NO_MEMORY;
	*rule = (struct rule){ .place = place, .is_marker = true, .msg = { .text = label }, .severity = -1, .disruption = DISRUPT_PASS };
	*finisher->last = rule;
	finisher->last = &rule->next;
	finisher->ruleset->markers++;
	return RESULT_OK;
}

static enum result rule_add(struct finisher *finisher, const struct draft *draft)
{
	struct rule **link = finisher->last;
	enum result result = RESULT_OK;

	*(draft->is_action ? &finisher->ruleset->actions : &finisher->ruleset->starters) += 1;
	for (; draft && result == RESULT_OK; draft = draft->chained) {
		result = rule_make(&finisher->ruleset->arena, draft, link);
		if (result != RESULT_OK)
			return result;
		if (link == finisher->last)
			finisher->last = &(*link)->next;
		else
			finisher->ruleset->chained++;
		link = &(*link)->chained;
	}
	return result;
}

/* A rule that is removed stays a place to skip to. */
static enum result draft_finish(struct finisher *finisher, const struct draft *draft)
{
	struct label wanted = { .number = draft->set.id };
	enum result result = RESULT_OK;
	const struct label *goal;

	if (draft->is_marker)
		return marker_add(finisher, draft->place, draft->label);
	if (!draft->is_removed)
		result = rule_add(finisher, draft);
	goal = finisher->goals.count ? bsearch(&wanted, finisher->goals.items, finisher->goals.count, sizeof(wanted), goal_compare) : NULL;
	if (result == RESULT_OK && goal)
		result = marker_add(finisher, draft->place, goal->name);
	return result;
}

enum result drafts_finish(struct reader *reader)
{
	struct finisher finisher = { .reader = reader, .ruleset = reader->ruleset, .last = &reader->ruleset->first };
	enum result result = gather_labels(&finisher);

	if (result == RESULT_OK)
		result = check_skips(&finisher);
	for (struct draft *draft = reader->first; draft && result == RESULT_OK && !reader->has_failed; draft = draft->next)
		result = draft_finish(&finisher, draft);
	return result;
}
