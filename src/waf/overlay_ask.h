/* Where a transaction meets its overlay. For transaction.c. */
#ifndef BOUCLIER_WAF_OVERLAY_ASK_H
#define BOUCLIER_WAF_OVERLAY_ASK_H

#include "waf/transaction.h"

/* Before phase 1, the head and the query's parameters known: mode, limits, TX, exclusions. A transaction without an overlay is left as it is. */
enum result overlay_begin(struct waf_transaction *transaction) must_check;
/* Before phase 2, the body's parameters known. */
enum result overlay_take_body(struct waf_transaction *transaction) must_check;

#endif
