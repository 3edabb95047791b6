/* Looks at a value once, for all rules: which bytes it holds, and which rules have one of their phrases in it.
 *
 * Limits   tables take 150 KiB, and about 120 bytes for each phrase: 747 KiB for the Core Rule Set
 * Owns     compiled tables live in the arena given at birth
 * Threads  a scanner is immutable; results are the caller's
 */
#ifndef BOUCLIER_WAF_SCANNER_H
#define BOUCLIER_WAF_SCANNER_H

#include "base/arena.h"
#include "waf/byte_set.h"
#include "waf/prefilter/factors.h"

struct scanner;

struct scanner_entry {
	unsigned number;         /* bit in the result: each rule with phrases has one, from 0 */
	struct phrases phrases;  /* lower case (ASCII), of any length but 0 */
};

/* RESULT_REFUSED: an empty phrase, or one that is not lower case. RESULT_LIMIT: a number of SCANNER_ENTRIES_MAX and more.
 * RESULT_NO_MEMORY. */
#define SCANNER_ENTRIES_MAX 65536
enum result scanner_new(struct arena *arena, const struct scanner_entry *entries, size_t count, struct scanner **out) must_check;
/* How many 64-bit words a result has. */
size_t scanner_words(const struct scanner *scanner);

/* BYTES: the set of bytes of VALUE, as they are. HITS (scanner_words words, cleared here): bit N when VALUE, lower-cased
 * (ASCII), contains a phrase of entry N; never a bit too few, never one too many. */
void scanner_scan(const struct scanner *scanner, struct span value, struct byte_set *bytes, uint64_t *hits);

#endif
