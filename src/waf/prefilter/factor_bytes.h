/* The bytes of which every match of a pattern contains at least one.
 *
 * Threads  pure
 */
#ifndef BOUCLIER_WAF_FACTOR_BYTES_H
#define BOUCLIER_WAF_FACTOR_BYTES_H

#include "waf/prefilter/pattern.h"
#include "waf/prefilter/factors.h"

#define BYTE_CHOICE_MAX 12  /* sets that are looked at on the way up; BYTE_NEEDS_MAX of them are told */

/* Each is one that a match needs. Cheapest first; none is within another, which would ask for less. Lower case. */
struct byte_choice {
	unsigned count;
	double rates[BYTE_CHOICE_MAX];
	struct byte_set sets[BYTE_CHOICE_MAX];
};

void byte_choice_find(const struct pattern_node *node, struct byte_choice *out);
/* The sets that ordinary text meets least, but for those that each of PHRASES meets anyway. Letters are there in both cases. */
struct byte_needs byte_choice_make(const struct byte_choice *choice, struct phrases phrases);
/* How often ordinary text in lower case has a byte of SET, per byte. */
double byte_set_rate(const struct byte_set *set);

#endif
