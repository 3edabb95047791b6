/* What the whole configuration says about what may be announced (packet/carrier/bounds.h): rooms that packet/ does not know have a say in it.
 *
 * Owns     nothing: BOUNDS points into SNAPSHOT
 */
#ifndef BOUCLIER_CLI_BGP_BOUNDS_H
#define BOUCLIER_CLI_BGP_BOUNDS_H

#include "config/snapshot.h"
#include "packet/carrier/bounds.h"

/* RESULT_NOT_FOUND: WRONG is the name of a site that `served` names and nobody has. Security, fails closed: nothing is judged then. */
enum result bgp_bounds_make(const struct snapshot *snapshot, struct bounds *bounds, struct span *wrong) must_check;

#endif
