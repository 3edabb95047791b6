/* What a match of a rule does to a request: what it adds to which anomaly score, or that it refuses by itself; and what kind of rule it is.
 *
 * Shape    points are those of crs-setup.conf as it comes: critical 5, error 4, warning 3, notice 2
 * Owns     nothing
 */
#ifndef BOUCLIER_WAF_SCORE_H
#define BOUCLIER_WAF_SCORE_H

#include "waf/rule.h"

enum score_side { SCORE_INBOUND, SCORE_OUTBOUND, SCORE_SIDES };

/* Sums of scores, and what acts on them: 949110, 980130. */
bool rule_is_sum(uint32_t id);
/* Of a rule of SEVERITY (-1: none). */
unsigned severity_points(int severity);
/* SIDE is untouched when there are none. */
unsigned rule_points(const struct rule *rule, enum score_side *side);
/* It adds to a score, or refuses by itself. */
bool rule_counts(const struct rule *rule);
/* Any case. */
bool rule_has_tag(const struct rule *rule, struct span tag);

#endif
