/* Removals and updates: they change the rules above them, as in 2.9.7, and none below. */
#include "waf/language/directive.h"
#include "waf/language/draft.h"
#include "waf/language/targets.h"

#include "base/banned.h"

/* Which rules a directive means. */
struct selection {
	enum update_by by;
	struct bag ids;          /* struct id_range */
	struct regex *regex;
	size_t depth;            /* of a chain: "942100:1" is the second rule of 942100's */
	bool is_one;             /* a place in a chain was said */
	struct span text;        /* as written */
	struct place place;
};

static enum result read_id_selection(struct reader *reader, const struct word *word, struct selection *out)
{
	struct span rest = word->text, ids = span_cut(&rest, ':');
	uint64_t depth = 0;

	if (rest.at && (span_to_u64(rest, 100, &depth) != RESULT_OK))
		return fault(reader, out->place, SPAN_NONE, "behind an id's colon stands a place in its chain, as in 942100:1, not \"%.*s\"",
		             SPAN_ARG(rest));
	out->depth = depth;
	out->is_one = rest.at != NULL;
	return id_ranges_read(reader, ids, out->place, &out->ids);
}

static enum result selection_read(struct reader *reader, const struct word *word, enum update_by by, struct selection *out)
{
	*out = (struct selection){ .by = by, .text = word->text, .place = word_place(word, 0) };
	if (by == UPDATE_BY_ID)
		return read_id_selection(reader, word, out);
	if (!word->text.len)
		return fault(reader, out->place, SPAN_NONE, "an expression is missing");
	return reader_compile(reader, word->text, false, out->place, &out->regex);
}

static enum result ask_tags(struct reader *reader, const struct draft *draft, const struct selection *selection, bool *out)
{
	const struct macro *tags = draft->set.tags.items;
	enum result result = RESULT_OK;

	for (size_t i = 0; i < draft->set.tags.count && result == RESULT_OK && !*out; i++)
		result = reader_ask(reader, selection->regex, tags[i].text, selection->place, out);
	return result;
}

static enum result ask_selection(struct reader *reader, const struct draft *draft, const struct selection *selection, bool *out)
{
	*out = false;
	if (draft->is_marker || draft->is_removed)
		return RESULT_OK;
	switch (selection->by) {
	case UPDATE_BY_ID:
		*out = id_ranges_have(selection->ids.items, selection->ids.count, draft->set.id);
		return RESULT_OK;
	case UPDATE_BY_TAG:
		return ask_tags(reader, draft, selection, out);
	case UPDATE_BY_MSG:
		return draft->set.msg.text.len ? reader_ask(reader, selection->regex, draft->set.msg.text, selection->place, out) : RESULT_OK;
	}
	return RESULT_OK;
}

typedef enum result change_rule(struct reader *reader, struct draft *draft, void *context);

static struct draft *descend(struct draft *draft, size_t depth)
{
	for (; depth && draft->chained; depth--)
		draft = draft->chained;
	return depth ? NULL : draft;
}

static enum result change_one(struct reader *reader, struct draft *draft, const struct selection *selection, change_rule *change,
                              void *context)
{
	struct draft *meant = descend(draft, selection->depth);

	reader->rule_id = draft->set.id;
	if (!meant)
		return fault(reader, selection->place, SPAN_NONE, "its chain has no rule number %zu", selection->depth);
	return change(reader, meant, context);
}

/* One id, the usual case, is looked up; the rest walks all rules. */
static bool names_one(const struct selection *selection, uint32_t *id)
{
	const struct id_range *range = selection->ids.items;

	if (selection->by != UPDATE_BY_ID || selection->ids.count != 1 || !range)
		return false;
	*id = range->from;
	return range->from == range->to;
}

static enum result change_all(struct reader *reader, const struct selection *selection, change_rule *change, void *context, size_t *count)
{
	enum result result = RESULT_OK;

	for (struct draft *draft = reader->first; draft && result != RESULT_NO_MEMORY; draft = draft->next) {
		bool is_selected;
		enum result one = ask_selection(reader, draft, selection, &is_selected);

		if (one != RESULT_OK)
			return one;
		if (is_selected && ++*count)
			result = worse(result, change_one(reader, draft, selection, change, context));
	}
	return result;
}

static enum result change_selected(struct reader *reader, const struct selection *selection, change_rule *change, void *context)
{
	enum result result = RESULT_OK;
	struct draft *draft;
	size_t count = 0;
	uint32_t id;

	if (names_one(selection, &id)) {
		draft = draft_find(reader, id);
		if (draft && !draft->is_removed && ++count)
			result = change_one(reader, draft, selection, change, context);
	} else {
		result = change_all(reader, selection, change, context, &count);
	}
	reader->rule_id = 0;
	if (!count && result == RESULT_OK)
		remark(reader, selection->place, SPAN("it works on rules above it only"), "no rule above is meant by \"%.*s\"",
		     SPAN_ARG(selection->text));
	return result;
}

static enum result remove_one(struct reader *reader, struct draft *draft, void *context)
{
	(void)reader;
	(void)context;
	draft->is_removed = true;
	return RESULT_OK;
}

enum result remove_read(struct reader *reader, const struct statement *statement, enum update_by by)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < statement->count && result != RESULT_NO_MEMORY; i++) {
		struct selection selection;
		enum result one = selection_read(reader, &statement->words[i], by, &selection);

		if (one == RESULT_OK && selection.depth)
			one = fault(reader, selection.place, SPAN_NONE, "a rule is removed with its whole chain: no colon may follow the id");
		if (one == RESULT_OK)
			one = change_selected(reader, &selection, remove_one, NULL);
		result = worse(result, one);
	}
	return result;
}

struct target_change {
	struct bag added, replaced;
	bool replaces, is_one;
	struct place place;
};

static bool targets_equal(const struct target *a, const struct target *b)
{
	return a->variable == b->variable && a->kind == b->kind && a->is_count == b->is_count && a->is_excluded == b->is_excluded &&
	       span_equal_nocase(a->selector, b->selector);
}

static bool has_target(const struct bag *targets, const struct target *target)
{
	const struct target *list = targets->items;

	for (size_t i = 0; i < targets->count; i++) {
		if (targets_equal(&list[i], target))
			return true;
	}
	return false;
}

/* Those that are there already are not added again. */
static enum result add_targets(struct reader *reader, struct bag *targets, const struct bag *added)
{
	const struct target *list = added->items;

	for (size_t i = 0; i < added->count; i++) {
		struct target *kept;

		if (has_target(targets, &list[i]))
			continue;
		kept = bag_add(targets, &reader->scratch, sizeof(*kept));
		if (!kept)
			return RESULT_NO_MEMORY;
		*kept = list[i];
	}
	return RESULT_OK;
}

static enum result change_targets_of(struct reader *reader, struct draft *draft, const struct target_change *change)
{
	const struct target *old = draft->targets.items;
	struct bag targets = { 0 };

	for (size_t i = 0; i < draft->targets.count; i++) {
		struct target *kept;

		if (change->replaces && has_target(&change->replaced, &old[i]))
			continue;
		kept = bag_add(&targets, &reader->scratch, sizeof(*kept));
		if (!kept)
			return RESULT_NO_MEMORY;
		*kept = old[i];
	}
	if (change->replaces && targets.count == draft->targets.count) {
		remark(reader, change->place, SPAN_NONE, "it has no target that is to be replaced, and stays as it is");
		return RESULT_OK;
	}
	if (add_targets(reader, &targets, &change->added) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (!targets_have_included(&targets))
		return fault(reader, change->place, SPAN_NONE, "nothing but exclusions would be left: the rule would look at nothing");
	draft->targets = targets;
	return RESULT_OK;
}

/* 2.9.7: those of all rules of a chain, unless a place in it was said. */
static enum result change_targets(struct reader *reader, struct draft *draft, void *context)
{
	const struct target_change *change = context;
	enum result result = RESULT_OK;

	if (draft->is_action)
		return fault(reader, change->place, SPAN_NONE, "it is a SecAction and has no targets");
	for (; draft && result == RESULT_OK; draft = change->is_one ? NULL : draft->chained) {
		if (!draft->is_action)
			result = change_targets_of(reader, draft, change);
	}
	return result;
}

enum result update_targets_read(struct reader *reader, const struct statement *statement, enum update_by by)
{
	const struct word *words = statement->words;
	struct target_change change = { .replaces = statement->count > 2, .place = word_place(&words[1], 0) };
	struct selection selection;
	enum result result = selection_read(reader, &words[0], by, &selection);

	change.is_one = selection.is_one;
	if (result != RESULT_NO_MEMORY)
		result = worse(result, targets_read(reader, &words[1], words[1].text, 0, TARGETS_OF_UPDATE, &change.added));
	if (result != RESULT_NO_MEMORY && change.replaces)
		result = worse(result, targets_read(reader, &words[2], words[2].text, 0, TARGETS_OF_UPDATE, &change.replaced));
	return result == RESULT_OK ? change_selected(reader, &selection, change_targets, &change) : result;
}

struct action_change {
	struct action_set set;
	struct place place;
	bool is_chained;
};

/* 2.9.7 lets a chain fall apart here, so that its first rule alone decides; it stays a chain. */
static enum result change_actions(struct reader *reader, struct draft *draft, void *context)
{
	const struct action_change *change = context;
	struct action_set set = change->set;
	const char *what = change->is_chained ? chained_set_fault(&set) : NULL;
	enum result result;

	if (what)
		return fault(reader, change->place, SPAN_NONE, "a chained rule would get %s", what);
	result = action_set_merge(reader, &draft->set, &set);
	if (result == RESULT_OK)
		draft->set = set;
	return result;
}

enum result update_actions_read(struct reader *reader, const struct statement *statement)
{
	struct action_change change = { .place = word_place(&statement->words[1], 0) };
	struct selection selection;
	enum result result = selection_read(reader, &statement->words[0], UPDATE_BY_ID, &selection);
	uint32_t id;

	if (result == RESULT_OK && !names_one(&selection, &id))
		result = fault(reader, selection.place, SPAN_NONE, "SecRuleUpdateActionById changes one rule: \"%.*s\" is not one id",
		               SPAN_ARG(selection.text));
	if (result != RESULT_NO_MEMORY)
		result = worse(result, action_set_read(reader, &statement->words[1], &change.set));
	if (result != RESULT_OK)
		return result;
	if (set_has(&change.set, PART_ID) || set_has(&change.set, PART_PHASE) || set_has(&change.set, PART_CHAIN))
		return fault(reader, change.place, SPAN_NONE, "id, phase and chain of a rule cannot be changed");
	change.is_chained = selection.depth > 0;
	return change_selected(reader, &selection, change_actions, &change);
}
