/* What @rbl tells in TX:0 of a listed address: rules look for these words (CRS cuts Project Honey Pot's out of them), so they
 * are those of ModSecurity 2.9.7.
 *
 * Owns     the text lies in the arena; {NULL, 0}: no memory
 */
#ifndef BOUCLIER_WAF_RBL_TEXT_H
#define BOUCLIER_WAF_RBL_TEXT_H

#include "base/address.h"
#include "base/arena.h"

/* Whether ZONE is Project Honey Pot's, which is asked with a key. */
bool rbl_wants_key(struct span zone);
struct span rbl_tell(struct arena *arena, struct span zone, struct span name, struct span variable, const struct address *answer) must_check;

#endif
