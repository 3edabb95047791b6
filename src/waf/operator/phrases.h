/* Many phrases looked for at once, ASCII letters in any case (Aho and Corasick's automaton).
 *
 * A state is a prefix of a phrase; states are numbered by depth, so that the children of a state lie together and a state needs
 * 7 bytes (13 beyond 65,535 states): where its children begin, the byte that led to it, where to go on when no child fits, which
 * phrase ends in it.
 *
 * Source   Aho, Corasick, "Efficient string matching", CACM 18 (1975)
 * Limits   PHRASES_MAX_BYTES of text (a phrase with capitals is kept twice); time is linear in the value whatever the phrases are
 * Owns     everything lies in the arena
 * Threads  immutable once made
 */
#ifndef BOUCLIER_WAF_PHRASES_H
#define BOUCLIER_WAF_PHRASES_H

#include "base/arena.h"

#define PHRASES_MAX_BYTES (64 * 1024 * 1024)

struct phrase_set;

/* LIST: none of them empty; the same twice is as once (the first spelling stays). RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result phrase_set_new(struct arena *arena, const struct span *list, size_t count, struct phrase_set **out) must_check;
/* The phrase that ends first in VALUE, of those that end there the longest: FOUND is its spelling in LIST. */
bool phrase_set_find(const struct phrase_set *set, struct span value, struct span *found) must_check;
/* Lower case, sorted, none twice. */
const struct span *phrase_set_list(const struct phrase_set *set, size_t *count);
size_t phrase_set_bytes(const struct phrase_set *set);

#endif
