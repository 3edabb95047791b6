#include "waf/prefilter/factor_bytes.h"

#include "waf/prefilter/rarity.h"
#include "base/banned.h"

static double cost_of(const struct byte_set *set)
{
	double cost = 0;

	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = set->words[i]; left; left &= left - 1) {
			char text = (char)(64 * i + (unsigned)__builtin_ctzll(left));

			cost += rarity_rate(span_make(&text, 1));
		}
	return cost;
}

/* Lower case, as patterns have it. */
static bool bytes_of(const struct pattern_node *node, struct byte_set *out);

static bool cheapest_of(const struct pattern_node *child, struct byte_set *out)
{
	struct byte_set set;
	double least = 0, cost;
	bool has_any = false;

	for (; child; child = child->next) {
		if (!bytes_of(child, &set))
			continue;
		cost = cost_of(&set);
		if (has_any && cost >= least)
			continue;
		*out = set;
		least = cost;
		has_any = true;
	}
	return has_any;
}

static bool all_of(const struct pattern_node *child, struct byte_set *out)
{
	struct byte_set set;

	*out = (struct byte_set){ 0 };
	for (; child; child = child->next) {
		if (!bytes_of(child, &set))
			return false;
		for (unsigned i = 0; i < 4; i++)
			out->words[i] |= set.words[i];
	}
	return true;
}

static bool bytes_of(const struct pattern_node *node, struct byte_set *out)
{
	switch (node->kind) {
	case NODE_SET:
		*out = node->set;
		return true;
	case NODE_CONCATENATION:
		return cheapest_of(node->child, out);
	case NODE_ALTERNATION:
		return all_of(node->child, out);
	case NODE_REPETITION:
		return node->min > 0 && bytes_of(node->child, out);
	case NODE_LOOK:
		return bytes_of(node->child, out);
	case NODE_EMPTY:
	case NODE_ANY:
		break;
	}
	return false;
}

bool factor_bytes(const struct pattern_node *node, struct byte_set *out)
{
	if (!bytes_of(node, out))
		return false;
	for (unsigned char upper = 'A'; upper <= 'Z'; upper++)
		if (byte_set_has(out, (unsigned char)ascii_lower((char)upper)))
			byte_set_add(out, upper);
	return true;
}
