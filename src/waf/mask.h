/* What rules want nobody to read in a log (sanitiseArg and its kin).
 *
 * Source   ModSecurity 2.9.7: each byte becomes '*'; sanitiseMatchedBytes:N/M leaves N of the first and M of the last of what matched
 * Owns     masks lie in the transaction's arena
 */
#ifndef BOUCLIER_WAF_MASK_H
#define BOUCLIER_WAF_MASK_H

#include "waf/transaction.h"

enum mask_kind { MASK_ARGUMENT, MASK_REQUEST_HEADER, MASK_RESPONSE_HEADER };

/* As ACTION says, of what matched. */
enum result mask_add(struct waf_transaction *transaction, const struct action *action, const struct rule *rule) must_check;

/* VALUE of NAME as a log may show it: itself, or a masked copy in the transaction's arena. RESULT_NO_MEMORY: it may not be shown. */
enum result mask_apply(struct waf_transaction *transaction, enum mask_kind kind, struct span name, struct span value, struct span *out) must_check;
/* TEXT (a message, a form of parts) without the masked values as they stand there decoded. */
enum result mask_text(struct waf_transaction *transaction, struct span text, struct span *out) must_check;
/* A query, or a form of the same encoding: the values of masked names are blotted out. */
enum result mask_form(struct waf_transaction *transaction, struct span text, struct span *out) must_check;
/* Is any argument masked? What cannot be cut into arguments is not shown at all then. */
bool mask_has_arguments(const struct waf_transaction *transaction);

#endif
