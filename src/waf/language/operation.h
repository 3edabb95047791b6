/* The operator of a rule: "!@rx ^a", "@lt 5", a bare expression.
 */
#ifndef BOUCLIER_WAF_LANGUAGE_OPERATION_H
#define BOUCLIER_WAF_LANGUAGE_OPERATION_H

#include "waf/language/draft.h"

/* Reads WORD into OUT's operator, which the ruleset owns. */
enum result operation_read(struct reader *reader, const struct word *word, struct draft *out) must_check;

#endif
