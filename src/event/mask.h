/* What a record keeps of bytes that a rule matched: enough to see what the rule saw, and nothing that is somebody's secret.
 *
 * Kept are at most MASK_BYTES bytes of the match itself, never what stands around it. In them, "*LEN" stands for anything that may
 * name or open something: numbers of seven digits and more however they are grouped (national register, card and account numbers
 * among them), IBANs, words with digits in them, long words, and whatever follows the name of a password.
 *
 * Security, fails closed: only variables that hold one field of a request are kept at all, and none whose name says that it is
 * secret; a variable that nobody thought of is not kept.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_EVENT_MASK_H
#define BOUCLIER_EVENT_MASK_H

#include "base/span.h"

#define MASK_BYTES 48u
#define MASK_TEXT_MAX 96u        /* room for what is written of MASK_BYTES */
#define MASK_NAME_MAX 72u        /* of a name that is written whole */

/* Do fields of this NAME ("passwd", "csrf_token") hold secrets? */
bool mask_is_secret(struct span name);
/* May a match in TARGET ("ARGS:message") be kept, masked? */
bool mask_keeps(struct span target);
/* The first MASK_BYTES bytes of TEXT, masked; OUT has room for MASK_TEXT_MAX. */
struct span mask_match(struct span text, char *out);
/* TARGET, whose value has VALUE_LEN bytes, with its name masked where that may be a value itself; OUT has room for MASK_TEXT_MAX.
 * IS_WHOLE: it is written as it is. */
struct span mask_target(struct span target, size_t value_len, char *out, bool *is_whole);
/* One PAIR of a query, a form or a path's parameters, as it was sent: "NAME=*LEN". What does not look like a field's name, %-encoded or not, is
 * "*LEN" too; so is a pair as a whole that has no '=', or only '=' behind the first one, which is how base64 ends. Nothing in it has to be escaped
 * for JSON; OUT has room for MASK_TEXT_MAX. */
struct span mask_pair(struct span pair, char *out);

#endif
