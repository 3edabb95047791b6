/* The phrases of @pm, @pmFromFile and @strmatch as they are written: |6f 6b| for bytes, \ before : ; \ and ", quotes around the
 * whole, one phrase a line in files.
 *
 * Source   ModSecurity 2.9.7, reference manual, "pm", "pmFromFile" and "strmatch"; its behaviour, where the manual is silent
 * Limits   the arena's
 * Owns     spans point into the text that was given, or into the arena
 */
#ifndef BOUCLIER_WAF_PHRASE_TEXT_H
#define BOUCLIER_WAF_PHRASE_TEXT_H

#include "base/arena.h"
#include "base/complaint.h"

struct phrase_list {
	struct span *list;
	size_t count, size;
};

void phrase_list_done(struct phrase_list *list);

/* TEXT without its notation, up to its first NUL: for 2.9.7 that is the end, whether it was written as |00| or stands there.
 * RESULT_MALFORMED: empty, or a \ before a character that has no need of it. RESULT_NO_MEMORY. */
enum result phrase_decode(struct span text, struct arena *arena, struct span *out) must_check;

/* Adds the words between white space. */
enum result phrase_words_read(struct span text, struct phrase_list *list) must_check;

/* Adds the lines of a file, without the white space at their ends, empty ones, and those that begin with #. What phrase_decode
 * does not understand is taken as it stands; a single byte is left out, with a warning: 2.9.7 does both. */
enum result phrase_lines_read(struct span text, struct span file, struct arena *arena, struct complaints *complaints,
                              struct phrase_list *list) must_check;

#endif
