/* Sets of short texts, and what a factor finder does with them. A set says: one of these. An empty set cannot happen.
 *
 * Limits   no text is longer than FACTOR_BYTES_MAX
 * Owns     results lie in the arena given, and may share texts with what they were made of
 *
 * False: a limit was met, or memory is out; the caller then claims less. OUT is untouched.
 */
#ifndef BOUCLIER_WAF_PHRASE_SET_H
#define BOUCLIER_WAF_PHRASE_SET_H

#include "waf/byte_set.h"
#include "waf/prefilter/factors.h"

#define SET_CROSS_MAX 128  /* texts that a product may have */

/* The set of the empty text. */
extern const struct phrases phrases_nothing;

bool phrases_of_bytes(struct arena *arena, const struct byte_set *bytes, struct phrases *out) must_check;
/* Every text of A, then every text of B. */
bool phrases_cross(struct arena *arena, struct phrases a, struct phrases b, struct phrases *out) must_check;
bool phrases_unite(struct arena *arena, const struct phrases *sets, size_t count, struct phrases *out) must_check;
/* No text longer than BYTES: the front of each is kept, or its back. */
bool phrases_front(struct arena *arena, struct phrases set, size_t bytes, struct phrases *out) must_check;
bool phrases_back(struct arena *arena, struct phrases set, size_t bytes, struct phrases *out) must_check;
/* In place: without texts that hold another of the set. */
void phrases_reduce(struct phrases *set);
size_t phrases_shortest(struct phrases set);
/* What asking for one of SET costs: how often it is there in ordinary text, a little for each, and something for texts of one
 * byte, as the bytes of a subject are asked for anyway. */
double phrases_cost(struct phrases set);
/* SET, or one that asks for less and costs less. */
struct phrases phrases_improve(struct arena *arena, struct phrases set);

#endif
