/* The bytes of which every match of a pattern contains at least one.
 *
 * Threads  pure
 */
#ifndef BOUCLIER_WAF_FACTOR_BYTES_H
#define BOUCLIER_WAF_FACTOR_BYTES_H

#include "waf/prefilter/pattern.h"

/* The set that ordinary text meets least. Letters are there in both cases. False: it may match without any byte. */
bool factor_bytes(const struct pattern_node *node, struct byte_set *out);

#endif
