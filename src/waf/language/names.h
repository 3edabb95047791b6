/* Names of TX that rules write, numbered at load, so that the engine finds them without looking for them.
 *
 * Limits   NAMES_MAX; names beyond it have the number 0, and are looked for by their text
 * Owns     texts lie in the ruleset's arena
 * Threads  immutable once the rules are read
 *
 * Security: a name may be made of what a request says (setvar:tx.%{MATCHED_VAR_NAME}=1) and is then looked for here: the hash
 * is seeded.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_NAMES_H
#define BOUCLIER_WAF_LANGUAGE_NAMES_H

#include "base/arena.h"
#include "base/hash.h"

#define NAMES_MAX 32768

/* Numbers that are known beforehand: "0" to "9", and what the engine itself sets. 0 is no name. */
#define NAME_CAPTURE 1
#define NAME_PCRE_LIMITS 11

struct names {
	struct hash_seed seed;
	struct span *list;           /* by number, as first written */
	uint16_t *slots;             /* open addressing; 0: free */
	uint32_t count, room;        /* of the list, number 0 included; there are 2 * room slots */
};

enum result names_init(struct names *names, struct arena *arena) must_check;
/* The number of NAME, any case, which it gets if it has none. RESULT_NO_MEMORY. */
enum result names_number(struct names *names, struct arena *arena, struct span name, uint16_t *out) must_check;
/* 0: it has none. HASH is what names_hash says of it: others may want it too. */
uint16_t names_find(const struct names *names, struct span name, uint64_t hash);
static inline uint64_t names_hash(const struct names *names, struct span name)
{
	return hash_span_nocase(names->seed, name);
}

#endif
