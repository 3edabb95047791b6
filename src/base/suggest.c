#include "base/suggest.h"

#include <stdio.h>

#include "base/banned.h"

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Three rows of the usual table: the row before the last one is for swapped neighbours ("hsot"). */
unsigned edit_distance(struct span a, struct span b, unsigned limit)
{
	unsigned rows[3][SUGGEST_WORD_MAX + 1];

	if (a.len > SUGGEST_WORD_MAX || b.len > SUGGEST_WORD_MAX)
		return limit + 1;
	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		char c = ascii_lower(a.at[i - 1]);

		now[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			char d = ascii_lower(b.at[j - 1]);

			now[j] = smaller(smaller(last[j] + 1, now[j - 1] + 1), last[j - 1] + (c != d));
			if (i > 1 && j > 1 && c == ascii_lower(b.at[j - 2]) && d == ascii_lower(a.at[i - 2]))
				now[j] = smaller(now[j], before[j - 2] + 1);
		}
	}
	return smaller(rows[a.len % 3][b.len], limit + 1);
}

void suggestion_init(struct suggestion *suggestion, struct span word)
{
	*suggestion = (struct suggestion){ .word = word };
	/* Two changes in a word of three letters make any other word of three letters. */
	suggestion->distance = word.len <= 2 ? 0 : word.len <= 4 ? 1 : word.len <= 7 ? 2 : SUGGEST_DISTANCE_MAX;
	suggestion->distance++;
}

void suggestion_offer(struct suggestion *suggestion, struct span candidate)
{
	unsigned distance = edit_distance(suggestion->word, candidate, SUGGEST_DISTANCE_MAX);

	if (distance < suggestion->distance) {
		suggestion->distance = distance;
		suggestion->best = candidate;
	}
}

struct span suggestion_sentence(struct suggestion *suggestion)
{
	int count;

	if (!suggestion->best.len)
		return SPAN_NONE;
	count = snprintf(suggestion->sentence, sizeof(suggestion->sentence), "did you mean %.*s?", SPAN_ARG(suggestion->best));
	return span_make(suggestion->sentence, (size_t)count);
}
