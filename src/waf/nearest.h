/* The name of a table that somebody probably meant: base/suggest.h asked for a whole table.
 *
 * Threads  pure functions
 */
#ifndef BOUCLIER_WAF_NEAREST_H
#define BOUCLIER_WAF_NEAREST_H

#include "base/span.h"

/* The nearest to NAME of the COUNT names that NAME_AT gives; NULL when none is near enough to be meant. */
const char *nearest_name(struct span name, const char *(*name_at)(size_t index), size_t count);

#endif
