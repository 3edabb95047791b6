/* The rules that matched a request, as a member of its line: which, where, and what they say; of what they saw,
 * as much as mask.h lets through.
 *
 * Limits   RULES_BYTES_MAX in all: of those that matched last there may be no more than their ids, of RULES_MORE_MAX of them
 */
#ifndef BOUCLIER_EVENT_RULES_H
#define BOUCLIER_EVENT_RULES_H

#include "event/line.h"
#include "waf/waf.h"

#define RULES_BYTES_MAX 2048u
#define RULES_MORE_MAX 64u

/* TRANSACTION may be NULL. Nothing when no rule matched. */
void line_rules(struct line *line, const struct waf_transaction *transaction);

/* EXPANDED, a text of a rule with its MACRO filled in, unless that may hold what a client sent: then as the rule has it. */
struct span rule_text_of(const struct macro *macro, struct span expanded);

#endif
