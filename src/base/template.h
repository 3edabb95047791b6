/* Words with {values} in them, as people who translate write them.
 *
 * Shape    "{site} was attacked": what stands between braces is a name
 * Limits   a brace that nobody closes: the rest is a name
 * Owns     nothing
 */
#ifndef BOUCLIER_BASE_TEMPLATE_H
#define BOUCLIER_BASE_TEMPLATE_H

#include "base/span.h"

/* TEXT as it stands, or the name of a value. */
typedef void (*template_part)(void *context, struct span text, bool is_value);

/* In the order of WORDS; no part of text is empty. */
void template_fill(struct span words, template_part each, void *context);

#endif
