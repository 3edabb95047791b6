/* Forms of values: transformed once for all rules, scanned once. A step that changes nothing gives the same form, so that most
 * values have one. */
#include "waf/transaction.h"

#include "base/banned.h"

enum result computed_scan(const struct waf_transaction *transaction, struct computed *computed, struct arena *arena)
{
	const struct waf_rules *rules = transaction->rules;

	if (computed->is_scanned)
		return RESULT_OK;
	if (rules->scanner) {
		computed->hits = arena_new_array(arena, uint64_t, rules->words);
		if (!computed->hits)
			return RESULT_NO_MEMORY;
		scanner_scan(rules->scanner, computed->bytes, &computed->set, computed->hits);
	} else {
		byte_set_add_span(&computed->set, computed->bytes);
	}
	computed->is_scanned = true;
	return RESULT_OK;
}

static struct computed *step(struct waf_transaction *transaction, struct computed *before, enum transform transform)
{
	const struct byte_set *touches = transform_touches(transform);
	struct computed *after;
	struct span bytes;

	if (touches) {
		if (computed_scan(transaction, before, &transaction->arena) != RESULT_OK)
			return NULL;
		if (!byte_sets_meet(touches, &before->set))
			return before;
	}
	if (transform_apply(transform, before->bytes, &transaction->arena, &bytes) != RESULT_OK)
		return NULL;
	if (bytes.at == before->bytes.at && bytes.len == before->bytes.len)
		return before;
	after = arena_new(&transaction->arena, struct computed);
	if (after)
		after->bytes = bytes;
	return after;
}

struct computed *compute(struct waf_transaction *transaction, struct cell *cell, uint16_t number)
{
	const struct node *nodes = transaction->rules->nodes.items;
	struct computed *before;

	if (!number)
		return &cell->raw;
	if (!cell->forms)
		cell->forms = arena_new_array(&transaction->arena, struct computed *, transaction->rules->nodes.count);
	if (!cell->forms)
		return NULL;
	if (cell->forms[number])
		return cell->forms[number];
	before = compute(transaction, cell, nodes[number].parent);
	return before ? cell->forms[number] = step(transaction, before, nodes[number].transform) : NULL;
}
