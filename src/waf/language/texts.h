/* Rule files by name, in memory: what struct language_ports' text_find asks where nobody else keeps the texts.
 *
 * Limits   TEXTS_MAX texts
 * Owns     copies of names and texts, in its arena
 * Threads  one at a time while it is filled; then read-only
 */
#ifndef BOUCLIER_WAF_LANGUAGE_TEXTS_H
#define BOUCLIER_WAF_LANGUAGE_TEXTS_H

#include <limits.h>

#include "waf/language/ruleset.h"

struct named_text {
	struct span name, bytes;
};

struct texts {
	struct arena arena;
	struct bag list;         /* struct named_text, sorted by name */
};

void texts_init(struct texts *texts, size_t limit_bytes);
void texts_done(struct texts *texts);
/* RESULT_LIMIT: too many. RESULT_REFUSED: the name is there already. RESULT_NO_MEMORY. */
enum result texts_add(struct texts *texts, struct span name, struct span bytes) must_check;
/* The text of exactly that name. RESULT_NOT_FOUND. */
enum result texts_get(const struct texts *texts, struct span name, struct span *kept_name, struct span *bytes) must_check;
/* PATTERN, behind FROM's folder where it does not start with /, as C text. RESULT_MALFORMED: a NUL in it; RESULT_LIMIT: too long. */
enum result texts_resolve(struct span from, struct span pattern, char out[PATH_MAX]) must_check;

/* For struct language_ports; CONTEXT is a struct texts. PATTERN: `*`, `?` and `[...]` as of a shell, within one folder; a
 * path that does not start with / is relative to the folder of FROM. Without such letters it names one text. */
enum result texts_find(void *context, struct span from, struct span pattern, size_t index, struct span *name, struct span *bytes) must_check;

#endif
