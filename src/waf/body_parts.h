/* The request's body as it arrives: the reader that it needs, and what that reader tells.
 */
#ifndef BOUCLIER_WAF_BODY_PARTS_H
#define BOUCLIER_WAF_BODY_PARTS_H

#include "waf/transaction.h"

/* Which reader a body would have by its Content-Type; a rule may choose another one in phase 1. */
void body_choose(struct waf_transaction *transaction);
enum result body_piece(struct waf_transaction *transaction, struct span piece) must_check;
/* Uploads are not kept, unless a rule wants to see them. */
bool body_keeps_files(const struct waf_transaction *transaction);
enum result body_end(struct waf_transaction *transaction) must_check;
/* Query string, cookies, headers. */
enum result head_parts(struct waf_transaction *transaction) must_check;

#endif
