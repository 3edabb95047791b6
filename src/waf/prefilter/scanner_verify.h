/* The last step of a scan: from a key that may be there to the entries whose phrases are.
 *
 * Threads  a struct spent is of one scan
 */
#ifndef BOUCLIER_WAF_SCANNER_VERIFY_H
#define BOUCLIER_WAF_SCANNER_VERIFY_H

#include "waf/prefilter/scanner_tables.h"

#define SPENT_KEYS 512

/* Of a long value: places of it that can tell nothing any more, as all entries that they could hit are hit, or as no phrase has
 * such a key. Text repeats itself, and so do the few keys that ordinary text has. Each has one place in the table, and may be
 * driven out of it by another: then it is looked at once more. */
struct spent {
	uint32_t fours[SPENT_KEYS];
};

#define SPENT_OF(four) (SCANNER_HASH(four, KEY_BYTES) % SPENT_KEYS)

void spent_init(struct spent *spent);

/* EIGHT bytes, in lower case, stand AT in VALUE (zeros behind its end). Sets HITS; true: the first four of them are spent. */
bool scanner_verify(const struct scanner *scanner, struct span value, size_t at, uint64_t eight, uint64_t *hits);

#endif
