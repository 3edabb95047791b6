#include "waf/prefilter/phrase_set.h"

#include <stdlib.h>

#include "waf/prefilter/rarity.h"
#include "base/banned.h"

#define REDUCE_MAX 64           /* texts of a set that are compared with each other again and again */
#define PHRASE_COST 0x1p-21     /* of one more text in the scanner's tables, in the unit of rarity_rate */

#define BYTE_COST (1.0 / 64)    /* of having texts of one byte */

static struct span nothing = { "", 0 };
const struct phrases phrases_nothing = { &nothing, 1 };

static int compare(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Most are sorted already: what is made of a sorted set mostly is. */
static bool is_sorted(const struct phrases *set)
{
	for (size_t i = 1; i < set->count; i++)
		if (span_compare(set->list[i - 1], set->list[i]) >= 0)
			return false;
	return true;
}

/* Without doubles. */
static void sort(struct phrases *set)
{
	size_t kept = 1;

	if (is_sorted(set))
		return;
	qsort(set->list, set->count, sizeof(set->list[0]), compare);
	for (size_t i = 1; i < set->count; i++)
		if (!span_equal(set->list[i], set->list[kept - 1]))
			set->list[kept++] = set->list[i];
	set->count = kept;
}

bool phrases_of_bytes(struct arena *arena, const struct byte_set *bytes, struct phrases *out)
{
	struct phrases set = { NULL, 0 };
	size_t count = 0;
	char *text;

	for (unsigned i = 0; i < 4; i++)
		count += (size_t)__builtin_popcountll(bytes->words[i]);
	if (!count)  /* a class without members: nothing matches, and nothing is claimed */
		return false;
	set.list = arena_new_array(arena, struct span, count);
	text = arena_take(arena, count);
	if (!set.list || !text)
		return false;
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = bytes->words[i]; left; left &= left - 1) {
			text[set.count] = (char)(64 * i + (unsigned)__builtin_ctzll(left));
			set.list[set.count] = span_make(&text[set.count], 1);
			set.count++;
		}
	*out = set;
	return true;
}

static bool is_nothing(struct phrases set)
{
	return set.count == 1 && !set.list[0].len;
}

static bool join(struct arena *arena, struct span a, struct span b, struct span *out)
{
	char *text;

	if (a.len + b.len > FACTOR_BYTES_MAX)
		return false;
	text = arena_take(arena, a.len + b.len);
	if (!text)
		return false;
	memcpy(text, a.at, a.len);
	memcpy(text + a.len, b.at, b.len);
	*out = span_make(text, a.len + b.len);
	return true;
}

bool phrases_cross(struct arena *arena, struct phrases a, struct phrases b, struct phrases *out)
{
	struct phrases set = { NULL, 0 };

	if (is_nothing(a) || is_nothing(b)) {
		*out = is_nothing(a) ? b : a;
		return true;
	}
	if (a.count * b.count > SET_CROSS_MAX)
		return false;
	set.list = arena_new_array(arena, struct span, a.count * b.count);
	if (!set.list)
		return false;
	for (size_t i = 0; i < a.count; i++)
		for (size_t j = 0; j < b.count; j++)
			if (!join(arena, a.list[i], b.list[j], &set.list[set.count++]))
				return false;
	sort(&set);
	*out = set;
	return true;
}

bool phrases_unite(struct arena *arena, const struct phrases *sets, size_t count, struct phrases *out)
{
	struct phrases set = { NULL, 0 };
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += sets[i].count;
	set.list = arena_new_array(arena, struct span, total);
	if (!set.list || !total)
		return false;
	for (size_t i = 0; i < count; i++) {
		memcpy(&set.list[set.count], sets[i].list, sets[i].count * sizeof(set.list[0]));
		set.count += sets[i].count;
	}
	sort(&set);
	if (set.count > FACTORS_MAX)
		return false;
	*out = set;
	return true;
}

bool phrases_front(struct arena *arena, struct phrases set, size_t bytes, struct phrases *out)
{
	struct phrases cut = { arena_new_array(arena, struct span, set.count), set.count };

	if (!cut.list)
		return false;
	for (size_t i = 0; i < set.count; i++)
		cut.list[i] = span_take(set.list[i], bytes);
	sort(&cut);
	*out = cut;
	return true;
}

bool phrases_back(struct arena *arena, struct phrases set, size_t bytes, struct phrases *out)
{
	struct phrases cut = { arena_new_array(arena, struct span, set.count), set.count };

	if (!cut.list)
		return false;
	for (size_t i = 0; i < set.count; i++)
		cut.list[i] = span_skip(set.list[i], set.list[i].len > bytes ? set.list[i].len - bytes : 0);
	sort(&cut);
	*out = cut;
	return true;
}

/* A bit for each of 64 kinds of bytes: what lacks one of a text's bits does not hold it. */
static uint64_t bits_of(struct span text)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < text.len; i++)
		bits |= (uint64_t)1 << ((unsigned char)text.at[i] & 63);
	return bits;
}

static bool holds_other(const struct phrases *set, const uint64_t *bits, size_t i)
{
	for (size_t j = 0; j < set->count; j++)
		if (j != i && set->list[j].len < set->list[i].len && !(bits && bits[j] & ~bits[i]) && span_contains(set->list[i], set->list[j]))
			return true;
	return false;
}

/* What is dropped held a shorter one, and so does all that held it: the order does not matter. */
void phrases_reduce(struct phrases *set)
{
	uint64_t room[REDUCE_MAX], *bits = set->count <= REDUCE_MAX ? room : NULL;

	if (set->count < 2)
		return;
	for (size_t i = 0; bits && i < set->count; i++)
		bits[i] = bits_of(set->list[i]);
	for (size_t i = set->count; i-- > 0;)
		if (holds_other(set, bits, i)) {
			set->count--;
			memmove(&set->list[i], &set->list[i + 1], (set->count - i) * sizeof(set->list[0]));
			if (bits)
				memmove(&bits[i], &bits[i + 1], (set->count - i) * sizeof(bits[0]));
		}
}

size_t phrases_shortest(struct phrases set)
{
	size_t shortest = SIZE_MAX;

	for (size_t i = 0; i < set.count; i++)
		if (set.list[i].len < shortest)
			shortest = set.list[i].len;
	return shortest;
}

double phrases_cost(struct phrases set)
{
	double cost = phrases_shortest(set) == 1 ? BYTE_COST : 0;

	for (size_t i = 0; i < set.count; i++)
		cost += rarity_rate(set.list[i]) + PHRASE_COST;
	return cost;
}

/* One byte less of each, at its front or its back. */
static bool trim(struct arena *arena, struct phrases set, bool at_front, struct phrases *out)
{
	struct phrases cut = { arena_new_array(arena, struct span, set.count), set.count };

	if (!cut.list)
		return false;
	for (size_t i = 0; i < set.count; i++)
		cut.list[i] = at_front ? span_skip(set.list[i], 1) : span_take(set.list[i], set.list[i].len - 1);
	sort(&cut);
	if (cut.count <= REDUCE_MAX)
		phrases_reduce(&cut);
	*out = cut;
	return true;
}

struct phrases phrases_improve(struct arena *arena, struct phrases set)
{
	struct phrases trimmed, best = set;
	double cost;

	if (set.count <= REDUCE_MAX && phrases_front(arena, set, FACTOR_BYTES_MAX, &best))  /* a copy */
		phrases_reduce(&best);
	cost = phrases_cost(best);
	for (unsigned end = 0; end < 2; end++)
		while (best.count > 1 && phrases_shortest(best) > FACTOR_BYTES_MIN && trim(arena, best, end == 0, &trimmed) &&
		       phrases_cost(trimmed) < cost) {
			best = trimmed;
			cost = phrases_cost(best);
		}
	return best;
}
