/* What a regular expression cannot match without: phrases of which every matching subject contains at least one, and bytes of
 * which it contains at least one. They let a scanner say for hundreds of rules at once that they cannot match.
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

struct phrases {
	struct span *list;
	size_t count;
};

/* Both must hold of a subject that matches; one without the other is possible. */
struct factors {
	struct phrases phrases;  /* count 0: nothing is asked */
	bool has_bytes;          /* false: nothing is asked */
	struct byte_set bytes;   /* as they are in the subject, in both cases */
};

/* PATTERN as PCRE2 gets it, whatever its options for case, dots and ends of lines are (but neither UTF, EXTENDED nor LITERAL).
 * Phrases are lower case and hold for the lower-cased subject, whether or not the pattern minds case: lower case is looked at
 * on both sides. RESULT_NOT_FOUND: neither is known, a rule is always tried. RESULT_NO_MEMORY: the arena's limit. */
enum result factors_find(struct span pattern, struct arena *arena, struct factors *out) must_check;

#endif
