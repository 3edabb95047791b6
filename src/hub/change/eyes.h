/* Which changes of a configuration take a second pair of eyes (docs/people.md): rules about whole countries, exclusions of rules, how long things are kept, what is
 * recorded raw; and what says who may do so, or which files count.
 *
 * Both texts are read as the configuration is read, and what lies under such keys is compared, with the names of the sites around it: comments and
 * the way of writing do not matter; another order does, where such a key is behind it.
 *
 * Errors   security, fails closed: what cannot be read, or has anything to complain of, takes a second pair of eyes
 * Threads  pure
 */
#ifndef BOUCLIER_HUB_CHANGE_EYES_H
#define BOUCLIER_HUB_CHANGE_EYES_H

#include "base/span.h"

#define EYES_TEXT_MAX ((size_t)8 << 20)

/* Does putting AFTER in the place of BEFORE take them? */
bool eyes_are_needed(struct span before, struct span after);

#endif
