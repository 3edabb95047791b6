/* Where in each phrase its key lies.
 *
 * Threads  at birth only
 */
#ifndef BOUCLIER_WAF_SCANNER_KEYS_H
#define BOUCLIER_WAF_SCANNER_KEYS_H

#include "waf/prefilter/scanner_tables.h"

/* Sets KEY, KEY_AT and KEY_BYTES of COUNT rows, and PAIRS to them. RESULT_NO_MEMORY. */
enum result keys_choose(struct scanner *scanner, size_t count) must_check;

#endif
