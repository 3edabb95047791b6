/* What a regular expression cannot match without: phrases of which every matching subject contains at least one, and sets
 * of bytes of each of which it contains at least one. They let a scanner say for hundreds of rules at once that they cannot match.
 *
 * Source   the idea of RE2's FilteredRE2; Cox, "Regular Expression Matching with a Trigram Index"; Navarro and Raffinot,
 *          "Flexible Pattern Matching in Strings", chapter 5
 * Limits   at most FACTORS_MAX phrases of at most FACTOR_BYTES_MAX bytes; nesting as PCRE2 limits it (250)
 * Owns     phrases lie in the arena
 *
 * Security, fails closed: what is not understood in a pattern asks for nothing, so that its rule is always tried.
 */
#ifndef BOUCLIER_WAF_FACTORS_H
#define BOUCLIER_WAF_FACTORS_H

#include "base/arena.h"
#include "waf/byte_set.h"

#define FACTORS_MAX 1024
#define FACTOR_BYTES_MAX 32
#define FACTOR_BYTES_MIN 1
#define BYTE_NEEDS_MAX 4

struct phrases {
	struct span *list;
	size_t count;
};

/* Of each set at least one byte is in a subject that matches. COUNT 0: nothing is asked. */
struct byte_needs {
	unsigned count;
	struct byte_set sets[BYTE_NEEDS_MAX];  /* as they are in the subject, letters in both cases */
};

static inline bool byte_needs_met(const struct byte_needs *needs, const struct byte_set *bytes)
{
	for (unsigned i = 0; i < needs->count; i++)
		if (!byte_sets_meet(&needs->sets[i], bytes))
			return false;
	return true;
}

/* Both must hold of a subject that matches; one without the other is possible. */
struct factors {
	struct phrases phrases;   /* count 0: nothing is asked */
	struct byte_needs bytes;  /* what the phrases themselves have is not asked for again */
};

/* PATTERN as PCRE2 gets it, whatever its options for case, dots and ends of lines are (but neither UTF, EXTENDED nor LITERAL).
 * Phrases are lower case and hold for the lower-cased subject, whether or not the pattern minds case: lower case is looked at
 * on both sides. RESULT_NOT_FOUND: neither is known, a rule is always tried. RESULT_NO_MEMORY: the arena's limit. */
enum result factors_find(struct span pattern, struct arena *arena, struct factors *out) must_check;

#endif
