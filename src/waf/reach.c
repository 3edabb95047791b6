/* What the values of many rules hold together. The values of a source are transformed side by side: where a transformation
 * touches none of the bytes that they hold, nothing is done, and a rule whose phrases none of them has is left at once. */
#include "waf/transaction.h"

#include "base/banned.h"

/* Two words at a time, where they lie: hundreds of times in a request. */
typedef uint64_t two __attribute__((vector_size(16), aligned(8), may_alias));

static void unite(struct traits *traits, const struct traits *more, size_t words)
{
	two *bytes = (two *)traits->bytes.words;
	const two *more_bytes = (const two *)more->bytes.words;
	size_t i = 0;

	bytes[0] |= more_bytes[0];
	bytes[1] |= more_bytes[1];
	for (; i + 2 <= words; i += 2)
		*(two *)(traits->hits + i) |= *(const two *)(more->hits + i);
	if (i < words)
		traits->hits[i] |= more->hits[i];
}

/* COUNT of them, empty; their hits lie behind them. */
static struct traits *traits_new(struct waf_transaction *transaction, size_t count)
{
	size_t words = transaction->rules->words;
	struct traits *traits = arena_take_zero(&transaction->arena, count, sizeof(*traits) + words * sizeof(uint64_t));

	for (size_t i = 0; traits && i < count; i++)
		traits[i].hits = (uint64_t *)(void *)(traits + count) + i * words;
	return traits;
}

/* Of several values: all together, and those of each block of many. */
static enum result look_at_many(struct waf_transaction *transaction, struct reach *reach)
{
	size_t words = transaction->rules->words, blocks = (reach->count + REACH_BLOCK - 1) / REACH_BLOCK;
	struct traits *traits = traits_new(transaction, blocks > 1 ? 1 + blocks : 1);

	if (!traits)
		return RESULT_NO_MEMORY;
	for (unsigned i = 0; i < reach->count; i++) {
		if (computed_scan(transaction, reach->forms[i]) != RESULT_OK)
			return RESULT_NO_MEMORY;
		unite(blocks > 1 ? &traits[1 + i / REACH_BLOCK] : traits, &reach->forms[i]->traits, words);
	}
	for (size_t i = 1; blocks > 1 && i <= blocks; i++)
		unite(traits, &traits[i], words);
	reach->traits = traits;
	reach->blocks = blocks > 1 ? traits + 1 : NULL;
	return RESULT_OK;
}

static enum result reach_look(struct waf_transaction *transaction, struct reach *reach)
{
	if (reach->traits)
		return RESULT_OK;
	if (reach->count > 1)
		return look_at_many(transaction, reach);
	if (reach->count && computed_scan(transaction, reach->forms[0]) != RESULT_OK)
		return RESULT_NO_MEMORY;
	reach->traits = reach->count ? &reach->forms[0]->traits : &transaction->rules->nothing;
	return RESULT_OK;
}

static struct reach *reach_new(struct waf_transaction *transaction, const struct value *values, unsigned count)
{
	struct reach *reach = arena_take(&transaction->arena, sizeof(*reach) + count * sizeof(struct computed *));

	if (reach)
		*reach = (struct reach){ .values = values, .forms = (struct computed **)(void *)(reach + 1), .count = count };
	return reach;
}

static struct reach *find_step(const struct reach *before, enum transform transform)
{
	struct reach *after = before->steps;

	while (after && after->transform != transform)
		after = after->next;
	return after;
}

static struct reach *reach_make(struct waf_transaction *transaction, struct reach *before, enum transform transform)
{
	struct reach *after = reach_new(transaction, before->values, before->count);
	bool has_changed = false;

	if (!after)
		return NULL;
	for (unsigned i = 0; i < before->count; i++) {
		after->forms[i] = computed_step(transaction, before->forms[i], transform);
		if (!after->forms[i])
			return NULL;
		has_changed |= after->forms[i] != before->forms[i];
	}
	if (!has_changed) {
		before->unchanged |= (uint64_t)1 << transform;
		return before;
	}
	after->transform = transform;
	after->next = before->steps;
	return before->steps = after;
}

static struct reach *reach_step(struct waf_transaction *transaction, struct reach *before, enum transform transform)
{
	const struct byte_set *touches = transform_touches(transform);
	struct reach *after;

	if (before->unchanged >> transform & 1)
		return before;
	after = find_step(before, transform);
	if (after)
		return after;
	if (touches && before->traits && !transaction->asks_all && !byte_sets_meet(touches, &before->traits->bytes)) {
		before->unchanged |= (uint64_t)1 << transform;
		return before;
	}
	return reach_make(transaction, before, transform);
}

static bool values_equal(const struct values *a, const struct values *b)
{
	for (unsigned i = 0; a->count == b->count && i < a->count; i++) {
		if (a->list[i].raw != b->list[i].raw || a->list[i].key.at != b->list[i].key.at)
			return false;
	}
	return a->count == b->count;
}

/* Looked up anew in each phase; what is known of it stays if it is the same. */
static struct reach *source_reach(struct waf_transaction *transaction, uint16_t number)
{
	struct sourced *sourced = &transaction->sourced[number];
	struct values values = { 0 };

	if (sourced->phase != transaction->walk.phase) {
		if (gather(transaction, source_at(transaction->rules, number), &values) != RESULT_OK)
			return NULL;
		if (!sourced->reach || !values_equal(&values, &sourced->values)) {
			sourced->values = values;
			sourced->reach = reach_new(transaction, values.list, values.count);
			for (unsigned i = 0; sourced->reach && i < values.count; i++)
				sourced->reach->forms[i] = values.list[i].raw;
		}
		sourced->phase = transaction->walk.phase;
	}
	return sourced->reach;
}

static unsigned part_count(const struct waf_transaction *transaction, uint16_t group)
{
	const struct group *groups = transaction->rules->groups.items;

	return set_at(transaction->rules, groups[group].set)->source_count;
}

/* Where no more than one part has values, its traits are those of the group. */
static enum result look(struct waf_transaction *transaction, struct grouped *grouped, unsigned count)
{
	const struct traits *only = &transaction->rules->nothing;
	struct traits *traits = NULL;
	unsigned held = 0;

	if (grouped->traits)
		return RESULT_OK;
	for (unsigned i = 0; i < count; i++) {
		if (reach_look(transaction, grouped->parts[i]) != RESULT_OK)
			return RESULT_NO_MEMORY;
		held += grouped->parts[i]->count > 0;
		only = grouped->parts[i]->count ? grouped->parts[i]->traits : only;
	}
	if (held > 1) {
		traits = traits_new(transaction, 1);
		if (!traits)
			return RESULT_NO_MEMORY;
	}
	for (unsigned i = 0; traits && i < count; i++) {
		if (grouped->parts[i]->count)
			unite(traits, grouped->parts[i]->traits, transaction->rules->words);
	}
	grouped->traits = traits ? traits : only;
	return RESULT_OK;
}

static struct grouped *grouped_new(struct waf_transaction *transaction, unsigned count)
{
	struct grouped *grouped = arena_take(&transaction->arena, sizeof(*grouped) + count * sizeof(struct reach *));

	if (grouped)
		*grouped = (struct grouped){ .parts = (struct reach **)(void *)(grouped + 1) };
	return grouped;
}

static struct grouped *grouped_start(struct waf_transaction *transaction, const struct target_set *set)
{
	struct grouped *grouped = grouped_new(transaction, set->source_count);

	for (unsigned i = 0; grouped && i < set->source_count; i++) {
		grouped->parts[i] = source_reach(transaction, set->sources[i]);
		if (!grouped->parts[i])
			return NULL;
	}
	return grouped;
}

/* BEFORE itself where nothing changes. Which bytes it holds is asked only if rules ask for it too: of few rules, a scan costs
 * more than it saves. */
static struct grouped *grouped_step(struct waf_transaction *transaction, struct grouped *before, const struct group *group)
{
	enum transform transform = ((const struct node *)transaction->rules->nodes.items)[group->node].transform;
	const struct group *parent = (const struct group *)transaction->rules->groups.items + group->parent;
	unsigned count = set_at(transaction->rules, group->set)->source_count;
	const struct byte_set *touches = transform_touches(transform);
	struct grouped *after;
	bool has_changed = false;

	if (touches && parent->is_looked_at && look(transaction, before, count) != RESULT_OK)
		return NULL;
	if (touches && before->traits && !transaction->asks_all && !byte_sets_meet(touches, &before->traits->bytes))
		return before;
	after = grouped_new(transaction, count);
	for (unsigned i = 0; after && i < count; i++) {
		after->parts[i] = reach_step(transaction, before->parts[i], transform);
		if (!after->parts[i])
			return NULL;
		has_changed |= after->parts[i] != before->parts[i];
	}
	return !after || has_changed ? after : before;
}

static struct grouped *get(struct waf_transaction *transaction, uint16_t number)
{
	const struct group *group = (const struct group *)transaction->rules->groups.items + number;
	struct grouped *before;

	if (transaction->grouped[number])
		return transaction->grouped[number];
	if (group->parent == number)
		return transaction->grouped[number] = grouped_start(transaction, set_at(transaction->rules, group->set));
	before = get(transaction, group->parent);
	return before ? transaction->grouped[number] = grouped_step(transaction, before, group) : NULL;
}

const struct grouped *group_get(struct waf_transaction *transaction, uint16_t number)
{
	return get(transaction, number);
}

const struct grouped *group_look(struct waf_transaction *transaction, uint16_t number)
{
	struct grouped *grouped = get(transaction, number);

	return grouped && look(transaction, grouped, part_count(transaction, number)) == RESULT_OK ? grouped : NULL;
}
