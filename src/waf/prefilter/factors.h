/* What a regular expression cannot match without: phrases of which every matching subject contains at least one. They let a
 * scanner say for hundreds of rules at once that they cannot match.
 *
 * Source   the idea of RE2's FilteredRE2 and of Navarro and Raffinot, "Flexible Pattern Matching in Strings", chapter 5
 * Limits   at most FACTORS_MAX phrases of at most FACTOR_BYTES_MAX bytes; nesting as PCRE2 limits it (250)
 * Owns     phrases lie in the arena
 *
 * Security, fails closed: what is not understood in a pattern asks for nothing, so that its rule is always tried.
 */
#ifndef BOUCLIER_WAF_FACTORS_H
#define BOUCLIER_WAF_FACTORS_H

#include "base/arena.h"

#define FACTORS_MAX 1024
#define FACTOR_BYTES_MAX 32
#define FACTOR_BYTES_MIN 2

struct phrases {
	struct span *list;
	size_t count;
};

/* PATTERN as PCRE2 gets it (DOTALL, DOLLAR_ENDONLY; IGNORES_CASE: CASELESS from outside; (?i) inside is understood). Phrases
 * are lower case and hold for the lower-cased subject. RESULT_NOT_FOUND: no set of phrases serves. */
enum result factors_find(struct span pattern, bool ignores_case, struct arena *arena, struct phrases *out) must_check;

#endif
