/* The last line of counts of each site that incidents were fed. Totals are told, and a line says how much they are: what came with the first line after a start is only
 * known to who knows the one before, and that may be long ago. They are kept as documents, each under the name of its site, sorted by the number of the line.
 *
 * Limits   LASTS_MAX sites; of further ones none is kept, and what came with their first line after a start is not in incidents
 * Owns     copies of the lines
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_KEEP_LASTS_H
#define BOUCLIER_HUB_KEEP_LASTS_H

#include "base/span.h"
#include "base/result.h"

#define LASTS_MAX 4096u

struct lasts;

/* RESULT_NO_MEMORY. */
enum result lasts_new(struct lasts **out) must_check;
/* NULL is nothing. */
void lasts_free(struct lasts *lasts);
/* LINE is of SITE, which may be empty, and has the number SEQUENCE. Without memory the one before stays. */
void lasts_set(struct lasts *lasts, struct span site, struct span line, uint64_t sequence);

struct last_line {
	struct span key, line;       /* KEY: of the document */
	uint64_t sequence;
};
/* The next one that has changed since lasts_saved, from *AT on, which begins at 0. */
bool lasts_next(const struct lasts *lasts, size_t *at, struct last_line *out);
void lasts_saved(struct lasts *lasts);

#endif
