/* A regular expression as a tree, as far as what text it needs is concerned: a superset of what PCRE2 matches, never less.
 *
 * Source   pcre2pattern(3) of PCRE2 10.42 to 10.46, without UTF, with its built-in tables
 * Limits   nesting as PCRE2 limits it
 * Owns     nodes lie in the arena
 *
 * Case does not matter here: sets hold lower case only, and what they are held against is the lower-cased subject. A
 * construct whose extent is in doubt ends the reading with RESULT_NOT_FOUND; one that is merely hard becomes NODE_ANY.
 */
#ifndef BOUCLIER_WAF_PATTERN_H
#define BOUCLIER_WAF_PATTERN_H

#include "base/arena.h"
#include "waf/byte_set.h"

#define PATTERN_DEPTH_MAX 250
#define PATTERN_MANY UINT32_MAX  /* a repetition without an upper bound */

enum pattern_kind {
	NODE_EMPTY,        /* matches no text: anchors, word boundaries, negative look-arounds */
	NODE_ANY,          /* any text, or none */
	NODE_SET,          /* one byte */
	NODE_CONCATENATION,
	NODE_ALTERNATION,
	NODE_REPETITION,   /* MIN to MAX times its child */
	NODE_LOOK,         /* positive look-around: its child's text is in the subject, but takes no place here */
};

struct pattern_node {
	enum pattern_kind kind;
	uint32_t min, max;
	struct byte_set set;                 /* the lower case of what it may match */
	struct pattern_node *child, *next;   /* first child; next sibling */
};

/* RESULT_NOT_FOUND: not understood, or not a pattern. RESULT_NO_MEMORY. */
enum result pattern_read(struct span text, struct arena *arena, struct pattern_node **out) must_check;

#endif
