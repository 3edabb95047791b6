/* Which bytes a value holds.
 *
 * Threads  pure
 */
#ifndef BOUCLIER_WAF_SCANNER_BYTES_H
#define BOUCLIER_WAF_SCANNER_BYTES_H

#include "base/span.h"
#include "waf/byte_set.h"

void bytes_find(struct span value, struct byte_set *out);
/* The same, on any machine. */
void bytes_find_plain(struct span value, struct byte_set *out);

#endif
