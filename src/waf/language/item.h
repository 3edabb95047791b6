/* Cuts what stands between a rule's quotes into items: "ARGS|!ARGS:foo", "id:1,msg:'a, b',deny".
 *
 * Shape    item *(separator item); item = name [":" *blank value]; separators are `,` and `|`, behind a value white space too;
 *          a value is bare (up to a separator) or in single quotes, within which `\'` and `\\` lose their `\`
 * Source   ModSecurity 2.9.7 uses one grammar for targets and for actions; the blanks behind a colon are Coraza's
 * Limits   ITEMS_MAX items
 * Owns     values with a `\` in them are copied into the arena; all else points into the word
 */
#ifndef BOUCLIER_WAF_LANGUAGE_ITEM_H
#define BOUCLIER_WAF_LANGUAGE_ITEM_H

#include "waf/language/bag.h"
#include "waf/language/text.h"

#define ITEMS_MAX 4096

struct item {
	struct span name, value;
	bool has_value;
	size_t name_offset, value_offset;  /* in the word; value_offset: of its first byte, behind the quote */
};

struct item_fault {
	size_t offset;
	const char *what;
};

/* RESULT_MALFORMED: FAULT is set; the items before it are in OUT all the same. RESULT_NO_MEMORY. */
enum result items_read(struct span text, struct arena *arena, struct bag *out, struct item_fault *fault) must_check;

#endif
