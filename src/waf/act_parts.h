/* Actions by kind, between act.c and the files that do them.
 */
#ifndef BOUCLIER_WAF_ACT_PARTS_H
#define BOUCLIER_WAF_ACT_PARTS_H

#include "waf/transaction.h"

/* act_ctl.c, for overlays too: UNIT is not asked at all, or TARGETS are taken from it. They must live as long as the transaction. */
enum result removal_of_rule(struct waf_transaction *transaction, const struct unit *unit) must_check;
enum result removal_of_targets(struct waf_transaction *transaction, const struct unit *unit, const struct target *targets, unsigned count) must_check;
enum result act_ctl(struct waf_transaction *transaction, const struct ctl *ctl) must_check;
/* setvar, setenv, expirevar, deprecatevar, initcol, setsid, setuid, setrsc. */
enum result act_set(struct waf_transaction *transaction, const struct action *action, const struct rule *rule) must_check;

#endif
