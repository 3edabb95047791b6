/* ctl: what a rule changes of the engine for the rest of the request.
 */
#ifndef BOUCLIER_WAF_ACT_CTL_H
#define BOUCLIER_WAF_ACT_CTL_H

#include "waf/transaction.h"

enum result act_ctl(struct waf_transaction *transaction, const struct ctl *ctl) must_check;

#endif
