/* What is known of the texts that a part of a pattern matches; what the finder folds together from the leaves up.
 *
 * Source   Cox, "Regular Expression Matching with a Trigram Index" (exact, prefix, suffix, match); Navarro and Raffinot
 * Owns     sets lie in the scratch arena
 */
#ifndef BOUCLIER_WAF_FACTOR_H
#define BOUCLIER_WAF_FACTOR_H

#include "waf/prefilter/phrase_set.h"

struct factor {
	bool is_exact;                    /* the texts are those of PREFIX, which is SUFFIX */
	struct phrases prefix, suffix;    /* every text begins with one of these, ends with one of those */
	struct phrases best;              /* one of these is in every subject; count 0: none is known */
	double cost;                      /* of BEST */
};

/* No text; any text. */
struct factor factor_empty(void);
struct factor factor_any(void);
struct factor factor_of_bytes(struct arena *arena, const struct byte_set *bytes);
/* A, and right behind it B. */
struct factor factor_concatenate(struct arena *arena, const struct factor *a, const struct factor *b);
/* One of LIST. */
struct factor factor_alternate(struct arena *arena, struct factor *list, size_t count);
struct factor factor_repeat(struct arena *arena, const struct factor *factor, uint32_t min, uint32_t max);
/* Its text is in the subject, and takes no place. */
struct factor factor_look(struct arena *arena, struct factor factor);
/* BEST becomes the best of all that is known. */
void factor_settle(struct arena *arena, struct factor *factor);

#endif
