#include "waf/prefilter/factors.h"

#include "waf/prefilter/factor.h"
#include "waf/prefilter/factor_bytes.h"
#include "waf/prefilter/pattern.h"
#include "waf/prefilter/rarity.h"
#include "base/banned.h"

#define SCRATCH_BYTES ((size_t)64 << 20)
#define SCRATCH_STEP ((size_t)64 << 10)
/* Per byte of ordinary text. Phrases that are there more often would say nothing of most values ... */
#define RATE_MAX (1.0 / 24)
/* ... and longer ones, which cost the scanner something each time, may be there less often. */
#define LONG_RATE_MAX (1.0 / 512)

/* What one more phrase of two or three bytes costs the scanner, in the same unit: such keys leave it no choice. */
#define SHORT_COST 0x1p-12

static struct factor factor_of(struct arena *arena, const struct pattern_node *node);

static struct factor concatenation_factor(struct arena *arena, const struct pattern_node *child)
{
	struct factor all = factor_empty(), next;

	for (; child; child = child->next) {
		next = factor_of(arena, child);
		all = factor_concatenate(arena, &all, &next);
	}
	return all;
}

static struct factor alternation_factor(struct arena *arena, const struct pattern_node *first)
{
	struct factor *list;
	size_t count = 0;

	for (const struct pattern_node *child = first; child; child = child->next)
		count++;
	list = arena_new_array(arena, struct factor, count);
	if (!list)
		return factor_any();
	count = 0;
	for (const struct pattern_node *child = first; child; child = child->next)
		list[count++] = factor_of(arena, child);
	return factor_alternate(arena, list, count);
}

static struct factor repetition_factor(struct arena *arena, const struct pattern_node *node)
{
	struct factor child = factor_of(arena, node->child);

	return factor_repeat(arena, &child, node->min, node->max);
}

/* As deep as pattern_read lets a pattern nest. */
static struct factor factor_of(struct arena *arena, const struct pattern_node *node)
{
	switch (node->kind) {
	case NODE_EMPTY:
		return factor_empty();
	case NODE_SET:
		return factor_of_bytes(arena, &node->set);
	case NODE_CONCATENATION:
		return concatenation_factor(arena, node->child);
	case NODE_ALTERNATION:
		return alternation_factor(arena, node->child);
	case NODE_REPETITION:
		return repetition_factor(arena, node);
	case NODE_LOOK:
		return factor_look(arena, factor_of(arena, node->child));
	case NODE_ANY:
		break;
	}
	return factor_any();
}

static enum result copy_out(struct arena *arena, struct phrases found, struct phrases *out)
{
	struct phrases copy = { arena_new_array(arena, struct span, found.count), found.count };

	if (!copy.list)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < found.count; i++) {
		copy.list[i] = arena_copy(arena, found.list[i]);
		if (!copy.list[i].at)
			return RESULT_NO_MEMORY;
	}
	*out = copy;
	return RESULT_OK;
}

static bool is_rare(struct phrases set)
{
	double all = 0, of_long = 0;

	for (size_t i = 0; i < set.count; i++) {
		double rate = rarity_rate(set.list[i]);

		all += rate;
		of_long += set.list[i].len > 1 ? rate : 0;
	}
	return all <= RATE_MAX && of_long <= LONG_RATE_MAX;
}

static enum result phrases_find(const struct pattern_node *node, struct arena *scratch, struct arena *arena, struct phrases *out)
{
	struct factor factor = factor_of(scratch, node);

	factor_settle(scratch, &factor);
	if (!factor.best.count || !is_rare(factor.best))
		return RESULT_NOT_FOUND;
	phrases_reduce(&factor.best);
	return copy_out(arena, factor.best, out);
}

/* The bytes alone say nearly as much, and the scanner would have to look for many short phrases. */
static bool is_weak(const struct byte_choice *choice, struct phrases phrases)
{
	struct byte_needs bytes = byte_choice_make(choice, (struct phrases){ NULL, 0 });
	double gain = bytes.count ? byte_set_rate(&bytes.sets[0]) : 1, cost = 0;

	for (size_t i = 0; i < phrases.count; i++) {
		gain -= rarity_rate(phrases.list[i]);
		cost += phrases.list[i].len == 2 || phrases.list[i].len == 3 ? SHORT_COST : 0;
	}
	return gain <= cost;
}

enum result factors_find(struct span pattern, struct arena *arena, struct factors *out)
{
	struct factors found = { 0 };
	struct byte_choice choice;
	struct pattern_node *node;
	struct arena scratch;
	enum result result;

	arena_init(&scratch, SCRATCH_BYTES, SCRATCH_STEP);
	result = pattern_read(pattern, &scratch, &node);
	if (result == RESULT_OK) {
		result = phrases_find(node, &scratch, arena, &found.phrases);
		byte_choice_find(node, &choice);
		if (result == RESULT_OK && is_weak(&choice, found.phrases))
			found.phrases = (struct phrases){ NULL, 0 };
		if (result != RESULT_NO_MEMORY) {
			found.bytes = byte_choice_make(&choice, found.phrases);
			result = found.phrases.count || found.bytes.count ? RESULT_OK : RESULT_NOT_FOUND;
		}
	} else {
		result = RESULT_NOT_FOUND;  /* a pattern too large to look into, too, is merely always tried */
	}
	if (result == RESULT_OK)
		*out = found;
	arena_done(&scratch);
	return result;
}
