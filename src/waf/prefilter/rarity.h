/* How often a short text is to be expected in ordinary requests: words of forms in four languages, addresses, the headers of
 * browsers. Counted pairs of neighbours, chained.
 *
 * Units    occurrences per byte of text
 * Threads  pure
 */
#ifndef BOUCLIER_WAF_RARITY_H
#define BOUCLIER_WAF_RARITY_H

#include "base/span.h"

/* TEXT is lower case, of one byte at least. */
double rarity_rate(struct span text);

#endif
