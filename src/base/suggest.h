/* "did you mean": the nearest of the allowed words, when it is near enough to be what was meant.
 *
 * Limits   words of SUGGEST_WORD_MAX bytes
 * Owns     nothing: the words are the caller's
 */
#ifndef BOUCLIER_BASE_SUGGEST_H
#define BOUCLIER_BASE_SUGGEST_H

#include "base/span.h"

#define SUGGEST_WORD_MAX 64
#define SUGGEST_DISTANCE_MAX 3   /* and that only for words of eight letters and more */

/* Keeps the best candidate offered so far. */
struct suggestion {
	struct span word;     /* what was written */
	struct span best;     /* empty: none yet */
	unsigned distance;
	char sentence[SUGGEST_WORD_MAX + 24];
};

void suggestion_init(struct suggestion *suggestion, struct span word);
void suggestion_offer(struct suggestion *suggestion, struct span candidate);
/* "did you mean best?", or empty. Points into SUGGESTION. */
struct span suggestion_sentence(struct suggestion *suggestion);

/* Insertions, deletions, replacements and swaps of neighbours that make A of B (case apart); LIMIT + 1 when it takes
 * more than LIMIT. Words beyond SUGGEST_WORD_MAX are never near. */
unsigned edit_distance(struct span a, struct span b, unsigned limit);

#endif
