/* Text with %{NAME} or %{NAME.selector} in it, cut once.
 *
 * Source   ModSecurity 2.9.7: the reference ends at the first `}`; a name that it does not know becomes nothing
 */
#ifndef BOUCLIER_WAF_LANGUAGE_MACRO_H
#define BOUCLIER_WAF_LANGUAGE_MACRO_H

#include "waf/language/reader.h"

enum macro_use {
	MACRO_DECIDES,   /* an unknown name is an error: a rule would ask or store something else than was meant */
	MACRO_TELLS,     /* msg, logdata, tag: an unknown name is a warning, and becomes nothing */
};

/* TEXT is a part of WORD at OFFSET. */
enum result macro_read(struct reader *reader, const struct word *word, struct span text, size_t offset, enum macro_use use,
                       struct macro *out) must_check;

#endif
