#include "waf/prefilter/factor.h"
#include "base/banned.h"


#define EDGE_BYTES 12      /* of a prefix or suffix, once it is not the whole */
#define REPEATS_MAX 16     /* copies of a repeated part that are spelt out */

struct factor factor_any(void)
{
	return (struct factor){ .prefix = phrases_nothing, .suffix = phrases_nothing };
}

struct factor factor_empty(void)
{
	return (struct factor){ .is_exact = true, .prefix = phrases_nothing, .suffix = phrases_nothing };
}

struct factor factor_of_bytes(struct arena *arena, const struct byte_set *bytes)
{
	struct factor factor = { .is_exact = true };

	if (!phrases_of_bytes(arena, bytes, &factor.prefix))
		return factor_any();
	factor.suffix = factor.prefix;
	return factor;
}

/* SET is one more that would serve. */
static void consider(struct arena *arena, struct factor *factor, struct phrases set)
{
	double cost;

	if (phrases_shortest(set) < FACTOR_BYTES_MIN)
		return;
	set = phrases_improve(arena, set);
	cost = phrases_cost(set);
	if (factor->best.count && cost >= factor->cost)
		return;
	factor->best = set;
	factor->cost = cost;
}

static void keep_cheaper(struct factor *factor, const struct factor *other)
{
	if (other->best.count && (!factor->best.count || other->cost < factor->cost)) {
		factor->best = other->best;
		factor->cost = other->cost;
	}
}

void factor_settle(struct arena *arena, struct factor *factor)
{
	consider(arena, factor, factor->prefix);
	if (!factor->is_exact)
		consider(arena, factor, factor->suffix);
}

struct factor factor_look(struct arena *arena, struct factor factor)
{
	struct factor look = factor_empty();

	factor_settle(arena, &factor);
	keep_cheaper(&look, &factor);
	return look;
}

/* Not the whole any more: edges are shortened, so that they can grow again on their other side. */
static struct factor opened(struct arena *arena, const struct factor *factor)
{
	struct factor open = *factor;

	if (!factor->is_exact)
		return open;
	consider(arena, &open, factor->prefix);
	open.is_exact = false;
	open.prefix = open.suffix = phrases_nothing;
	if (factor->prefix.count > SET_CROSS_MAX)
		return open;  /* nothing could be joined to so many */
	if (!phrases_front(arena, factor->prefix, EDGE_BYTES, &open.prefix))
		open.prefix = phrases_nothing;
	if (!phrases_back(arena, factor->suffix, EDGE_BYTES, &open.suffix))
		open.suffix = phrases_nothing;
	return open;
}

/* All texts of FACTOR are known and short: what lies beyond them can be seen. */
static bool is_seen_through(const struct factor *factor)
{
	if (!factor->is_exact || factor->prefix.count > SET_CROSS_MAX)
		return false;
	for (size_t i = 0; i < factor->prefix.count; i++)
		if (factor->prefix.list[i].len > EDGE_BYTES)
			return false;
	return true;
}

/* The prefix of A and B behind it: A's texts and B's prefix, when A is seen through. */
static struct phrases prefix_grown(struct arena *arena, const struct factor *a, const struct factor *b)
{
	struct phrases front, grown;

	if (phrases_front(arena, b->prefix, EDGE_BYTES, &front) && phrases_cross(arena, a->prefix, front, &grown))
		return grown;
	return a->prefix;
}

static struct phrases suffix_grown(struct arena *arena, const struct factor *a, const struct factor *b)
{
	struct phrases back, grown;

	if (phrases_back(arena, a->suffix, EDGE_BYTES, &back) && phrases_cross(arena, back, b->suffix, &grown))
		return grown;
	return b->suffix;
}

/* The place where two parts meet that are not both exact, or too much together. */
static void consider_joint(struct arena *arena, struct factor *joined, const struct factor *a, const struct factor *b)
{
	struct phrases back, front, joint;

	if (phrases_back(arena, a->suffix, EDGE_BYTES, &back) && phrases_front(arena, b->prefix, EDGE_BYTES, &front) &&
	    phrases_cross(arena, back, front, &joint)) {
		consider(arena, joined, joint);
	} else {
		consider(arena, joined, a->suffix);
		consider(arena, joined, b->prefix);
	}
}

struct factor factor_concatenate(struct arena *arena, const struct factor *a, const struct factor *b)
{
	struct factor joined = { 0 }, open_a, open_b;

	if (a->is_exact && b->is_exact && phrases_cross(arena, a->prefix, b->prefix, &joined.prefix)) {
		joined.is_exact = true;
		joined.suffix = joined.prefix;
		keep_cheaper(&joined, a);
		keep_cheaper(&joined, b);
		return joined;
	}
	open_a = opened(arena, a);
	open_b = opened(arena, b);
	joined.prefix = is_seen_through(a) ? prefix_grown(arena, a, b) : open_a.prefix;
	joined.suffix = is_seen_through(b) ? suffix_grown(arena, a, b) : open_b.suffix;
	keep_cheaper(&joined, &open_a);
	keep_cheaper(&joined, &open_b);
	consider_joint(arena, &joined, a, b);
	return joined;
}

/* The union of the prefixes of LIST, or of the suffixes. */
static bool unite_edges(struct arena *arena, const struct factor *list, size_t count, bool of_prefix, struct phrases *out)
{
	struct phrases *sets = arena_new_array(arena, struct phrases, count);

	*out = phrases_nothing;
	for (size_t i = 0; sets && i < count; i++)
		sets[i] = of_prefix ? list[i].prefix : list[i].suffix;
	return sets && phrases_unite(arena, sets, count, out);
}

/* BEST of an alternation: all the alternatives' together, when each has one. */
static void unite_best(struct arena *arena, struct factor *list, size_t count, struct factor *out)
{
	struct phrases *sets = arena_new_array(arena, struct phrases, count), set;

	for (size_t i = 0; sets && i < count; i++) {
		factor_settle(arena, &list[i]);
		if (!list[i].best.count)
			return;
		sets[i] = list[i].best;
	}
	if (sets && phrases_unite(arena, sets, count, &set))
		consider(arena, out, set);
}

struct factor factor_alternate(struct arena *arena, struct factor *list, size_t count)
{
	struct factor out = { .is_exact = true };
	bool has_best = false;

	if (count == 1)
		return list[0];
	for (size_t i = 0; i < count; i++) {
		out.is_exact &= list[i].is_exact;
		has_best |= list[i].best.count > 0;
	}
	out.is_exact &= unite_edges(arena, list, count, true, &out.prefix);
	if (out.is_exact)
		out.suffix = out.prefix;
	else if (!unite_edges(arena, list, count, false, &out.suffix))
		out.suffix = phrases_nothing;
	if (!out.is_exact || has_best)
		unite_best(arena, list, count, &out);
	return out;
}

struct factor factor_repeat(struct arena *arena, const struct factor *factor, uint32_t min, uint32_t max)
{
	struct factor choice[2] = { factor_empty(), *factor }, out = *factor;
	uint32_t copies = 1;

	if (max == 0)
		return factor_empty();
	if (min == 0 && max == 1)
		return factor_alternate(arena, choice, 2);  /* with "nothing" among them, nothing is best */
	if (min == 0)
		return factor_any();
	while (copies < min && copies < REPEATS_MAX && out.is_exact) {
		out = factor_concatenate(arena, &out, factor);
		copies++;
	}
	if (out.is_exact && copies == max)
		return out;
	return opened(arena, &out);
}
