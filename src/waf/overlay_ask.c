/* What an overlay means to one request. */
#include "waf/overlay_ask.h"

#include "message/path.h"
#include "waf/act_parts.h"
#include "waf/overlay_inner.h"

#include "base/banned.h"

/* The nodes that a request's path leads to and that say something. */
struct overlay_visit {
	uint32_t *nodes;
	unsigned count, room;
	bool is_whole;               /* the path has one reading: it may be the very one that an exclusion means */
	struct span end;             /* ... and ends so */
	uint64_t *taken;             /* bit by number of an excuse: a parameter may come a thousand times */
};

static bool holds(const struct waf_transaction *transaction, const struct excuse *excuse)
{
	return (!excuse->methods || excuse->methods >> transaction->head->method & 1) &&
	       (!excuse->ends_ms || (int64_t)(transaction->wall_ns / 1000000) < excuse->ends_ms);
}

/* An exclusion is for the whole chain, as SecRuleUpdateTargetById is. */
static enum result excuse_unit(struct waf_transaction *transaction, const struct excuse *excuse, const struct unit *unit)
{
	enum result result = RESULT_OK;

	if (!excuse->targets)
		return removal_of_rule(transaction, unit);
	for (; unit && result == RESULT_OK; unit = unit->chained)
		result = removal_of_targets(transaction, unit, excuse->targets, excuse->target_count);
	return result;
}

static enum result take(struct waf_transaction *transaction, const struct excuse *excuse)
{
	struct overlay_visit *visit = transaction->visit;
	uint64_t bit = (uint64_t)1 << (excuse->number & 63), *word = &visit->taken[excuse->number >> 6];
	enum result result = RESULT_OK;

	if (*word & bit || !holds(transaction, excuse))
		return RESULT_OK;
	*word |= bit;
	for (size_t i = 0; i < excuse->unit_count && result == RESULT_OK; i++)
		result = excuse_unit(transaction, excuse, excuse->units[i]);
	return result;
}

static enum result visit_add(struct waf_transaction *transaction, uint32_t number)
{
	struct overlay_visit *visit = transaction->visit;

	if (visit->count == visit->room) {
		unsigned room = visit->room ? 2 * visit->room : 8;
		uint32_t *nodes = arena_take(&transaction->arena, room * sizeof(*nodes));

		if (!nodes)
			return RESULT_NO_MEMORY;
		if (visit->count)
			memcpy(nodes, visit->nodes, visit->count * sizeof(*nodes));
		visit->nodes = nodes;
		visit->room = room;
	}
	visit->nodes[visit->count++] = number;
	return RESULT_OK;
}

static enum result visit_node(struct waf_transaction *transaction, uint32_t number)
{
	const struct overlay_node *node = overlay_node(transaction->overlay, number);
	enum result result = node->has_parameters ? visit_add(transaction, number) : RESULT_OK;

	for (const struct excuse *excuse = node->excuses; excuse && result == RESULT_OK; excuse = excuse->next)
		result = take(transaction, excuse);
	return result;
}

/* The request's path ends at node NUMBER: what is exact there. */
static enum result visit_end(struct waf_transaction *transaction, uint32_t number)
{
	const struct overlay_visit *visit = transaction->visit;
	uint32_t end = visit->is_whole ? overlay_child(transaction->overlay, number, visit->end) : NO_NODE;

	return end == NO_NODE ? RESULT_OK : visit_node(transaction, end);
}

/* Depth first; the tree is at most OVERLAY_DEPTH_MAX deep, and no node is met twice. */
static enum result walk(struct waf_transaction *transaction, uint32_t number, struct span rest)
{
	const struct waf_overlay *overlay = transaction->overlay;
	const struct overlay_node *node = overlay_node(overlay, number);
	enum result result = visit_node(transaction, number);
	uint32_t child;
	struct span segment;

	if (result != RESULT_OK)
		return result;
	if (!rest.len)
		return visit_end(transaction, number);
	segment = span_cut(&rest, '/');
	child = overlay_child(overlay, number, segment);
	if (child != NO_NODE)
		result = walk(transaction, child, rest);
	return result == RESULT_OK && node->star != NO_NODE ? walk(transaction, node->star, rest) : result;
}

/* The excuses of NODE for what NAME is, or begins with. */
static enum result take_named(struct waf_transaction *transaction, uint32_t node, struct span name, bool is_prefix)
{
	const struct excuse *excuse = *overlay_slot(transaction->overlay, node, name);
	enum result result = RESULT_OK;

	for (; excuse && result == RESULT_OK; excuse = excuse->next) {
		if (excuse->node == node && excuse->is_prefix == is_prefix && span_equal_nocase(excuse->parameter, name))
			result = take(transaction, excuse);
	}
	return result;
}

static enum result take_prefixes(struct waf_transaction *transaction, uint32_t node, struct span name)
{
	const uint64_t *prefixes = overlay_node(transaction->overlay, node)->prefixes;
	enum result result = RESULT_OK;

	for (size_t len = 0; prefixes && len <= name.len && len <= PARAMETER_MAX && result == RESULT_OK; len++) {
		if (prefixes[len / 64] >> len % 64 & 1)
			result = take_named(transaction, node, span_take(name, len), true);
	}
	return result;
}

static enum result take_parameters(struct waf_transaction *transaction, const struct pairs *pairs)
{
	struct overlay_visit *visit = transaction->visit;
	enum result result = RESULT_OK;

	for (const struct pair *pair = pairs->first; pair && visit->count; pair = pair->next) {
		for (unsigned i = 0; i < visit->count && result == RESULT_OK; i++) {
			result = take_named(transaction, visit->nodes[i], pair->name->bytes, false);
			if (result == RESULT_OK)
				result = take_prefixes(transaction, visit->nodes[i], pair->name->bytes);
		}
		if (result != RESULT_OK)
			break;
	}
	return result;
}

static enum result find_excuses(struct waf_transaction *transaction)
{
	const struct waf_overlay *overlay = transaction->overlay;
	struct span path = transaction->head->path, rest = SPAN_NONE;
	struct overlay_visit *visit = arena_new(&transaction->arena, struct overlay_visit);
	char *tidy = path.len ? arena_take(&transaction->arena, path.len) : NULL;
	enum result result;

	if (visit)
		visit->taken = arena_new_array(&transaction->arena, uint64_t, overlay->excuse_count / 64 + 1);
	if (!visit || !visit->taken || (path.len && !tidy))
		return RESULT_NO_MEMORY;
	transaction->visit = visit;
	/* Security, fails closed: see overlay.h. */
	if (path.len && path_has_one_reading(path)) {
		rest = span_skip(path_tidy(path, tidy), 1);
		visit->is_whole = path.at[0] == '/';  /* "*" is no path */
		visit->end = overlay_end(path);
	}
	result = walk(transaction, OVERLAY_ROOT, rest);
	return result == RESULT_OK ? take_parameters(transaction, &transaction->args_get) : result;
}

enum result overlay_begin(struct waf_transaction *transaction)
{
	const struct waf_overlay *overlay = transaction->overlay;
	enum result result = RESULT_OK;

	if (!overlay)
		return RESULT_OK;
	transaction->engine = overlay->engine;
	transaction->request_body_limit = overlay->request_body_limit;
	transaction->request_body_action = overlay->request_body_action;
	transaction->response_body_access = overlay->response_bodies;
	transaction->audit_engine = overlay->audit_engine;
	for (size_t i = 0; i < overlay->tx_count && result == RESULT_OK; i++)
		result = table_set(transaction, VARIABLE_TX, overlay->tx[i].name, overlay->tx[i].value);
	return result == RESULT_OK && overlay->excuse_count ? find_excuses(transaction) : result;
}

enum result overlay_take_body(struct waf_transaction *transaction)
{
	return transaction->visit ? take_parameters(transaction, &transaction->args_post) : RESULT_OK;
}
