/* SecRule, SecAction, SecMarker and SecDefaultAction become drafts and defaults. */
#include "base/hash.h"
#include "waf/language/directive.h"
#include "waf/language/draft.h"
#include "waf/language/operation.h"
#include "waf/language/targets.h"

#include "base/banned.h"

static struct draft **slot_of(const struct draft_index *index, uint32_t id)
{
	size_t at = (size_t)hash_u64(id) & (index->size - 1);

	while (index->slots[at] && index->slots[at]->set.id != id)
		at = (at + 1) & (index->size - 1);
	return &index->slots[at];
}

struct draft *draft_find(const struct reader *reader, uint32_t id)
{
	return reader->index.size ? *slot_of(&reader->index, id) : NULL;
}

static enum result index_grow(struct reader *reader)
{
	struct draft_index grown = { .size = reader->index.size ? reader->index.size * 2 : 256, .count = reader->index.count };

	grown.slots = arena_new_array(&reader->scratch, struct draft *, grown.size);
	if (!grown.slots)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < reader->index.size; i++) {
		if (reader->index.slots[i])
			*slot_of(&grown, reader->index.slots[i]->set.id) = reader->index.slots[i];
	}
	reader->index = grown;
	return RESULT_OK;
}

static enum result index_add(struct reader *reader, struct draft *draft)
{
	struct draft **slot;

	if (reader->index.count * 2 >= reader->index.size && index_grow(reader) != RESULT_OK)
		return RESULT_NO_MEMORY;
	slot = slot_of(&reader->index, draft->set.id);
	if (*slot)
		return fault(reader, draft->place, SPAN_NONE, "the id is taken by the rule at %.*s:%u", SPAN_ARG((*slot)->place.file),
		             (*slot)->place.line);
	*slot = draft;
	reader->index.count++;
	return RESULT_OK;
}

/* The file's name outlives the load in what the rules say of themselves: file names are kept by load.c. */
static struct draft *draft_add(struct reader *reader, struct place place)
{
	struct draft *draft = arena_new(&reader->scratch, struct draft);

	if (!draft)
		return NULL;
	draft->place = place;
	draft->number = (uint32_t)reader->rule_count++;
	return draft;
}

static void append(struct reader *reader, struct draft *draft)
{
	*reader->last = draft;
	reader->last = &draft->next;
}

const char *chained_set_fault(const struct action_set *child)
{
	if (set_has(child, PART_DISRUPTION) && !child->is_block)
		return "a disruptive action; only the first rule of a chain may have one";
	if (set_has(child, PART_SKIP_AFTER) || set_has(child, PART_SKIP))
		return "skip or skipAfter; only the first rule of a chain may have it";
	if (set_has(child, PART_PHASE))
		return "a phase; only the first rule of a chain may have one";
	if (set_has(child, PART_ID) || set_has(child, PART_REV) || set_has(child, PART_MSG) || set_has(child, PART_SEVERITY) ||
	    set_has(child, PART_VER) || set_has(child, PART_ACCURACY) || set_has(child, PART_MATURITY) || set_has(child, PART_LOG_DATA))
		return "id, rev, msg, severity, ver, accuracy, maturity or logdata; only the first rule of a chain may have it";
	return NULL;
}

static const struct action_set *default_of(const struct reader *reader, unsigned phase)
{
	return reader->defaults[phase] ? reader->defaults[phase] : reader->defaults[reader->last_default_phase];
}

/* What is inherited. A rule that names no phase is in the phase of the last SecDefaultAction (2.9.7). */
static enum result inherit(struct reader *reader, struct draft *draft)
{
	struct action_set unsaid;
	const struct action_set *parent = &unsaid;
	unsigned phase = set_has(&draft->set, PART_PHASE) ? draft->set.phase : reader->last_default_phase;

	action_set_default(&unsaid);
	if (reader->last_default_phase)
		parent = default_of(reader, phase);
	if (!set_has(&draft->set, PART_PHASE))
		draft->set.phase = (uint8_t)(phase ? phase : unsaid.phase);
	draft->set.given |= 1u << PART_PHASE;
	draft->block_as = parent->disruption;
	draft->block_redirect = parent->redirect;
	return action_set_merge(reader, parent, &draft->set);
}

static enum result check_starter(struct reader *reader, const struct draft *draft)
{
	const struct action_set *set = &draft->set;

	if (!set_has(set, PART_ID))
		return fault(reader, draft->place, SPAN_NONE, "the rule has no id");
	if (set->phase == 5 && set_has(set, PART_DISRUPTION) && set->disruption != DISRUPT_PASS && set->disruption != DISRUPT_ALLOW &&
	    set->disruption != DISRUPT_ALLOW_REQUEST && set->disruption != DISRUPT_ALLOW_PHASE && !set->is_block)
		return fault(reader, draft->place, SPAN_NONE, "phase 5 is when all is answered: nothing can be disrupted any more");
	return RESULT_OK;
}

static enum result place_starter(struct reader *reader, struct draft *draft)
{
	enum result result = check_starter(reader, draft);

	if (set_has(&draft->set, PART_ID))
		result = worse(result, index_add(reader, draft));
	append(reader, draft);
	return result == RESULT_NO_MEMORY ? result : worse(result, inherit(reader, draft));
}

static enum result place_chained(struct reader *reader, struct draft *draft)
{
	const char *what = chained_set_fault(&draft->set);
	enum result result = what ? fault(reader, draft->place, SPAN_NONE, "a chained rule with %s", what) : RESULT_OK;
	uint8_t phase = reader->chain_end->set.phase;

	reader->chain_end->chained = draft;
	draft->set.phase = phase;
	draft->set.given |= 1u << PART_PHASE;
	return worse(result, inherit(reader, draft));
}

/* A rule that was read, with all its faults, takes its place in the list or the chain, so that the next one is judged rightly. */
static enum result place_draft(struct reader *reader, struct draft *draft)
{
	bool continues = set_has(&draft->set, PART_CHAIN);
	enum result result = reader->chain_end ? place_chained(reader, draft) : place_starter(reader, draft);

	draft->set.given &= ~(1u << PART_CHAIN);
	reader->chain_end = continues ? draft : NULL;
	return result;
}

/* The id first: all that is wrong with the rule is told with it. */
static void name_rule(struct reader *reader, const struct word *actions)
{
	uint32_t id = action_id_peek(actions, &reader->scratch);

	if (id && !reader->chain_end)
		reader->rule_id = id;
}

static enum result check_count(struct reader *reader, struct place place)
{
	if (reader->rule_count < RULES_MAX)
		return RESULT_OK;
	(void)fault(reader, place, SPAN_NONE, "more rules than are allowed (50000)");
	return RESULT_NO_MEMORY;
}

enum result rule_read(struct reader *reader, const struct statement *statement)
{
	struct draft *draft = draft_add(reader, statement->place);
	enum result result = check_count(reader, statement->place);

	if (!draft || result != RESULT_OK)
		return RESULT_NO_MEMORY;
	action_set_default(&draft->set);
	if (statement->count > 2)
		name_rule(reader, &statement->words[2]);
	result = targets_read(reader, &statement->words[0], statement->words[0].text, 0, TARGETS_OF_RULE, &draft->targets);
	if (result != RESULT_NO_MEMORY)
		result = worse(result, operation_read(reader, &statement->words[1], draft));
	if (result != RESULT_NO_MEMORY && statement->count > 2)
		result = worse(result, action_set_read(reader, &statement->words[2], &draft->set));
	return result == RESULT_NO_MEMORY ? result : worse(result, place_draft(reader, draft));
}

enum result action_rule_read(struct reader *reader, const struct statement *statement)
{
	struct draft *draft = draft_add(reader, statement->place);
	enum result result = check_count(reader, statement->place);

	if (!draft || result != RESULT_OK)
		return RESULT_NO_MEMORY;
	draft->is_action = true;
	draft->operator_id = OPERATOR_UNCONDITIONAL_MATCH;
	name_rule(reader, &statement->words[0]);
	result = action_set_read(reader, &statement->words[0], &draft->set);
	return result == RESULT_NO_MEMORY ? result : worse(result, place_draft(reader, draft));
}

enum result marker_read(struct reader *reader, const struct statement *statement)
{
	struct draft *draft;

	if (reader->chain_end)
		return fault(reader, statement->place, SPAN_NONE, "a marker within a chain");
	if (check_count(reader, statement->place) != RESULT_OK || !(draft = draft_add(reader, statement->place)))
		return RESULT_NO_MEMORY;
	draft->is_marker = true;
	draft->label = statement->words[0].text;
	append(reader, draft);
	return RESULT_OK;
}

static const char *default_fault(const struct action_set *set)
{
	if (!set_has(set, PART_PHASE))
		return "SecDefaultAction needs a phase";
	if (!set_has(set, PART_DISRUPTION) || set->is_block)
		return "SecDefaultAction needs a disruptive action (pass, deny, drop, allow or redirect), which is what block then means";
	if (set_has(set, PART_CHAIN) || set_has(set, PART_SKIP) || set_has(set, PART_SKIP_AFTER))
		return "SecDefaultAction cannot have chain, skip or skipAfter";
	if (set_has(set, PART_ID) || set_has(set, PART_REV) || set_has(set, PART_MSG) || set_has(set, PART_VER) ||
	    set_has(set, PART_ACCURACY) || set_has(set, PART_MATURITY))
		return "SecDefaultAction cannot have id, rev, msg, ver, accuracy or maturity: these are one rule's own";
	return NULL;
}

/* 2.9.7 lets the last SecDefaultAction speak for every phase; here each phase keeps its own, as the manual says. */
enum result default_action_read(struct reader *reader, const struct statement *statement)
{
	struct action_set *set = arena_new(&reader->scratch, struct action_set), unsaid;
	enum result result;
	const char *what;

	if (!set)
		return RESULT_NO_MEMORY;
	result = action_set_read(reader, &statement->words[0], set);
	if (result != RESULT_OK)
		return result;
	what = default_fault(set);
	if (what)
		return fault(reader, statement->place, SPAN_NONE, "%s", what);
	action_set_default(&unsaid);
	result = action_set_merge(reader, &unsaid, set);
	set->given &= ~(1u << PART_PHASE);
	reader->defaults[set->phase] = set;
	reader->last_default_phase = set->phase;
	return result;
}
