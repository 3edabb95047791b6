/* The name that somebody probably meant: for "did you mean".
 *
 * Threads  pure functions
 */
#ifndef BOUCLIER_WAF_NEAREST_H
#define BOUCLIER_WAF_NEAREST_H

#include "base/span.h"

#define NEAREST_NAME_MAX 48

/* Of the COUNT names that NAME_AT gives, the one with the fewest slips from NAME (a letter wrong, missing, too many, or two
 * swapped; any case); NULL when even that one is too far off to be meant. */
const char *nearest_name(struct span name, const char *(*name_at)(size_t index), size_t count);

#endif
