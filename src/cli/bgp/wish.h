/* The words behind `packet bgp add`, as a rule and its terms.
 *
 * Owns     nothing: `by` is main()'s
 */
#ifndef BOUCLIER_CLI_BGP_WISH_H
#define BOUCLIER_CLI_BGP_WISH_H

#include "cli/options.h"
#include "packet/carrier/bounds.h"

/* EXIT_DONE; EXIT_USAGE: it was said why. Without --for, as long as its kind lasts at most. */
int bgp_wish_read(const struct options *options, const struct bounds *bounds, struct bgp_wish *out);

#endif
