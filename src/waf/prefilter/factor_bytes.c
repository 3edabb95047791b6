#include "waf/prefilter/factor_bytes.h"

#include <pthread.h>

#include "waf/prefilter/rarity.h"
#include "base/banned.h"

#define RATE_MAX 0.6       /* what nearly every value has is not asked for ... */

/* How often ordinary text in lower case has this byte. */
static double rates[256];

static void rates_learn(void)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		char text = (char)byte;

		rates[byte] = ascii_lower(text) == text ? rarity_rate(span_make(&text, 1)) : 0;
	}
}

double byte_set_rate(const struct byte_set *set)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	double rate = 0;

	pthread_once(&once, rates_learn);
	for (unsigned i = 0; i < 4; i++)
		for (uint64_t left = set->words[i]; left; left &= left - 1)
			rate += rates[64 * i + (unsigned)__builtin_ctzll(left)];
	return rate;
}

static void drop(struct byte_choice *found, unsigned at)
{
	found->count--;
	memmove(&found->sets[at], &found->sets[at + 1], (found->count - at) * sizeof(found->sets[0]));
	memmove(&found->rates[at], &found->rates[at + 1], (found->count - at) * sizeof(found->rates[0]));
}

static void add(struct byte_choice *found, const struct byte_set *set)
{
	double rate = byte_set_rate(set);
	unsigned at = 0;

	for (unsigned i = 0; i < found->count; i++)
		if (byte_set_within(&found->sets[i], set))
			return;
	for (unsigned i = found->count; i-- > 0;)
		if (byte_set_within(set, &found->sets[i]))
			drop(found, i);
	while (at < found->count && found->rates[at] <= rate)
		at++;
	if (at == BYTE_CHOICE_MAX)
		return;
	found->count -= found->count == BYTE_CHOICE_MAX;
	memmove(&found->sets[at + 1], &found->sets[at], (found->count - at) * sizeof(found->sets[0]));
	memmove(&found->rates[at + 1], &found->rates[at], (found->count - at) * sizeof(found->rates[0]));
	found->sets[at] = *set;
	found->rates[at] = rate;
	found->count++;
}

/* Lower case, as patterns have it. */
static void find(const struct pattern_node *node, struct byte_choice *out);

static void find_all(const struct pattern_node *child, struct byte_choice *out)
{
	struct byte_choice found;

	*out = (struct byte_choice){ 0 };
	for (; child; child = child->next) {
		find(child, &found);
		for (unsigned i = 0; i < found.count; i++)
			add(out, &found.sets[i]);
	}
}

/* One of A or one of B: any set of the one together with any of the other. The cheapest go with the cheapest. */
static void unite(const struct byte_choice *a, const struct byte_choice *b, struct byte_choice *out)
{
	unsigned count = a->count > b->count ? a->count : b->count;

	*out = (struct byte_choice){ 0 };
	if (!a->count || !b->count)
		return;
	for (unsigned i = 0; i < count; i++) {
		struct byte_set set = a->sets[i < a->count ? i : 0];
		const struct byte_set *other = &b->sets[i < b->count ? i : 0];

		for (unsigned word = 0; word < 4; word++)
			set.words[word] |= other->words[word];
		add(out, &set);
	}
}

static void find_one_of(const struct pattern_node *child, struct byte_choice *out)
{
	struct byte_choice found, united;

	find(child, out);
	for (child = child->next; child && out->count; child = child->next) {
		find(child, &found);
		unite(out, &found, &united);
		*out = united;
	}
}

/* As deep as pattern_read lets a pattern nest. */
static void find(const struct pattern_node *node, struct byte_choice *out)
{
	*out = (struct byte_choice){ 0 };
	switch (node->kind) {
	case NODE_SET:
		add(out, &node->set);
		break;
	case NODE_CONCATENATION:
		find_all(node->child, out);
		break;
	case NODE_ALTERNATION:
		find_one_of(node->child, out);
		break;
	case NODE_REPETITION:
		if (node->min > 0)
			find(node->child, out);
		break;
	case NODE_LOOK:
		find(node->child, out);
		break;
	case NODE_EMPTY:
	case NODE_ANY:
		break;
	}
}

static bool each_meets(struct phrases phrases, const struct byte_set *set)
{
	for (size_t i = 0; i < phrases.count; i++) {
		struct byte_set bytes = { 0 };

		byte_set_add_span(&bytes, phrases.list[i]);
		if (!byte_sets_meet(&bytes, set))
			return false;
	}
	return phrases.count > 0;
}

static void add_upper(struct byte_set *set)
{
	for (unsigned char upper = 'A'; upper <= 'Z'; upper++)
		if (byte_set_has(set, (unsigned char)ascii_lower((char)upper)))
			byte_set_add(set, upper);
}

void byte_choice_find(const struct pattern_node *node, struct byte_choice *out)
{
	find(node, out);
}

struct byte_needs byte_choice_make(const struct byte_choice *found, struct phrases phrases)
{
	struct byte_needs needs = { 0 };

	for (unsigned i = 0; i < found->count && needs.count < BYTE_NEEDS_MAX; i++) {
		if (each_meets(phrases, &found->sets[i]) || (i && found->rates[i] > RATE_MAX))
			continue;
		needs.sets[needs.count] = found->sets[i];
		add_upper(&needs.sets[needs.count++]);
	}
	return needs;
}
